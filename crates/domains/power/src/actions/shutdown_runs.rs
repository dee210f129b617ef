//! Runs of a plan: begun, driven phase by phase, stopped. Every move is written before anything follows from it; a
//! step that is finished never acts again, and an interrupted one acts again only when its host still answers.

use std::sync::Arc;
use std::time::Duration;

use argos_audit::{Category, Entry, Mutation, Status};
use argos_events::{NewEvent, Source};
use argos_kernel::{Actor, AppError, Result, Severity};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::shutdown_plans::plan_not_found;
use crate::model::plan::{OnFailure, OnPowerReturn, Plan};
use crate::model::plan_run::{Direction, Mode, Run, RunState, StepRow, StepState};
use crate::model::plan_trigger::PlanWatch;
use crate::service::Power;
use crate::store::plan_runs::{self, Outcome};
use crate::store::plans;

/// Alerts get this long to leave before the first phase.
const ALERTS: Duration = Duration::from_secs(5);
/// After a restart the sources get this long to say what they are fed by.
const SUPPLY: Duration = Duration::from_secs(30);

/// What the sources of a run are fed by, after a restart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Supply {
    Battery,
    Mains,
}

/// How a run begins.
pub(crate) struct Begin<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) mode: Mode,
    pub(crate) trigger: &'a str,
    pub(crate) reason: Option<&'a str>,
    pub(crate) saw_battery: bool,
}

pub(crate) fn run_not_found() -> AppError {
    AppError::not_found("Shutdown run not found.").code("run_not_found")
}

/// An event of a run.
pub(crate) fn run_event(kind: &str, run: &Run, text: String, data: Value) -> NewEvent {
    let mut all = json!({ "plan_id": run.plan_id, "plan": run.plan_name, "run_id": run.id });
    if let (Some(all), Value::Object(more)) = (all.as_object_mut(), data) {
        all.extend(more);
    }
    NewEvent::new(Source::Power, kind, text).subject("shutdown_plan", run.plan_id, &run.plan_name).data(all)
}

pub(crate) fn run_entry(verb: &str, run: &Run, text: impl Into<String>) -> Entry {
    Entry::new(format!("shutdown_run.{verb}"), Category::Safety)
        .target("shutdown_run", run.id)
        .severity(Severity::Critical)
        .describe(text)
        .after(json!({ "plan": run.plan_name, "mode": run.mode.as_str(), "trigger": run.trigger, "reason": run.reason }))
}

impl Power {
    /// Writes a new run with all its steps, and what is remembered of the plan. It takes the place of earlier runs whose
    /// hosts wait for the mains.
    pub(crate) async fn begin_run(self: &Arc<Self>, actor: &Actor, begin: Begin<'_>, watch: &PlanWatch) -> Result<i64> {
        let _turn = self.shutdown.writing.lock().await;
        let (plan, now) = (begin.plan, self.platform.clock.now());
        let mut m = self.platform.audit.begin(actor).await?;
        let mine: Vec<Run> = plan_runs::open_in(&mut m).await?.into_iter().filter(|r| r.plan_id == plan.id).collect();
        if mine.iter().any(|r| r.state.is_busy()) {
            return Err(AppError::conflict("The shutdown plan is running.").code("run_in_progress"));
        }
        let mut run = Run {
            id: 0,
            plan_id: plan.id,
            plan_uid: plan.uid.clone(),
            plan_name: plan.name.clone(),
            mode: begin.mode,
            state: RunState::Running,
            trigger: begin.trigger.to_owned(),
            reason: begin.reason.map(str::to_owned),
            started_by: actor.name.clone(),
            body: plan.body.clone(),
            secrets_enc: plan.secrets_enc.clone(),
            stop: None,
            stop_by: None,
            saw_battery: begin.saw_battery,
            restore_wanted: false,
            started_at: now,
            ended_at: None,
        };
        run.id = plan_runs::insert(&mut m, &run).await?;
        if run.mode == Mode::Real {
            for earlier in &mine {
                plan_runs::advance(&mut m, earlier.id, earlier.state, RunState::Superseded, Some(now)).await?;
            }
        }
        for (phase, step) in plan.body.steps().collect::<Vec<_>>() {
            plan_runs::insert_step(&mut m, &StepRow::pending(run.id, Direction::Shutdown, phase.order, step)).await?;
        }
        plans::remember(&mut m, plan.id, watch).await?;
        let text = format!("Shutdown plan {} starts ({})", plan.name, begin.trigger);
        if run.mode == Mode::Real {
            let data = json!({ "trigger": begin.trigger, "reason": begin.reason });
            self.platform.events.publish(&mut m, run_event("power.shutdown_initiated", &run, text.clone(), data).actor(actor)).await?;
        }
        m.commit(run_entry("start", &run, text)).await?;
        self.shutdown.put_watch(plan.id, watch.clone());
        self.shutdown.kick.notify_one();
        self.changed();
        Ok(run.id)
    }

