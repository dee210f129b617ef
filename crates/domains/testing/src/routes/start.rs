//! Starting runs: of one test, or of what a selection means.

use std::time::Duration;

use argos_identity::Project;
use argos_kernel::{AppError, PageRequest, Result};
use argos_web::{Reply, Req, Routes};
use argos_webtest::Vision;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Service;
use super::view::ResultView;
use crate::actions::preferred::{Preferred, WARNINGS, available, note};
use crate::actions::runs::{NewRun, Selection};
use crate::actions::sources::Sources;
use crate::actions::tests::fault;
use crate::model::run::{CODEBASE, Run, Shard, THREAD, Wanted};
use crate::model::settings::{app_url, is_web_address, size, tracing};
use crate::model::test::{Priority, Test};
use crate::service::Testing;
use crate::store::results;

const WAIT_MAX: Duration = Duration::from_secs(120);
const FILES_MAX: usize = 3_000;
const FILE_BYTES_MAX: usize = 500;

pub(super) fn routes(testing: Service) -> Routes<Service> {
    Routes::new(testing)
        .post("/api/v1/tests/{id}/run", "tests.run", "Run one test.", run_one)
        .body::<RunBody>()
        .reply::<StartedView>()
        .post("/api/v1/run", "test_runs.start", "Run the tests of a project that a selection means.", run_many)
        .body::<ManyBody>()
        .reply::<StartedView>()
        .post("/api/v1/tests/run", "test_runs.start_here", "The same.", run_many)
        .body::<ManyBody>()
        .reply::<StartedView>()
}

/// What is asked of a run; what is absent is the project's.
#[derive(Deserialize, JsonSchema, Default)]
#[serde(default)]
pub(super) struct Common {
    app_url: Option<String>,
    browser: Option<String>,
    environment: Option<String>,
    variables: Map<String, Value>,
    viewport: Option<Value>,
    timeout_ms: Option<u64>,
    retries: Option<u32>,
    record_video: Option<bool>,
    /// off, on, retain-on-failure
    trace: Option<String>,
    /// off, only-on-failure, on
    screenshot_mode: Option<String>,
    self_heal: Option<bool>,
    /// standard, hybrid (a model looks for an element in a picture when everything else failed), vision (it looks first)
    execution_mode: Option<String>,
    trigger: Option<String>,
}

#[derive(Deserialize, JsonSchema, Default)]
#[serde(default)]
struct RunBody {
    #[serde(flatten)]
    common: Common,
    /// Answer with the result, within two minutes.
    wait: bool,
}

#[derive(Deserialize, JsonSchema, Default)]
#[serde(default)]
pub(super) struct ManyBody {
    #[serde(flatten)]
    pub(super) common: Common,
    pub(super) project_id: String,
    name: Option<String>,
    test_ids: Vec<String>,
    tags: Vec<String>,
    priority: Option<Priority>,
    focus_areas: Vec<String>,
    /// Paths of the sources that changed: of the tests that are selected, those that name what the files are called after are
    /// run first, and kept by `max_tests`. Tests that `test_ids` names stay in its order.
    changed_files: Vec<String>,
    max_tests: Option<usize>,
    parallel: Option<u32>,
    shard: Option<Shard>,
    fail_fast: bool,
    pr_number: Option<i64>,
    /// What healing reads of the project's own clone of the sources: that clone or a directory of it. Any other path is left
    /// out, and the message says so.
    codebase_path: Option<String>,
    commit_sha: Option<String>,
    branch: Option<String>,
    /// 1-100 characters: what the client calls the run when it asks for it again.
    pub(super) thread_id: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct StartedView {
    job_id: String,
    run_id: String,
    test_id: Option<String>,
    status: &'static str,
    message: String,
    created_at: String,
}

pub(super) const TRIGGERS: [&str; 5] = ["manual", "scheduled", "webhook", "ci", "api"];

impl Common {
    pub(super) fn check(&self) -> Result<()> {
        available(self.browser.as_deref().unwrap_or("chromium"), "The browser", "browser")?;
        let within = |name: &str, n: Option<u64>, min: u64, max: u64| match n {
            Some(n) if !(min..=max).contains(&n) => Err(fault(name, format!("{name} must be between {min} and {max}"))),
            _ => Ok(()),
        };
        within("timeout_ms", self.timeout_ms, 1_000, 3_600_000)?;
        within("retries", self.retries.map(u64::from), 0, 10)?;
        if self.trace.as_deref().is_some_and(|w| tracing(w).is_none()) {
            return Err(fault("trace", "trace must be off, on or retain-on-failure"));
        }
        if self.screenshot_mode.as_deref().is_some_and(|w| !["off", "only-on-failure", "on"].contains(&w)) {
            return Err(fault("screenshot_mode", "screenshot_mode must be off, only-on-failure or on"));
        }
        if self.execution_mode.as_deref().is_some_and(|w| Vision::of_mode(w).is_none()) {
            return Err(fault("execution_mode", "execution_mode must be standard, hybrid or vision"));
        }
        if self.trigger.as_deref().is_some_and(|w| !TRIGGERS.contains(&w)) {
            return Err(fault("trigger", format!("trigger must be one of {}", TRIGGERS.join(", "))));
        }
        if self.environment.as_ref().is_some_and(|e| e.chars().count() > 50 || e.chars().any(char::is_control)) {
            return Err(fault("environment", "environment must be at most 50 characters"));
        }
        Ok(())
    }

