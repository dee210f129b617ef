//! What came of a run, in the form in which results are stored and shown, and what is told while it goes on.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::failure::ErrorCode;
use crate::heal::{Fingerprint, Healing};

/// How a test ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Passed,
    Failed,
    Cancelled,
    /// The browser or the runner failed, not the test.
    Error,
}

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StepStatus {
    Passed,
    Failed,
    Skipped,
    Healed,
}

/// The list a step stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    Setup,
    Steps,
    Teardown,
    /// The claims at the end.
    Assertions,
}

/// How far a step had to go for its element.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fallback {
    /// The first try was the last.
    #[default]
    None,
    /// Tried again shortly after.
    Retry,
    /// And again after a longer pause.
    WaitAndRetry,
    /// And again after the page was loaded again.
    RefreshAndRetry,
    /// Another element took its place.
    Heal,
    /// A model found it in a picture of the page.
    #[serde(rename = "vision_fallback")]
    Vision,
}

impl Fallback {
    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Retry => "retry",
            Self::WaitAndRetry => "wait_and_retry",
            Self::RefreshAndRetry => "refresh_and_retry",
            Self::Heal => "heal",
            Self::Vision => "vision_fallback",
        }
    }
}

/// What came of a step.
#[derive(Clone, Debug, Serialize)]
pub struct StepResult {
    pub phase: Phase,
    /// In its list.
    pub step_index: usize,
    pub action: String,
    /// As the plan has it.
    pub target: Option<String>,
    /// With its variables filled in, or what was found in its place; secrets taken out.
    pub resolved_selector: Option<String>,
    pub description: Option<String>,
    pub success: bool,
    pub status: StepStatus,
    pub duration_ms: u64,
    /// Milliseconds after the start of the run.
    pub started_ms: u64,
    pub error: Option<String>,
    pub error_code: Option<ErrorCode>,
    pub has_screenshot: bool,
    /// Tries at the element.
    pub dom_attempts: u32,
    pub fallback_level: Fallback,
    /// How many elements the target named, when it was counted.
    pub match_count: Option<usize>,
    pub warnings: Vec<String>,
    /// Descriptions of the elements that were meant, when there were several.
    pub candidates: Vec<String>,
    pub healing: Option<Healing>,
    /// What the step found: an extracted value, an answer, a file.
    pub output: Option<Value>,
    /// Of an `assert`.
    pub assertion: Option<AssertionResult>,
    /// Address of the page after the step.
    pub url: Option<String>,
    /// Set when somebody was asked what rules do not know.
    pub advised: Option<Advised>,
    /// Set when the element was to be looked for in a picture.
    pub sight: Option<Sight>,
}

/// What looking for an element in a picture of the page came to. Places are CSS pixels of the view.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Sight {
    /// The step was done to the element that was found.
    pub used: bool,
    /// Times a model was shown the picture.
    pub attempts: u32,
    /// What the picture shows, width and height.
    pub view: Option<(f64, f64)>,
    /// Where the model pointed.
    pub at: Option<(f64, f64)>,
    /// From 0 to 1, as the model says.
    pub confidence: Option<f64>,
    /// The element there: left, top, width and height.
    pub area: Option<(f64, f64, f64, f64)>,
    /// What names it alone.
    pub selector: Option<String>,
    /// In US dollars; `None` = nobody knows.
    pub cost_usd: Option<f64>,
    /// Why it did not help.
    pub why_not: Option<String>,
    /// What the model was shown.
    #[serde(skip)]
    pub picture: Option<Picture>,
}

/// What asking came to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Advised {
    /// In US dollars; `None` = nobody knows.
    pub cost_usd: Option<f64>,
    /// An answer counted.
    pub used: bool,
}

/// What came of a claim.
#[derive(Clone, Debug, Serialize)]
pub struct AssertionResult {
    #[serde(rename = "type")]
    pub kind: String,
    pub target: Option<String>,
    pub expected: Option<Value>,
    pub actual: Option<Value>,
    pub passed: bool,
    pub error: Option<String>,
    pub soft: bool,
    pub duration_ms: u64,
    /// What holds but should be known.
    pub warnings: Vec<String>,
}

/// An error a page wrote to its console or threw.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ConsoleError {
    /// `error` or `exception`.
    pub kind: String,
    pub text: String,
    pub url: Option<String>,
    pub line: Option<i64>,
    /// Milliseconds since the epoch.
    pub at_ms: i64,
}

/// A request that failed or was answered with 400 or more.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NetworkFailure {
    pub method: String,
    pub url: String,
    pub kind: String,
    pub status: Option<i64>,
    pub error: Option<String>,
}

/// A picture as bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// `image/png` or `image/jpeg`.
    pub mime: &'static str,
    pub bytes: Arc<[u8]>,
}

/// A file that a download of the test left in the directory of the run.
#[derive(Clone, Debug, Serialize)]
pub struct DownloadedFile {
    pub path: PathBuf,
    pub name: String,
    pub bytes: u64,
}

/// What is kept of a run.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// Of the end.
    pub final_screenshot: Option<Picture>,
    pub failure_screenshot: Option<Picture>,
    /// The document when the test failed.
    pub failure_dom: Option<String>,
    /// HAR 1.2.
    pub har: Option<Value>,
    pub trace: Option<PathBuf>,
    pub video: Option<PathBuf>,
    /// `video/webm` with a video.
    pub video_mime: Option<&'static str>,
    pub downloads: Vec<DownloadedFile>,
}

/// What an element looked like when its step passed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StepFingerprint {
    pub phase: Phase,
    pub step_index: usize,
    /// As the plan has it, behind the way into the frame it is looked for in, when the step or one before it names one.
    pub selector: String,
    /// The address without query and fragment.
    pub url_pattern: String,
    pub fingerprint: Fingerprint,
}

/// What came of a run.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub status: Status,
    pub error_code: Option<ErrorCode>,
    pub error_message: Option<String>,
    /// Of the main list.
    pub failed_step_index: Option<usize>,
    /// The list it stands in.
    pub failed_phase: Option<Phase>,
    pub step_results: Vec<StepResult>,
    pub assertion_results: Vec<AssertionResult>,
    pub console_errors: Vec<ConsoleError>,
    pub network_failures: Vec<NetworkFailure>,
    /// Everything `save_as` left, secrets taken out.
    pub saved: Map<String, Value>,
    pub evidence: Evidence,
    pub duration: Duration,
    pub fingerprints: Vec<StepFingerprint>,
    /// What may have taken the place of elements of the claims at the end, by their place: proposed, never used.
    pub claim_healings: Vec<(usize, Healing)>,
    /// At least one step passed with another element than its selector named.
    pub healed: bool,
}

/// What is told while a run goes on.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum RunEvent {
    StepStarted { phase: Phase, index: usize, action: &'static str, title: String },
    StepFinished(Box<StepResult>),
    AssertionFinished(AssertionResult),
    Screenshot { phase: Phase, index: usize, picture: Picture },
    Console { kind: String, text: String, url: Option<String> },
    Dialog { kind: String, message: String, accepted: bool },
    Healed { index: usize, healing: Healing },
    Log { message: String },
}

/// Listens to a run. It is called between the steps' own work, so it must be quick and must not wait.
pub trait Observer: Send + Sync {
    fn on(&self, event: RunEvent);
}

/// Hears nothing.
pub struct Silent;

impl Observer for Silent {
    fn on(&self, _: RunEvent) {}
}
