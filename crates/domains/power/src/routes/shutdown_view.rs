//! How shutdown plans, runs and their state look in JSON. Secret members of steps are blank, always.

use argos_kernel::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::actions::shutdown_plans::Judged;
use crate::actions::shutdown_test::StepTest;
use crate::model::plan::{OnPowerReturn, Plan, PlanBody};
use crate::model::plan_budget::{Budget, PhaseBudget, phases};
use crate::model::plan_diff::Change;
use crate::model::plan_run::{Direction, Mode, Run, RunState, StepRow, StepState};
use crate::model::plan_trigger::{Reason, SourceWatch, Stage};
use crate::service::Power;

/// A shutdown plan.
#[derive(Serialize, JsonSchema)]
pub(crate) struct PlanView {
    id: i64,
    name: String,
    enabled: bool,
    /// Only an armed plan acts by itself.
    armed: bool,
    #[serde(flatten)]
    body: PlanBody,
    budget: Budget,
    /// What deserves a look before the plan is armed.
    warnings: Vec<String>,
    created_at: String,
    updated_at: String,
}

impl From<Judged> for PlanView {
    fn from(j: Judged) -> Self {
        let Judged { plan, budget, warnings } = j;
        Self {
            id: plan.id,
            name: plan.name,
            enabled: plan.enabled,
            armed: plan.armed,
            body: plan.body,
            budget,
            warnings,
            created_at: plan.created_at.rfc3339(),
            updated_at: plan.updated_at.rfc3339(),
        }
    }
}

/// A plan that is not stored, and what it would change of a stored one.
#[derive(Serialize, JsonSchema)]
pub(crate) struct PreviewView {
    #[serde(flatten)]
    pub(crate) plan: PlanView,
    pub(crate) changes: Vec<Change>,
}

/// A removed plan.
#[derive(Serialize, JsonSchema)]
pub(crate) struct RemovedView {
    /// For `/api/ui/undo/{token}`, good for a minute.
    pub(crate) undo: String,
}

/// What came of testing one step.
#[derive(Serialize, JsonSchema)]
pub(crate) struct StepTestView {
    ok: bool,
    /// Exactly what it would do.
    command: String,
    target: String,
    /// What the other side said, or why it does not work.
    result: String,
    /// Whether its host is there now; null when nobody can tell.
    up: Option<bool>,
    latency_ms: i64,
}

impl From<StepTest> for StepTestView {
    fn from(t: StepTest) -> Self {
        let ok = t.said.is_ok();
        Self { ok, command: t.command, target: t.target, result: t.said.unwrap_or_else(|why| why), up: t.up, latency_ms: t.latency_ms }
    }
}

/// A step of a run.
#[derive(Serialize, JsonSchema)]
pub(crate) struct StepView {
    step_id: String,
    direction: Direction,
    phase: i64,
    name: String,
    kind: String,
    target: String,
    /// Exactly what is done.
    command: String,
    state: StepState,
    attempts: i64,
    result: Option<String>,
    started_at: Option<String>,
    ended_at: Option<String>,
}

impl From<StepRow> for StepView {
    fn from(s: StepRow) -> Self {
        Self {
            step_id: s.step_id,
            direction: s.direction,
            phase: s.phase,
            name: s.name,
            kind: s.kind,
            target: s.target,
            command: s.command,
            state: s.state,
            attempts: s.attempts,
            result: s.result,
            started_at: s.started_at.map(Timestamp::rfc3339),
            ended_at: s.ended_at.map(Timestamp::rfc3339),
        }
    }
}

/// A phase of a run, as it was planned.
#[derive(Serialize, JsonSchema)]
pub(crate) struct RunPhaseView {
    order: i64,
    name: String,
    /// The longest it may take.
    limit_seconds: i64,
    /// From here on there is no way back.
    is_final: bool,
}

impl RunPhaseView {
    fn all(body: &PlanBody) -> Vec<Self> {
        let of = |p: PhaseBudget| {
            let names = body.phases.iter().filter(|x| x.order == p.order).map(|x| x.name.as_str()).filter(|n| !n.is_empty());
            Self {
                order: p.order,
                name: names.collect::<Vec<_>>().join(", "),
                limit_seconds: p.seconds,
                is_final: body.steps_of(p.order).any(|(_, s)| s.action.is_final()),
            }
        };
        phases(body).into_iter().map(of).collect()
    }
}

