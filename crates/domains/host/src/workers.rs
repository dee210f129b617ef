//! The tick: every five seconds one sample, its points, its rendering, and the alert rules over it. Slow probes run
//! beside it and never delay it.

use std::sync::Arc;
use std::time::Duration;

use argos_inventory::Status;
use argos_kernel::{AppError, Result, Shutdown};

use crate::machine::Machine;
use crate::model::probes::Probes;
use crate::model::samples;
use crate::model::things;
use crate::probes;

/// The period of the collector.
const TICK: Duration = Duration::from_secs(5);
/// The first two samples are this far apart, so that rates are known almost at once.
const WARM_UP: Duration = Duration::from_millis(250);
/// The inventory hears of this machine this often.
const FEED_PAUSE: Duration = Duration::from_secs(10);
/// Containers are asked every n-th probe round.
const CONTAINERS_EVERY: u64 = 3;

pub(crate) fn start(machine: &Arc<Machine>) {
    let sampling = Arc::clone(machine);
    machine.platform.tasks.supervise("host-sampler", move |stop| sample_for_ever(Arc::clone(&sampling), stop));
    let probing = Arc::clone(machine);
    machine.platform.tasks.supervise("host-probes", move |stop| probe_for_ever(Arc::clone(&probing), stop));
    let feeding = Arc::clone(machine);
    machine.platform.tasks.supervise("host-inventory", move |stop| feed_for_ever(Arc::clone(&feeding), stop));
}

async fn sample_for_ever(machine: Arc<Machine>, stop: Shutdown) -> Result<()> {
    // Shown at once but not recorded: it has no rates yet, and the next one follows in a moment.
    let first = read(&machine).await?;
    machine.publish(first, crate::alerting::current(&machine.platform).await);
    if !stop.sleep(WARM_UP).await {
        return Ok(());
    }
    let mut clock = tokio::time::interval(TICK);
    clock.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.wait() => return Ok(()),
            _ = clock.tick() => tick(&machine).await?,
        }
    }
}

async fn read(machine: &Arc<Machine>) -> Result<argos_hostinfo::Sample> {
    let reading = Arc::clone(machine);
    tokio::task::spawn_blocking(move || reading.sample()).await.map_err(AppError::internal)
}

async fn tick(machine: &Arc<Machine>) -> Result<()> {
    let sample = read(machine).await?;
    // Times on whole milliseconds compress to a tenth of a byte; the reading itself takes longer than that.
    let at = argos_kernel::Timestamp::from_millis(machine.platform.clock.now().millis());
    let platform = &machine.platform;
    // A full disk must not blind the page: points are kept in memory, the snapshot goes out, the store's error is logged.
    if let Err(error) = platform.metrics.record(at, &samples::of(&sample)).await {
        tracing::warn!(?error, "points of this tick could not be registered");
    }
    let tick = machine.publish(sample, crate::alerting::current(platform).await);
    crate::alerting::evaluate(machine, &tick, at).await;
    Ok(())
}

async fn probe_for_ever(machine: Arc<Machine>, stop: Shutdown) -> Result<()> {
    let mut round = 0_u64;
    loop {
        let containers = if round.is_multiple_of(CONTAINERS_EVERY) { None } else { Some(machine.probes().containers) };
        round += 1;
        let asked = tokio::time::timeout(probes::DEADLINE, ask(&machine, containers)).await;
        match asked {
            Ok(answers) => machine.set_probes(answers),
            Err(_) => tracing::warn!("a probe round took too long; its last answers stay"),
        }
        if !stop.sleep(TICK).await {
            return Ok(());
        }
    }
}

async fn ask(machine: &Machine, containers: Option<Vec<crate::model::probes::ContainerView>>) -> Probes {
    let list = |key: &str| machine.setting_list(key);
    let (names, addresses) = (list("ops.monitoredServices"), list("ops.radarIps"));
    let (wan, lan) = (machine.setting_text("ops.wanTestIp"), list("ops.lanTestIp").into_iter().next());
    let fresh = async {
        match containers {
            Some(known) => known,
            None => probes::containers().await,
        }
    };
    let radar = async {
        let mut out = Vec::with_capacity(addresses.len());
        for group in addresses.chunks(16) {
            out.extend(futures_join(group).await);
        }
        out
    };
    let (services, containers, radar, net_health) = tokio::join!(probes::services(&names), fresh, radar, probes::net_health(wan, lan));
    Probes { services, containers, radar, net_health }
}

async fn futures_join(addresses: &[String]) -> Vec<crate::model::probes::RadarView> {
    futures_util::future::join_all(addresses.iter().map(|a| probes::ping(a))).await
}

/// What the newest tick shows of this machine, for the inventory: the first at once, then every third.
async fn feed_for_ever(machine: Arc<Machine>, stop: Shutdown) -> Result<()> {
    let mut ticks = machine.ticks();
    loop {
        if let Ok(tick) = machine.newest() {
            let lines = &tick.snapshot.alerts;
            let status = if lines.iter().any(|l| l.level == "danger") {
                Status::Critical
            } else if lines.iter().any(|l| l.level == "warning") {
                Status::Warning
            } else {
                Status::Ok
            };
            if let Some(feed) = things::feed(&tick.sample, &machine.probes(), status) {
                machine.platform.inventory.feed(feed).await?;
            }
            if !stop.sleep(FEED_PAUSE).await {
                return Ok(());
            }
        }
        tokio::select! {
            () = stop.wait() => return Ok(()),
            changed = ticks.changed() => if changed.is_err() { return Ok(()) },
        }
    }
}
