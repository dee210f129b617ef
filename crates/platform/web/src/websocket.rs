//! WebSocket upgrade (RFC 6455) on our own server.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use argos_kernel::{AppError, Result, Tasks};
use http::HeaderMap;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use crate::Reply;
use crate::auth::{CREDENTIAL_CHECK, CredentialWatch};

pub use tokio_tungstenite::tungstenite::error::ProtocolError;
pub use tokio_tungstenite::tungstenite::protocol::CloseFrame;
pub use tokio_tungstenite::tungstenite::{Error as SocketError, Message};

/// Bytes asked for in one read. The codec zeroes as many before each read and keeps them for as long as the socket stands,
/// so with thousands of sockets a large one is most of their cost.
const READ_BYTES: usize = 8 << 10;

/// An accepted socket: a stream of and a sink for [`Message`]s.
pub type WebSocket = WebSocketStream<Guarded<TokioIo<hyper::upgrade::Upgraded>>>;

pub(crate) fn accept<F, Fut>(
    headers: &HeaderMap,
    (upgrade, watch): (Option<hyper::upgrade::OnUpgrade>, Option<CredentialWatch>),
    tasks: &Tasks,
    max_message: usize,
    serve: F,
) -> Result<Reply>
where
    F: FnOnce(WebSocket) -> Fut + Send + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let wants = text("upgrade").eq_ignore_ascii_case("websocket");
    let (Some(upgrade), true, "13") = (upgrade, wants, text("sec-websocket-version")) else {
        return Err(AppError::bad_request("A WebSocket upgrade is expected").code("upgrade_required"));
    };
    let key = text("sec-websocket-key");
    if key.is_empty() {
        return Err(AppError::bad_request("Sec-WebSocket-Key is missing").code("upgrade_required"));
    }
    let accept_key = derive_accept_key(key.as_bytes());
    let config =
        WebSocketConfig::default().max_message_size(Some(max_message)).max_frame_size(Some(max_message)).read_buffer_size(READ_BYTES);
    tasks.once("websocket", async move {
        match upgrade.await {
            Ok(upgraded) => {
                let refused: Option<Refusal> = watch.map(|watch| Box::pin(watch.refused(CREDENTIAL_CHECK)) as Refusal);
                let io = Guarded { io: TokioIo::new(upgraded), refused, goodbye: None };
                serve(WebSocketStream::from_raw_socket(io, Role::Server, Some(config)).await).await;
            }
            Err(error) => tracing::debug!(%error, "a WebSocket upgrade was not completed"),
        }
    });
    Ok(Reply::new(101).header("upgrade", "websocket").header("connection", "Upgrade").header("sec-websocket-accept", &accept_key))
}

/// The same connection, from here on with messages of at most `max_message` bytes. Only between two messages that the peer
/// sends one after the answer to the other: what it sent ahead is lost, and so is its connection.
pub async fn with_limit(socket: WebSocket, max_message: usize) -> WebSocket {
    let config = socket.get_config().max_message_size(Some(max_message)).max_frame_size(Some(max_message));
    WebSocketStream::from_raw_socket(socket.into_inner(), Role::Server, Some(config)).await
}

type Refusal = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The frame that closes with 4401 (RFC 6455 5.5.1).
const GOODBYE: [u8; 4] = [0x88, 2, 0x11, 0x31];

/// A connection that lives as long as the credential it was opened with. Whoever serves the socket sees its end.
pub struct Guarded<T> {
    io: T,
    refused: Option<Refusal>,
    /// Bytes of [`GOODBYE`] sent so far, once the credential is refused.
    goodbye: Option<usize>,
}

impl<T: AsyncWrite + Unpin> Guarded<T> {
    /// True once the connection is over.
    fn poll_over(&mut self, cx: &mut Context<'_>) -> bool {
        if self.refused.as_mut().is_some_and(|refused| refused.as_mut().poll(cx).is_ready()) {
            self.refused = None;
            self.goodbye = Some(0);
        }
        let Some(sent) = &mut self.goodbye else { return false };
        // The peer may be gone or slow: what cannot be sent at once is not waited for.
        while let Some(rest) = GOODBYE.get(*sent..).filter(|rest| !rest.is_empty()) {
            match Pin::new(&mut self.io).poll_write(cx, rest) {
                Poll::Ready(Ok(n)) if n > 0 => *sent += n,
                _ => break,
            }
        }
        let _flushed_or_gone = Pin::new(&mut self.io).poll_flush(cx);
        true
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncRead for Guarded<T> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        if self.poll_over(cx) { Poll::Ready(Ok(())) } else { Pin::new(&mut self.io).poll_read(cx, buf) }
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Guarded<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        if self.goodbye.is_some() {
            return Poll::Ready(Err(std::io::ErrorKind::BrokenPipe.into()));
        }
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

/// Whether a browser's `Origin` may open a socket here: our own host or a configured origin.
pub(crate) fn origin_ok(headers: &HeaderMap, host: &str, allowed: &[String]) -> bool {
    let Some(origin) = headers.get("origin").and_then(|v| v.to_str().ok()) else { return true };
    let authority = origin.split_once("://").map_or(origin, |(_, a)| a);
    authority.eq_ignore_ascii_case(host) || allowed.iter().any(|o| o.eq_ignore_ascii_case(origin))
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn refused_credential_closes_with_4401_and_ends_the_reader() {
        let (ours, mut theirs) = tokio::io::duplex(64);
        let (refuse, refused) = tokio::sync::oneshot::channel::<()>();
        let refused: Refusal = Box::pin(async move { drop(refused.await) });
        let mut guarded = Guarded { io: ours, refused: Some(refused), goodbye: None };
        guarded.write_all(b"hi").await.unwrap();
        refuse.send(()).unwrap();
        assert_eq!(guarded.read(&mut [0; 8]).await.unwrap(), 0);
        assert!(guarded.write_all(b"more").await.is_err());
        drop(guarded);
        let mut seen = Vec::new();
        theirs.read_to_end(&mut seen).await.unwrap();
        assert_eq!(seen, [b"hi".as_slice(), &GOODBYE].concat());
        assert_eq!(u16::from_be_bytes([GOODBYE[2], GOODBYE[3]]), 4401);
    }
}
