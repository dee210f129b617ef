//! From open heads to chunks and rollups.
//!
//! Rollups are merged, never recomputed. A late point (not later than the latest sealed one) of a gauge is absorbed
//! into its buckets; if it repeats a sealed time it changes the raw points only. A late reading of a counter lies
//! inside an increment that was counted already, so its buckets get the reading but no increment.

use argos_kernel::{AppError, Result};
use argos_store::{Stmt, Value, args};
use argos_tschunk::{Bucket, Kind, Point, Step, coarsen, encode, encode_buckets, merge, rollup};

use crate::engine::Metrics;
use crate::heads::{Batch, Drained, later};
use crate::query::Tier;
use crate::registry::SeriesId;
use crate::store::{points, rollups, series};
use crate::wal;

/// Heads whose oldest point is older than this are sealed whatever their length.
const SEAL_AGE_S: i64 = 2 * 3600;
/// With more open points than this in memory (16 bytes each) heads are sealed sooner.
const OPEN_POINTS_MAX: usize = 1_000_000;
const SEAL_AGE_CROWDED_S: i64 = 20 * 60;
/// Series sealed in one transaction.
const SEAL_BATCH: usize = 64;

type Work = Vec<(Stmt, Vec<Value>)>;

impl Metrics {
    /// Compresses heads that are long or old, `all` of them if asked; how many. Must run to its end.
    pub async fn seal(&self, all: bool) -> Result<usize> {
        let age = seal_age_s(self.heads().points());
        let older_than = if all { i64::MAX } else { self.0.clock.now().minus_secs(age).micros() };
        let (mut sealed, mut from) = (0, Some(0));
        while let Some(head) = from {
            let _turn = self.0.turn.lock().await;
            let batch = self.heads().drain(head, older_than, SEAL_BATCH);
            let work = match self.work(&batch).await {
                Ok(work) => work,
                Err(error) => {
                    self.heads().restore(batch);
                    return Err(error);
                }
            };
            if !work.is_empty() {
                let gate = self.0.seal_gate.write().await;
                match self.numbered(batch.seq, work).await {
                    Ok(true) => self.heads().sealed(&batch),
                    Ok(false) => {
                        self.heads().restore(batch);
                        drop(gate);
                        self.follow().await?;
                        continue;
                    }
                    Err(error) => {
                        self.heads().restore(batch);
                        return Err(error.into());
                    }
                }
            }
            from = batch.next;
            sealed += batch.drained.len();
        }
        Ok(sealed)
    }

    /// The statements of one batch.
    async fn work(&self, batch: &Batch) -> Result<Work> {
        let mut work = Vec::with_capacity(batch.drained.len() * 4 + 2);
        for d in &batch.drained {
            self.chunks(d, batch.seq, &mut work).await?;
        }
        if !batch.pending.is_empty() && batch.seq >= batch.keep_from {
            work.push(points::wal_row(batch.seq, self.0.clock.now(), batch.pending.len(), wal::encode(&batch.pending)));
        }
        if batch.trims {
            work.push((points::WAL_TRIM, args![batch.keep_from]));
        }
        if !work.is_empty() {
            work.push((points::SEALED, args![batch.seq - 1]));
        }
        Ok(work)
    }

    async fn chunks(&self, d: &Drained, seq: i64, work: &mut Work) -> Result<()> {
        let Some(last) = d.points.last() else { return Ok(()) };
        let latest = later(d.previous, Some(*last)).unwrap_or(*last);
        for part in d.points.chunk_by(|a, b| Tier::Raw.period_of(a.t) == Tier::Raw.period_of(b.t)) {
            work.extend(points::chunk_row(d.row, part, encode(part).map_err(AppError::internal)?));
        }
        work.push((series::SEALED, args![d.row, seq, latest.t, latest.v]));
        for tier in [Tier::Minute, Tier::Hour] {
            let buckets = self.rolled(d.id, d.row, &d.points, d.previous, tier.step()).await?;
            for part in buckets.chunk_by(|a, b| tier.period_of(a.start) == tier.period_of(b.start)) {
                work.extend(rollups::row(d.row, tier.step_s(), part, encode_buckets(part).map_err(AppError::internal)?));
            }
        }
        Ok(())
    }

    /// The rollup of points that are in no chunk yet.
    pub(crate) async fn rolled(
        &self,
        id: SeriesId,
        row: i64,
        points: &[Point],
        previous: Option<Point>,
        step: Step,
    ) -> Result<Vec<Bucket>> {
        let kind = self.kind(id);
        let (late, fresh) = points.split_at(points.partition_point(|p| previous.is_some_and(|l| p.t <= l.t)));
        let fresh = rollup(fresh, kind, step, previous);
        let (Some(first), Some(last)) = (late.first(), late.last()) else { return Ok(fresh) };
        let readings: Vec<Bucket> = match kind {
            Kind::Counter => late.iter().map(|p| Bucket::counter(*p, None)).collect(),
            Kind::Gauge => {
                let known = self.sealed_points(row, first.t, last.t.saturating_add(1)).await?;
                let is_new = |p: &&Point| known.binary_search_by_key(&p.t, |k| k.t).is_err();
                late.iter().filter(is_new).map(|p| Bucket::gauge(*p)).collect()
            }
        };
        Ok(merge(&coarsen(&readings, step), &fresh))
    }
}

/// How old the oldest point of a head may become.
fn seal_age_s(open_points: usize) -> i64 {
    if open_points > OPEN_POINTS_MAX { SEAL_AGE_CROWDED_S } else { SEAL_AGE_S }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_sealed_sooner_when_there_are_many() {
        assert_eq!((seal_age_s(OPEN_POINTS_MAX), seal_age_s(OPEN_POINTS_MAX + 1)), (7_200, 1_200));
    }
}
