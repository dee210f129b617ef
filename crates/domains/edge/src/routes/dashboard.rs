//! `/api/dashboard/overview` and `/api/dashboard/traffic`: what the log rows say about a time.

use argos_kernel::{AppError, Result, Timestamp};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;

use super::Service;
use crate::actions::dashboard::Range;

pub(super) fn routes(edge: Service) -> Routes {
    Routes::new(edge)
        .get("/api/dashboard/traffic", "edge.get_traffic", "Requests, answer times and the busiest sites of a range.", traffic)
        .reply::<TrafficView>()
        .param("range", "1h, 6h, 24h (default) or 7d")
        .param("host_id", "only this site")
        .get("/api/dashboard/overview", "edge.get_dashboard_overview", "The edge of the last 24 hours in a few numbers.", overview)
        .reply::<OverviewView>()
        .done()
}

#[derive(Serialize, JsonSchema)]
struct OverviewView {
    total_requests_24h: u64,
    /// Status 403 and 429.
    blocked_requests_24h: u64,
    error_requests_24h: u64,
    active_hosts: usize,
    unhealthy_targets: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_backup_at: Option<String>,
    /// ok, stale (older than 48 hours) or missing
    last_backup_status: &'static str,
}

#[derive(Serialize, JsonSchema)]
struct TrafficView {
    range: &'static str,
    granularity: &'static str,
    timeseries: Vec<ClassesView>,
    response_times: Vec<TimesView>,
    top_hosts: Vec<HostCount>,
    top_paths: Vec<PathCount>,
    bandwidth_out_bytes: i64,
}

#[derive(Serialize, JsonSchema)]
struct ClassesView {
    time: String,
    c2xx: u64,
    c3xx: u64,
    c4xx: u64,
    c5xx: u64,
}

#[derive(Serialize, JsonSchema)]
struct TimesView {
    time: String,
    /// Null without answers.
    p50_ms: Option<f64>,
    p95_ms: Option<f64>,
    p99_ms: Option<f64>,
    n: u64,
}

#[derive(Serialize, JsonSchema)]
struct HostCount {
    host_domain: String,
    count: u64,
}

#[derive(Serialize, JsonSchema)]
struct PathCount {
    host_domain: String,
    path: String,
    count: u64,
}

fn top<K: Ord>(counts: impl IntoIterator<Item = (K, u64)>, most: usize) -> Vec<(K, u64)> {
    let mut all: Vec<(K, u64)> = counts.into_iter().collect();
    all.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    all.truncate(most);
    all
}

async fn traffic(edge: Service, req: Req) -> Result<Reply> {
    let range = Range::parse(req.query().filled("range"))?;
    let bad = || AppError::bad_request("invalid host_id").code("invalid_field").with("field", "host_id");
    let host = req.query().filled("host_id").map(|t| t.parse::<i64>().map_err(|_| bad())).transpose()?;
    let found = edge.traffic_of(range, host).await?;
    let at = |secs: i64| Timestamp::from_secs(secs).rfc3339();
    let mut view = TrafficView {
        range: range.word,
        granularity: range.granularity,
        timeseries: Vec::with_capacity(found.buckets.len()),
        response_times: Vec::with_capacity(found.buckets.len()),
        top_hosts: top(found.hosts, 10).into_iter().map(|(host_domain, count)| HostCount { host_domain, count }).collect(),
        top_paths: top(found.paths, 20).into_iter().map(|((host_domain, path), count)| PathCount { host_domain, path, count }).collect(),
        bandwidth_out_bytes: found.bytes,
    };
    for (start, bucket) in &found.buckets {
        let [c2xx, c3xx, c4xx, c5xx] = bucket.classes;
        view.timeseries.push(ClassesView { time: at(*start), c2xx, c3xx, c4xx, c5xx });
        let of = |percent| bucket.percentile(percent);
        view.response_times.push(TimesView { time: at(*start), p50_ms: of(50), p95_ms: of(95), p99_ms: of(99), n: bucket.answers() });
    }
    Ok(Reply::json(&view))
}

async fn overview(edge: Service, req: Req) -> Result<Reply> {
    let day = edge.day().await?;
    let hosts = crate::store::hosts::list(&edge.platform.store.state).await?;
    let health = edge.target_health().await?;
    let backup = edge.platform.backups.list(1).await?.into_iter().next().map(|b| b.created_at);
    let last_backup_status = match backup {
        None => "missing",
        Some(at) if req.cx().now().secs_since(at) > 48 * 3_600 => "stale",
        Some(_) => "ok",
    };
    Ok(Reply::json(&OverviewView {
        total_requests_24h: day.requests,
        blocked_requests_24h: day.blocked,
        error_requests_24h: day.errors,
        active_hosts: hosts.iter().filter(|h| h.enabled).count(),
        unhealthy_targets: health.iter().filter(|h| h.word() == "unhealthy").count(),
        last_backup_at: backup.map(Timestamp::rfc3339),
        last_backup_status,
    }))
}
