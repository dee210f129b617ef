//! Comparisons: make one, list them, and what they came to day by day.

use argos_imagediff::{Picture, PictureError};
use argos_kernel::{AppError, Page, PageRequest, Result, Timestamp};
use argos_web::{Query, Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Service;
use super::body::Body;
use super::view::{ComparisonView, DayView};
use crate::actions::tests::fault;
use crate::visual::actions::against::{Shown, Strictness};
use crate::visual::actions::comparing::on_paper;
use crate::visual::model::layout::Facts;
use crate::visual::model::record::{ChangeStory, Status};
use crate::visual::model::verdict::{Manner, Side, judge};
use crate::visual::model::wanted::{Region, Tolerance};
use crate::visual::store::comparisons::{self, Filter};

/// Characters of what is said of a change.
const STORY_MAX: usize = 10_000;
const DIFF_MAX: usize = 1_000_000;
const DIFF_KEPT: usize = 20_000;
/// Pixels of a picture that comes in a body.
const PIXELS_MAX: u64 = 50_000_000;

pub(super) fn routes(testing: Service) -> Routes<Service> {
    Routes::new(testing)
        .post("/api/v1/visual/compare", "visual.compare", "Compare an address or a picture with a baseline, or two pictures.", compare)
        .body::<CompareBody>()
        .reply::<ComparisonView>()
        .body_limit(100 << 20)
        .get("/api/v1/visual/comparisons", "visual.list_comparisons", "Comparisons, newest first.", list)
        .param("project_id", "comparisons of one project")
        .param("status", "passed, pending_review, approved, auto_approved, rejected, error")
        .param("queue", "true: only those that wait for a decision")
        .param("limit", "1-100, default 50")
        .param("offset", "comparisons to skip")
        .reply::<ComparisonsView>()
        .get("/api/v1/visual/comparisons/{id}", "visual.get_comparison", "One comparison.", get)
        .get("/api/v1/visual/history", "visual.history", "What comparisons came to, day by day.", history)
        .param("project_id", "required")
        .param("baseline_id", "comparisons with one baseline")
        .param("status", "comparisons with one outcome")
        .param("from", "since, RFC 3339")
        .param("to", "before, RFC 3339")
        .param("limit", "1-100, default 50")
        .param("offset", "comparisons to skip")
        .reply::<HistoryView>()
}

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "documents the body; it is read member by member")]
struct CompareBody {
    /// A baseline or a snapshot.
    baseline_id: Option<String>,
    /// An address, or `current_snapshot_id`.
    current_url: Option<String>,
    current_snapshot_id: Option<String>,
    ignore_regions: Option<Vec<Region>>,
    /// low, medium or high
    sensitivity: Option<String>,
    threshold: Option<f64>,
    threshold_percentage: Option<f64>,
    viewport: Option<Value>,
    browser: Option<String>,
    /// These three are heard by a model that explains the comparison (`ai/explain`), where the project lets one.
    context: Option<String>,
    pr_description: Option<String>,
    /// Its first 20000 characters are kept.
    git_diff: Option<String>,
    /// A live browser whose sign-ins `current_url` is opened with.
    session_id: Option<String>,
    /// These three are as in the baseline unless they are given.
    full_page: Option<bool>,
    mask_selectors: Option<Vec<String>>,
    hide_selectors: Option<Vec<String>>,
    /// A PNG, JPEG or WebP as base64; with `current_b64` nothing is kept.
    baseline_b64: Option<String>,
    current_b64: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct ComparisonsView {
    comparisons: Vec<ComparisonView>,
    total: i64,
}

#[derive(Serialize, JsonSchema)]
struct HistoryView {
    history: Vec<DayView>,
    comparisons: Vec<ComparisonView>,
    total: i64,
}

fn unreadable(name: &str) -> AppError {
    AppError::bad_request(format!("{name} is no PNG, JPEG or WebP as base64")).code("not_a_picture").with("field", name)
}

/// The file of a body that stands as base64 in it, perhaps as an address of data.
fn file(body: &Body, name: &'static str) -> Result<Vec<u8>> {
    let text = body.get(name).as_str().ok_or_else(|| fault(name, format!("{name} is required")))?;
    let text = text.rsplit_once("base64,").map_or(text, |(_, data)| data);
    data_encoding::BASE64.decode(text.trim().as_bytes()).map_err(|_| unreadable(name))
}

/// A PNG, JPEG or WebP.
fn picture(bytes: &[u8], name: &'static str) -> Result<Picture> {
    Picture::read(bytes, PIXELS_MAX).map_err(|error| match error {
        PictureError::TooLarge(..) => {
            AppError::bad_request(format!("{name} has more than 50 million pixels")).code("picture_too_large").with("field", name)
        }
        _ => unreadable(name),
    })
}

/// Two pictures of a body; nothing is kept.
async fn compare_bodies(testing: &Service, req: &Req, body: &Body) -> Result<Reply> {
    let tolerance = Tolerance::default().read(&body.0).map_err(|f| AppError::invalid(vec![f]))?;
    let regions = Region::list(body.get("ignore_regions"), "ignore_regions").map_err(|f| AppError::invalid(vec![f]))?;
    let ignored = on_paper(&regions, &Facts::default());
    // Before they are unpacked: a small file may be a large picture.
    let turn = testing.picture_turn().await?;
    let (before, after) = (file(body, "baseline_b64")?, file(body, "current_b64")?);
    let work = move || -> Result<_> {
        let _turn = turn;
        let (before, after) = (picture(&before, "baseline_b64")?, picture(&after, "current_b64")?);
        let (learned, view) = (std::collections::HashSet::new(), (before.width(), before.height()));
        let manner = Manner { tolerance, ignored: &ignored, learned: &learned, scale: 1.0, view };
        Ok(judge(&Side { picture: &before, facts: None }, &Side { picture: &after, facts: None }, &manner).measured)
    };
    let m = tokio::task::spawn_blocking(work).await.map_err(AppError::internal)??;
    Ok(Reply::json(&json!({
        "success": true,
        "result": {
            "baseline_path": null, "current_path": null, "match": m.matches, "match_percentage": m.match_percentage,
            "has_regressions": m.differences.iter().any(|d| d.is_regression), "differences": m.differences, "summary": m.summary,
            "diff_pixel_count": m.diff_pixel_count, "diff_percentage": m.diff_percentage, "ssim": m.ssim,
            "threshold": m.threshold, "threshold_percentage": m.threshold_percentage, "timestamp": req.cx().now().rfc3339(),
        },
    })))
}

/// What is said of the change; of a long difference of the sources its beginning is kept.
fn story(body: &Body) -> Result<ChangeStory> {
    let text = |name: &str, max| Ok::<_, AppError>(body.text(name, max)?.map(str::to_owned));
    let git_diff = body.text("git_diff", DIFF_MAX)?.map(|diff| diff.chars().take(DIFF_KEPT).collect());
    Ok(ChangeStory { context: text("context", STORY_MAX)?, pr_description: text("pr_description", STORY_MAX)?, git_diff })
}

async fn compare(testing: Service, mut req: Req) -> Result<Reply> {
    let body = Body::of(&mut req, &[]).await?;
    if body.has("baseline_b64") || body.has("current_b64") {
        return compare_bodies(&testing, &req, &body).await;
    }
    let story = story(&body)?;
    let (against, access) = testing.against_named(&req, body.required("baseline_id", 100)?).await?;
    let regions = Region::list(body.get("ignore_regions"), "ignore_regions").map_err(|f| AppError::invalid(vec![f]))?;
    let shown = match body.text("current_snapshot_id", 100)? {
        Some(id) => Shown::Snapshot(Box::new(testing.snapshot_of_project(access.project.id, id).await?)),
        None => {
            let mut order = body.order_like(body.url("current_url")?, &against.taken())?;
            if !body.has("viewport") {
                order.address.viewport = against.viewport().clone();
            }
            order.address.signed_in = testing.signed_in(&req, body.session()?, &access.project).await?;
            Shown::Address(Box::new(order))
        }
    };
    let strictness = Strictness { document: &body.0, regions, story };
    let made = Box::pin(testing.compare_with(req.cx(), &access.project, against, shown, strictness)).await?;
    Ok(Reply::json(&ComparisonView::of(&testing, made)))
}

fn status(q: &Query) -> Result<Option<Status>> {
    let unknown = |word: &str| fault("status", format!("unknown status `{word}`"));
    q.filled("status").map(|word| Status::parse(word).ok_or_else(|| unknown(word))).transpose()
}

fn page(q: &Query) -> Result<PageRequest> {
    Ok(PageRequest { limit: q.int_clamped("limit", 50, 1, 100)?, offset: q.int_clamped("offset", 0, 0, 100_000)? })
}

async fn list(testing: Service, req: Req) -> Result<Reply> {
    let q = req.query();
    let (organization_id, project_id) = match q.filled("project_id") {
        Some(text) => {
            let project = testing.project_for(&req, text).await?.project;
            (project.organization_id, Some(project.id))
        }
        None => (testing.platform.identity.organization_of(&req).await?.organization.id, None),
    };
    let queue = q.filled("queue") == Some("true");
    let filter = Filter {
        organization_id,
        project_id,
        status: if queue { Some(Status::PendingReview) } else { status(q)? },
        superseded: queue.then_some(false),
        ..Filter::default()
    };
    let Page { items, total } = comparisons::list(&testing.platform.store.state, &filter, page(q)?).await?;
    let comparisons = items.into_iter().map(|c| ComparisonView::of(&testing, c)).collect();
    Ok(Reply::json(&ComparisonsView { comparisons, total }).total_count(total))
}

async fn get(testing: Service, req: Req) -> Result<Reply> {
    let (comparison, _) = testing.comparison_named(&req, req.param("id")).await?;
    Ok(Reply::json(&json!({ "comparison": ComparisonView::of(&testing, comparison) })))
}

async fn history(testing: Service, req: Req) -> Result<Reply> {
    let q = req.query();
    let project = q.filled("project_id").ok_or_else(|| fault("project_id", "project_id is required"))?;
    let project = testing.project_for(&req, project).await?.project;
    let baseline_id = match q.filled("baseline_id") {
        None => None,
        Some(text) => Some(testing.baseline_named(&req, text).await?.0.id),
    };
    let time = |name: &str| match q.filled(name) {
        None => Ok(None),
        Some(text) => Timestamp::parse_rfc3339(text).map(Some).ok_or_else(|| fault(name, format!("{name} must be a time as in RFC 3339"))),
    };
    let filter = Filter {
        organization_id: project.organization_id,
        project_id: Some(project.id),
        baseline_id,
        status: status(q)?,
        from: time("from")?,
        to: time("to")?,
        superseded: None,
    };
    let db = &testing.platform.store.state;
    let days = comparisons::days(db, &filter).await?;
    let Page { items, total } = comparisons::list(db, &filter, page(q)?).await?;
    let comparisons = items.into_iter().map(|c| ComparisonView::of(&testing, c)).collect();
    Ok(Reply::json(&HistoryView { history: days.iter().map(DayView::of).collect(), comparisons, total }).total_count(total))
}
