//! Asking for runs, finding them, and ending those whose job ended without them.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::time::Duration;

use argos_audit::{Category, Entry};
use argos_identity::Project;
use argos_jobs::{Cancelled, Job, NewJob, State, TEST_RUN};
use argos_kernel::{AppError, ErrorKind, Result, Uid};
use argos_web::{OpCx, Req};
use serde_json::{Map, Value, json};

use crate::model::affected::{touched, words_of_files};
use crate::model::run::{Counts, Run, RunStatus, Shard, Wanted};
use crate::model::test::{Priority, Test};
use crate::service::Testing;
use crate::store::{run_events, runs, tests};

/// Why a run ended whose process died.
pub(crate) const INTERRUPTED: &str = "interrupted";
/// Why a run ended that took too long.
pub(crate) const TIMED_OUT: &str = "timeout";
/// Most tests of one run.
pub(crate) const TESTS_MAX: usize = 10_000;

/// Tests a message names.
const NAMED_MAX: usize = 20;

pub(crate) fn not_found() -> AppError {
    AppError::not_found("Run not found")
}

/// Which tests of a project; empty and `None` = any active one.
#[derive(Debug, Default)]
pub(crate) struct Selection {
    pub(crate) test_ids: Vec<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) priorities: Vec<Priority>,
    /// Words of the name, the tags or a step's address.
    pub(crate) focus_areas: Vec<String>,
    /// Paths of the sources that changed: tests that name what they are called after come first.
    pub(crate) changed_files: Vec<String>,
    pub(crate) max_tests: Option<usize>,
    pub(crate) shard: Option<Shard>,
}

impl Selection {
    fn takes(&self, test: &Test) -> bool {
        let d = &test.document;
        let tagged = self.tags.is_empty() || d.tags.iter().any(|t| self.tags.contains(t));
        let weighty = self.priorities.is_empty() || self.priorities.contains(&d.priority);
        let text = || format!("{} {} {}", d.name, d.tags.join(" "), d.description.as_deref().unwrap_or_default()).to_lowercase();
        tagged && weighty && (self.focus_areas.is_empty() || self.focus_areas.iter().any(|word| text().contains(&word.to_lowercase())))
    }
}

/// A run before it is queued.
pub(crate) struct NewRun {
    pub(crate) project: Project,
    pub(crate) tests: Vec<Test>,
    /// Set when it is a run of one test.
    pub(crate) single: Option<Uid>,
    pub(crate) name: String,
    pub(crate) trigger: String,
    pub(crate) app_url: String,
    pub(crate) environment: String,
    pub(crate) browser: String,
    pub(crate) wanted: Wanted,
    pub(crate) ci_metadata: Map<String, Value>,
}

impl NewRun {
    /// The run of a job. Tests that are wanted besides the given ones are not there any more; they become skipped results.
    pub(super) fn of(self, job: &Job, created_by: &str, now: argos_kernel::Timestamp) -> Run {
        let test_ids: Vec<String> = self.tests.iter().map(|t| t.uid.to_string()).chain(self.wanted.test_ids).collect();
        Run {
            id: 0,
            uid: job.uid,
            job_id: job.id,
            organization_id: self.project.organization_id,
            project_id: self.project.id,
            project_uid: self.project.uid,
            test_uid: self.single,
            name: self.name,
            trigger: self.trigger,
            status: RunStatus::Pending,
            app_url: self.app_url,
            environment: self.environment,
            browser: self.browser,
            counts: Counts { total: i64::try_from(test_ids.len()).unwrap_or(i64::MAX), ..Counts::default() },
            wanted: Wanted { test_ids, ..self.wanted },
            ci_metadata: self.ci_metadata,
            error: None,
            created_by: created_by.to_owned(),
            created_at: now,
            started_at: None,
            completed_at: None,
        }
    }
}

