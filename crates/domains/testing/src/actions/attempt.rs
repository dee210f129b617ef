//! The attempts at one test: a browser, a context of its own, the engine, what it leaves. An attempt that failed is
//! repeated as often as wanted; one whose browser died does not count as the test's fault the first time.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use argos_cdp::Viewport;
use argos_kernel::{AppError, Result, Timestamp, Uid};
use argos_llm::About;
use argos_webtest::heal::HealPolicy;
use argos_webtest::{
    ErrorCode, Later, Layers, Observer, Outcome, Phase, Picture, Plan, PlanResolver, RunEvent, RunOptions, ScreenshotMode, Status,
    TraceMode, Vision,
};
use serde_json::{Map, Value, json};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::adviser::ProjectAdviser;
use super::evidence::{Kept, step_document};
use super::executor::Stage;
use super::healing::HealPlan;
use super::progress;
use super::recorder::Recorder;
use crate::browser::dress;
use crate::browser::proxy::Proxy;
use crate::model::result::{EarlierAttempt, ResultStatus, TestResult};
use crate::model::run::CODEBASE;
use crate::model::settings::{Pictures, Tracing};
use crate::model::test::Test;
use crate::store::tests;
use crate::visual::actions::checks::StepChecks;

/// Repeating these changes nothing.
const FINAL: [ErrorCode; 3] = [ErrorCode::Cancelled, ErrorCode::BlockedUrl, ErrorCode::UnresolvedVariable];

