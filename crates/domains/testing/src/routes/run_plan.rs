//! What a run will be, before it is started: how a project is run and from where it has each value, and which tests a
//! selection means.

use std::collections::BTreeMap;

use argos_kernel::Result;
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::Service;
use super::start::ManyBody;
use crate::actions::tests::fault;
use crate::model::run::Wanted;
use crate::model::settings::{Common, Manner, Pictures, Tracing, manner};
use crate::model::test::{Priority, Test};

/// Tests that a preview names; it counts all.
const NAMED_MAX: usize = 200;

pub(super) fn routes(testing: Service) -> Routes<Service> {
    Routes::new(testing)
        .get(
            "/api/v1/projects/{id}/run-settings",
            "test_runs.settings",
            "How the tests of a project are run, and what is its own.",
            settings,
        )
        .reply::<RunSettingsView>()
        .post("/api/v1/run/preview", "test_runs.preview", "What a run would be; nothing is started.", preview)
        .body::<ManyBody>()
        .reply::<PreviewView>()
}

/// How tests are run.
#[derive(Serialize, JsonSchema)]
struct MannerView {
    /// Attempts after the first that failed.
    retries: u32,
    /// Tests at the same time.
    parallel_tests: usize,
    self_heal: bool,
    strict_selectors: bool,
    record_video: bool,
    /// off, on, retain-on-failure
    trace: &'static str,
    /// off, only-on-failure, on
    screenshot_mode: &'static str,
    viewport: ViewportView,
    /// Of a step that names none.
    default_timeout_ms: u64,
    navigation_timeout_ms: u64,
    test_timeout_ms: u64,
}

#[derive(Serialize, JsonSchema)]
struct ViewportView {
    width: u32,
    height: u32,
}

impl From<&Manner> for MannerView {
    fn from(m: &Manner) -> Self {
        Self {
            retries: m.retries,
            parallel_tests: m.parallel,
            self_heal: m.self_heal,
            strict_selectors: m.strict,
            record_video: m.record_video,
            trace: match m.tracing {
                Tracing::Off => "off",
                Tracing::OnFailure => "retain-on-failure",
                Tracing::On => "on",
            },
            screenshot_mode: match m.pictures {
                Pictures::Off => "off",
                Pictures::OnFailure => "only-on-failure",
                Pictures::EveryStep => "on",
            },
            viewport: ViewportView { width: m.viewport.0, height: m.viewport.1 },
            default_timeout_ms: m.step_timeout_ms,
            navigation_timeout_ms: m.navigation_timeout_ms,
            test_timeout_ms: m.test_timeout_ms,
        }
    }
}

#[derive(Serialize, JsonSchema)]
struct RunSettingsView {
    project_id: String,
    app_url: Option<String>,
    /// Where the site is, by environment.
    base_url: BTreeMap<String, String>,
    /// Settings that the project says itself.
    own: Vec<String>,
    /// Of these, the installation says what counts where the project says nothing; of all others, Argos does.
    of_installation: [&'static str; 4],
    /// What counts where the project says nothing.
    inherited: MannerView,
    /// What counts.
    effective: MannerView,
}

/// A test that would be run.
#[derive(Serialize, JsonSchema)]
struct PlannedTest {
    id: String,
    name: String,
    priority: Priority,
    tags: Vec<String>,
}

#[derive(Serialize, JsonSchema)]
struct PreviewView {
    project_id: String,
    /// The first 200, in the order of the run.
    tests: Vec<PlannedTest>,
    total: usize,
    app_url: String,
    environment: String,
    manner: MannerView,
}

impl From<Test> for PlannedTest {
    fn from(test: Test) -> Self {
        Self { id: test.uid.to_string(), name: test.document.name, priority: test.document.priority, tags: test.document.tags }
    }
}

fn texts(settings: &Map<String, Value>, name: &str) -> BTreeMap<String, String> {
    let members = settings.get(name).and_then(Value::as_object);
    members.map(|m| m.iter().filter_map(|(k, v)| Some((k.clone(), v.as_str()?.to_owned()))).collect()).unwrap_or_default()
}

async fn settings(testing: Service, req: Req) -> Result<Reply> {
    let project = testing.project_for(&req, req.param("id")).await?.project;
    let stored = testing.platform.identity.project_values(&project).await?.settings;
    let common: Common = testing.common()?;
    let of = |settings: &Map<String, Value>| MannerView::from(&manner(settings, &Wanted::default(), "", common));
    Ok(Reply::json(&RunSettingsView {
        project_id: project.uid.to_string(),
        app_url: project.fields.app_url.clone(),
        base_url: texts(&stored, "base_url"),
        own: stored.keys().cloned().collect(),
        of_installation: ["retries", "parallel_tests", "self_heal", "default_timeout_ms"],
        inherited: of(&Map::new()),
        effective: of(&stored),
    }))
}

async fn preview(testing: Service, mut req: Req) -> Result<Reply> {
    let body: ManyBody = req.json().await?;
    if body.project_id.is_empty() {
        return Err(fault("project_id", "project_id is required"));
    }
    let project = testing.project_for(&req, &body.project_id).await?.project;
    body.common.check()?;
    let tests = body.tests(&testing, &project).await?;
    let stored = testing.platform.identity.project_values(&project).await?.settings;
    let environment = body.common.environment();
    let own_step_timeout_ms = body.common.own(&testing, &req, &project).await?.step_timeout_ms;
    let wanted = Wanted { own_step_timeout_ms, ..body.wanted()? };
    let manner = manner(&stored, &wanted, &environment, testing.common()?);
    Ok(Reply::json(&PreviewView {
        project_id: project.uid.to_string(),
        total: tests.len(),
        tests: tests.into_iter().take(NAMED_MAX).map(PlannedTest::from).collect(),
        app_url: body.common.app_url(&testing, &project).await?,
        environment,
        manner: MannerView::from(&manner),
    }))
}
