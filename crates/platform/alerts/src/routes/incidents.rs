//! `/api/incidents*`: every incident, its war room and its timeline.

use argos_kernel::{AppError, Result, Severity, Timestamp};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::choices::{is_for, organizations_of};
use crate::Alerts;
use crate::actions::incidents::{IncidentChange, NewIncident, not_found};
use crate::model::incident::{Incident, Status};
use crate::store::firings;
use crate::store::firings::HistoryRow;
use crate::store::incidents::{self, Message};

/// Lines of a war room that are shown.
const MESSAGES_MAX: i64 = 200;

pub(super) fn declare(routes: Routes<Alerts>) -> Routes<Alerts> {
    routes
        .get("/api/incidents", "incidents.list", "Incidents of the last hours, newest first.", list)
        .param("hours", "1 to 168, 24 when absent")
        .param("limit", "At most 200")
        .param("open", "1 = also older ones that are still open")
        .reply::<Vec<IncidentView>>()
        .post("/api/incidents", "incidents.create", "Open an incident by hand.", create)
        .body::<CreateBody>()
        .reply::<CreatedView>()
        .get("/api/incidents/{id}", "incidents.get", "One incident with its alerts.", get)
        .reply::<DetailView>()
        .patch("/api/incidents/{id}", "incidents.change", "Change title, severity, status, cause, postmortem or publication.", change)
        .body::<ChangeBody>()
        .reply::<IncidentView>()
        .get("/api/incidents/{id}/timeline", "incidents.timeline", "Alerts, updates and messages in order.", timeline)
        .reply::<Vec<TimelineEntry>>()
        .post("/api/incidents/{id}/resolve", "incidents.resolve", "Resolve; its alerts stay quiet until they clear.", resolve)
        .reply::<StatusView>()
        .post("/api/incidents/{id}/reopen", "incidents.reopen", "Open a resolved incident again.", reopen)
        .reply::<StatusView>()
        .post("/api/incidents/{id}/merge", "incidents.merge", "Move everything into another incident.", merge)
        .body::<MergeBody>()
        .reply::<StatusView>()
        .get("/api/incidents/{id}/messages", "incidents.list_messages", "The war room, oldest first.", messages)
        .reply::<MessagesView>()
        .post("/api/incidents/{id}/messages", "incidents.post_message", "Write into the war room.", post_message)
        .body::<MessageBody>()
        .reply::<CreatedView>()
        .put("/api/incidents/{id}/assign", "incidents.assign", "Make somebody responsible.", assign)
        .body::<AssignBody>()
        .reply::<AssignedView>()
}

#[derive(JsonSchema, Serialize)]
struct IncidentView {
    id: i64,
    uid: String,
    /// Unix seconds.
    timestamp: i64,
    /// info, warning, danger or critical
    severity: &'static str,
    source: String,
    title: String,
    details: String,
    /// Unix seconds; 0 = open.
    resolved_at: i64,
    resolved_by: Option<String>,
    auto_generated: bool,
    /// auto, manual or error
    kind: String,
    /// investigating, identified, monitoring or resolved
    status: &'static str,
    public: bool,
    assigned_to: Option<String>,
    created_by: String,
    root_cause: Option<String>,
    postmortem: Option<String>,
    merged_into: Option<i64>,
}

#[derive(JsonSchema, Serialize)]
struct DetailView {
    #[serde(flatten)]
    incident: IncidentView,
    alerts: Vec<AlertView>,
}

#[derive(JsonSchema, Serialize)]
struct AlertView {
    id: i64,
    rule_id: String,
    severity: &'static str,
    message: String,
    /// Unix seconds.
    started_at: i64,
    resolved_at: Option<i64>,
    value: Option<f64>,
    labels: serde_json::Value,
    acknowledged_by: Option<String>,
    flapping: bool,
    withheld: Option<String>,
}

#[derive(JsonSchema, Deserialize)]
struct CreateBody {
    #[serde(default)]
    title: String,
    #[serde(default)]
    details: String,
    #[serde(default)]
    severity: Option<String>,
}

#[derive(JsonSchema, Deserialize)]
struct ChangeBody {
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    details: Option<String>,
    #[serde(default)]
    severity: Option<String>,
    /// investigating, identified or monitoring
    #[serde(default)]
    status: Option<String>,
    /// Shows it on the status page; needs status:manage.
    #[serde(default)]
    public: Option<bool>,
    #[serde(default)]
    root_cause: Option<String>,
    #[serde(default)]
    postmortem: Option<String>,
}

#[derive(JsonSchema, Deserialize)]
struct MergeBody {
    /// The incident that stays.
    #[serde(default)]
    into: Option<i64>,
}

#[derive(JsonSchema, Deserialize)]
struct MessageBody {
    #[serde(default)]
    message: String,
    /// comment, action or note
    #[serde(default)]
    msg_type: Option<String>,
}

#[derive(JsonSchema, Deserialize)]
struct AssignBody {
    /// A username; empty = nobody.
    #[serde(default)]
    assigned_to: Option<String>,
}

