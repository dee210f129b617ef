//! Flows: listed, changed, run, and made into tests.

use std::time::Duration;

use argos_kernel::{AppError, Result};
use argos_sitegraph::FlowKind;
use argos_web::{Reply, Req, Routes};
use argos_webtest::Plan;
use argos_webtest::export::{ExportOptions, Target, export};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::actions::tests::fault;
use crate::discovery::actions::tests::{FlowChange, Wish, bounded};
use crate::discovery::model::Validation;
use crate::discovery::store::flows;
use crate::discovery::view::{FlowView, StepView};
use crate::routes::Service;

const STEPS_MAX: usize = 200;

pub(super) fn routes(testing: Service) -> Routes<Service> {
    Routes::new(testing)
        .get("/api/v1/discovery/sessions/{id}/flows", "discovery.flows", "Ways through the site, most important first.", list)
        .param("category", "authentication, search, form, navigation, ...")
        .param("priority", "critical, high, medium, low or 1-10")
        .param("validated", "true or false")
        .reply::<Vec<FlowView>>()
        .put("/api/v1/discovery/flows/{id}", "discovery.update_flow", "Change a flow; null and absent members stay.", update)
        .body::<ChangeBody>()
        .reply::<FlowView>()
        .post("/api/v1/discovery/flows/{id}/validate", "discovery.validate_flow", "Run a flow now. What it sends is really sent.", validate)
        .body::<ValidateBody>()
        .reply::<ValidatedView>()
        .post("/api/v1/discovery/flows/{id}/generate-test", "discovery.generate_test", "Make a test of a flow.", generate)
        .body::<GenerateBody>()
        .reply::<GeneratedView>()
}

#[derive(Deserialize, JsonSchema, Default)]
#[serde(default)]
struct ChangeBody {
    name: Option<String>,
    description: Option<String>,
    /// 1-10
    priority: Option<i64>,
    steps: Option<Vec<StepView>>,
    category: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(default)]
struct ValidateBody {
    /// 5-300
    timeout_seconds: u64,
    capture_video: bool,
    stop_on_error: bool,
}

impl Default for ValidateBody {
    fn default() -> Self {
        Self { timeout_seconds: 60, capture_video: false, stop_on_error: true }
    }
}

#[derive(Serialize, JsonSchema)]
struct ValidatedView {
    success: bool,
    flow_id: String,
    validation_result: Validation,
}

#[derive(Deserialize, JsonSchema)]
#[serde(default)]
struct GenerateBody {
    framework: String,
    language: String,
    include_assertions: bool,
    /// The code takes a picture at its end.
    include_screenshots: bool,
    /// What is put into fields stands among the variables of the test.
    parameterize: bool,
    /// Keep it as a test of the project.
    save: bool,
}

impl Default for GenerateBody {
    fn default() -> Self {
        Self {
            framework: "playwright".to_owned(),
            language: "typescript".to_owned(),
            include_assertions: true,
            include_screenshots: true,
            parameterize: false,
            save: true,
        }
    }
}

#[derive(Serialize, JsonSchema)]
struct MetadataView {
    generated_from: &'static str,
    flow_name: String,
    flow_category: String,
    flow_priority: i64,
    generated_at: String,
    parameterized: bool,
    /// Whether the flow ran to its end; null before it was run.
    validated: Option<bool>,
}

#[derive(Serialize, JsonSchema)]
struct TestMadeView {
    /// Null when it was not saved.
    id: Option<String>,
    name: String,
    description: String,
    flow_id: String,
    framework: String,
    language: String,
    setup: Vec<Value>,
    steps: Vec<Value>,
    assertions: Vec<Value>,
    metadata: MetadataView,
    code: String,
    is_active: bool,
}

#[derive(Serialize, JsonSchema)]
struct GeneratedView {
    success: bool,
    test: TestMadeView,
    flow_id: String,
    message: String,
}

/// The priorities a word means.
fn weight(text: &str) -> Option<std::ops::RangeInclusive<i64>> {
    match text {
        "critical" => Some(1..=2),
        "high" => Some(3..=4),
        "medium" => Some(5..=7),
        "low" => Some(8..=10),
        number => number.parse().ok().filter(|n| (1..=10).contains(n)).map(|n| n..=n),
    }
}

async fn list(testing: Service, req: Req) -> Result<Reply> {
    let (session, _) = testing.discovery_named(&req, req.param("id")).await?;
    let q = req.query();
    let unknown = |field: &str, word: &str| fault(field, format!("unknown {field} `{word}`"));
    let category = q.filled("category").map(|w| FlowKind::parse(w).ok_or_else(|| unknown("category", w))).transpose()?;
    let priority = q.filled("priority").map(|w| weight(w).ok_or_else(|| unknown("priority", w))).transpose()?;
    let validated = match q.filled("validated") {
        None => None,
        Some("true") => Some(true),
        Some("false") => Some(false),
        Some(w) => return Err(unknown("validated", w)),
    };
    let all = flows::of(&testing.platform.store.state, session.id).await?;
    let taken = all.iter().filter(|f| category.is_none_or(|c| f.flow.kind == c));
    let taken = taken.filter(|f| priority.as_ref().is_none_or(|p| p.contains(&f.flow.priority)));
    let taken = taken.filter(|f| validated.is_none_or(|v| (f.validated == Some(true)) == v));
    let views: Vec<FlowView> = taken.map(|f| FlowView::of(session.uid, f).signed(|id| testing.signed(id))).collect();
    let total = i64::try_from(views.len()).unwrap_or(i64::MAX);
    Ok(Reply::json(&views).total_count(total))
}

