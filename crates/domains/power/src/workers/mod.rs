//! The loops: pollers per NUT server, the cycle that stores, discovery, housekeeping. They own time; rules stay in
//! `model`.

pub(crate) mod cycle;
pub(crate) mod exporters;
mod inventory;
mod ipmi;
mod meters;
pub(crate) mod nut;
mod nut_server;
mod nut_tls;
pub(crate) mod pollers;
mod shutdown;
pub(crate) mod snmp;
pub(crate) mod solo;
mod traps;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use argos_kernel::{Result, Shutdown};

use crate::service::Power;

const FLUSH: Duration = Duration::from_secs(60);
/// The first one: what was just found is not lost to a crash soon after the start.
const FIRST_FLUSH: Duration = Duration::from_secs(20);
const DISCOVER: Duration = Duration::from_secs(600);
const PRUNE: Duration = Duration::from_secs(3_600);

pub(crate) fn start(power: &Arc<Power>) {
    let tasks = &power.platform.tasks;
    let own = Arc::clone(power);
    tasks.supervise("power-cycle", move |stop| cycle::run(Arc::clone(&own), stop));
    let own = Arc::clone(power);
    tasks.supervise("power-discovery", move |stop| discover(Arc::clone(&own), stop));
    let own = Arc::clone(power);
    tasks.supervise("power-inventory", move |stop| inventory::run(Arc::clone(&own), stop));
    let own = Arc::clone(power);
    tasks.supervise("power-energy", move |stop| flush(Arc::clone(&own), stop));
    let own = Arc::clone(power);
    let first = Mutex::new(nut_server::bind_first(power));
    tasks.supervise("nut-server", move |stop| {
        nut_server::run(Arc::clone(&own), first.lock().unwrap_or_else(PoisonError::into_inner).take(), stop)
    });
    let own = Arc::clone(power);
    tasks.supervise("power-shutdown", move |stop| shutdown::run(Arc::clone(&own), stop));
    let own = Arc::clone(power);
    tasks.supervise("power-retention", move |stop| prune(Arc::clone(&own), stop));
    let own = Arc::clone(power);
    tasks.supervise("power-traps", move |stop| traps::run(Arc::clone(&own), stop));
    exporters::start(power);
    let own = Arc::clone(power);
    tasks.once("power-alert-seeds", async move {
        if let Err(error) = own.seed_alert_providers().await {
            tracing::error!(?error, "the alert providers of the environment could not be created; the next start tries again");
        }
    });
}

async fn flush(power: Arc<Power>, stop: Shutdown) -> Result<()> {
    let mut pause = FIRST_FLUSH;
    loop {
        let goes_on = stop.sleep(std::mem::replace(&mut pause, FLUSH)).await;
        power.store_waiting_rows().await;
        power.flush_energy().await?;
        power.save_states().await?;
        if !goes_on {
            return Ok(());
        }
    }
}

async fn prune(power: Arc<Power>, stop: Shutdown) -> Result<()> {
    while stop.sleep(PRUNE).await {
        let gone = power.prune().await?;
        if gone > 0 {
            tracing::info!(gone, "power retention");
        }
    }
    Ok(())
}

/// Looks for UPSes at the start, every ten minutes, and when the NUT server in the settings changes.
async fn discover(power: Arc<Power>, stop: Shutdown) -> Result<()> {
    let mut changes = power.settings().watch();
    let mut asked = None;
    loop {
        let s = power.settings();
        let now = (s.text("power.nut_host")?, s.i64("power.nut_port")?, s.text("power.nut_username")?, s.bool("power.nut_auto_discover")?);
        let due = asked.as_ref() != Some(&now);
        if due && !s.bool("power.scanning_disabled")? {
            asked = Some(now);
            power.discover().await?;
        }
        tokio::select! {
            () = stop.wait() => return Ok(()),
            () = tokio::time::sleep(DISCOVER) => asked = None,
            changed = changes.changed() => if changed.is_err() { return Ok(()) },
        }
    }
}
