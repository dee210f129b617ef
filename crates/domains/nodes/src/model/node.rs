//! A node as it is registered, and what a person may write of it.

use argos_kernel::{AppError, Result, Timestamp};
use argos_nodewire::driver;
use serde_json::{Map, Value};

const NAME_CHARS: usize = 128;
const DESCRIPTION_CHARS: usize = 512;
const METADATA_BYTES: usize = 16 << 10;
/// How long a consumed token may bring its node back, in seconds (nodes spec D.3).
const RECOVERY_S: i64 = 7 * 86_400;

/// A node. The sealed members have no `Debug`.
#[derive(Clone)]
pub(crate) struct Node {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) device_type: String,
    /// `pending`, `online`, `offline`, `degraded`, `error`.
    pub(crate) status: String,
    pub(crate) token_hash: Option<String>,
    pub(crate) token_at: Option<Timestamp>,
    pub(crate) consumed_token_hash: Option<String>,
    pub(crate) registered_at: Option<Timestamp>,
    /// It came back with its secret at least once.
    pub(crate) secret_proven: bool,
    pub(crate) secret_enc: Option<String>,
    pub(crate) pending_secret_enc: Option<String>,
    pub(crate) secret_at: Option<Timestamp>,
    /// When the process that spoke last says it started.
    pub(crate) process_started_at: Option<Timestamp>,
    pub(crate) last_seen_at: Option<Timestamp>,
    pub(crate) last_health: Option<Value>,
    pub(crate) software_version: Option<String>,
    pub(crate) protocol_version: Option<i64>,
    pub(crate) capabilities: Vec<String>,
    pub(crate) metadata: Value,
    pub(crate) network_type: String,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

/// Where the secret of a node is sealed for.
pub(crate) fn secret_place(id: &str) -> String {
    format!("nodes.secret_enc:{id}")
}
pub(crate) fn pending_place(id: &str) -> String {
    format!("nodes.pending_secret_enc:{id}")
}
pub(crate) fn config_place(id: &str) -> String {
    format!("node_configs.config_enc:{id}")
}

impl Node {
    pub(crate) fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|at| at <= now)
    }
    pub(crate) fn is_relay(&self) -> bool {
        self.device_type == "relay"
    }

    /// Whether the process that registered may still be the one that runs: it keeps its credentials on disk only.
    pub(crate) fn may_be_the_registering_process(&self) -> bool {
        // A proven secret says nothing: after a clean goodbye it goes on with what it was given. Uptimes are whole seconds,
        // rounded down, so a process may seem to have started up to one second late.
        self.registered_at.is_some_and(|registered| self.process_started_at.is_none_or(|started| started <= registered.plus_secs(1)))
    }

    /// Whether its consumed token may bring it back. A relay that is given a new secret by its registering process writes
    /// its old token again, so its token stays good until it was restarted.
    pub(crate) fn may_recover(&self, now: Timestamp) -> bool {
        // Each recovery of a relay registers it anew; its secret is as old as its first registration.
        let fresh = self.secret_at.is_some_and(|at| now.secs_since(at) <= RECOVERY_S);
        let unproven = !self.secret_proven || (self.is_relay() && self.may_be_the_registering_process());
        fresh && self.secret_enc.is_some() && unproven
    }

    /// Whether its secret is to be replaced by itself. One that is under way waits for the restart of the node.
    pub(crate) fn is_due_for_rotation(&self, now: Timestamp, days: i64) -> bool {
        self.pending_secret_enc.is_none() && self.secret_at.is_some_and(|at| now.secs_since(at) >= days * 86_400)
    }
}

fn bad(field: &str, text: impl Into<String>) -> AppError {
    AppError::bad_request(text).code("invalid_field").with("field", field)
}

