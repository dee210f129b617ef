//! A table of attacks on framing, headers and paths: each is refused, or reaches the backend in one plain form.

use std::io::Write as _;
use std::sync::Arc;

use argos_proxy::{Admittance, AuthCache, Facts, ForwardAuth, Pending};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::stage::{Backend, Stage, config, status};

/// Lines of a request for `app.test` after its first line.
fn get(lines: &str) -> String {
    format!("GET / HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n{lines}\r\n")
}

fn post(lines: &str, body: &str) -> String {
    format!("POST / HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n{lines}\r\n{body}")
}

#[test]
fn attacks_that_cannot_be_read_one_way_are_refused_before_the_backend() {
    let backend = Backend::simple();
    let stage = Stage::before(backend.port);
    let path = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n");
    let large = get(&format!("X-Large: {}\r\n", "a".repeat(40_000)));
    let many = get(&(0..200).map(|n| format!("X-{n}: 1\r\n")).collect::<String>());
    for (what, raw, expected) in [
        ("two lengths", post("Content-Length: 3\r\nContent-Length: 4\r\n", "abcd"), 400),
        ("a length with sign", post("Content-Length: +3\r\n", "abc"), 400),
        ("a list of lengths", post("Content-Length: 3, 3\r\n", "abc"), 400),
        ("a negative length", post("Content-Length: -1\r\n", ""), 400),
        ("another final coding", post("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"), 400),
        ("a coding before chunked", post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), 400),
        ("an unknown coding", post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), 400),
        ("two codings", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400),
        ("a coding in HTTP/1.0", "POST / HTTP/1.0\r\nHost: app.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".to_owned(), 400),
        ("a folded line", get("X-A: b\r\n c: d\r\n"), 400),
        ("a space before the colon", get("X-A : b\r\n"), 400),
        ("a space before the name", "GET / HTTP/1.1\r\n Host: app.test\r\n\r\n".to_owned(), 400),
        ("a bare CR in a value", get("X-A: b\rc\r\n"), 400),
        ("a NUL in a value", get("X-A: b\0c\r\n"), 400),
        ("a bad name", get("X(A): b\r\n"), 400),
        ("no host", "GET / HTTP/1.1\r\nConnection: close\r\n\r\n".to_owned(), 400),
        ("two hosts", get("Host: app.test\r\n"), 400),
        ("a host with user", "GET / HTTP/1.1\r\nHost: a@app.test\r\nConnection: close\r\n\r\n".to_owned(), 400),
        ("a host with path", "GET / HTTP/1.1\r\nHost: app.test/x\r\nConnection: close\r\n\r\n".to_owned(), 400),
        ("another host", "GET / HTTP/1.1\r\nHost: other.test\r\nConnection: close\r\n\r\n".to_owned(), 404),
        ("a path above the root", path("/a/../../b"), 400),
        ("an encoded path above the root", path("/%2e%2e/b"), 400),
        ("an encoded NUL", path("/a%00b"), 400),
        ("an encoded line end", path("/a%0d%0aX:%20y"), 400),
        ("a dot segment with a parameter", path("/a/..;/b"), 400),
        ("an encoded dot segment with a parameter", path("/a/%2e%2e%3bx/b"), 400),
        ("a path without root", path("a"), 400),
        ("CONNECT", "CONNECT app.test:443 HTTP/1.1\r\nHost: app.test:443\r\nConnection: close\r\n\r\n".to_owned(), 405),
        ("TRACE", "TRACE / HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n".to_owned(), 405),
        ("a large head", large, 431),
        ("many headers", many, 431),
    ] {
        let answer = stage.send(&raw);
        assert_eq!(status(&answer), expected, "{what}: {answer}");
        assert_eq!(backend.seen(), Vec::<String>::new(), "{what} reached the backend");
    }
}

