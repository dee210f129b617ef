//! What an exploration says to those who follow it, and the documents of its parts that routes show as well.

use argos_kernel::{Timestamp, Uid};
use serde_json::{Value, json};

use crate::discovery::model::{Discovery, Page, Status, StoredFlow};

/// A page as lists and streams show it; `artifact_id` becomes an address where it is shown.
pub(crate) fn page(session: Uid, p: &Page) -> Value {
    json!({
        "id": p.uid.to_string(), "session_id": session.to_string(), "url": p.url, "title": p.title, "description": p.seen.description,
        "page_type": p.page_type, "artifact_id": p.screenshot, "elements_count": p.elements_count, "forms_count": p.forms_count,
        "links_count": p.links_count, "discovered_at": p.discovered_at.rfc3339(), "load_time_ms": p.load_time_ms, "ai_analysis": null,
        "depth": p.depth, "status_code": p.status_code, "requires_auth": p.requires_auth, "canonical_url": p.seen.canonical,
        "structure_hash": p.structure_hash, "lcp_ms": p.seen.lcp_ms, "cls_score": p.seen.cls_score,
        "console_errors": p.findings.console_errors.len(), "failed_requests": p.findings.failed_requests.len(),
    })
}

/// A flow as lists and streams show it.
pub(crate) fn flow(session: Uid, f: &StoredFlow) -> Value {
    json!({
        "id": f.uid.to_string(), "session_id": session.to_string(), "name": f.flow.name, "description": f.flow.description,
        "category": f.flow.kind, "priority": f.flow.priority, "start_url": f.flow.start_url, "steps": f.flow.steps,
        "pages_involved": f.flow.pages, "estimated_duration": f.flow.estimated_duration_s(), "complexity_score": round(f.flow.complexity()),
        "confidence_score": round(f.flow.confidence), "success_criteria": f.flow.success_criteria, "harmless": f.flow.harmless,
        "test_generated": f.test_uid.is_some(), "generated_test_id": f.test_uid.map(|u| u.to_string()), "validated": f.validated,
        "validation_result": f.validation, "created_at": f.created_at.rfc3339(), "updated_at": f.updated_at.rfc3339(),
    })
}

fn round(n: f64) -> f64 {
    (n * 100.0).round() / 100.0
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