/// A text member; `None` = absent, `Some(None)` = null.
fn text<'a>(body: &'a Map<String, Value>, name: &str) -> Result<Option<Option<&'a str>>> {
    match body.get(name) {
        None => Ok(None),
        Some(Value::Null) => Ok(Some(None)),
        Some(Value::String(t)) => Ok(Some(Some(t))),
        Some(_) => Err(bad(name, format!("{name} must be text"))),
    }
}

impl Node {
    /// A node that nobody registered yet.
    pub(crate) fn create(id: String, token_hash: String, body: &Map<String, Value>, now: Timestamp) -> Result<Self> {
        let device_type = text(body, "device_type")?.flatten().unwrap_or("edge");
        if driver(device_type).is_none() {
            return Err(bad("device_type", format!("unknown device type: {}", device_type.chars().take(64).collect::<String>())));
        }
        let mut node = Self {
            id,
            name: String::new(),
            description: None,
            device_type: device_type.to_owned(),
            status: "pending".to_owned(),
            token_hash: Some(token_hash),
            token_at: Some(now),
            consumed_token_hash: None,
            registered_at: None,
            secret_proven: false,
            secret_enc: None,
            pending_secret_enc: None,
            secret_at: None,
            process_started_at: None,
            last_seen_at: None,
            last_health: None,
            software_version: None,
            protocol_version: None,
            capabilities: Vec::new(),
            metadata: Value::Object(Map::new()),
            network_type: "nat".to_owned(),
            expires_at: None,
            created_at: now,
            updated_at: now,
        };
        if !body.contains_key("name") {
            return Err(bad("name", "name is missing"));
        }
        node.change(body, now)?;
        Ok(node)
    }

    /// Takes over what a body holds; absent members stay, null clears where there may be nothing.
    pub(crate) fn change(&mut self, body: &Map<String, Value>, now: Timestamp) -> Result<()> {
        if let Some(name) = text(body, "name")? {
            let name = name.unwrap_or_default().trim();
            if name.is_empty() || name.chars().count() > NAME_CHARS || name.chars().any(char::is_control) {
                return Err(bad("name", "name must have 1 to 128 characters and no control characters"));
            }
            name.clone_into(&mut self.name);
        }
        if let Some(description) = text(body, "description")? {
            let odd = |c: char| c.is_control() && c != '\n' && c != '\t';
            if description.is_some_and(|d| d.chars().count() > DESCRIPTION_CHARS || d.chars().any(odd)) {
                return Err(bad("description", "description must have at most 512 characters and no control characters"));
            }
            self.description = description.filter(|d| !d.is_empty()).map(str::to_owned);
        }
        if let Some(expires) = text(body, "expires_at")? {
            let parse = |t: &str| Timestamp::parse_rfc3339(t).ok_or_else(|| bad("expires_at", "expires_at must be a time in RFC 3339"));
            self.expires_at = expires.map(parse).transpose()?;
            if self.is_expired(now) {
                return Err(bad("expires_at", "expires_at must be in the future"));
            }
        }
        match body.get("metadata") {
            None => {}
            Some(Value::Null) => self.metadata = Value::Object(Map::new()),
            Some(Value::Object(members)) => {
                let value = Value::Object(members.clone());
                if value.to_string().len() > METADATA_BYTES {
                    return Err(bad("metadata", "metadata must be at most 16 KB"));
                }
                if let Some(kind) = members.get("network_type") {
                    self.network(kind.as_str().unwrap_or_default())?;
                }
                self.metadata = value;
            }
            Some(_) => return Err(bad("metadata", "metadata must be an object")),
        }
        if let Some(kind) = text(body, "network_type")? {
            self.network(kind.unwrap_or_default())?;
            if let Some(mirror) = self.metadata.as_object_mut().and_then(|m| m.get_mut("network_type")) {
                *mirror = Value::from(self.network_type.clone());
            }
        }
        self.updated_at = now;
        Ok(())
    }

    fn network(&mut self, kind: &str) -> Result<()> {
        if !matches!(kind, "nat" | "public" | "unknown") {
            return Err(bad("network_type", "network_type must be nat, public or unknown"));
        }
        kind.clone_into(&mut self.network_type);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_000_000);

