//! The peer of the API benchmark: the same HTTP stack (hyper on tokio) with nothing on top of it.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use http_body_util::Full;
use hyper::service::service_fn;
use hyper::{Request, Response, body::Incoming, header};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::net::TcpListener;

use crate::Outcome;

/// A server that ends with the program.
pub(crate) fn start(body: Bytes) -> Outcome<SocketAddr> {
    Ok(counting(body)?.0)
}

/// The same, and how many requests it has answered.
pub(crate) fn counting(body: Bytes) -> Outcome<(SocketAddr, Arc<AtomicU64>)> {
    let count = Arc::<AtomicU64>::default();
    let seen = Arc::clone(&count);
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    std::thread::Builder::new().name("hello".to_owned()).spawn(move || runtime.block_on(serve(listener, body, seen)))?;
    Ok((address, count))
}

async fn serve(listener: std::net::TcpListener, body: Bytes, seen: Arc<AtomicU64>) {
    let Ok(listener) = TcpListener::from_std(listener) else { return };
    let answer = move |_: Request<Incoming>| {
        seen.fetch_add(1, Ordering::Relaxed);
        let body = body.clone();
        async move {
            let mut response = Response::new(Full::new(body));
            response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
            Ok::<_, Infallible>(response)
        }
    };
    while let Ok((stream, _)) = listener.accept().await {
        drop(stream.set_nodelay(true));
        let answer = answer.clone();
        tokio::spawn(async move {
            drop(auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service_fn(answer)).await);
        });
    }
}
