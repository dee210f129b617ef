//! `/api/v1/browser/test`, `/observe` and `/act`: one call, one look at a page. In a browser of its own, which ends with the
//! call, or in a session that is there.

use argos_kernel::{AppError, Result};
use argos_web::{Reply, Req, Routes};
use argos_webtest::{Redactor, Seen};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Service;
use super::driving::{BoundsView, PageActionView, PageStepView, base64, bounds_of, plan_of, problem_of, shown, timeout_of};
use crate::actions::driving::Asked;
use crate::actions::held::{PagePlace, held};
use crate::actions::sessions::failed;
use crate::actions::tests::fault;
use crate::model::page_words::{LIKENESS_MIN, WORDS_MAX, likeness, words_of};

const STEP_MS: u64 = 45_000;
/// Controls of a page that are looked at, and those that are told.
const LOOKED_AT_MAX: usize = 400;
const ELEMENTS_MAX: usize = 100;

pub(super) fn routes(testing: Service) -> Routes<Service> {
    Routes::new(testing)
        .post("/api/v1/browser/test", "browser.test", "Do steps or sentences on a page.", test)
        .body::<PageTestBody>()
        .reply::<PageTestView>()
        .post("/api/v1/browser/observe", "browser.observe", "The controls of a page, or those that words mean.", observe)
        .body::<ObserveBody>()
        .reply::<ObserveView>()
        .post("/api/v1/browser/act", "browser.act", "Do one sentence on a page.", act)
        .body::<ActBody>()
        .reply::<ActView>()
}

#[derive(Deserialize, JsonSchema)]
#[serde(default)]
struct PageTestBody {
    #[serde(flatten)]
    place: PagePlace,
    /// 1-100 steps of a test, or sentences.
    steps: Vec<Value>,
    /// A picture of each step.
    screenshot: bool,
    /// Needs project_id: the video is kept with the project.
    record_video: bool,
    /// Milliseconds of a step: 100-120000.
    timeout: u64,
    /// Adds what the page wrote as errors and what it did not get.
    verbose: bool,
    continue_on_failure: bool,
}

impl Default for PageTestBody {
    fn default() -> Self {
        Self {
            place: PagePlace::default(),
            steps: Vec::new(),
            screenshot: true,
            record_video: false,
            timeout: STEP_MS,
            verbose: false,
            continue_on_failure: false,
        }
    }
}

#[derive(Deserialize, JsonSchema, Default)]
#[serde(default)]
struct ObserveBody {
    #[serde(flatten)]
    place: PagePlace,
    /// Words for what is looked for; without them every control.
    instruction: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(default)]
struct ActBody {
    #[serde(flatten)]
    place: PagePlace,
    instruction: String,
    screenshot: bool,
    /// Words may mean an element that is only called alike; false: nothing but what is called so.
    self_heal: bool,
}

impl Default for ActBody {
    fn default() -> Self {
        Self { place: PagePlace::default(), instruction: String::new(), screenshot: true, self_heal: true }
    }
}

#[derive(Serialize, JsonSchema)]
struct PageTestView {
    success: bool,
    steps: Vec<PageStepView>,
    /// JPEG or PNG, base64.
    final_screenshot: Option<String>,
    /// Of a browser of its own; the video of a session is there when it ends.
    video_artifact_id: Option<String>,
    recording_url: Option<String>,
    error: Option<String>,
    duration_ms: i64,
    browser: &'static str,
    /// With `verbose`.
    console_errors: Option<Vec<Value>>,
    network_failures: Option<Vec<Value>>,
}

