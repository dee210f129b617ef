//! Kinds of the quality part (quality spec E.5).

use argos_kernel::Severity::{Error, Info, Warning};

use crate::event::Source::Quality;
use crate::kinds::Kind;

/// Every kind the domain testing publishes. None ends another: a run that passes says nothing of the tests another run
/// failed.
pub const QUALITY: &[Kind] = &[
    Kind::new(
        "test.run.started",
        Quality,
        Info,
        "A run of tests began.",
        r#"{"run_id":"0198f2b0-0000-7000-8000-000000000000","project":"Shop","name":"Nightly","status":"running","total":12,"trigger":"scheduled"}"#,
    )
    .aka(&["test.started"]),
    Kind::new(
        "test.run.completed",
        Quality,
        Info,
        "A run ended, however it did.",
        r#"{"run_id":"0198f2b0-0000-7000-8000-000000000000","project":"Shop","name":"Nightly","status":"cancelled","passed":3,"failed":0,"trigger":"manual"}"#,
    ),
    Kind::new(
        "test.run.failed",
        Quality,
        Error,
        "Tests of a run failed, or the run could not be done.",
        r#"{"run_id":"0198f2b0-0000-7000-8000-000000000000","project":"Shop","name":"Nightly","status":"failed","passed":11,"failed":1,"trigger":"scheduled"}"#,
    )
    .aka(&["test.failed"]),
    Kind::new(
        "test.run.passed",
        Quality,
        Info,
        "Every test of a run passed.",
        r#"{"run_id":"0198f2b0-0000-7000-8000-000000000000","project":"Shop","name":"Nightly","status":"passed","passed":12,"failed":0,"trigger":"scheduled"}"#,
    )
    .aka(&["test.passed"]),
    Kind::new(
        "test.flaky",
        Quality,
        Warning,
        "A test passed only after it had failed in the same run.",
        r#"{"run_id":"0198f2b0-0000-7000-8000-000000000000","test_id":"0198f2b0-0000-7000-8000-000000000001","project":"Shop","test":"Sign in","attempts":2}"#,
    ),
    Kind::new(
        "healing.suggested",
        Quality,
        Info,
        "Something on a page changed, and a mended step of a test waits for a decision.",
        r#"{"suggestion_id":"0198f2b0-0000-7000-8000-000000000000","test":"Sign in","run_id":"0198f2b0-0000-7000-8000-000000000000"}"#,
    ),
    Kind::new(
        "healing.healed",
        Quality,
        Info,
        "A step of a test found its element by another selector than the one it has, and the test went on.",
        r#"{"suggestion_id":"0198f2b0-0000-7000-8000-000000000000","test":"Sign in","old":"id=submit","new":"role=button[name=Send]","confidence":0.92,"applied":false}"#,
    ),
];
