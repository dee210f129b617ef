//! A tiny HTTP/1.1 server: answers each request with the bytes a closure makes of its head, and counts connections.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;

type Answer = Arc<dyn Fn(&str) -> String + Send + Sync>;

/// A running server; it ends with the test's runtime.
pub(crate) struct Server {
    pub(crate) addr: SocketAddr,
    pub(crate) connections: Arc<AtomicUsize>,
}

impl Server {
    #[expect(clippy::disallowed_methods, reason = "a test peer, not a part of the product")]
    pub(crate) async fn start(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let addr = listener.local_addr().expect("bound");
        let connections = Arc::new(AtomicUsize::new(0));
        let (seen, answer): (_, Answer) = (Arc::clone(&connections), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                seen.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(talk(stream, Arc::clone(&answer)));
            }
        });
        Self { addr, connections }
    }

    #[expect(clippy::disallowed_methods, reason = "a test peer, not a part of the product")]
    pub(crate) async fn start_tls(config: Arc<rustls::ServerConfig>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let addr = listener.local_addr().expect("bound");
        let connections = Arc::new(AtomicUsize::new(0));
        let answer: Answer = Arc::new(|_| ok("secure"));
        tokio::spawn(async move {
            let acceptor = tokio_rustls::TlsAcceptor::from(config);
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, answer) = (acceptor.clone(), Arc::clone(&answer));
                tokio::spawn(async move {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        talk(stream, answer).await;
                    }
                });
            }
        });
        Self { addr, connections }
    }

    pub(crate) fn url(&self, host: &str, path: &str) -> String {
        format!("http://{host}:{}{path}", self.addr.port())
    }
}

pub(crate) fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

pub(crate) fn redirect(status: u16, to: &str) -> String {
    format!("HTTP/1.1 {status} Moved\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n")
}

async fn talk<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, answer: Answer) {
    let mut read = Vec::new();
    let mut piece = [0_u8; 4096];
    while let Ok(n) = stream.read(&mut piece).await {
        if n == 0 {
            return;
        }
        read.extend_from_slice(&piece[..n]);
        while let Some(end) = read.windows(4).position(|w| w == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&read[..end]).into_owned();
            let length = head.lines().filter_map(|l| l.split_once(": ")).find(|(n, _)| n.eq_ignore_ascii_case("content-length"));
            let length: usize = length.map_or(0, |(_, v)| v.trim().parse().unwrap_or(0));
            if read.len() < end + 4 + length {
                break;
            }
            let body = String::from_utf8_lossy(&read[end + 4..end + 4 + length]).into_owned();
            read.drain(..end + 4 + length);
            let reply = answer(&format!("{head}\r\n\r\n{body}"));
            if reply.is_empty() {
                // The server that never answers.
                std::future::pending::<()>().await;
            }
            if stream.write_all(reply.as_bytes()).await.is_err() {
                return;
            }
        }
    }
}
