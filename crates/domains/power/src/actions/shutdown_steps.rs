//! One step of a run: tried as often as it may be, within its time, and never again once it is finished.

use std::sync::Arc;
use std::time::Duration;

use argos_kernel::Result;
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::shutdown_checks::is_visible;
use crate::model::plan::{Action, Step};
use crate::model::plan_run::{Direction, Mode, Run, StepRow, StepState};
use crate::service::Power;
use crate::store::plan_runs::{self, Outcome};

/// Between two tries.
const AGAIN: Duration = Duration::from_secs(1);
/// How long a host that was told to go before a restart of Argos may take at most.
const LINGER: Duration = Duration::from_secs(30);
/// How often a host is asked whether it has gone.
const LOOK: Duration = Duration::from_millis(500);

fn seconds(n: i64) -> Duration {
    Duration::from_secs(u64::try_from(n).unwrap_or(0))
}

/// The host did what it was told.
const fn done(result: &str) -> Outcome<'_> {
    Outcome { state: StepState::Done, result, ordered: true }
}

/// `ordered`: the host may have been told before it went wrong.
const fn failed(result: &str, ordered: bool) -> Outcome<'_> {
    Outcome { state: StepState::Failed, result, ordered }
}

/// The secret members of a step.
pub(crate) fn members<'a>(secrets: &'a Map<String, Value>, step: &Step) -> &'a Map<String, Value> {
    static NONE: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
    secrets.get(&step.id).and_then(Value::as_object).unwrap_or(&NONE)
}

impl Power {
    pub(crate) async fn run_step(self: &Arc<Self>, run: &Run, order: i64, step: &Step, secrets: &Map<String, Value>) -> Result<()> {
        let db = &self.platform.store.state;
        let Some(row) = plan_runs::find_step(db, run.id, Direction::Shutdown, &step.id).await? else { return Ok(()) };
        if row.is_over() || row.phase != order {
            return Ok(());
        }
        let secrets = members(secrets, step);
        if run.mode != Mode::Real {
            let checked = tokio::time::timeout(seconds(step.timeout_seconds.min(20)), self.check_step(run, step, secrets)).await;
            let (state, text) = match checked.unwrap_or_else(|_| Err("no answer in time".to_owned())) {
                Ok(text) => (StepState::Done, format!("would do: {} ({text})", row.command)),
                Err(text) => (StepState::Failed, text),
            };
            plan_runs::begin_step(db, row.id, self.platform.clock.now()).await?;
            return self.finish_step(run, &row, Outcome { state, result: &text, ordered: false }).await;
        }
        if row.state == StepState::Running
            && let Some((ordered, state, text)) = self.interrupted(&row, step, secrets).await
        {
            return self.finish_step(run, &row, Outcome { state, result: &text, ordered }).await;
        }
        let until = Instant::now() + seconds(step.timeout_seconds);
        let Some(key) = &row.share_key else { return self.try_step(run, &row, step, secrets, until).await };
        // Two plans that touch one host share the result: whoever comes second waits for the first.
        loop {
            if let Some(_claim) = self.shutdown.claim(key) {
                if let Some(other) = plan_runs::shared(db, key, run.id).await?.filter(|other| other.state == StepState::Done) {
                    return self.finish_step(run, &row, done(&format!("done by run {}", other.run_id))).await;
                }
                // A host that an earlier run turned off is not looked for, unless somebody has started it since.
                if let Some(earlier) = plan_runs::ordered_before(db, key, run.id).await?
                    && self.is_up(step, secrets).await == Some(false)
                {
                    return self.finish_step(run, &row, done(&format!("off since run {}", earlier.run_id))).await;
                }
                return self.try_step(run, &row, step, secrets, until).await;
            }
            if Instant::now() >= until {
                return self.finish_step(run, &row, failed("another plan still acts on this host", false)).await;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// What became of a step that was at work when Argos stopped, and whether its host was told; `None`: it must be tried
    /// again.
    async fn interrupted(&self, row: &StepRow, step: &Step, secrets: &Map<String, Value>) -> Option<(bool, StepState, String)> {
        if matches!(step.action, Action::Local {}) {
            return Some((true, StepState::Done, "this machine went down".to_owned()));
        }
        if is_visible(step) {
            // The command may still be at work there: half of the time is left for the host to go.
            let until = Instant::now() + seconds(step.timeout_seconds / 2).min(LINGER);
            loop {
                if self.is_up(step, secrets).await == Some(false) {
                    return Some((true, StepState::Done, "the host does not answer any more".to_owned()));
                }
                if Instant::now() >= until {
                    break;
                }
                tokio::time::sleep(AGAIN).await;
            }
        }
        (row.attempts > step.retries).then(|| (true, StepState::Failed, "interrupted by a restart, and every try was used".to_owned()))
    }

    async fn try_step(self: &Arc<Self>, run: &Run, row: &StepRow, step: &Step, secrets: &Map<String, Value>, until: Instant) -> Result<()> {
        let db = &self.platform.store.state;
        let mut told = false;
        loop {
            // Written before the host hears of it.
            let Some(attempt) = plan_runs::begin_step(db, row.id, self.platform.clock.now()).await? else { return Ok(()) };
            let left = until.saturating_duration_since(Instant::now());
            let outcome = tokio::time::timeout_at(until, self.perform(run, step, secrets, left)).await;
            let error = match outcome {
                Ok(Ok(text)) => return self.finish_step(run, row, done(&text)).await,
                Ok(Err(fault)) => {
                    told |= fault.told;
                    fault.text
                }
                // It was let in and told; what it makes of it is not known.
                Err(_) => return self.finish_step(run, row, failed(&format!("not done within {} s", step.timeout_seconds), true)).await,
            };
            if attempt > step.retries || Instant::now() + AGAIN >= until {
                return self.finish_step(run, row, failed(&error, told)).await;
            }
            tracing::warn!(step = row.name, error, attempt, "a shutdown step failed and is tried again");
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// Waits until the hosts of a phase are off, where the phase asks for it.
    pub(crate) async fn verify_phase(self: &Arc<Self>, run: &Run, order: i64, secrets: &Map<String, Value>) -> Result<()> {
        let checks =
            run.body.steps_of(order).filter(|(_, step)| is_visible(step)).filter_map(|(phase, step)| Some((phase.verify_seconds?, step)));
        let waiting = checks.map(|(limit, step)| async move {
            let db = &self.platform.store.state;
            let Some(row) = plan_runs::find_step(db, run.id, Direction::Shutdown, &step.id).await? else { return Ok(()) };
            if row.state != StepState::Done {
                return Ok(());
            }
            let until = Instant::now() + seconds(limit);
            let own = members(secrets, step);
            loop {
                let up = self.is_up(step, own).await;
                if up == Some(false) {
                    return Ok(());
                }
                if Instant::now() >= until {
                    let why = if up.is_some() { "still answers" } else { "nobody can tell whether it is off" };
                    return self.refute_step(run, &row, &format!("{why} after {limit} s")).await;
                }
                tokio::time::sleep(LOOK).await;
            }
        });
        futures_util::future::join_all(waiting).await.into_iter().collect()
    }
}
