//! The documented reports (ops spec C.3): means of whole hours of the documented metrics, read only.

use std::collections::BTreeMap;

use argos_kernel::{AppError, Result, Timestamp};
use argos_tschunk::band;
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::view::{self, Axis, round};
use crate::Metrics;
use crate::names::documented;

const HOUR_S: i64 = 3600;
/// Metrics of one report.
const METRICS_MAX: usize = 20;
const TITLE_CHARS_MAX: usize = 200;
/// What the report of anomalies looks at.
const WATCHED: [&str; 3] = ["cpu_percent", "mem_percent", "cpu_temp"];
const NEWEST_ANOMALIES: usize = 10;

#[derive(Serialize, JsonSchema)]
struct Bandwidth {
    range_hours: i64,
    /// For people; null when nothing was measured.
    total_rx: Option<String>,
    total_tx: Option<String>,
    total_rx_bytes: Option<i64>,
    total_tx_bytes: Option<i64>,
    hourly: Vec<BandwidthHour>,
}

#[derive(Serialize, JsonSchema)]
struct BandwidthHour {
    /// Start of the hour, Unix seconds.
    time: i64,
    /// Mean, bytes per second; null where it was not measured.
    rx_bps: Option<f64>,
    tx_bps: Option<f64>,
}

#[derive(Serialize, JsonSchema)]
struct Anomalies {
    range_hours: i64,
    anomaly_count: usize,
    /// Only metrics that had any.
    metrics: BTreeMap<&'static str, AnomaliesOfMetric>,
}

#[derive(Serialize, JsonSchema)]
struct AnomaliesOfMetric {
    count: usize,
    latest: AnomalyView,
    /// The newest ten, ascending.
    values: Vec<AnomalyView>,
}

#[derive(Clone, Serialize, JsonSchema)]
struct AnomalyView {
    /// Start of the hour, Unix seconds.
    time: i64,
    value: f64,
    upper_band: f64,
    lower_band: f64,
    anomaly: bool,
}

#[derive(Deserialize, JsonSchema)]
struct CustomBody {
    /// Documented names, at most 20; unknown ones and those without values are left out.
    #[serde(default = "two_metrics")]
    metrics: Vec<String>,
    /// 1-8760.
    #[serde(default = "a_day")]
    range_hours: i64,
    #[serde(default = "untitled")]
    title: String,
}

fn two_metrics() -> Vec<String> {
    ["cpu_percent", "mem_percent"].map(str::to_owned).into()
}
const fn a_day() -> i64 {
    24
}
fn untitled() -> String {
    "Custom Report".to_owned()
}

#[derive(Serialize, JsonSchema)]
struct Custom {
    title: String,
    range_hours: i64,
    /// RFC 3339.
    generated_at: String,
    metrics: BTreeMap<String, Summary>,
}

#[derive(Serialize, JsonSchema)]
struct Summary {
    avg: f64,
    max: f64,
    min: f64,
    /// The newest hour.
    current: f64,
    points: usize,
    data: Vec<Hour>,
}

#[derive(Serialize, JsonSchema)]
struct Hour {
    /// Start of the hour, Unix seconds.
    time: i64,
    value: f64,
}

pub(crate) fn routes(metrics: Metrics) -> Routes<Metrics> {
    Routes::new(metrics)
        .get("/api/reports/bandwidth", "metrics.report_bandwidth", "What went over the network, hour by hour.", bandwidth)
        .param("range", "Hours, 1-8760; default 24")
        .reply::<Bandwidth>()
        .get("/api/reports/anomalies", "metrics.report_anomalies", "Hours outside of what is usual.", anomalies)
        .param("range", "Hours, 1-8760; default 168")
        .reply::<Anomalies>()
        .post("/api/reports/custom", "metrics.report_custom", "A summary of chosen metrics.", custom)
        .body::<CustomBody>()
        .reply::<Custom>()
        .get("/api/grafana/dashboard", "metrics.grafana", "A dashboard for Grafana over what `/api/metrics/prometheus` tells.", grafana)
}

async fn hourly(metrics: &Metrics, name: &str, hours: i64, now: Timestamp) -> Result<Axis> {
    Axis::of(metrics, name, None, hours, HOUR_S, now).await
}

async fn bandwidth(metrics: Metrics, req: Req) -> Result<Reply> {
    let (hours, now) = (view::hours(req.query(), 24)?, req.cx().now());
    let received = hourly(&metrics, "net_rx_bytes", hours, now).await?;
    let sent = hourly(&metrics, "net_tx_bytes", hours, now).await?;
    let rounded = |value: Option<f64>| value.map(|v| round(v, 2));
    let hourly = received.bins().zip(sent.bins()).filter(|((_, rx), (_, tx))| rx.is_some() || tx.is_some());
    let hourly = hourly.map(|((time, rx), (_, tx))| BandwidthHour { time, rx_bps: rounded(rx), tx_bps: rounded(tx) }).collect();
    let (total_rx_bytes, total_tx_bytes) = (total(&received), total(&sent));
    Ok(Reply::json(&Bandwidth {
        range_hours: hours,
        total_rx: total_rx_bytes.map(for_people),
        total_tx: total_tx_bytes.map(for_people),
        total_rx_bytes,
        total_tx_bytes,
        hourly,
    }))
}

/// Bytes: mean rates of hours times an hour. `None` when no hour has one.
#[expect(clippy::cast_possible_truncation, reason = "a sum of rates above 2^63 bytes saturates")]
#[expect(clippy::cast_precision_loss, reason = "seconds of an hour")]
fn total(axis: &Axis) -> Option<i64> {
    let filled = axis.filled();
    (!filled.is_empty()).then(|| filled.iter().map(|(_, rate)| rate * HOUR_S as f64).sum::<f64>().round() as i64)
}

