//! Background work of alerting: following the event log, and pruning.

use std::time::Duration;

use argos_events::{Event, StartAt};
use argos_kernel::{Result, Shutdown, Tasks};

use crate::Alerts;
use crate::store::{firings, watch, windows};

/// Availability windows reach 8760 h; 400 days are kept.
const KEEP_DAYS: i64 = 400;
/// A one-off window or a silence that is over is listed for so long.
const WINDOW_DAYS: i64 = 30;
const BATCH: i64 = 200;

pub(crate) fn start(alerts: &Alerts, tasks: &Tasks) {
    let follower = alerts.clone();
    tasks.supervise("alerts.events", move |stop| follow(follower.clone(), stop));
    let periods = alerts.clone();
    tasks.supervise("alerts.maintenance", move |stop| record_periods(periods.clone(), stop));
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
        let batch: Vec<Event> = batch.into_iter().filter(|e| alerts.is_ours(e)).collect();
        let report = alerts.evaluate_events(&batch, alerts.0.clock.now()).await?;
        if report.failed > 0 {
            return Err(argos_kernel::AppError::internal("alerts about events could not be stored"));
        }
        let active = alerts.active_windows(alerts.0.clock.now()).await?;
        let mut tx = alerts.0.db.begin().await?;
        for event in &batch {
            alerts.follow_pair(&mut tx, event, &active).await?;
            alerts.follow_alarm(&mut tx, event, &active).await?;
        }
        consumer.ack_in(&mut tx, last).await?;
        tx.commit().await?;
    }
}

async fn record_periods(alerts: Alerts, stop: Shutdown) -> Result<()> {
    loop {
        alerts.sync_periods(alerts.0.clock.now()).await?;
        alerts.settle_alarms().await?;
        if !stop.sleep(Duration::from_secs(15)).await {
            return Ok(());
        }
    }
}

async fn prune(alerts: Alerts, stop: Shutdown) -> Result<()> {
    while stop.sleep(Duration::from_secs(6 * 3600)).await {
        let now = alerts.0.clock.now();
        let before = now.minus_secs(KEEP_DAYS * 86_400);
        let removed = firings::prune(&alerts.0.db, before).await?
            + windows::prune(&alerts.0.db, now.minus_secs(WINDOW_DAYS * 86_400), before).await?
            + watch::prune(&alerts.0.db, before).await?;
        if removed > 0 {
            tracing::info!(removed, "old alert firings and maintenance windows removed");
        }
    }
    Ok(())
}
