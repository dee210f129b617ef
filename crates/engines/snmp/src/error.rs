//! What can go wrong, told apart by what the operator has to do about it.

use std::fmt;

/// Received bytes that are not the message they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed(pub(crate) &'static str);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "malformed SNMP message: {}", self.0)
    }
}

impl std::error::Error for Malformed {}

/// The error status of an answer (RFC 3416 section 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorStatus {
    /// The answer does not fit into a message.
    TooBig,
    /// v1: no such variable.
    NoSuchName,
    /// v1: the value cannot be set.
    BadValue,
    /// v1: read only.
    ReadOnly,
    /// The agent failed.
    GenErr,
    /// No access with these credentials.
    NoAccess,
    /// A SET value of the wrong type, length or encoding.
    WrongType,
    /// A SET value out of range or inconsistent.
    WrongValue,
    /// The variable cannot be created or is not writable.
    NotWritable,
    /// A SET could not be carried out or undone.
    CommitFailed,
    /// No authorization for the operation.
    AuthorizationError,
    /// Any other number.
    Other(i32),
}

impl ErrorStatus {
    /// Reads the number of an answer; `None` for 0, no error.
    #[must_use]
    pub fn from_code(code: i32) -> Option<Self> {
        Some(match code {
            0 => return None,
            1 => Self::TooBig,
            2 => Self::NoSuchName,
            3 => Self::BadValue,
            4 => Self::ReadOnly,
            5 => Self::GenErr,
            6 => Self::NoAccess,
            7..=9 => Self::WrongType,
            10 | 12 => Self::WrongValue,
            11 | 17 | 18 => Self::NotWritable,
            13..=15 => Self::CommitFailed,
            16 => Self::AuthorizationError,
            other => Self::Other(other),
        })
    }
}

impl fmt::Display for ErrorStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooBig => "the answer does not fit into one message",
            Self::NoSuchName => "no such variable",
            Self::BadValue => "the value cannot be set",
            Self::ReadOnly => "the variable is read only",
            Self::GenErr => "the agent reports a general error",
            Self::NoAccess => "no access to the variable with these credentials",
            Self::WrongType => "the value has the wrong type or length",
            Self::WrongValue => "the agent does not accept the value",
            Self::NotWritable => "the variable is not writable",
            Self::CommitFailed => "the agent could not carry out the change",
            Self::AuthorizationError => "these credentials may not do this",
            Self::Other(code) => return write!(f, "the agent reports error {code}"),
        })
    }
}

/// Why a request has no answer.
#[derive(Debug)]
pub enum Error {
    /// The credentials cannot be used; nothing was sent.
    Credentials(&'static str),
    /// The socket failed.
    Io(std::io::Error),
    /// The host says that nothing listens on the port.
    Refused,
    /// No answer in time. With v1 and v2c also: a wrong community.
    Timeout,
    /// v3: the agent does not know the user.
    UnknownUser,
    /// v3: the agent refuses the signature: wrong authentication protocol or key.
    WrongDigest,
    /// v3: the agent cannot decrypt, or is silent to encrypted questions only: wrong privacy protocol or key.
    DecryptionFailed,
    /// v3: the agent does not allow this user this level of security.
    SecurityLevel,
    /// v3: the agent's answer cannot be believed: its signature is wrong or its clock runs away.
    Untrusted(&'static str),
    /// The agent answered with an error status.
    Status {
        /// What it says.
        status: ErrorStatus,
        /// Position of the variable at fault, from 1; 0 is none.
        index: usize,
    },
    /// The agent answers, but not to what was asked.
    Malformed(Malformed),
}

impl Error {
    /// Whether the credentials are to blame, so that trying again is useless.
    #[must_use]
    pub fn is_authentication(&self) -> bool {
        matches!(self, Self::UnknownUser | Self::WrongDigest | Self::DecryptionFailed | Self::SecurityLevel | Self::Credentials(_))
    }

    /// Whether nothing came back.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::Timeout)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Credentials(why) => why,
            Self::Io(error) => return write!(f, "SNMP: {error}"),
            Self::Refused => "nothing listens on the SNMP port",
            Self::Timeout => "no answer: the agent is unreachable or the community is wrong",
            Self::UnknownUser => "authentication: the agent does not know the user",
            Self::WrongDigest => "authentication: wrong authentication protocol or key",
            Self::DecryptionFailed => "authentication: wrong privacy protocol or key",
            Self::SecurityLevel => "authentication: the agent does not allow this security level for the user",
            Self::Untrusted(why) => why,
            Self::Status { status, .. } => return status.fmt(f),
            Self::Malformed(malformed) => return malformed.fmt(f),
        })
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            Self::Malformed(malformed) => Some(malformed),
            _ => None,
        }
    }
}

impl From<Malformed> for Error {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed)
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::ConnectionRefused { Self::Refused } else { Self::Io(error) }
    }
}
