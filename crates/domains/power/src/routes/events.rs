//! The power view of the event log: other parts' events are never shown here.

use argos_audit::{Category, Entry};
use argos_events::{Event, Filter, Source};
use argos_kernel::{AppError, Result};
use argos_web::{Pager, Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::view::{PageView, severity_of, severity_word};
use super::{Service, bad_query, may_read, time};

const NOTE_MAX: usize = 2_000;

pub(crate) fn routes(power: Service) -> Routes {
    Routes::new(power)
        .get("/api/events", "power.list_events", "Power events, newest first.", list)
        .reply::<PageView<EventView>>()
        .param("page", "from 1")
        .param("page_size", "1-200, default 50")
        .param("device_id", "only this device")
        .param("event_type", "on_battery, power_restored ...")
        .param("severity", "low, medium, high or critical")
        .param("from", "RFC 3339")
        .param("to", "RFC 3339")
        .post("/api/events/{id}/annotate", "power.annotate_event", "Write a note on a power event.", annotate)
        .body::<NoteBody>()
        .reply::<EventView>()
        .done()
}

/// A power event.
#[derive(Serialize, JsonSchema)]
pub(crate) struct EventView {
    id: i64,
    timestamp: String,
    device_id: Option<String>,
    device_name: Option<String>,
    event_type: String,
    metadata: Value,
    severity: &'static str,
    message: String,
    note: Option<String>,
    acknowledged_by: Option<String>,
    acknowledged_at: Option<String>,
}

impl From<Event> for EventView {
    fn from(e: Event) -> Self {
        Self {
            id: e.id,
            timestamp: e.created_at.rfc3339(),
            device_id: e.subject_id,
            device_name: e.subject_name,
            event_type: e.kind.strip_prefix("power.").unwrap_or(&e.kind).to_owned(),
            metadata: e.data,
            severity: severity_word(e.severity),
            message: e.message,
            note: e.note,
            acknowledged_by: e.acknowledged_by,
            acknowledged_at: e.acknowledged_at.map(argos_kernel::Timestamp::rfc3339),
        }
    }
}

#[derive(Deserialize, JsonSchema)]
struct NoteBody {
    /// At most 2000 characters; empty clears it.
    note: String,
}

async fn list(power: Service, req: Req) -> Result<Reply> {
    may_read(&power, &req)?;
    let q = req.query();
    let (request, page) = Pager::page_page_size(q)?;
    let mut filter = Filter { sources: vec![Source::Power], from: time(q, "from")?, to: time(q, "to")?, ..Filter::default() };
    filter.subject_id = q.filled("device_id").map(str::to_owned);
    if let Some(word) = q.filled("event_type") {
        let kind = if word.starts_with("power.") { word.to_owned() } else { format!("power.{word}") };
        filter.kinds = vec![argos_events::Pattern::Exact(kind)];
    }
    if let Some(word) = q.filled("severity") {
        filter.severities = vec![severity_of(word).ok_or_else(|| bad_query("severity", "severity must be low, medium, high or critical"))?];
    }
    let events = &power.platform.events;
    let total = events.count(&filter).await?;
    let items = if request.offset >= total { Vec::new() } else { events.page(&filter, request.offset, request.limit).await? };
    let items = items.into_iter().map(EventView::from).collect();
    Ok(Reply::json(&PageView { page, page_size: request.limit, total, items }))
}

async fn annotate(power: Service, mut req: Req) -> Result<Reply> {
    let body: NoteBody = req.json().await?;
    let note = body.note.trim();
    if note.chars().count() > NOTE_MAX {
        return Err(AppError::invalid(vec![argos_kernel::FieldError::new("note", "note must be at most 2000 characters")]));
    }
    let absent = || AppError::not_found("Event not found.");
    let found = power.platform.events.find(req.param("id")).await?.filter(|e| e.source == Source::Power).ok_or_else(absent)?;
    let mut m = power.platform.audit.begin(&req.cx().actor()).await?;
    power.platform.events.note(&mut m, found.id, (!note.is_empty()).then_some(note)).await?;
    let entry = Entry::new("event.annotate", Category::Data).target("event", found.id).describe(format!("Note on: {}", found.message));
    m.commit(entry.before(json!({ "note": found.note })).after(json!({ "note": note }))).await?;
    let now = power.platform.events.find(&found.id.to_string()).await?.ok_or_else(absent)?;
    Ok(Reply::json(&EventView::from(now)))
}
