//! Retention and the joining of small rollup chunks.

use std::collections::HashSet;

use argos_kernel::{AppError, Result};
use argos_store::args;
use argos_tschunk::{DecodeError, decode_buckets, encode_buckets, merge};

use crate::engine::{HOUR_S, MINUTE_S, Metrics};
use crate::query::Tier;
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
        let _upkeep = self.0.upkeep.lock().await;
        let now = self.0.clock.now().micros();
        let before = |days: i64| now.saturating_sub(days.saturating_mul(DAY_US));
        let db = &self.0.db;
        let mut gone = points::prune(db, before(keep.raw_days)).await?;
        gone += rollups::prune(db, MINUTE_S, before(keep.minute_days)).await?;
        gone += rollups::prune(db, HOUR_S, before(keep.hour_days)).await?;
        Ok(gone)
    }

    /// Joins the rollup chunks of finished days into one row a day of minutes and one row a 30 days of hours.
    pub async fn compact(&self) -> Result<u64> {
        let _upkeep = self.0.upkeep.lock().await;
        let today = self.0.clock.now().micros().div_euclid(DAY_US).saturating_mul(DAY_US);
        let mut joined = 0;
        for tier in [Tier::Minute, Tier::Hour] {
            let period = tier.period_us();
            let mut seen = HashSet::new();
            loop {
                let places = rollups::scattered(&self.0.db, tier.step_s(), period, today).await?;
                let fresh: Vec<(i64, i64)> = places.into_iter().filter(|p| seen.insert(*p)).collect();
                if fresh.is_empty() {
                    break;
                }
                for (series, number) in fresh {
                    let from = number.saturating_mul(period);
                    joined += u64::from(self.join_rows(series, tier, from, from.saturating_add(period).min(today)).await?);
                }
            }
        }
        Ok(joined)
    }

    /// Whether there was something to join. A damaged row stays where it is.
    async fn join_rows(&self, series: i64, tier: Tier, from: i64, to: i64) -> Result<bool> {
        let rows = rollups::rows_in(&self.0.db, series, tier.step_s(), from, to).await?;
        let mut all = Vec::new();
        let mut work = Vec::with_capacity(rows.len() + 1);
        for (id, body) in rows {
            match decode_buckets(&body) {
                Ok(chunk) => {
                    all = merge(&all, &chunk);
                    work.push((rollups::DELETE, args![id]));
                }
                Err(DecodeError::UnknownVersion(_)) => return Ok(false),
                Err(error) => tracing::error!(series, row = id, %error, "a rollup chunk is damaged and was not joined"),
            }
        }
        let (Some(first), Some(last)) = (all.first(), all.last()) else { return Ok(false) };
        if work.len() < 2 {
            return Ok(false);
        }
        let count = i64::try_from(all.len()).unwrap_or(i64::MAX);
        let body = encode_buckets(&all).map_err(AppError::internal)?;
        work.push((rollups::INSERT, args![series, tier.step_s(), first.start, last.start, count, body]));
        self.0.db.batch(work).await?;
        Ok(true)
    }
}
