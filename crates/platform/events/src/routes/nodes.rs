//! `/api/v1/events*`: what nodes sent and what the system says about itself, in the documented shape. A node outside
//! the caller's scope is never shown.

use std::sync::Arc;

use argos_kernel::{AppError, Result, Severity, Timestamp};
use argos_web::{Caller, Pager, Query, Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Service, scope_of, time};
use crate::event::{Acknowledger, Event, Source};
use crate::events::{Acked, Events};
use crate::store::nodes::{self as store, NodeFilter};

const SEARCH_CHARS_MAX: usize = 256;
const IDS_MAX: usize = 1_000;

pub(super) fn declare(routes: Routes<Arc<Service>>) -> Routes<Arc<Service>> {
    routes
        .get("/api/v1/events", "events.nodes", "Events of nodes and of the system, newest first.", list)
        .param("node_id", "events of one node")
        .param("severity", "critical, warning, info")
        .param("category", "category of the event")
        .param("flow_id", "events of one flow")
        .param("search", "text in message, category, severity, node id or node name")
        .param("from", "RFC 3339")
        .param("to", "RFC 3339")
        .param("acknowledged", "true or false")
        .param("error_code", "stable key of the error")
        .param("input_id", "events of one input")
        .param("output_id", "events of one output")
        .param("before_id", "events older than this one")
        .param("page", "default 1")
        .param("per_page", "1-200, default 50")
        .reply::<Vec<NodeEventView>>()
        .post("/api/v1/events/ack", "events.ack_many", "Acknowledge several events.", ack_many)
        .body::<AckMany>()
        .reply::<AckedView>()
        .get("/api/v1/events/count", "events.count", "Warnings and worse that nobody acknowledged.", count)
        .reply::<CountView>()
        .post("/api/v1/events/{id}/ack", "events.ack_one", "Acknowledge an event; the first acknowledger stays.", ack_one)
}

/// One event of a node, or of the system.
#[derive(Serialize, JsonSchema)]
struct NodeEventView {
    id: i64,
    node_id: Option<String>,
    node_name: Option<String>,
    severity: &'static str,
    category: String,
    message: String,
    details: Option<Value>,
    flow_id: Option<String>,
    input_id: Option<String>,
    output_id: Option<String>,
    error_code: Option<String>,
    /// The node's clock, RFC 3339.
    node_time: Option<String>,
    created_at: String,
    acknowledged: bool,
    /// Id of the user; a name where no user did it, or where it was not kept.
    acknowledged_by: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct CountView {
    count: i64,
}

#[derive(Serialize, JsonSchema)]
struct AckedView {
    acknowledged: u64,
}

/// Either numbers, or the members of the list's query.
#[derive(Deserialize, JsonSchema)]
struct AckMany {
    /// At most 1000.
    ids: Option<Vec<i64>>,
    /// Members as in the query of the list; `{}` = all of them.
    filter: Option<serde_json::Map<String, Value>>,
}

impl From<Event> for NodeEventView {
    fn from(e: Event) -> Self {
        let member = |name: &str| match e.data.get(name) {
            Some(Value::String(text)) => Some(text.clone()),
            Some(Value::Null) | None => None,
            Some(other) => Some(other.to_string()),
        };
        let (flow_id, input_id) = (member("flow_id"), member("input_id"));
        let (output_id, error_code) = (member("output_id"), member("error_code"));
        let mut details = e.data.as_object().cloned().unwrap_or_default();
        if e.repeat_count > 1 {
            details.insert("repeat_count".to_owned(), Value::from(e.repeat_count));
        }
        Self {
            id: e.id,
            node_name: e.subject_name.filter(|_| e.subject_type.as_deref() == Some("node")),
            node_id: e.node_uid,
            severity: word(e.severity),
            category: e.kind.strip_prefix("node.").map_or_else(|| e.kind.clone(), str::to_owned),
            message: e.message,
            details: (!details.is_empty()).then_some(Value::Object(details)),
            flow_id,
            input_id,
            output_id,
            error_code,
            node_time: e.event_time.map(Timestamp::rfc3339),
            created_at: e.created_at.rfc3339(),
            acknowledged: e.acknowledged_at.is_some(),
            acknowledged_by: e.acknowledged_by_uid.or(e.acknowledged_by),
        }
    }
}

/// Nodes know three words.
const fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::Error => "critical",
        Severity::Warning => "warning",
        Severity::Info | Severity::Debug => "info",
    }
}

/// The canonical words a documented one stands for; an unknown one finds nothing.
fn severities(text: &str) -> Vec<&'static str> {
    match text {
        "critical" | "error" => vec!["critical", "error"],
        "warning" => vec!["warning"],
        "info" => vec!["info", "debug"],
        _ => vec!["none"],
    }
}

