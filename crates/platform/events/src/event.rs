//! The event as it is published and as it is stored. Pure data and its mapping; it must never decide who may see it.

use argos_kernel::{Actor, Severity, Timestamp, Uid};
use argos_store::{Row, StoreError};
use serde_json::Value;

const MESSAGE_CHARS_MAX: usize = 10_000;
const NAME_CHARS_MAX: usize = 512;
/// Data above this is replaced by its size.
const DATA_BYTES_MAX: usize = 64 << 10;

/// The part of the product an event speaks about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    Edge,
    Power,
    Ops,
    Nodes,
    Quality,
    Platform,
}

impl Source {
    pub const ALL: [Self; 6] = [Self::Edge, Self::Power, Self::Ops, Self::Nodes, Self::Quality, Self::Platform];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Edge => "edge",
            Self::Power => "power",
            Self::Ops => "ops",
            Self::Nodes => "nodes",
            Self::Quality => "quality",
            Self::Platform => "platform",
        }
    }
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == word)
    }
}

/// An event before it is written. Build it with [`NewEvent::new`] and the setters.
#[derive(Clone, Debug)]
#[must_use]
pub struct NewEvent {
    pub source: Source,
    /// The canonical kind or an alias of it.
    pub kind: String,
    /// `None` = the default of the kind.
    pub severity: Option<Severity>,
    pub subject_type: Option<String>,
    pub subject_id: Option<String>,
    pub subject_name: Option<String>,
    pub organization_id: Option<i64>,
    pub project_id: Option<i64>,
    pub node_uid: Option<String>,
    /// One sentence for people; cut at 10 000 characters.
    pub message: String,
    pub data: Value,
    pub dedup_key: Option<String>,
    pub correlation_id: Option<String>,
    /// Name of who caused it.
    pub actor: Option<String>,
    /// When the sender says it happened, by its clock.
    pub event_time: Option<Timestamp>,
    /// Set for events from outside (nodes, agents, webhooks): the sender whose floods are collapsed.
    pub external_origin: Option<String>,
}

impl NewEvent {
    pub fn new(source: Source, kind: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            source,
            kind: kind.into(),
            severity: None,
            subject_type: None,
            subject_id: None,
            subject_name: None,
            organization_id: None,
            project_id: None,
            node_uid: None,
            message: message.into(),
            data: Value::Object(serde_json::Map::new()),
            dedup_key: None,
            correlation_id: None,
            actor: None,
            event_time: None,
            external_origin: None,
        }
    }
    pub const fn severity(mut self, severity: Severity) -> Self {
        self.severity = Some(severity);
        self
    }
    /// What it is about: type word, id and a name for people.
    #[expect(clippy::needless_pass_by_value, reason = "ids are numbers or short texts, given as literals")]
    pub fn subject(mut self, kind: impl Into<String>, id: impl ToString, name: impl Into<String>) -> Self {
        self.subject_type = Some(kind.into());
        self.subject_id = Some(id.to_string());
        self.subject_name = Some(name.into());
        self
    }
    pub fn data(mut self, data: Value) -> Self {
        self.data = data;
        self
    }
    pub fn dedup(mut self, key: impl Into<String>) -> Self {
        self.dedup_key = Some(key.into());
        self
    }
    pub fn correlation(mut self, id: impl Into<String>) -> Self {
        self.correlation_id = Some(id.into());
        self
    }
    pub fn actor(mut self, actor: &Actor) -> Self {
        self.actor = Some(actor.name.clone());
        self
    }
    pub const fn organization(mut self, id: i64) -> Self {
        self.organization_id = Some(id);
        self
    }
    pub const fn project(mut self, id: i64) -> Self {
        self.project_id = Some(id);
        self
    }
    pub fn node(mut self, uid: impl Into<String>) -> Self {
        self.node_uid = Some(uid.into());
        self
    }
    pub const fn event_time(mut self, at: Timestamp) -> Self {
        self.event_time = Some(at);
        self
    }
    /// Marks it as sent from outside by `origin` (a node uid, an agent, a webhook).
    pub fn from_outside(mut self, origin: impl Into<String>) -> Self {
        self.external_origin = Some(origin.into());
        self
    }

    /// Cuts texts to what is stored.
    pub(crate) fn trimmed(mut self) -> Self {
        self.message = clean(&self.message, MESSAGE_CHARS_MAX);
        self.kind = clean(&self.kind, NAME_CHARS_MAX);
        for text in [
            &mut self.subject_type,
            &mut self.subject_id,
            &mut self.subject_name,
            &mut self.node_uid,
            &mut self.dedup_key,
            &mut self.correlation_id,
            &mut self.actor,
        ] {
            *text = text.take().map(|t| clean(&t, NAME_CHARS_MAX));
        }
        self
    }
    pub(crate) fn data_text(&self) -> String {
        let text = self.data.to_string();
        if text.len() <= DATA_BYTES_MAX { text } else { serde_json::json!({ "omitted_bytes": text.len() }).to_string() }
    }
    /// What "identical" means when a flood is collapsed (nodes spec D.4: category, error code, flow, input, output).
    pub(crate) fn flood_key(&self) -> Option<String> {
        let origin = self.external_origin.as_ref()?;
        let member = |name: &str| self.data.get(name).map(Value::to_string).unwrap_or_default();
        let parts = ["error_code", "flow_id", "input_id", "output_id"].map(member).join("|");
        let subject = self.subject_id.as_deref().unwrap_or_default();
        let dedup = self.dedup_key.as_deref().unwrap_or_default();
        Some(clean(&format!("{origin}|{}|{subject}|{dedup}|{parts}", self.kind), NAME_CHARS_MAX))
    }
}

