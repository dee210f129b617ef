//! What is shown to prove that a name is ours: a file, a record in the DNS, a certificate.

use std::sync::Arc;

use data_encoding::BASE64URL_NOPAD;
use rcgen::{CertificateParams, CustomExtension, DistinguishedName, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::CertifiedKey;

use crate::error::AcmeError;

/// Where http-01 looks for the key authorization.
#[must_use]
pub fn http_path(token: &str) -> String {
    format!("/.well-known/acme-challenge/{token}")
}

/// The name of the record that dns-01 looks for; a wildcard is proven at the name below it.
#[must_use]
pub fn dns_record(name: &str) -> String {
    format!("_acme-challenge.{}", name.strip_prefix("*.").unwrap_or(name))
}

/// The text of that record.
#[must_use]
pub fn dns_value(key_authorization: &str) -> String {
    BASE64URL_NOPAD.encode(digest(key_authorization).as_ref())
}

/// The certificate with its key that tls-alpn-01 wants to be shown for a name (RFC 8737 3).
///
/// # Errors
/// When the name is none.
pub fn tls_alpn_certificate(name: &str, key_authorization: &str) -> Result<Arc<CertifiedKey>, AcmeError> {
    let fault = |e: rcgen::Error| AcmeError::Key(format!("no challenge certificate for {name}: {e}"));
    let mut params = CertificateParams::new([name.to_owned()]).map_err(fault)?;
    params.distinguished_name = DistinguishedName::new();
    params.custom_extensions = vec![CustomExtension::new_acme_identifier(digest(key_authorization).as_ref())];
    let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).map_err(fault)?;
    let certificate = params.self_signed(&key).map_err(fault)?;
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let signing = rustls::crypto::ring::sign::any_supported_type(&key).map_err(|e| AcmeError::Key(e.to_string()))?;
    // Not judged against each other: the verifier behind that refuses the extension that makes it a proof.
    Ok(Arc::new(CertifiedKey::new(vec![certificate.into()], signing)))
}

fn digest(key_authorization: &str) -> ring::digest::Digest {
    ring::digest::digest(&ring::digest::SHA256, key_authorization.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proofs_are_named_as_the_authority_looks_for_them() {
        assert_eq!(http_path("tok"), "/.well-known/acme-challenge/tok");
        assert_eq!(
            (dns_record("*.a.test"), dns_record("a.test")),
            ("_acme-challenge.a.test".to_owned(), "_acme-challenge.a.test".to_owned())
        );
        // The digest of the empty text, known from FIPS 180.
        assert_eq!(dns_value(""), "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU");
        let shown = tls_alpn_certificate("a.test", "tok.thumb").unwrap();
        assert!(argos_tls::Certificate::of_der(&shown.cert[0]).unwrap().covers("a.test"));
    }
}
