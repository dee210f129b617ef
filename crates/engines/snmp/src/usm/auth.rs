//! Signatures: HMAC over the whole message with its signature field zeroed, cut to the protocol's length.

use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use sha1::Sha1;
use sha2::{Sha224, Sha256, Sha384, Sha512};

/// Authentication protocols.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthProtocol {
    /// HMAC-MD5-96.
    Md5,
    /// HMAC-SHA-96.
    Sha1,
    /// HMAC-128-SHA-224.
    Sha224,
    /// HMAC-192-SHA-256.
    Sha256,
    /// HMAC-256-SHA-384.
    Sha384,
    /// HMAC-384-SHA-512.
    Sha512,
}

macro_rules! with_hash {
    ($protocol:expr, $hash:ident => $body:expr) => {
        match $protocol {
            AuthProtocol::Md5 => {
                type $hash = Md5;
                $body
            }
            AuthProtocol::Sha1 => {
                type $hash = Sha1;
                $body
            }
            AuthProtocol::Sha224 => {
                type $hash = Sha224;
                $body
            }
            AuthProtocol::Sha256 => {
                type $hash = Sha256;
                $body
            }
            AuthProtocol::Sha384 => {
                type $hash = Sha384;
                $body
            }
            AuthProtocol::Sha512 => {
                type $hash = Sha512;
                $body
            }
        }
    };
}

impl AuthProtocol {
    /// Length of the signature in a message.
    pub(crate) fn signature_len(self) -> usize {
        match self {
            Self::Md5 | Self::Sha1 => 12,
            Self::Sha224 => 16,
            Self::Sha256 => 24,
            Self::Sha384 => 32,
            Self::Sha512 => 48,
        }
    }

    /// Hash of the parts one after the other.
    pub(crate) fn hash<'a>(self, parts: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
        with_hash!(self, Hash => {
            let mut hash = Hash::new();
            for part in parts {
                hash.update(part);
            }
            hash.finalize().to_vec()
        })
    }

    /// Signature of a message.
    pub(crate) fn sign(self, key: &[u8], message: &[u8]) -> Vec<u8> {
        let mut signature = with_hash!(self, Hash => {
            let mut mac = Hmac::<Hash>::new_from_slice(key).expect("HMAC takes keys of any length");
            mac.update(message);
            mac.finalize().into_bytes().to_vec()
        });
        signature.truncate(self.signature_len());
        signature
    }

    /// Whether the bytes at `at` of `message` are its signature.
    pub(crate) fn verifies(self, key: &[u8], message: &[u8], at: usize, signature: &[u8]) -> bool {
        let mut blanked = message.to_vec();
        let Some(field) = at.checked_add(signature.len()).and_then(|end| blanked.get_mut(at..end)) else { return false };
        field.fill(0);
        let expected = self.sign(key, &blanked);
        // All bytes are looked at, so that the time tells nothing.
        expected.len() == signature.len() && expected.iter().zip(signature).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
    }
}
