//! Capacity prediction (ops-automation spec D.7): a least-squares line through 5-minute means, the daily or weekly season
//! around it, its confidence bands, and when it reaches 100 %.
//!
//! y = slope·(t - t̄) + ȳ with t in seconds; SE(t) = s·√(1 + 1/n + (t - t̄)²/Sxx), bands ±1 SE and ±1.96 SE.

use std::collections::BTreeMap;

use argos_tschunk::{NoSeason, Season, season};
use schemars::JsonSchema;
use serde::Serialize;

/// Fewer points predict nothing.
const POINTS_MIN: usize = 10;
pub(crate) const SLOT_S: i64 = 300;
const SEASONS_S: [i64; 2] = [86_400, 7 * 86_400];
/// What "full" means, in percent.
const FULL: f64 = 100.0;
/// The band of the time when it is full is looked for this far ahead.
const BAND_DAYS: i64 = 3650;

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Regression {
    /// Change per second.
    slope: f64,
    intercept: f64,
    r_squared: f64,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Seasonal {
    period_hours: i64,
    /// Autocorrelation at that lag.
    correlation: f64,
    amplitude: f64,
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
        /// The daily or weekly pattern around the line; null with the reason beside it.
        seasonal: Option<Seasonal>,
        seasonal_reason: Option<&'static str>,
        projection: Vec<ProjectedPoint>,
        residual_std: f64,
        /// When the line reaches `threshold`; null when it does not, or when the metric is no share of something.
        full_at: Option<String>,
        /// Earliest and latest time by the 95 % band; null = not within ten years.
        full_between: Option<(Option<String>, Option<String>)>,
        threshold: Option<f64>,
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
    fn trend(&self, t: i64) -> f64 {
        self.mean_y + self.slope * (t as f64 - self.mean_t)
    }
    #[expect(clippy::cast_precision_loss, reason = "times in seconds stay far below 2^53")]
    fn error(&self, t: i64) -> f64 {
        let dt = t as f64 - self.mean_t;
        self.residual_std * (1.0 + 1.0 / self.n + dt * dt / self.sxx).sqrt()
    }
    /// The line with its season and bands; shares stay between 0 and 100.
    fn at(&self, t: i64, season: Option<&Season>, share: bool) -> ProjectedPoint {
        let y = self.trend(t) + season.map_or(0.0, |s| s.at(t));
        let se = self.error(t);
        let shown = |v: f64| round(if share { v.clamp(0.0, FULL) } else { v }, 2);
        ProjectedPoint {
            time: t,
            predicted: shown(y),
            lower_68: shown(y - se),
            upper_68: shown(y + se),
            lower_95: shown(y - 1.96 * se),
            upper_95: shown(y + 1.96 * se),
        }
    }
    /// Unix seconds when the rising line is at 100 %, if that lies ahead and within a century.
    #[expect(clippy::cast_possible_truncation, reason = "range-checked")]
    fn full_at(&self, now: i64) -> Option<i64> {
        if self.slope <= 0.0 {
            return None;
        }
        let t = self.mean_t + (FULL - self.mean_y) / self.slope;
        let limit = 3.2e9 + 4e9;
        (t.is_finite() && t < limit && t as i64 > now).then_some(t as i64)
    }
    /// The first days on which the upper and the lower 95 % band are full.
    fn full_between(&self, now: i64) -> (Option<i64>, Option<i64>) {
        let first = |sign: f64| (0..=BAND_DAYS).map(|d| now + d * 86_400).find(|t| self.trend(*t) + sign * 1.96 * self.error(*t) >= FULL);
        (first(1.0), first(-1.0))
    }
}

/// The season in what the line leaves over, or why none is named.
fn seasonal(line: &Fit, points: &[(i64, f64)]) -> Result<Season, &'static str> {
    let residuals: Vec<(i64, f64)> = points.iter().map(|(t, y)| (*t, y - line.trend(*t))).collect();
    season(&residuals, SLOT_S, &SEASONS_S).map_err(|why| match why {
        NoSeason::FewPoints => "fewer than 48 points",
        NoSeason::ShortHistory => "less than two days of history",
        NoSeason::Flat => "the values hardly move around their trend",
        NoSeason::NoPattern => "no daily or weekly pattern",
    })
}

