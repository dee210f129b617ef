//! Retention, and the joining of the small chunks of finished days.

use std::collections::HashSet;

use argos_kernel::{AppError, Result};
use argos_store::args;
use argos_tschunk::{DecodeError, MAX_POINTS, Point, ascending, decode, decode_buckets, encode, encode_buckets, merge};

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
    /// Raw 2 days (`metrics.raw_days`), minutes 31, hours three years.
    fn default() -> Self {
        Self { raw_days: 2, minute_days: 31, hour_days: 3 * 366 }
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

    /// Joins the chunks of finished days, of each series into one a day of points, one a day of minutes and one a 30 days
    /// of hours; how many were made.
    pub async fn compact(&self) -> Result<u64> {
        let _upkeep = self.0.upkeep.lock().await;
        let today = self.0.clock.now().micros().div_euclid(DAY_US).saturating_mul(DAY_US);
        let mut joined = 0;
        for tier in [Tier::Raw, Tier::Minute, Tier::Hour] {
            let period = tier.period_us();
            // What cannot be joined is found again and again.
            let mut seen = HashSet::new();
            loop {
                let places = match tier {
                    Tier::Raw => points::scattered(&self.0.db, period, today).await?,
                    _ => rollups::scattered(&self.0.db, tier.step_s(), period, today).await?,
                };
                let fresh: Vec<(i64, i64)> = places.into_iter().filter(|p| seen.insert(*p)).collect();
                if fresh.is_empty() {
                    break;
                }
                for (series, number) in fresh {
                    let from = number.saturating_mul(period);
                    let to = from.saturating_add(period).min(today);
                    joined += u64::from(match tier {
                        Tier::Raw => self.join_points(series, from, to).await?,
                        _ => self.join_buckets(series, tier, from, to).await?,
                    });
                }
            }
        }
        Ok(joined)
    }

    /// Whether there was something to join.
    async fn join_points(&self, series: i64, from: i64, to: i64) -> Result<bool> {
        let rows = points::rows_in(&self.0.db, series, from, to).await?;
        let (old, all) = whole(series, rows, decode);
        // Order of writing decides between points of one time.
        let all: Vec<Point> = ascending(all.into_iter().flatten().collect());
        if old.len() <= all.len().div_ceil(MAX_POINTS) {
            return Ok(false);
        }
        let mut work: Vec<_> = old.into_iter().map(|id| (points::DELETE, args![id])).collect();
        for part in all.chunks(MAX_POINTS) {
            work.extend(points::chunk_row(series, part, encode(part).map_err(AppError::internal)?));
        }
        self.0.db.batch(work).await?;
        Ok(true)
    }

    /// Whether there was something to join.
    async fn join_buckets(&self, series: i64, tier: Tier, from: i64, to: i64) -> Result<bool> {
        let rows = rollups::rows_in(&self.0.db, series, tier.step_s(), from, to).await?;
        let (old, all) = whole(series, rows, decode_buckets);
        if old.len() < 2 {
            return Ok(false);
        }
        let all = all.iter().fold(Vec::new(), |all, chunk| merge(&all, chunk));
        let mut work: Vec<_> = old.into_iter().map(|id| (rollups::DELETE, args![id])).collect();
        work.extend(rollups::row(series, tier.step_s(), &all, encode_buckets(&all).map_err(AppError::internal)?));
        self.0.db.batch(work).await?;
        Ok(true)
    }
}

/// Ids and contents of the rows that can be read. A damaged one stays where it is.
fn whole<T>(series: i64, rows: Vec<(i64, Vec<u8>)>, decode: impl Fn(&[u8]) -> Result<Vec<T>, DecodeError>) -> (Vec<i64>, Vec<Vec<T>>) {
    let mut read = (Vec::new(), Vec::new());
    for (id, body) in rows {
        match decode(&body) {
            Ok(content) => {
                read.0.push(id);
                read.1.push(content);
            }
            Err(error) => tracing::error!(series, row = id, %error, "a chunk of the metrics is damaged and was not joined"),
        }
    }
    read
}
