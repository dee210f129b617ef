//! TLS on both sides: certificates by name out of the snapshot, ACME's tls-alpn-01 on the same port, connectors to backends.

use std::sync::Arc;

use argos_tls::{AnyCertificate, provider};
use rustls::server::{ClientHello, ResolvesServerCert, ServerSessionMemoryCache};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::worker::Shared;

/// The protocol of tls-alpn-01 (RFC 8737).
pub(crate) const ACME: &[u8] = b"acme-tls/1";

/// Certificates by name.
struct Certificates(Arc<Shared>);

impl std::fmt::Debug for Certificates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Certificates")
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let name = hello.server_name()?.to_ascii_lowercase();
        // A validator offers this protocol alone; nobody else gets to see the challenge's certificate.
        if hello.alpn().is_some_and(|mut offered| offered.any(|p| p == ACME)) {
            let alone = hello.alpn().is_some_and(|offered| offered.count() == 1);
            return self.0.alpn_challenges.load().get(&name).filter(|_| alone).cloned();
        }
        self.0.snapshot.load().certificate(&name)
    }
}

/// Accepts TLS for every host of the snapshot.
pub(crate) fn acceptor(shared: &Arc<Shared>) -> Result<TlsAcceptor, rustls::Error> {
    let builder = ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
    let mut config = builder.with_no_client_auth().with_cert_resolver(Arc::new(Certificates(Arc::clone(shared))));
    config.alpn_protocols = [b"h2".as_slice(), b"http/1.1", ACME].map(<[u8]>::to_vec).to_vec();
    config.session_storage = ServerSessionMemoryCache::new(20_000);
    config.ticketer = rustls::crypto::ring::Ticketer::new()?;
    config.ignore_client_order = true;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Connectors to backends: verifying or not, for HTTP/1.1 or HTTP/2.
pub(crate) struct ClientTls {
    verified: [TlsConnector; 2],
    unverified: [TlsConnector; 2],
}

impl ClientTls {
    pub(crate) fn new(roots: RootCertStore) -> Result<Self, rustls::Error> {
        let verified = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?.with_root_certificates(roots);
        let unverified = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::<AnyCertificate>::default());
        Ok(Self { verified: pair(verified.with_no_client_auth()), unverified: pair(unverified.with_no_client_auth()) })
    }

    pub(crate) fn connector(&self, verify: bool, h2: bool) -> &TlsConnector {
        let [h1_only, with_h2] = if verify { &self.verified } else { &self.unverified };
        if h2 { with_h2 } else { h1_only }
    }
}

fn pair(config: ClientConfig) -> [TlsConnector; 2] {
    let mut with_h2 = config.clone();
    with_h2.alpn_protocols = vec![b"h2".to_vec()];
    let mut h1_only = config;
    h1_only.alpn_protocols = vec![b"http/1.1".to_vec()];
    [h1_only, with_h2].map(|config| TlsConnector::from(Arc::new(config)))
}
