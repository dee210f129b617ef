//! Certificates of sites, as the compiler of the data plane asks for them: out of memory, at once.
//!
//! Whoever has certificates (self-signed ones, ACME, uploads) stands behind [`CertificateStore`]. It must never make the
//! compiler wait, and says through `watch` when a reload would find something new.

mod self_signed;

use std::fmt;
use std::sync::Arc;

use argos_kernel::Result;
use argos_web::BoxFuture;
use rustls::sign::CertifiedKey;
use tokio::sync::watch;

pub(crate) use self_signed::{SelfSigned, aad as self_signed_aad};

use crate::model::host::Host;

/// Where the data plane finds certificates.
pub(crate) trait CertificateStore: Send + Sync + fmt::Debug {
    /// The certificate of a site, if there is one that may be served.
    fn find(&self, host_id: i64, domain: &str) -> Option<Arc<CertifiedKey>>;

    /// Called before each compilation with every site that wants TLS: loads or makes what is missing. A site whose
    /// certificate cannot be had must not keep the others from being served.
    fn prepare<'a>(&'a self, hosts: &'a [Host]) -> BoxFuture<'a, Result<()>>;

    /// Grows whenever a compilation would find other certificates.
    fn watch(&self) -> watch::Receiver<u64>;

    /// Whether this provider can answer a dns-01 challenge now.
    fn dns_provider_ready<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<bool>>;
}

/// A certificate chain and its key, ready to serve.
pub(crate) fn certified(cert_pem: &[u8], key_pem: &[u8]) -> Result<Arc<CertifiedKey>, String> {
    use rustls::pki_types::pem::PemObject as _;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    let chain =
        CertificateDer::pem_slice_iter(cert_pem).collect::<Result<Vec<_>, _>>().map_err(|e| format!("the certificate is not PEM: {e}"))?;
    if chain.is_empty() {
        return Err("no certificate found".to_owned());
    }
    let key = PrivateKeyDer::from_pem_slice(key_pem).map_err(|_| "no private key found".to_owned())?;
    let key = rustls::crypto::ring::sign::any_supported_type(&key).map_err(|e| format!("the key is of no known type: {e}"))?;
    let pair = CertifiedKey::new(chain, key);
    pair.keys_match().map_err(|_| "key does not match certificate".to_owned())?;
    Ok(Arc::new(pair))
}
