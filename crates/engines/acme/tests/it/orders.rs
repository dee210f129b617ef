//! A whole order of each kind, the account's life, and refusals.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};

use argos_acme::{
    AccountKey, AcmeError, Authorization, BoxFuture, ChallengeKind, Client, Directory, ExternalAccount, HttpRequest, HttpResponse, Order,
    Registration, State, Transport, http_path, new_key, signing_request, tls_alpn_certificate,
};
use argos_peers::{Pebble, PebbleConfig};
use argos_tls::{Chain, provider};

/// HTTPS that trusts Pebble's listener.
struct Web(reqwest::Client);

impl Web {
    #[expect(clippy::disallowed_methods, reason = "a test's own client")]
    fn new(pebble: &Pebble) -> Arc<Self> {
        let trusted = Chain::from_pem(&std::fs::read(pebble.trust_file()).unwrap()).unwrap();
        let mut roots = rustls::RootCertStore::empty();
        roots.add(trusted.der()[0].clone()).unwrap();
        let tls = rustls::ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().unwrap();
        let tls = tls.with_root_certificates(roots).with_no_client_auth();
        Arc::new(Self(reqwest::Client::builder().tls_backend_preconfigured(tls).build().unwrap()))
    }
}

impl Transport for Web {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, String>> {
        Box::pin(async move {
            let method = request.method.parse().unwrap();
            let mut sent = self.0.request(method, &request.url);
            if let Some(body) = request.body {
                sent = sent.header("content-type", "application/jose+json").body(body);
            }
            let answer = sent.send().await.map_err(|e| e.to_string())?;
            let status = answer.status().as_u16();
            let text = |value: &reqwest::header::HeaderValue| value.to_str().unwrap_or_default().to_owned();
            let headers = answer.headers().iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
            Ok(HttpResponse { status, headers, body: answer.bytes().await.map_err(|e| e.to_string())?.to_vec() })
        })
    }
}

/// A plain HTTP server for http-01.
struct Site {
    address: SocketAddr,
    answers: Arc<Mutex<HashMap<String, String>>>,
}

impl Site {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let site = Self { address: listener.local_addr().unwrap(), answers: Arc::default() };
        let answers = Arc::clone(&site.answers);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut head = [0_u8; 2048];
                let size = stream.read(&mut head).unwrap_or(0);
                let text = String::from_utf8_lossy(&head[..size]).into_owned();
                let path = text.split(' ').nth(1).unwrap_or_default();
                let body = answers.lock().unwrap().get(path).cloned().unwrap_or_default();
                let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
                drop(stream.write_all(answer.as_bytes()));
            }
        });
        site
    }
}

async fn opened(pebble: &Pebble, registration: &Registration) -> Result<Client, AcmeError> {
    let web = Web::new(pebble);
    let directory = Directory::get(web.as_ref(), &pebble.directory()).await?;
    let key = AccountKey::from_pkcs8(&AccountKey::generate()?)?;
    Client::register(web, directory, key, registration).await
}

/// Looks until the authority has made up its mind.
async fn settled(client: &Client, url: &str) -> Order {
    loop {
        let order = client.order(url).await.unwrap().body;
        if !matches!(order.status, State::Pending | State::Processing) {
            return order;
        }
    }
}

async fn judged(client: &Client, url: &str) -> Authorization {
    loop {
        let found = client.authorization(url).await.unwrap().body;
        if found.status != State::Pending {
            return found;
        }
    }
}

