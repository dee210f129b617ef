//! `/api/v1/browser/sessions/{id}/actions` and `…/pick`: steps in a browser that somebody drives, and the element under a
//! place of its picture.

use std::time::Duration;

use argos_kernel::{AppError, FieldError, Result};
use argos_web::{Reply, Req, Routes};
use argos_webtest::{Outcome, Picture, Plan, Seen, StepResult, StepStatus, grammar};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::Service;
use super::view::{DownloadView, sign_check};

use crate::actions::driving::{Asked, Driven};
use crate::actions::sessions::{failed, named};
use crate::actions::tests::fault;
use crate::model::input::field_error;
use crate::service::Testing;

/// Steps of one call.
const STEPS_MAX: usize = 100;
/// Largest side of a view.
const SIDE_MAX: f64 = 10_000.0;

pub(super) fn routes(testing: Service) -> Routes<Service> {
    Routes::new(testing)
        .post("/api/v1/browser/sessions/{id}/actions", "browser.actions", "Do steps in a session, from where its page stands.", actions)
        .body::<ActionsBody>()
        .reply::<ActionsView>()
        .post("/api/v1/browser/sessions/{id}/pick", "browser.pick", "The element at a place of the picture, and its selectors.", pick)
        .body::<PickBody>()
        .reply::<PickView>()
}

/// Steps in a session.
#[derive(Deserialize, JsonSchema, Default)]
#[serde(default)]
struct ActionsBody {
    /// 1-100 steps of a test, or sentences.
    steps: Vec<Value>,
    /// Of the test the steps are from.
    variables: Map<String, Value>,
    config: Map<String, Value>,
    /// One of the project's environments.
    environment: String,
    /// Milliseconds of a step that names none: 100-120000.
    timeout: Option<u64>,
    /// A picture after every step, as base64.
    screenshot: bool,
    continue_on_failure: bool,
}

#[derive(Deserialize, JsonSchema)]
struct PickBody {
    /// CSS pixels of the view.
    x: f64,
    y: f64,
}

#[derive(Serialize, JsonSchema)]
struct ActionsView {
    success: bool,
    session_id: String,
    steps: Vec<PageStepView>,
    /// What the steps downloaded; kept for sessions of a project.
    downloads: Vec<DownloadView>,
    url: String,
    title: String,
    error: Option<String>,
    duration_ms: i64,
}

/// What came of a step.
#[derive(Serialize, JsonSchema)]
pub(super) struct PageStepView {
    step_index: usize,
    instruction: String,
    success: bool,
    /// passed, failed, skipped, healed
    status: PageStepStatus,
    duration_ms: u64,
    /// JPEG or PNG, base64.
    pub(super) screenshot: Option<String>,
    error: Option<String>,
    error_code: Option<&'static str>,
    /// Selectors that were meant, when there were several.
    candidates: Vec<String>,
    warnings: Vec<String>,
    actions: Vec<PageActionView>,
    /// What a check of a picture or of accessibility found, with signed addresses; needs a project.
    check: Option<Value>,
}