fn iso(unix_s: i64) -> String {
    argos_kernel::Timestamp::from_secs(unix_s).rfc3339()
}

/// Whether the metric is a share of something that can be full.
fn is_share(name: &str) -> bool {
    name.contains("percent")
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
        let share = is_share(name);
        let found = seasonal(&line, points);
        let shown = found.as_ref().ok();
        let known = MetricCapacity::Known {
            regression: Regression {
                slope: line.slope,
                intercept: round(line.mean_y - line.slope * line.mean_t, 4),
                r_squared: round(line.r_squared, 4),
            },
            seasonal: shown.map(|s| Seasonal {
                period_hours: s.period_s / 3600,
                correlation: round(s.correlation, 4),
                amplitude: round(s.amplitude, 4),
            }),
            seasonal_reason: found.as_ref().err().copied(),
            projection: (1..=hours_ahead).map(|h| line.at(last + h * 3600, shown, share)).collect(),
            residual_std: round(line.residual_std, 4),
            full_at: line.full_at(now).filter(|_| share).map(iso),
            full_between: share.then(|| line.full_between(now)).map(|(a, b)| (a.map(iso), b.map(iso))),
            threshold: share.then_some(FULL),
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
            full_at: line.full_at(now).filter(|_| is_share(&name)).map(iso),
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
    fn daily_season_is_named_and_carried_into_the_projection() {
        let wave = |t: i64| (std::f64::consts::TAU * t as f64 / 86_400.0).sin();
        let points: Vec<(i64, f64)> = (0..7 * 288).map(|i| (i * 300, 40.0 + 5.0 * wave(i * 300))).collect();
        let last = points.last().unwrap().0;
        let view = predict(&BTreeMap::from([("disk_percent:/".to_owned(), points)]), 24, last);
        let MetricCapacity::Known { seasonal, projection, seasonal_reason, .. } = &view.metrics["disk_percent:/"] else { unreachable!() };
        let s = seasonal.as_ref().unwrap();
        assert_eq!((s.period_hours, seasonal_reason), (24, &None));
        assert!((s.amplitude - 5.0).abs() < 0.3, "{s:?}");
        for p in projection {
            assert!((p.predicted - (40.0 + 5.0 * wave(p.time))).abs() < 1.5, "{p:?}");
        }
    }

    #[test]
    fn short_history_has_no_season_and_says_why() {
        let points: Vec<(i64, f64)> = (0..100).map(|i| (i * 300, 50.0 + (i % 7) as f64)).collect();
        let view = predict(&BTreeMap::from([("disk_percent:/".to_owned(), points)]), 1, 30_000);
        let MetricCapacity::Known { seasonal, seasonal_reason, .. } = &view.metrics["disk_percent:/"] else { unreachable!() };
        assert!(seasonal.is_none());
        assert_eq!(*seasonal_reason, Some("less than two days of history"));
    }

    #[test]
    fn only_shares_are_ever_full() {
        let points = (0..100).map(|i| (i * 300, 50.0 + 0.01 * i as f64)).collect();
        let view = predict(&BTreeMap::from([("cpu_temp".to_owned(), points)]), 1, 30_000);
        let MetricCapacity::Known { full_at, threshold, .. } = &view.metrics["cpu_temp"] else { unreachable!() };
        assert_eq!((full_at, threshold, view.combined.full_at), (&None, &None, None));
    }

    #[test]
    fn few_points_predict_nothing() {
        let view = predict(&BTreeMap::from([("x".to_owned(), vec![(0, 1.0)])]), 1, 0);
        assert!(matches!(view.metrics["x"], MetricCapacity::Unknown { .. }));
        assert_eq!(view.combined.confidence, None);
    }
}
