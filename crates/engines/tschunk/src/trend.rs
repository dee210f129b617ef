//! Least squares trend: the straight line through points, how well it fits, and when it reaches a level.

use crate::Point;

/// The line `v = value_at_origin + slope_per_s * (t - origin) / 1e6`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trend {
    /// Change per second, in the unit of the series.
    pub slope_per_s: f64,
    /// Value of the line at `origin`.
    pub value_at_origin: f64,
    /// Time of the first point, microseconds UTC.
    pub origin: i64,
    /// Time of the last point, microseconds UTC.
    pub end: i64,
    /// Coefficient of determination, 0 to 1; `None` when all values are equal (0/0).
    pub r2: Option<f64>,
    /// Number of points used.
    pub count: usize,
}

/// Ordinary least squares over the finite points:
/// `slope = Σ(x-x̄)(y-ȳ) / Σ(x-x̄)²`, `r2 = (Σ(x-x̄)(y-ȳ))² / (Σ(x-x̄)² Σ(y-ȳ)²)`, x in seconds.
///
/// `None` for fewer than two points or when all share one time.
#[must_use]
pub fn trend(points: &[Point]) -> Option<Trend> {
    let usable: Vec<Point> = points.iter().copied().filter(|p| p.v.is_finite()).collect();
    let (first, last) = (usable.first()?, usable.last()?);
    let origin = first.t;
    let seconds = |t: i64| (i128::from(t) - i128::from(origin)) as f64 / 1e6;
    let n = usable.len() as f64;
    let mean_x = usable.iter().map(|p| seconds(p.t)).sum::<f64>() / n;
    let mean_y = usable.iter().map(|p| p.v).sum::<f64>() / n;
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    for p in &usable {
        let (dx, dy) = (seconds(p.t) - mean_x, p.v - mean_y);
        xx += dx * dx;
        xy += dx * dy;
        yy += dy * dy;
    }
    if usable.len() < 2 || xx <= 0.0 {
        return None;
    }
    let slope_per_s = xy / xx;
    let flat = usable.iter().all(|p| p.v == first.v);
    Some(Trend {
        slope_per_s: if flat { 0.0 } else { slope_per_s },
        value_at_origin: if flat { first.v } else { mean_y - slope_per_s * mean_x },
        origin,
        end: last.t,
        r2: (!flat && yy > 0.0).then(|| (xy * xy / (xx * yy)).clamp(0.0, 1.0)),
        count: usable.len(),
    })
}

impl Trend {
    /// Value of the line at a time (projection beyond the last point included).
    #[must_use]
    pub fn at(&self, t: i64) -> f64 {
        let seconds = (i128::from(t) - i128::from(self.origin)) as f64 / 1e6;
        self.value_at_origin + self.slope_per_s * seconds
    }

    /// When a rising line reaches `level`, microseconds UTC; only if that is after the last point.
    ///
    /// `None` when it does not rise, is already there, or the time is beyond what 64 bits hold.
    #[must_use]
    pub fn reaches(&self, level: f64) -> Option<i64> {
        if self.slope_per_s <= 0.0 {
            return None;
        }
        let micros = (level - self.value_at_origin) / self.slope_per_s * 1e6;
        // 2^62 microseconds are 146 000 years; beyond that the answer is "never".
        if !micros.is_finite() || micros.abs() >= 4.6e18 {
            return None;
        }
        self.origin.checked_add(micros.round() as i64).filter(|t| *t > self.end)
    }
}
