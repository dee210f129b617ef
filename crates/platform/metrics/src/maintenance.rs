//! Retention and the joining of small rollup chunks.

use argos_kernel::{AppError, Result};
use argos_store::args;
use argos_tschunk::{decode_buckets, encode_buckets, merge};

use crate::engine::{HOUR_S, MINUTE_S, Metrics};
use crate::store::{points, rollups};

const DAY_US: i64 = 86_400 * 1_000_000;

/// How long each tier is kept, in days.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    pub raw_days: i64,
    pub minute_days: i64,
    pub hour_days: i64,
}

impl Default for Retention {
    /// Raw 2 days (`metrics.raw_days`), minutes 31, hours 400: ranges up to 8760 hours are answered.
    fn default() -> Self {
        Self { raw_days: 2, minute_days: 31, hour_days: 400 }
    }
}

impl Metrics {
    /// Removes what is too old; the number of chunks removed.
    pub async fn prune(&self, keep: Retention) -> Result<u64> {
        let now = self.0.clock.now().micros();
        let before = |days: i64| now.saturating_sub(days.saturating_mul(DAY_US));
        let db = &self.0.db;
        let mut gone = points::prune(db, before(keep.raw_days)).await?;
        gone += rollups::prune(db, MINUTE_S, before(keep.minute_days)).await?;
        gone += rollups::prune(db, HOUR_S, before(keep.hour_days)).await?;
        Ok(gone)
    }

    /// Joins the rollup chunks of finished days (minutes) and months of 30 days (hours) into one each.
    pub async fn compact(&self) -> Result<u64> {
        let now = self.0.clock.now().micros();
        let mut joined = 0;
        for (step_s, period) in [(MINUTE_S, DAY_US), (HOUR_S, 30 * DAY_US)] {
            let before = now.div_euclid(period).saturating_mul(period);
            loop {
                let places = rollups::scattered(&self.0.db, step_s, period, before).await?;
                if places.is_empty() {
                    break;
                }
                for (series, number) in places {
                    let from = number.saturating_mul(period);
                    self.join_period(series, step_s, from, from.saturating_add(period)).await?;
                    joined += 1;
                }
            }
        }
        Ok(joined)
    }

    async fn join_period(&self, series: i64, step_s: i64, from: i64, to: i64) -> Result<()> {
        let _gate = self.0.seal_gate.write().await;
        let rows = rollups::period_rows(&self.0.db, series, step_s, from, to).await?;
        let mut all = Vec::new();
        let mut work = Vec::with_capacity(rows.len() + 1);
        for (id, body) in rows {
            all = merge(&all, &decode_buckets(&body).map_err(AppError::internal)?);
            work.push((rollups::DELETE, args![id]));
        }
        let (Some(first), Some(last)) = (all.first(), all.last()) else { return Ok(()) };
        let count = i64::try_from(all.len()).unwrap_or(i64::MAX);
        let body = encode_buckets(&all).map_err(AppError::internal)?;
        work.push((rollups::INSERT, args![series, step_s, first.start, last.start, count, body]));
        self.0.db.batch(work).await?;
        Ok(())
    }
}
