//! How events and kinds look in JSON.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::event::Event;
use crate::kinds::Kind;

/// One event.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct EventView {
    pub id: i64,
    pub uid: String,
    pub source: &'static str,
    pub kind: String,
    pub severity: &'static str,
    pub subject_type: Option<String>,
    pub subject_id: Option<String>,
    pub subject_name: Option<String>,
    pub node_uid: Option<String>,
    pub message: String,
    pub data: Value,
    pub actor: Option<String>,
    pub correlation_id: Option<String>,
    /// RFC 3339; when the sender says it happened.
    pub event_time: Option<String>,
    /// RFC 3339.
    pub created_at: String,
    pub repeat_count: i64,
    /// RFC 3339; the last of the repeats.
    pub last_at: String,
    pub acknowledged_by: Option<String>,
    pub acknowledged_at: Option<String>,
    pub note: Option<String>,
}

impl From<Event> for EventView {
    fn from(e: Event) -> Self {
        Self {
            id: e.id,
            uid: e.uid.to_string(),
            source: e.source.as_str(),
            kind: e.kind,
            severity: e.severity.as_str(),
            subject_type: e.subject_type,
            subject_id: e.subject_id,
            subject_name: e.subject_name,
            node_uid: e.node_uid,
            message: e.message,
            data: e.data,
            actor: e.actor,
            correlation_id: e.correlation_id,
            event_time: e.event_time.map(argos_kernel::Timestamp::rfc3339),
            created_at: e.created_at.rfc3339(),
            repeat_count: e.repeat_count,
            last_at: e.last_at.rfc3339(),
            acknowledged_by: e.acknowledged_by,
            acknowledged_at: e.acknowledged_at.map(argos_kernel::Timestamp::rfc3339),
            note: e.note,
        }
    }
}

/// One page of the timeline, newest first.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TimelineView {
    pub items: Vec<EventView>,
    /// Pass it as `cursor` for the next page; `null` at the end.
    pub next: Option<i64>,
}

/// One kind of the registry.
#[derive(Debug, Serialize, JsonSchema)]
pub struct KindView {
    pub kind: &'static str,
    pub source: &'static str,
    pub severity: &'static str,
    pub description: &'static str,
    /// The `data` of a typical event.
    pub sample: Value,
    pub aliases: &'static [&'static str],
    pub resolves: Option<&'static str>,
    pub retention: crate::Retention,
}

impl From<&Kind> for KindView {
    fn from(k: &Kind) -> Self {
        Self {
            kind: k.kind,
            source: k.source.as_str(),
            severity: k.severity.as_str(),
            description: k.description,
            sample: serde_json::from_str(k.sample).unwrap_or_default(),
            aliases: k.aliases,
            resolves: k.resolves,
            retention: k.retention,
        }
    }
}
