//! How far a run is, for those who ask about its job.

use std::time::Duration;

use serde_json::{Value, json};

use super::executor::Stage;

/// How often it is written down which step is under way.
pub(crate) const EVERY: Duration = Duration::from_secs(1);

impl Stage<'_> {
    /// How far the run is, with the test and the step under way.
    pub(crate) fn progress(&self, test: Option<&str>, step: Option<&str>) -> Value {
        let c = self.counts();
        let done = c.passed + c.failed + c.skipped;
        let percent = if c.total > 0 { done * 100 / c.total } else { 100 };
        json!({
            "phase": "executing", "percent": percent, "tests_completed": done, "total_tests": c.total, "current_test": test,
            "current_step": step, "passed": c.passed, "failed": c.failed, "skipped": c.skipped,
        })
    }
}
