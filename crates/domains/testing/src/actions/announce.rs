//! What the rest of the house hears of a run: that it began, how it ended, which test was flaky. Each is told in the
//! transaction of the change it reports, and only to those who may read the project.

use argos_events::{NewEvent, Source};
use argos_jobs::JobFilter;
use argos_kernel::{PageRequest, Result, Uid};
use argos_store::Tx;
use serde_json::{Value, json};

use crate::model::result::TestResult;
use crate::model::run::{Run, RunStatus};
use crate::service::Testing;
use crate::store::runs;

/// An event about a run, to the people of its project. Runs of one test speak about that test, others about the project.
fn event(run: &Run, project: &str, kind: &str, text: String) -> NewEvent {
    let c = run.counts;
    let data = json!({
        "run_id": run.uid.to_string(), "project_id": run.project_uid.to_string(), "project": project, "name": run.name,
        "status": run.status, "total": c.total, "passed": c.passed, "failed": c.failed, "skipped": c.skipped, "flaky": c.flaky,
        "trigger": run.trigger, "environment": run.environment, "error": run.error,
    });
    let event = NewEvent::new(Source::Quality, kind, text).organization(run.organization_id).project(run.project_id).data(data);
    match run.test_uid {
        Some(test) => event.subject("test", test, &run.name),
        None => event.subject("test_project", run.project_uid, project),
    }
}

/// The kind of an ended run's own event beside `test.run.completed`, with its sentence.
fn ending(run: &Run) -> (Option<&'static str>, String) {
    let (c, name) = (run.counts, &run.name);
    match run.status {
        RunStatus::Passed => (Some("test.run.passed"), format!("{name}: {} tests passed", c.passed)),
        RunStatus::Failed => (Some("test.run.failed"), format!("{name}: {} of {} tests failed", c.failed, c.total)),
        RunStatus::Error => (Some("test.run.failed"), format!("{name}: the run could not be done")),
        _ => (None, format!("{name}: the run was cancelled")),
    }
}

/// What is told of the end of a schedule's run.
fn of_schedule(status: RunStatus, failed_before: bool) -> Vec<&'static str> {
    let judged = match status {
        RunStatus::Failed | RunStatus::Error => Some("schedule.run.failed"),
        RunStatus::Passed if failed_before => Some("schedule.run.recovered"),
        _ => None,
    };
    std::iter::once("schedule.run.completed").chain(judged).collect()
}

/// Runs of a schedule that are looked at for the last one that was judged.
const EARLIER: i64 = 20;

/// What is told of a run beside itself.
pub(crate) struct Around {
    pub(crate) project: String,
    schedule: Option<OfSchedule>,
}

/// The schedule a run is of.
struct OfSchedule {
    uid: Uid,
    name: String,
    /// The run before failed, or could not be done.
    failed_before: bool,
}

impl Testing {
    /// What is told of a run beside itself; asked before a transaction is opened.
    pub(crate) async fn around(&self, run: &Run) -> Result<Around> {
        let project = self.platform.identity.project_by_id(run.project_id).await?;
        let project = project.map_or_else(|| run.project_uid.to_string(), |p| p.fields.name);
        let job = self.platform.jobs.find_many(&[run.job_id]).await?.remove(&run.job_id);
        let schedule = match job.and_then(|job| job.schedule_id) {
            Some(id) => self.platform.schedules.find(id).await?,
            None => None,
        };
        let Some(schedule) = schedule else { return Ok(Around { project, schedule: None }) };
        // The last run of the schedule that was judged.
        let filter = JobFilter { schedule_id: Some(schedule.id), organizations: true, ..JobFilter::default() };
        let jobs = self.platform.jobs.list(&filter, PageRequest { limit: EARLIER, offset: 0 }).await?;
        let mut failed_before = false;
        for job in jobs.items.iter().filter(|job| job.id < run.job_id) {
            if let Some(earlier) = runs::find(&self.platform.store.state, job.uid).await?
                && matches!(earlier.status, RunStatus::Passed | RunStatus::Failed | RunStatus::Error)
            {
                failed_before = earlier.status != RunStatus::Passed;
                break;
            }
        }
        Ok(Around { project, schedule: Some(OfSchedule { uid: schedule.uid, name: schedule.spec.name, failed_before }) })
    }

    /// Tells the schedule's own event of a run.
    async fn tell_schedule(&self, tx: &mut Tx, run: &Run, of: &OfSchedule, kind: &'static str, text: &str) -> Result<()> {
        let data = json!({ "schedule_id": of.uid.to_string(), "schedule": of.name, "run_id": run.uid.to_string(), "status": run.status,
                           "project_id": run.project_uid.to_string(), "error": run.error });
        let event = NewEvent::new(Source::Quality, kind, format!("{}: {text}", of.name));
        self.tell(tx, event.organization(run.organization_id).project(run.project_id).subject("schedule", of.uid, &of.name).data(data))
            .await
    }

    async fn tell(&self, tx: &mut Tx, event: NewEvent) -> Result<()> {
        Ok(self.platform.events.publish(tx, event).await.map(drop)?)
    }

