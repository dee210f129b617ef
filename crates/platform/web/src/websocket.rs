//! WebSocket upgrade (RFC 6455) on our own server.

use argos_kernel::{AppError, Result, Tasks};
use http::HeaderMap;
use hyper_util::rt::TokioIo;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use crate::Reply;

pub use tokio_tungstenite::tungstenite::Message;

/// An accepted socket: a stream of and a sink for [`Message`]s.
pub type WebSocket = WebSocketStream<TokioIo<hyper::upgrade::Upgraded>>;

pub(crate) fn accept<F, Fut>(
    headers: &HeaderMap,
    upgrade: Option<hyper::upgrade::OnUpgrade>,
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
    let config = WebSocketConfig::default().max_message_size(Some(max_message)).max_frame_size(Some(max_message));
    tasks.once("websocket", async move {
        match upgrade.await {
            Ok(upgraded) => serve(WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config)).await).await,
            Err(error) => tracing::debug!(%error, "a WebSocket upgrade was not completed"),
        }
    });
    Ok(Reply::new(101).header("upgrade", "websocket").header("connection", "Upgrade").header("sec-websocket-accept", &accept_key))
}

/// Whether a browser's `Origin` may open a socket here: our own host or a configured origin.
pub(crate) fn origin_ok(headers: &HeaderMap, host: &str, allowed: &[String]) -> bool {
    let Some(origin) = headers.get("origin").and_then(|v| v.to_str().ok()) else { return true };
    let authority = origin.split_once("://").map_or(origin, |(_, a)| a);
    authority.eq_ignore_ascii_case(host) || allowed.iter().any(|o| o.eq_ignore_ascii_case(origin))
}
