//! Pictures of addresses: one, on several screens, and what rules say of one.

use argos_kernel::{AppError, Result};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Service;
use super::body::Body;
use super::view::{ComparisonView, SnapshotView};
use crate::actions::tests::fault;
use crate::visual::actions::capture::Order;
use crate::visual::model::analysis::{Analysis, analyze as judge};
use crate::visual::model::layout::PageIssue;
use crate::visual::model::wanted::{TEXT_MAX, Viewport};

/// Screens of one request.
const VIEWPORTS_MAX: usize = 10;
/// Of what a caller says of a page.
const CONTEXT_MAX: usize = 5_000;

pub(super) fn routes(testing: Service) -> Routes<Service> {
    Routes::new(testing)
        .post("/api/v1/visual/capture", "visual.capture", "Take a picture of an address.", capture)
        .body::<CaptureBody>()
        .reply::<SnapshotView>()
        .get("/api/v1/visual/snapshots/{id}", "visual.get_snapshot", "A picture that was taken.", get)
        .post("/api/v1/visual/analyze", "visual.analyze", "What rules say of a picture that was taken.", analyze)
        .body::<AnalyzeBody>()
        .reply::<AnalysisView>()
        .post("/api/v1/visual/responsive", "visual.responsive", "Pictures and faults of an address on several screens.", responsive)
        .body::<ResponsiveBody>()
        .reply::<ResponsiveView>()
        .post("/api/v1/visual/responsive/capture", "visual.responsive_capture", "The same.", responsive)
        .body::<ResponsiveBody>()
        .reply::<ResponsiveView>()
}

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "documents the body; it is read member by member")]
struct CaptureBody {
    url: String,
    /// Without one, the oldest project of the organization.
    project_id: Option<String>,
    name: Option<String>,
    /// `{"width":1440,"height":900,"device_scale_factor":1}`
    viewport: Option<Value>,
    browser: Option<String>,
    /// A selector that must be visible first.
    wait_for: Option<String>,
    /// Milliseconds.
    wait_timeout: Option<u64>,
    full_page: Option<bool>,
    /// What they select is painted over.
    mask_selectors: Option<Vec<String>>,
    /// What they select is not shown.
    hide_selectors: Option<Vec<String>>,
    /// A live browser: the picture is taken beside it, with its cookies, headers and what its pages stored.
    session_id: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "documents the body; it is read member by member")]
struct AnalyzeBody {
    snapshot_id: String,
    /// Texts or selectors that must be there.
    expected_elements: Option<Vec<String>>,
    /// What else is known of the page, at most 5000 characters; heard by a model only.
    context: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct AnalysisView {
    success: bool,
    snapshot_id: String,
    analysis: Analysis,
    /// The same in the words of a model; null without one.
    ai_summary: Option<String>,
    /// Why there are none.
    ai_note: Option<String>,
    analyzed_at: String,
}

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "documents the body; it is read member by member")]
struct ResponsiveBody {
    url: String,
    /// Without any: mobile, tablet, desktop and wide.
    viewports: Option<Vec<Value>>,
    project_id: Option<String>,
    name: Option<String>,
    detect_issues: Option<bool>,
    /// Compare each screen with the baseline of this name and size, where there is one.
    compare_baselines: Option<bool>,
    /// Of the baselines.
    branch: Option<String>,
    /// A live browser whose sign-ins the pictures are taken with.
    session_id: Option<String>,
}

/// One screen.
#[derive(Serialize, JsonSchema)]
struct ScreenView {
    id: Option<String>,
    viewport: Viewport,
    success: bool,
    screenshot_url: Option<String>,
    error: Option<String>,
    issues: Vec<PageIssue>,
    /// With the baseline of this size; null when there is none, or none was asked for.
    comparison: Option<ComparisonView>,
}

#[derive(Serialize, JsonSchema)]
struct ResponsiveView {
    success: bool,
    url: String,
    results: Vec<ScreenView>,
    captured_at: String,
    issues_summary: Value,
}

async fn capture(testing: Service, mut req: Req) -> Result<Reply> {
    let body = Body::of(&mut req, &[]).await?;
    let mut order = body.order(body.url("url")?)?;
    let (project, signed_in) = testing.project_and_sign_ins(&req, body.text("project_id", 100)?, body.session()?).await?;
    order.address.signed_in = signed_in;
    let (snapshot, _) = testing.capture(req.cx(), &project, &order).await?;
    Ok(Reply::json(&SnapshotView::of(&testing, snapshot)))
}

