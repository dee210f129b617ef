//! Resampling: a stream of samples (points or rollup buckets) onto the bins of a query, one function per bin.
//!
//! A bin without what its function needs is `None`; nothing is interpolated or carried over. Samples before the grid are
//! used only as the reading before the first bin. Definitions, over the samples of a bin (values of a gauge, increments
//! of a counter):
//!
//! | function | value |
//! |---|---|
//! | avg, min, max, sum, count | as named; sum of a counter is its increase |
//! | last | latest value; for a counter the absolute reading |
//! | delta | last minus the last before the bin (failing that, minus the first in the bin) |
//! | increase | counters only: sum of the increments |
//! | rate | counters: increase / seconds the increments cover; gauges: delta / seconds between its two readings |
//! | quantile(q) | linear interpolation at rank q (n-1) (Hyndman and Fan type 7); of rollup buckets: over their averages, each weighted by its count, hence an approximation |

use crate::bucket::{Bucket, Kind, Step};
use std::fmt;
use std::str::FromStr;

/// Most bins one query may ask for.
pub const MAX_BINS: usize = 100_000;

/// Aggregation of the samples in one bin; see the module table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Function {
    /// Mean.
    Avg,
    /// Smallest.
    Min,
    /// Largest.
    Max,
    /// Total.
    Sum,
    /// Latest.
    Last,
    /// Number of samples.
    Count,
    /// Change per second.
    Rate,
    /// Change over the bin, may be negative.
    Delta,
    /// Growth of a counter.
    Increase,
    /// Quantile, 0 to 1.
    Quantile(f64),
}

/// The text names no function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParseFunctionError;

impl fmt::Display for ParseFunctionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected avg, min, max, sum, last, count, rate, delta, increase or p0 to p100")
    }
}

impl std::error::Error for ParseFunctionError {}

impl FromStr for Function {
    type Err = ParseFunctionError;

    /// `avg`, `min`, ... or a percentile `p50`, `p99.9`.
    fn from_str(text: &str) -> Result<Self, ParseFunctionError> {
        Ok(match text {
            "avg" | "mean" => Self::Avg,
            "min" => Self::Min,
            "max" => Self::Max,
            "sum" => Self::Sum,
            "last" => Self::Last,
            "count" => Self::Count,
            "rate" => Self::Rate,
            "delta" => Self::Delta,
            "increase" => Self::Increase,
            _ => {
                let percent: f64 = text.strip_prefix('p').and_then(|p| p.parse().ok()).ok_or(ParseFunctionError)?;
                if !(0.0..=100.0).contains(&percent) {
                    return Err(ParseFunctionError);
                }
                Self::Quantile(percent / 100.0)
            }
        })
    }
}

/// The bins of a query: from `floor(from / step) * step` up to but not including `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grid {
    start: i64,
    step: Step,
    bins: usize,
}

/// Why a query grid is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GridError {
    /// `to` is not after `from`.
    Empty,
    /// More than [`MAX_BINS`] bins.
    TooManyBins,
}

impl fmt::Display for GridError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the end of the range must be after its start"),
            Self::TooManyBins => write!(f, "the range holds more than {MAX_BINS} steps"),
        }
    }
}

impl std::error::Error for GridError {}

impl Grid {
    /// Times in microseconds UTC.
    ///
    /// # Errors
    /// See [`GridError`].
    pub fn new(from: i64, to: i64, step: Step) -> Result<Self, GridError> {
        if to <= from {
            return Err(GridError::Empty);
        }
        let start = step.floor(from);
        let width = i128::from(to) - i128::from(start);
        let bins = (width + i128::from(step.micros()) - 1) / i128::from(step.micros());
        match usize::try_from(bins) {
            Ok(bins) if bins <= MAX_BINS => Ok(Self { start, step, bins }),
            _ => Err(GridError::TooManyBins),
        }
    }

    /// Number of bins.
    #[must_use]
    pub const fn bins(&self) -> usize {
        self.bins
    }

    /// Bin width.
    #[must_use]
    pub const fn step(&self) -> Step {
        self.step
    }

    /// Start of each bin, microseconds UTC.
    pub fn starts(&self) -> impl Iterator<Item = i64> + '_ {
        (0..self.bins).map(|i| self.start.saturating_add(self.step.micros().saturating_mul(i as i64)))
    }

    /// Start of the first bin.
    #[must_use]
    pub const fn start(&self) -> i64 {
        self.start
    }

    /// End of the last bin, at or after the `to` of the query.
    #[must_use]
    pub const fn end(&self) -> i64 {
        self.start.saturating_add(self.step.micros().saturating_mul(self.bins as i64))
    }

    /// The bin of a time at or after the start.
    fn bin(&self, t: i64) -> usize {
        // Unsigned, the distance fits whatever the times; a 128-bit division would cost more than all the rest.
        let distance = t.wrapping_sub(self.start) as u64;
        usize::try_from(distance / self.step.micros() as u64).unwrap_or(usize::MAX)
    }
}

