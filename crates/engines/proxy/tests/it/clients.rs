//! HTTP/1.1 as clients speak it: many requests at once, bodies on demand, connections that are kept, switched or left.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};

use argos_peers::wait_until;
use argos_proxy::Outcome;
use proptest::prelude::*;

use crate::stage::{Backend, LIMIT, Stage, body, read_until, status};

fn connect(stage: &Stage) -> TcpStream {
    let client = TcpStream::connect(stage.address).unwrap();
    client.set_read_timeout(Some(LIMIT)).unwrap();
    client
}

/// The head of the next answer, in lower case.
fn head(client: &mut TcpStream) -> String {
    String::from_utf8(read_until(client, b"\r\n\r\n")).unwrap().to_ascii_lowercase()
}

/// All until the proxy ends the connection; a reset would be an error.
fn rest(client: &mut TcpStream) -> String {
    let mut all = Vec::new();
    client.read_to_end(&mut all).unwrap();
    String::from_utf8(all).unwrap()
}

/// Answers with the path that was asked for, and with the body that came with it.
pub(crate) fn echo() -> Backend {
    Backend::start(|head, stream| {
        let path = head.split(' ').nth(1).unwrap().to_owned();
        let length = head.lines().find_map(|l| l.strip_prefix("content-length: ")).map_or(0, |l| l.parse().unwrap());
        let mut sent = vec![0; length];
        stream.read_exact(&mut sent).unwrap();
        let answer = format!("{path}={}", String::from_utf8(sent).unwrap());
        stream.write_all(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{answer}", answer.len()).as_bytes()).is_ok()
    })
}

#[test]
fn pipelined_requests_are_answered_in_their_order_with_their_own_bodies() {
    let backend = echo();
    let stage = Stage::before(backend.port);
    let mut client = connect(&stage);
    let mut all = String::new();
    for n in 0..20 {
        all += &match n % 3 {
            0 => format!("GET /{n} HTTP/1.1\r\nHost: app.test\r\n\r\n"),
            1 => format!("POST /{n} HTTP/1.1\r\nHost: app.test\r\nContent-Length: 2\r\n\r\n{n:02}"),
            // Refused by the proxy itself; what it brought is read over.
            _ => format!("PUT /{n} HTTP/1.1\r\nHost: other.test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nGET\r\n0\r\nX: y\r\n\r\n"),
        };
    }
    all += "GET /last HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\nGET /ignored HTTP/1.1\r\nHost: app.test\r\n\r\n";
    client.write_all(all.as_bytes()).unwrap();
    let answers = rest(&mut client);
    let bodies: Vec<&str> = answers.split("HTTP/1.1 ").skip(1).map(body).collect();
    let expected: Vec<String> = (0..20)
        .map(|n| match n % 3 {
            0 => format!("/{n}="),
            1 => format!("/{n}={n:02}"),
            _ => "no such host\n".to_owned(),
        })
        .chain(["/last=".to_owned()])
        .collect();
    assert_eq!(bodies, expected);
}

#[test]
fn a_begin_in_pieces_is_waited_for_whichever_version_it_is() {
    let mut wanted = crate::stage::config(Backend::simple().port);
    for header in ["", "PROXY TCP4 192.0.2.7 127.0.0.1 1 2\r\n"] {
        wanted.listeners[0].proxy_protocol = (!header.is_empty()).then(|| "127.0.0.1".parse().unwrap()).into_iter().collect();
        let stage = Stage::start(&wanted);
        let begun = |first: &str| {
            let mut client = connect(&stage);
            client.write_all(format!("{header}{first}").as_bytes()).unwrap();
            wait_until("it is open", LIMIT, || stage.proxy.connections() == 1);
            client
        };
        let mut client = begun("P");
        client.write_all(b"UT / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
        assert_eq!(status(&rest(&mut client)), 200);
        drop(client);
        wait_until("it is over", LIMIT, || stage.proxy.connections() == 0);
        let mut client = begun("PRI * HT");
        client.write_all(b"TP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").unwrap();
        let mut frame = [0; 4];
        client.read_exact(&mut frame).unwrap();
        assert_eq!(frame[3], 4, "its settings");
    }
}

#[test]
fn a_body_is_asked_for_when_a_backend_takes_it_and_not_before() {
    let backend = echo();
    let stage = Stage::before(backend.port);
    let mut client = connect(&stage);
    client.write_all(b"POST /a HTTP/1.1\r\nHost: app.test\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n").unwrap();
    assert_eq!(head(&mut client), "http/1.1 100 continue\r\n\r\n");
    client.write_all(b"hi").unwrap();
    assert!(head(&mut client).starts_with("http/1.1 200"));
    assert_eq!(read_until(&mut client, b"hi"), b"/a=hi");
    // What comes at once needs no invitation.
    client.write_all(b"POST /b HTTP/1.1\r\nHost: app.test\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nho").unwrap();
    assert!(head(&mut client).starts_with("http/1.1 200"));
    assert_eq!(read_until(&mut client, b"ho"), b"/b=ho");
    // Without an invitation nobody knows whether the body comes: the connection ends with the refusal.
    client.write_all(b"POST /c HTTP/1.1\r\nHost: other.test\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n").unwrap();
    let answer = rest(&mut client);
    assert!(status(&answer) == 404 && answer.contains("connection: close\r\n"), "{answer}");
}

#[test]
fn a_refused_upload_still_gets_its_answer_while_the_client_is_sending() {
    let backend = Backend::simple();
    let stage = Stage::before(backend.port);
    let mut client = connect(&stage);
    client.write_all(b"POST / HTTP/1.1\r\nHost: other.test\r\nContent-Length: 10000000\r\n\r\n").unwrap();
    let part = vec![b'x'; 200_000];
    client.write_all(&part).unwrap();
    let answer = head(&mut client);
    assert!(answer.starts_with("http/1.1 404") && answer.contains("connection: close\r\n"), "{answer}");
    client.write_all(&part).unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    assert_eq!(rest(&mut client), "no such host\n");
    assert!(backend.seen().is_empty());
}

#[test]
fn a_tunnel_begins_with_what_the_client_sent_ahead() {
    let backend = Backend::start(|_, stream| {
        drop(stream.write_all(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhi"));
        let mut five = [0; 5];
        drop(stream.read_exact(&mut five).and_then(|()| stream.write_all(&five)));
        false
    });
    let stage = Stage::before(backend.port);
    let upgrade = "GET / HTTP/1.1\r\nHost: app.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n";
    let mut client = connect(&stage);
    client.write_all(format!("{upgrade}\r\nahead").as_bytes()).unwrap();
    let answer = head(&mut client);
    assert!(answer.starts_with("http/1.1 101") && !answer.contains("content-length") && !answer.contains("close"), "{answer}");
    assert_eq!(rest(&mut client), "hiahead");
    // With a body it is a plain request: the body must not become the begin of a tunnel.
    let answer = stage.send(format!("{}Content-Length: 5\r\n\r\nahead", upgrade.replace("Upgrade\r\n", "Upgrade, close\r\n")));
    assert_eq!(status(&answer), 502, "{answer}");
    assert!(!backend.seen()[1].contains("upgrade"), "{:?}", backend.seen());
}

#[test]
fn a_client_that_leaves_frees_the_backend_that_has_not_answered() {
    let backend = Backend::silent();
    let mut stage = Stage::before(backend.port);
    for is_half in [true, false] {
        let mut client = connect(&stage);
        client.write_all(b"GET / HTTP/1.1\r\nHost: app.test\r\n\r\n").unwrap();
        wait_until("the request is at the backend", LIMIT, || stage.proxy.statuses()[0].in_flight == 1);
        // One that ends its direction only is taken for one that left: it says the same.
        if is_half {
            client.shutdown(Shutdown::Write).unwrap();
            assert_eq!(rest(&mut client), "");
        }
        drop(client);
        wait_until("the backend is free", LIMIT, || stage.proxy.statuses()[0].in_flight == 0);
        wait_until("the connection is over", LIMIT, || stage.proxy.connections() == 0);
    }
    assert_eq!(stage.proxy.statuses()[0].failures, 0, "not the backend's fault");
    let mut records = Vec::new();
    wait_until("both are on record", LIMIT, || {
        while let Ok(batch) = stage.reports.access.try_recv() {
            records.extend(batch.iter().map(|record| (record.status.as_u16(), record.outcome)));
        }
        records.len() == 2
    });
    assert_eq!(records, [(499, Outcome::Aborted); 2]);
}

#[test]
fn an_upload_cut_short_reaches_no_backend_as_a_whole_one() {
    let backend = Backend::start(|_, stream| {
        let sent = read_until(stream, b"0\r\n\r\n");
        assert!(!sent.ends_with(b"0\r\n\r\n"), "{}", String::from_utf8_lossy(&sent));
        false
    });
    let stage = Stage::before(backend.port);
    for body in ["5\r\nhel", "5\r\nhello\r\n", "5\r\nhello\r\n0\r\n", "5\r\nhelloX\r\n0\r\n\r\n", "5\r\nhello\r\n-1\r\n0\r\n\r\n"] {
        let mut client = connect(&stage);
        client.write_all(format!("POST / HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: chunked\r\n\r\n{body}").as_bytes()).unwrap();
        client.shutdown(Shutdown::Write).unwrap();
        let answer = rest(&mut client);
        assert!(matches!(status(&answer), 0 | 400), "{body:?}: {answer}");
    }
    wait_until("nothing is open", LIMIT, || stage.proxy.statuses()[0].in_flight == 0);
    assert_eq!(stage.proxy.statuses()[0].failures, 0, "not the backend's fault");
}

#[test]
fn answers_without_a_body_leave_the_connection_to_the_next_one() {
    let backend = Backend::start(|head, stream| {
        let answer = match head.split(' ').nth(1).unwrap() {
            "/204" => "HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\n",
            "/304" => "HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\nETag: \"a\"\r\n\r\n",
            "/length" => "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n",
            _ => "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        };
        stream.write_all(answer.as_bytes()).is_ok()
    });
    let stage = Stage::before(backend.port);
    let mut client = connect(&stage);
    for (method, path, code, length) in [
        ("GET", "/204", 204, None),
        ("GET", "/304", 304, Some("3")),
        ("HEAD", "/length", 200, Some("3")),
        ("HEAD", "/chunked", 200, None),
        ("HEAD", "/..%2f..", 400, Some("9")),
    ] {
        client.write_all(format!("{method} {path} HTTP/1.1\r\nHost: app.test\r\n\r\n").as_bytes()).unwrap();
        let answer = head(&mut client);
        let told = answer.lines().find_map(|l| l.strip_prefix("content-length: "));
        assert_eq!((status(&answer), told), (code, length), "{method} {path}: {answer}");
        assert!(!answer.contains("transfer-encoding") && answer.contains("\r\ndate: "), "{answer}");
    }
    assert_eq!(rest(&mut client), "", "no body after the head");
}

#[test]
fn an_old_client_is_kept_when_it_asks_and_gets_no_chunks() {
    let backend = Backend::start(|head, stream| {
        let answer: &[u8] = if head.starts_with("get /known") {
            b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
        } else {
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n"
        };
        stream.write_all(answer).is_ok()
    });
    let stage = Stage::before(backend.port);
    let mut client = connect(&stage);
    client.write_all(b"GET /known HTTP/1.0\r\nHost: app.test\r\nConnection: keep-alive\r\n\r\n").unwrap();
    assert!(head(&mut client).contains("connection: keep-alive\r\n"));
    assert_eq!(read_until(&mut client, b"hello"), b"hello");
    client.write_all(b"GET /chunks HTTP/1.0\r\nHost: app.test\r\nConnection: keep-alive\r\n\r\n").unwrap();
    let answer = rest(&mut client);
    assert!(answer.contains("connection: close\r\n") && !answer.contains("transfer-encoding"), "{answer}");
    assert_eq!(body(&answer), "hello!");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever a client sends, the engine goes on and nobody else notices.
    #[test]
    fn any_bytes_leave_the_engine_serving(begin in 0..4usize, bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        static STAGE: std::sync::LazyLock<(Backend, Stage)> = std::sync::LazyLock::new(|| {
            let backend = Backend::simple();
            let stage = Stage::before(backend.port);
            (backend, stage)
        });
        let begins = [
            "",
            "GET / HTTP/1.1\r\nHost: app.test\r\n",
            "POST / HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: chunked\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n",
        ];
        let mut client = connect(&STAGE.1);
        drop(client.write_all(&[begins[begin].as_bytes(), &bytes].concat()).and_then(|()| client.shutdown(Shutdown::Write)));
        drop(client.read_to_end(&mut Vec::new()));
        prop_assert_eq!(status(&STAGE.1.get("/", "")), 200);
    }
}

#[test]
fn client_that_reads_slowly_gets_every_byte() {
    const LENGTH: usize = 24 << 20;
    let byte = |at: usize| u8::try_from(at * 31 % 251).unwrap();
    let all: Vec<u8> = (0..LENGTH).map(byte).collect();
    for framing in ["Content-Length: 25165824", "Transfer-Encoding: chunked"] {
        let sent = all.clone();
        let backend = Backend::start(move |_, stream| {
            stream.write_all(format!("HTTP/1.1 200 OK\r\n{framing}\r\n\r\n").as_bytes()).unwrap();
            for part in sent.chunks(100_000) {
                if framing.starts_with('T') {
                    stream.write_all(format!("{:x}\r\n", part.len()).as_bytes()).unwrap();
                }
                stream.write_all(part).unwrap();
                if framing.starts_with('T') {
                    stream.write_all(b"\r\n").unwrap();
                }
            }
            framing.starts_with('C') || stream.write_all(b"0\r\n\r\n").is_ok()
        });
        let stage = Stage::before(backend.port);
        let mut client = connect(&stage);
        // Closed by length: an HTTP/1.0 client gets the bytes of the body and nothing between them.
        client.write_all(b"GET / HTTP/1.0\r\nHost: app.test\r\n\r\n").unwrap();
        drop(head(&mut client));
        let (mut got, mut buffer) = (Vec::with_capacity(LENGTH), vec![0; 3_000]);
        loop {
            // Small reads with other work in between keep the kernel's buffers full.
            let read = client.read(&mut buffer).unwrap();
            if read == 0 {
                break;
            }
            got.extend_from_slice(buffer.get(..read).unwrap());
        }
        assert_eq!(got.len(), LENGTH, "{framing}");
        assert!(got == all, "{framing}: other bytes");
    }
}