    /// Starts a plan by hand.
    pub(crate) async fn start_plan(self: &Arc<Self>, actor: &Actor, id: i64, reason: &str, dry: bool) -> Result<i64> {
        let plan = plans::find(&self.platform.store.state, id).await?.ok_or_else(plan_not_found)?;
        let mode = if dry || plan.body.dry_run { Mode::Dry } else { Mode::Real };
        let mut watch = self.shutdown.watch(id).unwrap_or_default();
        let saw_battery = watch.is_on_battery();
        if mode == Mode::Real {
            watch.started(self.shutdown.now());
        }
        self.begin_run(actor, Begin { plan: &plan, mode, trigger: "manual", reason: Some(reason), saw_battery }, &watch).await
    }

    /// Stops a run after its current phase, or keeps its hosts down.
    pub(crate) async fn cancel_run(self: &Arc<Self>, actor: &Actor, id: i64) -> Result<()> {
        let run = plan_runs::find(&self.platform.store.state, id).await?.ok_or_else(run_not_found)?;
        let mut m = self.platform.audit.begin(actor).await?;
        let done = match run.state {
            RunState::Running => plan_runs::stop(&mut m, id, "operator", &actor.name).await?,
            RunState::Restoring | RunState::Halted | RunState::Cancelled | RunState::Aborted => {
                plan_runs::hold(&mut m, id, &actor.name).await?
            }
            _ => false,
        };
        if !done {
            let text =
                if run.state == RunState::Final { "The run is past the point of no return." } else { "The run is over or stops already." };
            return Err(AppError::conflict(text).code("not_cancellable"));
        }
        let text = format!("Shutdown plan {} cancelled by {}", run.plan_name, actor.name);
        let event = run_event("power.shutdown_cancelled", &run, text.clone(), json!({ "by": actor.name, "why": "operator" })).actor(actor);
        self.platform.events.publish(&mut m, event).await?;
        m.commit(run_entry("cancel", &run, text)).await?;
        self.shutdown.kick.notify_one();
        self.changed();
        Ok(())
    }

    /// The mains came back while the plan runs.
    pub(crate) async fn power_returned(self: &Arc<Self>, run: &Run) -> Result<()> {
        if run.body.on_power_return == OnPowerReturn::Continue || run.stop.is_some() || run.state != RunState::Running {
            return Ok(());
        }
        let mut m = self.platform.audit.begin(&Actor::system()).await?;
        if plan_runs::stop(&mut m, run.id, "power_return", "system").await? {
            let text = format!("The mains are back: shutdown plan {} ends after its current phase", run.plan_name);
            let event = run_event("power.shutdown_cancelled", run, text.clone(), json!({ "by": "system", "why": "power_return" }));
            self.platform.events.publish(&mut m, event).await?;
            m.commit(run_entry("cancel", run, text)).await?;
        }
        Ok(())
    }

    async fn run_of(&self, id: i64) -> Result<Run> {
        plan_runs::find(&self.platform.store.state, id).await?.ok_or_else(run_not_found)
    }

    /// Drives a run until it is over or the process ends. `resumed`: an earlier process began it.
    pub(crate) async fn drive_run(self: &Arc<Self>, id: i64, resumed: bool) -> Result<()> {
        let db = &self.platform.store.state;
        let mut run = self.run_of(id).await?;
        if run.state == RunState::Restoring {
            return self.restore_hosts(&run).await;
        }
        if resumed && run.mode == Mode::Real && run.saw_battery && self.supply(&run).await == Supply::Mains {
            self.power_returned(&run).await?;
            if run.state == RunState::Final {
                return self.close(&run, RunState::Halted, "the mains are back after a restart").await;
            }
        } else if !resumed && run.mode == Mode::Real {
            self.wait_for_alerts().await?;
        }
        for order in run.body.orders() {
            run = self.run_of(id).await?;
            if let Some(why) = &run.stop {
                let text = if why == "power_return" { "the mains came back" } else { "cancelled" };
                return self.close(&run, RunState::Cancelled, text).await;
            }
            let last_chance = run.state == RunState::Running && run.body.steps_of(order).any(|(_, s)| s.action.is_final());
            if last_chance && !plan_runs::commit_to_final(db, id).await? {
                run = self.run_of(id).await?;
                return self.close(&run, RunState::Cancelled, "cancelled").await;
            }
            run = self.run_of(id).await?;
            if self.run_phase(&run, order).await? {
                return self.close(&run, RunState::Aborted, "a step failed").await;
            }
        }
        run = self.run_of(id).await?;
        let stopped = run.stop.is_some() && run.state == RunState::Running;
        let end = match run.mode {
            Mode::Real if stopped => RunState::Cancelled,
            Mode::Real => RunState::Halted,
            Mode::Dry | Mode::Test => RunState::Done,
        };
        self.close(&run, end, "over").await
    }

