//! `/api/ui/attention*`: what is wrong now, worst first, and what can be done about it.

use argos_inventory::{Thing, ThingView, Trouble};
use argos_kernel::{Result, Timestamp};
use argos_web::{OpCx, Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::choices::may_see;
use crate::Alerts;
use crate::actions::windows::{Quiet, quiet_by};
use crate::model::attention::{OpenFiring, problems};
use crate::store::firings;

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
    /// Things in trouble that no open alert speaks of, worst first.
    things: Vec<TroubleView>,
}

/// A thing in trouble, with what follows from it.
#[derive(JsonSchema, Serialize)]
struct TroubleView {
    thing: ThingView,
    children: Vec<ThingView>,
}

#[derive(JsonSchema, Serialize)]
struct ProblemView {
    #[serde(rename = "ref")]
    reference: String,
    title: String,
    /// The thing it is about, when the inventory knows it as in trouble.
    thing_ref: Option<String>,
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
    let open = alerts.firings_for(&req.cx().caller).await?;
    let rules = alerts.list_rules().await?;
    let quiet = quiet_by(&alerts).await?;
    let well = rules.iter().filter(|r| r.is_active() && open.iter().all(|f| f.rule_id != r.id)).count();
    let mut things = match alerts.0.inventory.get() {
        Some(inventory) if req.cx().has("inventory:read") => inventory.troubles(&inventory.scope_of(&req.cx().caller)).await?,
        _ => Vec::new(),
    };
    let mut spoken = Vec::new();
    let found: Vec<ProblemView> = problems(open, now)
        .into_iter()
        .map(|p| {
            let thing_ref = things.iter().flat_map(members).find(|t| speaks_of(&p.firing, t)).map(|t| t.reference.clone());
            let all: Vec<&OpenFiring> = std::iter::once(&p.firing).chain(&p.children).collect();
            let about = things.iter().filter(|t| all.iter().any(|f| speaks_of(f, &t.thing))).map(|t| t.thing.reference.clone());
            spoken.extend(about);
            let children = p.children.into_iter().map(child).collect();
            ProblemView { children, thing_ref, ..view(p.firing, &quiet, now, req.cx()) }
        })
        .collect();
    things.retain(|t| !spoken.contains(&t.thing.reference));
    let things =
        things.into_iter().map(|t| TroubleView { thing: t.thing.into(), children: t.children.into_iter().map(Into::into).collect() });
    Ok(Reply::json(&AttentionView { problems: found, well, things: things.collect() }))
}

fn members(t: &Trouble) -> impl Iterator<Item = &Thing> {
    std::iter::once(&t.thing).chain(&t.children)
}

/// Whether an alert is about a thing: one of its labels names it, by name or as events do. The machine's own state comes
/// from its alerts, so that any alert without labels speaks of it.
fn speaks_of(f: &OpenFiring, thing: &Thing) -> bool {
    let id = thing.subject.as_ref().map(|(_, id)| id.as_str());
    let named = |v: &serde_json::Value| v.as_str().is_some_and(|v| v == thing.name || Some(v) == id);
    f.labels.as_object().is_some_and(|labels| labels.values().any(named)) || (thing.kind == "machine" && thing.source == "host")
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
        thing_ref: None,
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

/// The alert of the path; one that is not for the caller is not there.
async fn seen(alerts: &Alerts, req: &Req) -> Result<i64> {
    let id: i64 = req.param_as("id")?;
    let found = firings::by_id(&alerts.0.db, id).await?;
    if found.is_some_and(|f| !may_see(req, &f.labels)) {
        return Err(argos_kernel::AppError::not_found("alert not found"));
    }
    Ok(id)
}

async fn ack(alerts: Alerts, req: Req) -> Result<Reply> {
    let id = seen(&alerts, &req).await?;
    let acknowledged_by = alerts.acknowledge(req.cx(), id).await?;
    Ok(Reply::json(&AckView { status: "ok", acknowledged_by }))
}

async fn silence(alerts: Alerts, mut req: Req) -> Result<Reply> {
    let id = seen(&alerts, &req).await?;
    let body: SilenceBody = req.json().await?;
    let until = alerts.silence(&req.cx().actor(), id, body.minutes).await?;
    Ok(Reply::json(&SilenceView { status: "ok", silenced_until: until.map(Timestamp::rfc3339) }))
}
