//! The certificate that a name is served with, as a client sees it. Nobody checks it here: it is shown, not trusted.

use std::sync::Arc;
use std::time::Duration;

use argos_tls::{AnyCertificate, Certificate, provider};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

const PATIENCE: Duration = Duration::from_secs(3);

/// Asks the TLS listener at `dial` for a name; `None` when no handshake comes about.
pub(crate) async fn leaf(dial: &str, name: &str) -> Option<Certificate> {
    tokio::time::timeout(PATIENCE, handshake(dial, name)).await.ok().flatten()
}

async fn handshake(dial: &str, name: &str) -> Option<Certificate> {
    let versions = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().ok()?;
    let config = versions.dangerous().with_custom_certificate_verifier(Arc::new(AnyCertificate::default())).with_no_client_auth();
    let name = ServerName::try_from(name.to_owned()).ok()?;
    let stream = TcpStream::connect(dial).await.ok()?;
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.ok()?;
    let (_, session) = stream.get_ref();
    Certificate::of_der(session.peer_certificates()?.first()?)
}
