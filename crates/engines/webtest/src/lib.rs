//! Runs tests of web pages in a Chromium: the step model, the runner with its evidence, the grammar of instructions, the
//! rules of healing, and the ways in (recordings) and out (code for other tools). It keeps nothing, knows no database and
//! no route, and sends no request of its own: who calls it gives it what it needs.

mod advice;
mod evidence;
pub mod export;
mod failure;
pub mod filter;
pub mod grammar;
pub mod heal;
mod options;
mod outcome;
mod pattern;
pub mod plan;
pub mod record;
mod runner;
pub mod selector;
pub mod sets;
mod text;
mod variables;
mod words;

pub use advice::{Advice, Adviser, Pointing, Ranking, Renamed};
pub use evidence::reader::TraceReader;
pub use evidence::video::Video;
pub use failure::{ErrorCode, Failure};
pub use options::{
    ApiRequest, ApiResponse, CheckInput, CheckVerdict, Checks, HttpClient, Later, PlanResolver, RunOptions, ScreenshotMode, TraceMode,
    Vision,
};
pub use outcome::{
    Advised, AssertionResult, ConsoleError, DownloadedFile, Evidence, Fallback, NetworkFailure, Observer, Outcome, Phase, Picture,
    RunEvent, Sight, Silent, Status, StepFingerprint, StepResult, StepStatus,
};
pub use plan::{Plan, Problem};
pub use runner::{FILMED, Guest, Seen, observe, pick, run, run_in, way_into};
pub use variables::{Layers, Redactor};
pub use words::words;

/// A script that tells what elements of a page look like: an object with `of(element)`, whose answer is a
/// [`heal::Fingerprint`].
pub const LOOK: &str = include_str!("runner/look.js");
