//! One stored audit row and its mapping. Texts are cut and cleaned before they are hashed, so that what is hashed is
//! what every engine gives back.

use argos_kernel::{Actor, Clock, Rng, Timestamp, Uid};
use argos_store::{Row, StoreError, Value, args};

use crate::chain;
use crate::entry::Entry;
use crate::redact::Redact;

const DESCRIPTION_CHARS_MAX: usize = 4_000;
const NAME_CHARS_MAX: usize = 256;
/// A before or after document above this is replaced by its size.
const DOCUMENT_BYTES_MAX: usize = 64 << 10;

/// A row of `audit_log` as it is stored. `before` and `after` are JSON texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    pub id: i64,
    pub uid: String,
    pub at: Timestamp,
    pub actor_id: Option<i64>,
    pub actor_name: String,
    pub actor_role: Option<String>,
    pub credential: String,
    pub action: String,
    pub alias: Option<String>,
    pub category: String,
    pub organization_id: Option<i64>,
    pub target_type: Option<String>,
    pub target_id: Option<String>,
    pub trigger_type: Option<String>,
    pub description: String,
    pub before: Option<String>,
    pub after: Option<String>,
    pub status: String,
    pub severity: String,
    pub ip: Option<String>,
    pub xff_chain: Option<String>,
    pub user_agent: Option<String>,
    pub request_id: Option<String>,
    pub duration_ms: Option<i64>,
    pub prev_hash: String,
    pub hash: String,
}

impl AuditRow {
    pub(crate) fn new(clock: &dyn Clock, rng: &dyn Rng, redact: &Redact, actor: &Actor, entry: Entry) -> Self {
        let document = |value: Option<serde_json::Value>| {
            value.map(|mut v| {
                redact(&mut v);
                let text = v.to_string();
                if text.len() <= DOCUMENT_BYTES_MAX { text } else { serde_json::json!({ "omitted_bytes": text.len() }).to_string() }
            })
        };
        let name = |text: Option<String>| text.map(|t| clean(&t, NAME_CHARS_MAX));
        Self {
            id: 0,
            uid: Uid::mint(clock, rng).to_string(),
            at: entry.at.unwrap_or_else(|| clock.now()),
            actor_id: actor.id,
            actor_name: clean(&actor.name, NAME_CHARS_MAX),
            actor_role: actor.role.map(|r| r.as_str().to_owned()),
            credential: actor.credential.as_str().to_owned(),
            action: clean(&entry.action, NAME_CHARS_MAX),
            alias: name(entry.alias),
            category: entry.category.as_str().to_owned(),
            organization_id: entry.organization_id,
            target_type: name(entry.target_type),
            target_id: name(entry.target_id),
            trigger_type: name(entry.trigger_type),
            description: clean(&entry.description, DESCRIPTION_CHARS_MAX),
            before: document(entry.before),
            after: document(entry.after),
            status: entry.status.as_str().to_owned(),
            severity: entry.severity.as_str().to_owned(),
            ip: name(actor.ip.clone()),
            xff_chain: name(actor.xff_chain.clone()),
            user_agent: name(actor.user_agent.clone()),
            request_id: name(actor.request_id.clone()),
            duration_ms: entry.duration_ms,
            prev_hash: String::new(),
            hash: String::new(),
        }
    }

    /// Links the row behind the one whose hash is `prev_hash`.
    pub(crate) fn seal(&mut self, prev_hash: String) {
        self.hash = chain::hash(&prev_hash, self);
        self.prev_hash = prev_hash;
    }

    /// True when the stored hash is the one its content and predecessor give.
    pub fn is_intact(&self) -> bool {
        chain::hash(&self.prev_hash, self) == self.hash
    }

    /// The name a part's view shows: the alias, else the canonical action.
    pub fn shown_action(&self) -> &str {
        self.alias.as_deref().unwrap_or(&self.action)
    }

    /// Every column but `id` and the links of the chain, in table order: what the hash covers.
    pub(crate) fn content(&self) -> Vec<Value> {
        let r = self.clone();
        args![
            r.uid,
            r.at,
            r.actor_id,
            r.actor_name,
            r.actor_role,
            r.credential,
            r.action,
            r.alias,
            r.category,
            r.organization_id,
            r.target_type,
            r.target_id,
            r.trigger_type,
            r.description,
            r.before,
            r.after,
            r.status,
            r.severity,
            r.ip,
            r.xff_chain,
            r.user_agent,
            r.request_id,
            r.duration_ms,
        ]
    }

    /// Every column but `id`, in table order.
    pub(crate) fn insert_args(&self) -> Vec<Value> {
        let mut all = self.content();
        all.extend(args![&self.prev_hash, &self.hash]);
        all
    }

    pub(crate) fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.get(0)?,
            uid: row.get(1)?,
            at: row.get(2)?,
            actor_id: row.get(3)?,
            actor_name: row.get(4)?,
            actor_role: row.get(5)?,
            credential: row.get(6)?,
            action: row.get(7)?,
            alias: row.get(8)?,
            category: row.get(9)?,
            organization_id: row.get(10)?,
            target_type: row.get(11)?,
            target_id: row.get(12)?,
            trigger_type: row.get(13)?,
            description: row.get(14)?,
            before: row.get(15)?,
            after: row.get(16)?,
            status: row.get(17)?,
            severity: row.get(18)?,
            ip: row.get(19)?,
            xff_chain: row.get(20)?,
            user_agent: row.get(21)?,
            request_id: row.get(22)?,
            duration_ms: row.get(23)?,
            prev_hash: row.get(24)?,
            hash: row.get(25)?,
        })
    }
}

/// At most `max` characters, without NUL (PostgreSQL stores none).
fn clean(text: &str, max: usize) -> String {
    text.chars().filter(|c| *c != '\0').take(max).collect()
}
