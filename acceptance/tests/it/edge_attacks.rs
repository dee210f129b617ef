//! Attacks on framing, headers, paths and patience, against the whole server: each is refused or reaches the backend in
//! the one form that rules saw. The backend is a real nginx that tells what it was asked.

use std::time::Duration;

use argos_peers::raw::{End, RawConnection};
use argos_peers::{ArgosConfig, wait_until};
use serde_json::{Value, json};

use crate::edge_sites::{Edge, backend, config};

const SOON: Duration = Duration::from_secs(20);

/// A site with a rule that blocks `/admin`, in front of a backend that tells what it was asked.
fn guarded(config: ArgosConfig) -> (Edge, argos_peers::Nginx, Value) {
    let (edge, nginx) = (Edge::on(config), backend("one"));
    let site = edge.publish("app.test", &[nginx.port()]);
    let rule = json!({"action": {"type": "block"}, "matchers": [{"type": "path", "config": {"patterns": ["/admin*"]}}]});
    edge.stage.owner.post(&format!("/api/hosts/{}/rules", site["id"]), rule).expect_status(201);
    (edge, nginx, site)
}

/// All answers to these bytes on one connection.
fn exchange(edge: &Edge, bytes: &str) -> String {
    let mut connection = RawConnection::open(edge.http).unwrap();
    // A refusal may come before all of it is taken.
    drop(connection.send(bytes.as_bytes()));
    let (answer, end) = connection.read_to_end(SOON);
    assert_eq!(end, End::Closed, "{bytes:?} leaves the connection open: {}", String::from_utf8_lossy(&answer));
    String::from_utf8_lossy(&answer).into_owned()
}

fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0)
}

#[test]
fn no_spelling_of_a_path_passes_the_rule_that_blocks_it() {
    let (edge, _nginx, _) = guarded(config());
    for path in [
        "/admin",
        "/ADMIN",
        "/%61dmin",
        "/%41dmin/x",
        "//admin",
        "/./admin",
        "/x/../admin",
        "/x/%2e%2e/admin",
        "/x/..%2fadmin",
        "/x%2f..%2fadmin",
        "/x\\..\\admin",
        "/x/.%2e/admin",
        "/admin/",
        "/admin?x=1",
        "/admin%20",
        "/%2fadmin",
        "/.//admin",
        "http://app.test/admin",
        "http://app.test/x/../admin",
    ] {
        let answer = exchange(&edge, &format!("GET {path} HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n"));
        assert_eq!(status(&answer), 403, "{path}: {answer}");
    }
    for path in ["/../admin", "/%2e%2e/admin", "/x/..;/admin", "/x/%2e%2e;y/admin", "/x/..%3b/admin", "/a%00/admin", "admin", "*"] {
        let answer = exchange(&edge, &format!("GET {path} HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n"));
        assert_eq!(status(&answer), 400, "{path}: {answer}");
    }
    for (path, reaches) in
        [("/a/./b/../c", "/a/c"), ("/administrator/../open", "/open"), ("/a%2fb", "/a%2fb"), ("/x?y=/../admin", "/x?y=/../admin")]
    {
        let answer = exchange(&edge, &format!("GET {path} HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n"));
        assert!(status(&answer) == 200 && answer.contains(&format!("one {reaches} user=")), "{path}: {answer}");
    }
}

