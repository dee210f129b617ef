//! One step of a run: tried as often as it may be, within its time, and never again once it is finished.

use std::sync::Arc;
use std::time::Duration;

use argos_kernel::Result;
use argos_net::Class;
use serde_json::{Map, Value};
use tokio::time::Instant;

use crate::model::plan::{Action, Step};
use crate::model::plan_run::{Direction, Mode, Run, StepRow, StepState};
use crate::service::Power;
use crate::store::plan_runs;

/// Between two tries.
const AGAIN: Duration = Duration::from_secs(1);
/// How long a host that was told to go before a restart of Argos may take at most.
const LINGER: Duration = Duration::from_secs(30);
/// How long a host may take to accept a connection when it is only asked whether it is there.
const PROBE: Duration = Duration::from_secs(2);

fn seconds(n: i64) -> Duration {
    Duration::from_secs(u64::try_from(n).unwrap_or(0))
}

/// Where a step's host accepts connections, when it has a host.
pub(crate) fn door(action: &Action) -> Option<(&str, u16)> {
    match action {
        Action::Ssh { host, port, .. } => Some((host, *port)),
        _ => None,
    }
}

/// The secret members of a step.
fn members<'a>(secrets: &'a Map<String, Value>, step: &Step) -> &'a Map<String, Value> {
    static NONE: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
    secrets.get(&step.id).and_then(Value::as_object).unwrap_or(&NONE)
}

impl Power {
    /// Whether a host accepts connections.
    pub(crate) async fn answers(&self, host: &str, port: u16) -> bool {
        let asked = self.platform.net.connect(Class::Integration, host, port);
        tokio::time::timeout(PROBE, asked).await.is_ok_and(|c| c.is_ok())
    }

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
            return self.finish_step(run, &row, state, &text).await;
        }
        if row.state == StepState::Running
            && let Some((state, text)) = self.interrupted(&row, step).await
        {
            return self.finish_step(run, &row, state, &text).await;
        }
        let until = Instant::now() + seconds(step.timeout_seconds);
        let Some(key) = &row.share_key else { return self.try_step(run, &row, step, secrets, until).await };
        // Two plans that touch one host share the result: whoever comes second waits for the first.
        loop {
            if let Some(_claim) = self.shutdown.claim(key) {
                return match plan_runs::shared(db, key, run.id).await? {
                    Some(other) if other.state == StepState::Done => {
                        self.finish_step(run, &row, StepState::Done, &format!("done by run {}", other.run_id)).await
                    }
                    _ => self.try_step(run, &row, step, secrets, until).await,
                };
            }
            if Instant::now() >= until {
                return self.finish_step(run, &row, StepState::Failed, "another plan still acts on this host").await;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// What became of a step that was at work when Argos stopped; `None`: it must be tried again.
    async fn interrupted(&self, row: &StepRow, step: &Step) -> Option<(StepState, String)> {
        if matches!(step.action, Action::Local {}) {
            return Some((StepState::Done, "this machine went down".to_owned()));
        }
        if let Some((host, port)) = door(&step.action) {
            // The command may still be at work there: half of the time is left for the host to go.
            let until = Instant::now() + seconds(step.timeout_seconds / 2).min(LINGER);
            loop {
                if !self.answers(host, port).await {
                    return Some((StepState::Done, "the host does not answer any more".to_owned()));
                }
                if Instant::now() >= until {
                    break;
                }
                tokio::time::sleep(AGAIN).await;
            }
        }
        (row.attempts > step.retries).then(|| (StepState::Failed, "interrupted by a restart, and every try was used".to_owned()))
    }

    async fn try_step(self: &Arc<Self>, run: &Run, row: &StepRow, step: &Step, secrets: &Map<String, Value>, until: Instant) -> Result<()> {
        let db = &self.platform.store.state;
        loop {
            // Written before the host hears of it.
            let Some(attempt) = plan_runs::begin_step(db, row.id, self.platform.clock.now()).await? else { return Ok(()) };
            let left = until.saturating_duration_since(Instant::now());
            let outcome = tokio::time::timeout_at(until, self.perform(run, step, secrets, left)).await;
            let error = match outcome {
                Ok(Ok(text)) => return self.finish_step(run, row, StepState::Done, &text).await,
                Ok(Err(error)) => error,
                Err(_) => {
                    return self.finish_step(run, row, StepState::Failed, &format!("not done within {} s", step.timeout_seconds)).await;
                }
            };
            if attempt > step.retries || Instant::now() + AGAIN >= until {
                return self.finish_step(run, row, StepState::Failed, &error).await;
            }
            tracing::warn!(step = row.name, error, attempt, "a shutdown step failed and is tried again");
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// Waits until the hosts of a phase no longer answer, where the phase asks for it.
    pub(crate) async fn verify_phase(self: &Arc<Self>, run: &Run, order: i64) -> Result<()> {
        let checks = run.body.steps_of(order).filter_map(|(phase, step)| Some((phase.verify_seconds?, step, door(&step.action)?)));
        let waiting = checks.map(|(limit, step, (host, port))| async move {
            let db = &self.platform.store.state;
            let Some(row) = plan_runs::find_step(db, run.id, Direction::Shutdown, &step.id).await? else { return Ok(()) };
            if row.state != StepState::Done {
                return Ok(());
            }
            let until = Instant::now() + seconds(limit);
            while self.answers(host, port).await {
                if Instant::now() >= until {
                    return self.refute_step(run, &row, &format!("still answers after {limit} s")).await;
                }
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
            Ok(())
        });
        futures_util::future::join_all(waiting).await.into_iter().collect()
    }
}
