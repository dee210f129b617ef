//! Certificates and keys for everybody who speaks TLS: what a certificate says, whether a chain and a key belong
//! together, a self-signed pair for a first start, and the verifier of peers whose certificate nobody checks.
//!
//! It opens no connection and keeps no file. Whether a chain is trusted is the business of rustls; this crate only reads.

mod certificate;
mod chain;
mod self_signed;
mod unverified;

use std::sync::Arc;

use rustls::crypto::CryptoProvider;

pub use certificate::{Certificate, covers};
pub use chain::{Chain, ChainError};
pub use self_signed::self_signed;
pub use unverified::AnyCertificate;

/// The one source of cryptography of this product.
#[must_use]
pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}
