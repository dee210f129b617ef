//! What a connected node says: figures and pictures stay in memory, events are written, answers find who waits for them.
//! Strings of a node are hostile; they are cut here and escaped where they are shown.

use std::sync::Arc;

use argos_events::{NewEvent, Source};
use argos_kernel::{Result, Severity, Timestamp};
use argos_nodewire::{Ack, Inbound, NodeEvent, Thumbnail};
use serde_json::{Map, Value, json};

use crate::service::{Nodes, Picture, Pieces, Session, hold};
use crate::traffic::Dropped;

/// A frame above this many bytes is not kept as the last health of a node.
const HEALTH_BYTES: usize = 256 << 10;
/// Figures above this many bytes are dropped.
const STATS_BYTES: usize = 1 << 20;
const CAPABILITIES_MAX: usize = 256;
/// A clock that is off by more than this many seconds is told of, once a day.
const SKEW_S: i64 = 300;

impl Nodes {
    /// Takes in a frame that had `bytes` on the wire.
    pub(super) async fn ingest(self: &Arc<Self>, session: &Arc<Session>, frame: Inbound, bytes: usize) -> std::result::Result<(), Dropped> {
        let now = self.now();
        match frame.kind.as_str() {
            "health" => {
                let taken = self.take_health(session, frame.payload, bytes, now);
                if let Err(error) = self.watch_clock(session, frame.timestamp.as_deref(), now).await {
                    tracing::error!(%error, "the clock of a node was not judged");
                }
                return taken;
            }
            "stats" if bytes > STATS_BYTES => {
                hold(&session.told).seen_at = now;
                return Err(Dropped::TooLarge);
            }
            "stats" => {
                let stats = Arc::new(frame.payload);
                let due = {
                    let mut told = hold(&session.told);
                    (told.stats, told.stats_at, told.seen_at) = (Some(Arc::clone(&stats)), Some(now), now);
                    told.pieces = Pieces::default();
                    let due = told.points_at.is_none_or(|at| now.secs_since(at) >= crate::actions::points::EVERY_S);
                    if due {
                        told.points_at = Some(now);
                    }
                    due
                };
                if due {
                    self.keep_points(session, stats, now);
                }
                self.changed();
            }
            "thumbnail" => {
                let Some(t) = Thumbnail::of(&frame.payload) else { return Err(Dropped::Picture) };
                let key = (t.flow_id, t.input_id);
                if !hold(&session.told).keep_picture(key.clone(), Picture { jpeg: t.jpeg.into(), at: now }) {
                    return Err(Dropped::Picture);
                }
                self.tell_picture(&session.node_id, &key.0, key.1.as_deref(), &now.micros().to_string());
                self.changed();
            }
            "config_response" => {
                // Old nodes wrap it.
                let config = match frame.payload {
                    Value::Object(mut members) if members.len() == 1 && members.get("config").is_some_and(Value::is_object) => {
                        members.remove("config").unwrap_or_default()
                    }
                    other => other,
                };
                let config = Arc::new(config);
                hold(&session.told).set_config(Some(Arc::clone(&config)));
                let mut waiting = hold(&session.waiting);
                // Whoever gave up is passed over.
                while let Some(waiter) = waiting.configs.pop_front() {
                    if waiter.send(Arc::clone(&config)).is_ok() {
                        break;
                    }
                }
                drop(waiting);
                self.changed();
            }
            "command_ack" => {
                let Some(ack) = Ack::parse(frame.payload) else { return Err(Dropped::Unreadable) };
                match hold(&session.waiting).acks.remove(&ack.command_id) {
                    Some(waiter) => drop(waiter.send(ack)),
                    None => {
                        tracing::info!(node = session.node_id, command = ack.command_id, "an answer came late");
                        // What it did may be a change.
                        hold(&session.told).set_config(None);
                    }
                }
            }
            "pong" => {}
            // A newer node may say more.
            _ => return Err(Dropped::UnknownType),
        }
        Ok(())
    }

