//! Times and limits that a site has of its own: heads, answers, silence, tries.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use argos_proxy::{Bounds, HostConfig, Protocol, TargetConfig};

use crate::h2_frames::{DATA, END_HEADERS, END_STREAM, HEADERS, SETTINGS, frame};
use crate::stage::{Backend, LIMIT, Stage, config, read_until, status};

/// A POST whose client pauses within its body; the answer up to these bytes.
fn slow_upload(stage: &Stage, pause: Duration, end: &[u8]) -> Vec<u8> {
    let mut client = TcpStream::connect(stage.address).unwrap();
    client.write_all(b"POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 2\r\n\r\na").unwrap();
    let begun = std::time::Instant::now();
    argos_peers::wait_until("the client's pause", LIMIT, || begun.elapsed() > pause);
    client.write_all(b"b").unwrap();
    read_until(&mut client, end)
}

/// Speaks HTTP/2, and answers a request only when its body is over: never one without a body.
fn h2_backend() -> Backend {
    Backend::start(|_, stream| {
        drop(read_until(stream, b"SM\r\n\r\n"));
        drop(stream.write_all(&frame(SETTINGS, 0, 0, b"")));
        let mut head = [0u8; 9];
        while stream.read_exact(&mut head).is_ok() {
            let [high, middle, low, kind, flags, stream_id @ ..] = head;
            let length = u32::from_be_bytes([0, high, middle, low]) as usize;
            if stream.read_exact(&mut vec![0; length]).is_err() {
                break;
            }
            if kind == DATA && flags & END_STREAM != 0 {
                let answer = frame(HEADERS, END_STREAM | END_HEADERS, u32::from_be_bytes(stream_id), &[0x88]);
                drop(stream.write_all(&answer));
            }
        }
        false
    })
}

#[test]
fn time_of_a_backend_over_http2_begins_when_it_has_the_whole_request() {
    let backend = h2_backend();
    let short = Duration::from_millis(600);
    let mut wanted = config(backend.port);
    wanted.pools[0].protocol = Protocol::H2c;
    wanted.hosts[0].bounds.answer_timeout = Some(short);
    let stage = Stage::start(&wanted);
    let answer = slow_upload(&stage, short * 2, b"\r\n\r\n");
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
    assert_eq!(status(&stage.get("/", "")), 504);
    wanted.hosts[0].bounds.idle_timeout = Some(short);
    stage.proxy.reload(&wanted).unwrap();
    let stalled = stage.send("POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 2\r\n\r\na");
    assert_eq!(status(&stalled), 408, "{stalled}");
}

#[test]
fn bounds_of_a_site_are_its_own_and_leave_the_others_alone() {
    let backend = Backend::start(|head, stream| {
        if head.starts_with("get /silent") || head.starts_with("get /stalls") {
            let begin: &[u8] = if head.contains("/stalls") { b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab" } else { b"" };
            drop(stream.write_all(begin));
            drop(read_until(stream, b"never"));
            return false;
        }
        drop(read_until(stream, if head.starts_with("post") { b"ab" } else { b"" }));
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").is_ok()
    });
    let short = Duration::from_millis(600);
    let mut wanted = config(backend.port);
    wanted.hosts.push(HostConfig::new(8, "other.test", 1));
    wanted.hosts[0].bounds = Bounds { header_bytes_max: Some(1024), ..Bounds::default() };
    let stage = Stage::start(&wanted);
    let large = format!("X: {}\r\n", "a".repeat(2_000));
    assert_eq!((status(&stage.get("/", "")), status(&stage.get("/", &large))), (200, 431));
    let other = |lines: &str| stage.send(format!("GET / HTTP/1.1\r\nHost: other.test\r\nConnection: close\r\n{lines}\r\n"));
    assert_eq!(status(&other(&large)), 200, "another site takes what it took before");
    assert_eq!(backend.seen().len(), 2);
    (wanted.hosts[0].bounds.answer_timeout, wanted.hosts[0].bounds.idle_timeout) = (Some(short), Some(short));
    stage.proxy.reload(&wanted).unwrap();
    for _ in 0..3 {
        assert_eq!(status(&stage.get("/silent", "")), 504);
    }
    assert_eq!(status(&other("")), 200, "the short time of one site is no verdict for another");
    let cut = stage.get("/stalls", "");
    assert!(status(&cut) == 200 && cut.ends_with("ab"), "an answer that falls silent is cut off: {cut}");
    // An upload may pause for longer than an answer may take, but not for longer than its own time.
    wanted.hosts[0].bounds.idle_timeout = Some(LIMIT);
    stage.proxy.reload(&wanted).unwrap();
    assert!(slow_upload(&stage, short * 2, b"ok").starts_with(b"HTTP/1.1 200"), "the backend is not blamed for the pause of the client");
    wanted.hosts[0].bounds.idle_timeout = Some(short);
    stage.proxy.reload(&wanted).unwrap();
    let stalled = stage.send("POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 2\r\n\r\na");
    assert_eq!(status(&stalled), 408, "{stalled}");
}

#[test]
fn limit_of_heads_changes_between_two_requests_of_a_connection() {
    let backend = Backend::simple();
    let mut wanted = config(backend.port);
    let stage = Stage::start(&wanted);
    let mut client = TcpStream::connect(stage.address).unwrap();
    let mut ask = |bytes: usize, end: &[u8]| {
        let head = format!("GET / HTTP/1.1\r\nHost: app.test\r\nX: {}\r\n\r\n", "a".repeat(bytes));
        drop(client.write_all(head.as_bytes()));
        status(&String::from_utf8_lossy(&read_until(&mut client, end)))
    };
    assert_eq!(ask(20 << 10, b"ok"), 200);
    wanted.limits.header_bytes_max = 64 << 10;
    stage.proxy.reload(&wanted).unwrap();
    assert_eq!(ask(40 << 10, b"ok"), 200, "a higher one");
    wanted.limits.header_bytes_max = 8 << 10;
    stage.proxy.reload(&wanted).unwrap();
    assert_eq!(ask(4 << 10, b"ok"), 200);
    assert_eq!(ask(20 << 10, b"too large\n"), 431, "and a lower one");
    assert_eq!(backend.seen().len(), 3);
}

#[test]
fn one_try_is_one_backend_and_two_are_two() {
    let good = Backend::simple();
    let gone = argos_peers::free_port();
    let mut wanted = config(good.port);
    wanted.pools[0].targets.push(TargetConfig::new(2, "127.0.0.1", gone));
    wanted.pools[0].passive = None;
    wanted.hosts[0].bounds.retries_max = Some(0);
    let stage = Stage::start(&wanted);
    let failed = |stage: &Stage| (0..10).filter(|_| status(&stage.get("/", "")) == 502).count();
    assert_eq!(failed(&stage), 5, "every second one meets the backend that is gone, and no other is tried");
    wanted.hosts[0].bounds.retries_max = Some(1);
    stage.proxy.reload(&wanted).unwrap();
    assert_eq!(failed(&stage), 0);
}
