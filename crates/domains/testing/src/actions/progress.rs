//! How far a run is, for those who ask about its job.

use std::time::Duration;

use serde_json::{Value, json};

use super::executor::Stage;
use crate::model::run::Counts;

/// How often it is written down which step is under way.
pub(crate) const EVERY: Duration = Duration::from_secs(1);

/// Tests that are done, and how many of a hundred these are.
pub(crate) fn done(c: Counts) -> (i64, i64) {
    let done = c.passed + c.failed + c.skipped;
    (done, if c.total > 0 { done * 100 / c.total } else { 100 })
}

impl Stage<'_> {
    /// How far the run is, with the test and the step under way.
    pub(crate) fn progress(&self, test: Option<&str>, step: Option<&str>) -> Value {
        let c = self.counts();
        let (done, percent) = done(c);
        json!({
            "phase": "executing", "percent": percent, "tests_completed": done, "total_tests": c.total, "current_test": test,
            "current_step": step, "passed": c.passed, "failed": c.failed, "skipped": c.skipped,
        })
    }
}
