//! The storage cycle: every few minutes, and when somebody asks, one row of every device. It never overlaps and its
//! running flag is released on every way out.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use argos_kernel::{AppError, Result, Shutdown, Timestamp};
use argos_platform::Polling;
use tokio::sync::{Notify, Semaphore, oneshot};
use tokio::time::Instant;

use super::pollers::{Ordered, Polled, orders};
use crate::service::Power;

/// A poller that has not answered after this long counts as failed in this cycle.
const DEADLINE: Duration = Duration::from_secs(60);
/// Pollers that work for a cycle at the same time, in all and towards one host.
const AT_ONCE: usize = 16;
const AT_ONCE_PER_HOST: usize = 4;

/// How the last cycle went.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    pub(crate) started_at: Timestamp,
    pub(crate) finished_at: Timestamp,
    pub(crate) duration_ms: i64,
    pub(crate) manual: bool,
    pub(crate) polled: Vec<Polled>,
}

#[derive(Debug, Default)]
struct State {
    wanted: bool,
    running_since: Option<Timestamp>,
    last: Option<Arc<Report>>,
    next_at: Option<Timestamp>,
}

/// The cycle as requests see it.
#[derive(Default)]
pub(crate) struct Cycle {
    state: Mutex<State>,
    kick: Notify,
}

impl Cycle {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// Queues a cycle; refused while one is queued or runs.
    pub(crate) fn trigger(&self) -> Result<()> {
        let mut state = self.state();
        if state.wanted || state.running_since.is_some() {
            return Err(AppError::conflict("Poll already in progress.").code("poll_in_progress"));
        }
        state.wanted = true;
        self.kick.notify_one();
        Ok(())
    }
    /// Since when it runs or waits to run.
    pub(crate) fn running(&self) -> (bool, Option<Timestamp>) {
        let state = self.state();
        (state.wanted || state.running_since.is_some(), state.running_since)
    }
    pub(crate) fn last(&self) -> Option<Arc<Report>> {
        self.state().last.clone()
    }
    pub(crate) fn next_at(&self) -> Option<Timestamp> {
        self.state().next_at
    }
}

impl Power {
    /// Tells the health page about the cycle.
    pub(crate) fn share_polling(self: &Arc<Self>) {
        let power = Arc::downgrade(self);
        self.platform.health.share_polling(move || power.upgrade().map(|p| p.polling()).unwrap_or_default());
    }

    fn polling(&self) -> Polling {
        let state = self.cycle.state();
        let interval_s = self.settings().i64("power.poll_interval_minutes").unwrap_or(5) * 60;
        let now = self.platform.clock.now();
        Polling {
            is_polling: state.running_since.is_some(),
            last_poll_at: state.last.as_ref().map(|r| r.finished_at),
            next_poll_at: state.next_at,
            late: state.next_at.is_some_and(|next| now.secs_since(next) > 2 * interval_s),
        }
    }
}

/// Releases the running flag whatever happens.
struct Running<'a>(&'a Cycle);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.state().running_since = None;
    }
}

pub(crate) async fn run(power: Arc<Power>, stop: Shutdown) -> Result<()> {
    power.pollers.set_prices(Arc::new(power.prices().await?));
    power.reload().await?;
    let mut changes = power.settings().watch();
    let mut due = power.settings().bool("power.poll_on_startup")?;
    // The time between two cycles does not depend on what becomes of the clock meanwhile.
    let mut last = Instant::now();
    loop {
        let manual = std::mem::take(&mut power.cycle.state().wanted);
        if manual || due {
            last = Instant::now();
            one(&power, manual).await?;
        }
        let paused = power.settings().bool("power.scheduler_paused")?;
        let interval = Duration::from_secs(u64::try_from(power.settings().i64("power.poll_interval_minutes")? * 60).unwrap_or(300));
        let next = last + interval;
        let wait_s = i64::try_from(next.saturating_duration_since(Instant::now()).as_secs()).unwrap_or(0);
        power.cycle.state().next_at = (!paused).then(|| power.platform.clock.now().plus_secs(wait_s));
        due = tokio::select! {
            () = stop.wait() => return Ok(()),
            () = power.cycle.kick.notified() => false,
            () = tokio::time::sleep_until(next), if !paused => true,
            changed = changes.changed() => {
                if changed.is_err() {
                    return Ok(());
                }
                // A changed price or zone counts from now on.
                power.pollers.set_prices(Arc::new(power.prices().await?));
                false
            }
        };
    }
}

async fn one(power: &Arc<Power>, manual: bool) -> Result<()> {
    let clock = &power.platform.clock;
    let started_at = clock.now();
    power.cycle.state().running_since = Some(started_at);
    let running = Running(&power.cycle);
    let disabled = power.settings().bool("power.scanning_disabled")?;
    let polled = if disabled {
        Vec::new()
    } else {
        if manual {
            power.discover().await?;
        }
        poll_all(power).await
    };
    power.judge_cycle(&polled).await?;
    let finished_at = clock.now();
    let duration_ms = finished_at.millis() - started_at.millis();
    power.cycle.state().last = Some(Arc::new(Report { started_at, finished_at, duration_ms, manual, polled }));
    drop(running);
    power.changed();
    Ok(())
}

async fn poll_all(power: &Arc<Power>) -> Vec<Polled> {
    let until = Instant::now() + DEADLINE;
    let all = orders(power);
    let turns = Semaphore::new(AT_ONCE);
    let hosts: HashMap<String, Semaphore> = all.iter().map(|o| (o.host.clone(), Semaphore::new(AT_ONCE_PER_HOST))).collect();
    let (turns, hosts) = (&turns, &hosts);
    let asking = all.into_iter().map(|order| async move {
        let Ordered { host, devices, sender } = order;
        // First the host's turn: who waits for a slow host keeps nobody else waiting.
        let asked = async {
            let _host = hosts.get(&host)?.acquire().await.ok()?;
            let _turn = turns.acquire().await.ok()?;
            let (reply, answer) = oneshot::channel();
            if sender.send(reply).await.is_ok() { answer.await.ok() } else { None }
        };
        let polled = tokio::time::timeout_at(until, asked).await.ok().flatten();
        polled.unwrap_or_else(|| devices.into_iter().map(|id| Polled::unanswered(id, DEADLINE)).collect())
    });
    futures_util::future::join_all(asking).await.into_iter().flatten().collect()
}
