//! Why the local API did not do what was asked, in words that name the cause and no secret.

use std::fmt;

use serde::Deserialize;

use crate::transport::HttpResponse;

/// Letters kept of a text of the other side.
const TEXT_MAX: usize = 200;

/// A failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LapiError {
    /// No answer came.
    Unreachable(String),
    /// The key or the account is not accepted.
    Refused,
    /// Another status, with what the other side said.
    Status(u16, String),
    /// The answer is not what the local API answers.
    Malformed(String),
}

#[derive(Deserialize)]
struct Message {
    message: String,
}

impl LapiError {
    /// The failure that an answer is, unless it is a success. A key that is not known is answered 403, an ended token 401.
    pub(crate) fn of(answer: &HttpResponse) -> Option<Self> {
        match answer.status {
            200..=299 => None,
            401 | 403 => Some(Self::Refused),
            status => Some(Self::said(status, answer)),
        }
    }

    /// The failure of a login: only 401 judges the account. 403 comes from an allow list or a proxy on the way.
    pub(crate) fn of_login(answer: &HttpResponse) -> Option<Self> {
        match answer.status {
            403 => Some(Self::said(403, answer)),
            _ => Self::of(answer),
        }
    }

    fn said(status: u16, answer: &HttpResponse) -> Self {
        let said = serde_json::from_slice::<Message>(&answer.body).map(|m| m.message).unwrap_or_default();
        Self::Status(status, said.chars().filter(|c| !c.is_control()).take(TEXT_MAX).collect())
    }
}

impl fmt::Display for LapiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(why) => write!(f, "no answer: {why}"),
            Self::Refused => f.write_str("the credentials are not accepted"),
            Self::Status(status, said) if said.is_empty() => write!(f, "it answered HTTP {status}"),
            Self::Status(status, said) => write!(f, "it answered HTTP {status}: {said}"),
            Self::Malformed(why) => write!(f, "the answer is not one of the CrowdSec local API: {why}"),
        }
    }
}

impl std::error::Error for LapiError {}