impl Stage<'_> {
    /// Runs a test until it passes or its attempts are used up.
    pub(crate) async fn attempts(&self, test: &Test, position: i64) -> Result<TestResult> {
        let platform = &self.testing.platform;
        let plan = Plan::parse(&test.document.plan()).map_err(|p| {
            let why = p.first().map_or_else(String::new, ToString::to_string);
            AppError::internal(format!("a stored test cannot be read: {why}"))
        })?;
        let retries = self.run.wanted.retries.or(plan.config.retries).unwrap_or(self.manner.retries);
        let (uid, started) = (Uid::mint(&*platform.clock, &*platform.rng), self.ctx.now());
        let (mut earlier, mut crashed, mut attempt) = (Vec::new(), false, 1_u32);
        let heals = self.run.wanted.self_heal.or(plan.config.self_heal).unwrap_or(self.manner.self_heal);
        // What a row is run with is no test that could be given another version.
        let healing =
            if heals && self.run.wanted.data.is_none() { self.testing.heal_plan(self.project, test, started).await? } else { None };
        let about = About { run: Some(self.run.uid), test: Some(test.uid) };
        let codebase = self.run.ci_metadata.get(CODEBASE).and_then(Value::as_str).or(self.project.fields.codebase_path.as_deref());
        let adviser = self.testing.adviser_with(self.project, self.values, about, codebase)?.map(Arc::new);
        loop {
            let (outcome, kept) = self.attempt(test, &plan, healing.as_ref(), adviser.as_ref(), (uid, attempt, position)).await?;
            let died = outcome.error_code == Some(ErrorCode::BrowserCrashed);
            let again = match outcome.status {
                Status::Passed | Status::Cancelled => false,
                _ if self.ctx.is_cancelled() => false,
                _ if died && !crashed => true,
                _ => {
                    u32::try_from(earlier.len()).unwrap_or(u32::MAX) < retries + u32::from(crashed)
                        && !outcome.error_code.is_some_and(|c| FINAL.contains(&c))
                }
            };
            crashed |= died;
            if !again {
                if let Some(healing) = &healing {
                    self.keep_healings(test, healing, &outcome, uid).await?;
                    self.tell_unhealed(test, &outcome).await?;
                }
                let result = self.result(test, position, (uid, started, attempt), outcome, kept, earlier).await?;
                return Ok(result);
            }
            let why = outcome.error_message.clone().unwrap_or_default();
            self.recorder
                .say("log", json!({ "level": "warning", "message": format!("Attempt {attempt} of {} failed: {why}", test.document.name) }));
            earlier.push(EarlierAttempt {
                attempt: i64::from(attempt),
                error_code: outcome.error_code.map(|c| c.name().to_owned()),
                error_message: outcome.error_message,
                duration_ms: millis(outcome.duration),
            });
            attempt += 1;
        }
    }

    async fn attempt(
        &self,
        test: &Test,
        plan: &Plan,
        healing: Option<&HealPlan>,
        adviser: Option<&Arc<ProjectAdviser>>,
        (result, attempt, position): (Uid, u32, i64),
    ) -> Result<(Outcome, Kept)> {
        let lease = tokio::select! {
            lease = self.testing.pool.lease() => lease?,
            () = self.ctx.cancelled() => return Ok((cancelled(), Kept::default())),
        };
        let dir = self.testing.pool.dir_of_attempt(result, attempt);
        tokio::fs::create_dir_all(&dir).await.map_err(|e| AppError::internal(format!("no directory for what the test leaves: {e}")))?;
        let proxy = Proxy::open(&self.testing.platform.tasks, self.reach).await?;
        let mut options = RunOptions { proxy: Some(proxy.address()), ..self.options(test, plan, attempt, dir.clone()) };
        options.variables.set = self.row(position);
        options.heal = healing.map(|plan| HealPolicy { attempt, ..plan.policy() });
        if let (Some(policy), Some(confidence)) = (&mut options.heal, self.run.wanted.min_confidence) {
            policy.min_confidence_suggest = confidence;
        }
        let view = (options.viewport.width, options.viewport.height);
        let checks = Arc::new(StepChecks::new(self.testing, self.project, &self.values.settings, self.run, test, view, options.redactor()));
        options.checks = Some(Arc::<StepChecks>::clone(&checks));
        options.adviser = adviser.map(|a| Arc::clone(a) as Arc<dyn argos_webtest::Adviser>);
        options.assets = self.testing.lay_files(self.project.id, &dir).await?;
        let teller = Arc::new(Teller::new(self.recorder, test, plan));
        let cancel = CancellationToken::new();
        // Whatever ends this attempt ends the engine's work.
        let _ended = cancel.clone().drop_guard();
        let mut kept = Kept::default();
        let mut run = drive(lease.browser().clone(), plan.clone(), options, Arc::clone(&teller), cancel.clone());
        let mut written = tokio::time::interval(progress::EVERY);
        let mut outcome = loop {
            tokio::select! {
                outcome = &mut run => break outcome.map_err(AppError::internal)?,
                () = self.ctx.cancelled(), if !cancel.is_cancelled() => cancel.cancel(),
                () = teller.wake.notified() => self.keep_pictures(&teller, result, attempt, &mut kept).await,
                _ = written.tick() => {
                    let step = teller.step();
                    self.ctx.progress(self.progress(Some(&test.document.name), step.as_deref())).await;
                }
            }
        };
        self.testing.pool.acted(&outcome.step_results);
        self.keep_pictures(&teller, result, attempt, &mut kept).await;
        proxy.explain(&mut outcome);
        drop(proxy);
        // A tab that crashed leaves the browser to the others that have it.
        if lease.browser().is_alive() {
            drop(lease);
        } else {
            lease.discard().await;
        }
        kept.checks(checks.take());
        self.keep_evidence(&outcome, result, attempt, &mut kept).await;
        if let Err(error) = self.keep_elements(test, &outcome).await {
            tracing::warn!(?error, run = %self.run.uid, "looks of elements were not kept");
        }
        // What is left is ours and nobody reads it; a directory that stays is swept with the profile.
        drop(tokio::fs::remove_dir_all(&dir).await);
        Ok((outcome, kept))
    }

    /// The values of the row that is run at a place.
    fn row(&self, position: i64) -> Map<String, Value> {
        let data = self.run.wanted.data.as_ref().zip(usize::try_from(position).ok());
        data.and_then(|(data, place)| data.sets.get(place)).map(|set| set.values.clone()).unwrap_or_default()
    }

    fn options(&self, test: &Test, plan: &Plan, attempt: u32, dir: PathBuf) -> RunOptions {
        let m = self.manner;
        let (width, height) = self.run.wanted.viewport.or(plan.config.viewport).unwrap_or(m.viewport);
        let mut options = RunOptions::new(&self.run.app_url);
        options.run_id = self.run.uid.to_string();
        options.test_id = test.uid.to_string();
        options.started_at_ms = self.ctx.now().millis();
        options.seed = u64::from_le_bytes(self.testing.platform.rng.bytes::<8>()) ^ u64::from(attempt);
        options.viewport = Viewport::desktop(width, height);
        options.default_timeout = Duration::from_millis(m.step_timeout_ms);
        options.navigation_timeout = Duration::from_millis(m.navigation_timeout_ms);
        let whole = self.run.wanted.timeout_ms.or(plan.config.timeout_ms).unwrap_or(m.test_timeout_ms);
        options.test_timeout = Duration::from_millis(whole);
        options.vision = self.run.wanted.execution_mode.as_deref().and_then(Vision::of_mode).or(plan.config.vision).unwrap_or_default();
        options.strict = m.strict;
        let run = self.hidden.iter().chain(&self.run.wanted.variables).map(|(k, v)| (k.clone(), v.clone())).collect();
        options.variables =
            Layers { env: self.hidden.iter().map(|(k, v)| (k.clone(), dress::as_text(v))).collect(), ..dress::layers(self.values, m, run) };
        options.hidden = self.hidden.values().map(dress::as_text).collect();
        options.headers = m.headers.clone();
        options.http_credentials = dress::credentials(self.values, Some(&self.run.app_url));
        options.locale.clone_from(&m.locale);
        options.timezone.clone_from(&m.timezone);
        options.geolocation = dress::geolocation(m);
        options.permissions.clone_from(&m.permissions);
        options.color_scheme = dress::color_scheme(m);
        options.reduced_motion = m.reduced_motion;
        options.record_video = m.record_video;
        options.trace = match m.tracing {
            Tracing::Off => TraceMode::Off,
            Tracing::OnFailure => TraceMode::OnFailure,
            Tracing::On => TraceMode::On,
        };
        options.screenshots = match m.pictures {
            Pictures::Off => ScreenshotMode::Off,
            Pictures::OnFailure => ScreenshotMode::OnFailure,
            Pictures::EveryStep => ScreenshotMode::EveryStep,
        };
        options.guard = Some(self.reach.guard());
        options.out_dir = Some(dir);
        options.http = Some(Arc::new(self.reach.clone()));
        options.plans = Some(Arc::new(Plans { db: self.testing.platform.store.state.clone(), project_id: self.project.id }));
        options
    }

    async fn result(
        &self,
        test: &Test,
        position: i64,
        (uid, started_at, attempt): (Uid, Timestamp, u32),
        outcome: Outcome,
        kept: Kept,
        earlier: Vec<EarlierAttempt>,
    ) -> Result<TestResult> {
        let status = match outcome.status {
            Status::Passed => ResultStatus::Passed,
            Status::Failed => ResultStatus::Failed,
            Status::Cancelled => ResultStatus::Cancelled,
            Status::Error => ResultStatus::Error,
        };
        Ok(TestResult {
            uid,
            run_id: self.run.id,
            run_uid: self.run.uid,
            test_uid: test.uid,
            test_name: test.document.name.clone(),
            test_version: test.version,
            position,
            status,
            attempts: i64::from(attempt),
            flaky: status == ResultStatus::Passed && !earlier.is_empty(),
            healed: outcome.healed,
            error_code: outcome.error_code.map(|c| c.name().to_owned()),
            error_message: outcome.error_message.clone(),
            duration_ms: millis(outcome.duration),
            body: kept.body(&outcome, earlier),
            started_at,
            completed_at: self.ctx.now(),
        })
    }
}

