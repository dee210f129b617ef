//! `/api/v1/parameterized/tests`: tests that are run with each row of their data, and their runs.

use std::time::Duration;

use argos_identity::{Project, ProjectAccess};
use argos_kernel::{AppError, PageRequest, Result};
use argos_web::{Reply, Req, Routes};
use argos_webtest::sets::{ParameterSet, set_of};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Service;
use super::data_view::{DataTestView, ExecutionView, SetView};
use super::start::TRIGGERS;
use crate::actions::data_tests::{ASKS, DataWanted};
use crate::actions::tests::fault;
use crate::model::data_test::{DataDocument, DataTest, Mode};
use crate::model::run::Run;
use crate::model::settings::{app_url, is_web_address};
use crate::service::Testing;
use crate::store::{data_tests, results, runs};

/// Longest wait for a run before the answer says that it goes on.
const WAIT_MAX: Duration = Duration::from_secs(120);
/// Results of one run, and of those that are shown together.
const RESULTS: PageRequest = PageRequest { limit: 1_000, offset: 0 };

pub(super) fn routes(testing: Service) -> Routes<Service> {
    Routes::new(testing)
        .post("/api/v1/parameterized/tests", "parameterized.create", "Make a test that is run with each row of its data.", create)
        .body::<DataTestBody>()
        .created::<DataTestView>()
        .get("/api/v1/parameterized/tests", "parameterized.list", "Tests of a project that are run with rows, newest first.", list)
        .param("project_id", "the project")
        .param("limit", "1-200, default 50")
        .param("offset", "tests to skip")
        .reply::<DataTestsView>()
        .get("/api/v1/parameterized/tests/{id}", "parameterized.get", "One of them.", get)
        .reply::<DataTestView>()
        .patch("/api/v1/parameterized/tests/{id}", "parameterized.update", "Change members; null and absent ones stay.", update)
        .body::<DataTestBody>()
        .reply::<DataTestView>()
        .delete("/api/v1/parameterized/tests/{id}", "parameterized.delete", "Remove one with its rows; results of its runs stay.", remove)
        .post("/api/v1/parameterized/tests/{id}/parameter-sets", "parameterized.add_set", "Keep a row with the test.", add_set)
        .body::<SetBody>()
        .created::<SetView>()
        .get("/api/v1/parameterized/tests/{id}/parameter-sets", "parameterized.sets", "The rows kept with the test, in order.", list_sets)
        .reply::<Vec<SetView>>()
        .delete(
            "/api/v1/parameterized/tests/{id}/parameter-sets",
            "parameterized.clear_sets",
            "Remove the rows kept with the test.",
            clear_sets,
        )
        .post("/api/v1/parameterized/tests/{id}/execute", "parameterized.execute_one", "Run the test with its rows.", execute_one)
        .param("dry_run", "1 only says what would be run")
        .body::<ExecuteBody>()
        .reply::<ExecutionView>()
        .get("/api/v1/parameterized/tests/{id}/results", "parameterized.results", "The runs of the test, newest first.", list_results)
        .param("limit", "1-100, default 20; fewer when they have more than 1000 rows together")
        .reply::<ExecutionsView>()
        .post("/api/v1/parameterized/execute", "parameterized.execute", "Run a test with its rows, or with others.", execute)
        .body::<ExecuteBody>()
        .reply::<ExecutionView>()
        .post(
            "/api/v1/parameterized/execute/inline",
            "parameterized.execute_inline",
            "Run steps with rows, nothing of which is kept.",
            execute_inline,
        )
        .body::<ExecuteBody>()
        .reply::<ExecutionView>()
}

/// What is said of such a test. New ones need `project_id` and `name`.
#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "documents the body; it is read member by member")]
struct DataTestBody {
    project_id: Option<String>,
    name: Option<String>,
    description: Option<String>,
    /// inline, csv, json, env or api
    data_source_type: Option<String>,
    /// `content` or `file`, `delimiter`, `mapping` (field -> parameter), `filter`; `parameter_sets` of an inline one;
    /// `variables`, or `variable` and `format`, of env; `url`, `headers` and `path` (JSON pointer) of api, which needs
    /// integration:configure
    data_source_config: Option<Map<String, Value>>,
    parameter_schema: Option<Map<String, Value>>,
    steps: Option<Vec<Value>>,
    assertions: Option<Vec<Value>>,
    setup: Option<Vec<Value>>,
    teardown: Option<Vec<Value>>,
    variables: Option<Map<String, Value>>,
    /// sequential, parallel, random or first_failure
    iteration_mode: Option<Mode>,
    max_parallel: Option<u32>,
    timeout_per_iteration_ms: Option<u64>,
}