    pub(crate) async fn announce_start(&self, tx: &mut Tx, run: &Run, around: &Around) -> Result<()> {
        let project = &around.project;
        if let Some(of) = &around.schedule {
            self.tell_schedule(tx, run, of, "schedule.run.started", "its run began").await?;
        }
        let text = format!("{}: a run of {} tests began", run.name, run.counts.total);
        self.tell(tx, event(run, project, "test.run.started", text)).await
    }

    /// `run` as it ended.
    pub(crate) async fn announce_end(&self, tx: &mut Tx, run: &Run, around: &Around) -> Result<()> {
        let (kind, text) = ending(run);
        let project = &around.project;
        if let Some(of) = &around.schedule {
            for kind in of_schedule(run.status, of.failed_before) {
                self.tell_schedule(tx, run, of, kind, &text).await?;
            }
        }
        if let Some(kind) = kind {
            self.tell(tx, event(run, project, kind, text.clone())).await?;
        }
        self.tell(tx, event(run, project, "test.run.completed", text)).await
    }

    pub(crate) async fn announce_flaky(&self, tx: &mut Tx, run: &Run, project: &str, result: &TestResult) -> Result<()> {
        let (test, name): (Uid, &str) = (result.test_uid, &result.test_name);
        let text = format!("{name} passed at attempt {} after it had failed", result.attempts);
        let mut event = event(run, project, "test.flaky", text).subject("test", test, name);
        if let Value::Object(data) = &mut event.data {
            let more = json!({ "test_id": test.to_string(), "test": name, "attempts": result.attempts });
            data.extend(more.as_object().cloned().unwrap_or_default());
        }
        self.tell(tx, event).await
    }
}

#[cfg(test)]
mod tests {
    use argos_events::Kinds;
    use argos_kernel::Timestamp;
    use serde_json::Map;

    use super::*;
    use crate::model::run::{Counts, Wanted};

    fn run(status: RunStatus, test_uid: Option<Uid>) -> Run {
        let uid = |n: u8| format!("0198f2b0-0000-7000-8000-00000000000{n}").parse::<Uid>().unwrap();
        Run {
            id: 1,
            uid: uid(1),
            job_id: 1,
            organization_id: 7,
            project_id: 9,
            project_uid: uid(2),
            test_uid,
            name: "Nightly".into(),
            trigger: "ci".into(),
            status,
            app_url: "https://shop.example".into(),
            environment: "staging".into(),
            browser: "chromium".into(),
            wanted: Wanted::default(),
            ci_metadata: Map::new(),
            counts: Counts { total: 2, failed: 1, passed: 1, ..Counts::default() },
            error: None,
            created_by: "ada".into(),
            created_at: Timestamp::from_micros(0),
            started_at: None,
            completed_at: None,
        }
    }

    #[test]
    fn event_of_a_run_belongs_to_its_project_and_carries_its_name() {
        let e = event(&run(RunStatus::Failed, None), "Shop", "test.run.failed", String::new());
        assert_eq!((e.organization_id, e.project_id), (Some(7), Some(9)));
        assert_eq!((e.subject_type.as_deref(), e.subject_name.as_deref()), (Some("test_project"), Some("Shop")));
        assert_eq!((&e.data["project"], &e.data["name"], &e.data["status"]), (&json!("Shop"), &json!("Nightly"), &json!("failed")));
        let test = run(RunStatus::Passed, None).uid;
        let one = event(&run(RunStatus::Passed, Some(test)), "Shop", "test.run.passed", String::new());
        assert_eq!((one.subject_type.as_deref(), one.subject_id), (Some("test"), Some(test.to_string())));
    }

    #[test]
    fn schedule_is_well_again_only_after_it_had_failed() {
        let told = |status, before| super::of_schedule(status, before)[1..].to_vec();
        assert_eq!(told(RunStatus::Passed, false), [] as [&str; 0]);
        assert_eq!(told(RunStatus::Passed, true), ["schedule.run.recovered"]);
        assert_eq!(
            (told(RunStatus::Failed, true), told(RunStatus::Error, false)),
            (vec!["schedule.run.failed"], vec!["schedule.run.failed"])
        );
        assert_eq!(told(RunStatus::Cancelled, true), [] as [&str; 0], "what somebody cancelled says nothing");
    }

    #[test]
    fn every_end_has_a_known_kind_and_none_ends_another() {
        let kinds = Kinds::with(&[]);
        let of = |status| ending(&run(status, None)).0;
        assert_eq!((of(RunStatus::Passed), of(RunStatus::Failed)), (Some("test.run.passed"), Some("test.run.failed")));
        assert_eq!((of(RunStatus::Error), of(RunStatus::Cancelled)), (Some("test.run.failed"), None));
        for (name, kind) in [("test.passed", "test.run.passed"), ("test.failed", "test.run.failed"), ("test.started", "test.run.started")] {
            assert_eq!(kinds.canonical(name), kind);
        }
        for kind in ["test.run.started", "test.run.completed", "test.run.passed", "test.run.failed", "test.flaky"] {
            assert!(kinds.find(kind).is_some_and(|k| k.kind == kind && k.resolves.is_none()), "{kind}");
        }
    }
}
