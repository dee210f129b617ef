//! Doing a run: its tests side by side as far as allowed, each with its attempts; a result is kept as soon as it is
//! there, so a crash loses at most the tests under way.

mod plan;
mod shown;

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use argos_identity::{Project, ProjectValues};
use argos_jobs::{Cut, JobContext, KindSpec, Restart, TEST_RUN, Verdict};
use argos_kernel::{AppError, BoxFuture, Result, Timestamp, Uid};
use futures_util::StreamExt;
use serde_json::{Map, Value, json};

use self::shown::{line_of, result_document};
use super::progress;
use super::recorder::Recorder;
use super::resume::RESUMED_FROM;
use super::runs::{INTERRUPTED, TIMED_OUT, complete};
use crate::browser::guard::Reach;
use crate::model::figures;
use crate::model::result::{ResultBody, ResultStatus, TestResult};
use crate::model::run::{Counts, Run, RunStatus, verdict};
use crate::model::settings::{self, Common, Manner};
use crate::model::test::Test;
use crate::service::Testing;
use crate::store::{results, runs, tests};

/// Longest run.
const RUN_TIMEOUT: Duration = Duration::from_secs(3_600);
/// A run of which nothing is left to say that it passed.
const NOTHING_SELECTED: &str = "No tests matched";
const NOTHING_RUN: &str = "No test was run: every one was deleted or switched off";
/// Results shown with the status of a job.
const RESULTS_MAX: usize = 200;

/// A run under way.
pub(crate) struct Stage<'a> {
    pub(crate) testing: &'a Arc<Testing>,
    pub(crate) ctx: &'a JobContext,
    pub(crate) run: &'a Run,
    pub(crate) project: &'a Project,
    pub(crate) values: &'a ProjectValues,
    pub(crate) manner: &'a Manner,
    pub(crate) reach: &'a Reach,
    pub(crate) recorder: &'a Arc<Recorder>,
    /// Values of the schedule, which no evidence may show.
    pub(crate) hidden: &'a Map<String, Value>,
    counts: Mutex<Counts>,
    /// Short lines of the results, for the status of the job.
    lines: Mutex<Vec<Value>>,
    /// A test failed and the run shall end with the first.
    ended_early: AtomicBool,
    /// A test was cut off or not begun because the run had to end.
    cut_short: AtomicBool,
    /// Tests that failed and are known to be flaky: they do not fail the run.
    quarantined: AtomicI64,
}

/// What came of the tests of a run.
struct Work {
    counts: Counts,
    lines: Vec<Value>,
    cut_short: bool,
    quarantined: i64,
}

/// How a run ended, and why when it could not be done. A run whose tests had all ended before it was cut off is judged
/// by them.
fn ending(work: &Result<Work, (AppError, Counts)>, cut: Option<Cut>) -> (RunStatus, Option<String>) {
    let error = |why: &str| (RunStatus::Error, Some(why.to_owned()));
    match work {
        Err((e, _)) => error(e.message()),
        Ok(work) => match cut.filter(|_| work.cut_short) {
            None => verdict(work.counts, work.quarantined).map_or_else(|| error(NOTHING_RUN), |status| (status, None)),
            Some(Cut::Cancelled) => (RunStatus::Cancelled, None),
            Some(Cut::TimedOut) => error(TIMED_OUT),
            Some(Cut::Stopping | Cut::LeaseLost) => error(INTERRUPTED),
        },
    }
}

