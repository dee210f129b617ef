//! Baselines: list, make, read, change, remove, history.

use argos_kernel::{AppError, Page, PageRequest, Result};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Service;
use super::body::Body;
use super::view::{BaselineView, version_view};
use crate::actions::tests::fault;
use crate::visual::actions::baselines::Change;
use crate::visual::actions::comparing::of_project;
use crate::visual::model::wanted::{Region, TEXT_MAX};
use crate::visual::store::baselines;

/// How strictly a baseline is compared.
const STRICTNESS: [&str; 3] = ["threshold", "threshold_percentage", "sensitivity"];

pub(super) fn routes(testing: Service) -> Routes<Service> {
    Routes::new(testing)
        .get("/api/v1/visual/baselines", "visual.list_baselines", "Baselines of a project, by name.", list)
        .param("project_id", "required")
        .param("branch", "baselines of one branch")
        .param("limit", "1-100, default 50")
        .param("offset", "baselines to skip")
        .reply::<BaselinesView>()
        .post("/api/v1/visual/baselines", "visual.create_baseline", "Take or name a picture and approve it.", create)
        .body::<BaselineBody>()
        .reply::<BaselineView>()
        .get("/api/v1/visual/baselines/{id}", "visual.get_baseline", "One baseline.", get)
        .put("/api/v1/visual/baselines/{id}", "visual.update_baseline", "Change a baseline; absent members stay.", update)
        .body::<ChangeBody>()
        .reply::<BaselineView>()
        .delete("/api/v1/visual/baselines/{id}", "visual.delete_baseline", "Remove a baseline with its comparisons.", remove)
        .get("/api/v1/visual/baselines/{id}/history", "visual.baseline_history", "The pictures that were approved, newest first.", history)
        .param("limit", "1-100, default 20")
}

#[derive(Serialize, JsonSchema)]
struct BaselinesView {
    baselines: Vec<BaselineView>,
    total: i64,
}

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "documents the body; it is read member by member")]
struct BaselineBody {
    project_id: String,
    name: String,
    /// An address, or `snapshot_id`.
    url: Option<String>,
    snapshot_id: Option<String>,
    branch: Option<String>,
    browser: Option<String>,
    viewport: Option<Value>,
    /// A live browser whose sign-ins the picture of `url` is taken with; it is not remembered.
    session_id: Option<String>,
    /// These three are remembered: the next pictures are taken alike.
    full_page: Option<bool>,
    mask_selectors: Option<Vec<String>>,
    hide_selectors: Option<Vec<String>>,
}

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "documents the body; it is read member by member")]
struct ChangeBody {
    name: Option<String>,
    url: Option<String>,
    ignore_regions: Option<Vec<Region>>,
    threshold: Option<f64>,
    threshold_percentage: Option<f64>,
    /// low, medium or high
    sensitivity: Option<String>,
    /// Names of these three: how strictly it is compared is the project's again. They are one, so one name gives back all.
    inherit: Option<Vec<String>>,
    /// This picture becomes the approved one.
    snapshot_id: Option<String>,
    /// A new picture of the address becomes the approved one.
    recapture: Option<bool>,
    /// Of the new picture; without them it is taken as the one before.
    full_page: Option<bool>,
    mask_selectors: Option<Vec<String>>,
    hide_selectors: Option<Vec<String>>,
    restore_version: Option<i64>,
    /// A live browser whose sign-ins `recapture` uses; required where the picture before was taken with one.
    session_id: Option<String>,
}

async fn list(testing: Service, req: Req) -> Result<Reply> {
    let q = req.query();
    let project = q.filled("project_id").ok_or_else(|| fault("project_id", "project_id is required"))?;
    let project = testing.project_for(&req, project).await?.project;
    let page = PageRequest { limit: q.int_clamped("limit", 50, 1, 100)?, offset: q.int_clamped("offset", 0, 0, 10_000)? };
    let Page { items, total } = baselines::list(&testing.platform.store.state, project.id, q.filled("branch"), page).await?;
    let baselines = items.into_iter().map(|b| BaselineView::of(&testing, b)).collect();
    Ok(Reply::json(&BaselinesView { baselines, total }).total_count(total))
}

