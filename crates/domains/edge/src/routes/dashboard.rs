//! `/api/dashboard/overview`, `/api/dashboard/traffic` and `/api/dashboard/health`: what was counted within a time.

use argos_kernel::{AppError, PageRequest, Result, Severity, Timestamp};
use argos_logs::{LogFilter, Order, Source};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;

use super::Service;
use crate::actions::dashboard::Range;
use crate::actions::groups::Filled;
use crate::model::certificate::days_left;
use crate::model::origin::Origins;

pub(super) fn routes(edge: Service) -> Routes {
    Routes::new(edge)
        .get("/api/dashboard/traffic", "edge.get_traffic", "Requests, answer times and the busiest sites of a range.", traffic)
        .reply::<TrafficView>()
        .param("range", "1h, 6h, 24h (default) or 7d")
        .param("host_id", "only this site")
        .get("/api/dashboard/overview", "edge.get_dashboard_overview", "The edge of the last 24 hours in a few numbers.", overview)
        .reply::<OverviewView>()
        .get("/api/dashboard/health", "edge.get_dashboard_health", "Pools, the proxy engine and the last errors.", health)
        .reply::<HealthView>()
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
    /// Within 14 days, or over already.
    certs_expiring_soon: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_backup_at: Option<String>,
    /// ok, stale (older than 48 hours) or missing
    last_backup_status: &'static str,
}

#[derive(Serialize, JsonSchema)]
struct HealthView {
    target_groups: Vec<PoolHealth>,
    certs: Vec<CertificateHealth>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_backup: Option<LastBackup>,
    panel_uptime: String,
    /// ok, degraded (a change was refused), unreachable (nothing is served) or unknown (no listener)
    caddy_status: &'static str,
    recent_errors: Vec<RecentError>,
}

#[derive(Serialize, JsonSchema)]
struct PoolHealth {
    name: String,
    total: usize,
    enabled: usize,
    /// ok, degraded or down
    status: &'static str,
}

#[derive(Serialize, JsonSchema)]
struct CertificateHealth {
    domain: String,
    /// Null while there is none.
    not_after: Option<String>,
    days_left: Option<i64>,
    /// ok, warning (below 30 days), critical (below 14 days) or unknown
    status: &'static str,
}

#[derive(Serialize, JsonSchema)]
struct LastBackup {
    filename: String,
    created_at: String,
    size_bytes: i64,
    kind: String,
}

#[derive(Serialize, JsonSchema)]
struct RecentError {
    timestamp: String,
    source: &'static str,
    level: &'static str,
    message: String,
}

#[derive(Serialize, JsonSchema)]
struct TrafficView {
    range: &'static str,
    granularity: &'static str,
    timeseries: Vec<ClassesView>,
    response_times: Vec<TimesView>,
    top_hosts: Vec<HostCount>,
    top_paths: Vec<PathCount>,
    bandwidth_out_bytes: u64,
    /// Every country, the busiest first; empty while no database of places is there.
    by_country: Vec<CountryView>,
    /// From addresses of private networks.
    private_requests: u64,
    /// From addresses whose country nobody knew.
    unknown_requests: u64,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct CountryView {
    /// Two capital letters.
    country_code: String,
    /// Its name, or its letters while no database says it.
    country_name: String,
    count: u64,
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
pub(super) struct PathCount {
    pub(super) host_domain: String,
    pub(super) path: String,
    pub(super) count: u64,
}

/// More than there are countries.
const COUNTRIES_MAX: usize = 300;

/// The keys with the highest counts.
pub(super) fn top<K: Ord>(counts: impl IntoIterator<Item = (K, u64)>, most: usize) -> Vec<(K, u64)> {
    let mut all: Vec<(K, u64)> = counts.into_iter().collect();
    all.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    all.truncate(most);
    all
}

/// The countries that most came from.
pub(super) fn by_country(edge: &Service, origins: &Origins, most: usize) -> Vec<CountryView> {
    let view = |(code, count): (&String, u64)| {
        let address = origins.countries.get(code).and_then(|of| of.address);
        let country_name = edge.geoip.country_name(code, address).unwrap_or_else(|| code.clone());
        CountryView { country_code: code.clone(), country_name, count }
    };
    top(origins.countries.iter().map(|(code, of)| (code, of.count)), most).into_iter().map(view).collect()
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
        top_hosts: top(found.hosts.iter().map(|(host, n)| (host, *n)), 10)
            .into_iter()
            .map(|(host, count)| HostCount { host_domain: host.clone(), count })
            .collect(),
        top_paths: top(found.paths.iter().map(|(path, n)| (path, *n)), 20)
            .into_iter()
            .map(|((host, path), count)| PathCount { host_domain: host.clone(), path: path.clone(), count })
            .collect(),
        bandwidth_out_bytes: found.bytes,
        by_country: by_country(&edge, &found.origins, COUNTRIES_MAX),
        private_requests: found.origins.private,
        unknown_requests: found.origins.unknown,
    };
    for (start, bucket) in &found.buckets {
        let [c2xx, c3xx, c4xx, c5xx, _] = bucket.classes;
        view.timeseries.push(ClassesView { time: at(*start), c2xx, c3xx, c4xx, c5xx });
        let of = |share| bucket.times.quantile_ms(share).map(|ms| (ms * 100.0).round() / 100.0);
        view.response_times.push(TimesView {
            time: at(*start),
            p50_ms: of(0.5),
            p95_ms: of(0.95),
            p99_ms: of(0.99),
            n: bucket.times.count(),
        });
    }
    Ok(Reply::json(&view))
}

async fn overview(edge: Service, req: Req) -> Result<Reply> {
    let day = edge.day().await?;
    let hosts = crate::store::hosts::list(&edge.platform.store.state).await?;
    let health = edge.target_health().await?;
    let certs = certificates(&edge, req.cx().now()).await?;
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
        certs_expiring_soon: certs.iter().filter(|c| c.status == "critical").count(),
        last_backup_at: backup.map(Timestamp::rfc3339),
        last_backup_status,
    }))
}

