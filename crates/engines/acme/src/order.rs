//! Orders, their authorizations and challenges, as the authority shows them (RFC 8555 7.1).

use serde::{Deserialize, Serialize};

use crate::error::Problem;

/// A name that a certificate shall hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identifier {
    /// `dns` or `ip`.
    #[serde(rename = "type")]
    pub kind: String,
    pub value: String,
}

/// Where an order, an authorization or a challenge stands. Which words each of them uses is up to RFC 8555 7.1.6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Something is left to be done by us.
    Pending,
    /// Every authorization is valid; the order waits for the signing request.
    Ready,
    /// The authority works on it.
    Processing,
    Valid,
    Invalid,
    /// The account gave it up.
    Deactivated,
    Expired,
    Revoked,
}

/// An order.
#[derive(Clone, Debug, Deserialize)]
pub struct Order {
    pub status: State,
    pub identifiers: Vec<Identifier>,
    #[serde(default)]
    pub authorizations: Vec<String>,
    pub finalize: String,
    /// Where the certificate lies, once valid.
    #[serde(default)]
    pub certificate: Option<String>,
    /// RFC 3339.
    #[serde(default)]
    pub expires: Option<String>,
    #[serde(default)]
    pub error: Option<Problem>,
}

/// What the authority wants to see before it believes that a name is ours.
#[derive(Clone, Debug, Deserialize)]
pub struct Authorization {
    pub status: State,
    pub identifier: Identifier,
    #[serde(default)]
    pub challenges: Vec<Challenge>,
    /// Whether it is for `*.` and the identifier.
    #[serde(default)]
    pub wildcard: bool,
}

/// One way to prove it.
#[derive(Clone, Debug, Deserialize)]
pub struct Challenge {
    #[serde(rename = "type")]
    pub kind: ChallengeKind,
    pub url: String,
    pub status: State,
    #[serde(default)]
    pub token: String,
    #[serde(default)]
    pub error: Option<Problem>,
}

/// The kinds of proof this client can give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChallengeKind {
    #[serde(rename = "http-01")]
    Http,
    #[serde(rename = "dns-01")]
    Dns,
    #[serde(rename = "tls-alpn-01")]
    TlsAlpn,
    #[serde(other)]
    Other,
}

impl ChallengeKind {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Http => "http-01",
            Self::Dns => "dns-01",
            Self::TlsAlpn => "tls-alpn-01",
            Self::Other => "another kind",
        }
    }
}

impl Authorization {
    /// The challenge of a kind, when the authority offers it with a token that is safe in a path.
    #[must_use]
    pub fn challenge(&self, kind: ChallengeKind) -> Option<&Challenge> {
        let safe = |token: &str| !token.is_empty() && token.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        self.challenges.iter().find(|challenge| challenge.kind == kind && safe(&challenge.token))
    }

    /// Why it failed, in the authority's words.
    #[must_use]
    pub fn problem(&self) -> Option<&Problem> {
        self.challenges.iter().find_map(|challenge| challenge.error.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn authorization_offers_what_we_know_and_keeps_the_rest_apart() {
        let text = r#"{"status":"pending","identifier":{"type":"dns","value":"a.test"},"challenges":[
            {"type":"http-01","url":"https://ca/1","status":"pending","token":"abc-_1"},
            {"type":"dns-account-01","url":"https://ca/2","status":"pending","token":"abc"},
            {"type":"dns-01","url":"https://ca/3","status":"pending","token":"../../etc"}]}"#;
        let read: Authorization = serde_json::from_str(text).unwrap();
        assert_eq!(read.challenge(ChallengeKind::Http).unwrap().url, "https://ca/1");
        assert!(read.challenge(ChallengeKind::Dns).is_none(), "a token that is none");
        assert_eq!((read.challenges.len(), read.challenge(ChallengeKind::TlsAlpn).is_none(), read.wildcard), (3, true, false));
    }

    proptest! {
        #[test]
        fn any_text_is_an_order_or_an_error(text in ".{0,120}", status in "[a-z]{0,12}") {
            drop((serde_json::from_str::<Order>(&text), serde_json::from_str::<Authorization>(&text)));
            let order = format!(r#"{{"status":"{status}","identifiers":[],"finalize":""}}"#);
            drop(serde_json::from_str::<Order>(&order));
        }
    }
}
