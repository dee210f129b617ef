//! `/ws/dashboard`: the state of the connected nodes, pushed to browsers. Frames are made of pieces that are rendered
//! once for everybody; a reader that lags gets the newest state and never holds anything up.

use std::sync::Arc;
use std::time::Duration;

use argos_kernel::Result;
use argos_web::{Caller, Message, Reply, Req, Routes, WebSocket};
use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use tokio::time::{Instant, timeout};

use super::{Service, sees};
use crate::service::{Nodes, Session, hold};

/// A frame is sent at least this often.
const QUIET_MAX: Duration = Duration::from_secs(5);
/// How long a browser may take to read a frame.
const SEND_WAIT: Duration = Duration::from_secs(10);
const CLIENT_FRAME_MAX: usize = 4 << 10;

pub(super) fn routes(nodes: Service) -> Routes {
    Routes::new(nodes).socket("/ws/dashboard", "nodes.dashboard", "The state of connected nodes, about once a second.", open).done()
}

async fn open(nodes: Service, mut req: Req) -> Result<Reply> {
    let caller = Arc::clone(&req.cx().caller);
    req.websocket(CLIENT_FRAME_MAX, move |socket| async move { serve(nodes, socket, caller).await })
}

/// A node as dashboards show it, rendered again when it changed or a second passed.
fn piece(nodes: &Nodes, session: &Session) -> Arc<str> {
    let now = nodes.now();
    let name = session.name();
    let mut told = hold(&session.told);
    if let Some((at, text)) = &told.piece
        && now.secs_since(*at) < 1
    {
        return Arc::clone(text);
    }
    let metrics = argos_nodewire::driver_metrics(&session.device_type, told.stats.as_deref(), told.health.as_deref());
    let picture = |((flow, input), p): (&(String, Option<String>), &crate::service::Picture)| json!({ "flow_id": flow, "input_id": input, "etag": p.at.micros().to_string() });
    let thumbnails: Vec<_> = told.pictures.iter().map(picture).collect();
    let text: Arc<str> = json!({ "node_id": session.node_id, "name": name, "device_type": session.device_type,
        "status": told.health_word().as_str(), "stats": told.stats.as_deref(), "health": told.health.as_deref(),
        "software_version": told.software_version, "protocol_version": session.protocol_version,
        "uptime_secs": now.secs_since(session.connected_at), "driver_metrics": metrics.to_json(), "thumbnails": thumbnails })
    .to_string()
    .into();
    told.piece = Some((now, Arc::clone(&text)));
    text
}

fn frame(nodes: &Nodes, caller: &Caller) -> String {
    let mut seen: Vec<_> = nodes.sessions().into_iter().filter(|s| sees(caller, &s.node_id)).collect();
    seen.sort_by_cached_key(|s| (s.name(), s.node_id.clone()));
    let pieces: Vec<Arc<str>> = seen.iter().map(|s| piece(nodes, s)).collect();
    format!(r#"{{"type":"dashboard_update","nodes":[{}],"online_count":{}}}"#, pieces.join(","), pieces.len())
}

async fn serve(nodes: Service, mut socket: WebSocket, caller: Arc<Caller>) {
    let (mut changes, mut arrivals) = (nodes.changes.subscribe(), nodes.arrivals.subscribe());
    let stop = nodes.platform.tasks.shutdown().clone();
    loop {
        changes.borrow_and_update();
        arrivals.borrow_and_update();
        let sent = Instant::now();
        let text = frame(&nodes, &caller);
        if !matches!(timeout(SEND_WAIT, socket.send(Message::text(text))).await, Ok(Ok(()))) {
            return;
        }
        let pause = nodes.platform.settings.i64("stats_broadcast_interval_ms").unwrap_or(1_000);
        let earliest = sent + Duration::from_millis(u64::try_from(pause).unwrap_or(1_000));
        let latest = (sent + QUIET_MAX).max(earliest);
        let due = async {
            tokio::time::sleep_until(earliest).await;
            // The sender lives as long as the domain.
            drop(changes.changed().await);
        };
        tokio::pin!(due);
        loop {
            tokio::select! {
                () = &mut due => break,
                () = tokio::time::sleep_until(latest) => break,
                _ = arrivals.changed() => break,
                frame = socket.next() => match frame {
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                    Some(Ok(_)) => {}
                },
                () = stop.wait() => {
                    // A browser that is gone hears nothing.
                    drop(timeout(Duration::from_secs(2), socket.close(None)).await);
                    return;
                }
            }
        }
    }
}
