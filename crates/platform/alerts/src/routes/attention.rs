//! `/api/ui/attention*`: what is wrong now, worst first, and what can be done about it.

use argos_kernel::{Result, Timestamp};
use argos_web::{OpCx, Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Alerts;
use crate::actions::windows::{Quiet, quiet_by};
use crate::model::attention::{OpenFiring, problems};

pub(super) fn declare(routes: Routes<Alerts>) -> Routes<Alerts> {
    routes
        .get("/api/ui/attention", "alerts.attention", "Open problems, worst first, and how many rules are well.", attention)
        .reply::<AttentionView>()
        .post("/api/ui/attention/{id}/ack", "alerts.acknowledge", "Acknowledge a problem: no reminders, no escalation.", ack)
        .reply::<AckView>()
        .post("/api/ui/attention/{id}/silence", "alerts.silence", "Keep channels quiet about a problem for a while.", silence)
        .body::<SilenceBody>()
        .reply::<SilenceView>()
}

#[derive(JsonSchema, Serialize)]
struct AttentionView {
    problems: Vec<ProblemView>,
    /// Enabled rules that are not firing.
    well: usize,
}

#[derive(JsonSchema, Serialize)]
struct ProblemView {
    #[serde(rename = "ref")]
    reference: String,
    title: String,
    severity: argos_kernel::Severity,
    since: String,
    /// The condition or event behind it.
    cause: Option<String>,
    value: Option<f64>,
    rule_id: String,
    firing_id: i64,
    labels: serde_json::Value,
    /// Weaker alerts about the same thing.
    children: Vec<ChildView>,
    /// open, acknowledged, silenced or maintenance
    state: &'static str,
    incident_id: Option<i64>,
    /// It fired and ended again and again.
    flapping: bool,
    acknowledged_by: Option<String>,
    silenced_until: Option<String>,
    /// What the caller may do now: ack, silence.
    actions: Vec<&'static str>,
}

#[derive(JsonSchema, Serialize)]
struct ChildView {
    #[serde(rename = "ref")]
    reference: String,
    title: String,
    severity: argos_kernel::Severity,
    rule_id: String,
    firing_id: i64,
}

#[derive(JsonSchema, Serialize)]
struct AckView {
    status: &'static str,
    acknowledged_by: String,
}

#[derive(JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
struct SilenceBody {
    /// 1 to 10080; 0 ends a silence.
    minutes: i64,
}

#[derive(JsonSchema, Serialize)]
struct SilenceView {
    status: &'static str,
    silenced_until: Option<String>,
}

async fn attention(alerts: Alerts, req: Req) -> Result<Reply> {
    let now = req.cx().now();
    let open = alerts.open_firings().await?;
    let rules = alerts.list_rules().await?;
    let quiet = quiet_by(&alerts).await?;
    let well = rules.iter().filter(|r| r.is_active() && open.iter().all(|f| f.rule_id != r.id)).count();
    let problems = problems(open, now)
        .into_iter()
        .map(|p| ProblemView { children: p.children.into_iter().map(child).collect(), ..view(p.firing, &quiet, now, req.cx()) })
        .collect();
    Ok(Reply::json(&AttentionView { problems, well }))
}

fn view(f: OpenFiring, quiet: &[Quiet], now: Timestamp, cx: &OpCx) -> ProblemView {
    let own = f.silenced_until.filter(|until| *until > now);
    let planned = quiet.iter().find(|q| q.firing_id == f.id);
    let silenced = own.is_some();
    let silenced_until = own.or(planned.map(|q| q.until));
    let mut actions = Vec::new();
    if f.acknowledged_by.is_none() && cx.has("events:ack") {
        actions.push("ack");
    }
    if cx.has("alerts:manage") {
        actions.push("silence");
    }
    let state = match (silenced, planned, &f.acknowledged_by) {
        (true, _, _) => "silenced",
        (false, Some(q), _) => q.why,
        (false, None, Some(_)) => "acknowledged",
        (false, None, None) => "open",
    };
    ProblemView {
        reference: format!("alert:{}", f.id),
        title: f.message,
        severity: f.severity,
        since: f.started_at.rfc3339(),
        cause: f.cause,
        value: f.value,
        rule_id: f.rule_id,
        firing_id: f.id,
        labels: f.labels,
        children: Vec::new(),
        state,
        acknowledged_by: f.acknowledged_by,
        silenced_until: silenced_until.map(Timestamp::rfc3339),
        incident_id: f.incident_id,
        flapping: f.flapping,
        actions,
    }
}

fn child(f: OpenFiring) -> ChildView {
    ChildView { reference: format!("alert:{}", f.id), title: f.message, severity: f.severity, rule_id: f.rule_id, firing_id: f.id }
}

async fn ack(alerts: Alerts, req: Req) -> Result<Reply> {
    let id: i64 = req.param_as("id")?;
    let acknowledged_by = alerts.acknowledge(&req.cx().actor(), id).await?;
    Ok(Reply::json(&AckView { status: "ok", acknowledged_by }))
}

async fn silence(alerts: Alerts, mut req: Req) -> Result<Reply> {
    let id: i64 = req.param_as("id")?;
    let body: SilenceBody = req.json().await?;
    let until = alerts.silence(&req.cx().actor(), id, body.minutes).await?;
    Ok(Reply::json(&SilenceView { status: "ok", silenced_until: until.map(Timestamp::rfc3339) }))
}
