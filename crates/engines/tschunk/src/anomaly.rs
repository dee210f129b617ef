//! Anomalies, two ways: the symmetric band that charts draw, and a trailing robust score that alerts can trust.
//!
//! The band looks at both sides of a point, and its own points widen it: with `n` points in a window no value can lie
//! further than `(n-1)/√n` standard deviations out, so short windows never flag. The robust score compares a value only
//! with what came before it, by median and median absolute deviation, which a few outliers cannot move.

/// Lower and upper bound around one point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Band {
    /// Mean of the window.
    pub mean: f64,
    /// Population standard deviation of the window, at least 0.0001.
    pub sigma: f64,
    /// `mean - 2.5 sigma`.
    pub lower: f64,
    /// `mean + 2.5 sigma`.
    pub upper: f64,
}

impl Band {
    /// Whether a value lies outside.
    #[must_use]
    pub fn excludes(&self, value: f64) -> bool {
        value < self.lower || value > self.upper
    }
}

const BAND_SIGMAS: f64 = 2.5;
const BAND_MIN_POINTS: usize = 4;
const BAND_MIN_SIGMA: f64 = 0.0001;

/// The band of each value: centred window of `w = max(6, n / 3)` values, i.e. indices `i - w/2 ..= i + w/2` clipped to
/// the series; bounds `mean ± 2.5 σ` with the population σ, where σ 0 counts as 0.0001.
///
/// Empty for fewer than four values. Values must be finite. Cost is n·w.
#[must_use]
pub fn band(values: &[f64]) -> Vec<Band> {
    let n = values.len();
    if n < BAND_MIN_POINTS {
        return Vec::new();
    }
    let half = (n / 3).max(6) / 2;
    (0..n)
        .map(|i| {
            let window = &values[i.saturating_sub(half)..n.min(i + half + 1)];
            let count = window.len() as f64;
            let mean = window.iter().sum::<f64>() / count;
            let variance = window.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / count;
            // A constant window may leave rounding noise instead of an exact zero.
            let sigma = if variance.sqrt() > 1e-12 * mean.abs() { variance.sqrt() } else { BAND_MIN_SIGMA };
            Band { mean, sigma, lower: mean - BAND_SIGMAS * sigma, upper: mean + BAND_SIGMAS * sigma }
        })
        .collect()
}

/// How the trailing detector judges.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RobustConfig {
    /// Values before the judged one that are looked at.
    pub window: usize,
    /// Fewer than this and there is no judgement.
    pub min_points: usize,
    /// `|score|` above this is an anomaly; 3.5 is the usual choice (Iglewicz and Hoaglin, 1993).
    pub threshold: f64,
    /// Deviations are never measured in units smaller than this ...
    pub floor: f64,
    /// ... nor than this part of the median, so that one byte more on a constant gigabyte is no alarm.
    pub relative_floor: f64,
}

impl RobustConfig {
    /// A window of `window` values with the usual thresholds: at least 10 values, 3.5, floor 0.0001 and 0.1 % of the median.
    #[must_use]
    pub const fn trailing(window: usize) -> Self {
        Self { window, min_points: 10, threshold: 3.5, floor: 0.0001, relative_floor: 0.001 }
    }
}

/// Judgement on one value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RobustScore {
    /// Median of the trailing window.
    pub median: f64,
    /// Robust standard deviation: 1.4826 x MAD; if the MAD is 0, 1.2533 x mean absolute deviation; at least the floors.
    pub scale: f64,
    /// `(value - median) / scale`.
    pub score: f64,
    /// `|score| > threshold`.
    pub anomalous: bool,
}

/// Judges `value` by the values before it (the last `window` of `history`); `None` with too little history.
///
/// Non-finite values are ignored in the history; a non-finite `value` has no score.
#[must_use]
pub fn robust_score(history: &[f64], value: f64, config: &RobustConfig) -> Option<RobustScore> {
    if !value.is_finite() {
        return None;
    }
    let recent = &history[history.len().saturating_sub(config.window)..];
    let mut window: Vec<f64> = recent.iter().copied().filter(|v| v.is_finite()).collect();
    if window.len() < config.min_points.max(1) {
        return None;
    }
    let median = median(&mut window)?;
    let mut deviations: Vec<f64> = window.iter().map(|v| (v - median).abs()).collect();
    let mean_deviation = deviations.iter().sum::<f64>() / deviations.len() as f64;
    let mad = self::median(&mut deviations)?;
    let spread = if mad > 0.0 { 1.4826 * mad } else { 1.2533 * mean_deviation };
    let scale = spread.max(config.floor).max(config.relative_floor * median.abs());
    let score = (value - median) / scale;
    Some(RobustScore { median, scale, score, anomalous: score.abs() > config.threshold })
}

/// [`robust_score`] for each value of a series, each judged by its predecessors only.
#[must_use]
pub fn robust_scores(values: &[f64], config: &RobustConfig) -> Vec<Option<RobustScore>> {
    values.iter().enumerate().map(|(i, &value)| robust_score(&values[..i], value, config)).collect()
}

fn median(values: &mut [f64]) -> Option<f64> {
    let n = values.len();
    if n == 0 {
        return None;
    }
    let (below, middle, _) = values.select_nth_unstable_by(n / 2, f64::total_cmp);
    let middle = *middle;
    if n % 2 == 1 {
        return Some(middle);
    }
    let lower = below.iter().copied().max_by(f64::total_cmp)?;
    Some(lower + (middle - lower) / 2.0)
}