async fn update(testing: Service, mut req: Req) -> Result<Reply> {
    let (flow, session, _) = testing.flow_named(&req, req.param("id")).await?;
    let body: ChangeBody = req.json().await?;
    if body.priority.is_some_and(|p| !(1..=10).contains(&p)) {
        return Err(fault("priority", "priority must be between 1 and 10"));
    }
    if body.steps.as_ref().is_some_and(|s| s.is_empty() || s.len() > STEPS_MAX) {
        return Err(fault("steps", format!("steps must be 1-{STEPS_MAX} steps")));
    }
    let category = body.category.as_deref().map(|w| FlowKind::parse(w).ok_or_else(|| fault("category", format!("unknown category `{w}`"))));
    let change = FlowChange {
        name: bounded("name", body.name, 255)?,
        description: bounded("description", body.description, 2_000)?,
        priority: body.priority,
        category: category.transpose()?,
        steps: body.steps.map(|list| list.into_iter().map(StepView::into_step).collect()),
    };
    let stored = testing.change_flow(req.cx(), &session, &flow, change).await?;
    Ok(Reply::json(&FlowView::of(session.uid, &stored)))
}

async fn validate(testing: Service, mut req: Req) -> Result<Reply> {
    let (flow, session, access) = testing.flow_named(&req, req.param("id")).await?;
    let body: ValidateBody = req.json_or_default().await?;
    if !(5..=300).contains(&body.timeout_seconds) {
        return Err(fault("timeout_seconds", "timeout_seconds must be between 5 and 300"));
    }
    if body.capture_video {
        return Err(fault("capture_video", "capture_video is not available here; a run of the test can be filmed"));
    }
    if !body.stop_on_error {
        return Err(fault("stop_on_error", "a flow stops at its first error"));
    }
    let mut done = testing.validate_flow(&access, &session, &flow, Duration::from_secs(body.timeout_seconds)).await?;
    for picture in &mut done.screenshots {
        *picture = testing.signed(picture);
    }
    Ok(Reply::json(&ValidatedView { success: done.success, flow_id: flow.uid.to_string(), validation_result: done }))
}

async fn generate(testing: Service, mut req: Req) -> Result<Reply> {
    let (flow, session, access) = testing.flow_named(&req, req.param("id")).await?;
    let body: GenerateBody = req.json_or_default().await?;
    let unknown = || {
        let text = format!("{} is not written in {}", body.framework, body.language);
        AppError::bad_request(text).code("language_not_offered").with("field", "language")
    };
    let target = Target::named(&body.framework, &body.language).ok_or_else(unknown)?;
    let wish = Wish { save: body.save, claims: body.include_assertions, parameterize: body.parameterize };
    let made = testing.test_of_flow(req.cx(), &access, &session, &flow, wish).await?;
    let mut document = made.document.clone();
    if let (true, Some(steps)) = (body.include_screenshots, document.get_mut("steps").and_then(Value::as_array_mut)) {
        // Runs of ours take theirs by themselves.
        steps.push(json!({ "action": "screenshot" }));
    }
    let plan = Plan::parse(&document).map_err(|_| AppError::bad_request("The flow is no test").code("flow_is_no_test"))?;
    let options = ExportOptions {
        include_comments: true,
        include_assertions: body.include_assertions,
        base_url: Some(session.app_url.clone()),
        ..ExportOptions::default()
    };
    let code = export(&plan, target, &options).code;
    let steps = |name: &str| made.document.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let test = TestMadeView {
        id: made.test.as_ref().map(|t| t.uid.to_string()),
        name: flow.flow.name.clone(),
        description: flow.flow.description.clone(),
        flow_id: flow.uid.to_string(),
        framework: body.framework.clone(),
        language: body.language.clone(),
        setup: steps("setup"),
        assertions: steps("steps").into_iter().filter(|s| s["action"] == "assert").collect(),
        steps: steps("steps"),
        metadata: MetadataView {
            generated_from: "discovery_flow",
            flow_name: flow.flow.name.clone(),
            flow_category: flow.flow.kind.as_str().to_owned(),
            flow_priority: flow.flow.priority,
            generated_at: req.cx().now().rfc3339(),
            parameterized: body.parameterize,
            validated: flow.validated,
        },
        code,
        is_active: made.test.as_ref().is_some_and(|t| t.document.is_active),
    };
    Ok(Reply::json(&GeneratedView { success: true, test, flow_id: flow.uid.to_string(), message: made.message }))
}