#[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
fn for_people(bytes: i64) -> String {
    const UNITS: [&str; 6] = ["B", "KB", "MB", "GB", "TB", "PB"];
    let (mut value, mut unit) = (bytes as f64, 0);
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS.get(unit).copied().unwrap_or_default())
}

async fn anomalies(metrics: Metrics, req: Req) -> Result<Reply> {
    let (hours, now) = (view::hours(req.query(), 168)?, req.cx().now());
    let mut out = Anomalies { range_hours: hours, anomaly_count: 0, metrics: BTreeMap::new() };
    for name in WATCHED {
        let buckets = hourly(&metrics, name, hours, now).await?.filled();
        let values: Vec<f64> = buckets.iter().map(|(_, v)| *v).collect();
        let outside = buckets.iter().zip(band(&values)).filter(|((_, v), b)| b.excludes(*v));
        let mut found: Vec<AnomalyView> = outside
            .map(|((time, value), b)| AnomalyView {
                time: *time,
                value: round(*value, 2),
                upper_band: round(b.upper, 2),
                lower_band: round(b.lower, 2),
                anomaly: true,
            })
            .collect();
        let Some(latest) = found.last().cloned() else { continue };
        let count = found.len();
        out.anomaly_count += count;
        found.drain(..count.saturating_sub(NEWEST_ANOMALIES));
        out.metrics.insert(name, AnomaliesOfMetric { count, latest, values: found });
    }
    Ok(Reply::json(&out))
}

async fn custom(metrics: Metrics, mut req: Req) -> Result<Reply> {
    let body: CustomBody = req.json().await?;
    if body.metrics.len() > METRICS_MAX {
        return Err(AppError::bad_request(format!("metrics must be at most {METRICS_MAX} names")).with("field", "metrics"));
    }
    let title = body.title.trim();
    if title.is_empty() || title.chars().count() > TITLE_CHARS_MAX {
        return Err(AppError::bad_request(format!("title must be 1 to {TITLE_CHARS_MAX} characters")).with("field", "title"));
    }
    let (range_hours, now) = (body.range_hours.clamp(1, 8760), req.cx().now());
    let mut out = BTreeMap::new();
    for name in body.metrics.iter().filter(|name| documented(name).is_some()) {
        let buckets = hourly(&metrics, name, range_hours, now).await?.filled();
        if let Some(summary) = summary(&buckets) {
            out.insert(name.clone(), summary);
        }
    }
    Ok(Reply::json(&Custom { title: title.to_owned(), range_hours, generated_at: now.rfc3339(), metrics: out }))
}

#[expect(clippy::cast_precision_loss, reason = "a year has 8760 hours")]
fn summary(buckets: &[(i64, f64)]) -> Option<Summary> {
    let current = buckets.last()?.1;
    let values = || buckets.iter().map(|(_, v)| *v);
    Some(Summary {
        avg: round(values().sum::<f64>() / buckets.len() as f64, 2),
        max: round(values().fold(f64::MIN, f64::max), 2),
        min: round(values().fold(f64::MAX, f64::min), 2),
        current: round(current, 2),
        points: buckets.len(),
        data: buckets.iter().map(|(time, v)| Hour { time: *time, value: round(*v, 2) }).collect(),
    })
}

/// One panel; `targets` are expression and legend.
fn panel(id: i64, kind: &str, title: &str, unit: &str, targets: &[(&str, &str)]) -> Value {
    let letters = ["A", "B"];
    let targets: Vec<Value> =
        targets.iter().zip(letters).map(|((expr, legend), id)| json!({ "expr": expr, "legendFormat": legend, "refId": id })).collect();
    let (x, y) = ((id - 1) % 2 * 12, (id - 1) / 2 * 8);
    json!({
        "id": id, "type": kind, "title": title, "datasource": "Prometheus", "targets": targets,
        "fieldConfig": { "defaults": { "unit": unit } }, "gridPos": { "h": 8, "w": 12, "x": x, "y": y },
    })
}

async fn grafana(_: Metrics, req: Req) -> Result<Reply> {
    let panels = [
        panel(1, "timeseries", "CPU", "percent", &[("noba_cpu_percent", "CPU")]),
        panel(2, "timeseries", "Memory", "percent", &[("noba_mem_percent", "Memory")]),
        panel(3, "bargauge", "Disks", "percent", &[("noba_disk_percent", "{{mount}}")]),
        panel(4, "timeseries", "Network", "Bps", &[("noba_net_rx_bps", "received"), ("noba_net_tx_bps", "sent")]),
        panel(5, "stat", "Services", "none", &[("noba_service_up", "{{name}}")]),
    ];
    let client = &req.cx().client;
    let url = format!("{}://{}/api/metrics/prometheus", if client.https { "https" } else { "http" }, client.host);
    Ok(Reply::json(&json!({
        "dashboard": { "title": "Argos", "panels": panels, "time": { "from": "now-24h", "to": "now" }, "refresh": "30s" },
        "datasource": { "type": "prometheus", "url": url },
    })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_shown_in_the_largest_unit_that_leaves_a_whole_number() {
        assert_eq!(for_people(0), "0.0 B");
        assert_eq!(for_people(1_536), "1.5 KB");
        assert_eq!(for_people(i64::MAX), "8192.0 PB");
    }
}