#[derive(Serialize, JsonSchema)]
struct PageElementView {
    /// Names it alone; null when nothing does.
    selector: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(rename = "tagName")]
    tag_name: Option<String>,
    text: Option<String>,
    /// Never a password.
    value: Option<String>,
    placeholder: Option<String>,
    description: String,
    /// With words how well they fit, else how steady the selector is; 0-1.
    confidence: f64,
    bounds: BoundsView,
    attributes: std::collections::BTreeMap<String, String>,
    role: Option<String>,
    name: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct ObserveView {
    success: bool,
    url: String,
    title: String,
    elements: Vec<PageElementView>,
    error: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct ActView {
    success: bool,
    message: String,
    url: String,
    /// JPEG or PNG, base64.
    screenshot: Option<String>,
    error: Option<String>,
    actions: Vec<PageActionView>,
}

async fn test(testing: Service, mut req: Req) -> Result<Reply> {
    let body: PageTestBody = req.json().await?;
    let plan = plan_of(&body.steps, &Map::new(), &Map::new(), body.continue_on_failure)?;
    let step_timeout = timeout_of(Some(body.timeout))?;
    let held = held(&testing, &req, &body.place, body.record_video).await?;
    let asked = Asked { plan, environment: String::new(), step_timeout, pictures: body.screenshot, alike: true };
    let turn = held.turn_at(&body.place.url).await?;
    let driven = testing.drive(&held.session, turn, asked).await?;
    let video = held.video(&testing, req.cx().now()).await?;
    let outcome = &driven.outcome;
    let told = |all: Vec<serde_json::Result<Value>>| body.verbose.then(|| all.into_iter().flatten().collect());
    Ok(Reply::json(&PageTestView {
        success: outcome.error_message.is_none(),
        steps: shown(&testing, &body.steps, &driven),
        final_screenshot: outcome.evidence.final_screenshot.as_ref().map(base64),
        recording_url: video.as_ref().map(|id| testing.signed(id)),
        video_artifact_id: video,
        error: problem_of(outcome),
        duration_ms: i64::try_from(outcome.duration.as_millis()).unwrap_or(i64::MAX),
        browser: "chromium",
        console_errors: told(outcome.console_errors.iter().map(serde_json::to_value).collect()),
        network_failures: told(outcome.network_failures.iter().map(serde_json::to_value).collect()),
    }))
}

fn element(seen: Seen, fit: Option<f64>, redactor: &Redactor) -> PageElementView {
    let bounds = bounds_of(&seen);
    let clean = |text: String| redactor.clean(&text);
    // One that shows a secret is not told, and without the secret it names nothing.
    let best = seen.selectors.into_iter().find(|s| redactor.clean(&s.selector) == s.selector);
    let look = seen.look;
    let what = look.role.clone().or_else(|| look.tag.clone()).unwrap_or_default();
    let called = look.accessible_name.clone().or_else(|| look.text.clone()).or_else(|| look.placeholder.clone());
    PageElementView {
        description: called.map_or_else(|| what.clone(), |name| clean(format!("{what} \"{name}\""))),
        confidence: fit.unwrap_or_else(|| best.as_ref().map_or(0.0, |s| s.confidence)),
        selector: best.map(|s| s.selector),
        kind: look.kind,
        tag_name: look.tag,
        text: look.text.map(clean),
        value: seen.value.map(clean),
        placeholder: look.placeholder.map(clean),
        bounds,
        attributes: seen.attributes.into_iter().map(|(name, value)| (name, clean(value))).collect(),
        role: look.role,
        name: look.accessible_name.map(clean),
    }
}

async fn observe(testing: Service, mut req: Req) -> Result<Reply> {
    let body: ObserveBody = req.json().await?;
    let words = words_of(body.instruction.as_deref()).map_err(|f| AppError::invalid(vec![f]))?;
    let held = held(&testing, &req, &body.place, false).await?;
    let (page, redactor) = (held.session.page(), testing.redactor_of(&held.session).await?);
    let _turn = held.turn_at(&body.place.url).await?;
    let seen = argos_webtest::observe(&page, LOOKED_AT_MAX).await.map_err(|e| failed(&e))?;
    let mut elements: Vec<PageElementView> = match words {
        None => seen.into_iter().map(|seen| element(seen, None, &redactor)).collect(),
        Some(words) => {
            let fitting = seen.into_iter().map(|seen| (likeness(&words, &seen), seen)).filter(|(fit, _)| *fit >= LIKENESS_MIN);
            let mut found: Vec<PageElementView> = fitting.map(|(fit, seen)| element(seen, Some(fit), &redactor)).collect();
            found.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
            found
        }
    };
    elements.truncate(ELEMENTS_MAX);
    let (url, title) = (redactor.clean(&page.url()), redactor.clean(&page.title().await.unwrap_or_default()));
    Ok(Reply::json(&ObserveView { success: true, url, title, elements, error: None }))
}

async fn act(testing: Service, mut req: Req) -> Result<Reply> {
    let body: ActBody = req.json().await?;
    let Some(text) = Some(body.instruction.trim()).filter(|t| !t.is_empty() && t.chars().count() <= WORDS_MAX) else {
        return Err(fault("instruction", format!("instruction must be 1-{WORDS_MAX} characters")));
    };
    let steps = [Value::from(text)];
    let plan = plan_of(&steps, &Map::new(), &Map::new(), false)?;
    let held = held(&testing, &req, &body.place, false).await?;
    let asked = Asked { plan, environment: String::new(), step_timeout: None, pictures: body.screenshot, alike: body.self_heal };
    let turn = held.turn_at(&body.place.url).await?;
    let driven = testing.drive(&held.session, turn, asked).await?;
    let view = shown(&testing, &steps, &driven).into_iter().next();
    let error = problem_of(&driven.outcome);
    Ok(Reply::json(&ActView {
        success: error.is_none(),
        message: error.clone().unwrap_or_else(|| format!("Done: {text}")),
        url: driven.redactor.clean(&held.session.page().url()),
        screenshot: view.as_ref().and_then(|v| v.screenshot.clone()),
        error,
        actions: view.map(PageStepView::into_actions).unwrap_or_default(),
    }))
}
