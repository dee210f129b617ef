//! The documented history views (ops spec C.1, D.3): means per bucket, rounded to two decimals, times in Unix seconds.

use std::collections::BTreeMap;
use std::fmt::Write;

use argos_kernel::{AppError, Result, Timestamp};
use argos_tschunk::{Function, Point, band, trend};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;

use crate::names::{Join, documented};
use crate::query::join;
use crate::{Metrics, QueryError};

/// One bucket of a history.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct HistoryPoint {
    /// Start of the bucket, Unix seconds.
    time: i64,
    value: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    upper_band: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lower_band: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    anomaly: Option<bool>,
}

type HistoryMap = BTreeMap<String, Vec<HistoryPoint>>;

/// A straight line through the past and where it leads.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct TrendView {
    /// Change per second.
    slope: f64,
    r_squared: Option<f64>,
    trend: Vec<HistoryPoint>,
    projection: Vec<HistoryPoint>,
    /// When a percentage reaches 100, RFC 3339; null when it does not.
    full_at: Option<String>,
}

pub(crate) fn routes(metrics: Metrics) -> Routes<Metrics> {
    Routes::new(metrics)
        .get("/api/history/multi", "metrics.history_multi", "Histories of several metrics.", multi)
        .param("metrics", "Comma-separated names, at most 10")
        .param("range", "Hours, 1-8760")
        .param("resolution", "Seconds, 1-3600")
        .reply::<HistoryMap>()
        .get("/api/history/{metric}", "metrics.history", "The history of one metric.", one)
        .param("range", "Hours, 1-8760; default 24")
        .param("resolution", "Seconds, 1-3600; default 60")
        .param("anomaly", "1 adds bands and anomaly flags")
        .param("tag", "One mount, device, address ...")
        .reply::<Vec<HistoryPoint>>()
        .get("/api/history/{metric}/export", "metrics.history_export", "The history of one metric as CSV.", export)
        .get("/api/history/{metric}/trend", "metrics.history_trend", "Trend and projection of one metric.", trend_view)
        .reply::<TrendView>()
        .get("/api/metrics/correlate", "metrics.correlate", "Several metrics on one time axis.", correlate)
        .reply::<HistoryMap>()
}

fn round(value: f64, places: i32) -> f64 {
    let unit = 10_f64.powi(places);
    (value * unit).round() / unit
}

fn point(time: i64, value: f64) -> HistoryPoint {
    HistoryPoint { time, value: round(value, 2), upper_band: None, lower_band: None, anomaly: None }
}

fn unknown(name: &str) -> AppError {
    AppError::bad_request(format!("Unknown metric: {name}")).code("unknown_metric").with("field", "metric")
}

/// Buckets that hold something, ascending. A documented name without any series yet has an empty history.
async fn history(metrics: &Metrics, name: &str, tag: Option<&str>, hours: i64, step_s: i64, now: Timestamp) -> Result<Vec<HistoryPoint>> {
    let mut wanted = documented(name).ok_or_else(|| unknown(name))?;
    if let (Some(tag), Some(label)) = (tag, wanted.tag) {
        wanted.labels.insert(label.to_owned(), tag.to_owned());
    }
    let from = now.minus_secs(hours * 3600).micros();
    let to = now.micros().saturating_add(1);
    // Coarser tiers for longer ranges, as documented; a finer resolution than the tier would only repeat values.
    let tier_s = if hours <= 1 { 1 } else if hours <= 168 { 60 } else { 3600 };
    let step_s = step_s.max(if step_s < tier_s { tier_s } else { 1 });
    let result = match metrics.query(wanted.metric, &wanted.labels, from, to, step_s * 1_000_000, Function::Avg).await {
        Ok(result) => result,
        Err(QueryError::UnknownMetric(_)) => return Ok(Vec::new()),
        Err(e) => return Err(e.into()),
    };
    let how: fn(f64, f64) -> f64 = match wanted.join {
        Join::Max => f64::max,
        Join::Sum => |a, b| a + b,
    };
    let values = join(&result, how);
    let bins = result.starts.iter().zip(values);
    Ok(bins.filter_map(|(t, v)| v.map(|v| point(t.div_euclid(1_000_000), v))).collect())
}

