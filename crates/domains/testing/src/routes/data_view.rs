//! How tests with rows and their runs are shown.

use std::collections::BTreeMap;

use argos_kernel::{Timestamp, Uid};
use argos_webtest::sets::{ParameterSet, filled, title};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::model::data_test::{DataTest, Mode, StoredSet};
use crate::model::result::{ResultStatus, StepResult, TestResult};
use crate::model::run::{Run, RunStatus};
use crate::service::Testing;

/// Rows an error names.
const NAMED_MAX: usize = 5;

#[derive(Serialize, JsonSchema)]
pub(super) struct DataTestView {
    id: String,
    project_id: String,
    name: String,
    description: Option<String>,
    data_source_type: String,
    data_source_config: Map<String, Value>,
    parameter_schema: Map<String, Value>,
    steps: Vec<Value>,
    assertions: Vec<Value>,
    setup: Vec<Value>,
    teardown: Vec<Value>,
    iteration_mode: Mode,
    max_parallel: u32,
    timeout_per_iteration_ms: u64,
    created_by: String,
    created_at: String,
    updated_at: String,
}

impl DataTestView {
    pub(super) fn of(t: DataTest) -> Self {
        let document = t.document.test();
        let list = |name: &str| document.list(name).to_vec();
        Self {
            id: t.uid.to_string(),
            project_id: t.project_uid.to_string(),
            steps: list("steps"),
            assertions: list("assertions"),
            setup: list("setup"),
            teardown: list("teardown"),
            name: t.document.name,
            description: t.document.description,
            data_source_type: t.document.data_source_type,
            data_source_config: t.document.data_source_config,
            parameter_schema: t.document.parameter_schema,
            iteration_mode: t.document.iteration_mode,
            max_parallel: t.document.max_parallel,
            timeout_per_iteration_ms: t.document.timeout_per_iteration_ms,
            created_by: t.created_by,
            created_at: t.created_at.rfc3339(),
            updated_at: t.updated_at.rfc3339(),
        }
    }
}

#[derive(Serialize, JsonSchema)]
pub(super) struct SetView {
    id: String,
    parameterized_test_id: String,
    name: String,
    description: Option<String>,
    values: Map<String, Value>,
    tags: Vec<String>,
    skip: bool,
    skip_reason: Option<String>,
    order_index: i64,
    created_at: String,
}

impl SetView {
    pub(super) fn of(test: &DataTest, stored: StoredSet) -> Self {
        let set = stored.set;
        Self {
            id: stored.uid.to_string(),
            parameterized_test_id: test.uid.to_string(),
            name: set.name,
            description: set.description,
            values: set.values,
            tags: set.tags,
            skip: set.skip,
            skip_reason: set.skip_reason,
            order_index: stored.order_index,
            created_at: stored.created_at.rfc3339(),
        }
    }
}

/// What became of one row.
#[derive(Serialize, JsonSchema)]
struct IterationView {
    /// Of its result; null while there is none.
    id: Option<String>,
    iteration_index: usize,
    parameter_set_id: Option<String>,
    parameter_set_name: String,
    parameter_values: Map<String, Value>,
    /// passed, failed, error, skipped, cancelled or pending
    status: &'static str,
    duration_ms: Option<i64>,
    step_results: Vec<StepResult>,
    assertions_passed: usize,
    assertions_failed: usize,
    error_message: Option<String>,
    error_screenshot_url: Option<String>,
    retry_count: i64,
}

#[derive(Serialize, JsonSchema)]
struct ErrorGroup {
    error: String,
    count: usize,
    /// The first rows it happened to, at most five.
    parameter_sets: Vec<String>,
}

#[derive(Serialize, JsonSchema)]
struct FirstFailure {
    iteration_index: usize,
    parameter_set: String,
    error: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct FailureSummary {
    total_failures: usize,
    error_groups: Vec<ErrorGroup>,
    first_failure: Option<FirstFailure>,
}

/// A run of a test with its rows.
#[derive(Serialize, JsonSchema)]
pub(super) struct ExecutionView {
    /// Every row passed.
    success: bool,
    /// The run; null of what was only asked for.
    result_id: Option<String>,
    test_id: Option<String>,
    test_name: String,
    total_iterations: usize,
    passed: usize,
    failed: usize,
    skipped: usize,
    error: usize,
    /// pending, running, passed, failed, error, cancelled; dry_run of what was only asked for
    status: &'static str,
    duration_ms: Option<i64>,
    avg_iteration_ms: Option<i64>,
    min_iteration_ms: Option<i64>,
    max_iteration_ms: Option<i64>,
    iteration_results: Vec<IterationView>,
    failure_summary: FailureSummary,
    started_at: Option<String>,
    completed_at: Option<String>,
}

impl ExecutionView {
    pub(super) fn of(testing: &Testing, run: &Run, results: Vec<TestResult>) -> Self {
        let mut by_place: BTreeMap<i64, TestResult> = results.into_iter().map(|result| (result.position, result)).collect();
        let sets = run.wanted.data.as_ref().map(|data| data.sets.clone()).unwrap_or_default();
        let iterations = sets.into_iter().enumerate().map(|(place, set)| {
            let result = i64::try_from(place).ok().and_then(|place| by_place.remove(&place));
            iteration(place, set, result, |id| testing.signed(id))
        });
        let mut view = Self::made(run.test_uid, &run.name, run.status.as_str(), iterations.collect());
        view.success = run.status == RunStatus::Passed;
        view.result_id = Some(run.uid.to_string());
        view.duration_ms = run.duration_ms();
        view.started_at = run.started_at.map(Timestamp::rfc3339);
        view.completed_at = run.completed_at.map(Timestamp::rfc3339);
        view
    }