#[test]
fn a_length_beside_chunked_is_dropped_and_nothing_is_smuggled() {
    for lines in ["Content-Length: 6\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: chunked\r\nContent-Length: 6\r\n"] {
        let backend = Backend::start(|_, stream| {
            crate::stage::read_until(stream, b"0\r\n\r\n");
            drop(stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"));
            false
        });
        let stage = Stage::before(backend.port);
        let raw = format!("POST / HTTP/1.1\r\nHost: app.test\r\n{lines}\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: app.test\r\n\r\n");
        let answer = stage.send(raw);
        assert_eq!(answer.matches("HTTP/1.1").count(), 1, "one answer, then the connection ends: {answer}");
        let head = backend.only();
        assert!(!head.contains("content-length: 6") && !head.contains("smuggled"), "{head}");
    }
}

#[test]
fn headers_of_one_hop_and_claims_of_the_client_end_here() {
    let backend = Backend::simple();
    let stage = Stage::before(backend.port);
    let lies = "X-Forwarded-For: 6.6.6.6\r\nX-Real-IP: 6.6.6.6\r\nForwarded: for=6.6.6.6\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil.test\r\n";
    let hop = "Connection: X-Secret, X-Forwarded-For\r\nX-Secret: 1\r\nTE: gzip\r\nKeep-Alive: 5\r\nProxy-Authorization: x\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\nExpect: 100-continue\r\n";
    assert_eq!(status(&stage.get("/", &format!("{lies}{hop}X-Kept: 1\r\n"))), 200);
    let head = backend.only();
    let mut names: Vec<&str> = head.lines().skip(1).filter_map(|l| l.split_once(':').map(|(name, _)| name)).collect();
    names.sort_unstable();
    assert_eq!(names, ["host", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-kept", "x-real-ip"], "{head}");
    assert!(head.contains("x-forwarded-for: 127.0.0.1\r\n") && head.contains("x-forwarded-proto: http\r\n"), "{head}");
    assert!(head.contains("x-forwarded-host: app.test\r\n") && !head.contains("6.6.6.6"), "{head}");
}

#[test]
fn paths_reach_the_backend_without_dot_segments_and_an_absolute_address_wins() {
    let backend = Backend::simple();
    let stage = Stage::before(backend.port);
    for (path, sent) in [
        ("/a/./b/../c?x=/../y", "/a/c?x=/../y"),
        ("/a/%2e%2e/c", "/c"),
        ("/a%2fb", "/a%2fb"),
        ("//double", "//double"),
        ("http://app.test/absolute?q", "/absolute?q"),
    ] {
        let host = if path.starts_with("http:") { "other.test" } else { "app.test" };
        let answer = stage.send(format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"));
        assert_eq!(status(&answer), 200, "{path}: {answer}");
        let head = backend.seen().pop().unwrap();
        assert!(head.starts_with(&format!("get {sent} http/1.1\r\n")), "{path}: {head}");
    }
}

#[test]
fn answers_that_cannot_be_read_one_way_become_502() {
    for answer in [
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
        "no http at all\r\n\r\n",
        "",
    ] {
        let backend = Backend::start(move |_, stream| {
            drop(stream.write_all(answer.as_bytes()));
            false
        });
        let stage = Stage::before(backend.port);
        assert_eq!(status(&stage.get("/", "")), 502, "{answer}");
    }
}

/// Who it is says the proxy alone: no spelling, no trailer and no `Connection` of a client changes it.
#[test]
fn identity_headers_cannot_be_forged_nor_taken_away() {
    let backend = Backend::start(|head, stream| {
        if head.contains("transfer-encoding: chunked") {
            let trailers = crate::stage::read_until(stream, b"0\r\n");
            let rest = crate::stage::read_until(stream, b"\r\n\r\n");
            let seen = String::from_utf8_lossy(&[trailers, rest].concat()).to_ascii_lowercase();
            assert!(!seen.contains("x-auth") && !seen.contains("x_auth") && seen.contains("x-kept"), "{seen}");
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").is_ok()
    });
    let mut wanted = config(backend.port);
    wanted.hosts[0].reserved_headers = vec![HeaderName::from_static("x-auth-user"), HeaderName::from_static("x-auth-email")];
    wanted.hosts[0].forward_auth = Some(Arc::new(Ada));
    let stage = Stage::start(&wanted);
    let forged = "X-Auth-User: root\r\nX_Auth_User: root\r\nx-auth_user: root\r\nX_Auth-Email: root\r\nX_Forwarded_For: 6.6.6.6\r\nX_Real_IP: 6.6.6.6\r\nContent_Length: 9\r\n";
    let taken = "Connection: X-Auth-User, X-Auth-Email\r\n";
    for lines in [forged.to_owned(), taken.to_owned(), format!("{forged}{taken}")] {
        assert_eq!(status(&stage.get("/", &format!("{lines}My_Own: 1\r\n"))), 200, "{lines}");
        let head = backend.seen().pop().unwrap();
        assert!(head.contains("x-auth-user: ada\r\n") && head.contains("my_own: 1\r\n"), "{lines}: {head}");
        for lie in ["root", "6.6.6.6", "x_", "content_length"] {
            assert!(!head.contains(lie), "{lines}: {head}");
        }
    }
    let chunks = "2\r\nhi\r\n0\r\nX-Kept: 1\r\nX-Auth-User: root\r\nX_Auth_User: root\r\n\r\n";
    let answer = stage.send(post("Trailer: X-Kept, X-Auth-User, X_Auth_User\r\nTransfer-Encoding: chunked\r\n", chunks));
    assert_eq!(status(&answer), 200, "{answer}");
}

/// Takes everybody for Ada.
#[derive(Debug)]
struct Ada;

impl ForwardAuth for Ada {
    fn credential<'a>(&self, _: &'a HeaderMap) -> Option<&'a [u8]> {
        None
    }

    fn decide(&self, _: &Facts<'_>) -> Pending<Admittance> {
        let identity = vec![(HeaderName::from_static("x-auth-user"), HeaderValue::from_static("ada"))];
        Box::pin(std::future::ready(Admittance::Admit(identity)))
    }

    fn cache(&self) -> Option<&AuthCache> {
        None
    }
}