fn filter_of(q: &Query, caller: &Caller) -> Result<NodeFilter> {
    let text = |name: &str| q.filled(name).map(str::to_owned);
    let search = text("search");
    if search.as_ref().is_some_and(|s| s.chars().count() > SEARCH_CHARS_MAX) {
        let text = format!("search must be at most {SEARCH_CHARS_MAX} characters");
        return Err(AppError::bad_request(text).code("invalid_parameter").with("field", "search"));
    }
    let node = text("node_id");
    if let (Some(node), Some(nodes)) = (&node, &caller.allowed_node_ids)
        && !nodes.contains(node)
    {
        return Err(out_of_scope());
    }
    let acknowledged = match q.filled("acknowledged") {
        None => None,
        Some("true" | "1") => Some(true),
        Some("false" | "0") => Some(false),
        Some(_) => {
            return Err(AppError::bad_request("acknowledged must be true or false")
                .code("invalid_parameter")
                .with("field", "acknowledged"));
        }
    };
    let kind = |c: &str| if c.contains('.') { c.to_owned() } else { format!("node.{c}") };
    Ok(NodeFilter {
        node,
        severities: q.filled("severity").map(severities).unwrap_or_default(),
        kind: q.filled("category").map(kind),
        text: search,
        from: time(q, "from")?,
        to: time(q, "to")?,
        acknowledged,
        before_id: q.int("before_id")?,
        flow: text("flow_id"),
        error_code: text("error_code"),
        input: text("input_id"),
        output: text("output_id"),
        nodes: caller.allowed_node_ids.clone(),
        ids: None,
    })
}

fn out_of_scope() -> AppError {
    AppError::forbidden("This node is outside your scope").code("node_out_of_scope")
}

async fn list(service: Arc<Service>, req: Req) -> Result<Reply> {
    let filter = filter_of(req.query(), &req.cx().caller)?;
    let (page, number) = Pager::page_per_page(req.query())?;
    let db = service.events.database();
    let total = store::count(db, &filter).await?;
    let items = store::list(db, &filter, page.limit, page.offset).await?;
    let views: Vec<NodeEventView> = items.into_iter().map(NodeEventView::from).collect();
    let reply = Reply::json(&views).total_count(total);
    Ok(reply.header("x-page", &number.to_string()).header("x-per-page", &page.limit.to_string()))
}

async fn count(service: Arc<Service>, req: Req) -> Result<Reply> {
    Ok(Reply::json(&CountView { count: service.events.alarms(&req.cx().caller).await? }))
}

impl Events {
    /// Warnings and worse of nodes and of the system that nobody acknowledged, within the caller's scope.
    pub async fn alarms(&self, caller: &Caller) -> Result<i64> {
        let filter = NodeFilter {
            severities: vec!["critical", "error", "warning"],
            acknowledged: Some(false),
            nodes: caller.allowed_node_ids.clone(),
            ..NodeFilter::default()
        };
        Ok(store::count(self.database(), &filter).await?)
    }
}

fn is_shown(e: &Event) -> bool {
    e.organization_id.is_none() && (e.source == Source::Nodes || e.kind.starts_with("system."))
}

/// An event as the nodes interface shows it; `None` when it shows it to nobody.
#[must_use]
pub fn node_event(event: &Event) -> Option<Value> {
    is_shown(event).then(|| serde_json::to_value(NodeEventView::from(event.clone())).ok()).flatten()
}

async fn ack_one(service: Arc<Service>, req: Req) -> Result<Reply> {
    let absent = || AppError::not_found("Event not found");
    let events = &service.events;
    let found = events.find(req.param("id")).await?.filter(is_shown).ok_or_else(absent)?;
    if !scope_of(&req.cx().caller).sees(&found) {
        return Err(out_of_scope());
    }
    let actor = req.cx().actor();
    let mut tx = events.database().begin().await?;
    if events.ack(&mut tx, found.id, Acknowledger::of(&req.cx().caller), None).await? == Acked::Now {
        service.audit.record(&mut tx, &actor, &found, None).await?;
        tx.commit().await?;
    }
    Ok(Reply::new(200))
}

async fn ack_many(service: Arc<Service>, mut req: Req) -> Result<Reply> {
    let body: AckMany = req.json().await?;
    let bad = |text: &str, field: &str| AppError::bad_request(text.to_owned()).code("invalid_field").with("field", field);
    let caller = Arc::clone(&req.cx().caller);
    let filter = match (body.ids, body.filter) {
        (Some(ids), None) if ids.len() <= IDS_MAX => {
            NodeFilter { ids: Some(ids), nodes: caller.allowed_node_ids.clone(), ..NodeFilter::default() }
        }
        (Some(_), None) => return Err(bad("ids must hold at most 1000 numbers", "ids")),
        (None, Some(members)) => filter_of(&query_of(&members), &caller)?,
        _ => return Err(bad("give either ids or filter", "ids")),
    };
    let (events, actor) = (&service.events, req.cx().actor());
    let mut tx = events.database().begin().await?;
    let acknowledged = store::ack(&mut tx, &filter, &Acknowledger::of(&caller), events.clock().now()).await?;
    if acknowledged > 0 {
        service.audit.record_many(&mut tx, &actor, acknowledged).await?;
        tx.commit().await?;
    }
    Ok(Reply::json(&AckedView { acknowledged }))
}

/// The members of a body as if they stood in the query.
fn query_of(members: &serde_json::Map<String, Value>) -> Query {
    Query::of(members.iter().map(|(name, value)| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        (name.clone(), if value.is_null() { String::new() } else { text })
    }))
}
