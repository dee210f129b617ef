//! Background work of alerting: following the event log, and pruning.

use std::time::Duration;

use argos_events::StartAt;
use argos_kernel::{Result, Shutdown, Tasks};

use crate::Alerts;
use crate::store::firings;

/// Availability windows reach 8760 h; 400 days are kept.
const KEEP_DAYS: i64 = 400;
const BATCH: i64 = 200;

pub(crate) fn start(alerts: &Alerts, tasks: &Tasks) {
    let follower = alerts.clone();
    tasks.supervise("alerts.events", move |stop| follow(follower.clone(), stop));
    let pruner = alerts.clone();
    tasks.supervise("alerts.prune", move |stop| prune(pruner.clone(), stop));
}

async fn follow(alerts: Alerts, stop: Shutdown) -> Result<()> {
    let mut consumer = alerts.0.events.consumer("alerts", StartAt::Now).await?;
    loop {
        let batch = tokio::select! {
            () = stop.wait() => return Ok(()),
            batch = consumer.next_batch(BATCH) => batch?,
        };
        let Some(last) = batch.last().map(|e| e.id) else { continue };
        let report = alerts.evaluate_events(&batch, alerts.0.clock.now()).await?;
        if report.failed > 0 {
            return Err(argos_kernel::AppError::internal("alerts about events could not be stored"));
        }
        let mut tx = alerts.0.db.begin().await?;
        for event in &batch {
            alerts.follow_pair(&mut tx, event).await?;
        }
        consumer.ack_in(&mut tx, last).await?;
        tx.commit().await?;
    }
}

async fn prune(alerts: Alerts, stop: Shutdown) -> Result<()> {
    while stop.sleep(Duration::from_secs(6 * 3600)).await {
        let removed = firings::prune(&alerts.0.db, alerts.0.clock.now().minus_secs(KEEP_DAYS * 86_400)).await?;
        if removed > 0 {
            tracing::info!(removed, "old alert firings removed");
        }
    }
    Ok(())
}
