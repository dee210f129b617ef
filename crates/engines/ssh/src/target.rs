//! Where to connect, as whom, and which host key to accept. Credentials have no `Debug` that shows them.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::error::SshError;

/// A private key, read and decrypted.
#[derive(Clone)]
pub struct PrivateKey(pub(crate) Arc<russh::keys::PrivateKey>);

impl PrivateKey {
    /// Reads an OpenSSH, PKCS#1, PKCS#8 or PuTTY key.
    ///
    /// # Errors
    /// When it is none of these, damaged, or encrypted with another passphrase.
    pub fn parse(text: &str, passphrase: Option<&str>) -> Result<Self, SshError> {
        let text = text.trim();
        let key = russh::keys::decode_secret_key(text, passphrase).map_err(|error| {
            let reason = match (&error, passphrase) {
                (russh::keys::Error::KeyIsEncrypted, None) => "it is encrypted, and no passphrase is given".to_owned(),
                (_, Some(_)) => format!("{error} (is the passphrase right?)"),
                _ => error.to_string(),
            };
            SshError::PrivateKey(reason)
        })?;
        if key.is_encrypted() {
            return Err(SshError::PrivateKey("it is encrypted, and no passphrase is given".to_owned()));
        }
        Ok(Self(Arc::new(key)))
    }

    /// The fingerprint of its public half, as `ssh-keygen -l` writes it.
    pub fn fingerprint(&self) -> String {
        self.0.fingerprint(russh::keys::HashAlg::Sha256).to_string()
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({})", self.fingerprint())
    }
}

/// How to log in.
#[derive(Clone)]
pub enum Credential {
    Password(String),
    Key(PrivateKey),
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Password(_) => f.write_str("Password"),
            Self::Key(key) => key.fmt(f),
        }
    }
}

/// Which host key to accept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostKey {
    /// Whatever the host shows; the caller reads `Session::fingerprint` and pins it.
    TrustFirst,
    /// Only the key with this fingerprint (`SHA256:` and base64).
    Pinned(String),
}

/// How long to wait and how much to keep.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Name resolution, TCP connection and key exchange.
    pub connect: Duration,
    /// The login.
    pub login: Duration,
    /// Bytes kept of each output stream of a command; the rest is read and dropped.
    pub output_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), login: Duration::from_secs(10), output_bytes: 64 * 1024 }
    }
}

/// A host to log in to.
#[derive(Clone, Debug)]
pub struct Target {
    pub host: String,
    pub port: u16,
    pub user: String,
    pub credential: Credential,
    pub host_key: HostKey,
    pub limits: Limits,
}
