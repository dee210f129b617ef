//! TLS by name, HTTP/2 to both sides, redirects, HSTS, challenges.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use argos_peers::{Nginx, process};
use argos_proxy::{Config, HostConfig, HostTls, Hsts, Protocol};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, ClientConnection, RootCertStore};

use crate::stage::{Backend, LIMIT, Stage, body, config, listener, status};

fn certificate(name: &str) -> (CertificateDer<'static>, Arc<CertifiedKey>) {
    let made = rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let key = rustls::crypto::ring::sign::any_supported_type(&key).unwrap();
    (made.cert.der().clone(), Arc::new(CertifiedKey::new(vec![made.cert.der().clone()], key)))
}

fn with_tls(mut config: Config, hosts: &[(&str, HostTls)]) -> Config {
    let mut tls = listener();
    tls.tls = true;
    config.listeners.push(tls);
    config.hosts = hosts
        .iter()
        .zip(1..)
        .map(|((name, tls), id)| {
            let mut host = HostConfig::new(id, *name, 1);
            host.tls = tls.clone();
            host.redirect_to_https = true;
            host.hsts = Some(Hsts { max_age: Duration::from_secs(31_536_000), include_subdomains: true });
            host
        })
        .collect();
    config
}

/// A client that trusts one certificate only.
fn client(name: &str, root: &CertificateDer<'static>, offer: &[&str]) -> ClientConnection {
    let mut roots = RootCertStore::empty();
    roots.add(root.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = offer.iter().map(|p| p.as_bytes().to_vec()).collect();
    ClientConnection::new(Arc::new(config), ServerName::try_from(name.to_owned()).unwrap()).unwrap()
}

/// The protocol that a handshake agreed on.
fn handshake(address: SocketAddr, name: &str, root: &CertificateDer<'static>, offer: &[&str]) -> Result<Option<Vec<u8>>, String> {
    let mut tls = client(name, root, offer);
    let mut tcp = TcpStream::connect(address).unwrap();
    tcp.set_read_timeout(Some(LIMIT)).unwrap();
    while tls.is_handshaking() {
        tls.complete_io(&mut tcp).map_err(|e| e.to_string())?;
    }
    Ok(tls.alpn_protocol().map(<[u8]>::to_vec))
}

#[test]
fn banned_client_over_tls_is_told_and_a_flood_is_not_worth_a_handshake() {
    let backend = Backend::simple();
    let (a, key) = certificate("a.test");
    let stage = Stage::start(&with_tls(config(backend.port), &[("a.test", HostTls::Certificate(key))]));
    let address = stage.proxy.addresses()[1];
    stage.proxy.set_bans(["127.0.0.0/8".parse().unwrap()].into_iter().collect());
    let mut tcp = TcpStream::connect(address).unwrap();
    tcp.set_read_timeout(Some(LIMIT)).unwrap();
    let mut tls = client("a.test", &a, &[]);
    let mut stream = rustls::Stream::new(&mut tls, &mut tcp);
    stream.write_all(b"GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    drop(stream.read_to_string(&mut answer));
    assert_eq!((status(&answer), body(&answer)), (403, "forbidden\n"), "{answer}");
    assert!(handshake(address, "other.test", &a, &[]).is_err(), "a name nobody serves");
    assert!((0..1_000).any(|_| handshake(address, "a.test", &a, &[]).is_err()), "many at once are let go");
    assert!(backend.seen().is_empty());
}

#[test]
fn certificates_follow_the_name_and_challenges_their_protocol() {
    let backend = Backend::simple();
    let ((a, a_key), (b, b_key), (wild, wild_key)) = (certificate("a.test"), certificate("b.test"), certificate("*.wild.test"));
    let key = |key: &Arc<CertifiedKey>| HostTls::Certificate(Arc::clone(key));
    let hosts = [
        ("a.test", key(&a_key)),
        ("b.test", key(&b_key)),
        ("*.wild.test", key(&wild_key)),
        ("plain.test", HostTls::None),
        ("new.test", HostTls::Pending),
    ];
    let wanted = with_tls(config(backend.port), &hosts);
    let stage = Stage::start(&wanted);
    let tls = stage.proxy.addresses()[1];
    assert_eq!(handshake(tls, "a.test", &a, &["h2", "http/1.1"]), Ok(Some(b"h2".to_vec())));
    assert_eq!(handshake(tls, "b.test", &b, &["http/1.1"]), Ok(Some(b"http/1.1".to_vec())));
    assert_eq!(handshake(tls, "x.wild.test", &wild, &[]), Ok(None));
    for refused in ["plain.test", "new.test", "other.test", "x.y.wild.test"] {
        assert!(handshake(tls, refused, &a, &[]).is_err(), "{refused}");
    }
    let (challenge, challenge_key) = certificate("new.test");
    assert!(handshake(tls, "new.test", &challenge, &["acme-tls/1"]).is_err());
    stage.proxy.set_alpn_challenges([("new.test".to_owned(), challenge_key)].into());
    assert_eq!(handshake(tls, "new.test", &challenge, &["acme-tls/1"]), Ok(Some(b"acme-tls/1".to_vec())));
    assert!(handshake(tls, "new.test", &challenge, &["h2"]).is_err(), "only for its protocol");
    // Another certificate is served at once, on the same socket.
    let (renewed, renewed_key) = certificate("a.test");
    let mut wanted = wanted;
    wanted.hosts[0].tls = HostTls::Certificate(renewed_key);
    stage.proxy.reload(&wanted).unwrap();
    assert!(handshake(tls, "a.test", &renewed, &[]).is_ok() && handshake(tls, "a.test", &a, &[]).is_err());
}

#[test]
fn plain_requests_are_redirected_except_challenges_and_plain_hosts() {
    let backend = Backend::simple();
    let (_, key) = certificate("a.test");
    let stage = Stage::start(&with_tls(config(backend.port), &[("a.test", HostTls::Certificate(key)), ("plain.test", HostTls::None)]));
    stage.proxy.set_http_challenges([("tok".to_owned(), "tok.thumb".to_owned())].into());
    let ask = |host: &str, path: &str| stage.send(format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"));
    let answer = ask("a.test:8080", "/x/../y?q=1");
    assert!(answer.starts_with("HTTP/1.1 308") && answer.contains("location: https://a.test/x/../y?q=1\r\n"), "{answer}");
    assert!(!answer.contains("strict-transport-security"), "{answer}");
    let answer = ask("a.test", "/.well-known/acme-challenge/tok");
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("tok.thumb"), "{answer}");
    assert_eq!(status(&ask("a.test", "/.well-known/acme-challenge/other")), 308);
    assert_eq!(status(&ask("soon.test", "/.well-known/acme-challenge/tok")), 200, "a site this snapshot does not know yet");
    assert_eq!(status(&ask("soon.test", "/.well-known/acme-challenge/other")), 404);
    assert_eq!(status(&ask("plain.test", "/")), 200);
}

#[test]
fn curl_and_h2load_speak_http2_over_tls_to_an_nginx_that_speaks_http2() {
    let nginx = Nginx::start(1, |port, _| {
        format!("server {{ listen 127.0.0.1:{port} http2; location / {{ return 200 \"$server_protocol $http_host $http_cookie\"; }} }}")
    });
    let (_, key) = certificate("a.test");
    let mut wanted = with_tls(config(nginx.port()), &[("a.test", HostTls::Certificate(key))]);
    wanted.pools[0].protocol = Protocol::H2c;
    wanted.pools[0].preserve_host = true;
    let stage = Stage::start(&wanted);
    let tls = stage.proxy.addresses()[1];
    let curl = process::find_program(&["curl"], &[]).expect("curl is part of every Debian that tests");
    let (url, resolve) = (format!("https://a.test:{}/", tls.port()), format!("a.test:{}:127.0.0.1", tls.port()));
    for (version, line) in [("--http2", "HTTP/2 200"), ("--http1.1", "HTTP/1.1 200 OK")] {
        let out = process::run(&curl, &["-ksS", "-i", version, "--resolve", &resolve, "-b", "a=1", &url], &[]).unwrap();
        assert!(out.starts_with(line) && out.ends_with(&format!("HTTP/2.0 a.test:{} a=1", tls.port())), "{out}");
        assert!(out.contains("strict-transport-security: max-age=31536000; includeSubDomains"), "{out}");
    }
    let h2load = argos_peers::packages::require("h2load", &["nghttp2-client"], || process::find_program(&["h2load"], &[])).unwrap();
    let connect = format!("--connect-to=127.0.0.1:{}", tls.port());
    let out = process::run(&h2load, &["-n2000", "-c4", "-m16", &connect, &url], &[]).unwrap();
    assert!(out.contains("2000 succeeded, 0 failed, 0 errored") && out.contains("2000 2xx"), "{out}");
}

#[test]
fn nghttp_over_plain_http2_reaches_an_http1_backend() {
    let backend = Backend::start(|head, stream| {
        assert!(head.starts_with("get /plain http/1.1\r\n") && head.contains("host: "), "{head}");
        stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\nyes").is_ok()
    });
    let stage = Stage::before(backend.port);
    let nghttp = argos_peers::packages::require("nghttp", &["nghttp2-client"], || process::find_program(&["nghttp"], &[])).unwrap();
    let url = format!("http://127.0.0.1:{}/plain", stage.address.port());
    let out = process::run(&nghttp, &["-H:authority: app.test", &url], &[]).unwrap();
    assert_eq!(out, "yes");
}

#[test]
fn an_untrusted_certificate_of_a_backend_is_refused_unless_verification_is_off() {
    let nginx = Nginx::start(1, |port, dir| {
        let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
        std::fs::write(dir.join("crt"), made.cert.pem()).unwrap();
        std::fs::write(dir.join("key"), made.signing_key.serialize_pem()).unwrap();
        let at = dir.display();
        format!(
            "server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {at}/crt; ssl_certificate_key {at}/key; location / {{ return 200 sealed; }} }}"
        )
    });
    let mut wanted = config(nginx.port());
    for (verify, expected) in [(true, 502), (false, 200)] {
        wanted.pools[0].protocol = Protocol::Https { verify };
        assert_eq!(status(&Stage::start(&wanted).get("/", "")), expected);
    }
}

/// A backend that answers one request per connection over TLS.
fn tls_backend(key: &Arc<CertifiedKey>) -> u16 {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let resolver = rustls::sign::SingleCertAndKey::from(CertifiedKey::clone(key));
    let config = Arc::new(builder.with_no_client_auth().with_cert_resolver(Arc::new(resolver)));
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = socket.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in socket.incoming().map_while(Result::ok) {
            let mut tls = rustls::StreamOwned::new(rustls::ServerConnection::new(Arc::clone(&config)).unwrap(), stream);
            let (mut head, mut byte) = (Vec::new(), [0u8]);
            while !head.ends_with(b"\r\n\r\n") && matches!(tls.read(&mut byte), Ok(1)) {
                head.push(byte[0]);
            }
            // A proxy that does not believe us is gone by now.
            drop(tls.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nsafe"));
            tls.conn.send_close_notify();
            drop(tls.flush());
        }
    });
    port
}

#[test]
fn backend_over_tls_is_used_when_its_authority_is_known_and_refused_otherwise() {
    let (root, key) = certificate("localhost");
    let port = tls_backend(&key);
    let mut config = config(port);
    let pool = &mut config.pools[0];
    pool.protocol = Protocol::Https { verify: true };
    pool.targets[0].host = "localhost".to_owned();
    let mut roots = RootCertStore::empty();
    roots.add(root).unwrap();
    let trusting = Stage::trusting(roots, &config);
    let answer = trusting.get("/", "");
    assert_eq!((status(&answer), body(&answer)), (200, "safe"), "{answer}");
    let strict = Stage::start(&config);
    assert_eq!(status(&strict.get("/", "")), 502, "nobody vouches for it");
}