/// The engine at work, on a thread of its own: its future stays on the thread it began on.
pub(crate) fn drive(
    browser: argos_cdp::Browser,
    plan: Plan,
    options: RunOptions,
    teller: Arc<Teller>,
    cancel: CancellationToken,
) -> JoinHandle<Outcome> {
    let handle = tokio::runtime::Handle::current();
    tokio::task::spawn_blocking(move || handle.block_on(argos_webtest::run(&browser, &plan, &options, teller.as_ref(), &cancel)))
}

pub(crate) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// An attempt that never began.
pub(crate) fn cancelled() -> Outcome {
    Outcome {
        status: Status::Cancelled,
        error_code: Some(ErrorCode::Cancelled),
        error_message: Some("The run was cancelled".to_owned()),
        failed_step_index: None,
        failed_phase: None,
        step_results: Vec::new(),
        assertion_results: Vec::new(),
        console_errors: Vec::new(),
        network_failures: Vec::new(),
        saved: serde_json::Map::new(),
        evidence: argos_webtest::Evidence::default(),
        duration: Duration::ZERO,
        fingerprints: Vec::new(),
        claim_healings: Vec::new(),
        healed: false,
    }
}

/// Finds the tests that tests run, in their own project only.
pub(crate) struct Plans {
    pub(crate) db: argos_store::Database,
    pub(crate) project_id: i64,
}