    /// What whoever asks prefers beside what is said here.
    pub(super) async fn own(&self, testing: &Testing, req: &Req, project: &Project) -> Result<Preferred> {
        testing.preferred(req.cx(), project, self.browser.as_deref()).await
    }

    fn wanted(&self) -> Result<Wanted> {
        let viewport = match self.viewport.as_ref().filter(|v| !v.is_null()) {
            None => None,
            Some(value) => Some(size(value).ok_or_else(|| fault("viewport", "viewport must be {\"width\":1280,\"height\":720}"))?),
        };
        Ok(Wanted {
            variables: self.variables.clone(),
            viewport,
            timeout_ms: self.timeout_ms,
            retries: self.retries,
            record_video: self.record_video,
            trace: self.trace.clone(),
            screenshot_mode: self.screenshot_mode.clone(),
            self_heal: self.self_heal,
            execution_mode: self.execution_mode.clone(),
            ..Wanted::default()
        })
    }

    pub(super) fn environment(&self) -> String {
        self.environment.clone().filter(|e| !e.trim().is_empty()).unwrap_or_else(|| "production".to_owned())
    }

    /// 400 when neither the run nor the project says where.
    pub(super) async fn app_url(&self, testing: &Testing, project: &Project) -> Result<String> {
        let values = testing.platform.identity.project_values(project).await?;
        let url = app_url(self.app_url.as_deref(), &values.settings, &self.environment(), project.fields.app_url.as_deref());
        let url = url.ok_or_else(|| AppError::bad_request("No app_url: name one, or set one for the project").code("app_url_required"))?;
        if is_web_address(&url) { Ok(url) } else { Err(fault("app_url", "app_url must be an http or https address")) }
    }
}

pub(super) fn started(run: &Run) -> StartedView {
    let id = run.uid.to_string();
    let tests = if run.counts.total == 1 { "1 test".to_owned() } else { format!("{} tests", run.counts.total) };
    let warnings = run.ci_metadata.get(WARNINGS).and_then(Value::as_array).into_iter().flatten();
    let warnings = warnings.filter_map(Value::as_str).map(str::to_owned);
    StartedView {
        job_id: id.clone(),
        run_id: id,
        test_id: run.test_uid.map(|u| u.to_string()),
        status: "pending",
        message: std::iter::once(format!("{tests} queued")).chain(warnings).collect::<Vec<_>>().join(". "),
        created_at: run.created_at.rfc3339(),
    }
}

async fn run_one(testing: Service, mut req: Req) -> Result<Reply> {
    let (test, access) = testing.test_named(&req, req.param("id")).await?;
    let body: RunBody = req.json_or_default().await?;
    body.common.check()?;
    if !test.document.is_active {
        return Err(AppError::bad_request("The test is switched off").code("test_inactive"));
    }
    let own = body.common.own(&testing, &req, &access.project).await?;
    let mut ci_metadata = Map::new();
    note(&mut ci_metadata, own.warning);
    let new = NewRun {
        app_url: body.common.app_url(&testing, &access.project).await?,
        project: access.project,
        single: Some(test.uid),
        name: test.document.name.clone(),
        tests: vec![test],
        trigger: body.common.trigger.clone().unwrap_or_else(|| "manual".to_owned()),
        environment: body.common.environment(),
        browser: "chromium".to_owned(),
        wanted: Wanted { own_step_timeout_ms: own.step_timeout_ms, ..body.common.wanted()? },
        ci_metadata,
    };
    let run = testing.start_run(req.cx(), new).await?;
    if !body.wait {
        return Ok(Reply::json(&started(&run)));
    }
    let run = testing.wait_for(run.uid, WAIT_MAX).await?;
    let results = results::of_run(&testing.platform.store.state, run.id, PageRequest { limit: 1, offset: 0 }).await?;
    match results.into_iter().next() {
        Some(result) => Ok(Reply::json(&ResultView::of(&testing, result))),
        None if run.status.is_final() => {
            Err(AppError::unavailable(run.error.unwrap_or_else(|| "The run was cancelled".to_owned())).code("run_not_done"))
        }
        None => Ok(Reply::json(&started(&run))),
    }
}

impl ManyBody {
    /// What is wanted of the run beside its tests.
    pub(super) fn wanted(&self) -> Result<Wanted> {
        Ok(Wanted { parallel: self.parallel, fail_fast: self.fail_fast, ..self.common.wanted()? })
    }

