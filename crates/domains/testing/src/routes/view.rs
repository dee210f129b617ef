//! What is shown of tests, runs and results. Evidence is shown as signed addresses, never as ids alone.

use argos_kernel::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::model::figures::{self, Figures};
use crate::model::result::{AssertionResult, Download, EarlierAttempt, Mark, ResultStatus, StepResult, TestResult};
use crate::model::run::{Run, RunStatus};
use crate::model::test::{Priority, Source, Test, TestLine};
use crate::model::vision::{VisionSums, cost_of, mode_of};
use crate::service::Testing;

#[derive(Serialize, JsonSchema)]
pub(super) struct TestView {
    id: String,
    project_id: String,
    name: String,
    description: Option<String>,
    steps: Value,
    assertions: Value,
    setup: Value,
    teardown: Value,
    variables: Map<String, Value>,
    config: Map<String, Value>,
    tags: Vec<String>,
    priority: Priority,
    is_active: bool,
    source: Source,
    version: i64,
    created_by: String,
    created_at: String,
    updated_at: String,
}

impl TestView {
    pub(super) fn of(test: Test) -> Self {
        let list = |name: &str| Value::from(test.document.list(name).to_vec());
        Self {
            id: test.uid.to_string(),
            project_id: test.project_uid.to_string(),
            steps: list("steps"),
            assertions: list("assertions"),
            setup: list("setup"),
            teardown: list("teardown"),
            variables: test.document.object("variables"),
            config: test.document.object("config"),
            name: test.document.name,
            description: test.document.description,
            tags: test.document.tags,
            priority: test.document.priority,
            is_active: test.document.is_active,
            source: test.document.source,
            version: test.version,
            created_by: test.created_by,
            created_at: test.created_at.rfc3339(),
            updated_at: test.updated_at.rfc3339(),
        }
    }
}

