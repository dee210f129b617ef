//! `/api/alert-history` and `/api/sla*`.

use argos_kernel::{AppError, Result, Timestamp};
use argos_web::{Query, Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;

use super::choices::is_member;
use crate::Alerts;
use crate::model::sla::{Availability, rounded};
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
    incident_id: Option<i64>,
    /// Why channels did not hear of it: cooldown, duplicate, dependency, flapping, maintenance or silenced.
    withheld: Option<String>,
    /// It fired and ended again and again.
    flapping: bool,
}

#[derive(JsonSchema, Serialize)]
struct SummaryView {
    period_hours: i64,
    /// Agents and services that were ever down.
    sla: Vec<SourceView>,
    /// Active rules: the share of time each was not firing.
    rules: Vec<RuleSlaView>,
    /// Seconds of the window in which nobody looked.
    unknown_s: i64,
}

#[derive(JsonSchema, Serialize)]
struct Figures {
    /// Unknown time counts as up; null when all of the window was maintenance.
    uptime_pct: Option<f64>,
    /// Over the known time only; null when there is none.
    observed_pct: Option<f64>,
    downtime_s: i64,
    /// Planned, and left out of the window.
    maintenance_s: i64,
    /// Nobody looked.
    unknown_s: i64,
}

#[derive(JsonSchema, Serialize)]
struct SourceView {
    name: String,
    /// agent or service
    #[serde(rename = "type")]
    kind: String,
    #[serde(flatten)]
    figures: Figures,
    incidents: usize,
}

#[derive(JsonSchema, Serialize)]
struct RuleSlaView {
    id: String,
    name: String,
    #[serde(flatten)]
    figures: Figures,
    firings: usize,
}

async fn history(alerts: Alerts, req: Req) -> Result<Reply> {
    let q = req.query();
    let limit = q.int_clamped("limit", 100, 1, 1000)?;
    let filter = HistoryFilter {
        rule_id: q.filled("rule_id").map(str::to_owned),
        from: instant(q, "from")?,
        to: instant(q, "to")?,
        is_member: alerts.0.house.get().is_none_or(|(_, uid)| is_member(&req, uid)),
    };
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
            incident_id: r.incident_id,
            withheld: r.withheld,
            flapping: r.flapping,
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
    if !alerts.knows_rule(id).await? {
        return Ok(Reply::json(&None::<f64>));
    }
    let now = req.cx().now();
    let record = alerts.sla_record(now.minus_secs(hours * 3600), now).await?;
    let rule = alerts.list_rules().await?.into_iter().find(|r| r.id == id);
    let (group, severity) = rule.map_or((String::new(), argos_kernel::Severity::Error), |r| (r.group, r.severity));
    let (availability, _) = record.rule(id, &group, severity);
    Ok(Reply::json(&availability.percent().map(|p| rounded(p, 4))))
}

async fn summary(alerts: Alerts, req: Req) -> Result<Reply> {
    let hours = req.query().int_clamped("hours", 720, 1, 8760)?;
    let now = req.cx().now();
    let record = alerts.sla_record(now.minus_secs(hours * 3600), now).await?;
    let mut sla: Vec<SourceView> = Vec::new();
    for ((kind, name), (a, incidents)) in record.sources(alerts.known_sources().await?) {
        sla.push(SourceView { name, kind, figures: figures(a), incidents });
    }
    let mut rules: Vec<RuleSlaView> = Vec::new();
    for rule in alerts.list_rules().await?.into_iter().filter(crate::AlertRule::is_active) {
        let (a, firings) = record.rule(&rule.id, &rule.group, rule.severity);
        rules.push(RuleSlaView { name: rule.title().to_owned(), id: rule.id, figures: figures(a), firings });
    }
    let worst_first = |a: &Figures, b: &Figures| match (a.uptime_pct, b.uptime_pct) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        (a, b) => b.is_some().cmp(&a.is_some()),
    };
    sla.sort_by(|a, b| worst_first(&a.figures, &b.figures).then_with(|| a.name.cmp(&b.name)));
    rules.sort_by(|a, b| worst_first(&a.figures, &b.figures).then_with(|| a.name.cmp(&b.name)));
    let unknown_s = record.whole().unknown_us / 1_000_000;
    Ok(Reply::json(&SummaryView { period_hours: hours, sla, rules, unknown_s }))
}

fn figures(a: Availability) -> Figures {
    Figures {
        uptime_pct: a.percent().map(|p| rounded(p, 2)),
        observed_pct: a.observed_percent().map(|p| rounded(p, 2)),
        downtime_s: a.down_us / 1_000_000,
        maintenance_s: a.excluded_us / 1_000_000,
        unknown_s: a.unknown_us / 1_000_000,
    }
}
