//! What reaches backends and clients: bodies, trailers, upgrades, rules, retries, real peers.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use argos_peers::{Nginx, process, wait_until};
use argos_proxy::{Action, HostConfig, Matcher, Outcome, RuleConfig, TargetConfig};

use crate::stage::{Backend, LIMIT, Stage, body, config, pool, read_until, status};

/// A port nobody listens on.
fn dead_port() -> u16 {
    argos_peers::free_port()
}

#[test]
fn a_chunked_upload_and_its_trailers_stream_through_both_ways() {
    let backend = Backend::start(|_, stream| {
        let sent = read_until(stream, b"\r\n\r\n");
        assert!(String::from_utf8_lossy(&sent).contains("hello"), "{sent:?}");
        let answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 7\r\n\r\n";
        stream.write_all(answer).is_ok()
    });
    let stage = Stage::before(backend.port);
    let answer = stage.send(
        "POST /up HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\nTE: trailers\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    );
    assert_eq!(status(&answer), 200);
    assert!(body(&answer).starts_with("3\r\nabc\r\n0\r\n"), "{answer}");
    assert!(body(&answer).to_ascii_lowercase().contains("x-sum: 7"), "{answer}");
}

#[test]
fn an_answer_streams_before_it_is_complete() {
    let backend = Backend::start(|_, stream| {
        drop(stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n"));
        // The rest only comes when the client has shown that it saw the beginning.
        drop(read_until(stream, b"go"));
        stream.write_all(b"4\r\nlast\r\n0\r\n\r\n").is_ok()
    });
    let stage = Stage::before(backend.port);
    let mut client = TcpStream::connect(stage.address).unwrap();
    client.write_all(b"POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 2\r\n\r\n").unwrap();
    assert!(!read_until(&mut client, b"first\r\n").is_empty());
    client.write_all(b"go").unwrap();
    assert!(read_until(&mut client, b"0\r\n\r\n").starts_with(b"4\r\nlast"));
}

#[test]
fn a_websocket_becomes_a_tunnel_after_the_backends_101_only() {
    let backend = Backend::start(|head, stream| {
        if head.starts_with("get /refused") {
            return stream.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n").is_ok();
        }
        if head.starts_with("get /next") {
            return stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").is_ok();
        }
        assert!(head.contains("connection: upgrade\r\n") && head.contains("upgrade: websocket\r\n"), "{head}");
        drop(stream.write_all(
            b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\nhi",
        ));
        let mut four = [0; 4];
        stream.read_exact(&mut four).unwrap();
        drop(stream.write_all(&four));
        false
    });
    let stage = Stage::before(backend.port);
    let lines = "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let mut client = TcpStream::connect(stage.address).unwrap();
    client.write_all(format!("GET /ws HTTP/1.1\r\nHost: app.test\r\nConnection: Upgrade\r\n{lines}\r\n").as_bytes()).unwrap();
    let head = String::from_utf8(read_until(&mut client, b"\r\n\r\n")).unwrap();
    assert!(head.starts_with("HTTP/1.1 101") && head.contains("sec-websocket-accept: x"), "{head}");
    client.write_all(b"ping").unwrap();
    let mut rest = Vec::new();
    client.read_to_end(&mut rest).unwrap();
    assert_eq!(rest, b"hiping");
    // After a refusal what follows is no tunnel: at most one more request, judged as any other.
    let next = "GET /next HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n";
    let answer = stage.send(format!("GET /refused HTTP/1.1\r\nHost: app.test\r\nConnection: Upgrade\r\n{lines}\r\n{next}"));
    assert_eq!(status(&answer), 403);
}

#[test]
fn rules_redirect_answer_block_and_rewrite() {
    let backend = Backend::simple();
    let mut wanted = config(backend.port);
    let rule = |id: u32, pattern: &str, action| RuleConfig {
        id: id.into(),
        priority: id,
        matchers: vec![Matcher::Path(vec![pattern.to_owned()])],
        action,
        concurrency_max: None,
    };
    let redirect = |target: &str, strip_query| Action::Redirect { status: 301, target: target.to_owned(), strip_query };
    wanted.hosts[0].rules = vec![
        rule(1, "/old*", redirect("https://new.test/", false)),
        rule(2, "/gone*", redirect("https://{http.request.host}/", true)),
        rule(3, "/tea", Action::Fixed { status: 418, body: "short and stout".to_owned(), content_type: String::new() }),
        rule(4, "/admin*", Action::Block),
        rule(5, "/api/*", Action::Rewrite { path: None, strip_prefix: Some("/api".to_owned()), query: None }),
    ];
    let stage = Stage::start(&wanted);
    let location = |answer: &str| answer.lines().find_map(|l| l.strip_prefix("location: ")).map(str::to_owned).unwrap_or_default();
    assert_eq!(location(&stage.get("/older?a=1", "")), "https://new.test/?a=1");
    assert_eq!(location(&stage.get("/gone?a=1", "")), "https://app.test/");
    let tea = stage.get("/tea", "");
    assert_eq!((status(&tea), body(&tea)), (418, "short and stout"));
    for path in ["/admin", "/ADMIN/x", "/x/../admin", "/%61dmin", "/x/..%2fadmin", "//admin"] {
        let answer = stage.get(path, "");
        assert_eq!((status(&answer), body(&answer)), (403, ""), "{path}");
    }
    assert!(backend.seen().is_empty());
    assert_eq!(status(&stage.get("/api/v1?x=2", "")), 200);
    assert!(backend.only().starts_with("get /v1?x=2 http/1.1\r\n"));
}

#[test]
fn a_dead_backend_is_passed_over_and_a_stale_connection_is_replaced() {
    // Answers once on each connection, promises to keep it, and closes it.
    let backend = Backend::start(|_, stream| {
        drop(stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
        false
    });
    let mut wanted = config(backend.port);
    wanted.pools[0].targets.push(TargetConfig::new(2, "127.0.0.1", dead_port()));
    let stage = Stage::start(&wanted);
    let mut client = TcpStream::connect(stage.address).unwrap();
    for n in 0..20 {
        client.write_all(b"GET / HTTP/1.1\r\nHost: app.test\r\n\r\n").unwrap();
        let answer = String::from_utf8(read_until(&mut client, b"ok")).unwrap();
        assert_eq!(status(&answer), 200, "request {n}: {answer}");
    }
}

#[test]
fn a_backend_that_dies_over_a_request_is_passed_over_unless_that_could_do_harm() {
    let (mute, good) = (Backend::start(|_, _| false), Backend::simple());
    let mut wanted = config(good.port);
    wanted.pools[0].targets.push(TargetConfig::new(2, "127.0.0.1", mute.port));
    wanted.pools[0].passive = None;
    let stage = Stage::start(&wanted);
    assert!((0..10).all(|_| status(&stage.get("/", "")) == 200), "another one answers the same");
    let met = mute.seen().len();
    assert!(met > 0, "it was asked");
    let post = "POST / HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\nContent-Length: 3\r\n\r\nbuy";
    let failed = (0..10).filter(|_| status(&stage.send(post)) == 502).count();
    assert_eq!(mute.seen().len() - met, failed, "nothing that may have been done is done again");
}

#[test]
fn without_a_backend_the_answer_is_503_and_a_silent_one_gets_504() {
    let mut wanted = config(1);
    wanted.pools[0].targets.clear();
    let answer = Stage::start(&wanted).get("/", "");
    assert_eq!((status(&answer), body(&answer)), (503, "no backend available\n"));
    let silent = Backend::silent();
    let mut wanted = config(silent.port);
    wanted.pools[0].answer_timeout = Duration::from_millis(200);
    assert_eq!(status(&Stage::start(&wanted).get("/", "")), 504);
    assert_eq!(status(&Stage::start(&config(dead_port())).get("/", "")), 502);
}

#[test]
fn nginx_behind_the_proxy_serves_curl_with_keep_alive_and_head() {
    let nginx = Nginx::start(1, |port, _| {
        format!(
            "server {{ listen 127.0.0.1:{port}; location / {{ add_header X-Conn $connection; \
             return 200 \"$request_method $request_uri $http_host $http_x_forwarded_for\\n\"; }} }}"
        )
    });
    let mut wanted = config(nginx.port());
    wanted.pools[0].preserve_host = true;
    let mut stage = Stage::start(&wanted);
    let curl = process::find_program(&["curl"], &[]).expect("curl is part of every Debian that tests");
    let url = format!("http://app.test:{}/a?b", stage.address.port());
    let resolve = format!("app.test:{}:127.0.0.1", stage.address.port());
    let out = process::run(&curl, &["-sS", "--resolve", &resolve, "-i", &url, &url], &[]).unwrap();
    let expected = format!("GET /a?b app.test:{} 127.0.0.1", stage.address.port());
    assert_eq!(out.matches(&expected).count(), 2, "{out}");
    let connections: Vec<&str> = out.lines().filter_map(|l| l.strip_prefix("x-conn: ")).collect();
    assert_eq!(connections[0], connections[1], "the connection to the backend was kept: {out}");
    let head = process::run(&curl, &["-sS", "--resolve", &resolve, "-I", &url], &[]).unwrap();
    assert!(head.contains("200 OK") && head.contains("content-length: "), "{head}");
    let mut records = Vec::new();
    wait_until("three access records", LIMIT, || {
        while let Ok(batch) = stage.reports.access.try_recv() {
            records.extend_from_slice(&batch);
        }
        records.len() >= 3
    });
    // Each thread hands over its own batch.
    records.sort_by_key(|r| r.started);
    let first = &records[0];
    assert_eq!((first.status.as_u16(), first.host_id, first.outcome), (200, Some(7), Outcome::Forwarded));
    assert_eq!((first.uri.to_string().as_str(), first.host.as_deref()), ("/a?b", Some("app.test")));
    assert_eq!(first.upstream.as_deref(), Some(format!("127.0.0.1:{}", nginx.port()).as_str()));
    assert!(first.bytes > 20 && first.user_agent.as_ref().unwrap().to_str().unwrap().starts_with("curl/"));
}

#[test]
fn weights_share_requests_and_a_sticky_cookie_keeps_a_browser_at_its_backend() {
    let (a, b) = (Backend::simple(), Backend::simple());
    let mut wanted = config(a.port);
    wanted.pools[0].targets =
        vec![TargetConfig { weight: 3, ..TargetConfig::new(1, "127.0.0.1", a.port) }, TargetConfig::new(2, "127.0.0.1", b.port)];
    let mut sticky = pool(a.port);
    (sticky.id, sticky.sticky_cookie) = (2, Some("route".to_owned()));
    sticky.targets = vec![TargetConfig::new(1, "127.0.0.1", a.port), TargetConfig::new(2, "127.0.0.1", b.port)];
    wanted.pools.push(sticky);
    wanted.hosts.push(HostConfig::new(8, "sticky.test", 2));
    let stage = Stage::start(&wanted);
    for _ in 0..40 {
        assert_eq!(status(&stage.get("/", "")), 200);
    }
    assert_eq!((a.seen().len(), b.seen().len()), (30, 10));
    let ask = |cookie: &str| stage.send(format!("GET / HTTP/1.1\r\nHost: sticky.test\r\nConnection: close\r\n{cookie}\r\n"));
    let first = ask("");
    let set = first.lines().find_map(|l| l.strip_prefix("set-cookie: ")).unwrap().split(';').next().unwrap().to_owned();
    let before = (a.seen().len(), b.seen().len());
    for _ in 0..6 {
        assert!(!ask(&format!("Cookie: x=1; {set}\r\n")).contains("set-cookie"));
    }
    let moved = (a.seen().len() - before.0, b.seen().len() - before.1);
    assert!(moved == (6, 0) || moved == (0, 6), "{moved:?}");
}
