//! The key of a certificate and the request to sign it.

use rcgen::{CertificateParams, DistinguishedName, KeyPair};

use crate::error::AcmeError;

/// A new ECDSA P-256 key in PEM, to be kept before its request is sent.
///
/// # Errors
/// When the system gives no randomness.
pub fn new_key() -> Result<String, AcmeError> {
    let made = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256);
    made.map(|key| key.serialize_pem()).map_err(|e| AcmeError::Key(format!("no key could be made: {e}")))
}

/// The request for these names in DER.
///
/// # Errors
/// When a name is none or the key cannot be read.
pub fn signing_request(names: &[String], key_pem: &str) -> Result<Vec<u8>, AcmeError> {
    let fault = |e: rcgen::Error| AcmeError::Key(format!("no signing request could be made: {e}"));
    let key = KeyPair::from_pem(key_pem).map_err(fault)?;
    let mut params = CertificateParams::new(names.to_vec()).map_err(fault)?;
    params.distinguished_name = DistinguishedName::new();
    Ok(params.serialize_request(&key).map_err(fault)?.der().to_vec())
}
