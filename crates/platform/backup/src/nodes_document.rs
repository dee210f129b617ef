//! The JSON of the nodes part (nodes spec C.5, D.12) as a projection: users, nodes, tunnels, settings. No hash, secret or
//! key leaves; whoever comes in is inactive and without a password. Nodes, tunnels and templates are the matter of their part.

use std::collections::HashMap;

use argos_audit::{AuditRow, Category, Entry, Filter as AuditFilter, Order};
use argos_events::{Event, Filter as EventFilter, Source};
use argos_identity::{Authority, Person};
use argos_kernel::{Actor, AppError, PageRequest, Result, Severity, Timestamp};
use argos_settings::{ImportMode, NODE_KEYS};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::nodes_part::NodesData;
use crate::portable::Portable;

const VERSION: i64 = 1;
/// Rows of a history that one document carries at most.
const ROWS_MAX: i64 = 50_000;

/// What an export shall hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    pub(crate) events: bool,
    pub(crate) events_since: Option<Timestamp>,
    pub(crate) audit: bool,
    pub(crate) tunnels: bool,
}

/// The document that goes out.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ExportDoc {
    version: i64,
    exported_at: String,
    /// The user's id; null for a key without a user.
    exported_by: Option<String>,
    data: ExportData,
}

#[derive(Serialize, JsonSchema)]
struct ExportData {
    users: Vec<UserRow>,
    nodes: Vec<Value>,
    /// Pairs of key and value, both as text.
    settings: Vec<(String, String)>,
    config_templates: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tunnels: Option<Vec<Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    events: Option<Vec<EventRow>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    audit_log: Option<Vec<AuditLine>>,
}

#[derive(Serialize, JsonSchema)]
struct UserRow {
    id: String,
    username: String,
    display_name: String,
    email: Option<String>,
    role: &'static str,
    is_temporary: bool,
    expires_at: Option<String>,
    allowed_node_ids: Option<Vec<String>>,
    is_active: bool,
    last_login_at: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct EventRow {
    id: i64,
    node_id: Option<String>,
    severity: &'static str,
    category: String,
    message: String,
    details: Value,
    created_at: String,
    acknowledged: bool,
    acknowledged_by: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct AuditLine {
    id: i64,
    user_id: Option<String>,
    action: String,
    target_type: Option<String>,
    target_id: Option<String>,
    details: Value,
    ip_address: Option<String>,
    created_at: String,
}

/// The document that comes in. Members nobody knows are ignored.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct ImportDoc {
    version: i64,
    data: ImportData,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(default)]
struct ImportData {
    users: Vec<ImportUser>,
    nodes: Vec<Value>,
    settings: Vec<(String, Value)>,
    config_templates: Vec<Value>,
    tunnels: Vec<Value>,
    events: Vec<Value>,
    audit_log: Vec<Value>,
}

#[derive(Deserialize, JsonSchema)]
struct ImportUser {
    username: String,
    #[serde(default)]
    display_name: Option<String>,
    #[serde(default)]
    email: Option<String>,
    role: String,
}

/// How many objects of each kind came in.
#[derive(Default, Serialize, JsonSchema)]
struct Counts {
    users: usize,
    nodes: usize,
    settings: usize,
    config_templates: usize,
    tunnels: usize,
    events: usize,
    audit_log: usize,
}

#[derive(Serialize, JsonSchema)]
struct Skipped {
    /// `user`, `setting`, `node` ...
    kind: &'static str,
    id: String,
    reason: String,
}

/// What an import did, or would do.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Imported {
    success: bool,
    dry_run: bool,
    imported: Counts,
    skipped: Vec<Skipped>,
    /// Tokens of nodes that came in, shown once.
    registration_tokens: Vec<Value>,
}

