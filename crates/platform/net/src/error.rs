//! Why an outbound request did not succeed. The texts name the kind of failure and the limit, never a URL, a header
//! or a byte of a body: they reach users, and a URL may carry a token.

use std::error::Error;
use std::fmt;

use argos_kernel::{AppError, ErrorKind};

use crate::BlockReason;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NetError {
    /// The text is not an absolute URL with a host.
    InvalidUrl,
    Blocked(BlockReason),
    /// The name has no address, or the resolver did not answer.
    Dns(String),
    Connect(String),
    /// Resolving, connecting or the whole exchange took too long.
    Timeout,
    Tls(String),
    /// The response is larger than the limit in bytes.
    TooLarge(usize),
    /// A status other than 2xx, from [`crate::Response::success`].
    Status(u16),
    /// The connection broke, or the other side does not speak HTTP.
    Protocol(String),
    /// The request itself cannot be sent: a bad header, a bad certificate bundle.
    Request(String),
}

impl fmt::Display for NetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidUrl => f.write_str("the URL is not valid"),
            Self::Blocked(reason) => write!(f, "blocked: {reason}"),
            Self::Dns(why) => write!(f, "name resolution failed: {why}"),
            Self::Connect(why) => write!(f, "connection failed: {why}"),
            Self::Timeout => f.write_str("timed out"),
            Self::Tls(why) => write!(f, "TLS failed: {why}"),
            Self::TooLarge(limit) => write!(f, "the response is larger than {limit} bytes"),
            Self::Status(code) => write!(f, "HTTP {code}"),
            Self::Protocol(why) => write!(f, "the exchange failed: {why}"),
            Self::Request(why) => write!(f, "the request cannot be sent: {why}"),
        }
    }
}

impl Error for NetError {}

impl From<NetError> for AppError {
    fn from(e: NetError) -> Self {
        let (kind, code) = match e {
            NetError::InvalidUrl | NetError::Request(_) => (ErrorKind::BadRequest, "invalid_url"),
            NetError::Blocked(_) => (ErrorKind::BadRequest, "target_blocked"),
            NetError::Timeout => (ErrorKind::UpstreamTimeout, "upstream_timeout"),
            _ => (ErrorKind::Upstream, "upstream_failed"),
        };
        Self::new(kind, e.to_string()).code(code).caused_by(e)
    }
}

impl NetError {
    /// Sorts a client error into ours, looking for the TLS failure inside.
    pub(crate) fn of(error: &reqwest::Error) -> Self {
        if error.is_timeout() {
            return Self::Timeout;
        }
        let mut root = error.to_string();
        let mut cause = error.source();
        let mut tls = None;
        while let Some(inner) = cause {
            root = inner.to_string();
            tls = tls.or_else(|| tls_failure(inner));
            cause = inner.source();
        }
        let root = in_words(root);
        match tls {
            Some(why) => Self::Tls(why),
            None if error.is_connect() => Self::Connect(root),
            None if error.is_builder() => Self::Request(root),
            None => Self::Protocol(root),
        }
    }
}

/// What the system said, without its number: `Connection refused (os error 111)` says nothing more to a person.
pub(crate) fn in_words(mut text: String) -> String {
    if let Some(at) = text.rfind(" (os error ") {
        text.truncate(at);
    }
    text
}

/// The TLS failure an I/O error wraps, however often; `source()` of an I/O error skips what it wraps.
fn tls_failure(error: &(dyn Error + 'static)) -> Option<String> {
    if let Some(tls) = error.downcast_ref::<rustls::Error>() {
        return Some(tls.to_string());
    }
    let wrapped = error.downcast_ref::<std::io::Error>()?.get_ref()?;
    tls_failure(wrapped)
}
