//! TLS for our own listener: the certificate in use, replaced while serving.

use std::sync::Arc;

use arc_swap::ArcSwap;
use argos_tls::{Certificate, Chain};
use rustls::sign::SingleCertAndKey;

/// The TLS configuration of a listener and what its certificate says. Clones share it, so a replaced certificate is
/// the one of the next connection everywhere.
#[derive(Clone)]
pub struct ServerTls(Arc<ArcSwap<Held>>);

struct Held {
    config: Arc<rustls::ServerConfig>,
    certificate: Certificate,
}

impl ServerTls {
    /// Shakes hands on a connection of another protocol.
    pub async fn accept<S>(&self, stream: S) -> std::io::Result<tokio_rustls::server::TlsStream<S>>
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
    {
        tokio_rustls::TlsAcceptor::from(self.config()).accept(stream).await
    }

    /// Builds from PEM texts; the error names the half that is wrong.
    pub fn from_pem(certificate: &[u8], key: &[u8]) -> Result<Self, String> {
        let chain = Chain::from_pem(certificate).map_err(|e| e.to_string())?;
        let key = chain.certified(key).map_err(|e| e.to_string())?;
        let mut config = rustls::ServerConfig::builder_with_provider(argos_tls::provider())
            .with_safe_default_protocol_versions()
            .map_err(|e| e.to_string())?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(key)));
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let certificate = chain.leaf().clone();
        Ok(Self(Arc::new(ArcSwap::from_pointee(Held { config: Arc::new(config), certificate }))))
    }

    /// Takes over the certificate and key of `other`; open connections keep theirs.
    pub fn replace(&self, other: &Self) {
        self.0.store(other.0.load_full());
    }
    /// What the certificate in use says.
    pub fn certificate(&self) -> Certificate {
        self.0.load().certificate.clone()
    }
    pub(crate) fn config(&self) -> Arc<rustls::ServerConfig> {
        Arc::clone(&self.0.load().config)
    }
}

#[cfg(test)]
mod tests {
    use argos_tls::self_signed;

    use super::*;

    #[test]
    fn certificate_and_key_make_a_server_configuration() {
        let (cert, key) = self_signed(&["localhost".to_owned(), "127.0.0.1".to_owned()], 1_700_000_000, 825).unwrap();
        let tls = ServerTls::from_pem(cert.as_bytes(), key.as_bytes()).unwrap();
        assert_eq!(tls.certificate().names, ["localhost", "127.0.0.1"]);
        let fault = |cert: &[u8], key: &[u8]| ServerTls::from_pem(cert, key).err();
        assert_eq!(fault(b"junk", key.as_bytes()).as_deref(), Some("no certificate found"));
        assert_eq!(fault(cert.as_bytes(), b"junk").as_deref(), Some("no private key found"));
        let (other, other_key) = self_signed(&["other".to_owned()], 1_700_000_000, 9).unwrap();
        assert_eq!(fault(cert.as_bytes(), other_key.as_bytes()).as_deref(), Some("key does not match certificate"));
        tls.replace(&ServerTls::from_pem(other.as_bytes(), other_key.as_bytes()).unwrap());
        assert!(tls.clone().certificate().subject.contains("CN=other"));
    }
}
