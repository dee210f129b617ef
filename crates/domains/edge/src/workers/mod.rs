//! The loops of the edge: readers of what the engine reports, the follower of the wanted state, inventory and metrics.
//! They own time; rules stay in `model`.

mod acme_failure;
mod acme_order;
mod appsec;
mod caddy;
mod caddy_logs;
mod certificates;
mod crowdsec;
mod drift;
pub(crate) mod geoip;
mod inventory;
mod metrics;
mod proofs;
mod public_ip;
mod reminders;
mod traffic;
mod turned;

use std::sync::Arc;
use std::time::Duration;

use argos_kernel::{Result, Shutdown};
use argos_proxy::{AccessRecord, Outcome, Reports};

use self::turned::Turned;
use crate::model::access;
use crate::service::Edge;

/// How often another process's change is looked for.
const LOOK: Duration = Duration::from_secs(2);
/// A state that the engine refused is tried again after this time, doubled each time.
const RETRY: Duration = Duration::from_secs(30);
const RETRY_MAX: Duration = Duration::from_secs(300);

/// How long a stop waits for records: a little longer than the engine waits for requests in progress.
const LAST_RECORDS: Duration = Duration::from_secs(10);

/// Requests that were turned away are counted together this often.
const BURSTS: Duration = Duration::from_secs(1);

/// What runs in every process with a data plane.
pub(crate) fn start(edge: &Arc<Edge>) {
    let tasks = &edge.platform.tasks;
    let own = Arc::clone(edge);
    tasks.supervise("edge-follow", move |stop| follow(Arc::clone(&own), stop));
    let own = Arc::clone(edge);
    tasks.supervise("edge-geoip", move |stop| geoip::run(Arc::clone(&own), stop));
    if edge.caddy.is_some() {
        return;
    }
    if edge.is_serving() {
        let own = Arc::clone(edge);
        tasks.supervise("edge-targets", move |stop| metrics::run(Arc::clone(&own), stop));
    }
    let own = Arc::clone(edge);
    tasks.supervise("edge-reports", move |stop| reports(Arc::clone(&own), stop));
    let own = Arc::clone(edge);
    tasks.supervise("edge-bans", move |stop| crowdsec::enforce(Arc::clone(&own), stop));
    if edge.has_peers() {
        let own = Arc::clone(edge);
        tasks.supervise("edge-proofs", move |stop| proofs::run(Arc::clone(&own), stop));
    }
    let (own, stop) = (Arc::clone(edge), tasks.shutdown().clone());
    tasks.once("edge-stop", async move {
        stop.wait().await;
        // The engine waits for requests in progress and must not hold up this runtime meanwhile.
        drop(tokio::task::spawn_blocking(move || own.plane.stop()).await);
    });
}

/// What one process of all runs.
pub(crate) fn lead(edge: &Arc<Edge>) {
    let tasks = &edge.platform.tasks;
    let own = Arc::clone(edge);
    tasks.supervise("edge-inventory", move |stop| inventory::run(Arc::clone(&own), stop));
    let own = Arc::clone(edge);
    tasks.supervise("edge-public-ip", move |stop| public_ip::run(Arc::clone(&own), stop));
    let own = Arc::clone(edge);
    tasks.supervise("edge-crowdsec", move |stop| crowdsec::listen(Arc::clone(&own), stop));
    let own = Arc::clone(edge);
    tasks.supervise("edge-drift", move |stop| drift::run(Arc::clone(&own), stop));
    let own = Arc::clone(edge);
    tasks.supervise("edge-firewall", move |stop| appsec::run(Arc::clone(&own), stop));
    if edge.is_served() {
        let own = Arc::clone(edge);
        tasks.supervise("edge-certificates", move |stop| certificates::run(Arc::clone(&own), stop));
    }
    if edge.is_served() {
        let own = Arc::clone(edge);
        tasks.supervise("edge-health", move |stop| metrics::settle(Arc::clone(&own), stop));
    }
    let own = Arc::clone(edge);
    tasks.supervise("edge-metrics", move |stop| traffic::run(Arc::clone(&own), stop));
    let own = Arc::clone(edge);
    tasks.supervise("edge-traffic", move |stop| traffic::keep(Arc::clone(&own), stop));
    if edge.caddy.is_some() {
        let own = Arc::clone(edge);
        tasks.supervise("edge-targets", move |stop| metrics::run(Arc::clone(&own), stop));
        let own = Arc::clone(edge);
        tasks.supervise("edge-caddy", move |stop| caddy::watch(Arc::clone(&own), stop));
        let own = Arc::clone(edge);
        tasks.supervise("edge-reminders", move |stop| reminders::run(Arc::clone(&own), stop));
        let own = Arc::clone(edge);
        tasks.supervise("edge-caddy-health", move |stop| caddy::health(Arc::clone(&own), stop));
        for log in caddy_logs::Log::ALL {
            let own = Arc::clone(edge);
            tasks.supervise(log.name(), move |stop| caddy_logs::run(Arc::clone(&own), log, stop));
        }
    }
}

/// Looks until something that failed is to be tried again: after this many, twice as many, and at most so many.
struct Again {
    looks: u32,
    pause: u32,
}

