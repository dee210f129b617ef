//! Decisions about pictures that differ.

use argos_kernel::{Result, Timestamp};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Service;
use super::body::Body;
use crate::actions::tests::fault;
use crate::visual::model::difference::DIFFERENCES_MAX;

/// Decisions of one request.
const MANY_MAX: usize = 100;
const NOTES_MAX: usize = 2_000;

pub(super) fn routes(testing: Service) -> Routes<Service> {
    Routes::new(testing)
        .post("/api/v1/visual/comparisons/{id}/approve", "visual.approve", "Accept what differs; 409 when it was decided.", approve)
        .body::<ApproveBody>()
        .reply::<ApprovedView>()
        .post("/api/v1/visual/comparisons/{id}/reject", "visual.reject", "Refuse what differs; 409 when it was decided.", reject)
        .body::<RejectBody>()
        .reply::<RejectedView>()
        .post("/api/v1/visual/comparisons/approve", "visual.approve_many", "Accept several comparisons, each by itself.", approve_many)
        .body::<ManyBody>()
        .reply::<ManyView>()
}

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "documents the body; it is read member by member")]
struct ApproveBody {
    /// Accept only these differences; the baseline stays unless they are all.
    change_ids: Option<Vec<String>>,
    notes: Option<String>,
    update_baseline: Option<bool>,
}

#[derive(Serialize, JsonSchema)]
struct ApprovedView {
    success: bool,
    comparison_id: String,
    approved_changes: Vec<String>,
    baseline_updated: bool,
    reviewed_at: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "documents the body; it is read member by member")]
struct RejectBody {
    notes: String,
    /// Only false: issues are made nowhere from here, and true is refused before anything is decided.
    create_issue: Option<bool>,
}

#[derive(Serialize, JsonSchema)]
struct RejectedView {
    success: bool,
    comparison_id: String,
    status: &'static str,
    notes: Option<String>,
    issue_url: Option<String>,
    reviewed_at: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "documents the body; it is read member by member")]
struct ManyBody {
    comparison_ids: Vec<String>,
    notes: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct Failed {
    id: String,
    error: String,
}

#[derive(Serialize, JsonSchema)]
struct ManyView {
    success: bool,
    approved: Vec<String>,
    failed: Vec<Failed>,
    approved_count: usize,
    failed_count: usize,
}

async fn approve(testing: Service, mut req: Req) -> Result<Reply> {
    let (comparison, _) = testing.comparison_named(&req, req.param("id")).await?;
    let body = Body::of(&mut req, &[]).await?;
    let changes = if body.has("change_ids") { Some(body.names("change_ids", DIFFERENCES_MAX)?) } else { None };
    let notes = body.text("notes", NOTES_MAX)?.map(str::to_owned);
    let update = body.flag("update_baseline", true)?;
    let done = testing.approve(req.cx(), comparison.uid, changes.as_deref(), notes.as_deref(), update).await?;
    Ok(Reply::json(&ApprovedView {
        success: true,
        comparison_id: done.comparison.uid.to_string(),
        approved_changes: done.changes,
        baseline_updated: done.baseline_updated,
        reviewed_at: done.comparison.reviewed_at.map(Timestamp::rfc3339),
    }))
}

async fn reject(testing: Service, mut req: Req) -> Result<Reply> {
    let (comparison, _) = testing.comparison_named(&req, req.param("id")).await?;
    let body = Body::of(&mut req, &[]).await?;
    let notes = body.required("notes", NOTES_MAX)?.to_owned();
    if body.flag("create_issue", false)? {
        let why = "create_issue: issues are made nowhere from here; reject with notes, and let a rule on visual.mismatch.detected or a webhook make one";
        return Err(fault("create_issue", why));
    }
    let done = testing.reject(req.cx(), comparison.uid, &notes).await?;
    Ok(Reply::json(&RejectedView {
        success: true,
        comparison_id: done.uid.to_string(),
        status: done.status.as_str(),
        notes: done.notes,
        issue_url: None,
        reviewed_at: done.reviewed_at.map(Timestamp::rfc3339),
    }))
}

async fn approve_many(testing: Service, mut req: Req) -> Result<Reply> {
    let body = Body::of(&mut req, &[]).await?;
    let ids = body.names("comparison_ids", MANY_MAX)?;
    if ids.is_empty() {
        return Err(fault("comparison_ids", format!("comparison_ids must name 1 to {MANY_MAX} comparisons")));
    }
    let notes = body.text("notes", NOTES_MAX)?.map(str::to_owned);
    let (mut approved, mut failed) = (Vec::new(), Vec::new());
    for id in ids {
        let done = match testing.comparison_named(&req, &id).await {
            Ok((c, _)) => testing.approve(req.cx(), c.uid, None, notes.as_deref(), true).await.map(drop),
            Err(error) => Err(error),
        };
        match done {
            Ok(()) => approved.push(id),
            Err(error) => failed.push(Failed { id, error: error.message().to_owned() }),
        }
    }
    let (approved_count, failed_count) = (approved.len(), failed.len());
    Ok(Reply::json(&json!(ManyView { success: failed_count == 0, approved, failed, approved_count, failed_count })))
}
