//! Answers as backends may frame them, and requests they do not read as expected.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use crate::stage::{Backend, LIMIT, Stage, body, config, read_until, status};

/// What a client gets of this answer, and whether the next request gets one too.
fn told(answer: &'static str, keeps: bool) -> (u16, String, u16) {
    let backend = Backend::start(move |head, stream| {
        let answer = if head.starts_with("get /next") { "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" } else { answer };
        stream.write_all(answer.as_bytes()).is_ok() && keeps
    });
    let stage = Stage::before(backend.port);
    let first = stage.get("/", "");
    (status(&first), body(&first).to_owned(), status(&stage.get("/next", "")))
}

#[test]
fn answers_are_read_to_their_end_however_it_is_told() {
    for (answer, keeps, expected) in [
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", true, (200, "hello")),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", true, (200, "hello")),
        (
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
            true,
            (200, "hello"),
        ),
        ("HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nhello", false, (200, "5\r\nhello\r\n0\r\n\r\n")),
        ("HTTP/1.1 204 No Content\r\n\r\n", true, (204, "")),
        ("HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n", true, (304, "")),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            false,
            (502, "bad answer from the backend\n"),
        ),
        ("HTTP/1.1 200 OK\nno http", false, (502, "bad answer from the backend\n")),
        (
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
            false,
            (502, "the backend switched protocols unasked\n"),
        ),
    ] {
        let (status, body, next) = told(answer, keeps);
        assert_eq!((status, body.as_str(), next), (expected.0, expected.1, 200), "{answer:?}");
    }
}

#[test]
fn what_a_backend_says_unasked_is_nobodys_answer() {
    // A second answer after the first: the next request must not get it.
    let (first, body, next) = told("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 418 Teapot\r\nContent-Length: 0\r\n\r\n", true);
    assert_eq!((first, body.as_str(), next), (200, "ok", 200));
}

#[test]
fn an_answer_cut_short_is_cut_short_for_the_client_too() {
    for answer in [
        &b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello"[..],
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloXX0\r\n\r\n",
    ] {
        let backend = Backend::start(move |_, stream| {
            drop(stream.write_all(answer));
            false
        });
        let answer = Stage::before(backend.port).get("/", "");
        // What was not yet sent when it broke off is not sent any more.
        assert!(answer.is_empty() || (status(&answer) == 200 && !answer.ends_with("0\r\n\r\n") && body(&answer).len() < 50), "{answer:?}");
    }
}

#[test]
fn long_bodies_pass_both_ways_at_one_time() {
    const BYTES: usize = 3 << 20;
    // Echoes while it reads: neither side can wait for the other to be done.
    let backend = Backend::start(|_, stream| {
        drop(stream.write_all(format!("HTTP/1.1 200 OK\r\nContent-Length: {BYTES}\r\n\r\n").as_bytes()));
        let (mut buffer, mut left) = (vec![0; 10_000], BYTES);
        while left > 0 {
            let Ok(read @ 1..) = stream.read(&mut buffer) else { return false };
            left -= read;
            if stream.write_all(&buffer[..read]).is_err() {
                return false;
            }
        }
        true
    });
    let stage = Stage::before(backend.port);
    let sent: Vec<u8> = (0..BYTES).map(|n| u8::try_from(n % 251).unwrap()).collect();
    let mut client = TcpStream::connect(stage.address).unwrap();
    client.set_read_timeout(Some(LIMIT)).unwrap();
    let mut writer = client.try_clone().unwrap();
    let bytes = sent.clone();
    let upload = std::thread::spawn(move || {
        let head = format!("POST / HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\nContent-Length: {BYTES}\r\n\r\n");
        writer.write_all(head.as_bytes()).and_then(|()| writer.write_all(&bytes)).unwrap();
    });
    drop(read_until(&mut client, b"\r\n\r\n"));
    let mut got = Vec::new();
    client.read_to_end(&mut got).unwrap();
    upload.join().unwrap();
    assert!(got == sent, "{} of {BYTES} bytes came back", got.len());
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the pause itself is what is tested")]
fn an_upload_that_moves_may_take_longer_than_an_answer() {
    let backend = Backend::start(|_, stream| {
        let mut body = [0; 5];
        stream.read_exact(&mut body).is_ok() && stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").is_ok()
    });
    let mut wanted = config(backend.port);
    wanted.pools[0].answer_timeout = Duration::from_millis(2000);
    let stage = Stage::start(&wanted);
    let mut client = TcpStream::connect(stage.address).unwrap();
    client.write_all(b"POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 5\r\n\r\n").unwrap();
    for _ in 0..5 {
        std::thread::sleep(Duration::from_millis(600));
        client.write_all(b"x").unwrap();
    }
    assert_eq!(status(&String::from_utf8(read_until(&mut client, b"ok")).unwrap()), 200);
}

#[test]
fn an_early_answer_is_heard_while_the_upload_goes_on() {
    let backend = Backend::start(|_, stream| {
        drop(stream.write_all(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nno\n"));
        false
    });
    let stage = Stage::before(backend.port);
    let mut client = TcpStream::connect(stage.address).unwrap();
    client.write_all(b"POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 1000000\r\n\r\nfirst").unwrap();
    let answer = String::from_utf8(read_until(&mut client, b"no\n")).unwrap();
    assert_eq!((status(&answer), body(&answer)), (413, "no\n"));
}

#[test]
fn a_request_that_changes_something_is_never_sent_twice() {
    // Keeps its connection, reads the next request on it, and closes without a word.
    let backend = Backend::start(|head, stream| {
        head.starts_with("get /first") && stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").is_ok()
    });
    let stage = Stage::before(backend.port);
    let mut client = TcpStream::connect(stage.address).unwrap();
    client.write_all(b"GET /first HTTP/1.1\r\nHost: app.test\r\n\r\n").unwrap();
    drop(read_until(&mut client, b"ok"));
    client.write_all(b"POST /order HTTP/1.1\r\nHost: app.test\r\nContent-Length: 3\r\n\r\nbuy").unwrap();
    let answer = String::from_utf8(read_until(&mut client, b"backend\n")).unwrap();
    assert_eq!(status(&answer), 502, "{answer}");
    assert_eq!(backend.seen().iter().filter(|head| head.starts_with("post /order")).count(), 1);
}