/// One value per bin of the grid from ascending samples.
///
/// Feed samples from before the grid too (one suffices): `delta`, `rate` and the first increment need a predecessor.
pub fn resample(samples: impl IntoIterator<Item = Bucket>, kind: Kind, grid: &Grid, function: Function) -> Vec<Option<f64>> {
    let mut out = vec![None; grid.bins];
    let mut window = Window::default();
    let mut open: Option<usize> = None;
    for sample in samples {
        if sample.start < grid.start {
            window.seed_from(&sample);
            continue;
        }
        let bin = grid.bin(sample.start);
        if bin >= grid.bins {
            break;
        }
        if open != Some(bin) {
            if let Some(done) = open {
                out[done] = window.value(kind, function);
                window.next();
            }
            open = Some(bin);
        }
        window.take(sample, function);
    }
    if let Some(done) = open {
        out[done] = window.value(kind, function);
    }
    out
}

/// The function over all samples in `[from, to)`, not aligned to any step; the window functions of conditions.
pub fn aggregate(samples: impl IntoIterator<Item = Bucket>, kind: Kind, from: i64, to: i64, function: Function) -> Option<f64> {
    let mut window = Window::default();
    for sample in samples {
        if sample.start < from {
            window.seed_from(&sample);
        } else if sample.start < to {
            window.take(sample, function);
        } else {
            break;
        }
    }
    window.value(kind, function)
}

/// The samples of one bin, folded.
#[derive(Default)]
struct Window {
    folded: Option<Bucket>,
    /// Last reading before the bin.
    seed: Option<(i64, f64)>,
    /// First reading in the bin.
    first: Option<(i64, f64)>,
    /// Value and weight, kept for quantiles only.
    weighted: Vec<(f64, u32)>,
}

impl Window {
    fn seed_from(&mut self, sample: &Bucket) {
        if let Some(last) = sample.last() {
            self.seed = Some((sample.last_at, last));
        }
    }

    fn take(&mut self, sample: Bucket, function: Function) {
        if let (None, Some(last)) = (self.first, sample.last()) {
            self.first = Some((sample.last_at, last));
        }
        if let (Function::Quantile(_), Some(avg)) = (function, sample.avg()) {
            self.weighted.push((avg, sample.count));
        }
        match &mut self.folded {
            Some(folded) => folded.absorb(&sample),
            None => self.folded = Some(sample),
        }
    }

    /// Closes the bin; its last reading precedes the next one.
    fn next(&mut self) {
        if let Some(folded) = self.folded.take() {
            self.seed_from(&folded);
        }
        self.first = None;
        self.weighted.clear();
    }

    /// Change and seconds between the reading before the bin (or the first in it) and the last in it.
    fn change(&self, folded: &Bucket) -> Option<(f64, f64)> {
        let last = folded.last()?;
        let (before_at, before) = self.seed.or(self.first)?;
        let seconds = folded.last_at.saturating_sub(before_at) as f64 / 1e6;
        (seconds > 0.0).then_some((last - before, seconds))
    }

    fn value(&mut self, kind: Kind, function: Function) -> Option<f64> {
        let folded = self.folded?;
        let known = folded.count > 0;
        match function {
            Function::Avg => folded.avg(),
            Function::Min => folded.min(),
            Function::Max => folded.max(),
            Function::Sum => known.then_some(folded.sum),
            Function::Count => known.then(|| f64::from(folded.count)),
            Function::Last => folded.last(),
            Function::Delta => self.change(&folded).map(|(change, _)| change),
            Function::Increase => (known && kind == Kind::Counter).then_some(folded.sum),
            Function::Rate => match kind {
                Kind::Gauge => self.change(&folded).map(|(change, seconds)| change / seconds),
                Kind::Counter => (known && folded.span_us > 0).then(|| folded.sum / (folded.span_us as f64 / 1e6)),
            },
            Function::Quantile(q) => quantile(&mut self.weighted, q),
        }
    }
}

fn quantile(weighted: &mut [(f64, u32)], q: f64) -> Option<f64> {
    if !(0.0..=1.0).contains(&q) || weighted.is_empty() {
        return None;
    }
    weighted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let total: u64 = weighted.iter().map(|(_, weight)| u64::from(*weight)).sum();
    let rank = q * (total.saturating_sub(1)) as f64;
    let low = at_rank(weighted, rank.floor() as u64)?;
    let high = at_rank(weighted, rank.ceil() as u64)?;
    let part = rank.fract();
    // Equal neighbours are returned as they are: infinity minus infinity would be NaN.
    if part == 0.0 || low == high { Some(low) } else { Some(low + (high - low) * part) }
}

fn at_rank(sorted: &[(f64, u32)], rank: u64) -> Option<f64> {
    let mut passed = 0_u64;
    for (value, weight) in sorted {
        passed += u64::from(*weight);
        if rank < passed {
            return Some(*value);
        }
    }
    sorted.last().map(|(value, _)| *value)
}