/// A row: values with a name.
#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "documents the body; it is read member by member")]
struct SetBody {
    name: Option<String>,
    description: Option<String>,
    values: Map<String, Value>,
    tags: Option<Vec<String>>,
    skip: Option<bool>,
    skip_reason: Option<String>,
}

/// How a test is run with its rows; what is absent is the test's.
#[derive(Deserialize, JsonSchema, Default)]
#[serde(default)]
struct ExecuteBody {
    test_id: Option<String>,
    /// Of steps that are run without being kept.
    project_id: Option<String>,
    name: Option<String>,
    steps: Vec<Value>,
    assertions: Vec<Value>,
    setup: Vec<Value>,
    teardown: Vec<Value>,
    app_url: Option<String>,
    /// Instead of those of the test.
    parameter_sets: Option<Vec<Value>>,
    /// Only these of the rows kept with the test.
    selected_set_ids: Vec<String>,
    browser: Option<String>,
    environment: Option<String>,
    iteration_mode: Option<Mode>,
    max_parallel: Option<u32>,
    timeout_per_iteration_ms: Option<u64>,
    stop_on_failure: bool,
    retry_failed_iterations: u32,
    trigger_type: Option<String>,
    /// Answer with the result, within two minutes (default); else at once.
    wait: Option<bool>,
}

#[derive(Serialize, JsonSchema)]
struct DataTestsView {
    tests: Vec<DataTestView>,
    total: i64,
    limit: i64,
    offset: i64,
}

#[derive(Serialize, JsonSchema)]
struct ExecutionsView {
    results: Vec<ExecutionView>,
    total: i64,
}

async fn create(testing: Service, mut req: Req) -> Result<Reply> {
    let body: Map<String, Value> = req.json().await?;
    let project = body.get("project_id").and_then(Value::as_str).ok_or_else(|| fault("project_id", "project_id is required"))?;
    let access = testing.project_for(&req, project).await?;
    may_ask(&access, body.get("data_source_type"))?;
    let made = testing.create_data_test(req.cx(), &access.project, &body).await?;
    Ok(Reply::created(&DataTestView::of(made)))
}

/// 403 unless the caller may have a source ask an address.
fn may_ask(access: &ProjectAccess, kind: Option<&Value>) -> Result<()> {
    if matches!(kind.and_then(Value::as_str), Some("api" | "database")) { access.require(ASKS) } else { Ok(()) }
}

/// The same for a test that is kept nowhere; a source that asks an address is always a project's.
pub(super) fn may_ask_for(access: Option<&ProjectAccess>, kind: &str) -> Result<()> {
    match (access, kind) {
        (Some(access), "api" | "database") => access.require(ASKS),
        (None, "api") => Err(fault("test", "project_id is required: an api source is a project's")),
        (None, "database") => Err(fault("test", "project_id is required: a database source is a project's")),
        _ => Ok(()),
    }
}

async fn list(testing: Service, req: Req) -> Result<Reply> {
    let q = req.query();
    let project = q.filled("project_id").ok_or_else(|| fault("project_id", "project_id is required"))?;
    let access = testing.project_for(&req, project).await?;
    let page = PageRequest { limit: q.int_clamped("limit", 50, 1, 200)?, offset: q.int_clamped("offset", 0, 0, i64::MAX)? };
    let (found, total) = data_tests::list(&testing.platform.store.state, access.project.id, page).await?;
    let tests = found.into_iter().map(DataTestView::of).collect();
    Ok(Reply::json(&DataTestsView { tests, total, limit: page.limit, offset: page.offset }).total_count(total))
}

async fn get(testing: Service, req: Req) -> Result<Reply> {
    let (test, _) = testing.data_test_named(&req, req.param("id")).await?;
    Ok(Reply::json(&DataTestView::of(test)))
}

