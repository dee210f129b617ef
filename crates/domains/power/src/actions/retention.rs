//! What is kept how long (power spec B): snapshots by days and rows, outages and energy five years.

use argos_kernel::Result;

use crate::service::Power;
use crate::store::{energy, outages, phases, plan_runs, snapshots};

const FIVE_YEARS_S: i64 = 5 * 366 * 86_400;

impl Power {
    pub(crate) async fn prune(&self) -> Result<u64> {
        let now = self.platform.clock.now();
        let s = self.settings();
        let old = now.minus_secs(s.i64("power.retention_days")? * 86_400);
        let mut gone = snapshots::prune(&self.platform.store.telemetry, old, s.i64("power.max_rows")?).await?;
        gone += phases::prune(&self.platform.store.telemetry, old).await?;
        gone += outages::prune(&self.platform.store.state, now.minus_secs(FIVE_YEARS_S)).await?;
        gone += plan_runs::prune(&self.platform.store.state, now.minus_secs(FIVE_YEARS_S)).await?;
        gone += energy::prune(&self.platform.store.state, now.minus_secs(FIVE_YEARS_S)).await?;
        Ok(gone)
    }
}
