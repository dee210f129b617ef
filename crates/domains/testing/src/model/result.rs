//! How one test of a run ended, as it is kept: a line of columns for lists and figures, and the document with steps,
//! assertions and the ids of what was left as evidence. Pure.

use argos_kernel::{Timestamp, Uid};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::test::words;

/// How a test ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ResultStatus {
    Passed,
    Failed,
    Skipped,
    Error,
    Cancelled,
}

words!(ResultStatus: Passed = "passed", Failed = "failed", Skipped = "skipped", Error = "error", Cancelled = "cancelled");

/// One step of the last attempt.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct StepResult {
    pub step_index: i64,
    /// `setup`, `steps` or `teardown`.
    pub phase: String,
    pub action: String,
    pub description: Option<String>,
    pub target: Option<String>,
    pub resolved_selector: Option<String>,
    /// passed, failed, skipped or healed
    pub status: String,
    /// When it began, counted from the begin of the attempt.
    pub started_ms: i64,
    pub duration_ms: i64,
    pub error: Option<String>,
    pub error_code: Option<String>,
    pub screenshot: Option<String>,
    pub match_count: Option<i64>,
    pub warnings: Vec<String>,
    pub healing: Option<Value>,
    pub dom_attempts: i64,
    pub fallback_level: String,
    pub url: Option<String>,
    /// What a check of a picture (`kind` visual) or of accessibility found.
    pub check: Option<Value>,
    /// Set when a model was asked.
    pub advised: Option<Advised>,
    /// Set when its element was to be looked for in a picture of the page.
    pub vision: Option<Sight>,
}

/// What looking for an element in a picture of the page came to. Places are CSS pixels of the view.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Sight {
    /// The step was done to the element that was found.
    pub used: bool,
    /// Times a model was shown the picture.
    pub attempts: i64,
    /// Width and height of what the picture shows.
    pub view: Option<(f64, f64)>,
    /// Where the model pointed.
    pub at: Option<(f64, f64)>,
    /// 0-1, as the model says.
    pub confidence: Option<f64>,
    /// Left, top, width and height of the element there.
    pub area: Option<(f64, f64, f64, f64)>,
    pub selector: Option<String>,
    /// US dollars; null when its prices are unknown.
    pub cost_usd: Option<f64>,
    /// Why it did not help.
    pub why_not: Option<String>,
    /// The artifact with what the model was shown.
    pub picture: Option<String>,
}

/// What asking a model came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Advised {
    /// US dollars; null without prices.
    pub cost_usd: Option<f64>,
    /// An answer counted.
    pub used: bool,
}

/// One assertion of the last attempt.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct AssertionResult {
    /// What is asserted, such as `url_contains`.
    #[serde(rename = "type")]
    pub kind: String,
    pub target: Option<String>,
    pub expected: Option<String>,
    pub actual: Option<String>,
    pub passed: bool,
    pub error: Option<String>,
    pub soft: bool,
    pub duration_ms: i64,
    /// What holds but should be known.
    pub warnings: Vec<String>,
}

/// What is kept of a test in a run. Evidence is named by artifact id.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ResultBody {
    pub failed_step_index: Option<i64>,
    pub step_results: Vec<StepResult>,
    pub assertion_results: Vec<AssertionResult>,
    pub final_screenshot: Option<String>,
    pub failure_screenshot: Option<String>,
    pub video: Option<String>,
    pub trace: Option<String>,
    pub har: Option<String>,
    /// The document of the page when it failed.
    pub failure_dom: Option<String>,
    /// What its steps downloaded, in their order.
    pub downloads: Vec<Download>,
    pub console_errors: Vec<Value>,
    pub network_failures: Vec<Value>,
    pub warnings: Vec<String>,
    /// How earlier attempts ended.
    pub earlier_attempts: Vec<EarlierAttempt>,
}

/// A file that a step downloaded.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Download {
    pub artifact_id: String,
    pub name: String,
    pub size_bytes: i64,
}

/// An attempt that was followed by another one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct EarlierAttempt {
    pub attempt: i64,
    pub error_code: Option<String>,
    pub error_message: Option<String>,
    pub duration_ms: i64,
}

/// A stored result.
#[derive(Clone, Debug, PartialEq)]
pub struct TestResult {
    pub uid: Uid,
    pub run_id: i64,
    pub run_uid: Uid,
    pub test_uid: Uid,
    pub test_name: String,
    pub test_version: i64,
    /// Its place in the run.
    pub position: i64,
    pub status: ResultStatus,
    pub attempts: i64,
    pub flaky: bool,
    pub healed: bool,
    pub error_code: Option<String>,
    pub error_message: Option<String>,
    pub duration_ms: i64,
    pub body: ResultBody,
    pub started_at: Timestamp,
    pub completed_at: Timestamp,
}

/// One mark of the strip a list shows of a test.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    pub test_uid: Uid,
    pub run_uid: Uid,
    pub status: ResultStatus,
    pub flaky: bool,
    pub healed: bool,
    pub duration_ms: i64,
    pub completed_at: Timestamp,
}