    fn codebase(&self) -> Option<&str> {
        self.codebase_path.as_deref().map(str::trim).filter(|path| !path.is_empty())
    }

    /// Why the sources that are named are not read: a pipeline names its own checkout, which is not here, and who may only
    /// run tests chooses no clone of another project.
    async fn foreign_codebase(&self, testing: &Testing, project: &Project) -> Result<Option<String>> {
        let Some(path) = self.codebase().map(str::to_owned) else { return Ok(None) };
        let (data_dir, project) = (testing.settings().boot().data_dir(), project.clone());
        let look = move || Sources::is_of_project(&data_dir, &project, &path);
        let own = tokio::task::spawn_blocking(look).await.map_err(AppError::internal)?;
        Ok((!own).then(|| "codebase_path is not in the project's own clone of the sources and was left out".to_owned()))
    }

    fn selection(&self) -> Result<Selection> {
        if self.parallel.is_some_and(|n| !(1..=20).contains(&n)) {
            return Err(fault("parallel", "parallel must be between 1 and 20"));
        }
        if self.max_tests == Some(0) {
            return Err(fault("max_tests", "max_tests must be at least 1"));
        }
        if self.changed_files.len() > FILES_MAX || self.changed_files.iter().any(|file| file.len() > FILE_BYTES_MAX) {
            return Err(fault(
                "changed_files",
                format!("changed_files must be at most {FILES_MAX} paths of at most {FILE_BYTES_MAX} bytes"),
            ));
        }
        let shard = self.shard.map(Shard::check).transpose().map_err(|f| AppError::invalid(vec![f]))?;
        Ok(Selection {
            test_ids: self.test_ids.clone(),
            tags: self.tags.clone(),
            priorities: self.priority.into_iter().collect(),
            focus_areas: self.focus_areas.clone(),
            changed_files: self.changed_files.clone(),
            max_tests: self.max_tests,
            shard,
        })
    }

    /// The tests that are meant; 400 when there is none.
    pub(super) async fn tests(&self, testing: &Testing, project: &Project) -> Result<Vec<Test>> {
        let tests = testing.select(project.id, &self.selection()?).await?;
        if tests.is_empty() {
            return Err(AppError::bad_request("The selection means no active test of the project").code("nothing_selected"));
        }
        Ok(tests)
    }

    fn ci_metadata(&self, reads_codebase: bool) -> Map<String, Value> {
        let all = serde_json::json!({
            "pr_number": self.pr_number, CODEBASE: self.codebase().filter(|_| reads_codebase), "codebase_path_left": self.codebase().filter(|_| !reads_codebase), "focus_areas": self.focus_areas,
            "changed_files": self.changed_files, "commit_sha": self.commit_sha, "branch": self.branch, THREAD: self.thread_id,
        });
        let empty = |v: &Value| v.is_null() || v.as_array().is_some_and(Vec::is_empty);
        all.as_object().map(|m| m.iter().filter(|(_, v)| !empty(v)).map(|(k, v)| (k.clone(), v.clone())).collect()).unwrap_or_default()
    }
}

async fn run_many(testing: Service, mut req: Req) -> Result<Reply> {
    let body: ManyBody = req.json().await?;
    Ok(Reply::json(&started(&start_many(&testing, &req, &body).await?)))
}

/// Queues the run that a selection means.
pub(super) async fn start_many(testing: &Testing, req: &Req, body: &ManyBody) -> Result<Run> {
    if body.project_id.is_empty() {
        return Err(fault("project_id", "project_id is required"));
    }
    if body.thread_id.as_ref().is_some_and(|id| !(1..=100).contains(&id.chars().count()) || id.chars().any(char::is_control)) {
        return Err(fault("thread_id", "thread_id must be 1-100 characters"));
    }
    let access = testing.project_for(req, &body.project_id).await?;
    body.common.check()?;
    let tests = body.tests(testing, &access.project).await?;
    let own = body.common.own(testing, req, &access.project).await?;
    let left = body.foreign_codebase(testing, &access.project).await?;
    let mut ci_metadata = body.ci_metadata(left.is_none());
    note(&mut ci_metadata, own.warning.into_iter().chain(left));
    let new = NewRun {
        app_url: body.common.app_url(testing, &access.project).await?,
        single: None,
        name: body.name.clone().filter(|n| !n.trim().is_empty()).unwrap_or_else(|| access.project.fields.name.clone()),
        project: access.project,
        tests,
        trigger: body.common.trigger.clone().unwrap_or_else(|| "ci".to_owned()),
        environment: body.common.environment(),
        browser: "chromium".to_owned(),
        wanted: Wanted { own_step_timeout_ms: own.step_timeout_ms, ..body.wanted()? },
        ci_metadata,
    };
    testing.start_run(req.cx(), new).await
}