pub(crate) async fn export(portable: &Portable, actor: &Actor, by: Option<String>, wanted: Wanted, now: Timestamp) -> Result<ExportDoc> {
    let people = portable.identity().every_user().await?;
    let ids: HashMap<i64, String> = people.iter().map(|u| (u.id, u.uid.to_string())).collect();
    let users = people.into_iter().map(|u| UserRow {
        id: u.uid.to_string(),
        username: u.username,
        display_name: u.display_name,
        email: u.email,
        role: u.role.nodes_word(),
        is_temporary: u.is_temporary,
        expires_at: u.expires_at.map(Timestamp::rfc3339),
        allowed_node_ids: u.allowed_node_ids,
        is_active: u.is_active,
        last_login_at: u.last_login_at.map(Timestamp::rfc3339),
    });
    let settings = portable.settings().effective().into_iter().filter(|line| NODE_KEYS.contains(&line.key));
    let events = if wanted.events {
        let filter = EventFilter { from: wanted.events_since, sources: vec![Source::Nodes], ..EventFilter::default() };
        let found = portable.events().list(&filter, None, ROWS_MAX).await?;
        Some(found.into_iter().map(EventRow::from).collect())
    } else {
        None
    };
    let audit_log = if wanted.audit {
        let page = PageRequest { limit: ROWS_MAX, offset: 0 };
        let rows = portable.audit().slice(&AuditFilter::default(), Order::NEWEST, page).await?;
        Some(rows.into_iter().map(|row| audit_line(row, &ids)).collect())
    } else {
        None
    };
    let part = match portable.nodes() {
        Some(part) => part.export().await?,
        None => NodesData::default(),
    };
    let data = ExportData {
        users: users.collect(),
        nodes: part.nodes,
        settings: settings.map(|line| (line.key.to_owned(), line.value)).collect(),
        config_templates: part.templates,
        tunnels: wanted.tunnels.then_some(part.tunnels),
        events,
        audit_log,
    };
    let entry = Entry::new("instance.export", Category::Security).alias("export").target("instance", "all");
    let parts = json!({ "events": wanted.events, "audit": wanted.audit, "tunnels": wanted.tunnels });
    portable.audit().note(actor, entry.describe("Users, nodes and settings exported").after(parts)).await?;
    Ok(ExportDoc { version: VERSION, exported_at: now.rfc3339(), exported_by: by, data })
}

impl From<Event> for EventRow {
    fn from(e: Event) -> Self {
        Self {
            id: e.id,
            node_id: e.node_uid,
            severity: match e.severity {
                Severity::Critical | Severity::Error => "critical",
                Severity::Warning => "warning",
                Severity::Info | Severity::Debug => "info",
            },
            category: e.data.get("category").and_then(Value::as_str).map_or(e.kind, str::to_owned),
            message: e.message,
            details: e.data,
            created_at: e.created_at.rfc3339(),
            acknowledged: e.acknowledged_at.is_some(),
            acknowledged_by: e.acknowledged_by_uid.or(e.acknowledged_by),
        }
    }
}

fn audit_line(row: AuditRow, ids: &HashMap<i64, String>) -> AuditLine {
    let after = row.after.as_deref().and_then(|text| serde_json::from_str(text).ok());
    AuditLine {
        id: row.id,
        user_id: row.actor_id.and_then(|id| ids.get(&id).cloned()),
        details: after.unwrap_or_else(|| json!({ "description": row.description })),
        created_at: row.at.rfc3339(),
        action: row.alias.unwrap_or(row.action),
        target_type: row.target_type,
        target_id: row.target_id,
        ip_address: row.ip,
    }
}

