//! The documented history views (ops spec C.1, D.3): means per bucket, rounded to two decimals, times in Unix seconds.

use std::collections::BTreeMap;
use std::fmt::Write;

use argos_kernel::{AppError, Result, Timestamp};
use argos_tschunk::band;
use argos_web::{Query, Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;

use super::view::{self, Axis, round};
use crate::Metrics;
use crate::names::documented;

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

/// One bucket of an axis that several metrics share.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct AxisPoint {
    /// Start of the bucket, Unix seconds.
    time: i64,
    /// Null where this metric has no measurement.
    value: Option<f64>,
}

type HistoryMap = BTreeMap<String, Vec<HistoryPoint>>;
type AxisMap = BTreeMap<String, Vec<AxisPoint>>;

pub(crate) fn routes(metrics: Metrics) -> Routes<Metrics> {
    Routes::new(metrics)
        .get("/api/history/multi", "metrics.history_multi", "Histories of several metrics.", multi)
        .param("metrics", "Comma-separated names, at most 10; unknown ones are skipped")
        .param("range", "Hours, 1-8760; default 24")
        .param("resolution", "Seconds, 1-3600; default 60")
        .reply::<HistoryMap>()
        .get("/api/history/{metric}", "metrics.history", "The history of one metric.", one)
        .param("range", "Hours, 1-8760; default 24")
        .param("resolution", "Seconds, 1-3600; default 60")
        .param("anomaly", "1 adds bands and anomaly flags")
        .param("tag", "One mount, device, address ...")
        .reply::<Vec<HistoryPoint>>()
        .get("/api/history/{metric}/export", "metrics.history_export", "The history of one metric as CSV.", export)
        .param("range", "Hours, 1-8760; default 24")
        .param("resolution", "Seconds, 1-3600; default 60")
        .param("tag", "One mount, device, address ...")
        .get("/api/metrics/correlate", "metrics.correlate", "Several metrics on one time axis of 120 s buckets.", correlate)
        .param("metrics", "Comma-separated names, at most 8")
        .param("hours", "1-168; default 6")
        .reply::<AxisMap>()
}

/// Filled buckets of one name, ascending, not rounded.
async fn history(metrics: &Metrics, name: &str, q: &Query, tag: Option<&str>, now: Timestamp) -> Result<Vec<(i64, f64)>> {
    let (hours, step_s) = (view::hours(q, 24)?, q.int_clamped("resolution", 60, 1, 3600)?);
    let axis = Axis::of(metrics, name, tag, hours, view::documented_step(hours, step_s), now).await?;
    Ok(axis.filled())
}

async fn one(metrics: Metrics, req: Req) -> Result<Reply> {
    let q = req.query();
    let buckets = history(&metrics, req.param("metric"), q, q.filled("tag"), req.cx().now()).await?;
    let mut points = rounded(&buckets);
    if q.flag("anomaly") {
        let values: Vec<f64> = buckets.iter().map(|(_, v)| *v).collect();
        for ((p, b), value) in points.iter_mut().zip(band(&values)).zip(values) {
            (p.upper_band, p.lower_band) = (Some(round(b.upper, 2)), Some(round(b.lower, 2)));
            p.anomaly = Some(b.excludes(value));
        }
    }
    Ok(Reply::json(&points))
}

fn rounded(buckets: &[(i64, f64)]) -> Vec<HistoryPoint> {
    let point = |(time, value): &(i64, f64)| HistoryPoint {
        time: *time,
        value: round(*value, 2),
        upper_band: None,
        lower_band: None,
        anomaly: None,
    };
    buckets.iter().map(point).collect()
}

fn wanted(q: &Query, max: usize) -> Result<Vec<&str>> {
    let names: Vec<&str> = q.list("metrics").into_iter().take(max).collect();
    if names.is_empty() {
        return Err(AppError::bad_request("No metrics specified").code("invalid_parameter").with("field", "metrics"));
    }
    Ok(names)
}

async fn multi(metrics: Metrics, req: Req) -> Result<Reply> {
    let mut out = HistoryMap::new();
    for name in wanted(req.query(), 10)?.into_iter().filter(|n| documented(n).is_some()) {
        out.insert(name.to_owned(), rounded(&history(&metrics, name, req.query(), None, req.cx().now()).await?));
    }
    Ok(Reply::json(&out))
}

async fn correlate(metrics: Metrics, req: Req) -> Result<Reply> {
    let hours = req.query().int_clamped("hours", 6, 1, 168)?;
    // One `now` for all: the axes are equal.
    let now = req.cx().now();
    let mut out = AxisMap::new();
    for name in wanted(req.query(), 8)? {
        let axis = Axis::of(&metrics, name, None, hours, 120, now).await?;
        let points = axis.bins().map(|(time, value)| AxisPoint { time, value: value.map(|v| round(v, 2)) });
        out.insert(name.to_owned(), points.collect());
    }
    Ok(Reply::json(&out))
}

async fn export(metrics: Metrics, req: Req) -> Result<Reply> {
    let (q, name) = (req.query(), req.param("metric"));
    let buckets = history(&metrics, name, q, q.filled("tag"), req.cx().now()).await?;
    let mut csv = String::from("timestamp_unix,datetime,value\n");
    for p in rounded(&buckets) {
        let text = Timestamp::from_secs(p.time).rfc3339();
        // As in JSON, a whole number keeps its ".0".
        writeln!(csv, "{},{},{:?}", p.time, text.trim_end_matches('Z'), p.value).map_err(AppError::internal)?;
    }
    Ok(Reply::csv(&format!("noba-{name}-{}h.csv", view::hours(q, 24)?), csv))
}
