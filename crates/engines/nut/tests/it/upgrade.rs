//! The TLS upgrade against a local socket that speaks the server's side.

use std::sync::Arc;

use argos_nut::{Client, ClientError, Target, TlsMode};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

async fn line(stream: &mut (impl AsyncBufReadExt + Unpin)) -> String {
    let mut text = String::new();
    stream.read_line(&mut text).await.unwrap();
    text.trim_end().to_owned()
}

/// Answers one request line with `reply`; returns the request.
async fn answer<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut BufReader<S>, reply: &str) -> String {
    let request = line(stream).await;
    stream.write_all(format!("{reply}\n").as_bytes()).await.unwrap();
    stream.flush().await.unwrap();
    request
}

fn tls() -> (Arc<ServerConfig>, Arc<ClientConfig>) {
    let own = rcgen::generate_simple_self_signed(["nut.example".to_owned()]).unwrap();
    let provider = || Arc::new(rustls::crypto::ring::default_provider());
    let key = PrivateKeyDer::try_from(own.signing_key.serialize_der()).unwrap();
    let server = ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().unwrap();
    let server = server.with_no_client_auth().with_single_cert(vec![own.cert.der().clone()], key).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(own.cert.der().clone()).unwrap();
    let client = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().unwrap();
    (Arc::new(server), Arc::new(client.with_root_certificates(roots).with_no_client_auth()))
}

fn target(port: u16, mode: TlsMode, config: Option<Arc<ClientConfig>>) -> Target {
    Target {
        host: "127.0.0.1".to_owned(),
        port,
        username: Some("monitor".to_owned()),
        password: Some("two words".to_owned()),
        tls: mode,
        tls_config: config,
        server_name: Some("nut.example".to_owned()),
        ..Target::default()
    }
}

#[tokio::test]
async fn required_tls_carries_the_credentials_inside() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (server, client) = tls();
    let serving = async {
        let (tcp, _) = listener.accept().await.unwrap();
        let mut plain = BufReader::new(tcp);
        assert_eq!(answer(&mut plain, "OK STARTTLS").await, "STARTTLS");
        let mut inside = BufReader::new(TlsAcceptor::from(server).accept(plain.into_inner()).await.unwrap());
        assert_eq!(answer(&mut inside, "OK").await, "USERNAME \"monitor\"");
        assert_eq!(answer(&mut inside, "OK").await, "PASSWORD \"two words\"");
        assert_eq!(answer(&mut inside, "ERR UNKNOWN-COMMAND").await, "PRIMARY rack1");
        assert_eq!(answer(&mut inside, "OK MASTER-GRANTED").await, "MASTER rack1");
    };
    let asking = async {
        let mut client = Client::connect(&target(port, TlsMode::Require, Some(client))).await.unwrap();
        assert!(client.is_tls());
        client.primary("rack1").await.unwrap();
    };
    tokio::join!(serving, asking);
}

#[tokio::test]
async fn refused_tls_sends_no_credential_when_it_is_required() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let serving = async {
        let (tcp, _) = listener.accept().await.unwrap();
        let mut plain = BufReader::new(tcp);
        answer(&mut plain, "ERR FEATURE-NOT-CONFIGURED").await;
        assert_eq!(line(&mut plain).await, "", "nothing follows a refused upgrade");
    };
    let asking = async {
        let outcome = Client::connect(&target(port, TlsMode::Require, Some(tls().1))).await;
        assert!(matches!(outcome, Err(ClientError::Tls(_))), "{outcome:?}");
    };
    tokio::join!(serving, asking);
}

#[tokio::test]
async fn preferred_tls_falls_back_to_plain_text() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let serving = async {
        let (tcp, _) = listener.accept().await.unwrap();
        let mut plain = BufReader::new(tcp);
        answer(&mut plain, "ERR FEATURE-NOT-SUPPORTED").await;
        answer(&mut plain, "OK").await;
        answer(&mut plain, "OK").await;
        answer(&mut plain, "Network UPS Tools upsd 2.8.0").await;
    };
    let asking = async {
        let mut client = Client::connect(&target(port, TlsMode::Prefer, None)).await.unwrap();
        assert!(!client.is_tls());
        assert_eq!(client.version().await.unwrap(), "Network UPS Tools upsd 2.8.0");
    };
    tokio::join!(serving, asking);
}
