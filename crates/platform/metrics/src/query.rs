//! Reading series back on a grid: rollups where they suffice, raw chunks and open heads for the rest.

use std::fmt;
use std::sync::PoisonError;

use argos_kernel::{AppError, Result};
use argos_tschunk::{Bucket, Function, Grid, GridError, Point, Step, decode, decode_buckets, merge, resample, rollup, samples};

use crate::engine::{HOUR_S, MINUTE_S, Metrics};
use crate::registry::{Labels, SeriesId};
use crate::store::{points, rollups};

/// Ranges longer than this are answered from rollups even when the step is finer.
const RAW_RANGE_MAX_US: i64 = 2 * 86_400 * 1_000_000;

/// The values of one series on the grid of its query.
#[derive(Clone, Debug)]
pub struct SeriesValues {
    pub labels: Labels,
    pub unit: String,
    /// One per bin; `None` where there was no measurement.
    pub values: Vec<Option<f64>>,
}

/// All series that matched.
#[derive(Clone, Debug)]
pub struct QueryResult {
    /// Start of each bin, microseconds UTC.
    pub starts: Vec<i64>,
    pub series: Vec<SeriesValues>,
}

/// Why a query cannot be answered.
#[derive(Debug)]
pub enum QueryError {
    UnknownMetric(String),
    Grid(GridError),
    App(AppError),
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownMetric(name) => write!(f, "Unknown metric: {name}"),
            Self::Grid(e) => e.fmt(f),
            Self::App(e) => e.fmt(f),
        }
    }
}

impl std::error::Error for QueryError {}

impl From<AppError> for QueryError {
    fn from(e: AppError) -> Self {
        Self::App(e)
    }
}

impl From<QueryError> for AppError {
    fn from(e: QueryError) -> Self {
        match e {
            QueryError::App(e) => e,
            other => Self::bad_request(other.to_string()).code("invalid_query"),
        }
    }
}

impl Metrics {
    /// Evaluates `function` per bin of `step_us` over `[from, to)` for every series of the metric that has the labels.
    pub async fn query(&self, metric: &str, labels: &Labels, from: i64, to: i64, step_us: i64, function: Function) -> Result<QueryResult, QueryError> {
        let step = Step::from_micros(step_us).ok_or(QueryError::Grid(GridError::Empty))?;
        let grid = Grid::new(from, to, step).map_err(QueryError::Grid)?;
        let (ids, known) = {
            let registry = self.0.registry.read().unwrap_or_else(PoisonError::into_inner);
            (registry.matching(metric, labels), registry.has_metric(metric))
        };
        if !known {
            return Err(QueryError::UnknownMetric(metric.to_owned()));
        }
        let mut series = Vec::with_capacity(ids.len());
        for id in ids {
            let buckets = self.buckets(id, &grid, to).await?;
            let kind = self.kind(id).kind();
            let values = resample(buckets, kind, &grid, function);
            let registry = self.0.registry.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(info) = registry.get(id) {
                series.push(SeriesValues { labels: info.labels.clone(), unit: info.unit.clone(), values });
            }
        }
        Ok(QueryResult { starts: grid.starts().collect(), series })
    }

    /// Ascending samples that cover the grid, each as coarse as the grid allows.
    async fn buckets(&self, id: SeriesId, grid: &Grid, to: i64) -> Result<Vec<Bucket>> {
        let _gate = self.0.seal_gate.read().await;
        let Some((row, open, previous)) = self.open_points(id, grid.start(), to) else { return Ok(Vec::new()) };
        let kind = self.kind(id).kind();
        let step_us = grid.step().micros();
        let tier = [(HOUR_S, Step::HOUR), (MINUTE_S, Step::MINUTE)].into_iter().find(|(s, _)| step_us % (s * 1_000_000) == 0);
        let long = to.saturating_sub(grid.start()) > RAW_RANGE_MAX_US;
        let Some((step_s, tier)) = tier.or(long.then_some((MINUTE_S, Step::MINUTE))) else {
            let mut all = self.sealed_points(row, grid.start(), to).await?;
            let (first_open, sealed_last) = (open.first().map(|p| p.t), all.last().map(|p| p.t));
            all.extend(open);
            if first_open < sealed_last {
                all.sort_by_key(|p| p.t);
                all.dedup_by_key(|p| p.t);
            }
            return Ok(samples(&all, kind, None).collect());
        };
        let mut sealed: Vec<Bucket> = Vec::new();
        for body in rollups::chunks_in(&self.0.db, row, step_s, grid.start(), to).await? {
            let chunk = decode_buckets(&body).map_err(AppError::internal)?;
            match (sealed.last(), chunk.first()) {
                (Some(last), Some(first)) if first.start <= last.start => sealed = merge(&sealed, &chunk),
                _ => sealed.extend(chunk),
            }
        }
        sealed.retain(|b| b.start < to);
        let fresh = rollup(&open, kind, tier, previous);
        if fresh.is_empty() {
            return Ok(sealed);
        }
        Ok(merge(&sealed, &fresh))
    }

    /// The stored id, the open points in `[from, to)` and the reading before them.
    fn open_points(&self, id: SeriesId, from: i64, to: i64) -> Option<(i64, Vec<Point>, Option<Point>)> {
        let heads = self.heads();
        let open = heads.get(id)?;
        let inside = open.range(from, to);
        let before = if open.oldest().is_some_and(|t| t < from) { open.range(i64::MIN, from).last().copied() } else { open.previous };
        Some((open.row, inside, before))
    }

    /// Sealed raw points in `[from, to)`, ascending, without twins.
    pub(crate) async fn sealed_points(&self, row: i64, from: i64, to: i64) -> Result<Vec<Point>> {
        let mut all: Vec<Point> = Vec::new();
        let mut sorted = true;
        for body in points::chunks_in(&self.0.db, row, from, to).await? {
            let chunk = decode(&body).map_err(AppError::internal)?;
            let inside = chunk.into_iter().filter(|p| p.t >= from && p.t < to);
            let before = all.last().map(|p| p.t);
            let start = all.len();
            all.extend(inside);
            sorted &= before.is_none_or(|b| all.get(start).is_none_or(|p| p.t > b));
        }
        if !sorted {
            all.sort_by_key(|p| p.t);
            all.dedup_by_key(|p| p.t);
        }
        Ok(all)
    }

    /// Raw points of one series in `[from, to)`, ascending: chunks and head.
    pub async fn raw(&self, metric: &str, labels: &Labels, from: i64, to: i64) -> Result<Vec<Point>> {
        let Some(id) = self.find(metric, labels) else { return Ok(Vec::new()) };
        let _gate = self.0.seal_gate.read().await;
        let Some((row, open, _)) = self.open_points(id, from, to) else { return Ok(Vec::new()) };
        let mut all = self.sealed_points(row, from, to).await?;
        all.extend(open);
        all.sort_by_key(|p| p.t);
        all.dedup_by_key(|p| p.t);
        Ok(all)
    }
}

/// Joins the values of several series of one query into one list, bin by bin.
pub(crate) fn join(result: &QueryResult, how: fn(f64, f64) -> f64) -> Vec<Option<f64>> {
    let mut out: Vec<Option<f64>> = vec![None; result.starts.len()];
    for series in &result.series {
        for (slot, value) in out.iter_mut().zip(&series.values) {
            *slot = match (*slot, *value) {
                (Some(a), Some(b)) => Some(how(a, b)),
                (a, b) => a.or(b),
            };
        }
    }
    out
}

