//! The HTTP server: HTTP/1.1 and HTTP/2 on one port, header timeouts, a connection cap and a graceful end.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use argos_kernel::Shutdown;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::body::RequestBody;
use crate::tls::ServerTls;
use crate::web::Web;

/// Limits of one listener.
#[derive(Clone)]
pub struct ServeOptions {
    pub tls: Option<ServerTls>,
    pub max_connections: usize,
    /// A client must have sent its whole request head within this time.
    pub header_timeout: Duration,
    /// How long open requests may take after the stop signal.
    pub drain: Duration,
    /// The only paths this listener answers, and the routes they stand for. `None` = every route.
    pub only: Option<&'static [(&'static str, &'static str)]>,
}

/// Where requests go that a narrow listener does not answer: no route is there.
const NOWHERE: &str = "/api/not-on-this-listener";

impl Default for ServeOptions {
    fn default() -> Self {
        Self { tls: None, max_connections: 10_000, header_timeout: Duration::from_secs(10), drain: Duration::from_secs(5), only: None }
    }
}

/// Serves until shutdown, then lets open requests finish within `drain`.
pub async fn serve(listener: TcpListener, web: Arc<Web>, options: ServeOptions, shutdown: Shutdown) {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(options.header_timeout).max_buf_size(64 << 10);
    builder.http2().timer(TokioTimer::new()).max_concurrent_streams(128).max_pending_accept_reset_streams(64);
    builder.http2().keep_alive_interval(Duration::from_secs(30)).max_header_list_size(64 << 10);
    let builder = Arc::new(builder);
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(options.max_connections));
    loop {
        let accepted = tokio::select! {
            () = shutdown.wait() => break,
            accepted = listener.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(pair) => pair,
            Err(error) => {
                // Out of file descriptors or a client gone already: give the system a moment, keep listening.
                tracing::warn!(%error, "accept failed");
                if !shutdown.sleep(Duration::from_millis(50)).await {
                    break;
                }
                continue;
            }
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            tracing::warn!(%peer, "connection limit reached");
            continue;
        };
        let (web, builder, watcher, options) = (Arc::clone(&web), Arc::clone(&builder), graceful.watcher(), options.clone());
        let tasks = web.tasks().clone();
        tasks.once("http-connection", async move {
            connection(stream, peer, &web, &builder, watcher, &options).await;
            drop(place);
        });
    }
    drop(listener);
    if tokio::time::timeout(options.drain, graceful.shutdown()).await.is_err() {
        tracing::warn!("some connections did not end in time");
    }
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    web: &Arc<Web>,
    builder: &auto::Builder<TokioExecutor>,
    watcher: Watcher,
    options: &ServeOptions,
) {
    drop(stream.set_nodelay(true));
    match &options.tls {
        None => talk(TokioIo::new(stream), (peer, false, options.only), web, builder, watcher).await,
        Some(tls) => {
            let acceptor = tokio_rustls::TlsAcceptor::from(tls.config());
            match tokio::time::timeout(options.header_timeout, acceptor.accept(stream)).await {
                Ok(Ok(stream)) => talk(TokioIo::new(stream), (peer, true, options.only), web, builder, watcher).await,
                Ok(Err(error)) => tracing::debug!(%peer, %error, "TLS handshake failed"),
                Err(_) => tracing::debug!(%peer, "TLS handshake timed out"),
            }
        }
    }
}

/// The client's address, whether the line is encrypted, and the only paths there are.
type Line = (SocketAddr, bool, Option<&'static [(&'static str, &'static str)]>);

async fn talk<I>(io: I, (peer, tls, only): Line, web: &Arc<Web>, builder: &auto::Builder<TokioExecutor>, watcher: Watcher)
where
    I: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
{
    let service = service_fn(|request: http::Request<hyper::body::Incoming>| {
        let web = Arc::clone(web);
        async move {
            let (mut parts, body) = request.into_parts();
            let upgrade = parts.extensions.remove::<hyper::upgrade::OnUpgrade>();
            if let Some(paths) = only {
                parts.uri = narrowed(&parts.uri, paths);
            }
            Ok::<_, Infallible>(web.handle(parts, RequestBody::Wire(body), Some(peer.ip()), tls, upgrade).await)
        }
    });
    let connection = builder.serve_connection_with_upgrades(io, service);
    if let Err(error) = watcher.watch(connection.into_owned()).await {
        tracing::debug!(%peer, error, "connection ended with an error");
    }
}

/// The address behind one that a narrow listener answers; its query stays.
fn narrowed(uri: &http::Uri, paths: &[(&str, &'static str)]) -> http::Uri {
    let route = paths.iter().find(|(path, _)| *path == uri.path()).map_or(NOWHERE, |(_, route)| route);
    let text = uri.query().map_or_else(|| route.to_owned(), |query| format!("{route}?{query}"));
    http::Uri::try_from(text).unwrap_or_else(|_| http::Uri::from_static(NOWHERE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn narrow_listener_answers_its_paths_and_nothing_else() {
        let only = [("/health", "/health/scheduler"), ("/metrics", "/metrics")];
        let to = |text: &str| narrowed(&text.parse().unwrap(), &only).to_string();
        assert_eq!(to("/health"), "/health/scheduler");
        assert_eq!(to("/metrics?a=%20b"), "/metrics?a=%20b");
        for other in ["/", "/health/", "/api/config", "/health/scheduler", "//health"] {
            assert_eq!(to(other), NOWHERE, "{other}");
        }
    }
}