async fn create(testing: Service, mut req: Req) -> Result<Reply> {
    let body = Body::of(&mut req, &["url", "name", "project_id", "browser", "branch", "snapshot_id"]).await?;
    let (name, branch) = (body.required("name", TEXT_MAX)?.to_owned(), body.branch()?);
    let project = testing.project_for(&req, body.required("project_id", 100)?).await?.project;
    let made = match body.text("snapshot_id", 100)? {
        Some(snapshot) => {
            let snapshot = testing.snapshot_of_project(project.id, snapshot).await?;
            testing.approve_snapshot(req.cx(), &project, &name, &branch, &snapshot).await?
        }
        None => {
            let mut order = body.order(body.url("url")?)?;
            order.address.signed_in = testing.signed_in(&req, body.session()?, &project).await?;
            testing.capture_baseline(req.cx(), &project, &name, &branch, &order).await?
        }
    };
    Ok(Reply::json(&BaselineView::of(&testing, made)))
}

async fn get(testing: Service, req: Req) -> Result<Reply> {
    let (baseline, _) = testing.baseline_named(&req, req.param("id")).await?;
    Ok(Reply::json(&json!({ "baseline": BaselineView::of(&testing, baseline) })))
}

async fn update(testing: Service, mut req: Req) -> Result<Reply> {
    let (old, access) = testing.baseline_named(&req, req.param("id")).await?;
    let body = Body::of(&mut req, &[]).await?;
    let invalid = |f| AppError::invalid(vec![f]);
    let strict = STRICTNESS.iter().any(|n| body.has(n));
    let inherited = body.names("inherit", STRICTNESS.len())?;
    if strict && !inherited.is_empty() || inherited.iter().any(|name| !STRICTNESS.contains(&name.as_str())) {
        let words = STRICTNESS.join(", ");
        return Err(fault("inherit", format!("inherit must be a list of {words}, none of which is given a value beside it")));
    }
    let tolerance = if !inherited.is_empty() {
        Some(None)
    } else if strict {
        let general = match old.tolerance {
            Some(own) => own,
            // What is not said stays as the project has it now.
            None => of_project(&testing.platform.identity.project_values(&access.project).await?.settings),
        };
        Some(Some(general.read(&body.0).map_err(invalid)?))
    } else {
        None
    };
    let mut change = Change {
        name: body.text("name", TEXT_MAX)?.map(str::to_owned),
        url: if body.has("url") { Some(body.url("url")?) } else { None },
        ignore_regions: if body.has("ignore_regions") {
            Some(Region::list(body.get("ignore_regions"), "ignore_regions").map_err(invalid)?)
        } else {
            None
        },
        tolerance,
        snapshot: None,
        restore_version: match body.get("restore_version") {
            Value::Null => None,
            v => Some(v.as_i64().ok_or_else(|| fault("restore_version", "restore_version must be an integer"))?),
        },
    };
    if let Some(snapshot) = body.text("snapshot_id", 100)? {
        let snapshot = testing.snapshot_of_project(old.project_id, snapshot).await?;
        if !snapshot.viewport.is_as_large_as(&old.viewport) {
            let text = "snapshot_id names a picture of another size than the baseline's";
            return Err(AppError::bad_request(text).code("viewport_mismatch").with("field", "snapshot_id"));
        }
        change.snapshot = Some(snapshot);
    } else if body.flag("recapture", false)? {
        if old.taken.signed_in && body.session()?.is_none() {
            let text = "The picture was taken behind a sign-in: session_id must name a live browser that is signed in";
            return Err(AppError::bad_request(text).code("sign_in_required").with("field", "session_id"));
        }
        let mut order = body.order_like(change.url.clone().unwrap_or_else(|| old.url.clone()), &old.taken)?;
        order.address.viewport = old.viewport.clone();
        order.address.signed_in = testing.signed_in(&req, body.session()?, &access.project).await?;
        change.snapshot = Some(testing.capture_sound(req.cx(), &access.project, &order).await?.0);
    }
    let changed = testing.change_baseline(req.cx(), &old, change).await?;
    Ok(Reply::json(&BaselineView::of(&testing, changed)))
}

async fn remove(testing: Service, req: Req) -> Result<Reply> {
    let (baseline, _) = testing.baseline_named(&req, req.param("id")).await?;
    testing.delete_baseline(req.cx(), &baseline).await?;
    Ok(Reply::json(&json!({ "success": true, "message": "Baseline deleted" })))
}

async fn history(testing: Service, req: Req) -> Result<Reply> {
    let (baseline, _) = testing.baseline_named(&req, req.param("id")).await?;
    let limit = req.query().int_clamped("limit", 20, 1, 100)?;
    let found = baselines::versions(&testing.platform.store.state, baseline.id, limit).await?;
    let versions: Vec<Value> = found.items.iter().map(|v| version_view(&testing, v)).collect();
    Ok(Reply::json(&json!({ "baseline": BaselineView::of(&testing, baseline), "history": versions, "total_versions": found.total })))
}
