//! Why the client has no answer, told apart by what follows: another try, another connection, or somebody who corrects
//! the credentials.

use std::fmt;

use crate::error::{ErrorToken, NutError};
use crate::reply::ReplyError;

/// Why a request has no answer.
#[derive(Debug)]
pub enum ClientError {
    /// The server said no; the connection is still good.
    Refused(NutError),
    Io(std::io::Error),
    Timeout(&'static str),
    Tls(String),
    Protocol(String),
    /// The request itself cannot be sent.
    Invalid(String),
}

impl ClientError {
    /// Whether the connection may be used again.
    pub const fn is_refusal(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::Invalid(_))
    }
    /// Whether somebody has to correct the credentials or the trust: trying again soon is of no use.
    pub fn is_denied(&self) -> bool {
        use ErrorToken::{AccessDenied, InvalidPassword, InvalidUsername, PasswordRequired, UsernameRequired};
        let denied = [AccessDenied, InvalidPassword, InvalidUsername, PasswordRequired, UsernameRequired];
        matches!(self, Self::Tls(_)) || self.token().is_some_and(|token| denied.contains(&token))
    }
    pub fn token(&self) -> Option<ErrorToken> {
        match self {
            Self::Refused(e) => e.token,
            _ => None,
        }
    }
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(e) => write!(f, "the NUT server refused: {e}"),
            Self::Io(e) => write!(f, "connection failed: {e}"),
            Self::Timeout(what) => write!(f, "timeout: {what}"),
            Self::Tls(e) => write!(f, "TLS failed: {e}"),
            Self::Protocol(e) => write!(f, "not a NUT answer: {e}"),
            Self::Invalid(e) => write!(f, "invalid request: {e}"),
        }
    }
}

impl std::error::Error for ClientError {}

impl From<std::io::Error> for ClientError {
    fn from(e: std::io::Error) -> Self {
        Self::Io(e)
    }
}

impl From<ReplyError> for ClientError {
    fn from(e: ReplyError) -> Self {
        Self::Protocol(e.to_string())
    }
}
