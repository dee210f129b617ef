//! Watches the deadlines and removes old decisions.

use std::time::Duration;

use argos_kernel::{Result, Shutdown, Tasks};

use crate::{Approvals, store};

/// Clocks jump and other replicas write.
const WAKE_AT_LEAST: Duration = Duration::from_secs(5);
/// Decisions are shown this long; the audit log keeps them longer.
const KEPT_DAYS: i64 = 365;

pub(crate) fn start(approvals: &Approvals, tasks: &Tasks) {
    let own = approvals.clone();
    tasks.supervise("approvals.deadlines", move |stop| watch(own.clone(), stop));
    let own = approvals.clone();
    tasks.supervise("approvals.prune", move |stop| prune(own.clone(), stop));
}

async fn watch(approvals: Approvals, stop: Shutdown) -> Result<()> {
    loop {
        approvals.sweep().await?;
        let now = approvals.0.clock.now();
        let wait = approvals.next_deadline().await?.map(|t| Duration::from_micros(u64::try_from(t.micros() - now.micros()).unwrap_or(0)));
        if !stop.sleep(wait.map_or(WAKE_AT_LEAST, |w| w.clamp(Duration::from_millis(50), WAKE_AT_LEAST))).await {
            return Ok(());
        }
    }
}

async fn prune(approvals: Approvals, stop: Shutdown) -> Result<()> {
    while stop.sleep(Duration::from_secs(6 * 3_600)).await {
        let before = approvals.0.clock.now().minus_secs(KEPT_DAYS * 86_400);
        let removed = store::prune(&approvals.0.db, before).await?;
        if removed > 0 {
            tracing::info!(removed, "old approvals removed");
        }
    }
    Ok(())
}
