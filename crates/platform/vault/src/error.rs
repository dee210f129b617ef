//! Why the vault refused, told apart as far as a caller or the start-up can act on it.

use std::fmt;
use std::path::PathBuf;

use argos_kernel::{AppError, ErrorKind};
use argos_store::StoreError;

/// A vault failure. None of them carries secret material.
#[derive(Debug)]
pub enum VaultError {
    /// The master key breaks a rule; the text says which. Start-up ends with exit code 2.
    WeakMasterKey(&'static str),
    /// The data keys in the store were wrapped by another master key. Start-up ends with exit code 2.
    WrongMasterKey,
    /// `master.key` cannot be read or written.
    KeyFile {
        path: PathBuf,
        cause: std::io::Error,
    },
    /// The blob names a data key this store does not have.
    UnknownKey(String),
    /// The text is not a blob of a known format.
    Malformed,
    /// Decryption failed: another key, another place (AAD), or damage.
    Unreadable,
    /// A re-encryption is under way already.
    RekeyRunning,
    Store(StoreError),
}

impl fmt::Display for VaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WeakMasterKey(why) => write!(f, "the master key is refused: {why}"),
            Self::WrongMasterKey => f.write_str("the master key does not belong to this store"),
            Self::KeyFile { path, cause } => write!(f, "{}: {cause}", path.display()),
            Self::UnknownKey(kid) => write!(f, "a stored secret needs the unknown data key {kid}"),
            Self::Malformed => f.write_str("a stored secret has an unknown format"),
            Self::Unreadable => f.write_str("a stored secret cannot be decrypted"),
            Self::RekeyRunning => f.write_str("a re-encryption is already under way"),
            Self::Store(e) => e.fmt(f),
        }
    }
}

impl std::error::Error for VaultError {}

impl From<StoreError> for VaultError {
    fn from(e: StoreError) -> Self {
        Self::Store(e)
    }
}

impl From<VaultError> for AppError {
    fn from(e: VaultError) -> Self {
        match e {
            VaultError::UnknownKey(_) | VaultError::Malformed | VaultError::Unreadable => {
                Self::new(ErrorKind::Unavailable, "A stored secret cannot be read").code("secret_unreadable").caused_by(e)
            }
            VaultError::RekeyRunning => Self::conflict(e.to_string()).code("rekey_running"),
            VaultError::Store(e) => e.into(),
            other => Self::internal(other),
        }
    }
}