#[tokio::test]
async fn order_by_http_ends_in_a_chain_that_fits_its_key() {
    let site = Site::start();
    let pebble = Pebble::start(&PebbleConfig { http_port: site.address.port(), ..PebbleConfig::default() });
    let registration = Registration { contacts: vec!["ops@example.org".to_owned()], external: None };
    let client = opened(&pebble, &registration).await.unwrap();
    let names = vec!["a.example.org".to_owned(), "b.example.org".to_owned()];
    let made = client.new_order(&names, None).await.unwrap();
    let url = made.location.unwrap();
    assert_eq!((made.body.status, made.body.authorizations.len()), (State::Pending, 2));
    for place in &made.body.authorizations {
        let authorization = client.authorization(place).await.unwrap().body;
        let challenge = authorization.challenge(ChallengeKind::Http).unwrap();
        site.answers.lock().unwrap().insert(http_path(&challenge.token), client.key().authorization(&challenge.token));
        client.accept(&challenge.url).await.unwrap();
        assert_eq!(judged(&client, place).await.status, State::Valid);
    }
    let order = settled(&client, &url).await;
    assert_eq!(order.status, State::Ready);
    let key = new_key().unwrap();
    client.finalize(&order, &signing_request(&names, &key).unwrap()).await.unwrap();
    let order = settled(&client, &url).await;
    let pem = client.certificate(order.certificate.as_deref().unwrap()).await.unwrap();
    let chain = Chain::from_pem(pem.as_bytes()).unwrap();
    assert!(chain.is_in_order() && names.iter().all(|name| chain.leaf().covers(name)));
    assert!(chain.certified(key.as_bytes()).is_ok() && chain.certificates().len() > 1);
    assert!(argos_acme::certificate_id(chain.leaf()).is_some());
    // This Pebble knows no renewal information.
    let window = Client::renewal_window(Web::new(&pebble).as_ref(), client.directory(), "a.b").await;
    assert_eq!(window, Ok(None));
    client.revoke(&chain.der()[0], 4).await.unwrap();
    assert_eq!(client.revoke(&chain.der()[0], 4).await.unwrap_err().code(), Some("alreadyRevoked"));
}

#[tokio::test]
async fn failed_proof_is_told_in_the_words_of_the_authority() {
    let site = Site::start();
    let pebble = Pebble::start(&PebbleConfig {
        http_port: site.address.port(),
        blocked: vec!["blocked.test".to_owned()],
        ..PebbleConfig::default()
    });
    let client = opened(&pebble, &Registration::default()).await.unwrap();
    let made = client.new_order(&["a.example.org".to_owned()], None).await.unwrap();
    let place = &made.body.authorizations[0];
    let authorization = client.authorization(place).await.unwrap().body;
    client.accept(&authorization.challenge(ChallengeKind::Http).unwrap().url).await.unwrap();
    let failed = judged(&client, place).await;
    assert_eq!((failed.status, failed.problem().unwrap().code()), (State::Invalid, "unauthorized"));
    let refused = client.new_order(&["www.blocked.test".to_owned()], None).await.unwrap_err();
    assert_eq!(refused.code(), Some("rejectedIdentifier"));
}

#[tokio::test]
async fn proof_by_tls_is_accepted() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let pebble = Pebble::start(&PebbleConfig { tls_port: listener.local_addr().unwrap().port(), ..PebbleConfig::default() });
    let client = opened(&pebble, &Registration::default()).await.unwrap();
    let made = client.new_order(&["a.example.org".to_owned()], None).await.unwrap();
    let place = &made.body.authorizations[0];
    let authorization = client.authorization(place).await.unwrap().body;
    let challenge = authorization.challenge(ChallengeKind::TlsAlpn).unwrap();
    let key = tls_alpn_certificate("a.example.org", &client.key().authorization(&challenge.token)).unwrap();
    let mut config = rustls::ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(key)));
    config.alpn_protocols = vec![b"acme-tls/1".to_vec()];
    let config = Arc::new(config);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut tls = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            while tls.is_handshaking() && tls.complete_io(&mut stream).is_ok() {}
        }
    });
    client.accept(&challenge.url).await.unwrap();
    assert_eq!(judged(&client, place).await.status, State::Valid);
}

#[tokio::test]
async fn account_is_bound_to_the_external_one() {
    let secret = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W";
    let external_account = Some(("kid-1".to_owned(), secret.to_owned()));
    let pebble = Pebble::start(&PebbleConfig { external_account, ..PebbleConfig::default() });
    let mac_key = data_encoding::BASE64URL_NOPAD.decode(secret.as_bytes()).unwrap();
    let bound = |key_id: &str| Registration {
        contacts: vec![],
        external: Some(ExternalAccount { key_id: key_id.to_owned(), mac_key: mac_key.clone() }),
    };
    let client = opened(&pebble, &bound("kid-1")).await.unwrap();
    assert!(client.directory().needs_external_account() && client.account().starts_with("https://"));
    assert_eq!(opened(&pebble, &bound("kid-2")).await.unwrap_err().code(), Some("unauthorized"));
    assert_eq!(opened(&pebble, &Registration::default()).await.unwrap_err().code(), Some("externalAccountRequired"));
}
