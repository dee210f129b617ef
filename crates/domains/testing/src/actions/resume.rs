//! Going on with a run that has ended: a new one, with the wishes of the first, of its tests or of those that are left.

use std::collections::HashMap;

use argos_kernel::{AppError, Result};
use argos_web::OpCx;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::runs::NewRun;
use crate::model::result::ResultStatus;
use crate::model::run::{Run, Wanted};
use crate::service::Testing;
use crate::store::results;

/// Where a run keeps the id of the one it goes on with.
pub(crate) const RESUMED_FROM: &str = "resumed_from";

/// Which tests of a run are wanted once more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Again {
    /// Those it did not get to: without a result, cut off or skipped.
    #[default]
    Rest,
    /// Those and the ones that failed.
    Failed,
    All,
}

/// The tests of a run that are wanted, in its order. `ended` says how the test at a place ended; a place it does not name
/// was under way or not begun.
fn wanted(tests: &[String], ended: &HashMap<i64, ResultStatus>, again: Again) -> Vec<String> {
    let takes = |place: usize| match ended.get(&i64::try_from(place).unwrap_or(i64::MAX)) {
        _ if again == Again::All => true,
        None | Some(ResultStatus::Skipped | ResultStatus::Cancelled) => true,
        Some(ResultStatus::Failed | ResultStatus::Error) => again == Again::Failed,
        Some(ResultStatus::Passed) => false,
    };
    tests.iter().enumerate().filter(|(place, _)| takes(*place)).map(|(_, id)| id.clone()).collect()
}

impl Testing {
    /// A new run of what is wanted of a run again. 409 while it goes on, 400 when nothing of it is left.
    pub(crate) async fn resume_run(&self, cx: &OpCx, run: &Run, again: Again) -> Result<Run> {
        if !run.status.is_final() {
            return Err(AppError::conflict("The run goes on; it can be resumed when it has ended").code("run_active"));
        }
        let ended = results::places(&self.platform.store.state, run.id).await?;
        let ids = wanted(&run.wanted.test_ids, &ended, again);
        let data = run.wanted.data.clone().map(|mut data| {
            data.sets.retain(|set| set.id.as_ref().is_some_and(|id| ids.contains(id)));
            data
        });
        let project = self.platform.identity.project_by_id(run.project_id).await?;
        let project = project.ok_or_else(|| AppError::not_found("Project not found"))?;
        let (named, missing) = if data.is_some() { (Vec::new(), ids.clone()) } else { self.tests_named(run.project_id, &ids).await? };
        let (tests, off): (Vec<_>, Vec<_>) = named.into_iter().partition(|test| test.document.is_active);
        if ids.is_empty() || (tests.is_empty() && data.is_none()) {
            let text = if ids.is_empty() { "Every test of the run has its result" } else { "No test that is left of the run is active" };
            return Err(AppError::bad_request(text).code("nothing_left"));
        }
        // What is gone or switched off is shown as skipped, as it would have been.
        let test_ids = missing.into_iter().chain(off.iter().map(|test| test.uid.to_string())).collect();
        let mut ci_metadata = run.ci_metadata.clone();
        ci_metadata.insert(RESUMED_FROM.to_owned(), Value::from(run.uid.to_string()));
        let new = NewRun {
            project,
            tests,
            single: run.test_uid,
            name: run.name.clone(),
            trigger: run.trigger.clone(),
            app_url: run.app_url.clone(),
            environment: run.environment.clone(),
            browser: run.browser.clone(),
            wanted: Wanted { test_ids, data, ..run.wanted.clone() },
            ci_metadata,
        };
        let job = self.platform.jobs.find_many(&[run.job_id]).await?.remove(&run.job_id);
        self.start_run_after(cx, new, job.as_ref()).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rest_of_a_run_is_what_it_did_not_get_to() {
        let tests: Vec<String> = ["passed", "failed", "under way", "cut off", "skipped", "not begun"].map(str::to_owned).to_vec();
        let ended =
            HashMap::from([(0, ResultStatus::Passed), (1, ResultStatus::Failed), (3, ResultStatus::Cancelled), (4, ResultStatus::Skipped)]);
        assert_eq!(wanted(&tests, &ended, Again::Rest), ["under way", "cut off", "skipped", "not begun"]);
        assert_eq!(wanted(&tests, &ended, Again::Failed), tests[1..]);
        assert_eq!(wanted(&tests, &ended, Again::All), tests);
    }
}
