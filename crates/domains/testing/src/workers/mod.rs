//! The loops: browsers that are not needed, runs whose job ended without them, what is old. They own time; rules stay in
//! `model`.

use std::sync::Arc;
use std::time::Duration;

use argos_kernel::{Result, Shutdown, Timestamp};
use argos_store::Engine;

use crate::extension::bridge;
use crate::service::Testing;

const RECONCILE: Duration = Duration::from_secs(5);
const FIGURES: Duration = Duration::from_secs(15);
const HEAL: Duration = Duration::from_secs(300);
const PRUNE: Duration = Duration::from_secs(3_600);

/// In every process: browsers are the process's own.
pub(crate) fn start_everywhere(testing: &Arc<Testing>) {
    let pool = Arc::clone(&testing.pool);
    testing.platform.tasks.supervise("testing-browsers", move |stop| Arc::clone(&pool).tend(stop));
    let own = Arc::clone(testing);
    testing.platform.tasks.supervise("testing-extensions", move |stop| bridge::run(Arc::clone(&own), stop));
    let own = Arc::clone(testing);
    testing.platform.tasks.supervise("testing-figures", move |stop| figures(Arc::clone(&own), stop));
}

/// In the leading process.
pub(crate) fn start(testing: &Arc<Testing>) {
    let tasks = &testing.platform.tasks;
    let own = Arc::clone(testing);
    tasks.supervise("testing-runs", move |stop| reconcile(Arc::clone(&own), stop));
    let own = Arc::clone(testing);
    tasks.supervise("testing-healing", move |stop| heal(Arc::clone(&own), stop));
    let own = Arc::clone(testing);
    tasks.supervise("testing-retention", move |stop| prune(Arc::clone(&own), stop));
}

async fn figures(testing: Arc<Testing>, stop: Shutdown) -> Result<()> {
    let platform = &testing.platform;
    // Processes of one store each have browsers of their own.
    let replica = if platform.store.engine() == Engine::Postgres { Some(platform.settings.text("replica.id")?) } else { None };
    while stop.sleep(FIGURES).await {
        let now = platform.clock.now().secs();
        testing.record_browsers(replica.as_deref(), Timestamp::from_secs(now - now.rem_euclid(15))).await?;
    }
    Ok(())
}

async fn reconcile(testing: Arc<Testing>, stop: Shutdown) -> Result<()> {
    loop {
        testing.reconcile_all().await?;
        testing.reconcile_discoveries().await?;
        if !stop.sleep(RECONCILE).await {
            return Ok(());
        }
    }
}

async fn heal(testing: Arc<Testing>, stop: Shutdown) -> Result<()> {
    while stop.sleep(HEAL).await {
        let done = testing.apply_the_waiting().await?;
        if done > 0 {
            tracing::info!(done, "suggestions of healing went into their tests");
        }
    }
    Ok(())
}

async fn prune(testing: Arc<Testing>, stop: Shutdown) -> Result<()> {
    while stop.sleep(PRUNE).await {
        let gone = testing.prune().await?;
        if gone > 0 {
            tracing::info!(gone, "testing retention");
        }
    }
    Ok(())
}