/// One of the last results of a test.
#[derive(Serialize, JsonSchema)]
pub(super) struct MarkView {
    run_id: String,
    status: ResultStatus,
    flaky: bool,
    healed: bool,
    duration_ms: i64,
    completed_at: String,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct TestLineView {
    id: String,
    project_id: String,
    name: String,
    description: Option<String>,
    tags: Vec<String>,
    priority: Priority,
    is_active: bool,
    source: Source,
    version: i64,
    step_count: i64,
    created_at: String,
    updated_at: String,
    /// Newest first, at most 20.
    recent_results: Vec<MarkView>,
    /// Over the recent results.
    figures: Figures,
}

impl TestLineView {
    pub(super) fn of(line: TestLine, marks: &[Mark]) -> Self {
        let own: Vec<Mark> = marks.iter().filter(|m| m.test_uid == line.uid).cloned().collect();
        Self {
            id: line.uid.to_string(),
            project_id: line.project_uid.to_string(),
            name: line.name,
            description: line.description,
            tags: line.tags,
            priority: line.priority,
            is_active: line.is_active,
            source: line.source,
            version: line.version,
            step_count: line.step_count,
            created_at: line.created_at.rfc3339(),
            updated_at: line.updated_at.rfc3339(),
            figures: figures::of(&own),
            recent_results: own.iter().map(mark_view).collect(),
        }
    }
}

fn mark_view(m: &Mark) -> MarkView {
    MarkView {
        run_id: m.run_uid.to_string(),
        status: m.status,
        flaky: m.flaky,
        healed: m.healed,
        duration_ms: m.duration_ms,
        completed_at: m.completed_at.rfc3339(),
    }
}

/// A run as lists and its page show it.
#[derive(Serialize, JsonSchema)]
pub(super) struct RunView {
    id: String,
    run_id: String,
    job_id: String,
    project_id: String,
    /// Set when it is a run of one test.
    test_id: Option<String>,
    name: String,
    trigger: String,
    status: RunStatus,
    app_url: String,
    environment: String,
    browser: String,
    total_tests: i64,
    passed_tests: i64,
    failed_tests: i64,
    skipped_tests: i64,
    flaky_tests: i64,
    duration_ms: Option<i64>,
    ci_metadata: Map<String, Value>,
    error: Option<String>,
    created_by: String,
    created_at: String,
    started_at: Option<String>,
    completed_at: Option<String>,
}

impl RunView {
    pub(super) fn of<W>(run: Run<W>) -> Self {
        let (id, c) = (run.uid.to_string(), run.counts);
        Self {
            run_id: id.clone(),
            job_id: id.clone(),
            id,
            project_id: run.project_uid.to_string(),
            test_id: run.test_uid.map(|u| u.to_string()),
            duration_ms: run.duration_ms(),
            name: run.name,
            trigger: run.trigger,
            status: run.status,
            app_url: run.app_url,
            environment: run.environment,
            browser: run.browser,
            total_tests: c.total,
            passed_tests: c.passed,
            failed_tests: c.failed,
            skipped_tests: c.skipped,
            flaky_tests: c.flaky,
            ci_metadata: run.ci_metadata,
            error: run.error,
            created_by: run.created_by,
            created_at: run.created_at.rfc3339(),
            started_at: run.started_at.map(Timestamp::rfc3339),
            completed_at: run.completed_at.map(Timestamp::rfc3339),
        }
    }
}

#[derive(Serialize, JsonSchema)]
pub(super) struct StepResultView {
    #[serde(flatten)]
    step: StepResult,
    success: bool,
    has_screenshot: bool,
    screenshot_url: Option<String>,
    /// Where the step's element came from: `vision` = a picture of the page, `hybrid` = the answer of a model counted, else `dom`
    mode_used: &'static str,
    fallback_triggered: bool,
    vision_attempts: i64,
    /// What the model was shown that looked for the element.
    vision_picture_url: Option<String>,
    /// US dollars that a model cost; null when its prices are unknown.
    estimated_cost: Option<f64>,
}

/// A file that a step downloaded, with a signed address.
#[derive(Serialize, JsonSchema)]
pub(super) struct DownloadView {
    #[serde(flatten)]
    file: Download,
    url: String,
}

impl DownloadView {
    pub(super) fn of(testing: &Testing, file: Download) -> Self {
        Self { url: testing.signed(&file.artifact_id), file }
    }
}

/// How a test of a run ended.
#[derive(Serialize, JsonSchema)]
pub(super) struct ResultView {
    id: String,
    run_id: String,
    test_id: String,
    test_name: String,
    test_version: i64,
    status: ResultStatus,
    attempt: i64,
    attempts: i64,
    flaky: bool,
    healed: bool,
    success: bool,
    total_duration_ms: i64,
    duration_ms: i64,
    duration_seconds: f64,
    error_message: Option<String>,
    error_code: Option<String>,
    failed_step_index: Option<i64>,
    step_results: Vec<StepResultView>,
    assertion_results: Vec<AssertionResult>,
    steps_passed: usize,
    steps_failed: usize,
    assertions_passed: usize,
    assertions_failed: usize,
    /// `vision` when every element that was used was found in a picture, `hybrid` when that or the answer of a model counted
    /// somewhere, else `standard`
    execution_mode: &'static str,
    total_dom_attempts: i64,
    total_vision_attempts: i64,
    vision_fallback_count: i64,
    /// Steps whose element was found in a picture after everything else failed, of those that were done.
    fallback_rate: f64,
    /// US dollars that models cost; null when their prices are unknown.
    total_estimated_cost: Option<f64>,
    has_final_screenshot: bool,
    has_failure_screenshot: bool,
    final_screenshot_url: Option<String>,
    failure_screenshot_url: Option<String>,
    video_artifact_id: Option<String>,
    recording_url: Option<String>,
    trace_artifact_id: Option<String>,
    trace_url: Option<String>,
    har_artifact_id: Option<String>,
    har_url: Option<String>,
    failure_dom_artifact_id: Option<String>,
    failure_dom_url: Option<String>,
    downloads: Vec<DownloadView>,
    console_errors: Vec<Value>,
    network_failures: Vec<Value>,
    earlier_attempts: Vec<EarlierAttempt>,
    /// What could not be kept, or why a failure does not count.
    warnings: Vec<String>,
    healing_applied: Map<String, Value>,
    started_at: String,
    completed_at: String,
}

impl ResultView {
    pub(super) fn of(testing: &Testing, r: TestResult) -> Self {
        let b = r.body;
        let signed = |id: &Option<String>| id.as_deref().map(|id| testing.signed(id));
        let sums = VisionSums::of(&b.step_results);
        let passed = |s: &StepResult| matches!(s.status.as_str(), "passed" | "healed");
        let healed = |s: &StepResult| Some((format!("{}:{}", s.phase, s.step_index), s.healing.clone().filter(|_| s.status == "healed")?));
        Self {
            id: r.uid.to_string(),
            run_id: r.run_uid.to_string(),
            test_id: r.test_uid.to_string(),
            test_name: r.test_name,
            test_version: r.test_version,
            status: r.status,
            attempt: r.attempts,
            attempts: r.attempts,
            flaky: r.flaky,
            healed: r.healed,
            success: r.status == ResultStatus::Passed,
            total_duration_ms: r.duration_ms,
            duration_ms: r.duration_ms,
            duration_seconds: seconds(r.duration_ms),
            error_message: r.error_message,
            error_code: r.error_code,
            failed_step_index: b.failed_step_index,
            steps_passed: b.step_results.iter().filter(|s| passed(s)).count(),
            steps_failed: b.step_results.iter().filter(|s| s.status == "failed").count(),
            assertions_passed: b.assertion_results.iter().filter(|a| a.passed).count(),
            assertions_failed: b.assertion_results.iter().filter(|a| !a.passed).count(),
            execution_mode: sums.mode,
            total_dom_attempts: b.step_results.iter().map(|s| s.dom_attempts).sum(),
            total_vision_attempts: sums.attempts,
            vision_fallback_count: sums.fallbacks,
            fallback_rate: sums.rate,
            total_estimated_cost: b.step_results.iter().map(cost_of).sum(),
            has_final_screenshot: b.final_screenshot.is_some(),
            has_failure_screenshot: b.failure_screenshot.is_some(),
            final_screenshot_url: signed(&b.final_screenshot),
            failure_screenshot_url: signed(&b.failure_screenshot),
            recording_url: signed(&b.video),
            trace_url: signed(&b.trace),
            har_url: signed(&b.har),
            failure_dom_url: signed(&b.failure_dom),
            downloads: b.downloads.into_iter().map(|file| DownloadView::of(testing, file)).collect(),
            video_artifact_id: b.video,
            trace_artifact_id: b.trace,
            har_artifact_id: b.har,
            failure_dom_artifact_id: b.failure_dom,
            console_errors: b.console_errors,
            network_failures: b.network_failures,
            earlier_attempts: b.earlier_attempts,
            warnings: b.warnings,
            healing_applied: b.step_results.iter().filter_map(healed).collect(),
            step_results: b.step_results.into_iter().map(|s| step_view(testing, s)).collect(),
            assertion_results: b.assertion_results,
            started_at: r.started_at.rfc3339(),
            completed_at: r.completed_at.rfc3339(),
        }
    }
}

/// The pictures a check names, as signed addresses beside their ids.
pub(super) fn sign_check(testing: &Testing, check: &mut Value) {
    let Some(members) = check.as_object_mut() else { return };
    for name in ["before", "after", "difference", "picture", "document"] {
        if let Some(id) = members.get(name).and_then(Value::as_str) {
            let url = testing.signed(id);
            members.insert(format!("{name}_url"), Value::from(url));
        }
    }
}

fn step_view(testing: &Testing, mut step: StepResult) -> StepResultView {
    if let Some(check) = &mut step.check {
        sign_check(testing, check);
    }
    StepResultView {
        success: matches!(step.status.as_str(), "passed" | "healed"),
        has_screenshot: step.screenshot.is_some(),
        screenshot_url: step.screenshot.as_deref().map(|id| testing.signed(id)),
        mode_used: mode_of(&step),
        fallback_triggered: step.fallback_level != "none" && !step.fallback_level.is_empty(),
        vision_attempts: step.vision.as_ref().map_or(0, |v| v.attempts),
        vision_picture_url: step.vision.as_ref().and_then(|v| v.picture.as_deref()).map(|id| testing.signed(id)),
        estimated_cost: cost_of(&step),
        step,
    }
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds of a test")]
pub(super) fn seconds(ms: i64) -> f64 {
    ms as f64 / 1_000.0
}

/// `{"success":true,"message":..}`
pub(crate) fn said(message: &str) -> Value {
    json!({ "success": true, "message": message })
}
