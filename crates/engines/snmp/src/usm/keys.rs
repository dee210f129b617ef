//! Keys from passphrases: stretched (RFC 3414 appendix A.2), made local to one agent, and lengthened where the hash is
//! shorter than the cipher's key.

use super::auth::AuthProtocol;
use super::privacy::PrivacyProtocol;
use crate::credentials::User;

/// How a short localized key is lengthened. No standard says; agents use either.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extension {
    /// Hash of the key so far appended (draft-blumenthal-aes-usm).
    Blumenthal,
    /// The key so far treated as a passphrase again (draft-reeder-snmpv3-usm-3desede).
    Reeder,
}

/// The stretched passphrases of a user: costly once, then good for any agent.
#[derive(Clone)]
pub(crate) struct UserKeys {
    auth: (AuthProtocol, Vec<u8>),
    privacy: Option<(PrivacyProtocol, Vec<u8>)>,
}

impl UserKeys {
    /// `None` for a user without authentication.
    pub(crate) fn new(user: &User) -> Option<Self> {
        let (protocol, passphrase) = user.auth.as_ref()?;
        let stretched = stretch(*protocol, passphrase.as_bytes());
        let privacy = user.privacy.as_ref().map(|(privacy, own)| {
            let key = if own == passphrase { stretched.clone() } else { stretch(*protocol, own.as_bytes()) };
            (*privacy, key)
        });
        Some(Self { auth: (*protocol, stretched), privacy })
    }

    /// Key for signatures towards the agent `engine_id`.
    pub(crate) fn auth(&self, engine_id: &[u8]) -> (AuthProtocol, Vec<u8>) {
        let (protocol, key) = &self.auth;
        (*protocol, localize(*protocol, key, engine_id))
    }

    /// Key for encryption towards the agent `engine_id`.
    pub(crate) fn privacy(&self, engine_id: &[u8], extension: Extension) -> Option<(PrivacyProtocol, Vec<u8>)> {
        let (privacy, key) = self.privacy.as_ref()?;
        let protocol = self.auth.0;
        let mut local = localize(protocol, key, engine_id);
        while local.len() < privacy.key_len() {
            let more = match extension {
                Extension::Blumenthal => protocol.hash([local.as_slice()]),
                Extension::Reeder => localize(protocol, &stretch(protocol, &local), engine_id),
            };
            local.extend(more);
        }
        local.truncate(privacy.key_len());
        Some((*privacy, local))
    }

    /// Whether the cipher's key is longer than the hash, so that the way of lengthening matters.
    pub(crate) fn is_extended(&self) -> bool {
        self.privacy.as_ref().is_some_and(|(privacy, key)| key.len() < privacy.key_len())
    }
}

/// One mebibyte of the repeated passphrase, hashed.
fn stretch(protocol: AuthProtocol, passphrase: &[u8]) -> Vec<u8> {
    const TOTAL: usize = 1 << 20;
    if passphrase.is_empty() {
        return protocol.hash([]);
    }
    // Whole repetitions of about 4 KiB, so that the hash is fed in few calls.
    let block = passphrase.repeat(4096_usize.div_ceil(passphrase.len()));
    let whole = TOTAL / block.len();
    let rest = &block[..TOTAL % block.len()];
    protocol.hash(std::iter::repeat_n(block.as_slice(), whole).chain([rest]))
}

fn localize(protocol: AuthProtocol, key: &[u8], engine_id: &[u8]) -> Vec<u8> {
    protocol.hash([key, engine_id, key])
}

#[cfg(test)]
mod tests {
    use super::{AuthProtocol, Extension, PrivacyProtocol, UserKeys, localize, stretch};
    use crate::credentials::User;

    /// The engine id of the examples in RFC 3414 appendix A.3.
    const ENGINE: [u8; 12] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2];

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn key_of_maplesyrup_is_that_of_the_standard() {
        let md5 = stretch(AuthProtocol::Md5, b"maplesyrup");
        assert_eq!(hex(&md5), "9faf3283884e92834ebc9847d8edd963");
        assert_eq!(hex(&localize(AuthProtocol::Md5, &md5, &ENGINE)), "526f5eed9fcce26f8964c2930787d82b");
        let sha = stretch(AuthProtocol::Sha1, b"maplesyrup");
        assert_eq!(hex(&sha), "9fb5cc0381497b3793528939ff788d5d79145211");
        assert_eq!(hex(&localize(AuthProtocol::Sha1, &sha, &ENGINE)), "6695febc9288e36282235fc7151f128497b38f3f");
    }

    #[test]
    fn key_for_aes256_under_md5_depends_on_the_extension() {
        let user = User {
            name: "u".to_owned(),
            auth: Some((AuthProtocol::Md5, "maplesyrup".to_owned())),
            privacy: Some((PrivacyProtocol::Aes256, "maplesyrup".to_owned())),
            ..User::default()
        };
        let keys = UserKeys::new(&user).unwrap();
        assert!(keys.is_extended());
        let (_, blumenthal) = keys.privacy(&ENGINE, Extension::Blumenthal).unwrap();
        let (_, reeder) = keys.privacy(&ENGINE, Extension::Reeder).unwrap();
        assert_eq!((blumenthal.len(), reeder.len()), (32, 32));
        assert_eq!(blumenthal[..16], reeder[..16]);
        // The 32 byte example of draft-reeder-snmpv3-usm-3desede appendix B.1.
        assert_eq!(hex(&reeder), "526f5eed9fcce26f8964c2930787d82b79eff44a90650ee0a3a40abfac5acc12");
        assert_ne!(blumenthal, reeder);
    }
}