impl Testing {
    /// Registers the job that does runs. A run is never done twice: what a test did to its target cannot be taken back.
    pub(crate) fn register_run_job(self: &Arc<Self>) {
        let spec = KindSpec {
            restart: Restart::Fail(INTERRUPTED),
            timeout: Some(RUN_TIMEOUT),
            announce: argos_jobs::Announce::Never,
            ..KindSpec::new("quality_run")
        };
        let testing = Arc::clone(self);
        self.platform.jobs.register(TEST_RUN, spec, move |ctx: JobContext| -> BoxFuture<'static, Verdict> {
            let testing = Arc::clone(&testing);
            Box::pin(async move { testing.do_job(ctx).await })
        });
        let settings = self.platform.settings.clone();
        self.platform.jobs.ask_first(TEST_RUN, move |payload| plan::asked(&settings, payload));
    }

    async fn do_job(self: &Arc<Self>, ctx: JobContext) -> Verdict {
        let run = match self.run_of(ctx.job()).await {
            Ok(run) => run,
            Err(error) => return Verdict::fail(error.message()),
        };
        let recorder = Recorder::new(run.uid);
        let work = async {
            let outcome = self.execute(&run, &ctx, &recorder).await;
            recorder.close();
            outcome
        };
        let (outcome, ()) = tokio::join!(work, recorder.write(self));
        outcome.unwrap_or_else(|error| {
            tracing::warn!(?error, run = %run.uid, "a run could not be done");
            Verdict::fail(error.message())
        })
    }

    async fn execute(self: &Arc<Self>, run: &Run, ctx: &JobContext, recorder: &Arc<Recorder>) -> Result<Verdict> {
        let db = &self.platform.store.state;
        let (started, around) = (ctx.now(), self.around(run).await?);
        let run = &Run { status: RunStatus::Running, started_at: Some(started), ..run.clone() };
        let mut tx = db.begin().await?;
        let begun = runs::begin(&mut tx, run.id, started).await?;
        if begun {
            self.announce_start(&mut tx, run, &around).await?;
        }
        tx.commit().await?;
        if !begun {
            return Err(AppError::conflict("The run was under way before"));
        }
        let work = self.prepared(run, ctx, recorder).await;
        let (status, error) = ending(&work, ctx.cut());
        let (counts, lines) = match work {
            Ok(work) => (work.counts, work.lines),
            Err((error, counts)) => {
                recorder
                    .say("error", json!({ "error": error.message(), "error_type": error.code_str(), "timestamp": ctx.now().rfc3339() }));
                (counts, Vec::new())
            }
        };
        let ended = Run { status, error, counts, completed_at: Some(ctx.now()), ..run.clone() };
        let mut tx = db.begin().await?;
        if runs::finish(&mut tx, run.id, ended.status, ended.error.as_deref(), ctx.now()).await? {
            // Two tests that end at once may have written their counts in the other order.
            runs::put_counts(&mut tx, run.id, counts).await?;
            self.announce_end(&mut tx, &ended, &around).await?;
        }
        tx.commit().await?;
        self.record_pass_rate(&ended, ctx.now()).await;
        recorder.say("complete", complete(&ended));
        // The queue knows itself that it cancelled the job or gave it no more time.
        Ok(match (ended.status, &ended.error) {
            (RunStatus::Cancelled, _) => Verdict::fail("Cancelled"),
            (_, Some(why)) => Verdict::fail(why.as_str()),
            _ => Verdict::Done(result_document(&ended, &lines)),
        })
    }

    /// The error comes with the counts of what was done before it.
    async fn prepared(self: &Arc<Self>, run: &Run, ctx: &JobContext, recorder: &Arc<Recorder>) -> Result<Work, (AppError, Counts)> {
        let none = |error: AppError| (error, run.counts);
        if run.wanted.test_ids.is_empty() {
            return Err(none(AppError::bad_request(NOTHING_SELECTED)));
        }
        if run.browser != "chromium" {
            return Err(none(AppError::bad_request(format!("The browser {} is not available here; chromium is", run.browser))));
        }
        let (project, values) = self.ground(run).await.map_err(none)?;
        let hidden = self.hidden_values(ctx.job()).await.map_err(none)?;
        let common = self.common().map_err(none)?;
        let manner = settings::manner(&values.settings, &run.wanted, &run.environment, common);
        let reach = Reach::of(self, &manner.allowed_hosts).await.map_err(none)?;
        self.pool.program().map_err(none)?;
        let stage = Stage {
            testing: self,
            ctx,
            run,
            project: &project,
            values: &values,
            manner: &manner,
            reach: &reach,
            recorder,
            hidden: &hidden,
            counts: Mutex::new(Counts { total: run.counts.total, ..Counts::default() }),
            lines: Mutex::default(),
            ended_early: AtomicBool::new(false),
            cut_short: AtomicBool::new(false),
            quarantined: AtomicI64::new(0),
        };
        let worked = stage.work().await;
        let counts = stage.counts();
        worked.map_err(|error| (error, counts))?;
        Ok(Work {
            counts,
            cut_short: stage.cut_short.into_inner(),
            quarantined: stage.quarantined.into_inner(),
            lines: stage.lines.into_inner().unwrap_or_else(PoisonError::into_inner),
        })
    }

    async fn ground(&self, run: &Run) -> Result<(Project, ProjectValues)> {
        let gone = || AppError::not_found("Project not found");
        let project = self.platform.identity.project_by_id(run.project_id).await?.ok_or_else(gone)?;
        let values = self.platform.identity.project_values(&project).await?;
        Ok((project, values))
    }

    /// What the installation says of runs.
    pub(crate) fn common(&self) -> Result<Common> {
        let count = |key: &str| Ok::<_, AppError>(u32::try_from(self.settings().i64(key)?).unwrap_or(1));
        Ok(Common {
            retries: count("quality.retry_failed_tests")?,
            self_heal: self.settings().bool("quality.self_heal_enabled")?,
            parallel: count("quality.parallel_tests")?,
            step_timeout_ms: count("quality.default_timeout_ms")?.into(),
        })
    }
}

