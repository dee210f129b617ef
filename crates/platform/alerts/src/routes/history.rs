//! `/api/alert-history` and `/api/sla*`.

use argos_kernel::{AppError, Result, Timestamp};
use argos_web::{Query, Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;

use crate::Alerts;
use crate::model::sla::{rounded, union_us, uptime_percent};
use crate::store::firings::{self, HistoryFilter};

pub(super) fn declare(routes: Routes<Alerts>) -> Routes<Alerts> {
    routes
        .get("/api/alert-history", "alerts.history", "Alert firings, newest first.", history)
        .param("limit", "1 to 1000, 100 when absent")
        .param("rule_id", "Firings of this rule only")
        .param("from", "Unix seconds or RFC 3339")
        .param("to", "Unix seconds or RFC 3339")
        .reply::<Vec<FiringView>>()
        .get("/api/sla/{rule_id}", "alerts.rule_sla", "Share of time a rule was not firing, in percent.", rule_sla)
        .param("window", "Hours, 1 to 8760, 720 when absent")
        .reply::<Option<f64>>()
        .get("/api/sla/summary", "alerts.sla_summary", "Availability of agents and services, worst first.", summary)
        .param("hours", "1 to 8760, 720 when absent")
        .reply::<SummaryView>()
}

#[derive(JsonSchema, Serialize)]
struct FiringView {
    id: i64,
    rule_id: String,
    /// Unix seconds.
    timestamp: i64,
    /// info, warning, danger or critical
    severity: &'static str,
    message: String,
    /// Unix seconds; null = still firing.
    resolved_at: Option<i64>,
    /// firing or resolved
    state: &'static str,
    value: Option<f64>,
    labels: serde_json::Value,
    acknowledged_by: Option<String>,
    silenced_until: Option<i64>,
}

#[derive(JsonSchema, Serialize)]
struct SummaryView {
    period_hours: i64,
    sla: Vec<SourceView>,
}

#[derive(JsonSchema, Serialize)]
struct SourceView {
    name: String,
    /// agent or service
    #[serde(rename = "type")]
    kind: String,
    uptime_pct: f64,
    downtime_s: i64,
    incidents: usize,
}

async fn history(alerts: Alerts, req: Req) -> Result<Reply> {
    let q = req.query();
    let limit = q.int_clamped("limit", 100, 1, 1000)?;
    let filter = HistoryFilter { rule_id: q.filled("rule_id").map(str::to_owned), from: instant(q, "from")?, to: instant(q, "to")? };
    let (rows, total) = firings::history(&alerts.0.db, &filter, limit).await?;
    let views: Vec<FiringView> = rows
        .into_iter()
        .map(|r| FiringView {
            id: r.id,
            rule_id: r.rule_id,
            timestamp: r.started_at.secs(),
            severity: r.severity.ops_word(),
            message: r.message,
            resolved_at: r.resolved_at.map(Timestamp::secs),
            state: if r.resolved_at.is_some() { "resolved" } else { "firing" },
            value: r.value,
            labels: r.labels,
            acknowledged_by: r.acknowledged_by,
            silenced_until: r.silenced_until.map(Timestamp::secs),
        })
        .collect();
    Ok(Reply::json(&views).total_count(total))
}

/// A time given as Unix seconds or RFC 3339.
fn instant(q: &Query, name: &str) -> Result<Option<Timestamp>> {
    let Some(text) = q.filled(name) else { return Ok(None) };
    let parsed = text.parse::<i64>().ok().map(Timestamp::from_secs).or_else(|| Timestamp::parse_rfc3339(text));
    parsed.map(Some).ok_or_else(|| AppError::bad_request(format!("Invalid {name} parameter")).code("invalid_parameter").with("field", name))
}

async fn rule_sla(alerts: Alerts, req: Req) -> Result<Reply> {
    let hours = req.query().int_clamped("window", 720, 1, 8760)?;
    let id = req.param("rule_id");
    if !firings::is_known_rule(&alerts.0.db, id).await? {
        return Ok(Reply::json(&None::<f64>));
    }
    let now = req.cx().now();
    let from = now.minus_secs(hours * 3600);
    let intervals = firings::intervals(&alerts.0.db, id, from, now).await?;
    let down = union_us(&intervals, from.micros(), now.micros());
    Ok(Reply::json(&uptime_percent(down, hours * 3_600_000_000).map(|p| rounded(p, 4))))
}

async fn summary(alerts: Alerts, req: Req) -> Result<Reply> {
    let hours = req.query().int_clamped("hours", 720, 1, 8760)?;
    let now = req.cx().now();
    let from = now.minus_secs(hours * 3600);
    let rows = firings::sources(&alerts.0.db, from, now).await?;
    let mut sla: Vec<SourceView> = Vec::new();
    for (kind, name) in firings::known_sources(&alerts.0.db).await? {
        let intervals: Vec<(i64, Option<i64>)> = rows.iter().filter(|r| r.0 == kind && r.1 == name).map(|r| (r.2, r.3)).collect();
        let down = union_us(&intervals, from.micros(), now.micros());
        let Some(percent) = uptime_percent(down, hours * 3_600_000_000) else { continue };
        sla.push(SourceView { name, kind, uptime_pct: rounded(percent, 2), downtime_s: down / 1_000_000, incidents: intervals.len() });
    }
    sla.sort_by(|a, b| a.uptime_pct.total_cmp(&b.uptime_pct).then_with(|| a.name.cmp(&b.name)));
    Ok(Reply::json(&SummaryView { period_hours: hours, sla }))
}
