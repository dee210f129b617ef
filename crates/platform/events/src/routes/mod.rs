//! The HTTP side of the event log: timeline, kinds, live stream, acknowledgement. It must never show an event
//! outside the caller's node scope or organizations.

mod nodes;
mod stream;

use std::sync::Arc;

use argos_kernel::{Actor, AppError, Result, Role, Severity, Tasks, Timestamp};
use argos_store::Tx;
use argos_web::{BoxFuture, Caller, Query, Reply, Req, Routes};
use serde::Deserialize;

pub use nodes::node_event;

use crate::event::{Acknowledger, Event, Source};
use crate::events::{Acked, Events};
use crate::filter::{Filter, Scope};
use crate::view::{EventView, KindView, TimelineView};

/// Writes the audit row of an acknowledgement. The audit crate stands above this one, so it comes in as a trait.
pub trait AckAudit: Send + Sync + 'static {
    fn record<'a>(&'a self, tx: &'a mut Tx, actor: &'a Actor, event: &'a Event, note: Option<&'a str>) -> BoxFuture<'a, Result<()>>;
    /// The same for so many at once.
    fn record_many<'a>(&'a self, tx: &'a mut Tx, actor: &'a Actor, count: u64) -> BoxFuture<'a, Result<()>>;
}

struct Service {
    events: Events,
    audit: Arc<dyn AckAudit>,
    tasks: Tasks,
}

/// The routes of the event log.
pub fn routes(events: Events, audit: Arc<dyn AckAudit>, tasks: Tasks) -> Routes {
    let routes = Routes::new(Arc::new(Service { events, audit, tasks }))
        .get("/api/events/stream", "events.stream", "Live events (SSE), resumable by Last-Event-ID.", stream_events)
        .param("source", "comma list: edge, power, ops, nodes, quality, platform")
        .param("kind", "comma list of kinds, aliases or prefix.*")
        .param("severity", "comma list: debug, info, warning, error, critical")
        .param("last_event_id", "like the Last-Event-ID header")
        .get("/api/events/kinds", "events.kinds", "The registry of event kinds.", list_kinds)
        .reply::<Vec<KindView>>()
        .get("/api/ui/timeline", "events.timeline", "What happened, newest first.", timeline)
        .reply::<TimelineView>()
        .param("from", "RFC 3339 or Unix seconds")
        .param("to", "RFC 3339 or Unix seconds")
        .param("source", "comma list")
        .param("severity", "comma list")
        .param("kind", "a kind, an alias or prefix.*")
        .param("q", "text in message, kind, subject or actor")
        .param("cursor", "next of the page before")
        .param("limit", "1-200, default 50")
        .post("/api/events/{id}/ack", "events.ack", "Acknowledge an event.", ack_event)
        .body::<AckBody>()
        .reply::<EventView>();
    nodes::declare(routes).done()
}

#[derive(Default, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct AckBody {
    /// A remark for the others, at most 4000 characters.
    note: Option<String>,
}

async fn list_kinds(service: Arc<Service>, _: Req) -> Result<Reply> {
    let all: Vec<KindView> = service.events.kinds().all().map(KindView::from).collect();
    Ok(Reply::json(&all))
}

async fn timeline(service: Arc<Service>, req: Req) -> Result<Reply> {
    let q = req.query();
    let mut filter = filter_of(&service.events, q, &req.cx().caller)?;
    filter.from = time(q, "from")?;
    filter.to = time(q, "to")?;
    filter.text = q.filled("q").map(str::to_owned);
    if filter.kinds.len() > 1 {
        return Err(AppError::bad_request("one kind or prefix only").code("invalid_parameter").with("field", "kind"));
    }
    let limit = q.int_clamped("limit", 50, 1, 200)?;
    let mut items = service.events.list(&filter, q.int("cursor")?, limit + 1).await?;
    let more = items.len() > usize::try_from(limit).unwrap_or(usize::MAX);
    if more {
        items.pop();
    }
    let next = items.last().filter(|_| more).map(|e| e.id);
    Ok(Reply::json(&TimelineView { items: items.into_iter().map(EventView::from).collect(), next }))
}

async fn ack_event(service: Arc<Service>, mut req: Req) -> Result<Reply> {
    let absent = || AppError::not_found("Event not found");
    let id = req.param("id").to_owned();
    let body: AckBody = req.json_or_default().await?;
    let events = &service.events;
    let found = events.find(&id).await?.filter(|e| scope_of(&req.cx().caller).sees(e)).ok_or_else(absent)?;
    let actor = req.cx().actor();
    let mut tx = events.database().begin().await?;
    // Only the first acknowledgement changes anything, so only it is recorded.
    if events.ack(&mut tx, found.id, Acknowledger::of(&req.cx().caller), body.note.as_deref()).await? == Acked::Now {
        service.audit.record(&mut tx, &actor, &found, body.note.as_deref()).await?;
        tx.commit().await?;
    }
    let now = events.find(&found.id.to_string()).await?.ok_or_else(absent)?;
    Ok(Reply::json(&EventView::from(now)))
}

async fn stream_events(service: Arc<Service>, req: Req) -> Result<Reply> {
    let q = req.query();
    let filter = filter_of(&service.events, q, &req.cx().caller)?;
    let last = req.header("last-event-id").or_else(|| q.filled("last_event_id")).map(str::to_owned);
    let last = last.map(|t| t.trim().parse::<i64>()).transpose().map_err(|_| AppError::bad_request("Invalid Last-Event-ID"))?;
    Ok(Reply::sse(stream::follow(&service.events, &service.tasks, filter, last).await?))
}

/// What the caller may see.
fn scope_of(caller: &Caller) -> Scope {
    Scope { nodes: caller.allowed_node_ids.clone(), organizations: caller.role == Some(Role::Owner), house: None }
}

/// The filters list and stream share.
fn filter_of(events: &Events, q: &Query, caller: &Caller) -> Result<Filter> {
    let bad =
        |field: &str, word: &str| AppError::bad_request(format!("unknown {field} `{word}`")).code("invalid_parameter").with("field", field);
    let mut filter = Filter { scope: scope_of(caller), ..Filter::default() };
    for word in q.list("source") {
        filter.sources.push(Source::parse(word).ok_or_else(|| bad("source", word))?);
    }
    for word in q.list("severity") {
        filter.severities.push(word.parse::<Severity>().map_err(|()| bad("severity", word))?);
    }
    filter.kinds = q.list("kind").into_iter().map(|w| events.kinds().pattern(w)).collect();
    Ok(filter)
}

/// RFC 3339 or Unix seconds.
fn time(q: &Query, name: &str) -> Result<Option<Timestamp>> {
    let Some(text) = q.filled(name) else { return Ok(None) };
    let parsed = text.parse::<i64>().ok().map(Timestamp::from_secs).or_else(|| Timestamp::parse_rfc3339(text));
    parsed.map(Some).ok_or_else(|| AppError::bad_request(format!("Invalid {name} parameter")).code("invalid_parameter").with("field", name))
}
