//! Watches the sources of every shutdown plan once a second, gives each open run its task, and opens the way back once
//! the mains are good. It owns time; when a plan acts is decided in `model::plan_trigger`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use argos_kernel::{Actor, ErrorKind, Result, Shutdown};
use argos_platform::ComponentStatus;
use serde_json::json;
use tokio::time::Instant;

use crate::actions::shutdown_runs::Begin;
use crate::model::plan::Plan;
use crate::model::plan_run::{Mode, Run, RunState};
use crate::model::plan_trigger::{PlanWatch, SourceView, Stage, Verdict};
use crate::service::{Live, Power};
use crate::shutdown::Trouble;
use crate::store::{plan_runs, plans};

const LOOK: Duration = Duration::from_secs(1);
/// How often the maintenance windows are asked.
const ASK: Duration = Duration::from_secs(5);
/// Mains that come back for less than this mean nothing.
const RETURN_S: i64 = 10;
/// The name in the health registry.
const HEALTH: &str = "shutdown";

impl Power {
    /// Every plan can act again.
    fn end_of_trouble(&self) {
        if let Some(over) = self.shutdown.clear_trouble() {
            tracing::warn!(since = %over.since.rfc3339(), "the shutdown plans can act again");
            self.platform.health.report(HEALTH, ComponentStatus::Healthy, None, None);
            self.changed();
        }
    }
}

/// What was last read of the store: the plans are judged on while it cannot be read.
#[derive(Default)]
struct Known {
    plans: Vec<Plan>,
    open: Vec<Run>,
    /// When the maintenance windows were asked last.
    asked: Option<Instant>,
}

