//! Kinds of the quality part.

use argos_kernel::Severity::{Error, Info};

use crate::event::Source::Quality;
use crate::kinds::Kind;

/// Every kind the domain testing publishes.
pub const QUALITY: &[Kind] = &[
    Kind::new(
        "run.failed",
        Quality,
        Error,
        "Tests of a run failed, or the run could not be done.",
        r#"{"run_id":"0198f2b0-0000-7000-8000-000000000000","project":"Shop","status":"failed","passed":11,"failed":1,"trigger":"schedule"}"#,
    ),
    Kind::new(
        "run.passed",
        Quality,
        Info,
        "Every test of a run passed.",
        r#"{"run_id":"0198f2b0-0000-7000-8000-000000000000","project":"Shop","status":"passed","passed":12,"failed":0,"trigger":"schedule"}"#,
    )
    .ends("run.failed"),
    Kind::new(
        "healing.suggested",
        Quality,
        Info,
        "Something on a page changed, and a mended step of a test waits for a decision.",
        r#"{"suggestion_id":"0198f2b0-0000-7000-8000-000000000000","test":"Sign in","run_id":"0198f2b0-0000-7000-8000-000000000000"}"#,
    ),
];
