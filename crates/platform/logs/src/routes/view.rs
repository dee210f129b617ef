//! How lines look in JSON and CSV, and the ready-made filters.

use argos_audit::csv;
use argos_kernel::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use crate::entry::LogEntry;
use crate::place::Place;

/// One line; what it does not say is left out.
#[derive(Serialize, JsonSchema)]
pub(crate) struct EntryView {
    id: i64,
    timestamp: String,
    source: &'static str,
    stream: String,
    level: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    host_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    host_domain: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remote_ip: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size_bytes: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    upstream: Option<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    raw: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    waf_rule_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    waf_rule_message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    waf_severity: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    waf_anomaly_score: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    job_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    /// Where the client was when the line was stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    country_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    asn: Option<i64>,
    /// Where the client is now; only in the answer about one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    geo: Option<GeoView>,
}

/// Where an address is; what is unknown is absent.
#[derive(Serialize, JsonSchema)]
struct GeoView {
    ip: String,
    is_private: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    country_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    country_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    asn: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    asn_org: Option<String>,
    looked_up_at: String,
}

impl EntryView {
    /// With what is known of its client's address.
    pub(crate) fn at(mut self, place: Option<Place>, now: Timestamp) -> Self {
        let geo = |(ip, p): (String, Place)| GeoView {
            ip,
            is_private: p.is_private,
            country_code: p.country_code,
            country_name: p.country_name,
            asn: p.asn,
            asn_org: p.asn_org,
            looked_up_at: now.rfc3339(),
        };
        self.geo = self.remote_ip.clone().zip(place).map(geo);
        self
    }
}

impl From<LogEntry> for EntryView {
    fn from(e: LogEntry) -> Self {
        Self {
            id: e.id,
            timestamp: e.at.rfc3339(),
            source: e.source.as_str(),
            stream: e.stream,
            level: e.level.as_str(),
            host_id: e.host_id,
            host_domain: e.host_domain,
            rule_id: e.rule_id,
            remote_ip: e.remote_ip,
            method: e.method,
            path: e.path,
            status: e.status,
            duration_ms: e.duration_ms,
            size_bytes: e.size_bytes,
            user_agent: e.user_agent,
            upstream: e.upstream,
            message: e.message,
            raw: e.raw,
            waf_rule_id: e.waf_rule_id,
            waf_rule_message: e.waf_rule_message,
            waf_severity: e.waf_severity,
            waf_anomaly_score: e.waf_anomaly_score,
            agent: e.agent,
            node: e.node,
            job_id: e.job_id,
            unit: e.unit,
            request_id: e.request_id,
            country_code: e.country_code,
            asn: e.asn,
            geo: None,
        }
    }
}

/// One page of lines.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ListView {
    pub(crate) entries: Vec<EntryView>,
    pub(crate) total_count: i64,
    pub(crate) has_more: bool,
}

pub(crate) const CSV_COLUMNS: [&str; 15] = [
    "timestamp",
    "source",
    "level",
    "host_id",
    "host_domain",
    "rule_id",
    "remote_ip",
    "method",
    "path",
    "status",
    "duration_ms",
    "size_bytes",
    "user_agent",
    "upstream",
    "message",
];

pub(crate) fn push_csv(out: &mut String, e: &LogEntry) {
    let int = |n: Option<i64>| n.map(|n| n.to_string()).unwrap_or_default();
    let (at, host, rule, status, size) = (e.at.rfc3339(), int(e.host_id), int(e.rule_id), int(e.status), int(e.size_bytes));
    let duration = e.duration_ms.map(|d| d.to_string()).unwrap_or_default();
    let text = |t: &'_ Option<String>| t.clone().unwrap_or_default();
    let (domain, ip, method, path, agent, upstream) =
        (text(&e.host_domain), text(&e.remote_ip), text(&e.method), text(&e.path), text(&e.user_agent), text(&e.upstream));
    let cells = [
        at.as_str(),
        e.source.as_str(),
        e.level.as_str(),
        &host,
        &domain,
        &rule,
        &ip,
        &method,
        &path,
        &status,
        &duration,
        &size,
        &agent,
        &upstream,
        &e.message,
    ];
    csv::push_row(out, cells);
}

/// A ready-made filter; `filters` are query parameters of `/api/logs`.
#[derive(Serialize, JsonSchema)]
pub(crate) struct PresetView {
    id: &'static str,
    name: &'static str,
    description: &'static str,
    filters: Value,
}

pub(crate) fn presets(now: Timestamp) -> Vec<PresetView> {
    let ago = |hours: i64| now.minus_secs(hours * 3_600).rfc3339();
    let preset = |id, name, description, filters| PresetView { id, name, description, filters };
    vec![
        preset("all_errors", "All errors", "Every line of level error or critical", json!({ "level": "error,critical" })),
        preset(
            "5xx_last_hour",
            "5xx, last hour",
            "Requests that failed on the server side within the hour",
            json!({ "status": "5xx", "from": ago(1) }),
        ),
        preset(
            "slow_requests",
            "Slow requests",
            "Requests that took a second or longer",
            json!({ "source": "caddy_access", "min_duration_ms": 1000 }),
        ),
        preset(
            "cert_events",
            "Certificates",
            "What the proxy says about certificates",
            json!({ "source": "caddy_error", "q": "certificate" }),
        ),
        preset("auth_events", "Sign-ins", "Sign-ins and refused sign-ins", json!({ "source": "audit", "q": "login" })),
        preset("config_changes", "Changes", "Who changed what", json!({ "source": "audit" })),
        preset("blocked", "Blocked", "Requests refused or limited", json!({ "source": "caddy_access", "status": "403,429" })),
        preset("waf_blocks", "WAF blocks", "Requests the firewall refused", json!({ "source": "waf_audit", "status": "403" })),
        preset(
            "waf_alerts_24h",
            "WAF alerts, 24 h",
            "What the firewall saw within a day",
            json!({ "source": "waf_audit", "from": ago(24) }),
        ),
    ]
}