    #[expect(clippy::needless_pass_by_value, reason = "bodies are written where they are used")]
    fn create(body: Value) -> Result<Node> {
        Node::create("n".to_owned(), "h".to_owned(), body.as_object().unwrap(), NOW)
    }

    #[test]
    fn bad_members_are_named() {
        let text = |body| create(body).err().unwrap().message().to_owned();
        assert_eq!(text(json!({ "name": "x", "device_type": "toaster" })), "unknown device type: toaster");
        assert_eq!(text(json!({ "name": "x", "expires_at": "1970-01-01T00:00:00Z" })), "expires_at must be in the future");
        assert!(text(json!({ "name": "a\nb" })).starts_with("name must"));
        assert!(text(json!({})).starts_with("name is missing"));
        assert!(text(json!({ "name": "x", "metadata": { "network_type": "moon" } })).starts_with("network_type must"));
    }

    #[test]
    fn null_clears_and_absent_stays() {
        let mut node = create(
            json!({ "name": " x ", "description": "d", "expires_at": "2999-01-01T00:00:00Z", "metadata": { "network_type": "public" } }),
        )
        .unwrap();
        assert_eq!((node.name.as_str(), node.network_type.as_str()), ("x", "public"));
        node.change(json!({ "expires_at": null, "network_type": "nat" }).as_object().unwrap(), NOW).unwrap();
        assert_eq!((node.expires_at, node.description.as_deref(), &node.metadata["network_type"]), (None, Some("d"), &json!("nat")));
    }

    #[test]
    fn a_consumed_token_recovers_until_the_secret_was_proven() {
        let mut node = create(json!({ "name": "x" })).unwrap();
        assert!(!node.may_recover(NOW));
        (node.registered_at, node.secret_at, node.secret_enc) = (Some(NOW), Some(NOW), Some("s".to_owned()));
        assert!(node.may_recover(NOW.plus_secs(6 * 86_400)) && !node.may_recover(NOW.plus_secs(8 * 86_400)));
        assert!(node.may_be_the_registering_process());
        let mut again = node.clone();
        again.registered_at = Some(NOW.plus_secs(6 * 86_400));
        assert!(!again.may_recover(NOW.plus_secs(8 * 86_400)), "recovering does not open seven new days");
        node.secret_proven = true;
        assert!(!node.may_recover(NOW), "an edge with a proven secret needs its token no more");
    }

    #[test]
    fn the_token_of_a_relay_is_good_until_its_process_was_restarted() {
        let mut relay = create(json!({ "name": "x", "device_type": "relay" })).unwrap();
        (relay.registered_at, relay.secret_at) = (Some(NOW), Some(NOW));
        (relay.secret_enc, relay.secret_proven) = (Some("s".to_owned()), true);
        assert!(relay.may_be_the_registering_process() && relay.may_recover(NOW), "it proved its secret from memory");
        relay.process_started_at = Some(NOW.plus_secs(1));
        assert!(relay.may_be_the_registering_process() && relay.may_recover(NOW), "uptimes are rounded down");
        relay.process_started_at = Some(NOW.plus_secs(2));
        assert!(!relay.may_be_the_registering_process() && !relay.may_recover(NOW));
    }

    #[test]
    fn a_secret_is_due_by_its_age_unless_one_is_under_way() {
        let mut node = create(json!({ "name": "x" })).unwrap();
        assert!(!node.is_due_for_rotation(NOW, 1));
        node.secret_at = Some(NOW);
        assert!(node.is_due_for_rotation(NOW.plus_secs(86_400), 1) && !node.is_due_for_rotation(NOW.plus_secs(86_399), 1));
        node.pending_secret_enc = Some("s".to_owned());
        assert!(!node.is_due_for_rotation(NOW.plus_secs(86_400), 1));
    }
}
