//! Kinds of the quality part (quality spec E.5).

use argos_kernel::Severity::{Error, Info, Warning};

use crate::event::Source::Quality;
use crate::kinds::Kind;

/// Every kind the domain testing and the schedules of organizations publish. A run that passes says nothing of the tests another
/// run failed; only a schedule, which asks for the same each time, is well again.
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
    Kind::new(
        "schedule.triggered",
        Quality,
        Info,
        "A schedule of tests asked for a run, by the clock or by hand.",
        r#"{"schedule_id":"0198f2b0-0000-7000-8000-000000000000","schedule":"Nightly"}"#,
    ),
    Kind::new(
        "schedule.run.started",
        Quality,
        Info,
        "The run of a schedule began.",
        r#"{"schedule_id":"0198f2b0-0000-7000-8000-000000000000","schedule":"Nightly","run_id":"0198f2b0-0000-7000-8000-000000000000","status":"running"}"#,
    ),
    Kind::new(
        "schedule.run.completed",
        Quality,
        Info,
        "The run of a schedule ended, however it did.",
        r#"{"schedule_id":"0198f2b0-0000-7000-8000-000000000000","schedule":"Nightly","run_id":"0198f2b0-0000-7000-8000-000000000000","status":"passed"}"#,
    ),
    Kind::new(
        "schedule.run.failed",
        Quality,
        Error,
        "Tests of a schedule's run failed, or it could not be done.",
        r#"{"schedule_id":"0198f2b0-0000-7000-8000-000000000000","schedule":"Nightly","run_id":"0198f2b0-0000-7000-8000-000000000000","status":"failed"}"#,
    ),
    Kind::new(
        "schedule.run.recovered",
        Quality,
        Info,
        "A schedule whose run before had failed passed again.",
        r#"{"schedule_id":"0198f2b0-0000-7000-8000-000000000000","schedule":"Nightly","run_id":"0198f2b0-0000-7000-8000-000000000000","status":"passed"}"#,
    )
    .ends("schedule.run.failed"),
    Kind::new(
        "discovery.completed",
        Quality,
        Info,
        "The exploration of a site ended.",
        r#"{"session_id":"0198f2b0-0000-7000-8000-000000000000","app_url":"https://shop.example","status":"completed"}"#,
    ),
    Kind::new(
        "discovery.failed",
        Quality,
        Error,
        "A site could not be explored.",
        r#"{"session_id":"0198f2b0-0000-7000-8000-000000000000","app_url":"https://shop.example","error":"The login failed"}"#,
    ),
    Kind::new(
        "visual.mismatch.detected",
        Quality,
        Warning,
        "A picture differs from its baseline and waits for a decision.",
        r#"{"comparison_id":"0198f2b0-0000-7000-8000-000000000000","name":"Home","diff_percentage":1.25,"summary":"2 regions differ"}"#,
    ),
    Kind::new(
        "visual.baseline.updated",
        Quality,
        Info,
        "A picture became the one that others are compared with.",
        r#"{"baseline_id":"0198f2b0-0000-7000-8000-000000000000","name":"Home","version":3}"#,
    ),
    Kind::new(
        "healing.applied",
        Quality,
        Info,
        "A test was changed to what healing proposed.",
        r#"{"suggestion_id":"0198f2b0-0000-7000-8000-000000000000","test":"Sign in","old":"id=submit","new":"role=button[name=Send]","by":"ada"}"#,
    ),
    Kind::new(
        "healing.failed",
        Quality,
        Warning,
        "A step did not find its element, and nothing on the page could take its place.",
        r#"{"test_id":"0198f2b0-0000-7000-8000-000000000000","test":"Sign in","run_id":"0198f2b0-0000-7000-8000-000000000000","error":"id=submit was not found"}"#,
    ),
];
