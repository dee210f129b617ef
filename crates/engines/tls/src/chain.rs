//! A certificate with those above it and its private key, read from PEM: whether all of it belongs together.

use std::fmt;
use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::{self, SectionKind};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use rustls::sign::CertifiedKey;

use crate::Certificate;

/// What is wrong with a PEM text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChainError {
    /// No certificate in it.
    NoCertificate,
    /// A block that is no certificate.
    OtherBlock,
    /// A block that says it is a certificate and is none.
    Unreadable,
    /// No private key in it.
    NoKey,
    /// The key belongs to another certificate.
    KeyMismatch,
    /// The key is of a kind that TLS does not use, or damaged.
    BadKey(String),
}

impl fmt::Display for ChainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCertificate => f.write_str("no certificate found"),
            Self::OtherBlock => f.write_str("only CERTIFICATE blocks are allowed"),
            Self::Unreadable => f.write_str("the certificate cannot be read"),
            Self::NoKey => f.write_str("no private key found"),
            Self::KeyMismatch => f.write_str("key does not match certificate"),
            Self::BadKey(why) => write!(f, "certificate and key: {why}"),
        }
    }
}

impl std::error::Error for ChainError {}

/// Certificates in the order of a handshake: the leaf first.
#[derive(Clone, Debug)]
pub struct Chain {
    der: Vec<CertificateDer<'static>>,
    read: Vec<Certificate>,
}

impl Chain {
    /// Reads PEM that holds certificates and nothing else; text between the blocks is ignored.
    ///
    /// # Errors
    /// Says what else is there, or that nothing is.
    pub fn from_pem(text: &[u8]) -> Result<Self, ChainError> {
        let (mut rest, mut der, mut read) = (text, Vec::new(), Vec::new());
        while let Some((kind, bytes)) = pem::from_buf(&mut rest).map_err(|_| ChainError::Unreadable)? {
            if kind != SectionKind::Certificate {
                return Err(ChainError::OtherBlock);
            }
            read.push(Certificate::of_der(&bytes).ok_or(ChainError::Unreadable)?);
            der.push(CertificateDer::from(bytes));
        }
        if der.is_empty() { Err(ChainError::NoCertificate) } else { Ok(Self { der, read }) }
    }

    /// What the first certificate says.
    #[must_use]
    pub fn leaf(&self) -> &Certificate {
        // `from_pem` refuses an empty one and nothing takes from it.
        &self.read[0]
    }

    /// What all of them say, the leaf first.
    #[must_use]
    pub fn certificates(&self) -> &[Certificate] {
        &self.read
    }

    #[must_use]
    pub fn der(&self) -> &[CertificateDer<'static>] {
        &self.der
    }

    /// Puts `above` behind these.
    pub fn extend(&mut self, above: Self) {
        self.der.extend(above.der);
        self.read.extend(above.read);
    }

    /// Whether each certificate was issued by the next one.
    #[must_use]
    pub fn is_in_order(&self) -> bool {
        self.read.windows(2).all(|pair| matches!(pair, [below, above] if below.is_issued_by(above)))
    }

    /// Joins it with its private key for a server.
    ///
    /// # Errors
    /// When there is no key, it is no key for TLS, or it belongs to another certificate.
    pub fn certified(&self, key: &[u8]) -> Result<Arc<CertifiedKey>, ChainError> {
        self.certified_by(key, &crate::provider())
    }

    fn certified_by(&self, key: &[u8], provider: &CryptoProvider) -> Result<Arc<CertifiedKey>, ChainError> {
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| ChainError::NoKey)?;
        match CertifiedKey::from_der(self.der.clone(), key, provider) {
            Ok(key) => Ok(Arc::new(key)),
            Err(rustls::Error::InconsistentKeys(_)) => Err(ChainError::KeyMismatch),
            Err(other) => Err(ChainError::BadKey(other.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

    use super::*;

    fn pair(name: &str) -> (String, String) {
        crate::self_signed(&[name.to_owned()], 1_700_000_000, 90).unwrap()
    }

    #[test]
    fn chain_keeps_its_order_and_finds_its_key() {
        let mut root = CertificateParams::default();
        root.distinguished_name.push(DnType::OrganizationName, "Example Trust");
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root_key = KeyPair::generate().unwrap();
        let root_pem = root.self_signed(&root_key).unwrap().pem();
        let issuer = Issuer::new(root, root_key);
        let leaf_key = KeyPair::generate().unwrap();
        let leaf_pem = CertificateParams::new(["app.test".to_owned()]).unwrap().signed_by(&leaf_key, &issuer).unwrap().pem();

        let mut chain = Chain::from_pem(format!("a note\n{leaf_pem}").as_bytes()).unwrap();
        chain.extend(Chain::from_pem(root_pem.as_bytes()).unwrap());
        assert!(chain.is_in_order() && chain.leaf().covers("app.test") && !chain.leaf().is_self_signed());
        assert_eq!((chain.leaf().issuer_name.as_str(), chain.certificates()[1].is_authority), ("Example Trust", true));
        assert_eq!(chain.certified(leaf_key.serialize_pem().as_bytes()).unwrap().cert.len(), 2);
        assert!(!Chain::from_pem(format!("{root_pem}{leaf_pem}").as_bytes()).unwrap().is_in_order());
        assert_eq!(chain.certified(pair("x.test").1.as_bytes()).unwrap_err(), ChainError::KeyMismatch);
    }

    #[test]
    fn text_that_is_no_chain_is_told_apart() {
        let (cert, key) = pair("app.test");
        let fault = |text: &str| Chain::from_pem(text.as_bytes()).unwrap_err();
        assert_eq!(fault("junk"), ChainError::NoCertificate);
        assert_eq!(fault(&format!("{cert}{key}")), ChainError::OtherBlock);
        assert_eq!(fault("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), ChainError::Unreadable);
        assert_eq!(Chain::from_pem(cert.as_bytes()).unwrap().certified(b"junk").unwrap_err(), ChainError::NoKey);
    }

    proptest! {
        #[test]
        fn any_text_is_a_chain_or_an_error(text in "(-----BEGIN [A-Z ]{0,20}-----\n)?[A-Za-z0-9+/=\n]{0,80}(\n-----END [A-Z ]{0,20}-----)?") {
            drop(Chain::from_pem(text.as_bytes()));
        }
    }
}
