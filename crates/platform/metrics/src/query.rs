//! Reading series back on a grid. Bins are whole: the first begins at or before the start of the range, the last ends
//! at or after its end, on every tier alike.

use std::fmt;

use argos_kernel::{AppError, Result};
use argos_tschunk::{Function, Grid, GridError, Point, Step, ascending, resample};

use crate::engine::{HOUR_S, MINUTE_S, Metrics};
use crate::registry::{Labels, SeriesId};

const DAY_US: i64 = 86_400 * 1_000_000;
/// Longer ranges are answered from rollups if their step is at least a minute.
const RAW_RANGE_MAX_US: i64 = 2 * DAY_US;
/// Most values, bins times series, of one answer.
const VALUES_MAX: usize = 2_000_000;

/// Where samples come from, finest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tier {
    Raw,
    Minute,
    Hour,
}

impl Tier {
    /// The coarsest tier that answers exactly; over long ranges minutes, whatever the step above a minute.
    fn of(grid: &Grid, to: i64, function: Function) -> Self {
        let step = grid.step().micros();
        let long = to.saturating_sub(grid.start()) > RAW_RANGE_MAX_US;
        // Quantiles of rollups are quantiles of averages.
        if !long && matches!(function, Function::Quantile(_)) {
            return Self::Raw;
        }
        if step % Step::HOUR.micros() == 0 {
            Self::Hour
        } else if step % Step::MINUTE.micros() == 0 || (long && step > Step::MINUTE.micros()) {
            Self::Minute
        } else {
            Self::Raw
        }
    }

    /// Tiers that are kept longer.
    pub(crate) fn coarser(self) -> &'static [Self] {
        match self {
            Self::Raw => &[Self::Minute, Self::Hour],
            Self::Minute => &[Self::Hour],
            Self::Hour => &[],
        }
    }

    /// Bucket width of a rollup.
    pub(crate) fn step(self) -> Step {
        if self == Self::Hour { Step::HOUR } else { Step::MINUTE }
    }
    pub(crate) fn step_s(self) -> i64 {
        if self == Self::Hour { HOUR_S } else { MINUTE_S }
    }
    /// Length of the period whose points or buckets end up in one row.
    pub(crate) fn period_us(self) -> i64 {
        if self == Self::Hour { 30 * DAY_US } else { DAY_US }
    }
    pub(crate) fn period_of(self, t: i64) -> i64 {
        t.div_euclid(self.period_us())
    }
}

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
    /// More than two million values, bins times series.
    TooLarge,
    App(AppError),
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownMetric(name) => write!(f, "Unknown metric: {name}"),
            Self::Grid(e) => e.fmt(f),
            Self::TooLarge => write!(f, "the answer would hold more than {VALUES_MAX} values"),
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
            QueryError::UnknownMetric(_) => Self::bad_request(e.to_string()).code("unknown_metric").with("field", "metric"),
            other => Self::bad_request(other.to_string()).code("invalid_query"),
        }
    }
}

impl Metrics {
    /// Evaluates `function` per bin of `step_us` over `[from, to)` for every series of the metric that has the labels.
    ///
    /// Steps of whole minutes or hours are answered from rollups, other steps up to two days from raw points. What a
    /// fine tier no longer keeps comes from the next coarser one, each bucket in the bin of its start.
    pub async fn query(
        &self,
        metric: &str,
        labels: &Labels,
        from: i64,
        to: i64,
        step_us: i64,
        function: Function,
    ) -> Result<QueryResult, QueryError> {
        let ids = self.registry().matching(metric, labels).ok_or_else(|| QueryError::UnknownMetric(metric.to_owned()))?;
        self.query_of(&ids, from, to, step_us, function).await
    }

    /// The same for these series, in their order.
    pub async fn query_of(
        &self,
        ids: &[SeriesId],
        from: i64,
        to: i64,
        step_us: i64,
        function: Function,
    ) -> Result<QueryResult, QueryError> {
        let step = Step::from_micros(step_us).ok_or(QueryError::Grid(GridError::Empty))?;
        let grid = Grid::new(from, to, step).map_err(QueryError::Grid)?;
        if ids.len().saturating_mul(grid.bins()) > VALUES_MAX {
            return Err(QueryError::TooLarge);
        }
        let tier = Tier::of(&grid, to, function);
        let mut sealed = self.settled().await?;
        loop {
            let mut series = Vec::with_capacity(ids.len());
            for id in ids {
                let samples = self.samples(*id, &grid, tier, function).await?;
                let values = resample(samples, self.kind(*id), &grid, function);
                if let Some(info) = self.registry().get(*id) {
                    series.push(SeriesValues { labels: info.labels.clone(), unit: info.unit.clone(), values });
                }
            }
            let before = std::mem::replace(&mut sealed, self.settled().await?);
            if sealed == before {
                return Ok(QueryResult { starts: grid.starts().collect(), series });
            }
        }
    }

    /// Raw points of one series in `[from, to)`, ascending: chunks and open head.
    pub async fn raw(&self, metric: &str, labels: &Labels, from: i64, to: i64) -> Result<Vec<Point>> {
        let Some(id) = self.find(metric, labels) else { return Ok(Vec::new()) };
        self.raw_of(id, from, to).await
    }

    pub(crate) async fn raw_of(&self, id: SeriesId, from: i64, to: i64) -> Result<Vec<Point>> {
        let mut sealed = self.settled().await?;
        loop {
            let gate = self.0.seal_gate.read().await;
            let Some((row, open)) = self.heads().get(id).map(|o| (o.row, o.range(from, to))) else { return Ok(Vec::new()) };
            let mut all = self.sealed_points(row, from, to).await?;
            drop(gate);
            all.extend(open);
            let before = std::mem::replace(&mut sealed, self.settled().await?);
            if sealed == before {
                return Ok(ascending(all));
            }
        }
    }
}

/// Joins the values of several series of one query into one list, bin by bin.
pub(crate) fn join(result: &QueryResult, how: impl Fn(f64, f64) -> f64) -> Vec<Option<f64>> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn tier(range_s: i64, step_s: u32, function: Function) -> Tier {
        let (to, step) = (range_s * 1_000_000, Step::from_secs(step_s).unwrap());
        Tier::of(&Grid::new(0, to, step).unwrap(), to, function)
    }

    #[test]
    fn tier_follows_step_range_and_function() {
        assert_eq!(tier(3600, 5, Function::Avg), Tier::Raw);
        assert_eq!(tier(3600, 60, Function::Avg), Tier::Minute);
        assert_eq!(tier(86_400, 7200, Function::Avg), Tier::Hour);
        assert_eq!(tier(86_400, 90, Function::Avg), Tier::Raw);
        assert_eq!(tier(3 * 86_400, 90, Function::Avg), Tier::Minute);
        assert_eq!(tier(3 * 86_400, 30, Function::Avg), Tier::Raw);
        assert_eq!(tier(3600, 60, Function::Quantile(0.9)), Tier::Raw);
        assert_eq!(tier(3 * 86_400, 3600, Function::Quantile(0.9)), Tier::Hour);
    }
}