impl Testing {
    /// The tests of these ids, in their order, each once; and the ids that are no test of the project.
    pub(super) async fn tests_named(&self, project_id: i64, ids: &[String]) -> Result<(Vec<Test>, Vec<String>)> {
        let uids: Vec<Uid> = ids.iter().filter_map(|id| id.parse().ok()).collect();
        let found = tests::of_ids(&self.platform.store.state, project_id, &uids).await?;
        let mut by_id: HashMap<String, Test> = found.into_iter().map(|t| (t.uid.to_string(), t)).collect();
        let (mut named, mut missing, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
        for id in ids.iter().filter(|id| seen.insert(id.to_lowercase())) {
            match by_id.remove(&id.to_lowercase()) {
                Some(test) => named.push(test),
                None => missing.push(id.clone()),
            }
        }
        Ok((named, missing))
    }

    /// The tests a selection means, those that a change touches and then the most important first. 404 naming listed tests that are not there, 400 naming those
    /// that are switched off.
    pub(crate) async fn select(&self, project_id: i64, selection: &Selection) -> Result<Vec<Test>> {
        let mut chosen: Vec<Test> = if selection.test_ids.is_empty() {
            let mut all = tests::active_of(&self.platform.store.state, project_id).await?;
            all.retain(|t| selection.takes(t));
            let changed = words_of_files(&selection.changed_files);
            all.sort_by_cached_key(|t| (Reverse(touched(&t.document, &changed)), t.document.priority, t.id));
            all
        } else {
            let (named, missing) = self.tests_named(project_id, &selection.test_ids).await?;
            let off: Vec<String> = named.iter().filter(|t| !t.document.is_active).map(|t| t.uid.to_string()).collect();
            match (missing.is_empty(), off.is_empty()) {
                (false, _) => {
                    let text = format!(
                        "test_ids: the project has no test {}",
                        missing.iter().take(NAMED_MAX).map(String::as_str).collect::<Vec<_>>().join(", ")
                    );
                    return Err(AppError::not_found(text).code("tests_not_found").with("field", "test_ids").with("missing", missing));
                }
                (true, false) => {
                    let text = format!(
                        "test_ids: switched off: {}",
                        off.iter().take(NAMED_MAX).map(String::as_str).collect::<Vec<_>>().join(", ")
                    );
                    return Err(AppError::bad_request(text).code("test_inactive").with("field", "test_ids").with("inactive", off));
                }
                (true, true) => named,
            }
        };
        chosen.truncate(selection.max_tests.unwrap_or(TESTS_MAX).min(TESTS_MAX));
        Ok(match selection.shard {
            Some(shard) => shard.of(chosen),
            None => chosen,
        })
    }

    /// Queues a run.
    pub(crate) async fn start_run(&self, cx: &OpCx, new: NewRun) -> Result<Run> {
        self.start_run_after(cx, new, None).await
    }

    /// Queues a run that goes on with what `earlier` did. Of a schedule it gets the sealed variables as well, and with them
    /// what goes for its runs: it waits for the same approval, runs beside no other and as long as they may.
    pub(super) async fn start_run_after(&self, cx: &OpCx, new: NewRun, earlier: Option<&Job>) -> Result<Run> {
        self.pool.program()?;
        let (organization_id, project_id) = (new.project.organization_id, new.project.id);
        let mut change = self.platform.audit.begin(&cx.actor()).await?;
        let payload = json!({ "name": new.name, "tests": new.tests.len(), "app_url": new.app_url });
        let asked = self.platform.jobs.asks(TEST_RUN, &payload)?;
        let mut job = NewJob::new(TEST_RUN)
            .payload(payload)
            .trigger(new.trigger.as_str())
            .by(&cx.actor())
            .organization(organization_id)
            .project(project_id);
        if let Some(earlier) = earlier {
            job = job.parent(earlier.id);
            if let Some(schedule) = earlier.schedule_id {
                job = job.schedule(schedule);
            }
            if let Some(key) = &earlier.concurrency_key {
                job = job.concurrency(key.as_str());
            }
            if let Some(seconds) = earlier.timeout_s {
                job = job.timeout_s(seconds);
            }
        }
        // A run that goes on waits as the first one did.
        if let Some(hold) = earlier.and_then(|earlier| earlier.hold.clone()).or(asked) {
            job = job.hold(hold);
        }
        let job_id = self.platform.jobs.enqueue(&mut change, job).await?;
        let job = self.platform.jobs.find_in(&mut change, job_id).await?.ok_or_else(|| AppError::internal("the job is gone"))?;
        let mut run = new.of(&job, &cx.caller.username, cx.now());
        run.id = runs::insert(&mut change, &run).await?;
        let entry = Entry::new("test.run", Category::Action)
            .organization(organization_id)
            .target("test_run", run.uid)
            .describe(format!("Run {} of {} tests against {}", run.name, run.counts.total, run.app_url))
            .after(json!({ "tests": run.counts.total, "environment": run.environment, "trigger": run.trigger }));
        change.commit(entry).await?;
        Ok(run)
    }

    /// A run the caller may see; the permission of the route is judged in its project.
    pub(crate) async fn run_named(&self, req: &Req, text: &str) -> Result<Run> {
        let uid: Uid = text.parse().map_err(|_| not_found())?;
        let run = runs::find(&self.platform.store.state, uid).await?.ok_or_else(not_found)?;
        let project = self.platform.identity.project_named(req, &run.project_id.to_string()).await.map_err(|_| not_found())?;
        project.require(req.cx().rule().permission())?;
        if run.status.is_final() {
            return Ok(run);
        }
        self.reconcile(std::slice::from_ref(&run)).await?;
        runs::find(&self.platform.store.state, uid).await?.ok_or_else(not_found)
    }

    /// A run by its id or by the name its client follows it by, the newest of that name.
    pub(crate) async fn run_followed(&self, req: &Req, text: &str) -> Result<Run> {
        // A name may look like an id.
        if let Ok(uid) = text.parse::<Uid>()
            && runs::find(&self.platform.store.state, uid).await?.is_some()
        {
            return self.run_named(req, text).await;
        }
        for organization in self.platform.identity.organizations_readable(req).await? {
            if let Some(uid) = runs::of_thread(&self.platform.store.state, organization, text).await? {
                match self.run_named(req, &uid.to_string()).await {
                    // Of a project the caller may not see: another organization may know the name too.
                    Err(e) if e.kind() == ErrorKind::NotFound => {}
                    found => return found,
                }
            }
        }
        Err(not_found())
    }

    /// Ends a run; 400 when it has ended.
    pub(crate) async fn cancel_run(&self, cx: &OpCx, run: &Run) -> Result<Cancelled> {
        let ended = || AppError::bad_request(format!("Cannot cancel run with status '{}'", run.status.job_word())).code("run_not_active");
        if run.status.is_final() {
            return Err(ended());
        }
        let mut change = self.platform.audit.begin(&cx.actor()).await?;
        let met = self.platform.jobs.cancel(&mut change, run.job_id).await;
        let met = met.map_err(|e| if e.kind() == ErrorKind::Conflict { ended() } else { e })?;
        let entry = Entry::new("job.cancel", Category::Action)
            .organization(run.organization_id)
            .target("job", run.uid)
            .describe(format!("Test run {} cancelled", run.uid));
        change.commit(entry).await?;
        Ok(met)
    }

    /// The run when it has ended, or as it is after `limit`.
    pub(crate) async fn wait_for(&self, uid: Uid, limit: Duration) -> Result<Run> {
        let mut heard = self.follow(uid);
        let until = tokio::time::Instant::now() + limit;
        loop {
            let run = runs::find(&self.platform.store.state, uid).await?.ok_or_else(not_found)?;
            if run.status.is_final() || tokio::time::Instant::now() >= until {
                return Ok(run);
            }
            // Another process may do it, so it is looked at now and then.
            let next = (tokio::time::Instant::now() + Duration::from_secs(1)).min(until);
            drop(tokio::time::timeout_at(next, heard.changed()).await);
        }
    }

    /// Ends runs whose job ended without them: cancelled before it began, or its process died.
    pub(crate) async fn reconcile(&self, active: &[Run]) -> Result<()> {
        let ids: Vec<i64> = active.iter().map(|r| r.job_id).collect();
        let jobs = self.platform.jobs.find_many(&ids).await?;
        for run in active {
            let (status, error) = match jobs.get(&run.job_id).map(|j| (j.state, j.error.clone())) {
                Some((state, _)) if !state.is_final() => continue,
                // Somebody refused it: the reason stands with the job.
                Some((State::Cancelled, why)) => (RunStatus::Cancelled, why),
                Some((State::Failed, why)) if run.status == RunStatus::Pending => (RunStatus::Error, why),
                Some((State::Timeout, _)) => (RunStatus::Error, Some(TIMED_OUT.to_owned())),
                _ => (RunStatus::Error, Some(INTERRUPTED.to_owned())),
            };
            self.end_run(run, status, error.as_deref()).await?;
        }
        Ok(())
    }

    /// The same for every run that has not ended.
    pub(crate) async fn reconcile_all(&self) -> Result<()> {
        let active = runs::active(&self.platform.store.state).await?;
        self.reconcile(&active).await
    }

    async fn end_run(&self, run: &Run, status: RunStatus, error: Option<&str>) -> Result<()> {
        let (now, around) = (self.platform.clock.now(), self.around(run).await?);
        let ended = Run { status, error: error.map(str::to_owned), completed_at: Some(now), ..run.clone() };
        let mut tx = self.platform.store.state.begin().await?;
        let first = runs::finish(&mut tx, run.id, status, error, now).await?;
        if first {
            self.announce_end(&mut tx, &ended, &around).await?;
        }
        tx.commit().await?;
        if !first {
            return Ok(());
        }
        // After what the run said itself.
        let seq = run_events::last(&self.platform.store.telemetry, run.uid).await? + 1;
        let event = run_events::RunEvent { seq, name: "complete".to_owned(), data: complete(&ended) };
        run_events::insert(&self.platform.store.telemetry, run.uid, &[event], now).await?;
        self.said(run.uid, seq);
        Ok(())
    }
}

/// The last thing a stream says of a run.
pub(crate) fn complete(run: &Run) -> Value {
    let c = run.counts;
    json!({
        "run_id": run.uid.to_string(), "thread_id": run.thread_or_id(), "success": run.status == RunStatus::Passed, "status": run.status,
        "passed": c.passed, "failed": c.failed, "skipped": c.skipped, "flaky": c.flaky, "total_tests": c.total, "total_cost": c.cost_usd(),
        "duration_ms": run.duration_ms(), "error": run.error, "completed_at": run.completed_at.map(argos_kernel::Timestamp::rfc3339),
    })
}