const AGAIN_FIRST: u32 = 1;
const AGAIN_MAX: u32 = 30;

impl Default for Again {
    fn default() -> Self {
        Self { looks: 0, pause: AGAIN_FIRST }
    }
}

impl Again {
    /// Called at every look; whether it is to be tried now.
    fn is_due(&mut self, is_failed: bool) -> bool {
        if !is_failed {
            *self = Self::default();
            return false;
        }
        self.looks += 1;
        let is_due = self.looks >= self.pause;
        if is_due {
            (self.looks, self.pause) = (0, (self.pause * 2).min(AGAIN_MAX));
        }
        is_due
    }
}

/// Keeps the data plane in step with the tables, the settings and the certificates, whoever changed them.
async fn follow(edge: Arc<Edge>, stop: Shutdown) -> Result<()> {
    let (mut settings, mut certificates) = (edge.platform.settings.watch(), edge.certificates.watch());
    let mut keeping = Again::default();
    // Argos and Caddy often start together.
    let mut pause = if edge.caddy.is_some() { LOOK } else { RETRY };
    let mut failed_for = Duration::ZERO;
    loop {
        let anew = tokio::select! {
            () = stop.wait() => return Ok(()),
            changed = settings.changed() => { if changed.is_err() { return Ok(()) } true }
            changed = certificates.changed() => { if changed.is_err() { return Ok(()) } true }
            () = tokio::time::sleep(LOOK) => false,
        };
        if keeping.is_due(edge.standing().unkept.is_some()) {
            edge.keep_again().await;
        }
        let is_failed = edge.standing().error.is_some();
        if is_failed && !anew {
            failed_for += LOOK;
            if failed_for < pause {
                continue;
            }
        }
        failed_for = Duration::ZERO;
        if edge.reconcile(anew).await {
            pause = RETRY;
        } else {
            pause = (pause * 2).min(RETRY_MAX);
        }
    }
}

/// Reads what the engine reports once it runs.
async fn reports(edge: Arc<Edge>, stop: Shutdown) -> Result<()> {
    let mut changes = edge.changes.subscribe();
    let mut found = loop {
        if let Some(found) = edge.plane.take_reports() {
            break found;
        }
        tokio::select! {
            () = stop.wait() => return Ok(()),
            changed = changes.changed() => if changed.is_err() { return Ok(()) },
        }
    };
    let outcome = read(&edge, &mut found, &stop).await;
    edge.plane.give_reports_back(found);
    outcome
}

async fn read(edge: &Edge, found: &mut Reports, stop: &Shutdown) -> Result<()> {
    let mut turned = Turned::default();
    let mut turn = tokio::time::interval(BURSTS);
    turn.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            batch = found.access.recv() => match batch {
                Some(batch) => take(edge, &batch, &mut turned),
                None => return turned.count(edge).await,
            },
            change = found.health.recv() => match change {
                // What cannot be told now is told when this process settles, as the one that leads. Requests are read on meanwhile.
                Some(change) => if let Err(error) = edge.tell_health(&change).await {
                    tracing::warn!(?error, "a change of a backend's health is not told yet");
                },
                None => return Ok(()),
            },
            // What cannot be counted is kept until it goes again. Requests are read on meanwhile.
            _ = turn.tick() => if let Err(error) = turned.count(edge).await {
                tracing::warn!(?error, "requests turned away are not counted yet");
            },
            // The engine ends on the same signal, as soon as the last request did; its records are read until then.
            () = stop.wait() => {
                let end = tokio::time::Instant::now() + LAST_RECORDS;
                while let Ok(Some(batch)) = tokio::time::timeout_at(end, found.access.recv()).await {
                    take(edge, &batch, &mut turned);
                }
                return turned.count(edge).await;
            }
        }
    }
}

/// Logs finished requests, and what the firewall refused in rows of its own.
fn take(edge: &Edge, batch: &[AccessRecord], turned: &mut Turned) {
    let (now, at) = (edge.platform.clock.now(), std::time::Instant::now());
    let queue = edge.platform.logs.queue();
    let offer = |row| {
        if let Some(line) = queue.offer(row) {
            edge.counting.miss(&line);
        }
    };
    for record in batch {
        let row = access::row(record, now, at);
        if let Some(refusal) = access::refusal(record, &row) {
            turned.attacked(refusal.clone());
            offer(refusal);
        }
        if let Some(host) = row.host_id.filter(|_| record.outcome == Outcome::RateLimited) {
            turned.limited(host, now.secs());
        }
        offer(row);
    }
}

#[cfg(test)]
mod tests {
    use super::{AGAIN_MAX, Again};

    #[test]
    fn what_failed_is_tried_again_ever_more_seldom_and_at_once_the_next_time() {
        let mut again = Again::default();
        let due: Vec<u32> = (1..=100).filter(|_| again.is_due(true)).collect();
        assert_eq!(due, [1, 3, 7, 15, 31, 61, 91]);
        assert_eq!(due[6] - due[5], AGAIN_MAX);
        assert!(!again.is_due(false) && again.is_due(true), "what worked in between is tried at once");
    }
}