#[derive(JsonSchema, Serialize)]
struct StatusView {
    status: &'static str,
}

#[derive(JsonSchema, Serialize)]
struct CreatedView {
    id: i64,
    status: &'static str,
}

#[derive(JsonSchema, Serialize)]
struct AssignedView {
    status: &'static str,
    assigned_to: Option<String>,
}

#[derive(JsonSchema, Serialize)]
struct MessagesView {
    incident_id: i64,
    messages: Vec<MessageView>,
}

#[derive(JsonSchema, Serialize)]
struct MessageView {
    id: i64,
    incident_id: i64,
    author: String,
    message: String,
    /// comment, system, action or note
    msg_type: String,
    created_at: i64,
}

#[derive(JsonSchema, Serialize)]
struct TimelineEntry {
    /// Unix seconds.
    at: i64,
    /// opened, alert, alert_over, update, message or resolved
    kind: &'static str,
    by: Option<String>,
    text: String,
    severity: Option<&'static str>,
    /// The type of a message, the status of an update.
    detail: Option<String>,
}

fn view(i: Incident) -> IncidentView {
    IncidentView {
        id: i.id,
        uid: i.uid,
        timestamp: i.started_at.secs(),
        severity: i.severity.ops_word(),
        source: i.source,
        title: i.title,
        details: i.details,
        resolved_at: i.resolved_at.map_or(0, Timestamp::secs),
        resolved_by: i.resolved_by,
        auto_generated: i.auto_generated,
        kind: i.kind,
        status: i.status.as_str(),
        public: i.public,
        assigned_to: i.assigned_to,
        created_by: i.created_by,
        root_cause: i.root_cause,
        postmortem: i.postmortem,
        merged_into: i.merged_into,
    }
}

fn alert(r: HistoryRow) -> AlertView {
    AlertView {
        id: r.id,
        rule_id: r.rule_id,
        severity: r.severity.ops_word(),
        message: r.message,
        started_at: r.started_at.secs(),
        resolved_at: r.resolved_at.map(Timestamp::secs),
        value: r.value,
        labels: r.labels,
        acknowledged_by: r.acknowledged_by,
        flapping: r.flapping,
        withheld: r.withheld,
    }
}

/// An id of the path; one that is no number names nothing.
pub(super) fn id_of(req: &Req) -> Result<i64> {
    req.param("id").parse().map_err(|_| not_found())
}

async fn known(alerts: &Alerts, req: &Req) -> Result<Incident> {
    let found = incidents::get(&alerts.0.db, id_of(req)?).await?;
    found.filter(|i| is_for(req, i.organization_id)).ok_or_else(not_found)
}

pub(super) fn severity_of(word: Option<&str>) -> Result<Option<Severity>> {
    const WORDS: [&str; 9] = ["debug", "info", "warning", "minor", "error", "danger", "major", "critical", "fatal"];
    match word.map(str::trim).filter(|w| !w.is_empty()) {
        None => Ok(None),
        Some(w) if WORDS.contains(&w.to_ascii_lowercase().as_str()) => Ok(Some(Severity::parse_lenient(w))),
        Some(_) => Err(AppError::bad_request("Invalid severity").code("invalid_field").with("field", "severity")),
    }
}

pub(super) fn status_of(word: Option<&str>) -> Result<Option<Status>> {
    let bad = || {
        AppError::bad_request("status must be investigating, identified, monitoring or resolved")
            .code("invalid_field")
            .with("field", "status")
    };
    word.map(str::trim).filter(|w| !w.is_empty()).map(|w| Status::parse(w).ok_or_else(bad)).transpose()
}

async fn list(alerts: Alerts, req: Req) -> Result<Reply> {
    let q = req.query();
    let hours = q.int_clamped("hours", 24, 1, 168)?;
    let limit = q.int_clamped("limit", 200, 1, 200)?;
    let since = req.cx().now().minus_secs(hours * 3600);
    let rows = incidents::recent(&alerts.0.db, since, q.flag("open"), q.filled("kind"), organizations_of(&req).as_deref(), limit).await?;
    Ok(Reply::json(&rows.into_iter().map(view).collect::<Vec<_>>()))
}

async fn create(alerts: Alerts, mut req: Req) -> Result<Reply> {
    let body: CreateBody = req.json().await?;
    let severity = severity_of(body.severity.as_deref())?;
    let new = NewIncident { title: body.title, details: body.details, severity, ..NewIncident::default() };
    let id = alerts.create_incident(&req.cx().actor(), new).await?;
    Ok(Reply::json(&CreatedView { id, status: "ok" }))
}

async fn get(alerts: Alerts, req: Req) -> Result<Reply> {
    let incident = known(&alerts, &req).await?;
    let rows = firings::of_incident(&alerts.0.db, incident.id).await?;
    Ok(Reply::json(&DetailView { incident: view(incident), alerts: rows.into_iter().map(alert).collect() }))
}