impl PlanResolver for Plans {
    fn plan<'a>(&'a self, name: &'a str) -> Later<'a, Result<Plan, String>> {
        Box::pin(async move {
            let by_id: Option<Uid> = name.parse().ok();
            let found = match by_id {
                Some(uid) => tests::find(&self.db, uid).await.map_err(|e| e.to_string())?,
                None => None,
            };
            let found = match found.filter(|t| t.project_id == self.project_id && t.document.is_active) {
                Some(test) => Some(test),
                None => tests::named(&self.db, self.project_id, name).await.map_err(|e| e.to_string())?,
            };
            let test = found.ok_or_else(|| format!("the project has no active test {name}"))?;
            Plan::parse(&test.document.plan()).map_err(|_| format!("the test {name} cannot be read"))
        })
    }
}

/// Passes on what the engine says; pictures wait to be kept.
pub(crate) struct Teller {
    recorder: Arc<Recorder>,
    test_id: String,
    total: usize,
    pictures: Mutex<Vec<(Phase, usize, Picture)>>,
    /// The step under way.
    step: Mutex<Option<String>>,
    pub(crate) wake: Notify,
}

impl Teller {
    fn new(recorder: &Arc<Recorder>, test: &Test, plan: &Plan) -> Self {
        Self {
            recorder: Arc::clone(recorder),
            test_id: test.uid.to_string(),
            total: plan.steps.len(),
            pictures: Mutex::default(),
            step: Mutex::default(),
            wake: Notify::new(),
        }
    }

    pub(crate) fn test_id(&self) -> &str {
        &self.test_id
    }

    /// What a person calls the step under way; secrets are taken out.
    pub(crate) fn step(&self) -> Option<String> {
        self.step.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn take_pictures(&self) -> Vec<(Phase, usize, Picture)> {
        std::mem::take(&mut *self.pictures.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Observer for Teller {
    fn on(&self, event: RunEvent) {
        let say = |name: &str, data: Value| self.recorder.say(name, data);
        match event {
            RunEvent::StepStarted { phase, index, action, title } => {
                self.step.lock().unwrap_or_else(PoisonError::into_inner).replace(title.clone());
                say(
                    "step_started",
                    json!({ "test_id": self.test_id, "phase": phase, "step_index": index, "total_steps": self.total, "action": action, "description": title }),
                );
            }
            RunEvent::StepFinished(step) => {
                let mut data = json!({ "test_id": self.test_id, "total_steps": self.total });
                if let (Some(data), Value::Object(step)) = (data.as_object_mut(), step_document(&step)) {
                    data.extend(step);
                }
                say("step_completed", data);
            }
            RunEvent::Screenshot { phase, index, picture } => {
                self.pictures.lock().unwrap_or_else(PoisonError::into_inner).push((phase, index, picture));
                self.wake.notify_one();
            }
            RunEvent::Console { kind, text, .. } if matches!(kind.as_str(), "error" | "exception" | "warning") => {
                say(
                    "log",
                    json!({ "level": if kind == "warning" { "warning" } else { "error" }, "message": text, "test_id": self.test_id }),
                );
            }
            RunEvent::Dialog { kind, message, accepted } => {
                let answer = if accepted { "accepted" } else { "dismissed" };
                say("log", json!({ "level": "info", "message": format!("{kind} was {answer}: {message}"), "test_id": self.test_id }));
            }
            RunEvent::Healed { index, healing } => say(
                "healing",
                json!({ "test_id": self.test_id, "step_index": index, "suggestion_id": null, "confidence": healing.confidence,
                        "status": if healing.used { "healed" } else { "suggested" }, "old_value": healing.old_value, "new_value": healing.new_value }),
            ),
            RunEvent::Log { message } => say("log", json!({ "level": "info", "message": message, "test_id": self.test_id })),
            _ => {}
        }
    }
}