/// A run of a plan.
#[derive(Serialize, JsonSchema)]
pub(crate) struct RunView {
    id: i64,
    plan_id: i64,
    plan_name: String,
    mode: Mode,
    state: RunState,
    /// `manual`, `test`, or why a source was critical.
    trigger: String,
    reason: Option<String>,
    started_by: String,
    /// `power_return` or `operator`.
    stop: Option<String>,
    stop_by: Option<String>,
    started_at: String,
    ended_at: Option<String>,
    /// Why its hosts are not started again yet; null when nothing is to come.
    restore_waits_for: Option<String>,
    /// The UPSes it watches.
    sources: Vec<String>,
    on_power_return: OnPowerReturn,
    phases: Vec<RunPhaseView>,
    steps: Vec<StepView>,
}

impl RunView {
    pub(crate) fn of(power: &Power, run: Run, steps: Vec<StepRow>) -> Self {
        Self {
            restore_waits_for: if run.restores() { power.restore_waits_for(&run) } else { None },
            id: run.id,
            plan_id: run.plan_id,
            plan_name: run.plan_name,
            mode: run.mode,
            state: run.state,
            trigger: run.trigger,
            reason: run.reason,
            started_by: run.started_by,
            stop: run.stop,
            stop_by: run.stop_by,
            started_at: run.started_at.rfc3339(),
            ended_at: run.ended_at.map(Timestamp::rfc3339),
            sources: run.body.sources.iter().map(|s| s.device_id.clone()).collect(),
            on_power_return: run.body.on_power_return,
            phases: RunPhaseView::all(&run.body),
            steps: steps.into_iter().map(StepView::from).collect(),
        }
    }
}

/// What came of a test.
#[derive(Serialize, JsonSchema)]
pub(crate) struct TestView {
    /// Every step could be reached and would be let in.
    pub(crate) ok: bool,
    pub(crate) budget: Budget,
    pub(crate) warnings: Vec<String>,
    pub(crate) run: RunView,
}

/// A source of a plan, as last seen.
#[derive(Serialize, JsonSchema)]
pub(crate) struct SourceStatusView {
    device_id: String,
    name: String,
    group: String,
    /// Null when it was never seen.
    on_battery: Option<bool>,
    /// Why it is critical.
    critical: Option<&'static str>,
    /// A maintenance window holds its triggers back.
    held_back: bool,
}

/// A plan and where it stands.
#[derive(Serialize, JsonSchema)]
pub(crate) struct PlanStatusView {
    id: i64,
    name: String,
    enabled: bool,
    armed: bool,
    dry_run: bool,
    stage: Stage,
    /// Until the first phase, while it counts down.
    seconds_left: Option<i64>,
    sources: Vec<SourceStatusView>,
    /// The run that is not over.
    run: Option<RunView>,
}

impl PlanStatusView {
    pub(crate) fn of(power: &Power, plan: &Plan, run: Option<RunView>) -> Self {
        let watch = power.shutdown.watch(plan.id).unwrap_or_default();
        let source = |s: &crate::model::plan::PlanSource| {
            let live = power.find_live(&s.device_id);
            SourceStatusView {
                device_id: s.device_id.clone(),
                name: live.as_ref().map_or_else(|| s.device_id.clone(), |l| l.device.name.clone()),
                group: s.group.clone(),
                on_battery: live.filter(|l| l.state.seen).map(|l| l.state.on_battery),
                critical: watch.sources.get(&s.device_id).and_then(SourceWatch::critical).map(Reason::as_str),
                held_back: power.shutdown.is_held_back(&s.device_id),
            }
        };
        Self {
            id: plan.id,
            name: plan.name.clone(),
            enabled: plan.enabled,
            armed: plan.armed,
            dry_run: plan.body.dry_run,
            stage: watch.stage,
            seconds_left: watch.deadline.map(|at| ((at - power.shutdown.now()) / 1_000_000).max(0)),
            sources: plan.body.sources.iter().map(source).collect(),
            run,
        }
    }
}

/// Every plan and where it stands.
#[derive(Serialize, JsonSchema)]
pub(crate) struct StatusView {
    /// `false`: scanning is disabled, so no plan acts.
    pub(crate) monitoring: bool,
    pub(crate) armed: usize,
    /// A plan must act and cannot; null when all is well.
    pub(crate) trouble: Option<String>,
    pub(crate) plans: Vec<PlanStatusView>,
}