async fn change(alerts: Alerts, mut req: Req) -> Result<Reply> {
    let id = known(&alerts, &req).await?.id;
    let body: ChangeBody = req.json().await?;
    if body.public.is_some() {
        req.cx().require("status:manage")?;
    }
    let wanted = IncidentChange {
        severity: severity_of(body.severity.as_deref())?,
        status: status_of(body.status.as_deref())?,
        title: body.title,
        details: body.details,
        public: body.public,
        root_cause: body.root_cause,
        postmortem: body.postmortem,
    };
    let incident = alerts.change_incident(&req.cx().actor(), id, wanted).await?;
    Ok(Reply::json(&view(incident)))
}

async fn resolve(alerts: Alerts, req: Req) -> Result<Reply> {
    let id = known(&alerts, &req).await?.id;
    alerts.resolve_incident(&req.cx().actor(), id, false).await?;
    Ok(Reply::json(&StatusView { status: "ok" }))
}

async fn reopen(alerts: Alerts, req: Req) -> Result<Reply> {
    let id = known(&alerts, &req).await?.id;
    alerts.reopen_incident(&req.cx().actor(), id).await?;
    Ok(Reply::json(&StatusView { status: "ok" }))
}

async fn merge(alerts: Alerts, mut req: Req) -> Result<Reply> {
    let id = known(&alerts, &req).await?.id;
    let body: MergeBody = req.json().await?;
    let into = body.into.ok_or_else(|| AppError::bad_request("into is required").code("invalid_field").with("field", "into"))?;
    let target = incidents::get(&alerts.0.db, into).await?;
    if target.is_some_and(|t| !is_for(&req, t.organization_id)) {
        return Err(AppError::bad_request("there is no such incident").code("invalid_field").with("field", "into"));
    }
    alerts.merge_incident(&req.cx().actor(), id, into).await?;
    Ok(Reply::json(&StatusView { status: "ok" }))
}

async fn messages(alerts: Alerts, req: Req) -> Result<Reply> {
    let incident = known(&alerts, &req).await?;
    let rows = incidents::messages(&alerts.0.db, incident.id, MESSAGES_MAX).await?;
    let view = |m: Message| MessageView {
        id: m.id,
        incident_id: incident.id,
        author: m.author,
        message: m.message,
        msg_type: m.kind,
        created_at: m.at.secs(),
    };
    Ok(Reply::json(&MessagesView { incident_id: incident.id, messages: rows.into_iter().map(view).collect() }))
}

async fn post_message(alerts: Alerts, mut req: Req) -> Result<Reply> {
    let id = known(&alerts, &req).await?.id;
    let body: MessageBody = req.json().await?;
    let kind = body.msg_type.as_deref().unwrap_or("comment");
    let id = alerts.post_message(&req.cx().actor(), id, &body.message, kind).await?;
    Ok(Reply::json(&CreatedView { id, status: "ok" }))
}

async fn assign(alerts: Alerts, mut req: Req) -> Result<Reply> {
    let id = known(&alerts, &req).await?.id;
    let body: AssignBody = req.json().await?;
    let to = body
        .assigned_to
        .ok_or_else(|| AppError::bad_request("assigned_to is required").code("invalid_field").with("field", "assigned_to"))?;
    let assigned_to = alerts.assign_incident(&req.cx().actor(), id, &to).await?;
    Ok(Reply::json(&AssignedView { status: "ok", assigned_to }))
}

async fn timeline(alerts: Alerts, req: Req) -> Result<Reply> {
    let incident = known(&alerts, &req).await?;
    let entry = |at: Timestamp, kind, by: Option<String>, text: String| TimelineEntry {
        at: at.secs(),
        kind,
        by,
        text,
        severity: None,
        detail: None,
    };
    let mut all = Vec::new();
    for f in firings::of_incident(&alerts.0.db, incident.id).await? {
        let severity = Some(f.severity.ops_word());
        if let Some(over) = f.resolved_at {
            all.push((over, 3, TimelineEntry { severity, ..entry(over, "alert_over", None, f.message.clone()) }));
        }
        all.push((f.started_at, 1, TimelineEntry { severity, detail: Some(f.rule_id), ..entry(f.started_at, "alert", None, f.message) }));
    }
    for u in incidents::updates(&alerts.0.db, incident.id).await? {
        all.push((u.at, 4, TimelineEntry { detail: Some(u.status), ..entry(u.at, "update", Some(u.by), u.message) }));
    }
    for m in incidents::messages(&alerts.0.db, incident.id, 1000).await? {
        all.push((m.at, 2, TimelineEntry { detail: Some(m.kind), ..entry(m.at, "message", Some(m.author), m.message) }));
    }
    let opened = TimelineEntry {
        severity: Some(incident.severity.ops_word()),
        ..entry(incident.started_at, "opened", Some(incident.created_by), incident.title)
    };
    all.push((incident.started_at, 0, opened));
    all.sort_by_key(|(at, rank, _)| (*at, *rank));
    Ok(Reply::json(&all.into_iter().map(|(_, _, e)| e).collect::<Vec<_>>()))
}
