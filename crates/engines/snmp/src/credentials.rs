//! Who asks: a community (v1, v2c) or a user with keys (v3). Nothing here shows a secret.

use std::fmt;

use crate::error::Error;
use crate::usm::{AuthProtocol, PrivacyProtocol};

/// The two versions that know communities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// SNMPv1.
    V1,
    /// SNMPv2c.
    V2c,
}

/// A user of v3.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct User {
    /// Name, 1 to 32 bytes.
    pub name: String,
    /// Authentication protocol and passphrase of at least 8 bytes; `None` for level noAuthNoPriv.
    pub auth: Option<(AuthProtocol, String)>,
    /// Privacy protocol and passphrase of at least 8 bytes; needs authentication.
    pub privacy: Option<(PrivacyProtocol, String)>,
    /// Context name, usually empty.
    pub context: String,
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User")
            .field("name", &self.name)
            .field("auth", &self.auth.as_ref().map(|(protocol, _)| protocol))
            .field("privacy", &self.privacy.as_ref().map(|(protocol, _)| protocol))
            .field("context", &self.context)
            .finish()
    }
}

/// How a request proves who asks.
#[derive(Clone, PartialEq, Eq)]
pub enum Credentials {
    /// v1 or v2c with a community.
    Community(Version, String),
    /// v3 with a user.
    User(User),
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Community(version, _) => write!(f, "Community({version:?})"),
            Self::User(user) => user.fmt(f),
        }
    }
}

impl Credentials {
    /// Checks the rules that no agent needs to be asked for.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let Self::User(user) = self else { return Ok(()) };
        let refuse = |why| Err(Error::Credentials(why));
        if user.name.is_empty() || user.name.len() > 32 {
            return refuse("the v3 user name has 1 to 32 bytes");
        }
        if user.auth.as_ref().is_some_and(|(_, key)| key.len() < 8) {
            return refuse("the v3 authentication key has at least 8 characters");
        }
        if user.privacy.as_ref().is_some_and(|(_, key)| key.len() < 8) {
            return refuse("the v3 privacy key has at least 8 characters");
        }
        if user.privacy.is_some() && user.auth.is_none() {
            return refuse("v3 privacy needs an authentication protocol too");
        }
        Ok(())
    }
}