    /// What would be run.
    pub(super) fn dry(test: Option<Uid>, name: &str, rows: Vec<ParameterSet>) -> Self {
        let iterations = rows.into_iter().enumerate().map(|(place, set)| iteration(place, set, None, str::to_owned)).collect();
        Self { success: true, ..Self::made(test, name, "dry_run", iterations) }
    }

    fn made(test: Option<Uid>, name: &str, status: &'static str, iterations: Vec<IterationView>) -> Self {
        let count = |word: &str| iterations.iter().filter(|i| i.status == word).count();
        let times: Vec<i64> = iterations.iter().filter(|i| i.status != "skipped").filter_map(|i| i.duration_ms).collect();
        let average = i64::try_from(times.len()).ok().filter(|n| *n > 0).map(|n| times.iter().sum::<i64>() / n);
        Self {
            success: false,
            result_id: None,
            test_id: test.map(|uid| uid.to_string()),
            test_name: name.to_owned(),
            total_iterations: iterations.len(),
            passed: count("passed"),
            failed: count("failed"),
            skipped: count("skipped") + count("cancelled"),
            error: count("error"),
            status,
            duration_ms: None,
            avg_iteration_ms: average,
            min_iteration_ms: times.iter().min().copied(),
            max_iteration_ms: times.iter().max().copied(),
            failure_summary: summary(&iterations),
            iteration_results: iterations,
            started_at: None,
            completed_at: None,
        }
    }
}

fn iteration(place: usize, set: ParameterSet, result: Option<TestResult>, signed: impl Fn(&str) -> String) -> IterationView {
    let body = result.as_ref().map(|r| r.body.clone()).unwrap_or_default();
    let passed = body.assertion_results.iter().filter(|a| a.passed).count();
    IterationView {
        id: result.as_ref().map(|r| r.uid.to_string()),
        iteration_index: place,
        parameter_set_id: set.id,
        parameter_set_name: set.name,
        parameter_values: set.values,
        status: result.as_ref().map_or("pending", |r| r.status.as_str()),
        duration_ms: result.as_ref().map(|r| r.duration_ms),
        step_results: body.step_results,
        assertions_passed: passed,
        assertions_failed: body.assertion_results.len() - passed,
        error_message: result.as_ref().filter(|r| r.status != ResultStatus::Passed).and_then(|r| r.error_message.clone()),
        error_screenshot_url: body.failure_screenshot.as_deref().map(signed),
        retry_count: result.map_or(0, |r| r.attempts.saturating_sub(1).max(0)),
    }
}

fn summary(iterations: &[IterationView]) -> FailureSummary {
    let failures: Vec<&IterationView> = iterations.iter().filter(|i| matches!(i.status, "failed" | "error")).collect();
    let mut groups: Vec<ErrorGroup> = Vec::new();
    for failure in &failures {
        let error = failure.error_message.clone().unwrap_or_default();
        let name = failure.parameter_set_name.clone();
        match groups.iter_mut().find(|group| group.error == error) {
            Some(group) => {
                group.count += 1;
                if group.parameter_sets.len() < NAMED_MAX {
                    group.parameter_sets.push(name);
                }
            }
            None => groups.push(ErrorGroup { error, count: 1, parameter_sets: vec![name] }),
        }
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.count));
    FailureSummary {
        total_failures: failures.len(),
        error_groups: groups,
        first_failure: failures.first().map(|first| FirstFailure {
            iteration_index: first.iteration_index,
            parameter_set: first.parameter_set_name.clone(),
            error: first.error_message.clone(),
        }),
    }
}

/// A test with one of its rows in it.
#[derive(Serialize, JsonSchema)]
pub(super) struct ExpandedView {
    index: usize,
    name: String,
    description: Option<String>,
    parameter_set_name: String,
    parameter_values: Map<String, Value>,
    steps: Value,
    assertions: Value,
    setup: Value,
    teardown: Value,
}

impl ExpandedView {
    /// What it writes is taken from `left`; an error says that it is not enough.
    pub(super) fn of(
        index: usize,
        test: &str,
        definition: &Map<String, Value>,
        set: ParameterSet,
        left: &mut usize,
    ) -> Result<Self, String> {
        let mut part = |name: &str| filled(definition.get(name).unwrap_or(&Value::Array(Vec::new())), &set.values, left);
        Ok(Self {
            index,
            name: title(test, &set.name),
            steps: part("steps")?,
            assertions: part("assertions")?,
            setup: part("setup")?,
            teardown: part("teardown")?,
            description: set.description,
            parameter_set_name: set.name,
            parameter_values: set.values,
        })
    }
}