/// Hours, minutes and seconds, as `1h2m3s`.
fn clock(seconds: u64) -> String {
    format!("{}h{}m{}s", seconds / 3_600, seconds % 3_600 / 60, seconds % 60)
}

/// Every site that wants TLS, by domain.
async fn certificates(edge: &Service, now: Timestamp) -> Result<Vec<CertificateHealth>> {
    let view = |(domain, end): (String, Option<Timestamp>)| {
        let days_left = end.map(|end| days_left(end, now));
        let status = match days_left {
            None => "unknown",
            Some(..14) => "critical",
            Some(..30) => "warning",
            Some(_) => "ok",
        };
        CertificateHealth { domain, not_after: end.map(Timestamp::rfc3339), days_left, status }
    };
    Ok(edge.certificate_ends().await?.into_iter().map(view).collect())
}

async fn health(edge: Service, req: Req) -> Result<Reply> {
    let targets = edge.target_health().await?;
    let pool = |(group, _): Filled| {
        let own: Vec<_> = targets.iter().filter(|h| h.target.group_id == group.id).collect();
        let enabled = own.iter().filter(|h| h.target.enabled).count();
        let down = own.iter().filter(|h| h.target.enabled && h.word() == "unhealthy").count();
        let status = match (enabled, down) {
            (enabled, down) if enabled == down => "down",
            (_, 0) => "ok",
            _ => "degraded",
        };
        PoolHealth { name: group.name, total: own.len(), enabled, status }
    };
    let target_groups = edge.list_groups().await?.into_iter().map(pool).collect();
    let filter = LogFilter {
        sources: vec![Source::CaddyAccess, Source::CaddyError],
        levels: vec![Severity::Error, Severity::Critical],
        ..LogFilter::default()
    };
    let page = PageRequest { limit: 10, offset: 0 };
    let errors = edge.platform.logs.list(&filter, Order::Newest, page).await?.items;
    let recent = |e: argos_logs::LogEntry| RecentError {
        timestamp: e.at.rfc3339(),
        source: e.source.as_str(),
        level: e.level.as_str(),
        message: e.message,
    };
    let backup = edge.platform.backups.list(1).await?.into_iter().next();
    Ok(Reply::json(&HealthView {
        target_groups,
        certs: certificates(&edge, req.cx().now()).await?,
        last_backup: backup.map(|b| LastBackup {
            filename: b.filename,
            created_at: b.created_at.rfc3339(),
            size_bytes: b.size_bytes,
            kind: b.kind,
        }),
        panel_uptime: clock(edge.platform.uptime().as_secs()),
        caddy_status: match (edge.is_serving(), edge.standing().error.is_some(), edge.has_served()) {
            (false, ..) => "unknown",
            (true, false, _) => "ok",
            (true, true, true) => "degraded",
            (true, true, false) => "unreachable",
        },
        recent_errors: errors.into_iter().map(recent).collect(),
    }))
}