    /// Whether a failed step ends the run.
    pub(crate) async fn run_phase(self: &Arc<Self>, run: &Run, order: i64) -> Result<bool> {
        let secrets = self.plan_secrets(&run.plan_uid, run.secrets_enc.as_deref())?;
        let steps: Vec<_> = run.body.steps_of(order).collect();
        let working = steps.iter().map(|(_, step)| self.run_step(run, order, step, &secrets));
        for outcome in futures_util::future::join_all(working).await {
            outcome?;
        }
        if run.mode == Mode::Real {
            self.verify_phase(run, order, &secrets).await?;
        }
        let rows = plan_runs::steps(&self.platform.store.state, run.id).await?;
        let failed = |id: &str| rows.iter().any(|r| r.step_id == id && r.direction == Direction::Shutdown && r.state == StepState::Failed);
        Ok(steps.iter().any(|(_, s)| s.on_failure == OnFailure::Abort && failed(&s.id)))
    }

    /// Ends a run: what has not begun is skipped.
    async fn close(&self, run: &Run, to: RunState, why: &str) -> Result<()> {
        let now = self.platform.clock.now();
        let mut m = self.platform.audit.begin(&Actor::system()).await?;
        let skipped = plan_runs::skip_rest(&mut m, run.id, why, now).await?;
        if !plan_runs::advance(&mut m, run.id, run.state, to, Some(now)).await? {
            return Ok(());
        }
        let text = format!("Shutdown plan {}: {} ({skipped} steps skipped)", run.plan_name, to.as_str());
        m.commit(run_entry("end", run, text).status(if to == RunState::Aborted { Status::Failure } else { Status::Success })).await?;
        self.changed();
        Ok(())
    }

    pub(crate) async fn end_test(&self, run: &Run) -> Result<()> {
        self.close(run, RunState::Done, "over").await
    }

    /// Writes what became of a step, with its event and its audit row.
    pub(crate) async fn finish_step(&self, run: &Run, row: &StepRow, outcome: Outcome<'_>) -> Result<()> {
        let mut m = self.platform.audit.begin(&Actor::system()).await?;
        let result: String = outcome.result.chars().filter(|c| !c.is_control()).take(500).collect();
        if !plan_runs::end_step(&mut m, row.id, Outcome { result: &result, ..outcome }, self.platform.clock.now()).await? {
            return Ok(());
        }
        self.tell_step(m, run, row, outcome.state, &result).await
    }

    async fn tell_step(&self, mut m: Mutation, run: &Run, row: &StepRow, state: StepState, result: &str) -> Result<()> {
        let text = format!("{}: {} {} ({result})", run.plan_name, row.name, state.as_str());
        if run.mode == Mode::Real {
            let data = json!({ "phase": row.phase, "host": row.target, "kind": row.kind, "direction": row.direction.as_str(),
                "state": state.as_str(), "result": result });
            // What went well is news, not an alarm.
            let severity = if state == StepState::Failed { Severity::Error } else { Severity::Info };
            self.platform.events.publish(&mut m, run_event("power.shutdown_step", run, text.clone(), data).severity(severity)).await?;
        }
        let status = if state == StepState::Failed { Status::Failure } else { Status::Success };
        m.commit(run_entry("step", run, text).status(status)).await?;
        self.changed();
        Ok(())
    }

    /// A step that said it was done, and whose host still answers.
    pub(crate) async fn refute_step(&self, run: &Run, row: &StepRow, result: &str) -> Result<()> {
        let mut m = self.platform.audit.begin(&Actor::system()).await?;
        plan_runs::refute_step(&mut m, row.id, result).await?;
        self.tell_step(m, run, row, StepState::Failed, result).await
    }

    /// Gives the announcement a moment to leave: the network may be the first thing to go.
    async fn wait_for_alerts(&self) -> Result<()> {
        if self.platform.notify.enabled_channels().await? == 0 {
            return Ok(());
        }
        let until = Instant::now() + ALERTS;
        // The notifier first has to read the event.
        tokio::time::sleep(Duration::from_secs(1)).await;
        while Instant::now() < until && self.platform.notify.queue_depth().await?.pending > 0 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    }

    /// After a restart nothing goes on before a source has said what it is fed by. Silence counts as what was known.
    async fn supply(&self, run: &Run) -> Supply {
        let until = Instant::now() + SUPPLY;
        loop {
            let lives: Vec<_> = run.body.sources.iter().filter_map(|s| self.find_live(&s.device_id)).collect();
            let fresh = || lives.iter().filter(|l| l.polled && l.state.missed == 0);
            if fresh().any(|l| l.state.on_battery) {
                return Supply::Battery;
            }
            if !lives.is_empty() && fresh().count() == lives.len() {
                return Supply::Mains;
            }
            if Instant::now() >= until {
                return Supply::Battery;
            }
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
    }
}