fn range(req: &Req, default: i64) -> Result<i64> {
    let q = req.query();
    let name = if q.filled("range").is_none() && q.filled("range_h").is_some() { "range_h" } else { "range" };
    q.int_clamped(name, default, 1, 8760)
}

async fn one(metrics: Metrics, req: Req) -> Result<Reply> {
    let (q, hours) = (req.query(), range(&req, 24)?);
    let step = q.int_clamped("resolution", 60, 1, 3600)?;
    let mut points = history(&metrics, req.param("metric"), q.filled("tag"), hours, step, req.cx().now()).await?;
    if q.flag("anomaly") {
        let values: Vec<f64> = points.iter().map(|p| p.value).collect();
        for (p, b) in points.iter_mut().zip(band(&values)) {
            (p.upper_band, p.lower_band) = (Some(round(b.upper, 2)), Some(round(b.lower, 2)));
            p.anomaly = Some(b.excludes(p.value));
        }
    }
    Ok(Reply::json(&points))
}

async fn multi(metrics: Metrics, req: Req) -> Result<Reply> {
    let (q, hours) = (req.query(), range(&req, 24)?);
    let step = q.int_clamped("resolution", 60, 1, 3600)?;
    let names: Vec<&str> = q.list("metrics").into_iter().take(10).collect();
    if names.is_empty() {
        return Err(AppError::bad_request("No metrics specified").code("invalid_parameter").with("field", "metrics"));
    }
    let mut out = HistoryMap::new();
    for name in names.into_iter().filter(|n| documented(n).is_some()) {
        out.insert(name.to_owned(), history(&metrics, name, None, hours, step, req.cx().now()).await?);
    }
    Ok(Reply::json(&out))
}

async fn correlate(metrics: Metrics, req: Req) -> Result<Reply> {
    let q = req.query();
    let hours = q.int_clamped("hours", 6, 1, 168)?;
    let names: Vec<&str> = q.list("metrics").into_iter().take(8).collect();
    if names.is_empty() {
        return Err(AppError::bad_request("No metrics specified").code("invalid_parameter").with("field", "metrics"));
    }
    let mut out = HistoryMap::new();
    for name in names {
        out.insert(name.to_owned(), history(&metrics, name, None, hours, 120, req.cx().now()).await?);
    }
    Ok(Reply::json(&out))
}

async fn export(metrics: Metrics, req: Req) -> Result<Reply> {
    let (q, hours, name) = (req.query(), range(&req, 24)?, req.param("metric"));
    let step = q.int_clamped("resolution", 60, 1, 3600)?;
    let points = history(&metrics, name, q.filled("tag"), hours, step, req.cx().now()).await?;
    let mut csv = String::from("timestamp_unix,datetime,value\n");
    for p in points {
        let text = Timestamp::from_secs(p.time).rfc3339();
        let line = writeln!(csv, "{},{},{}", p.time, text.trim_end_matches('Z'), p.value);
        line.map_err(AppError::internal)?;
    }
    Ok(Reply::csv(&format!("noba-{name}-{hours}h.csv"), csv))
}

async fn trend_view(metrics: Metrics, req: Req) -> Result<Reply> {
    let name = req.param("metric");
    let hours = range(&req, 168)?;
    let ahead = req.query().int_clamped("project", 168, 1, 8760)?;
    let now = req.cx().now();
    let points = history(&metrics, name, req.query().filled("tag"), hours, 300, now).await?;
    let raw: Vec<Point> = points.iter().map(|p| Point::new(p.time * 1_000_000, p.value)).collect();
    let Some(line) = trend(&raw).filter(|_| points.len() >= 10) else {
        return Ok(Reply::json(&serde_json::json!({ "error": "Insufficient data" })));
    };
    let at = |t: i64| point(t, line.at(t * 1_000_000));
    let last = points.last().map_or_else(|| now.secs(), |p| p.time);
    let percent = documented(name).is_some_and(|d| d.metric.ends_with("_percent"));
    let full_at = line.reaches(100.0).filter(|_| percent).map(|t| Timestamp::from_secs(t / 1_000_000).rfc3339());
    Ok(Reply::json(&TrendView {
        slope: round(line.slope_per_s, 8),
        r_squared: line.r2.map(|r| round(r, 4)),
        trend: points.iter().map(|p| at(p.time)).collect(),
        projection: (1..=ahead * 12).map(|i| at(last + i * 300)).collect(),
        full_at,
    }))
}
