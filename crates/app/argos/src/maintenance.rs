//! Housekeeping on a clock: retention, compaction, checkpoints, and the probe of the store itself.

use std::time::Duration;

use argos_kernel::Result;
use argos_metrics::Retention;
use argos_platform::{ComponentStatus, Platform};
use tokio::time::Instant;

use crate::glue;

const PROBE_EVERY: Duration = Duration::from_secs(15);
const CLEAN_EVERY: Duration = Duration::from_secs(3600);
/// The audit chain is verified every n-th round: once a day.
const CHAIN_EVERY: u32 = 24;
/// A store slower than this is degraded.
const SLOW_MS: f64 = 250.0;

/// Every process looks at its own connections.
pub(crate) fn start_probe(platform: &Platform) {
    let p = platform.clone();
    platform.tasks.supervise("store-probe", move |stop| {
        let p = p.clone();
        async move {
            loop {
                probe(&p).await;
                if !stop.sleep(PROBE_EVERY).await {
                    return Ok(());
                }
            }
        }
    });
}

/// Retention and the like. Only on the leader.
pub(crate) fn start(platform: &Platform) {
    let p = platform.clone();
    platform.tasks.supervise("maintenance", move |stop| {
        let p = p.clone();
        async move {
            let mut round = 0_u32;
            while stop.sleep(CLEAN_EVERY).await {
                round += 1;
                clean(&p, round.is_multiple_of(CHAIN_EVERY)).await?;
            }
            Ok(())
        }
    });
}

async fn probe(p: &Platform) {
    for (name, db) in [("database", &p.store.state), ("telemetry", &p.store.telemetry)] {
        let started = Instant::now();
        let answer = db.ping().await;
        let ms = started.elapsed().as_secs_f64() * 1000.0;
        match answer {
            Ok(()) if ms > SLOW_MS => p.health.report(name, ComponentStatus::Degraded, Some(ms), Some("slow".to_owned())),
            Ok(()) => p.health.report(name, ComponentStatus::Healthy, Some(ms), None),
            Err(e) => p.health.report(name, ComponentStatus::Unhealthy, Some(ms), Some(e.to_string())),
        }
    }
}

/// What every part keeps, by its settings. One failing part does not keep the others from their turn.
async fn clean(p: &Platform, verify_chain: bool) -> Result<()> {
    let s = &p.settings;
    let audit_days = s.i64("audit.retention_days")?;
    let nodes_days = s.i64("events_retention_days")?;
    let keep = argos_events::RetentionDays { audit: audit_days, nodes: nodes_days, ..argos_events::RetentionDays::default() };
    note("events", p.events.prune(keep).await);
    if verify_chain {
        note("audit", p.audit.maintain(&p.events, audit_days).await.map(|_| 0));
    }
    note("metrics", p.metrics.prune(Retention { raw_days: s.i64("metrics.raw_days")?, ..Retention::default() }).await);
    note("rollups", p.metrics.compact().await);
    note("logs", p.logs.prune(glue::log_retention(s)()).await);
    note("jobs", p.jobs.prune(s.i64("jobs.retention_days")?, s.i64("quality.retention.runs_days")?).await);
    p.store.state.checkpoint().await?;
    p.store.telemetry.checkpoint().await?;
    Ok(())
}

fn note(part: &str, outcome: Result<u64>) {
    match outcome {
        Ok(0) => {}
        Ok(gone) => tracing::info!(part, gone, "retention"),
        Err(error) => tracing::error!(part, ?error, "retention failed"),
    }
}