impl PageStepView {
    pub(super) fn into_actions(self) -> Vec<PageActionView> {
        self.actions
    }
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum PageStepStatus {
    Passed,
    Failed,
    Skipped,
    Healed,
}

/// What was done to the page.
#[derive(Clone, Serialize, JsonSchema)]
pub(super) struct PageActionView {
    action: String,
    selector: Option<String>,
    value: Option<Value>,
    url: Option<String>,
    success: bool,
    error: Option<String>,
}

/// A selector and how steady its kind is, 0-1.
#[derive(Serialize, JsonSchema)]
struct RankedSelectorView {
    selector: String,
    /// testid, id, role, name, label, placeholder, text, class, path
    strategy: &'static str,
    confidence: f64,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct BoundsView {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

#[derive(Serialize, JsonSchema)]
struct PickView {
    /// False where there is no element.
    found: bool,
    /// The steadiest that names it alone; null when none does.
    selector: Option<String>,
    selectors: Vec<RankedSelectorView>,
    tag: Option<String>,
    role: Option<String>,
    name: Option<String>,
    bounds: Option<BoundsView>,
}

/// Reads the steps of a body; the errors name them.
pub(super) fn plan_of(steps: &[Value], variables: &Map<String, Value>, config: &Map<String, Value>, go_on: bool) -> Result<Plan> {
    if steps.is_empty() || steps.len() > STEPS_MAX {
        return Err(fault("steps", format!("steps must be 1-{STEPS_MAX} steps")));
    }
    let document = json!({ "name": "Live", "steps": steps, "variables": variables, "config": config });
    let mut plan = Plan::parse(&document).map_err(|problems| AppError::invalid(problems.into_iter().map(field_error).collect()))?;
    for step in &mut plan.steps {
        step.continue_on_failure |= go_on;
    }
    Ok(plan)
}

/// A limit of milliseconds within bounds.
pub(super) fn timeout_of(ms: Option<u64>) -> Result<Option<Duration>> {
    match ms {
        Some(ms) if !(100..=120_000).contains(&ms) => {
            Err(AppError::invalid(vec![FieldError::new("timeout", "timeout must be 100-120000")]))
        }
        ms => Ok(ms.map(Duration::from_millis)),
    }
}

pub(super) fn base64(picture: &Picture) -> String {
    data_encoding::BASE64.encode(&picture.bytes)
}

/// The steps that were reached, as they were written and as they were done.
pub(super) fn shown(testing: &Testing, written: &[Value], driven: &Driven) -> Vec<PageStepView> {
    let reached = |r: &&StepResult| r.success || r.status != StepStatus::Skipped;
    let views = driven.outcome.step_results.iter().filter(reached).map(|result| {
        let step = written.get(result.step_index).unwrap_or(&Value::Null);
        PageStepView {
            step_index: result.step_index,
            instruction: words_of(step, result),
            success: result.success,
            status: match result.status {
                StepStatus::Passed => PageStepStatus::Passed,
                StepStatus::Failed => PageStepStatus::Failed,
                StepStatus::Skipped => PageStepStatus::Skipped,
                StepStatus::Healed => PageStepStatus::Healed,
            },
            duration_ms: result.duration_ms,
            screenshot: driven.pictures.get(&result.step_index).map(base64),
            error: result.error.clone(),
            error_code: result.error_code.map(argos_webtest::ErrorCode::name),
            candidates: result.candidates.clone(),
            warnings: result.warnings.clone(),
            actions: vec![action_of(step, result)],
            check: driven.checks.get(&result.step_index).cloned().map(|mut found| {
                sign_check(testing, &mut found);
                found
            }),
        }
    });
    views.collect()
}

fn words_of(step: &Value, result: &StepResult) -> String {
    let described =
        || result.description.clone().unwrap_or_else(|| format!("{} {}", result.action, result.target.as_deref().unwrap_or("")));
    step.as_str().map_or_else(|| described().trim().to_owned(), str::to_owned)
}

/// What a step did; of a sentence what it was understood as.
fn action_of(step: &Value, result: &StepResult) -> PageActionView {
    let understood = step.as_str().and_then(grammar::parse).map(|i| i.step);
    let action = understood.as_ref().map_or_else(|| result.action.clone(), |s| s.action.name().to_owned());
    let value = match &understood {
        Some(step) => step.value.clone(),
        None => step.get("value").or_else(|| step.get("text")).or_else(|| step.get("key")).cloned(),
    };
    let selector = result.resolved_selector.clone().or_else(|| result.target.clone()).filter(|_| action != "goto");
    PageActionView { action, selector, value, url: result.url.clone(), success: result.success, error: result.error.clone() }
}

/// Why it did not go to its end.
pub(super) fn problem_of(outcome: &Outcome) -> Option<String> {
    outcome.error_message.clone()
}

pub(super) fn bounds_of(seen: &Seen) -> BoundsView {
    let (x, y, width, height) = seen.bounds;
    BoundsView { x, y, width, height }
}

async fn actions(testing: Service, mut req: Req) -> Result<Reply> {
    let session = named(&testing, &req, req.param("id")).await?;
    let body: ActionsBody = req.json().await?;
    let plan = plan_of(&body.steps, &body.variables, &body.config, body.continue_on_failure)?;
    let (step_timeout, pictures) = (timeout_of(body.timeout)?, body.screenshot);
    let asked = Asked { plan, environment: body.environment, step_timeout, pictures, alike: true };
    let driven = testing.drive(&session, session.turn()?, asked).await?;
    Ok(Reply::json(&ActionsView {
        success: driven.outcome.error_message.is_none(),
        session_id: session.uid.to_string(),
        steps: shown(&testing, &body.steps, &driven),
        downloads: driven.downloads.iter().map(|file| DownloadView::of(&testing, file.clone())).collect(),
        url: driven.redactor.clean(&session.page().url()),
        title: driven.redactor.clean(&session.page().title().await.unwrap_or_default()),
        error: problem_of(&driven.outcome),
        duration_ms: i64::try_from(driven.outcome.duration.as_millis()).unwrap_or(i64::MAX),
    }))
}

async fn pick(testing: Service, mut req: Req) -> Result<Reply> {
    let session = named(&testing, &req, req.param("id")).await?;
    let body: PickBody = req.json().await?;
    for (name, n) in [("x", body.x), ("y", body.y)] {
        if !n.is_finite() || !(0.0..=SIDE_MAX).contains(&n) {
            return Err(fault(name, format!("{name} must be a place of the view in CSS pixels")));
        }
    }
    session.used(req.cx().now());
    let redactor = testing.redactor_of(&session).await?;
    let seen = argos_webtest::pick(&session.page(), body.x, body.y).await.map_err(|e| failed(&e))?;
    let bounds = seen.as_ref().map(bounds_of);
    let (found, seen) = (seen.is_some(), seen.unwrap_or_default());
    let selectors: Vec<RankedSelectorView> = seen
        .selectors
        .into_iter()
        // One that shows a secret is not told, and without the secret it names nothing.
        .filter(|s| redactor.clean(&s.selector) == s.selector)
        .map(|s| RankedSelectorView { selector: s.selector, strategy: s.strategy, confidence: s.confidence })
        .collect();
    Ok(Reply::json(&PickView {
        found,
        selector: selectors.first().map(|s| s.selector.clone()),
        selectors,
        tag: seen.look.tag,
        role: seen.look.role,
        name: seen.look.accessible_name.map(|name| redactor.clean(&name)),
        bounds,
    }))
}
