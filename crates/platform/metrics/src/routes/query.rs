//! `/api/metrics/query`: any series on any grid; `/api/metrics/series`: what there is.

use argos_kernel::{AppError, Result, Timestamp};
use argos_tschunk::Function;
use argos_web::{Query, Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;

use crate::registry::{Labels, ORGANIZATION, SeriesInfo};
use crate::{Metrics, QueryResult};

/// The answer of a query. Times are Unix seconds.
#[derive(Serialize, JsonSchema)]
pub(crate) struct QueryView {
    metric: String,
    /// Bin width in seconds.
    step: f64,
    series: Vec<SeriesView>,
}

#[derive(Serialize, JsonSchema)]
struct SeriesView {
    labels: Labels,
    unit: String,
    /// `[time, value]`; the value is null where nothing was measured.
    points: Vec<(UnixTime, Option<f64>)>,
}

/// Microseconds, written as seconds; whole seconds without a fraction, which a month of minutes is quicker by.
#[derive(Clone, Copy, JsonSchema)]
#[schemars(transparent)]
struct UnixTime(#[schemars(with = "f64")] i64);

impl Serialize for UnixTime {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        if self.0 % 1_000_000 == 0 { out.serialize_i64(self.0 / 1_000_000) } else { out.serialize_f64(unix(self.0)) }
    }
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct SeriesListView {
    series: Vec<SeriesInfo>,
}

pub(crate) fn routes(metrics: Metrics) -> Routes<Metrics> {
    Routes::new(metrics)
        .get("/api/metrics/query", "metrics.query", "Values of a metric's series on a time grid.", query)
        .param("metric", "Canonical name, required")
        .param("labels", "name=value pairs separated by commas, or a JSON object")
        .param("from", "Unix seconds or RFC 3339; default one hour ago")
        .param("to", "Unix seconds or RFC 3339; default now")
        .param("step", "Seconds per bin; default about a hundredth of the range")
        .param("agg", "avg, min, max, sum, last, count, rate, delta, increase, p0-p100")
        .reply::<QueryView>()
        .get("/api/metrics/series", "metrics.list_series", "Known series.", list)
        .param("metric", "Only this metric")
        .reply::<SeriesListView>()
}

async fn query(metrics: Metrics, req: Req) -> Result<Reply> {
    let q = req.query();
    let metric = q.filled("metric").ok_or_else(|| field("metric", "metric is required"))?;
    let labels = parse_labels(q)?;
    let now = req.cx().now();
    let to = time(q, "to")?.unwrap_or(now);
    let from = time(q, "from")?.unwrap_or_else(|| to.minus_secs(3600));
    let range_s = to.secs_since(from);
    let step_us = match q.filled("step") {
        None => default_step_s(range_s) * 1_000_000,
        Some(text) => seconds(text).ok_or_else(|| field("step", "step must be a number of seconds from 1 to 31536000"))?,
    };
    let function: Function = match q.filled("agg") {
        None => Function::Avg,
        Some(word) => word.parse().map_err(|e: argos_tschunk::ParseFunctionError| field("agg", &format!("agg: {e}")))?,
    };
    let mut result = metrics.query(metric, &labels, from.micros(), to.micros(), step_us, function).await?;
    result.series.retain(|s| may_see(&req, s.labels.get(ORGANIZATION).map(String::as_str)));
    Ok(Reply::json(&view(metric, step_us, &result)))
}

async fn list(metrics: Metrics, req: Req) -> Result<Reply> {
    let mut series = metrics.list(req.query().filled("metric"));
    series.retain(|s| may_see(&req, s.organization()));
    Ok(Reply::json(&SeriesListView { series }))
}

/// What belongs to an organization is for its members.
fn may_see(req: &Req, organization: Option<&str>) -> bool {
    organization.is_none_or(|uid| req.cx().caller.memberships.iter().any(|m| m.organization_uid.to_string() == uid))
}

fn view(metric: &str, step_us: i64, result: &QueryResult) -> QueryView {
    let series = result.series.iter().map(|s| SeriesView {
        labels: s.labels.clone(),
        unit: s.unit.clone(),
        points: result.starts.iter().map(|t| UnixTime(*t)).zip(s.values.iter().copied()).collect(),
    });
    QueryView { metric: metric.to_owned(), step: unix(step_us), series: series.collect() }
}

#[expect(clippy::cast_precision_loss, reason = "microseconds as seconds with fraction: exact to well below a millisecond")]
fn unix(micros: i64) -> f64 {
    micros as f64 / 1e6
}

fn field(name: &str, text: &str) -> AppError {
    AppError::bad_request(text).code("invalid_parameter").with("field", name)
}

#[expect(clippy::cast_possible_truncation, reason = "range-checked first")]
fn seconds(text: &str) -> Option<i64> {
    let s: f64 = text.parse().ok()?;
    (1.0..=31_536_000.0).contains(&s).then_some((s * 1e6) as i64)
}

/// Unix seconds (with fraction) or RFC 3339.
#[expect(clippy::cast_possible_truncation, reason = "range-checked first")]
fn time(q: &Query, name: &str) -> Result<Option<Timestamp>> {
    let Some(text) = q.filled(name) else { return Ok(None) };
    let unix = text.parse::<f64>().ok().filter(|s| (0.0..=4e9).contains(s)).map(|s| Timestamp::from_micros((s * 1e6) as i64));
    let parsed = unix.or_else(|| Timestamp::parse_rfc3339(text));
    parsed.map(Some).ok_or_else(|| field(name, &format!("{name} must be Unix seconds or an RFC 3339 time")))
}

/// The shortest usual step that makes at most about a hundred bins.
fn default_step_s(range_s: i64) -> i64 {
    const USUAL: [i64; 16] = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 86_400];
    USUAL.into_iter().find(|s| s * 100 >= range_s).unwrap_or(7 * 86_400)
}

fn parse_labels(q: &Query) -> Result<Labels> {
    let bad = || field("labels", "labels must be name=value pairs separated by commas, or a JSON object of texts");
    if let Some(json) = q.filled("labels").filter(|l| l.starts_with('{')) {
        return serde_json::from_str(json).map_err(|_| bad());
    }
    let pairs = q.list("labels").into_iter();
    let split = |pair: &str| pair.split_once('=').map(|(k, v)| (k.trim().to_owned(), v.trim().to_owned()));
    pairs.map(split).collect::<Option<Labels>>().ok_or_else(bad)
}