pub(crate) async fn run(power: Arc<Power>, stop: Shutdown) -> Result<()> {
    let now = power.shutdown.now();
    for (plan, mut watch) in plans::list(&power.platform.store.state).await? {
        watch.settle(&plan.body, now);
        power.shutdown.put_watch(plan.id, watch);
    }
    plan_runs::end_tests(&power.platform.store.state, power.platform.clock.now()).await?;
    let mut known = Known::default();
    let mut first = true;
    loop {
        // A store that fails for a moment must not put the watch into a backoff: the next look is a second away.
        match look(&power, &mut known, first).await {
            Ok(tended) => first &= !tended,
            Err(error) => tracing::error!(?error, "the shutdown plans could not be judged"),
        }
        tokio::select! {
            () = stop.wait() => return Ok(()),
            () = power.shutdown.kick.notified() => {}
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

/// Whether the runs were tended: without the store they wait.
async fn look(power: &Arc<Power>, known: &mut Known, first: bool) -> Result<bool> {
    let read = read(power).await;
    let readable = read.is_ok();
    match read {
        Ok(now) => *known = Known { asked: known.asked, ..now },
        // What was known is judged on; whatever follows from it is written first, or does not happen.
        Err(error) => tracing::error!(?error, "the shutdown plans cannot be read; those known are judged on"),
    }
    let mut hindered = None;
    if power.settings().bool("power.scanning_disabled")? {
        power.shutdown.pause();
    } else {
        if readable && known.asked.is_none_or(|at| at.elapsed() >= ASK) {
            if let Err(error) = note_maintenance(power, &known.plans).await {
                // What was held back stays held back; nothing else is.
                tracing::error!(?error, "the maintenance windows could not be asked");
            }
            known.asked = Some(Instant::now());
        }
        let views = views(power);
        for plan in &known.plans {
            if let Err(error) = judge(power, plan, &views, &known.open).await {
                tracing::error!(?error, plan = plan.name, "a shutdown plan could not act");
                hindered.get_or_insert((plan.name.clone(), error));
            }
        }
    }
    match hindered {
        Some((plan, error)) => cry(power, &plan, error.message()),
        None if readable => power.end_of_trouble(),
        None => {}
    }
    if !readable {
        return Ok(false);
    }
    for run in &known.open {
        if let Err(error) = tend(power, run, first).await {
            tracing::error!(?error, run = run.id, "a shutdown run could not be tended");
        }
    }
    Ok(true)
}

async fn read(power: &Power) -> Result<Known> {
    let db = &power.platform.store.state;
    let plans = plans::list(db).await?.into_iter().map(|(plan, _)| plan).collect();
    Ok(Known { plans, open: plan_runs::open(db).await?, asked: None })
}

/// A plan that must act and cannot be written down is told to whoever can be reached, once per cause, and shown until it
/// is over. It acts as soon as it can be written.
fn cry(power: &Arc<Power>, plan: &str, why: &str) {
    let text = format!("Shutdown plan {plan} must act and cannot: {why}. Nothing is shut down; shut down by hand or free the database.");
    let trouble = Trouble { since: power.platform.clock.now(), text: text.clone() };
    if !power.shutdown.set_trouble(trouble) {
        return;
    }
    tracing::error!("{text}");
    power.platform.health.report(HEALTH, ComponentStatus::Unhealthy, None, Some(text.clone()));
    power.changed();
    let own = Arc::clone(power);
    let data = json!({ "plan": plan, "why": why });
    power.platform.tasks.once("power-shutdown-cry", async move {
        match own.platform.notify.cry("power", "shutdown_initiated", &text, &data).await {
            Ok(taken) => tracing::error!(taken, "channels were told that a shutdown plan cannot act"),
            Err(error) => tracing::error!(?error, "nobody could be told that a shutdown plan cannot act"),
        }
    });
}

/// Notes which sources a maintenance window holds back: their triggers are off while it lasts.
async fn note_maintenance(power: &Power, plans: &[Plan]) -> Result<()> {
    let mut held = BTreeSet::new();
    let sources: BTreeSet<&String> = plans.iter().filter(|p| p.enabled).flat_map(|p| p.body.sources.iter().map(|s| &s.device_id)).collect();
    for id in sources {
        let Some(live) = power.find_live(id) else { continue };
        let names =
            [format!("device:{id}"), live.device.name.clone()].into_iter().chain(live.device.tags.iter().map(|t| format!("tag:{t}")));
        for name in names {
            if power.platform.alerts.shutdown_suppressed(&name).await? {
                held.insert(id.clone());
                break;
            }
        }
    }
    power.shutdown.hold_back(held);
    Ok(())
}

/// What every device says now.
fn views(power: &Power) -> BTreeMap<String, SourceView> {
    power.lives().iter().map(|(id, live)| (id.clone(), view(live, power.shutdown.is_held_back(id)))).collect()
}

fn view(live: &Live, held_back: bool) -> SourceView {
    let sample = live.latest.as_ref();
    let testing = live.variables.get("ups.test.result").is_some_and(|t| t.to_ascii_lowercase().contains("progress"));
    SourceView {
        monitored: live.device.enabled && !held_back,
        fresh: live.polled && live.state.missed == 0 && sample.is_some(),
        lost_polls: i64::from(live.state.missed),
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
    let due = cancelled || changed(&before, &watch) || power.shutdown.is_unsaved(plan.id);
    power.shutdown.put_watch(plan.id, watch.clone());
    if due {
        // Looking goes on from memory when this cannot be written; acting does not.
        let saved = remember(power, plan, &watch, cancelled).await;
        power.shutdown.mark_unsaved(plan.id, saved.is_err());
        if let Err(error) = saved {
            tracing::error!(?error, plan = plan.name, "what is remembered of a shutdown plan could not be written");
        }
    }
    Ok(())
}

async fn remember(power: &Power, plan: &Plan, watch: &PlanWatch, cancelled: bool) -> Result<()> {
    let mut tx = power.platform.store.state.begin().await?;
    plans::remember(&mut tx, plan.id, watch).await?;
    if cancelled {
        let text = format!("The mains are back: shutdown plan {} does not start", plan.name);
        let event = argos_events::NewEvent::new(argos_events::Source::Power, "power.shutdown_cancelled", text);
        let data = json!({ "plan_id": plan.id, "plan": plan.name, "run_id": null, "by": "system", "why": "power_return" });
        power.platform.events.publish(&mut tx, event.subject("shutdown_plan", plan.id, &plan.name).data(data)).await?;
    }
    tx.commit().await?;
    power.changed();
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
        state if state.waits() && run.restores() && power.restore_waits_for(run).is_none() => {
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