impl Stage<'_> {
    pub(crate) fn counts(&self) -> Counts {
        *self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn work(&self) -> Result<()> {
        let r = self.run;
        let (id, thread) = (r.uid.to_string(), r.thread_or_id());
        if let Some(earlier) = r.ci_metadata.get(RESUMED_FROM) {
            self.recorder.say("resume", json!({ "thread_id": thread, "resuming_from": earlier, "timestamp": self.ctx.now().rfc3339() }));
        }
        self.recorder.say(
            "start",
            json!({ "run_id": id, "thread_id": thread, "job_id": id, "app_url": r.app_url, "total_tests": r.counts.total,
                    "started_at": r.started_at.map(Timestamp::rfc3339) }),
        );
        let mut ids: Vec<(usize, &String)> = r.wanted.test_ids.iter().enumerate().collect();
        if r.wanted.data.as_ref().is_some_and(|data| data.random) {
            for at in (1..ids.len()).rev() {
                let other = u64::from_le_bytes(self.testing.platform.rng.bytes::<8>()) % (at as u64 + 1);
                ids.swap(at, usize::try_from(other).unwrap_or(at));
            }
        }
        let tests: Vec<BoxFuture<'_, Result<()>>> =
            ids.into_iter().map(|(n, id)| Box::pin(self.test(n, id)) as BoxFuture<'_, Result<()>>).collect();
        let outcomes: Vec<Result<()>> = futures_util::stream::iter(tests).buffer_unordered(self.manner.parallel).collect().await;
        outcomes.into_iter().collect()
    }

    async fn test(&self, position: usize, id: &str) -> Result<()> {
        let data = self.run.wanted.data.as_ref();
        let set = data.and_then(|data| data.sets.get(position)).filter(|set| set.skip);
        let left_out = set.map(|set| set.skip_reason.clone().unwrap_or_else(|| "The row is skipped".to_owned()));
        let of_data = data.and_then(|data| data.test(position, self.project, self.ctx.now()));
        let position = i64::try_from(position).unwrap_or(i64::MAX);
        let uid: Option<Uid> = id.parse().ok();
        let found = match uid {
            _ if data.is_some() => of_data,
            Some(uid) => tests::find(&self.testing.platform.store.state, uid).await?.filter(|t| t.project_id == self.project.id),
            None => None,
        };
        let blank = |test: Option<&Test>, status, why: &str| self.unrun(test, uid, position, status, why);
        let result = match &found {
            None => blank(None, ResultStatus::Skipped, "The test was deleted"),
            Some(test) if left_out.is_some() => blank(Some(test), ResultStatus::Skipped, &left_out.unwrap_or_default()),
            Some(test) if !test.document.is_active => blank(Some(test), ResultStatus::Skipped, "The test was switched off"),
            Some(test) if self.ctx.is_cancelled() => blank(Some(test), ResultStatus::Cancelled, "The run was cancelled"),
            Some(test) if self.ended_early.load(Ordering::Acquire) => blank(Some(test), ResultStatus::Skipped, "A test before it failed"),
            Some(test) => {
                let c = self.counts();
                let steps = test.document.step_count();
                self.recorder.say("test_started", json!({ "test_id": id, "test_name": test.document.name, "step_count": steps }));
                self.recorder.say(
                    "test_progress",
                    json!({ "test_index": position, "total_tests": c.total, "test_name": test.document.name, "passed": c.passed, "failed": c.failed }),
                );
                self.show(Some(&test.document.name)).await;
                self.attempts(test, position).await.unwrap_or_else(|error| {
                    tracing::warn!(?error, run = %self.run.uid, test = %test.uid, "a test could not be run");
                    TestResult { error_code: Some(error.code_str().to_owned()), ..blank(Some(test), ResultStatus::Error, error.message()) }
                })
            }
        };
        let result = self.quarantine(result).await?;
        self.keep(&result).await
    }

    /// The result of a test that was not run.
    fn unrun(&self, test: Option<&Test>, uid: Option<Uid>, position: i64, status: ResultStatus, why: &str) -> TestResult {
        let platform = &self.testing.platform;
        let now = self.ctx.now();
        let minted = Uid::mint(&*platform.clock, &*platform.rng);
        TestResult {
            uid: minted,
            run_id: self.run.id,
            run_uid: self.run.uid,
            test_uid: uid.unwrap_or(minted),
            test_name: test.map_or_else(|| "Deleted test".to_owned(), |t| t.document.name.clone()),
            test_version: test.map_or(0, |t| t.version),
            position,
            status,
            attempts: 0,
            flaky: false,
            healed: false,
            error_code: (status == ResultStatus::Cancelled).then(|| "cancelled".to_owned()),
            error_message: Some(why.to_owned()),
            duration_ms: 0,
            body: ResultBody::default(),
            started_at: now,
            completed_at: now,
        }
    }

    /// Marks the failure of a test that is known to be flaky, when the run shall not fail for it.
    async fn quarantine(&self, mut result: TestResult) -> Result<TestResult> {
        let failed = matches!(result.status, ResultStatus::Failed | ResultStatus::Error);
        let Some(threshold) = self.run.wanted.quarantine_above.filter(|_| failed) else { return Ok(result) };
        let marks = results::marks(&self.testing.platform.store.state, &[result.test_uid], figures::SCORED).await?;
        if let Some(score) = figures::flaky_score(&marks).filter(|score| *score > threshold) {
            result.flaky = true;
            let words =
                format!("Quarantined: the test is flaky (score {score:.2}, above {threshold:.2}), so the run does not fail for it.");
            result.body.warnings.push(words);
            self.quarantined.fetch_add(1, Ordering::AcqRel);
        }
        Ok(result)
    }

    /// Writes a result with the counts, and tells it.
    async fn keep(&self, result: &TestResult) -> Result<()> {
        let spent = self.testing.platform.llm.spent_on_run(self.run.uid).await?;
        let counts = {
            let mut c = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
            match result.status {
                ResultStatus::Passed => c.passed += 1,
                ResultStatus::Failed | ResultStatus::Error => c.failed += 1,
                ResultStatus::Skipped | ResultStatus::Cancelled => c.skipped += 1,
            }
            c.flaky += i64::from(result.flaky);
            // Tests that end at once may have asked in the other order.
            let most = spent.max(c.cost_usd());
            c.spent(most);
            *c
        };
        if result.status == ResultStatus::Cancelled {
            self.cut_short.store(true, Ordering::Release);
        }
        if self.run.wanted.fail_fast && counts.failed > self.quarantined.load(Ordering::Acquire) {
            self.ended_early.store(true, Ordering::Release);
        }
        let mut tx = self.testing.platform.store.state.begin().await?;
        results::insert(&mut tx, result).await?;
        runs::put_counts(&mut tx, self.run.id, counts).await?;
        if result.flaky && result.status == ResultStatus::Passed {
            self.testing.announce_flaky(&mut tx, self.run, &self.project.fields.name, result).await?;
        }
        tx.commit().await?;
        if matches!(result.status, ResultStatus::Passed | ResultStatus::Failed) {
            let (test, at) = (result.test_uid.to_string(), self.testing.platform.clock.now());
            self.testing.record_duration(self.run, &test, result.duration_ms, at).await;
        }
        let line = line_of(result);
        self.recorder.say("test_result", line.clone());
        {
            let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
            if lines.len() < RESULTS_MAX {
                lines.push(line);
            }
        }
        self.show(None).await;
        Ok(())
    }

    /// Shows how far the run is.
    async fn show(&self, current: Option<&str>) {
        let c = self.counts();
        let (done, percent) = progress::done(c);
        self.recorder.say(
            "state",
            json!({ "iteration": done, "current_test_index": done, "total_tests": c.total, "passed_count": c.passed, "failed_count": c.failed,
                    "skipped_count": c.skipped, "total_cost": c.cost_usd(), "next_agent": null, "should_continue": done < c.total, "error": null }),
        );
        let message = current.map_or_else(|| format!("{done} of {} tests done", c.total), |name| format!("Running {name}"));
        self.recorder.say("progress", json!({ "step": done, "phase": "executing", "message": message, "percent": percent }));
        let now = self.progress(current, None);
        if done < c.total {
            self.ctx.progress(now).await;
        } else if let Err(error) = self.ctx.checkpoint(now).await {
            // Nobody writes after it, so it is not left out for the one before.
            tracing::warn!(?error, run = %self.run.uid, "the last progress was not written");
        }
    }
}
