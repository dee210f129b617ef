//! One session of a node, from the answer to its proof to its end.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use argos_events::{NewEvent, Source};
use argos_kernel::{Result, Severity};
use argos_nodewire::{Inbound, PROTOCOL_VERSION, auth_ok, ping, register_ack};
use argos_web::{Message, WebSocket};
use futures_util::{FutureExt, SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, timeout};

use super::admit::Admitted;
use crate::service::{Nodes, Session, Told, hold};
use crate::store::nodes::{self, Arrival};
use crate::traffic::Dropped;

/// Frames of one node taken in before somebody else has a turn.
const BURST: usize = 256;
const BURST_BYTES: usize = 1 << 20;
/// How long a frame may take to leave.
const SEND_WAIT: Duration = Duration::from_secs(10);
/// How often keepalive and silence are looked at.
const TICK: Duration = Duration::from_secs(1);
/// With several processes: until when each has written down whom it has.
const ELSEWHERE: Duration = Duration::from_secs(12);

/// How a session ended.
enum End {
    /// The peer is gone or said goodbye.
    Gone,
    /// We end it, with this code.
    Close(u16, &'static str),
}

pub(super) async fn run(nodes: Arc<Nodes>, mut socket: WebSocket, admitted: Admitted, ip: Option<IpAddr>) {
    let at = nodes.now().rfc3339();
    let answer = match &admitted.secret {
        Some(secret) => register_ack(&at, &admitted.node.id, secret.reveal()),
        None => auth_ok(&at),
    };
    if !matches!(timeout(SEND_WAIT, socket.send(Message::text(answer))).await, Ok(Ok(()))) {
        return;
    }
    let now = nodes.now();
    let told = Told { capabilities: admitted.node.capabilities.clone(), seen_at: now, ..Told::default() };
    let (session, queue, closing) = Session::new(&admitted.node, now, ip, admitted.protocol_version, told);
    let (session, before) = nodes.enter(session);
    // Whoever revokes it from here on finds the session; whoever did before has changed what it was let in under.
    match nodes.tell_arrival(&session, &admitted).await {
        Ok(true) => {
            let (for_it, it) = (Arc::clone(&nodes), Arc::clone(&session));
            nodes.platform.tasks.once("node-arrival", async move { for_it.reconcile(&it).await });
            if let Some(before) = before.filter(|_| hold(&nodes.rivals).took_over(&session.node_id, now)) {
                nodes.tell_rivals(&session, &before).await;
            }
        }
        Ok(false) => session.end((4002, "token regenerated")),
        Err(error) => {
            tracing::error!(%error, node = session.node_id, "the arrival of a node was not recorded");
            session.end((1011, "internal error"));
        }
    }
    let end = talk(&nodes, &mut socket, &session, queue, closing).await;
    let own = nodes.leave(&session);
    if let End::Close(code, reason) = end {
        close(&mut socket, code, reason).await;
    }
    if own {
        nodes.tell_departure(&session).await;
    }
}

/// Says goodbye in the words of WebSocket, and of TLS where there is one, waiting at most two seconds.
pub(super) async fn close(socket: &mut WebSocket, code: u16, reason: &'static str) {
    let goodbye = async {
        let frame = argos_web::CloseFrame { code: code.into(), reason: reason.into() };
        // A peer that is gone hears nothing.
        drop(socket.send(Message::Close(Some(frame))).await);
        drop(socket.get_mut().shutdown().await);
    };
    drop(timeout(Duration::from_secs(2), goodbye).await);
}

async fn talk(
    nodes: &Arc<Nodes>,
    socket: &mut WebSocket,
    session: &Arc<Session>,
    mut queue: mpsc::Receiver<Message>,
    mut closing: watch::Receiver<Option<crate::service::CloseReason>>,
) -> End {
    let stop = nodes.platform.tasks.shutdown().clone();
    let mut tick = tokio::time::interval(TICK);
    let (mut heard, mut pinged) = (Instant::now(), Instant::now());
    loop {
        tokio::select! {
            frame = socket.next() => {
                heard = Instant::now();
                if let Some(end) = take(nodes, socket, session, frame).await {
                    return end;
                }
            }
            Some(message) = queue.recv() => {
                if !matches!(timeout(SEND_WAIT, socket.send(message)).await, Ok(Ok(()))) {
                    return End::Gone;
                }
            }
            _ = tick.tick() => {
                let (keepalive, silence) = (nodes.seconds("ws_keepalive_interval_secs"), nodes.seconds("node_offline_threshold_secs"));
                let (keepalive, silence) = (keepalive.unwrap_or(Duration::from_secs(15)), silence.unwrap_or(Duration::from_secs(30)));
                if heard.elapsed() >= silence {
                    return End::Close(4008, "silent");
                }
                if pinged.elapsed() >= keepalive {
                    pinged = Instant::now();
                    let beat = async {
                        socket.send(Message::Ping(Vec::new().into())).await?;
                        socket.send(Message::text(ping(&nodes.now().rfc3339()))).await
                    };
                    if !matches!(timeout(SEND_WAIT, beat).await, Ok(Ok(()))) {
                        return End::Gone;
                    }
                }
            }
            changed = closing.changed() => {
                let reason = *closing.borrow();
                match reason {
                    Some((code, reason)) => return End::Close(code, reason),
                    None if changed.is_err() => return End::Gone,
                    None => {}
                }
            }
            () = stop.wait() => return End::Close(1001, "going away"),
        }
    }
}

/// What a peer is told of a frame that cannot be taken (RFC 6455 7.4.1); nothing when the connection is gone.
pub(super) fn fault_of(error: &argos_web::SocketError) -> Option<(u16, &'static str)> {
    match error {
        // So the end of a connection without a goodbye is called.
        argos_web::SocketError::Protocol(argos_web::ProtocolError::ResetWithoutClosingHandshake) => None,
        argos_web::SocketError::Capacity(_) => Some((1009, "message too large")),
        argos_web::SocketError::Utf8(_) => Some((1007, "text is not UTF-8")),
        argos_web::SocketError::Protocol(_) => Some((1002, "protocol error")),
        _ => None,
    }
}

type Frame = Option<std::result::Result<Message, argos_web::SocketError>>;

/// Takes a frame and what came right behind it; events of one burst are written together.
async fn take(nodes: &Arc<Nodes>, socket: &mut WebSocket, session: &Arc<Session>, first: Frame) -> Option<End> {
    let mut events: Vec<(Value, Option<String>)> = Vec::new();
    let mut next = Some(first);
    let mut end = None;
    let (mut frames, mut bytes) = (0, 0);
    while let Some(frame) = next.take() {
        frames += 1;
        match frame {
            Some(Ok(Message::Text(text))) => {
                bytes += text.len();
                match Inbound::parse(&text) {
                    // Counted when they are written.
                    Ok(frame) if frame.kind == "event" => events.push((frame.payload, frame.timestamp)),
                    Ok(frame) => nodes.traffic.count(nodes.ingest(session, frame, text.len()).await, 1),
                    Err(fault) => {
                        tracing::debug!(node = session.node_id, ?fault, "a frame was not understood");
                        nodes.traffic.count(Err(Dropped::Unreadable), 1);
                    }
                }
            }
            Some(Ok(Message::Close(_))) | None => end = Some(End::Gone),
            Some(Ok(other)) => bytes += other.len(),
            Some(Err(error)) => end = Some(fault_of(&error).map_or(End::Gone, |(code, reason)| End::Close(code, reason))),
        }
        if end.is_none() && frames < BURST && bytes < BURST_BYTES {
            next = socket.next().now_or_never();
        }
    }
    if !events.is_empty() {
        let count = events.len();
        let kept = nodes.keep_events(session, events).await;
        if let Err(error) = &kept {
            tracing::error!(%error, node = session.node_id, "events of a node were not stored");
        }
        nodes.traffic.count(kept.map_err(|_| Dropped::NotStored), count as u64);
    }
    end
}

/// A node is here.
pub(crate) fn arrival(id: &str, name: &str) -> NewEvent {
    let event = NewEvent::new(Source::Nodes, "node.connection", "Node connected to manager").severity(Severity::Info);
    event.subject("node", id, name).node(id)
}

/// A node got lost.
pub(crate) fn departure(id: &str, name: &str) -> NewEvent {
    let event = NewEvent::new(Source::Nodes, "node.connection", "Node disconnected from manager").severity(Severity::Critical);
    event.subject("node", id, name).node(id)
}

impl Nodes {
    /// Writes that a node is here; false when it was revoked while it was let in.
    async fn tell_arrival(&self, session: &Session, admitted: &Admitted) -> Result<bool> {
        let (id, name) = (&session.node_id, session.name());
        let mut tx = self.platform.store.state.begin().await?;
        let here = Arrival {
            id,
            at: session.connected_at(),
            enrolled_at: session.enrolled_at,
            version: admitted.software_version.as_deref(),
            protocol: admitted.protocol_version,
        };
        if !nodes::online(&mut tx, &here).await? {
            return Ok(false);
        }
        self.claim(&mut tx, session).await?;
        let event = |kind: &str, text: &str| NewEvent::new(Source::Nodes, kind, text).subject("node", id, &name).node(id);
        self.platform.events.publish(&mut tx, arrival(id, &name)).await?;
        if let Some(version) = admitted.protocol_version.filter(|v| *v != PROTOCOL_VERSION && session.device_type == "edge") {
            let text = format!("Protocol version of the node is {version}, of the manager {PROTOCOL_VERSION}");
            let data = json!({ "node": version, "manager": PROTOCOL_VERSION });
            let event = event("node.compatibility", &text).severity(Severity::Warning).data(data);
            self.platform.events.publish(&mut tx, event).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// Says that two devices seem to have the identity of one node: they end each other's connections.
    async fn tell_rivals(&self, session: &Session, before: &Session) {
        let address = |of: &Session| of.remote().map_or_else(|| "an unknown address".to_owned(), |ip| ip.to_string());
        let (now, then) = (address(session), address(before));
        let text = format!(
            "Two devices seem to have the identity of this node: each ends the connection of the other, last from {now} and {then}"
        );
        let event = NewEvent::new(Source::Nodes, "node.connection", text).severity(Severity::Warning);
        let event =
            event.subject("node", &session.node_id, session.name()).node(&session.node_id).data(json!({ "addresses": [now, then] }));
        if let Err(error) = self.platform.events.announce(event).await {
            tracing::error!(%error, node = session.node_id, "two devices of one node were not told of");
        }
    }

    /// Writes that a node is gone; tells of it when it does not come back soon.
    async fn tell_departure(self: &Arc<Self>, session: &Arc<Session>) {
        let (left_at, heard) = (self.now(), hold(&session.told).seen_at);
        // A process that stops leaves its links: whoever takes its nodes over tells of those that do not come back.
        if !self.platform.tasks.shutdown().is_triggered()
            && let Err(error) = self.release(session).await
        {
            tracing::error!(%error, node = session.node_id, "other processes were not told that a node left");
        }
        let db = &self.platform.store.state;
        let written = if self.is_alone() {
            nodes::gone(db, &session.node_id, left_at).await
        } else {
            nodes::offline(db, &session.node_id, left_at, heard).await
        };
        match written {
            Ok(true) => {}
            Ok(false) => {
                let known = nodes::find(&self.platform.store.state, &session.node_id).await;
                if matches!(known, Ok(Some(node)) if node.status != "pending") {
                    // Another process has heard it since.
                    return;
                }
            }
            Err(error) => tracing::error!(%error, node = session.node_id, "the departure of a node was not recorded"),
        }
        let (nodes, session, stop) = (Arc::clone(self), Arc::clone(session), self.platform.tasks.shutdown().clone());
        let mut grace = self.seconds("node_disconnect_grace_secs").unwrap_or(Duration::from_secs(10));
        if !self.is_alone() {
            // Another process may have it, and may have been slow to write so.
            grace = grace.max(ELSEWHERE);
        }
        self.platform.tasks.once("node-departure", async move {
            // One that is back was told anew already.
            if nodes.session(&session.node_id).is_none()
                && let Err(error) = nodes.reset_tunnels_of(&session.node_id, false).await
            {
                tracing::error!(%error, "the tunnels of a lost node were not reset");
            }
            if !stop.sleep(grace).await || nodes.session(&session.node_id).is_some() {
                return;
            }
            // A node that was removed or must register anew did not get lost.
            let known = nodes::find(&nodes.platform.store.state, &session.node_id).await;
            let Ok(Some(node)) = known else { return };
            // Nor did one that another process has heard since.
            if node.status != "offline" || (!nodes.is_alone() && node.last_seen_at.is_some_and(|at| at > left_at)) {
                return;
            }
            if let Err(error) = nodes.platform.events.announce(departure(&session.node_id, &session.name())).await {
                tracing::error!(%error, "the loss of a node was not told");
            }
        });
    }
}
