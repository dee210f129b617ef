//! TLS settings of outbound connections: the machine's trust store, one more authority, or none at all where an
//! operator switched verification off for one integration.

use std::sync::Arc;

use argos_tls::AnyCertificate;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use crate::NetError;

/// How the other side's certificate is judged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Tls {
    /// Against the machine's trust store.
    #[default]
    Verify,
    /// Against the machine's trust store and this PEM bundle.
    WithAuthority(Arc<str>),
    /// Not at all (`verify_ssl = false` of one integration).
    Insecure,
}

/// The machine's trust store. An empty one makes every https target fail, so it is said loudly once.
pub fn native_roots() -> RootCertStore {
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!(%error, "a trust store entry cannot be read");
    }
    let mut roots = RootCertStore::empty();
    let (added, ignored) = roots.add_parsable_certificates(found.certs);
    if added == 0 {
        tracing::warn!(ignored, "the machine has no trusted certificate authorities; https targets will be refused");
    }
    roots
}

/// The settings for a protocol of its own over TLS (NUT), with the machine's trust store.
pub fn tls_client_config(tls: &Tls) -> Result<Arc<ClientConfig>, NetError> {
    client_config(&native_roots(), tls).map(Arc::new)
}

pub(crate) fn client_config(native: &RootCertStore, tls: &Tls) -> Result<ClientConfig, NetError> {
    let builder = ClientConfig::builder_with_provider(argos_tls::provider())
        .with_safe_default_protocol_versions()
        .map_err(|e| NetError::Tls(e.to_string()))?;
    let mut config = match tls {
        Tls::Verify => builder.with_root_certificates(native.clone()).with_no_client_auth(),
        Tls::WithAuthority(pem) => {
            let mut roots = native.clone();
            let mut count = 0;
            for cert in CertificateDer::pem_slice_iter(pem.as_bytes()) {
                let cert = cert.map_err(|_| NetError::Request("the certificate bundle is not PEM".to_owned()))?;
                roots.add(cert).map_err(|e| NetError::Request(format!("the certificate bundle is refused: {e}")))?;
                count += 1;
            }
            if count == 0 {
                return Err(NetError::Request("the certificate bundle holds no certificate".to_owned()));
            }
            builder.with_root_certificates(roots).with_no_client_auth()
        }
        Tls::Insecure => builder.dangerous().with_custom_certificate_verifier(Arc::<AnyCertificate>::default()).with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}
