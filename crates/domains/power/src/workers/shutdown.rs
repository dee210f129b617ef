//! Watches the sources of every shutdown plan once a second, gives each open run its task, and opens the way back once
//! the mains are good. It owns time; when a plan acts is decided in `model::plan_trigger`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use argos_kernel::{Actor, ErrorKind, Result, Shutdown};
use serde_json::json;

use crate::actions::shutdown_runs::Begin;
use crate::model::plan::Plan;
use crate::model::plan_run::{Mode, Run, RunState};
use crate::model::plan_trigger::{PlanWatch, SourceView, Stage, Verdict};
use crate::service::{Live, Power};
use crate::store::{plan_runs, plans};

const LOOK: Duration = Duration::from_secs(1);
/// Mains that come back for less than this mean nothing.
const RETURN_S: i64 = 10;

pub(crate) async fn run(power: Arc<Power>, stop: Shutdown) -> Result<()> {
    for (plan, watch) in plans::list(&power.platform.store.state).await? {
        power.shutdown.put_watch(plan.id, watch);
    }
    plan_runs::end_tests(&power.platform.store.state, power.platform.clock.now()).await?;
    let mut first = true;
    loop {
        // A store that fails for a moment must not put the watch into a backoff: the next look is a second away.
        match look(&power, first).await {
            Ok(()) => first = false,
            Err(error) => tracing::error!(?error, "the shutdown plans could not be judged"),
        }
        tokio::select! {
            () = stop.wait() => return Ok(()),
            () = power.shutdown.kick.notified() => {}
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

async fn look(power: &Arc<Power>, first: bool) -> Result<()> {
    let open = plan_runs::open(&power.platform.store.state).await?;
    if !power.settings().bool("power.scanning_disabled")? {
        let views = views(power);
        for (plan, _) in plans::list(&power.platform.store.state).await? {
            if let Err(error) = judge(power, &plan, &views, &open).await {
                tracing::error!(?error, plan = plan.name, "a shutdown plan could not be judged");
            }
        }
    }
    for run in open {
        if let Err(error) = tend(power, &run, first).await {
            tracing::error!(?error, run = run.id, "a shutdown run could not be tended");
        }
    }
    Ok(())
}

/// What every device says now.
fn views(power: &Power) -> BTreeMap<String, SourceView> {
    let now = power.platform.clock.now().micros();
    power.lives().iter().map(|(id, live)| (id.clone(), view(live, now))).collect()
}

fn view(live: &Live, now: i64) -> SourceView {
    let sample = live.latest.as_ref();
    let testing = live.variables.get("ups.test.result").is_some_and(|t| t.to_ascii_lowercase().contains("progress"));
    SourceView {
        monitored: live.device.enabled,
        fresh: live.polled && live.state.missed == 0 && sample.is_some(),
        lost_polls: i64::from(live.state.missed),
        silent_us: live.state.last_success.map_or(0, |at| now - at),
        sample_at: sample.map_or(0, |(at, _)| at.micros()),
        flags: sample.map(|(_, s)| s.flags()).unwrap_or_default(),
        battery_percent: sample.and_then(|(_, s)| s.battery_percent),
        runtime_seconds: sample.and_then(|(_, s)| s.runtime_seconds),
        testing,
        forced: live.state.forced,
    }
}

async fn judge(power: &Arc<Power>, plan: &Plan, views: &BTreeMap<String, SourceView>, open: &[Run]) -> Result<()> {
    if !plan.enabled {
        power.shutdown.forget_watch(plan.id);
        return Ok(());
    }
    let before = power.shutdown.watch(plan.id).unwrap_or_default();
    let mut watch = before.clone();
    let busy = open.iter().any(|r| r.plan_id == plan.id && r.state.is_busy());
    let verdict = watch.judge(&plan.body, views, busy, power.shutdown.now());
    if !plan.armed && matches!(verdict, Verdict::Fire(_) | Verdict::Countdown(_)) {
        // It only looks on: nothing counts down, and it acts at once when it is armed in the middle of an outage.
        watch.stage = Stage::OnBattery;
        (watch.deadline, watch.reason) = (None, None);
    } else if let Verdict::Fire(reason) = verdict {
        let mode = if plan.body.dry_run { Mode::Dry } else { Mode::Real };
        let begin = Begin { plan, mode, trigger: reason.as_str(), reason: None, saw_battery: watch.is_on_battery() };
        return match power.begin_run(&Actor::system(), begin, &watch).await {
            // Somebody started it by hand a moment ago.
            Err(error) if error.kind() == ErrorKind::Conflict => Ok(()),
            outcome => outcome.map(drop),
        };
    }
    let cancelled = plan.armed && verdict == Verdict::Cancelled;
    if cancelled || changed(&before, &watch) {
        let mut tx = power.platform.store.state.begin().await?;
        plans::remember(&mut tx, plan.id, &watch).await?;
        if cancelled {
            let text = format!("The mains are back: shutdown plan {} does not start", plan.name);
            let event = argos_events::NewEvent::new(argos_events::Source::Power, "power.shutdown_cancelled", text);
            let data = json!({ "plan_id": plan.id, "plan": plan.name, "run_id": null, "by": "system", "why": "power_return" });
            power.platform.events.publish(&mut tx, event.subject("shutdown_plan", plan.id, &plan.name).data(data)).await?;
        }
        tx.commit().await?;
        power.changed();
    }
    power.shutdown.put_watch(plan.id, watch);
    Ok(())
}

/// Whether something that outlives the process changed.
fn changed(before: &PlanWatch, after: &PlanWatch) -> bool {
    serde_json::to_string(before).ok() != serde_json::to_string(after).ok()
}

async fn tend(power: &Arc<Power>, run: &Run, first: bool) -> Result<()> {
    match run.state {
        RunState::Running | RunState::Final | RunState::Restoring => {
            if run.mode == Mode::Real && run.state == RunState::Running {
                watch_supply(power, run).await?;
            }
            work(power, run.id, first && run.state != RunState::Restoring);
        }
        RunState::Halted | RunState::Cancelled if run.restores() && power.restore_waits_for(run).is_none() => {
            power.begin_restore(&Actor::system(), run).await?;
            power.shutdown.kick.notify_one();
        }
        _ => {}
    }
    Ok(())
}

/// Notes that a source runs on battery, and what follows when all of them are fed again for a while.
async fn watch_supply(power: &Arc<Power>, run: &Run) -> Result<()> {
    let lives: Vec<Live> = run.body.sources.iter().filter_map(|s| power.find_live(&s.device_id)).collect();
    if !run.saw_battery && lives.iter().any(|l| l.state.on_battery) {
        plan_runs::saw_battery(&power.platform.store.state, run.id).await?;
    }
    let fed =
        |l: &Live| l.polled && l.state.missed == 0 && l.latest.as_ref().is_some_and(|(_, s)| s.flags().on_mains() && !s.flags().has("FSD"));
    let good = run.saw_battery && !lives.is_empty() && lives.iter().all(fed);
    if power.shutdown.good_for(run.id, "return", good).is_some_and(|s| s >= RETURN_S) {
        power.power_returned(run).await?;
    }
    Ok(())
}

/// Starts the task of a run unless it has one.
fn work(power: &Arc<Power>, id: i64, resumed: bool) {
    if power.shutdown.is_worked_on(id) {
        return;
    }
    let own = Arc::clone(power);
    power.platform.tasks.once("power-shutdown-run", async move {
        let Some(_held) = own.shutdown.work_on(id) else { return };
        if let Err(error) = own.drive_run(id, resumed).await {
            // The next look gives it another task, which goes on where this one stopped.
            tracing::error!(?error, run = id, "a shutdown run was interrupted");
        }
    });
}
