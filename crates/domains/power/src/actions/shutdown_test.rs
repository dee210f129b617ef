//! The test of a plan: every step is checked at once, nothing is done, and missing host keys are pinned.

use std::sync::Arc;
use std::time::Duration;

use argos_audit::{Category, Entry, Status};
use argos_kernel::{Actor, AppError, Result};
use serde_json::json;

use super::shutdown_kinds::Said;
use super::shutdown_plans::plan_not_found;
use super::shutdown_runs::{Begin, run_not_found};
use super::shutdown_steps::members;
use crate::model::plan::Plan;
use crate::model::plan_run::{Mode, Run, RunState};
use crate::service::Power;
use crate::store::{plan_runs, plans};

/// How long the test of one step may take.
const TEST: Duration = Duration::from_secs(20);

/// What came of testing one step.
pub(crate) struct StepTest {
    pub(crate) command: String,
    pub(crate) target: String,
    pub(crate) said: Said,
    /// Whether its host is there now; `None`: nobody can tell.
    pub(crate) up: Option<bool>,
    pub(crate) latency_ms: i64,
}

impl Power {
    /// Tests a plan; the plan as it is now and the run that holds the outcome.
    pub(crate) async fn test_plan(self: &Arc<Self>, actor: &Actor, id: i64) -> Result<(Plan, i64)> {
        let db = &self.platform.store.state;
        let mut plan = plans::find(db, id).await?.ok_or_else(plan_not_found)?;
        self.pin_host_keys(actor, &mut plan).await?;
        let watch = self.shutdown.watch(id).unwrap_or_default();
        let begin = Begin { plan: &plan, mode: Mode::Test, trigger: "test", reason: None, saw_battery: false };
        let run_id = self.begin_run(actor, begin, &watch).await?;
        let run = plan_runs::find(db, run_id).await?.ok_or_else(run_not_found)?;
        let phases = run.body.orders().into_iter().map(|order| self.run_phase(&run, order));
        for outcome in futures_util::future::join_all(phases).await {
            outcome?;
        }
        self.end_test(&run).await?;
        Ok((plan, run_id))
    }

    /// Tests one step: is it reached and let in? Nothing is done and no run is written.
    pub(crate) async fn test_step(self: &Arc<Self>, actor: &Actor, id: i64, step: &str) -> Result<StepTest> {
        let mut plan = plans::find(&self.platform.store.state, id).await?.ok_or_else(plan_not_found)?;
        self.pin_host_keys(actor, &mut plan).await?;
        let secrets = self.plan_secrets(&plan.uid, plan.secrets_enc.as_deref())?;
        let found = plan.body.find_step(step).map(|(_, s)| s.clone());
        let found = found.ok_or_else(|| AppError::not_found("The plan has no such step.").code("step_not_found"))?;
        let run = self.paper_run(actor, &plan);
        let began = tokio::time::Instant::now();
        let checked = tokio::time::timeout(TEST, self.check_step(&run, &found, members(&secrets, &found))).await;
        let said = checked.unwrap_or_else(|_| Err("no answer in time".to_owned()));
        let latency_ms = i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX);
        let up = self.is_up(&found, members(&secrets, &found)).await;
        let m = self.platform.audit.begin(actor).await?;
        let entry = Entry::new("shutdown_plan.test_step", Category::Action).target("shutdown_plan", plan.id);
        let word = if said.is_ok() { "works" } else { "does not work" };
        let status = if said.is_ok() { Status::Success } else { Status::Failure };
        m.commit(entry.describe(format!("Step {step} of shutdown plan {} {word}", plan.name)).status(status)).await?;
        Ok(StepTest { command: found.action.command_text(), target: found.action.target(), said, up, latency_ms })
    }

    /// A run that is written nowhere.
    fn paper_run(&self, actor: &Actor, plan: &Plan) -> Run {
        Run {
            id: 0,
            plan_id: plan.id,
            plan_uid: plan.uid.clone(),
            plan_name: plan.name.clone(),
            mode: Mode::Test,
            state: RunState::Running,
            trigger: "test".to_owned(),
            reason: None,
            started_by: actor.name.clone(),
            body: plan.body.clone(),
            secrets_enc: None,
            stop: None,
            stop_by: None,
            saw_battery: false,
            restore_wanted: false,
            started_at: self.platform.clock.now(),
            ended_at: None,
        }
    }

    /// Pins the keys of hosts that are not known yet and answer.
    async fn pin_host_keys(&self, actor: &Actor, plan: &mut Plan) -> Result<()> {
        let before = plan.body.clone();
        self.learn_host_keys(&mut plan.body).await;
        if plan.body != before {
            let mut m = self.platform.audit.begin(actor).await?;
            plans::update(&mut m, plan).await?;
            let entry = Entry::new("shutdown_plan.pin", Category::Security).target("shutdown_plan", plan.id);
            m.commit(entry.describe(format!("Host keys of shutdown plan {} pinned", plan.name)).after(json!({ "plan": plan.body })))
                .await?;
        }
        Ok(())
    }
}
