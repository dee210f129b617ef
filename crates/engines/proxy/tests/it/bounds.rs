//! Times and limits that a site has of its own: heads, answers, silence, tries.

use std::io::Write as _;
use std::net::TcpStream;
use std::time::Duration;

use argos_proxy::{Bounds, HostConfig, TargetConfig};

use crate::stage::{Backend, LIMIT, Stage, config, read_until, status};

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
    wanted.hosts[0].bounds =
        Bounds { answer_timeout: Some(short), idle_timeout: Some(short), header_bytes_max: Some(1024), ..Bounds::default() };
    let stage = Stage::start(&wanted);
    let large = format!("X: {}\r\n", "a".repeat(2_000));
    assert_eq!((status(&stage.get("/", "")), status(&stage.get("/", &large))), (200, 431));
    let other = |lines: &str| stage.send(format!("GET / HTTP/1.1\r\nHost: other.test\r\nConnection: close\r\n{lines}\r\n"));
    assert_eq!(status(&other(&large)), 200, "another site takes what it took before");
    assert_eq!(backend.seen().len(), 2);
    assert_eq!(status(&stage.get("/silent", "")), 504);
    let cut = stage.get("/stalls", "");
    assert!(status(&cut) == 200 && cut.ends_with("ab"), "an answer that falls silent is cut off: {cut}");
    // An upload may pause for longer than an answer may take, but not for longer than its own time.
    wanted.hosts[0].bounds.idle_timeout = Some(LIMIT);
    stage.proxy.reload(&wanted).unwrap();
    let mut client = TcpStream::connect(stage.address).unwrap();
    client.write_all(b"POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 2\r\n\r\na").unwrap();
    let begun = std::time::Instant::now();
    argos_peers::wait_until("longer than an answer may take", LIMIT, || begun.elapsed() > short * 2);
    client.write_all(b"b").unwrap();
    assert!(read_until(&mut client, b"ok").starts_with(b"HTTP/1.1 200"), "the backend is not blamed for the pause of the client");
    wanted.hosts[0].bounds.idle_timeout = Some(short);
    stage.proxy.reload(&wanted).unwrap();
    let stalled = stage.send("POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 2\r\n\r\na");
    assert_eq!(status(&stalled), 408, "{stalled}");
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
