//! What can go wrong, with the authority's own words where it gave any (RFC 7807 problem documents).

use std::fmt;

use serde::Deserialize;

use crate::retry::RetryAfter;

/// Why an exchange did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AcmeError {
    /// No answer came.
    Transport(String),
    /// The authority refused.
    Problem(Box<Problem>),
    /// It answered something else than the protocol says.
    Protocol(String),
    /// A key or a request could not be made or read.
    Key(String),
}

/// A refusal of the authority.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Problem {
    /// Such as `urn:ietf:params:acme:error:rateLimited`.
    #[serde(rename = "type", default)]
    pub kind: String,
    #[serde(default)]
    pub detail: String,
    #[serde(default)]
    pub status: Option<u16>,
    #[serde(default)]
    pub subproblems: Vec<Subproblem>,
    /// When it may be asked again.
    #[serde(skip)]
    pub retry_after: Option<RetryAfter>,
}

/// What a refusal says of one name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Subproblem {
    #[serde(rename = "type", default)]
    pub kind: String,
    #[serde(default)]
    pub detail: String,
    #[serde(default)]
    pub identifier: Option<crate::order::Identifier>,
}

impl Problem {
    /// The last part of the type, such as `rateLimited`.
    #[must_use]
    pub fn code(&self) -> &str {
        self.kind.rsplit(':').next().unwrap_or_default()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.detail.is_empty(), self.code().is_empty()) {
            (false, _) => f.write_str(&self.detail)?,
            (true, false) => f.write_str(self.code())?,
            (true, true) => write!(f, "HTTP {}", self.status.unwrap_or_default())?,
        }
        for sub in &self.subproblems {
            let name = sub.identifier.as_ref().map(|i| i.value.as_str()).unwrap_or_default();
            write!(f, "; {name}: {}", sub.detail)?;
        }
        Ok(())
    }
}

impl AcmeError {
    /// The code of a refusal.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Problem(problem) => Some(problem.code()),
            _ => None,
        }
    }

    /// When the authority wants to be asked again.
    #[must_use]
    pub fn retry_after(&self) -> Option<RetryAfter> {
        match self {
            Self::Problem(problem) => problem.retry_after,
            _ => None,
        }
    }
}

impl fmt::Display for AcmeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transport(why) => write!(f, "the certificate authority cannot be reached: {why}"),
            Self::Problem(problem) => write!(f, "the certificate authority refused: {problem}"),
            Self::Protocol(why) => write!(f, "the certificate authority answered {why}"),
            Self::Key(why) => write!(f, "{why}"),
        }
    }
}

impl std::error::Error for AcmeError {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn problem_is_told_with_its_names() {
        let text = r#"{"type":"urn:ietf:params:acme:error:rejectedIdentifier","detail":"Some names are refused","status":400,
            "subproblems":[{"type":"urn:ietf:params:acme:error:caa","detail":"CAA forbids it","identifier":{"type":"dns","value":"a.test"}}]}"#;
        let problem: Problem = serde_json::from_str(text).unwrap();
        assert_eq!(
            (problem.code(), problem.to_string().as_str()),
            ("rejectedIdentifier", "Some names are refused; a.test: CAA forbids it")
        );
        assert_eq!(Problem { status: Some(503), ..Problem::default() }.to_string(), "HTTP 503");
    }

    proptest! {
        #[test]
        fn any_text_is_a_problem_or_an_error(text in ".{0,120}", kind in ".{0,20}") {
            drop(serde_json::from_str::<Problem>(&text));
            drop((Problem { kind, ..Problem::default() }).to_string());
        }
    }
}