async fn update(testing: Service, mut req: Req) -> Result<Reply> {
    let (test, access) = testing.data_test_named(&req, req.param("id")).await?;
    let body: Map<String, Value> = req.json().await?;
    let own = Value::from(test.document.data_source_type.as_str());
    let kept = body.get("data_source_config").filter(|c| !c.is_null()).map(|_| &own);
    may_ask(&access, body.get("data_source_type").filter(|t| !t.is_null()).or(kept))?;
    Ok(Reply::json(&DataTestView::of(testing.change_data_test(req.cx(), &test, &body).await?)))
}

async fn remove(testing: Service, req: Req) -> Result<Reply> {
    let (test, _) = testing.data_test_named(&req, req.param("id")).await?;
    testing.delete_data_test(req.cx(), &test).await?;
    Ok(Reply::no_content())
}

async fn add_set(testing: Service, mut req: Req) -> Result<Reply> {
    let (test, _) = testing.data_test_named(&req, req.param("id")).await?;
    let body: Value = req.json().await?;
    if !body.get("values").is_some_and(Value::is_object) {
        return Err(fault("values", "values must be an object"));
    }
    let set = set_of(&body).map_err(|why| fault("values", format!("values: {why}")))?;
    let made = testing.add_parameter_set(req.cx(), &test, set).await?;
    Ok(Reply::created(&SetView::of(&test, made)))
}

async fn list_sets(testing: Service, req: Req) -> Result<Reply> {
    let (test, _) = testing.data_test_named(&req, req.param("id")).await?;
    let found = data_tests::sets(&testing.platform.store.state, test.id).await?;
    Ok(Reply::json(&found.into_iter().map(|set| SetView::of(&test, set)).collect::<Vec<_>>()))
}

async fn clear_sets(testing: Service, req: Req) -> Result<Reply> {
    let (test, _) = testing.data_test_named(&req, req.param("id")).await?;
    testing.clear_parameter_sets(req.cx(), &test).await?;
    Ok(Reply::no_content())
}

async fn list_results(testing: Service, req: Req) -> Result<Reply> {
    let (test, access) = testing.data_test_named(&req, req.param("id")).await?;
    let db = &testing.platform.store.state;
    let project = &access.project;
    let filter = runs::Filter {
        organizations: vec![project.organization_id],
        project_id: Some(project.id),
        test_uid: Some(test.uid),
        ..runs::Filter::default()
    };
    let found = runs::list_whole(db, &filter, PageRequest { limit: req.query().int_clamped("limit", 20, 1, 100)?, offset: 0 }).await?;
    let (mut shown, mut left) = (Vec::new(), RESULTS.limit);
    for run in found.items {
        left -= run.counts.total;
        if left < 0 && !shown.is_empty() {
            break;
        }
        let of_run = results::of_run(db, run.id, RESULTS).await?;
        shown.push(ExecutionView::of(&testing, &run, of_run));
    }
    Ok(Reply::json(&ExecutionsView { results: shown, total: found.total }))
}

async fn execute_one(testing: Service, mut req: Req) -> Result<Reply> {
    let (test, access) = testing.data_test_named(&req, req.param("id")).await?;
    let body: ExecuteBody = req.json_or_default().await?;
    run_stored(&testing, &req, (test, access), &body).await
}

async fn execute(testing: Service, mut req: Req) -> Result<Reply> {
    let body: ExecuteBody = req.json().await?;
    let id = body.test_id.clone().ok_or_else(|| fault("test_id", "test_id is required"))?;
    let found = testing.data_test_named(&req, &id).await?;
    run_stored(&testing, &req, found, &body).await
}

async fn run_stored(testing: &Service, req: &Req, (test, access): (DataTest, ProjectAccess), body: &ExecuteBody) -> Result<Reply> {
    let mut rows = match &body.parameter_sets {
        Some(rows) => given(rows)?,
        None => testing.rows_of(&test).await?,
    };
    if !body.selected_set_ids.is_empty() {
        rows.retain(|row| row.id.as_ref().is_some_and(|id| body.selected_set_ids.contains(id)));
    }
    run(testing, req, access.project, Some(&test), &test.document, rows, body).await
}

