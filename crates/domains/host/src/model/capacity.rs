//! Capacity prediction (ops-automation spec D.7): a least-squares line through 5-minute means, its confidence bands,
//! and when it reaches 100 %.
//!
//! y = slope·(t - t̄) + ȳ with t in seconds; SE(t) = s·√(1 + 1/n + (t - t̄)²/Sxx), bands ±1 SE and ±1.96 SE.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

/// Fewer points predict nothing.
const POINTS_MIN: usize = 10;

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Regression {
    /// Change per second.
    slope: f64,
    intercept: f64,
    r_squared: f64,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ProjectedPoint {
    /// Unix seconds.
    time: i64,
    predicted: f64,
    lower_68: f64,
    upper_68: f64,
    lower_95: f64,
    upper_95: f64,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum MetricCapacity {
    Known {
        regression: Regression,
        /// Not looked for with less than two weeks of history.
        seasonal: Option<()>,
        projection: Vec<ProjectedPoint>,
        residual_std: f64,
        full_at: Option<String>,
    },
    Unknown {
        error: &'static str,
    },
}

#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Combined {
    /// When the best-fitting line reaches 100 %, RFC 3339; null when it does not.
    full_at: Option<String>,
    primary_metric: Option<String>,
    r_squared: Option<f64>,
    /// high, medium or low; null without any prediction
    confidence: Option<&'static str>,
    slope_per_day: Option<f64>,
}

/// The documented answer.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub(crate) struct CapacityView {
    metrics: BTreeMap<String, MetricCapacity>,
    combined: Combined,
}

struct Fit {
    slope: f64,
    mean_t: f64,
    mean_y: f64,
    r_squared: f64,
    residual_std: f64,
    sxx: f64,
    n: f64,
}

#[expect(clippy::cast_precision_loss, reason = "times in seconds and counts stay far below 2^53")]
fn fit(points: &[(i64, f64)]) -> Option<Fit> {
    if points.len() < POINTS_MIN {
        return None;
    }
    let n = points.len() as f64;
    let mean_t = points.iter().map(|p| p.0 as f64).sum::<f64>() / n;
    let mean_y = points.iter().map(|p| p.1).sum::<f64>() / n;
    let (mut sxx, mut sxy, mut syy) = (0.0, 0.0, 0.0);
    for (t, y) in points {
        let (dt, dy) = (*t as f64 - mean_t, y - mean_y);
        sxx += dt * dt;
        sxy += dt * dy;
        syy += dy * dy;
    }
    if sxx <= 0.0 {
        return None;
    }
    let slope = sxy / sxx;
    let residual = (syy - slope * sxy).max(0.0);
    let r_squared = if syy > 0.0 { 1.0 - residual / syy } else { 0.0 };
    Some(Fit { slope, mean_t, mean_y, r_squared, residual_std: (residual / (n - 1.0)).sqrt(), sxx, n })
}

fn round(value: f64, places: i32) -> f64 {
    let unit = 10_f64.powi(places);
    (value * unit).round() / unit
}

impl Fit {
    #[expect(clippy::cast_precision_loss, reason = "times in seconds stay far below 2^53")]
    fn at(&self, t: i64) -> ProjectedPoint {
        let dt = t as f64 - self.mean_t;
        let y = self.mean_y + self.slope * dt;
        let se = self.residual_std * (1.0 + 1.0 / self.n + dt * dt / self.sxx).sqrt();
        let clamp = |v: f64| round(v.clamp(0.0, 100.0), 2);
        ProjectedPoint {
            time: t,
            predicted: clamp(y),
            lower_68: clamp(y - se),
            upper_68: clamp(y + se),
            lower_95: clamp(y - 1.96 * se),
            upper_95: clamp(y + 1.96 * se),
        }
    }
    /// Unix seconds when the rising line is at 100 %, if that lies ahead and within a century.
    #[expect(clippy::cast_possible_truncation, reason = "range-checked")]
    fn full_at(&self, now: i64) -> Option<i64> {
        if self.slope <= 0.0 {
            return None;
        }
        let t = self.mean_t + (100.0 - self.mean_y) / self.slope;
        let limit = 3.2e9 + 4e9;
        (t.is_finite() && t < limit && t as i64 > now).then_some(t as i64)
    }
}

fn iso(unix_s: i64) -> String {
    argos_kernel::Timestamp::from_secs(unix_s).rfc3339()
}

/// Predicts each series from its 5-minute means `(unix seconds, percent)`; one point per hour ahead.
pub(crate) fn predict(series: &BTreeMap<String, Vec<(i64, f64)>>, hours_ahead: i64, now: i64) -> CapacityView {
    let mut view = CapacityView::default();
    let mut best: Option<(f64, String, Fit)> = None;
    for (name, points) in series {
        let Some(line) = fit(points) else {
            view.metrics.insert(name.clone(), MetricCapacity::Unknown { error: "Insufficient data" });
            continue;
        };
        let last = points.last().map_or(now, |p| p.0);
        let known = MetricCapacity::Known {
            regression: Regression {
                slope: line.slope,
                intercept: round(line.mean_y - line.slope * line.mean_t, 4),
                r_squared: round(line.r_squared, 4),
            },
            seasonal: None,
            projection: (1..=hours_ahead).map(|h| line.at(last + h * 3600)).collect(),
            residual_std: round(line.residual_std, 4),
            full_at: line.full_at(now).map(iso),
        };
        view.metrics.insert(name.clone(), known);
        if best.as_ref().is_none_or(|(r, _, _)| line.r_squared > *r) {
            best = Some((line.r_squared, name.clone(), line));
        }
    }
    if let Some((r, name, line)) = best {
        let confidence = if r > 0.8 {
            "high"
        } else if r > 0.5 {
            "medium"
        } else {
            "low"
        };
        view.combined = Combined {
            full_at: line.full_at(now).map(iso),
            primary_metric: Some(name),
            r_squared: Some(round(r, 4)),
            confidence: Some(confidence),
            slope_per_day: Some(round(line.slope * 86_400.0, 4)),
        };
    }
    view
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rising_line_names_the_day_it_is_full() {
        let points = (0..100).map(|i| (i * 300, 50.0 + 0.01 * i as f64)).collect();
        let view = predict(&BTreeMap::from([("disk_percent:/".to_owned(), points)]), 3, 30_000);
        assert_eq!(view.combined.confidence, Some("high"));
        // 50 + 0.01 per 300 s reaches 100 after 5000 steps.
        assert_eq!(view.combined.full_at, Some(iso(5000 * 300)));
        let MetricCapacity::Known { projection, .. } = &view.metrics["disk_percent:/"] else { unreachable!() };
        assert_eq!(projection.len(), 3);
    }

    #[test]
    fn few_points_predict_nothing() {
        let view = predict(&BTreeMap::from([("x".to_owned(), vec![(0, 1.0)])]), 1, 0);
        assert!(matches!(view.metrics["x"], MetricCapacity::Unknown { .. }));
        assert_eq!(view.combined.confidence, None);
    }
}
