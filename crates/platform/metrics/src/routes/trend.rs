//! Where a metric is heading (ops spec C.1, D.3): a straight line through means of 300 s, and when a percentage is full.

use argos_kernel::{Result, Timestamp};
use argos_tschunk::{Point, trend};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;

use super::view::{self, Axis, round};
use crate::Metrics;

const STEP_S: i64 = 300;
/// Minutes are kept this long; longer ranges are fitted to hours.
const MINUTE_HOURS: i64 = 31 * 24;
const POINTS_MIN: usize = 10;

#[derive(Debug, Serialize, JsonSchema)]
struct LinePoint {
    /// Unix seconds.
    time: i64,
    value: f64,
}

/// A straight line through the past and where it leads.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct TrendView {
    /// Change per second.
    slope: f64,
    /// Null when all values are equal.
    r_squared: Option<f64>,
    trend: Vec<LinePoint>,
    projection: Vec<LinePoint>,
    /// When a percentage reaches 100, RFC 3339; null when it does not.
    full_at: Option<String>,
}

pub(crate) fn routes(metrics: Metrics) -> Routes<Metrics> {
    Routes::new(metrics)
        .get("/api/history/{metric}/trend", "metrics.history_trend", "Trend and projection of one metric.", trend_view)
        .param("range", "Hours that are fitted, 1-8760; default 168")
        .param("project", "Hours ahead, 1-8760; default 168")
        .param("tag", "One mount, device, address ...")
        .reply::<TrendView>()
}

async fn trend_view(metrics: Metrics, req: Req) -> Result<Reply> {
    let (q, name) = (req.query(), req.param("metric"));
    let hours = view::hours(q, 168)?;
    let ahead = q.int_clamped("project", 168, 1, 8760)?;
    let step_s = if hours > MINUTE_HOURS { 3600 } else { STEP_S };
    let axis = Axis::of(&metrics, name, q.filled("tag"), hours, step_s, req.cx().now()).await?;
    let buckets = axis.filled();
    let points: Vec<Point> = buckets.iter().map(|(t, v)| Point::new(t * 1_000_000, *v)).collect();
    let (Some(line), Some((last, _))) = (trend(&points).filter(|_| points.len() >= POINTS_MIN), buckets.last()) else {
        return Ok(Reply::json(&serde_json::json!({ "error": "Insufficient data" })));
    };
    let at = |time: i64| LinePoint { time, value: round(line.at(time * 1_000_000), 2) };
    let is_percent = view::resolve(name)?.metric.ends_with("_percent");
    let full_at = line.reaches(100.0).filter(|_| is_percent).map(|t| Timestamp::from_secs(t.div_euclid(1_000_000)).rfc3339());
    Ok(Reply::json(&TrendView {
        slope: round(line.slope_per_s, 8),
        r_squared: line.r2.map(|r| round(r, 4)),
        trend: buckets.iter().map(|(t, _)| at(*t)).collect(),
        projection: (1..=ahead * 3600 / STEP_S).map(|i| at(last + i * STEP_S)).collect(),
        full_at,
    }))
}
