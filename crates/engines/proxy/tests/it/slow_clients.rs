//! Clients that take their time: heads that do not end, answers nobody reads, connections without a request, and too
//! many of them. Each ends by itself, and its backend is free again.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use argos_proxy::Config;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper_util::rt::{TokioExecutor, TokioIo};

use crate::stage::{Backend, LIMIT, Stage, config, read_until, status};

const SHORT: Duration = Duration::from_millis(300);

/// More than all buffers between a backend and a client hold.
const LARGE: usize = 64 << 20;

fn large_backend() -> Backend {
    Backend::start(|_, stream| {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {LARGE}\r\n\r\n");
        let part = vec![b'x'; 1 << 16];
        stream.write_all(head.as_bytes()).is_ok() && (0..LARGE / part.len()).all(|_| stream.write_all(&part).is_ok())
    })
}

fn impatient(port: u16) -> Config {
    let mut wanted = config(port);
    (wanted.limits.stall_timeout, wanted.limits.header_timeout) = (SHORT, SHORT * 5);
    wanted
}

/// Until the other end closes; what came before.
fn until_closed(stream: &mut TcpStream) -> Vec<u8> {
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    let mut all = Vec::new();
    // A reset is an end too.
    let waited = stream.read_to_end(&mut all).is_err_and(|e| e.kind() == std::io::ErrorKind::WouldBlock);
    assert!(!waited, "the connection stays open");
    all
}

#[test]
fn a_client_that_reads_nothing_is_let_go_and_its_backend_with_it() {
    let backend = large_backend();
    let stage = Stage::start(&impatient(backend.port));
    let mut client = TcpStream::connect(stage.address).unwrap();
    client.write_all(b"GET / HTTP/1.1\r\nHost: app.test\r\n\r\n").unwrap();
    argos_peers::wait_until("the request is at the backend", LIMIT, || stage.proxy.statuses()[0].in_flight == 1);
    argos_peers::wait_until("the connection is given up", LIMIT, || stage.proxy.connections() == 0);
    assert_eq!(stage.proxy.statuses()[0].in_flight, 0);
    assert_eq!(stage.proxy.statuses()[0].failures, 0, "not the backend's fault");
}

/// An HTTP/2 connection of a client with small windows.
#[expect(clippy::disallowed_methods, reason = "the client's connection is driven by the test's own runtime")]
async fn h2(address: SocketAddr) -> (hyper::client::conn::http2::SendRequest<Empty<Bytes>>, tokio::task::JoinHandle<()>) {
    let tcp = tokio::net::TcpStream::connect(address).await.unwrap();
    let mut builder = hyper::client::conn::http2::Builder::new(TokioExecutor::new());
    builder.initial_stream_window_size(65_535).initial_connection_window_size(65_535);
    let (sender, connection) = builder.handshake(TokioIo::new(tcp)).await.unwrap();
    (sender, tokio::spawn(async move { drop(connection.await) }))
}

fn get(path: &str) -> http::Request<Empty<Bytes>> {
    http::Request::builder().uri(format!("http://app.test{path}")).body(Empty::new()).unwrap()
}

#[test]
fn shut_windows_of_http2_end_the_connection_and_free_the_backend() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let backend = large_backend();
    let mut wanted = impatient(backend.port);
    wanted.limits.header_timeout = LIMIT;
    let stage = Stage::start(&wanted);
    runtime.block_on(async {
        let (mut sender, connection) = h2(stage.address).await;
        let unread = sender.send_request(get("/")).await.unwrap();
        tokio::time::timeout(LIMIT, connection).await.expect("a stalled connection ends").unwrap();
        assert!(unread.into_body().collect().await.is_err(), "the answer is not complete");
    });
    argos_peers::wait_until("nothing is open", LIMIT, || stage.proxy.statuses()[0].in_flight == 0);
}

#[test]
fn connections_without_a_request_end_after_a_while() {
    let backend = Backend::simple();
    let stage = Stage::start(&impatient(backend.port));
    let mut silent = TcpStream::connect(stage.address).unwrap();
    assert_eq!(until_closed(&mut silent), b"", "nothing was asked");
    let mut dripping = TcpStream::connect(stage.address).unwrap();
    dripping.write_all(b"GET / HTTP/1.1\r\nHost: app").unwrap();
    assert!(!until_closed(&mut dripping).starts_with(b"HTTP/1.1 200"));
    // An honest client gets more time than it takes to begin.
    let mut patient = impatient(backend.port);
    patient.limits.header_timeout = Duration::from_secs(6);
    let stage = Stage::start(&patient);
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let (mut sender, connection) = h2(stage.address).await;
        assert_eq!(sender.send_request(get("/")).await.unwrap().status(), 200);
        tokio::time::timeout(LIMIT, connection).await.expect("an idle connection ends").unwrap();
    });
    assert_eq!(backend.seen().len(), 1);
}

/// A connection that was answered once and stays open.
fn kept(address: SocketAddr) -> TcpStream {
    let mut client = TcpStream::connect(address).unwrap();
    client.write_all(b"GET / HTTP/1.1\r\nHost: app.test\r\n\r\n").unwrap();
    assert!(read_until(&mut client, b"ok").starts_with(b"HTTP/1.1 200"));
    client
}

#[test]
fn one_client_gets_so_many_connections_and_a_trusted_proxy_any_number() {
    let backend = Backend::simple();
    let mut wanted = config(backend.port);
    wanted.limits.client_connections_max = 2;
    let stage = Stage::start(&wanted);
    let held: Vec<TcpStream> = (0..2).map(|_| kept(stage.address)).collect();
    assert_eq!(stage.get("/", ""), "", "a third one is closed");
    assert_eq!(stage.proxy.turned_away(), 1);
    drop(held);
    argos_peers::wait_until("both are gone", LIMIT, || stage.proxy.connections() == 0);
    assert_eq!(status(&stage.get("/", "")), 200);
    wanted.trusted = vec!["127.0.0.1".parse().unwrap()];
    stage.proxy.reload(&wanted).unwrap();
    let _held: Vec<TcpStream> = (0..3).map(|_| kept(stage.address)).collect();
    assert_eq!(status(&stage.get("/", "")), 200);
}
