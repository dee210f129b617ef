//! What the job of a run shows of it.

use serde_json::{Value, json};

use crate::model::result::TestResult;
use crate::model::run::Run;

/// One test that has ended.
pub(super) fn line_of(result: &TestResult) -> Value {
    let passed = result.body.assertion_results.iter().filter(|a| a.passed).count();
    json!({
        "test_id": result.test_uid.to_string(), "test_name": result.test_name, "status": result.status,
        "duration_seconds": seconds(result.duration_ms), "error_message": result.error_message, "error_code": result.error_code,
        "assertions_passed": passed, "assertions_failed": result.body.assertion_results.len() - passed,
        "flaky": result.flaky, "healed": result.healed, "attempts": result.attempts, "result_id": result.uid.to_string(),
    })
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds of a test")]
fn seconds(ms: i64) -> f64 {
    ms as f64 / 1_000.0
}

/// The result of the job.
pub(super) fn result_document(run: &Run, lines: &[Value]) -> Value {
    let c = run.counts;
    let path = |what: &str| format!("/api/v1/runs/{}{what}", run.uid);
    json!({
        "run_id": run.uid.to_string(),
        "summary": { "total_tests": c.total, "passed": c.passed, "failed": c.failed, "skipped": c.skipped, "flaky": c.flaky,
                     "duration_ms": run.duration_ms(), "status": run.status },
        "results": lines,
        "report_paths": { "json": path("/results"), "html": format!("/runs/{}", run.uid), "junit": path("/junit.xml") },
    })
}
