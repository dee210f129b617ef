//! Seasons: whether values repeat with a period, how strongly, how far they swing and where in the period they peak.
//!
//! The strength is the autocorrelation at the lag of the period, `Σ d[i]·d[i+lag] / Σ d²`, over values from which the
//! trend has been taken; gaps are left out. A period is only looked for when two of them are covered.

use std::collections::BTreeMap;

/// Fewer values tell nothing about a season.
const POINTS_MIN: usize = 48;
/// Values that hardly move have no season worth naming.
const VARIANCE_MIN: f64 = 0.01;
/// Weaker repetition is chance.
const CORRELATION_MIN: f64 = 0.3;

/// The strongest season found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Season {
    /// Length of the period in seconds.
    pub period_s: i64,
    /// Autocorrelation at that lag, 0.3 to 1.
    pub correlation: f64,
    /// Half the mean swing of a full period.
    pub amplitude: f64,
    /// Phase in radians: the season at `t` is `amplitude * sin(2πt / period + phase)`.
    pub phase: f64,
}

/// Why no season is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoSeason {
    /// Fewer than 48 values.
    FewPoints,
    /// Less than two of the shortest period.
    ShortHistory,
    /// The values hardly move.
    Flat,
    /// Nothing repeats.
    NoPattern,
}

impl Season {
    /// The part of the season at a time in seconds.
    #[must_use]
    pub fn at(&self, t: i64) -> f64 {
        self.amplitude * (angle(t, self.period_s) + self.phase).sin()
    }
}

fn angle(t: i64, period_s: i64) -> f64 {
    std::f64::consts::TAU * t.rem_euclid(period_s.max(1)) as f64 / period_s.max(1) as f64
}

/// Looks for the strongest of `periods_s` in detrended `points` (seconds, value) that lie on a grid of `step_s`.
///
/// # Errors
///
/// Says why none is named. Non-finite values are ignored.
pub fn season(points: &[(i64, f64)], step_s: i64, periods_s: &[i64]) -> Result<Season, NoSeason> {
    let step = step_s.max(1);
    let grid: BTreeMap<i64, f64> = points.iter().filter(|p| p.1.is_finite()).map(|(t, v)| (t.div_euclid(step), *v)).collect();
    if grid.len() < POINTS_MIN {
        return Err(NoSeason::FewPoints);
    }
    let n = grid.len() as f64;
    let mean = grid.values().sum::<f64>() / n;
    let square: f64 = grid.values().map(|v| (v - mean) * (v - mean)).sum();
    // Not a comparison with "less than": what cannot be told is flat.
    if !(square / (n - 1.0)).is_finite() || square / (n - 1.0) < VARIANCE_MIN {
        return Err(NoSeason::Flat);
    }
    let (Some(first), Some(last)) = (grid.keys().next().copied(), grid.keys().next_back().copied()) else {
        return Err(NoSeason::FewPoints);
    };
    // Sums of squares about zero and about the mean agree for residuals; the mean is taken out for safety.
    let d = |i: &i64| grid.get(i).map(|v| v - mean);
    let covered: Vec<i64> = periods_s.iter().copied().filter(|p| *p >= 2 * step && (last - first + 1) * step >= 2 * p).collect();
    if covered.is_empty() {
        return Err(NoSeason::ShortHistory);
    }
    let strength = |period: i64| {
        let lag = period / step;
        grid.keys().filter_map(|i| Some(d(i)? * d(&(i + lag))?)).sum::<f64>() / square
    };
    let strongest = covered.into_iter().map(|p| (p, strength(p))).max_by(|a, b| a.1.total_cmp(&b.1));
    let (period_s, correlation) = strongest.filter(|(_, c)| *c > CORRELATION_MIN).ok_or(NoSeason::NoPattern)?;
    let (mut on_sin, mut on_cos) = (0.0, 0.0);
    for (i, v) in &grid {
        let a = angle(i * step, period_s);
        on_sin += (v - mean) * a.sin();
        on_cos += (v - mean) * a.cos();
    }
    let swing = swing(&grid, first, period_s / step);
    Ok(Season { period_s, correlation: correlation.min(1.0), amplitude: swing / 2.0, phase: on_cos.atan2(on_sin) })
}

/// The mean of `max - min` over the full periods, counted from the first value.
fn swing(grid: &BTreeMap<i64, f64>, first: i64, length: i64) -> f64 {
    let mut chunks: BTreeMap<i64, (f64, f64)> = BTreeMap::new();
    for (i, v) in grid {
        let chunk = chunks.entry((i - first).div_euclid(length.max(1))).or_insert((*v, *v));
        *chunk = (chunk.0.min(*v), chunk.1.max(*v));
    }
    let whole = grid.keys().next_back().map_or(0, |last| (last - first + 1).div_euclid(length.max(1)));
    let swings: Vec<f64> = chunks.range(..whole.max(1)).map(|(_, (low, high))| high - low).collect();
    swings.iter().sum::<f64>() / swings.len().max(1) as f64
}
