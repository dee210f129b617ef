//! Where the samples of a query come from: open heads, raw chunks, rollup chunks, and for what a tier no longer keeps
//! the coarser tiers. A chunk that cannot be decoded is left out and logged; the rest still answers.

use argos_kernel::Result;
use argos_tschunk::{
    Bucket, BucketParts, DecodeError, Function, Grid, Kind, Point, ascending, decode, decode_buckets, decode_buckets_partly, merge, samples,
};

use crate::engine::Metrics;
use crate::heads::later;
use crate::query::Tier;
use crate::registry::SeriesId;
use crate::store::{points, rollups};

/// What memory holds of a series for one query.
struct OpenPart {
    row: i64,
    /// Unsealed points of the range.
    points: Vec<Point>,
    /// The last unsealed point before the range.
    before: Option<Point>,
    /// The latest sealed reading, whenever it was.
    sealed: Option<Point>,
}

impl Metrics {
    /// Ascending samples over the whole bins of the grid, after at most one from before it.
    pub(crate) async fn samples(&self, id: SeriesId, grid: &Grid, tier: Tier, function: Function) -> Result<Vec<Bucket>> {
        let (start, end) = (grid.start(), grid.end());
        let _gate = self.0.seal_gate.read().await;
        let (kind, parts) = (self.kind(id), BucketParts::of(function));
        let Some(open) = self.open_part(id, start, end) else { return Ok(Vec::new()) };
        let row = open.row;
        let counts_changes = match kind {
            Kind::Gauge => matches!(function, Function::Delta | Function::Rate),
            Kind::Counter => tier == Tier::Raw || function == Function::Delta,
        };
        let before = if counts_changes { later(self.reading_before(row, start).await?, open.before) } else { None };
        let mut found = if tier == Tier::Raw {
            let mut all = self.sealed_points(row, start, end).await?;
            all.extend(open.points);
            samples(&ascending(all), kind, before).collect()
        } else {
            let sealed = self.sealed_buckets(row, tier, start, end, parts).await?;
            let fresh = self.rolled(id, row, &open.points, later(open.sealed, open.before), tier.step()).await?;
            if fresh.is_empty() { sealed } else { merge(&sealed, &fresh) }
        };
        for coarser in tier.coarser() {
            let known_from = found.first().map_or(end, |b| b.start);
            let until = coarser.step().floor(known_from);
            if until > start {
                let mut older = self.sealed_buckets(row, *coarser, start, until, parts).await?;
                older.append(&mut found);
                found = older;
            }
        }
        if let Some(p) = before {
            found.insert(0, if kind == Kind::Counter { Bucket::counter(p, None) } else { Bucket::gauge(p) });
        }
        Ok(found)
    }

    fn open_part(&self, id: SeriesId, from: i64, to: i64) -> Option<OpenPart> {
        let heads = self.heads();
        let open = heads.get(id)?;
        let before = open.range(i64::MIN, from).last().copied();
        Some(OpenPart { row: open.row, points: open.range(from, to), before, sealed: open.previous() })
    }

    /// Sealed raw points in `[from, to)`, ascending; of several with one time the one sealed last.
    pub(crate) async fn sealed_points(&self, row: i64, from: i64, to: i64) -> Result<Vec<Point>> {
        let mut all: Vec<Point> = Vec::new();
        for body in points::chunks_in(&self.0.db, row, from, to).await? {
            let chunk = readable(row, decode(&body));
            let low = chunk.partition_point(|p| p.t < from);
            let high = chunk.partition_point(|p| p.t < to).max(low);
            all.extend_from_slice(chunk.get(low..high).unwrap_or_default());
        }
        Ok(ascending(all))
    }

    /// The wanted parts of sealed buckets that start in `[from, to)`, ascending.
    async fn sealed_buckets(&self, row: i64, tier: Tier, from: i64, to: i64, parts: BucketParts) -> Result<Vec<Bucket>> {
        let mut all: Vec<Bucket> = Vec::new();
        for body in rollups::chunks_in(&self.0.db, row, tier.step_s(), from, to).await? {
            let chunk = readable(row, decode_buckets_partly(&body, parts));
            match (all.last(), chunk.first()) {
                (Some(last), Some(first)) if first.start <= last.start => all = merge(&all, &chunk),
                _ => all.extend(chunk),
            }
        }
        all.truncate(all.partition_point(|b| b.start < to));
        all.drain(..all.partition_point(|b| b.start < from));
        Ok(all)
    }

    /// The last sealed reading before `t`, from the finest tier that still has one.
    async fn reading_before(&self, row: i64, t: i64) -> Result<Option<Point>> {
        let mut found = None;
        // Chunks that reach over `t`, and the one that ends last before it.
        let mut bodies = points::chunks_in(&self.0.db, row, t, t.saturating_add(1)).await?;
        bodies.extend(points::chunk_before(&self.0.db, row, t).await?);
        for body in bodies {
            let chunk = readable(row, decode(&body));
            let low = chunk.partition_point(|p| p.t < t);
            found = later(found, low.checked_sub(1).and_then(|i| chunk.get(i)).copied());
        }
        for tier in Tier::Raw.coarser() {
            if found.is_some() {
                break;
            }
            let mut bodies = rollups::chunks_in(&self.0.db, row, tier.step_s(), t, t.saturating_add(1)).await?;
            bodies.extend(rollups::chunk_before(&self.0.db, row, tier.step_s(), t).await?);
            for body in bodies {
                let chunk = readable(row, decode_buckets(&body));
                let last = chunk.iter().rev().find(|b| b.last_at < t && b.last().is_some());
                found = later(found, last.map(|b| Point::new(b.last_at, b.last)));
            }
        }
        Ok(found)
    }
}

/// The content of a chunk; nothing of a damaged one.
pub(crate) fn readable<T>(row: i64, decoded: Result<Vec<T>, DecodeError>) -> Vec<T> {
    decoded.unwrap_or_else(|error| {
        tracing::error!(series = row, %error, "a chunk of the metrics is damaged and was left out");
        Vec::new()
    })
}