#[test]
fn nothing_is_smuggled_behind_a_request() {
    let (edge, _nginx, _) = guarded(config());
    let hidden = "GET /hidden HTTP/1.1\r\nHost: app.test\r\n\r\n";
    let post = |lines: &str, body: &str| format!("POST /first HTTP/1.1\r\nHost: app.test\r\n{lines}\r\n{body}{hidden}");
    for (what, bytes) in [
        ("length and chunked", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")),
        ("chunked and length", post("Transfer-Encoding: chunked\r\nContent-Length: 60\r\n", "0\r\n\r\n")),
        ("two lengths", post("Content-Length: 0\r\nContent-Length: 47\r\n", "")),
        ("a length with a sign", post("Content-Length: +0\r\n", "")),
        ("a length in another base", post("Content-Length: 0x0\r\n", "")),
        ("a list of lengths", post("Content-Length: 0, 47\r\n", "")),
        ("a coding with a tab", post("Transfer-Encoding:\tchunked, identity\r\n", "0\r\n\r\n")),
        ("an unknown coding", post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n")),
        ("two codings", post("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")),
        ("a space before the colon", post("Content-Length : 47\r\n", "")),
        ("a folded length", post("X: y\r\n Content-Length: 47\r\n", "")),
        ("a bare CR within a header", post("X: y\rContent-Length: 47\r\n", "")),
        ("a bad chunk size", post("Transfer-Encoding: chunked\r\n", "+0\r\n\r\n")),
        ("a huge chunk size", post("Transfer-Encoding: chunked\r\n", "fffffffffffffffff\r\n\r\n")),
        ("a chunk without its end", post("Transfer-Encoding: chunked\r\n", "1\r\nab0\r\n\r\n")),
        (
            "a coding in HTTP/1.0",
            post("Transfer-Encoding: chunked\r\n", "0\r\n\r\n")
                .replace("HTTP/1.1\r\nHost: app.test\r\nT", "HTTP/1.0\r\nHost: app.test\r\nT"),
        ),
    ] {
        let answer = exchange(&edge, &bytes);
        assert!(!answer.contains("/hidden"), "{what}: the hidden request was answered: {answer}");
        assert!(answer.matches("HTTP/1.1 ").count() <= 1, "{what}: {answer}");
    }
    let honest = post("Content-Length: 2\r\n", "hi").replace("GET /hidden HTTP/1.1\r\n", "GET /second HTTP/1.1\r\nConnection: close\r\n");
    let answer = exchange(&edge, &honest);
    assert!(answer.contains("one /first") && answer.contains("one /second"), "two honest requests get two answers: {answer}");
    let rows = |path: &str| edge.stage.owner.get(&format!("/api/logs?source=caddy_access&path={path}")).expect_status(200).json();
    wait_until("the row of the last request", SOON, || rows("/second")["total_count"] == 1);
    assert_eq!(rows("/hidden")["total_count"], 0, "{}", rows("/hidden"));
}

#[test]
fn headers_that_lie_are_refused_or_put_right() {
    let (edge, _nginx, _) = guarded(config());
    let get = |lines: &str| exchange(&edge, &format!("GET / HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n{lines}\r\n"));
    for lines in
        ["X-Auth-User: root\r\n", "X_Auth_User: root\r\n", "x-auth_user: root\r\n", "Connection: x-auth-user\r\nX-Auth-User: root\r\n"]
    {
        let answer = get(lines);
        assert!(status(&answer) == 200 && answer.contains("user= mail= host="), "{lines}: {answer}");
    }
    for (what, lines, expected) in [
        ("a second host", "Host: other.test\r\n".to_owned(), 400),
        ("a NUL", "X: a\0b\r\n".to_owned(), 400),
        ("a name with a space", "X Y: 1\r\n".to_owned(), 400),
        ("a large head", format!("X: {}\r\n", "a".repeat(40_000)), 431),
        ("many headers", (0..300).map(|n| format!("X-{n}: 1\r\n")).collect(), 431),
        ("an upgrade to HTTP/2", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n".to_owned(), 200),
    ] {
        let answer = get(&lines);
        assert_eq!(status(&answer), expected, "{what}: {answer}");
    }
    for (what, head, expected) in [
        ("no host", "GET / HTTP/1.1\r\nConnection: close\r\n\r\n", 400),
        ("a host with a path", "GET / HTTP/1.1\r\nHost: app.test/admin\r\nConnection: close\r\n\r\n", 400),
        ("a host with a user", "GET / HTTP/1.1\r\nHost: x@app.test\r\nConnection: close\r\n\r\n", 400),
        ("another host", "GET / HTTP/1.1\r\nHost: panel.test\r\nConnection: close\r\n\r\n", 404),
        ("CONNECT", "CONNECT app.test:22 HTTP/1.1\r\nHost: app.test:22\r\nConnection: close\r\n\r\n", 405),
        ("TRACE", "TRACE / HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n", 405),
    ] {
        let answer = exchange(&edge, head);
        assert_eq!(status(&answer), expected, "{what}: {answer}");
    }
}

#[test]
fn requests_that_break_the_rules_of_http2_reach_no_backend() {
    let (edge, _nginx, _) = guarded(config());
    let said = argos_peers::streaming::http2_attacks(edge.http, "app.test").unwrap();
    let (honest, attacks): (Vec<&str>, Vec<&str>) = said.lines().partition(|line| line.contains("an honest"));
    assert_eq!(honest, ["200 an honest one", "200 an honest body"]);
    assert_eq!(attacks.len(), 26, "{said}");
    for line in attacks {
        assert!(["400", "404", "reset", "closed"].iter().any(|end| line.starts_with(end)), "{line}");
    }
    let count = || edge.stage.owner.get("/api/logs?source=caddy_access&status=200").expect_status(200).json()["total_count"].clone();
    wait_until("the rows of the honest ones", SOON, || count() == 2);
}

#[test]
fn slow_and_greedy_clients_are_let_go_while_others_are_served() {
    let config = config().env("ARGOS_EDGE_CLIENT_CONNECTIONS_MAX", "4").env("ARGOS_PROXY_TRUSTED_RANGES", "192.0.2.0/24");
    let (edge, _nginx, _) = guarded(config);
    let open = || {
        let mut connection = RawConnection::open(edge.http).unwrap();
        connection.send(b"GET / HTTP/1.1\r\nHost: app").unwrap();
        connection
    };
    let connections = || edge.stage.owner.get("/api/caddy/status").expect_status(200).json();
    let mut greedy: Vec<RawConnection> = (0..4).map(|_| open()).collect();
    wait_until("four are open", SOON, || connections()["connections"] == 4);
    let (said, end) = open().read_to_end(SOON);
    assert_eq!((said, end), (Vec::new(), End::Closed), "a fifth connection of one client is closed");
    assert_eq!(connections()["connections_turned_away"], 1);
    for mut slow in greedy.drain(..) {
        let (said, end) = slow.read_to_end(Duration::from_secs(60));
        assert_eq!(end, End::Closed, "a head that does not end is not waited for: {}", String::from_utf8_lossy(&said));
    }
    assert_eq!(edge.get("app.test", "/").status, 200);
}