async fn execute_inline(testing: Service, mut req: Req) -> Result<Reply> {
    let body: ExecuteBody = req.json().await?;
    let project = body.project_id.as_deref().ok_or_else(|| fault("project_id", "project_id is required"))?;
    let project = testing.project_for(&req, project).await?.project;
    let text = serde_json::json!({ "name": body.name, "steps": body.steps, "assertions": body.assertions, "setup": body.setup, "teardown": body.teardown });
    let document = DataDocument::default().apply(text.as_object().unwrap_or(&Map::new())).map_err(AppError::invalid)?;
    let rows = given(body.parameter_sets.as_deref().unwrap_or_default())?;
    run(&testing, &req, project, None, &document, rows, &body).await
}

/// Rows of a body.
fn given(rows: &[Value]) -> Result<Vec<ParameterSet>> {
    let config = Map::from_iter([("parameter_sets".to_owned(), Value::from(rows.to_vec()))]);
    crate::model::data_test::read_rows("inline", &config, None).map_err(|f| fault("parameter_sets", f.msg))
}

async fn run(
    testing: &Service,
    req: &Req,
    project: Project,
    test: Option<&DataTest>,
    document: &DataDocument,
    rows: Vec<ParameterSet>,
    body: &ExecuteBody,
) -> Result<Reply> {
    let wanted = wanted(testing, &project, document, body).await?;
    if req.query().flag("dry_run") {
        return Ok(Reply::json(&ExecutionView::dry(test.map(|test| test.uid), &document.name, rows)));
    }
    let what = (document.name.clone(), document.definition.clone());
    let run = testing.start_data_run(req.cx(), project, test, what, rows, wanted).await?;
    let run: Run = if body.wait == Some(false) { run } else { testing.wait_for(run.uid, WAIT_MAX).await? };
    let found = results::of_run(&testing.platform.store.state, run.id, RESULTS).await?;
    Ok(Reply::json(&ExecutionView::of(testing, &run, found)))
}

async fn wanted(testing: &Testing, project: &Project, document: &DataDocument, body: &ExecuteBody) -> Result<DataWanted> {
    if body.browser.as_deref().is_some_and(|browser| browser != "chromium") {
        return Err(AppError::bad_request("Only chromium is available here").code("browser_not_available").with("field", "browser"));
    }
    let within = |name: &str, n: u64, least: u64, most: u64| {
        if (least..=most).contains(&n) { Ok(n) } else { Err(fault(name, format!("{name} must be between {least} and {most}"))) }
    };
    let environment = body.environment.clone().filter(|e| !e.trim().is_empty()).unwrap_or_else(|| "staging".to_owned());
    if environment.chars().count() > 50 || environment.chars().any(char::is_control) {
        return Err(fault("environment", "environment must be at most 50 characters"));
    }
    let trigger = body.trigger_type.clone().unwrap_or_else(|| "manual".to_owned());
    if !TRIGGERS.contains(&trigger.as_str()) {
        return Err(fault("trigger_type", format!("trigger_type must be one of {}", TRIGGERS.join(", "))));
    }
    let max_parallel = within("max_parallel", body.max_parallel.unwrap_or(document.max_parallel).into(), 1, 20)?;
    let timeout = body.timeout_per_iteration_ms.unwrap_or(document.timeout_per_iteration_ms);
    let retries = within("retry_failed_iterations", body.retry_failed_iterations.into(), 0, 3)?;
    let values = testing.platform.identity.project_values(project).await?;
    let url = app_url(body.app_url.as_deref(), &values.settings, &environment, project.fields.app_url.as_deref());
    let url = url.ok_or_else(|| AppError::bad_request("No app_url: name one, or set one for the project").code("app_url_required"))?;
    if !is_web_address(&url) {
        return Err(fault("app_url", "app_url must be an http or https address"));
    }
    Ok(DataWanted {
        app_url: url,
        environment,
        trigger,
        mode: body.iteration_mode.unwrap_or(document.iteration_mode),
        max_parallel: u32::try_from(max_parallel).unwrap_or(1),
        timeout_ms: within("timeout_per_iteration_ms", timeout, 1_000, 300_000)?,
        stop_on_failure: body.stop_on_failure,
        retries: u32::try_from(retries).unwrap_or(0),
    })
}
