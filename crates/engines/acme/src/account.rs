//! The key of an account, and the binding to an account that the authority's operator handed out (RFC 8555 7.3.4).

use data_encoding::BASE64URL_NOPAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};

use crate::error::AcmeError;

/// An ECDSA P-256 key that signs every request of an account.
pub struct AccountKey {
    pair: EcdsaKeyPair,
    random: SystemRandom,
}

impl std::fmt::Debug for AccountKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AccountKey({})", self.thumbprint())
    }
}

/// What the operator of an authority hands out to those who may open an account.
#[derive(Clone, PartialEq, Eq)]
pub struct ExternalAccount {
    pub key_id: String,
    /// The shared secret, decoded.
    pub mac_key: Vec<u8>,
}

impl std::fmt::Debug for ExternalAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ExternalAccount({})", self.key_id)
    }
}

impl AccountKey {
    /// A new key as PKCS#8, to be kept.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn generate() -> Result<Vec<u8>, AcmeError> {
        let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
        made.map(|document| document.as_ref().to_vec()).map_err(|_| AcmeError::Key("no account key could be made".to_owned()))
    }

    /// Reads a kept key.
    ///
    /// # Errors
    /// When it is damaged.
    pub fn from_pkcs8(bytes: &[u8]) -> Result<Self, AcmeError> {
        let random = SystemRandom::new();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, bytes, &random)
            .map_err(|e| AcmeError::Key(format!("the account key cannot be read: {e}")))?;
        Ok(Self { pair, random })
    }

    /// The public half as a JSON web key, members in the order of its thumbprint (RFC 7638).
    pub(crate) fn jwk(&self) -> Value {
        let (x, y) = self.coordinates();
        json!({"crv": "P-256", "kty": "EC", "x": x, "y": y})
    }

    fn coordinates(&self) -> (String, String) {
        // 0x04, then both coordinates of 32 bytes each.
        let point = self.pair.public_key().as_ref().get(1..).unwrap_or_default();
        let (x, y) = point.split_at(point.len() / 2);
        (BASE64URL_NOPAD.encode(x), BASE64URL_NOPAD.encode(y))
    }

    /// The name of the key in key authorizations.
    #[must_use]
    pub fn thumbprint(&self) -> String {
        let (x, y) = self.coordinates();
        let canonical = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        BASE64URL_NOPAD.encode(ring::digest::digest(&ring::digest::SHA256, canonical.as_bytes()).as_ref())
    }

    /// What a challenge with this token has to show.
    #[must_use]
    pub fn authorization(&self, token: &str) -> String {
        format!("{token}.{}", self.thumbprint())
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, AcmeError> {
        let signature = self.pair.sign(&self.random, message).map_err(|_| AcmeError::Key("the account key cannot sign".to_owned()))?;
        Ok(signature.as_ref().to_vec())
    }

    #[cfg(test)]
    pub(crate) fn public_key(&self) -> &[u8] {
        self.pair.public_key().as_ref()
    }
}