async fn get(testing: Service, req: Req) -> Result<Reply> {
    let (snapshot, _) = testing.snapshot_named(&req, req.param("id")).await?;
    Ok(Reply::json(&json!({ "snapshot": SnapshotView::of(&testing, snapshot) })))
}

async fn analyze(testing: Service, mut req: Req) -> Result<Reply> {
    let body = Body::of(&mut req, &["snapshot_id", "context"]).await?;
    let expected = body.texts("expected_elements")?;
    let context = body.text("context", CONTEXT_MAX)?.map(str::to_owned);
    let (snapshot, access) = testing.snapshot_named(&req, body.required("snapshot_id", 100)?).await?;
    let gone = || AppError::not_found("The picture is not kept any more");
    let facts = testing.facts_of(Some(&snapshot.facts)).await?.ok_or_else(gone)?;
    let (picture, turn) = testing.picture_of(&snapshot.picture, testing.picture_turn().await?).await?;
    let work = move || {
        let _turn = turn;
        picture.commonest_share()
    };
    let commonest = tokio::task::spawn_blocking(work).await.map_err(AppError::internal)?;
    let analysis = judge(&facts, commonest, &expected);
    let (ai_summary, ai_note) = testing.describe_page(req.cx(), &access.project, (&facts, &analysis), context.as_deref()).await?;
    Ok(Reply::json(&AnalysisView {
        success: true,
        snapshot_id: snapshot.uid.to_string(),
        analysis,
        ai_summary,
        ai_note,
        analyzed_at: req.cx().now().rfc3339(),
    }))
}

fn count(results: &[ScreenView], key: impl Fn(&PageIssue) -> String) -> Value {
    let mut counts = std::collections::BTreeMap::<String, usize>::new();
    for issue in results.iter().flat_map(|r| &r.issues) {
        *counts.entry(key(issue)).or_default() += 1;
    }
    json!(counts)
}

async fn responsive(testing: Service, mut req: Req) -> Result<Reply> {
    let body = Body::of(&mut req, &["url", "project_id", "name"]).await?;
    let (url, detect) = (body.url("url")?, body.flag("detect_issues", true)?);
    let viewports = match body.get("viewports") {
        Value::Null => Viewport::usual(),
        Value::Array(list) if (1..=VIEWPORTS_MAX).contains(&list.len()) => {
            let read = list.iter().map(|v| Viewport::read(v, "viewports")).collect::<Result<_, _>>();
            read.map_err(|f| AppError::invalid(vec![f]))?
        }
        _ => return Err(fault("viewports", format!("viewports must be a list of 1 to {VIEWPORTS_MAX} sizes"))),
    };
    let mut order = body.order(url.clone())?;
    let (project, signed_in) = testing.project_and_sign_ins(&req, body.text("project_id", 100)?, body.session()?).await?;
    order.address.signed_in = signed_in;
    let name = if body.flag("compare_baselines", false)? { Some(body.required("name", TEXT_MAX)?) } else { None };
    let branch = body.branch()?;
    let mut results = Vec::new();
    for viewport in viewports {
        let mut one = Order { full_page: true, issues: detect, ..order.clone() };
        one.address.viewport = viewport.clone();
        let against = match name {
            Some(name) => testing.baseline_for(project.id, None, name, &viewport, &branch).await?,
            None => None,
        };
        results.push(match Box::pin(testing.screen(req.cx(), &project, one, against)).await {
            Ok((snapshot, issues, comparison)) => ScreenView {
                id: Some(snapshot.uid.to_string()),
                viewport,
                success: true,
                screenshot_url: Some(testing.signed(&snapshot.picture)),
                error: None,
                issues,
                comparison: comparison.map(|c| ComparisonView::of(&testing, c)),
            },
            // The first screen says what is wrong with the request; of the others it is told.
            Err(error) if results.is_empty() => return Err(error),
            Err(error) => {
                let error = Some(error.message().to_owned());
                ScreenView { id: None, viewport, success: false, screenshot_url: None, error, issues: Vec::new(), comparison: None }
            }
        });
    }
    let total: usize = results.iter().map(|r| r.issues.len()).sum();
    let summary = json!({
        "total": total, "by_type": count(&results, |i| i.kind.clone()), "by_severity": count(&results, |i| i.severity.to_string()),
    });
    Ok(Reply::json(&ResponsiveView {
        success: results.iter().all(|r| r.success),
        url,
        results,
        captured_at: req.cx().now().rfc3339(),
        issues_summary: summary,
    }))
}