/// At most `max` characters, without NUL (PostgreSQL stores none).
pub(crate) fn clean(text: &str, max: usize) -> String {
    text.chars().filter(|c| *c != '\0').take(max).collect()
}

/// Who acknowledges: the name for people, and the user where there is one.
#[derive(Clone, Copy, Debug)]
pub struct Acknowledger<'a> {
    pub name: &'a str,
    pub uid: Option<Uid>,
}

impl<'a> Acknowledger<'a> {
    pub fn of(caller: &'a argos_web::Caller) -> Self {
        Self { name: &caller.username, uid: caller.user_uid }
    }
}

/// A stored event.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub id: i64,
    pub uid: Uid,
    pub source: Source,
    pub kind: String,
    pub severity: Severity,
    pub subject_type: Option<String>,
    pub subject_id: Option<String>,
    pub subject_name: Option<String>,
    pub organization_id: Option<i64>,
    pub project_id: Option<i64>,
    pub node_uid: Option<String>,
    pub message: String,
    pub data: Value,
    pub dedup_key: Option<String>,
    pub correlation_id: Option<String>,
    pub actor: Option<String>,
    pub event_time: Option<Timestamp>,
    pub created_at: Timestamp,
    /// How many identical events this row stands for (flood rule); 1 = just itself.
    pub repeat_count: i64,
    pub last_at: Timestamp,
    pub acknowledged_by: Option<String>,
    /// Their user, unless a key or the system did; unknown for acknowledgements from before it was kept.
    pub acknowledged_by_uid: Option<String>,
    pub acknowledged_at: Option<Timestamp>,
    pub note: Option<String>,
}

impl Event {
    pub(crate) fn read(row: &Row) -> Result<Self, StoreError> {
        let (source, data): (String, String) = (row.get(2)?, row.get(12)?);
        Ok(Self {
            id: row.get(0)?,
            uid: row.get(1)?,
            source: Source::parse(&source).ok_or(StoreError::Column { index: 2, wanted: "an event source" })?,
            kind: row.get(3)?,
            severity: row.get(4)?,
            subject_type: row.get(5)?,
            subject_id: row.get(6)?,
            subject_name: row.get(7)?,
            organization_id: row.get(8)?,
            project_id: row.get(9)?,
            node_uid: row.get(10)?,
            message: row.get(11)?,
            data: serde_json::from_str(&data).map_err(|_| StoreError::Column { index: 12, wanted: "JSON" })?,
            dedup_key: row.get(13)?,
            correlation_id: row.get(14)?,
            actor: row.get(15)?,
            event_time: row.get(16)?,
            created_at: row.get(17)?,
            repeat_count: row.get(18)?,
            last_at: row.get(19)?,
            acknowledged_by: row.get(20)?,
            acknowledged_at: row.get(21)?,
            note: row.get(22)?,
            acknowledged_by_uid: row.get(23)?,
        })
    }
}
