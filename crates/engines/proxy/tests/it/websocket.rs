//! WebSocket by extended CONNECT (RFC 8441): HTTP/2 in front, an HTTP/1.1 upgrade behind.

use std::io::{Read as _, Write as _};
use std::time::Duration;

use http::{Method, Request, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::stage::{Backend, LIMIT, Stage};

/// Asks for a tunnel to `path`; the status, and what came back for `ping` when it is open.
async fn ask(stage: &Stage, path: &str) -> (StatusCode, String) {
    let tcp = tokio::net::TcpStream::connect(stage.address).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(tcp)).await.unwrap();
    let driving = tokio::runtime::Handle::current().spawn(connection);
    while !sender.is_extended_connect_protocol_enabled() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let request = Request::builder()
        .method(Method::CONNECT)
        .uri(format!("http://app.test{path}"))
        .extension(hyper::ext::Protocol::from_static("websocket"))
        .header("sec-websocket-version", "13")
        .body(String::new())
        .unwrap();
    let response = sender.send_request(request).await.unwrap();
    let status = response.status();
    let mut answer = String::new();
    if status == StatusCode::OK {
        assert!(!response.headers().contains_key("upgrade") && !response.headers().contains_key("sec-websocket-accept"));
        let mut tunnel = TokioIo::new(hyper::upgrade::on(response).await.unwrap());
        tunnel.write_all(b"ping").await.unwrap();
        tunnel.read_to_string(&mut answer).await.unwrap();
    }
    driving.abort();
    (status, answer)
}

#[test]
fn a_websocket_over_http2_reaches_an_http1_backend() {
    let backend = Backend::start(|head, stream| {
        if head.starts_with("get /refused http/1.1\r\n") {
            return stream.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n").is_ok();
        }
        assert!(head.starts_with("get /ws http/1.1\r\n") && head.contains("upgrade: websocket\r\n"), "{head}");
        assert!(head.contains("sec-websocket-key: ") && head.contains("sec-websocket-version: 13\r\n"), "{head}");
        drop(stream.write_all(
            b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\nhi",
        ));
        let mut four = [0; 4];
        stream.read_exact(&mut four).unwrap();
        drop(stream.write_all(&four));
        false
    });
    let stage = Stage::before(backend.port);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let limited = |path| tokio::time::timeout(LIMIT, ask(&stage, path));
    let opened = runtime.block_on(async { limited("/ws").await.unwrap() });
    assert_eq!(opened, (StatusCode::OK, "hiping".to_owned()));
    let refused = runtime.block_on(async { limited("/refused").await.unwrap() });
    assert_eq!(refused, (StatusCode::FORBIDDEN, String::new()));
}