    fn take_health(&self, session: &Session, health: Value, bytes: usize, now: Timestamp) -> std::result::Result<(), Dropped> {
        let mut told = hold(&session.told);
        (told.seen_at, told.pieces) = (now, Pieces::default());
        if bytes > HEALTH_BYTES {
            return Err(Dropped::TooLarge);
        }
        if let Some(list) = health.get("capabilities").and_then(Value::as_array) {
            let words = list.iter().filter_map(Value::as_str).map(|w| w.chars().take(64).collect());
            told.capabilities = words.take(CAPABILITIES_MAX).collect();
        }
        if let Some(version) = health.get("version").and_then(Value::as_str) {
            told.software_version = Some(version.chars().take(256).collect());
        }
        if let Some(uptime) = health.get("uptime_secs").and_then(Value::as_i64).filter(|s| (0..=now.secs()).contains(s)) {
            // One session is one process; the earliest guess is the one that was delayed and rounded least.
            let started = now.minus_secs(uptime);
            told.process_started_at = Some(told.process_started_at.map_or(started, |before| before.min(started)));
        }
        told.health = Some(Arc::new(health));
        told.unwritten = true;
        drop(told);
        self.changed();
        Ok(())
    }

    async fn watch_clock(&self, session: &Session, told_at: Option<&str>, now: Timestamp) -> Result<()> {
        let Some(theirs) = told_at.and_then(Timestamp::parse_rfc3339) else { return Ok(()) };
        let off = theirs.secs_since(now);
        {
            let mut told = hold(&session.told);
            if off.abs() <= SKEW_S || told.skew_told_at.is_some_and(|at| now.secs_since(at) < 86_400) {
                return Ok(());
            }
            told.skew_told_at = Some(now);
        }
        let (amount, unit) = match off.abs() {
            s if s >= 2 * 86_400 => (s / 86_400, "days"),
            s if s >= 2 * 3_600 => (s / 3_600, "hours"),
            s => (s / 60, "minutes"),
        };
        let text = format!("The clock of the node is {amount} {unit} {}", if off > 0 { "fast" } else { "slow" });
        let event = NewEvent::new(Source::Nodes, "node.connection", text).severity(Severity::Warning).data(json!({ "clock_skew_s": off }));
        self.platform.events.announce(event.subject("node", &session.node_id, session.name()).node(&session.node_id)).await.map(drop)
    }

    /// Writes the events of one burst in one transaction.
    pub(super) async fn keep_events(&self, session: &Session, burst: Vec<(Value, Option<String>)>) -> Result<()> {
        let name = session.name();
        let mut tx = self.platform.store.state.begin().await?;
        for (payload, at) in burst {
            let e = NodeEvent::of(&payload);
            if matches!(e.category.as_str(), "config" | "flow") {
                hold(&session.told).set_config(None);
            }
            let severity = match e.severity {
                argos_nodewire::Severity::Critical => Severity::Critical,
                argos_nodewire::Severity::Warning => Severity::Warning,
                argos_nodewire::Severity::Info => Severity::Info,
            };
            let mut event = NewEvent::new(Source::Nodes, format!("node.{}", e.category), &e.message)
                .severity(severity)
                .subject("node", &session.node_id, &name)
                .node(&session.node_id)
                .from_outside(&session.node_id)
                .data(data_of(e));
            if let Some(at) = at.as_deref().and_then(Timestamp::parse_rfc3339) {
                event = event.event_time(at);
            }
            self.platform.events.publish(&mut tx, event).await?;
        }
        Ok(tx.commit().await?)
    }
}

/// The details of an event with the ids it names.
fn data_of(e: NodeEvent) -> Value {
    let mut data = match e.details {
        Some(Value::Object(members)) => members,
        Some(other) => Map::from_iter([("details".to_owned(), other)]),
        None => Map::new(),
    };
    let ids = [("flow_id", e.flow_id), ("input_id", e.input_id), ("output_id", e.output_id), ("error_code", e.error_code)];
    data.extend(ids.into_iter().filter_map(|(name, id)| Some((name.to_owned(), Value::from(id?)))));
    Value::Object(data)
}
