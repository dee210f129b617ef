//! New connections to backends: TCP, TLS over it, and what HTTP/2 needs.

use std::io;
use std::time::Duration;

use hyper::client::conn::http2;
use hyper_util::rt::{TokioIo, TokioTimer};
use rustls::{CertificateError, Error};
use tokio::net::TcpStream;

use crate::body::RequestBody;
use crate::pool::Target;
use crate::runtime::LocalExecutor;
use crate::stream::Stream;
use crate::worker::Worker;

/// Connects within the time, trying each address of the backend.
pub(crate) async fn connect(worker: &Worker, target: &Target, limit: Duration) -> io::Result<Stream> {
    let timed_out = || io::Error::new(io::ErrorKind::TimedOut, "took too long to connect");
    let outcome = tokio::time::timeout(limit, attempt(worker, target)).await.unwrap_or_else(|_| Err(timed_out()));
    outcome.map_err(|e| match (fault_of_certificate(&e), e.raw_os_error()) {
        (Some(fault), _) => io::Error::new(e.kind(), fault),
        // People read this; the number of the system's error tells them nothing.
        (None, Some(_)) => io::Error::new(e.kind(), e.kind().to_string()),
        (None, None) => e,
    })
}

/// What is wrong with the certificate of a backend, in words.
fn fault_of_certificate(error: &io::Error) -> Option<&'static str> {
    let Error::InvalidCertificate(fault) = error.get_ref()?.downcast_ref::<Error>()? else { return None };
    Some(match fault {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "its certificate has expired",
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => "its certificate is not valid yet",
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => "its certificate is for another name",
        CertificateError::UnknownIssuer => "its certificate is from an authority that is not trusted",
        CertificateError::Revoked => "its certificate was revoked",
        _ => "its certificate is not valid",
    })
}

async fn attempt(worker: &Worker, target: &Target) -> io::Result<Stream> {
    let mut failure = io::Error::new(io::ErrorKind::NotFound, "has no address");
    for address in worker.resolve(target).await? {
        match TcpStream::connect(address).await {
            Ok(tcp) => {
                tcp.set_nodelay(true)?;
                let Some(verify) = target.protocol.tls() else { return Ok(Stream::Tcp(tcp)) };
                let connector = worker.shared.client_tls.connector(verify, target.protocol.is_h2());
                let tls = connector.connect(target.server_name.clone(), tcp).await?;
                if target.protocol.is_h2() && tls.get_ref().1.alpn_protocol() != Some(b"h2") {
                    return Err(io::Error::new(io::ErrorKind::Unsupported, "does not speak HTTP/2"));
                }
                return Ok(Stream::Client(Box::new(tls)));
            }
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

/// Begins HTTP/2 on a connected stream; the connection is driven by a task of this thread.
pub(crate) async fn begin_h2(stream: Stream) -> Result<http2::SendRequest<RequestBody>, hyper::Error> {
    let mut builder = http2::Builder::new(LocalExecutor);
    builder
        .timer(TokioTimer::new())
        .keep_alive_interval(Duration::from_secs(20))
        .keep_alive_timeout(Duration::from_secs(10))
        .initial_stream_window_size(1 << 20)
        .initial_connection_window_size(4 << 20);
    let (sender, connection) = builder.handshake(TokioIo::new(stream)).await?;
    tokio::task::spawn_local(async move {
        // Its requests learn of a failure themselves.
        drop(connection.await);
    });
    Ok(sender)
}
