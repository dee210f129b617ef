//! `/ws/dashboard`: the state of the connected nodes, pushed to browsers, and between two states what happened. Frames are
//! made of pieces that are rendered once for everybody; a reader that lags gets the newest state, misses the oldest news and
//! never holds anything up.

use std::sync::Arc;
use std::time::Duration;

use argos_kernel::Result;
use argos_web::{Caller, Message, Reply, Req, Routes, WebSocket};
use futures_util::{SinkExt, StreamExt};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, timeout};

use super::{Service, sees};
use crate::service::{Nodes, Session, hold};

/// A frame is sent at least this often.
const QUIET_MAX: Duration = Duration::from_secs(5);
/// How long a browser may take to read a frame.
const SEND_WAIT: Duration = Duration::from_secs(10);
const CLIENT_FRAME_MAX: usize = 4 << 10;

pub(super) fn routes(nodes: Service) -> Routes {
    Routes::new(nodes)
        .socket("/ws/dashboard", "nodes.dashboard", "The state of connected nodes, about once a second, and what happens to them.", open)
        .param("items", "false: driver_metrics without items, which stand in stats as well")
        .done()
}

async fn open(nodes: Service, mut req: Req) -> Result<Reply> {
    let caller = Arc::clone(&req.cx().caller);
    let lean = req.query().filled("items") == Some("false");
    req.websocket(CLIENT_FRAME_MAX, move |socket| async move { Viewer { nodes, socket, caller, lean }.serve().await })
}

#[derive(Serialize)]
struct NodePiece<'a> {
    node_id: &'a str,
    name: &'a str,
    device_type: &'a str,
    status: &'static str,
    stats: Option<&'a Value>,
    health: Option<&'a Value>,
    software_version: Option<&'a str>,
    protocol_version: Option<i64>,
    uptime_secs: i64,
    driver_metrics: MetricsPiece<'a>,
    thumbnails: Vec<PicturePiece<'a>>,
}

#[derive(Serialize)]
struct MetricsPiece<'a> {
    metrics: Vec<(&'static str, f64)>,
    items: Vec<&'a Value>,
}

#[derive(Serialize)]
struct PicturePiece<'a> {
    flow_id: &'a str,
    input_id: Option<&'a str>,
    etag: String,
}

/// A node as dashboards show it, rendered again when it changed or a second passed.
fn piece(nodes: &Nodes, session: &Session, lean: bool) -> Arc<str> {
    let now = nodes.now();
    let name = session.name();
    let mut told = hold(&session.told);
    let kept = if lean { &told.pieces.lean } else { &told.pieces.full };
    if let Some((_, text)) = kept.as_ref().filter(|(at, _)| now.secs_since(*at) < 1) {
        return Arc::clone(text);
    }
    let metrics = argos_nodewire::driver_metrics(&session.device_type, told.stats.as_deref(), told.health.as_deref());
    let shown = NodePiece {
        node_id: &session.node_id,
        name: &name,
        device_type: &session.device_type,
        status: told.health_word().as_str(),
        stats: told.stats.as_deref(),
        health: told.health.as_deref(),
        software_version: told.software_version.as_deref(),
        protocol_version: session.protocol_version,
        uptime_secs: now.secs_since(session.connected_at()),
        driver_metrics: MetricsPiece { metrics: metrics.metrics, items: if lean { Vec::new() } else { metrics.items } },
        thumbnails: told
            .pictures
            .iter()
            .map(|((flow_id, input_id), p)| PicturePiece { flow_id, input_id: input_id.as_deref(), etag: p.at.micros().to_string() })
            .collect(),
    };
    // Texts, numbers and lists: this cannot fail.
    let text: Arc<str> = serde_json::to_string(&shown).unwrap_or_default().into();
    let kept = Some((now, Arc::clone(&text)));
    if lean {
        told.pieces.lean = kept;
    } else {
        told.pieces.full = kept;
    }
    text
}

fn frame(nodes: &Nodes, caller: &Caller, lean: bool) -> String {
    let mut seen: Vec<_> = nodes.sessions().into_iter().filter(|s| sees(caller, &s.node_id)).collect();
    seen.sort_by_cached_key(|s| (s.name(), s.node_id.clone()));
    let pieces: Vec<Arc<str>> = seen.iter().map(|s| piece(nodes, s, lean)).collect();
    let mut text = String::with_capacity(pieces.iter().map(|p| p.len() + 1).sum::<usize>() + 80);
    text.push_str(r#"{"type":"dashboard_update","nodes":["#);
    for (index, piece) in pieces.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        text.push_str(piece);
    }
    text.push_str("],\"online_count\":");
    text.push_str(&pieces.len().to_string());
    text.push('}');
    text
}

/// The number of open alarms, when it is another one than before.
async fn alarm_count(nodes: &Nodes, caller: &Caller, before: &mut Option<i64>) -> Option<String> {
    if !caller.grants.has("events:read") {
        return None;
    }
    match nodes.platform.events.alarms(caller).await {
        Ok(count) if *before != Some(count) => {
            *before = Some(count);
            Some(json!({ "type": "alarm_count", "count": count }).to_string())
        }
        Ok(_) => None,
        Err(error) => {
            tracing::warn!(%error, "the alarms were not counted");
            None
        }
    }
}

/// One browser that looks on.
struct Viewer {
    nodes: Service,
    socket: WebSocket,
    caller: Arc<Caller>,
    lean: bool,
}

impl Viewer {
    /// False when the browser is gone or does not read.
    async fn send(&mut self, text: String) -> bool {
        matches!(timeout(SEND_WAIT, self.socket.send(Message::text(text))).await, Ok(Ok(())))
    }

    async fn serve(mut self) {
        let nodes = Arc::clone(&self.nodes);
        let (mut changes, mut arrivals, mut news) = (nodes.changes.subscribe(), nodes.arrivals.subscribe(), nodes.news.subscribe());
        let stop = nodes.platform.tasks.shutdown().clone();
        let (mut alarms, mut counted, mut recount) = (None, Instant::now(), true);
        loop {
            changes.borrow_and_update();
            arrivals.borrow_and_update();
            let sent = Instant::now();
            let text = frame(&nodes, &self.caller, self.lean);
            if !self.send(text).await {
                return;
            }
            // Somebody may have acknowledged one, which is no event.
            if recount || counted.elapsed() >= QUIET_MAX {
                (counted, recount) = (Instant::now(), false);
                if let Some(text) = alarm_count(&nodes, &self.caller, &mut alarms).await
                    && !self.send(text).await
                {
                    return;
                }
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
                    heard = news.recv() => match heard {
                        Ok(item) => {
                            recount |= item.alarms;
                            if item.is_for(&self.caller) && !self.send(item.text.clone()).await {
                                return;
                            }
                        }
                        Err(RecvError::Lagged(_)) => recount = true,
                        Err(RecvError::Closed) => return,
                    },
                    frame = self.socket.next() => match frame {
                        Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                        Some(Ok(_)) => {}
                    },
                    () = stop.wait() => {
                        // A browser that is gone hears nothing.
                        drop(timeout(Duration::from_secs(2), self.socket.close(None)).await);
                        return;
                    }
                }
            }
        }
    }
}
