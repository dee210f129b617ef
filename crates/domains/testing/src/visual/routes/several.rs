//! The same page on several screens or in several browsers, each compared by itself.

use argos_kernel::{AppError, Result};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Service;
use super::body::Body;
use super::view::{ComparisonView, SnapshotView};
use crate::actions::tests::fault;
use crate::visual::actions::against::{Against, Shown, Strictness};
use crate::visual::model::record::{Baseline, ChangeStory, Comparison, Status};
use crate::visual::model::wanted::{Region, Viewport};

const BROWSERS_MAX: usize = 5;

pub(super) fn routes(testing: Service) -> Routes<Service> {
    Routes::new(testing)
        .post(
            "/api/v1/visual/responsive/compare",
            "visual.responsive_compare",
            "Compare an address on every screen a baseline has.",
            screens,
        )
        .param("baseline_id", "required; baselines of its name, test and branch are its screens")
        .param("current_url", "required")
        .param("session_id", "a live browser whose sign-ins the pictures are taken with")
        .reply::<ComparedView>()
        .post("/api/v1/visual/browsers/capture", "visual.browsers_capture", "Pictures of an address in several browsers.", capture)
        .body::<BrowsersBody>()
        .reply::<CapturedView>()
        .post("/api/v1/visual/browsers/compare", "visual.browsers_compare", "Compare an address between browsers.", compare)
        .body::<BrowsersBody>()
        .reply::<ComparedView>()
}

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "documents the body; it is read member by member")]
struct BrowsersBody {
    url: String,
    /// Names of browsers; those that are not here are told.
    browsers: Vec<String>,
    project_id: Option<String>,
    full_page: Option<bool>,
    /// A live browser whose sign-ins the pictures are taken with.
    session_id: Option<String>,
}

#[derive(Default, Serialize, JsonSchema)]
struct Summary {
    total: usize,
    passed: usize,
    failed: usize,
    errors: usize,
}

#[derive(Serialize, JsonSchema)]
struct ComparedItem {
    browser: String,
    viewport: Viewport,
    success: bool,
    comparison: Option<ComparisonView>,
    error: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct ComparedView {
    success: bool,
    url: String,
    results: Vec<ComparedItem>,
    summary: Summary,
    compared_at: String,
}

#[derive(Serialize, JsonSchema)]
struct CapturedItem {
    browser: String,
    success: bool,
    snapshot: Option<SnapshotView>,
    error: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct CapturedView {
    success: bool,
    url: String,
    results: Vec<CapturedItem>,
    summary: Summary,
    captured_at: String,
}

fn compared(testing: &Service, summary: &mut Summary, browser: &str, viewport: Viewport, made: Result<Comparison>) -> ComparedItem {
    summary.total += 1;
    let browser = browser.to_owned();
    match made {
        Ok(c) => {
            *if matches!(c.status, Status::Passed | Status::AutoApproved) { &mut summary.passed } else { &mut summary.failed } += 1;
            ComparedItem { browser, viewport, success: true, comparison: Some(ComparisonView::of(testing, c)), error: None }
        }
        Err(e) => {
            summary.errors += 1;
            ComparedItem { browser, viewport, success: false, comparison: None, error: Some(e.message().to_owned()) }
        }
    }
}

fn not_here(browser: &str) -> AppError {
    AppError::bad_request(format!("The browser {browser} is not available here; chromium is."))
}

async fn screens(testing: Service, mut req: Req) -> Result<Reply> {
    let body = Body::of(&mut req, &["baseline_id", "current_url", "session_id"]).await?;
    let url = body.url("current_url")?;
    let (named, access) = testing.baseline_named(&req, body.required("baseline_id", 100)?).await?;
    let regions = Region::list(body.get("ignore_regions"), "ignore_regions").map_err(|f| AppError::invalid(vec![f]))?;
    let signed_in = testing.signed_in(&req, body.session()?, &access.project).await?;
    // What is wrong with the body is said before anything is compared.
    let ordered = |baseline: Baseline| body.order_like(url.clone(), &baseline.taken).map(|order| (baseline, order));
    let screens: Vec<_> = testing.screens_of(&named).await?.into_iter().map(ordered).collect::<Result<_>>()?;
    let (mut results, mut summary) = (Vec::new(), Summary::default());
    for (baseline, mut order) in screens {
        order.address.viewport = baseline.viewport.clone();
        order.address.signed_in.clone_from(&signed_in);
        let (viewport, browser) = (baseline.viewport.clone(), baseline.browser.clone());
        let strictness = Strictness { document: &body.0, regions: regions.clone(), story: ChangeStory::default() };
        let (against, shown) = (Against::Baseline(Box::new(baseline)), Shown::Address(Box::new(order)));
        let made = Box::pin(testing.compare_with(req.cx(), &access.project, against, shown, strictness)).await;
        results.push(compared(&testing, &mut summary, &browser, viewport, made));
    }
    let success = summary.errors == 0;
    Ok(Reply::json(&ComparedView { success, url, results, summary, compared_at: req.cx().now().rfc3339() }))
}

fn browsers(body: &Body, least: usize) -> Result<Vec<String>> {
    let mut all: Vec<String> = Vec::new();
    for name in body.names("browsers", BROWSERS_MAX)? {
        if !all.contains(&name) {
            all.push(name);
        }
    }
    match all.len() {
        0 => Err(fault("browsers", "browsers is required")),
        n if n < least => {
            Err(AppError::bad_request(format!("browsers must name at least {least}")).code("too_few").with("field", "browsers"))
        }
        _ => Ok(all),
    }
}

async fn capture(testing: Service, mut req: Req) -> Result<Reply> {
    let body = Body::of(&mut req, &["url", "project_id"]).await?;
    let (url, names) = (body.url("url")?, browsers(&body, 1)?);
    let mut order = body.order(url.clone())?;
    let (project, signed_in) = testing.project_and_sign_ins(&req, body.text("project_id", 100)?, body.session()?).await?;
    order.address.signed_in = signed_in;
    let (mut results, mut summary) = (Vec::new(), Summary::default());
    for browser in names {
        let taken = if browser == "chromium" { testing.capture(req.cx(), &project, &order).await } else { Err(not_here(&browser)) };
        summary.total += 1;
        results.push(match taken {
            Ok((snapshot, _)) => {
                summary.passed += 1;
                CapturedItem { browser, success: true, snapshot: Some(SnapshotView::of(&testing, snapshot)), error: None }
            }
            Err(e) => {
                summary.errors += 1;
                CapturedItem { browser, success: false, snapshot: None, error: Some(e.message().to_owned()) }
            }
        });
    }
    let success = summary.errors == 0;
    Ok(Reply::json(&CapturedView { success, url, results, summary, captured_at: req.cx().now().rfc3339() }))
}

/// Only one browser is here, so there is nothing yet that another one's picture could be compared with; each that is
/// missing is told.
async fn compare(testing: Service, mut req: Req) -> Result<Reply> {
    let body = Body::of(&mut req, &["url", "project_id"]).await?;
    let (url, names) = (body.url("url")?, browsers(&body, 2)?);
    testing.project_or_first(&req, body.text("project_id", 100)?).await?;
    let viewport = body.viewport()?;
    let mut summary = Summary::default();
    let missing = names.iter().filter(|name| *name != "chromium");
    let results = missing.map(|name| compared(&testing, &mut summary, name, viewport.clone(), Err(not_here(name)))).collect();
    Ok(Reply::json(&ComparedView { success: false, url, results, summary, compared_at: req.cx().now().rfc3339() }))
}
