//! Why a connection, a login or a command came to nothing, in words an operator can act on. Never carries a secret.

use std::fmt;

/// What went wrong.
#[derive(Debug)]
pub enum SshError {
    /// No connection at all.
    Connect(std::io::Error),
    /// The host shows another key than the pinned one. Nothing was sent to it.
    HostKeyChanged { pinned: String, shown: String },
    /// The host refused the credential.
    Refused { user: String },
    /// The private key cannot be read.
    PrivateKey(String),
    /// The limit for this part passed.
    Timeout(&'static str),
    /// The host ended the connection at a point where it may not.
    Closed,
    /// The host does not offer this.
    Unavailable(String),
    /// Anything else the two sides could not agree on.
    Protocol(String),
}

impl fmt::Display for SshError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect(error) => write!(f, "connection failed: {error}"),
            Self::HostKeyChanged { pinned, shown } => {
                write!(f, "the host key changed: {pinned} is pinned, the host shows {shown}")
            }
            Self::Refused { user } => write!(f, "the host refused the login of {user}"),
            Self::PrivateKey(reason) => write!(f, "the private key cannot be used: {reason}"),
            Self::Timeout(what) => write!(f, "timeout: {what}"),
            Self::Closed => f.write_str("the host closed the connection"),
            Self::Unavailable(what) => write!(f, "the host does not offer {what}"),
            Self::Protocol(reason) => write!(f, "SSH failed: {reason}"),
        }
    }
}

impl std::error::Error for SshError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Connect(error) => Some(error),
            _ => None,
        }
    }
}

impl From<russh::Error> for SshError {
    fn from(error: russh::Error) -> Self {
        match error {
            russh::Error::IO(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Self::Closed,
            russh::Error::IO(error) => Self::Connect(error),
            russh::Error::Disconnect | russh::Error::HUP | russh::Error::SendError | russh::Error::RecvError => Self::Closed,
            russh::Error::ConnectionTimeout | russh::Error::KeepaliveTimeout | russh::Error::InactivityTimeout => {
                Self::Timeout("the host stopped answering")
            }
            other => Self::Protocol(other.to_string()),
        }
    }
}
