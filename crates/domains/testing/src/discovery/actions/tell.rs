//! What an exploration says to those who follow it.

use argos_kernel::{Timestamp, Uid};
use serde_json::{Value, json};

use crate::discovery::model::{Discovery, Page, Status, StoredFlow};
use crate::discovery::view::{FlowView, PageView};

/// What was found, as streams show it; `artifact_id` gets its address where it is shown.
pub(crate) fn page(session: Uid, p: &Page) -> Value {
    serde_json::to_value(PageView::of(session, p)).unwrap_or_default()
}

pub(crate) fn flow(session: Uid, f: &StoredFlow) -> Value {
    serde_json::to_value(FlowView::of(session, f)).unwrap_or_default()
}

/// The name and the data of the last thing said; `None` while it goes on.
pub(crate) fn last(d: &Discovery) -> Option<(&'static str, Value)> {
    let id = d.uid.to_string();
    let at = d.completed_at.map(Timestamp::rfc3339);
    let whole = || {
        json!({
            "session_id": id, "status": d.status, "pages_found": d.found.pages, "flows_found": d.found.flows,
            "elements_found": d.found.elements, "coverage_score": d.coverage_score, "duration_ms": d.found.active_ms, "completed_at": at,
        })
    };
    match d.status {
        Status::Completed => Some(("complete", whole())),
        Status::Cancelled => Some(("cancelled", whole())),
        Status::Failed => Some(("failed", json!({ "session_id": id, "error": d.error, "timestamp": at }))),
        Status::Pending | Status::Running | Status::Paused => None,
    }
}

/// How far it is.
pub(crate) fn progress(d: &Discovery) -> Value {
    json!({
        "progress_percentage": d.progress(), "current_url": d.current_url, "current_depth": d.current_depth,
        "pages_found": d.found.pages, "queued": d.found.queued, "estimated_time_remaining": d.remaining_s(), "phase": d.phase,
    })
}
