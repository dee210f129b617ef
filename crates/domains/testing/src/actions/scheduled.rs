//! Runs that a schedule asked for: made when their job begins, from what the schedule says.

use argos_identity::Project;
use argos_jobs::{Job, schedule_variables};
use argos_kernel::{AppError, Result};
use serde_json::{Map, Value};

use super::runs::{NewRun, Selection};
use crate::model::run::{Run, Wanted};
use crate::model::test::{Priority, Test};
use crate::service::Testing;
use crate::store::runs;

/// Members of the payload of a schedule's job, read by name.
struct Asked<'a>(&'a Value);

impl Asked<'_> {
    fn text(&self, name: &str) -> String {
        self.0.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    }
    fn flag(&self, name: &str) -> Option<bool> {
        self.0.get(name).and_then(Value::as_bool)
    }
    fn count(&self, name: &str) -> Option<u32> {
        self.0.get(name).and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok())
    }
    fn share(&self, name: &str) -> Option<f64> {
        self.0.get(name).and_then(Value::as_f64).filter(|n| (0.0..=1.0).contains(n))
    }
    fn words(&self, path: &[&str]) -> Vec<String> {
        let found = path.iter().try_fold(self.0, |value, name| value.get(name)).and_then(Value::as_array);
        found.map(|l| l.iter().filter_map(Value::as_str).map(str::to_owned).collect()).unwrap_or_default()
    }

    fn selection(&self) -> Selection {
        Selection {
            test_ids: self.words(&["test_ids"]),
            tags: self.words(&["test_filter", "tags"]),
            priorities: self.words(&["test_filter", "priority"]).iter().filter_map(|w| Priority::parse(w)).collect(),
            ..Selection::default()
        }
    }

    fn wanted(&self) -> Wanted {
        Wanted {
            retries: self.count("retry_count"),
            parallel: self.count("max_parallel_tests"),
            self_heal: self.flag("auto_heal_enabled"),
            min_confidence: self.share("auto_heal_confidence_threshold"),
            quarantine_above: self.share("flaky_threshold").filter(|_| self.flag("quarantine_flaky_tests") == Some(true)),
            ..Wanted::default()
        }
    }
}

impl Testing {
    /// The run a job belongs to; one that a schedule queued is made now.
    pub(crate) async fn run_of(&self, job: &Job) -> Result<Run> {
        let db = &self.platform.store.state;
        if let Some(run) = runs::find(db, job.uid).await? {
            return Ok(run);
        }
        let project_id = job.project_id.ok_or_else(|| AppError::bad_request("The schedule names no project"))?;
        let gone = || AppError::not_found("The project of the schedule is gone");
        let project = self.platform.identity.project_by_id(project_id).await?.ok_or_else(gone)?;
        let new = self.scheduled(job, project).await?;
        let mut run = new.of(job, &job.triggered_by, job.created_at);
        let mut tx = db.begin().await?;
        run.id = runs::insert(&mut tx, &run).await?;
        tx.commit().await?;
        Ok(run)
    }

    /// What a schedule asks for. Listed tests that are gone or switched off do not keep the others from being run.
    async fn scheduled(&self, job: &Job, project: Project) -> Result<NewRun> {
        let asked = Asked(&job.payload);
        let selection = asked.selection();
        let mut wanted = asked.wanted();
        let tests: Vec<Test> = if selection.test_ids.is_empty() {
            self.select(project.id, &selection).await?
        } else {
            let (named, missing) = self.tests_named(project.id, &selection.test_ids).await?;
            let (on, off): (Vec<Test>, Vec<Test>) = named.into_iter().partition(|t| t.document.is_active);
            wanted.test_ids = missing.into_iter().chain(off.iter().map(|t| t.uid.to_string())).collect();
            on
        };
        Ok(NewRun {
            name: project.fields.name.clone(),
            tests,
            single: None,
            trigger: "scheduled".to_owned(),
            app_url: asked.text("app_url"),
            environment: asked.text("environment"),
            browser: asked.text("browser"),
            wanted,
            ci_metadata: Map::new(),
            project,
        })
    }

    /// The sealed variables of the schedule a job comes from. They are never stored with the run.
    pub(crate) async fn hidden_values(&self, job: &Job) -> Result<Map<String, Value>> {
        let Some(id) = job.schedule_id else { return Ok(Map::new()) };
        match self.platform.schedules.find(id).await? {
            Some(schedule) => schedule_variables(&self.platform.vault, &schedule),
            None => Ok(Map::new()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn everything_a_schedule_says_of_its_runs_is_read() {
        let payload = json!({
            "test_filter": {"tags": ["smoke"], "priority": ["high", "odd"]}, "retry_count": 2, "max_parallel_tests": 3,
            "auto_heal_enabled": true, "auto_heal_confidence_threshold": 0.85, "quarantine_flaky_tests": true, "flaky_threshold": 0.4,
        });
        let (asked, selection) = (Asked(&payload), Asked(&payload).selection());
        assert_eq!((selection.tags, selection.priorities), (vec!["smoke".to_owned()], vec![Priority::High]));
        let wanted = asked.wanted();
        assert_eq!((wanted.retries, wanted.parallel, wanted.self_heal), (Some(2), Some(3), Some(true)));
        assert_eq!((wanted.min_confidence, wanted.quarantine_above), (Some(0.85), Some(0.4)));
        let open = json!({"quarantine_flaky_tests": false, "flaky_threshold": 0.4});
        assert_eq!(Asked(&open).wanted().quarantine_above, None);
    }

    proptest! {
        #[test]
        fn any_payload_is_read_and_shares_stay_shares(text in ".{0,20}", number in any::<f64>()) {
            for value in [json!(text), json!(number), json!([text]), json!({"tags": number}), json!(null)] {
                let names = ["test_ids", "test_filter", "retry_count", "auto_heal_confidence_threshold", "flaky_threshold"];
                let payload = Value::Object(names.iter().map(|n| ((*n).to_owned(), value.clone())).collect());
                let (asked, _) = (Asked(&payload), Asked(&payload).selection());
                prop_assert!(asked.wanted().min_confidence.is_none_or(|n| (0.0..=1.0).contains(&n)));
            }
        }
    }
}