/// Judges everything, then writes everything in one transaction; `dry_run` rolls it back.
pub(crate) async fn import(portable: &Portable, by: &Authority, document: &ImportDoc, mode: ImportMode, dry_run: bool) -> Result<Imported> {
    if document.version != VERSION {
        let text = format!("version must be {VERSION}, got {}", document.version);
        return Err(AppError::bad_request(text).code("invalid_document").with("field", "version"));
    }
    let mut skipped = left_out(&document.data);
    let people: Vec<Person> = document.data.users.iter().map(person).collect();
    let plan = portable.identity().plan_people(by, &people).await?;
    if !plan.faults.is_empty() {
        return Err(AppError::bad_request(plan.faults.join("; ")).code("invalid_user").with("field", "data.users"));
    }
    skipped.extend(plan.existing.iter().map(|name| skip("user", name, "exists")));
    let wanted = settings_of(portable, &document.data.settings, mode, &mut skipped)?;
    let (changes, _) = portable.settings().plan_import(&wanted, ImportMode::Merge)?;
    changes.refuse_faults()?;
    skipped.extend(changes.skipped.iter().map(|s| skip("setting", &s.key, &s.reason)));
    let same =
        wanted.keys().filter(|key| !changes.changes.iter().any(|c| c.key == **key) && !changes.skipped.iter().any(|s| s.key == **key));
    skipped.extend(same.map(|key| skip("setting", key, "has this value")));

    let mut imported = Counts { users: plan.creates.len(), settings: changes.changes.len(), ..Counts::default() };
    let mut change = portable.audit().begin(&by.actor).await?;
    let mut registration_tokens = Vec::new();
    let mut written = None;
    if let Some(part) = portable.nodes() {
        let d = &document.data;
        let wanted = NodesData { nodes: d.nodes.clone(), tunnels: d.tunnels.clone(), templates: d.config_templates.clone() };
        let taken = part.import(&mut change, &wanted, mode == ImportMode::Replace).await?;
        (imported.nodes, imported.tunnels, imported.config_templates) = (taken.nodes, taken.tunnels, taken.templates);
        skipped.extend(taken.skipped.iter().map(|(kind, id, reason)| skip(kind, id, reason)));
        // A token of a node that was not written is worth nothing.
        registration_tokens = if dry_run { Vec::new() } else { taken.tokens.clone() };
        written = Some((part, taken));
    }
    let entry = Entry::new("instance.import", Category::Security).alias("import").target("instance", "all");
    let after = json!({ "users": imported.users, "nodes": imported.nodes, "tunnels": imported.tunnels, "settings": imported.settings, "skipped": skipped.len() });
    let mut entries = vec![entry.describe("Users and settings imported").after(after)];
    entries.extend(portable.identity().add_people_in(&mut change, &people, &plan).await?);
    portable.settings().import_in(&mut change, &by.actor, &wanted, ImportMode::Merge).await?;
    if !dry_run {
        change.commit_all(entries).await?;
        if let Some((part, taken)) = written {
            part.committed(&taken);
        }
    }
    Ok(Imported { success: true, dry_run, imported, skipped, registration_tokens })
}

fn skip(kind: &'static str, id: &str, reason: &str) -> Skipped {
    Skipped { kind, id: id.to_owned(), reason: reason.to_owned() }
}

fn person(user: &ImportUser) -> Person {
    Person {
        username: user.username.clone(),
        display_name: user.display_name.clone(),
        email: user.email.clone(),
        role: if user.role == "super_admin" { "owner".to_owned() } else { user.role.clone() },
        is_active: false,
    }
}

/// The settings to write. In merge mode what is stored here wins; in replace mode what is not named is cleared.
fn settings_of(portable: &Portable, pairs: &[(String, Value)], mode: ImportMode, skipped: &mut Vec<Skipped>) -> Result<Map<String, Value>> {
    let stored = portable.settings().document()?;
    let mut wanted = Map::new();
    if mode == ImportMode::Replace {
        wanted.extend(NODE_KEYS.iter().filter(|key| stored.contains_key(**key)).map(|key| ((*key).to_owned(), Value::Null)));
    }
    for (key, value) in pairs {
        if !NODE_KEYS.contains(&key.as_str()) {
            let text = format!("unknown setting key: {}", key.escape_debug());
            return Err(AppError::bad_request(text).code("unknown_setting").with("field", "data.settings"));
        }
        if mode == ImportMode::Merge && stored.contains_key(key) {
            skipped.push(skip("setting", key, "exists"));
        } else {
            wanted.insert(key.clone(), value.clone());
        }
    }
    Ok(wanted)
}

/// What is never taken in; a history is named once.
fn left_out(data: &ImportData) -> Vec<Skipped> {
    let mut out = Vec::new();
    for (kind, rows, why) in [
        ("event", &data.events, "events that happened elsewhere are not repeated here"),
        ("audit_log", &data.audit_log, "the audit log is written by this server alone"),
    ] {
        if !rows.is_empty() {
            out.push(skip(kind, &format!("{} rows", rows.len()), why));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn histories_are_named_once_and_never_taken_in() {
        let data: ImportData = serde_json::from_value(json!({
            "nodes": [{"id": "n1"}], "events": [{}, {}], "more": 1
        }))
        .unwrap();
        let told: Vec<_> = left_out(&data).into_iter().map(|s| format!("{} {}", s.kind, s.id)).collect();
        assert_eq!(told, ["event 2 rows"]);
    }

    proptest! {
        #[test]
        fn any_json_is_a_document_or_an_error(text in r#"\{"version":[0-9]{1,3},"data":\{"(users|settings|nodes)":.{0,60}\}\}"#) {
            drop(serde_json::from_str::<ImportDoc>(&text));
        }
    }
}
