//! `/api/status/*`: the public face of incidents and the components it lists.

use argos_kernel::{Result, Severity, Timestamp};
use argos_web::{OpCx, Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::incidents::{id_of, severity_of, status_of};
use crate::Alerts;
use crate::actions::components::{self, ComponentChange};
use crate::actions::incidents::NewIncident;
use crate::model::incident::{Incident, Status, status_word};
use crate::model::status_page::{Bar, DAYS, Named, State, bars, component, overall};
use crate::store::components::Component;
use crate::store::incidents;

pub(super) fn declare(routes: Routes<Alerts>) -> Routes<Alerts> {
    routes
        .get("/api/status/public", "status.public", "Components, open incidents and 90 days at a glance.", public)
        .reply::<PublicView>()
        .get("/api/status/incidents", "status.list_incidents", "Published incidents, newest first.", list)
        .reply::<IncidentsView>()
        .post("/api/status/incidents", "status.create_incident_alias", "Publish an incident.", create)
        .body::<CreateBody>()
        .reply::<CreatedView>()
        .post("/api/status/incidents/create", "status.create_incident", "Publish an incident.", create)
        .body::<CreateBody>()
        .reply::<CreatedView>()
        .post("/api/status/incidents/{id}/update", "status.update_incident", "Post an update, which sets the status.", update)
        .body::<UpdateBody>()
        .reply::<CreatedView>()
        .put("/api/status/incidents/{id}", "status.update_incident_alias", "Post an update, which sets the status.", update)
        .body::<UpdateBody>()
        .reply::<CreatedView>()
        .post("/api/status/incidents/{id}/resolve", "status.resolve_incident_alias", "Resolve a published incident.", resolve)
        .reply::<StatusView>()
        .put("/api/status/incidents/{id}/resolve", "status.resolve_incident", "Resolve a published incident.", resolve)
        .reply::<StatusView>()
        .get("/api/status/components", "status.list_components", "Components of the status page.", list_components)
        .reply::<ComponentsView>()
        .post("/api/status/components", "status.create_component", "Add a component.", create_component)
        .body::<ComponentBody>()
        .reply::<CreatedView>()
        .put("/api/status/components/{comp_id}", "status.update_component", "Change a component.", update_component)
        .body::<ComponentBody>()
        .reply::<StatusView>()
        .delete("/api/status/components/{comp_id}", "status.delete_component", "Remove a component.", delete_component)
        .reply::<StatusView>()
}

#[derive(JsonSchema, Serialize)]
struct PublicView {
    components: Vec<ComponentState>,
    /// The same list under its older name.
    services: Vec<ComponentState>,
    active_incidents: Vec<IncidentView>,
    /// 90 days, oldest first.
    uptime_history: Vec<Bar>,
    /// operational, degraded or major_outage
    overall: &'static str,
    timestamp: i64,
}

#[derive(Clone, JsonSchema, Serialize)]
struct ComponentState {
    id: i64,
    name: String,
    group_name: String,
    /// operational, degraded, major_outage or unknown
    status: &'static str,
}

#[derive(JsonSchema, Serialize)]
struct IncidentsView {
    incidents: Vec<IncidentView>,
}

#[derive(JsonSchema, Serialize)]
struct IncidentView {
    id: i64,
    title: String,
    /// minor, major or critical
    severity: &'static str,
    status: &'static str,
    created_at: i64,
    resolved_at: Option<i64>,
    /// Blank for anonymous callers.
    created_by: String,
    assigned_to: String,
    /// Oldest first.
    updates: Vec<UpdateView>,
}

#[derive(JsonSchema, Serialize)]
struct UpdateView {
    id: i64,
    message: String,
    status: String,
    created_at: i64,
    created_by: String,
}

#[derive(JsonSchema, Deserialize)]
struct CreateBody {
    #[serde(default)]
    title: String,
    /// minor, major or critical
    #[serde(default)]
    severity: Option<String>,
    #[serde(default)]
    message: String,
}

#[derive(JsonSchema, Deserialize)]
struct UpdateBody {
    #[serde(default)]
    message: String,
    #[serde(default)]
    status: Option<String>,
}

#[derive(JsonSchema, Serialize)]
struct CreatedView {
    id: i64,
    status: &'static str,
}

#[derive(JsonSchema, Serialize)]
struct StatusView {
    status: &'static str,
}

#[derive(JsonSchema, Serialize)]
struct ComponentsView {
    components: Vec<Component>,
}

#[derive(JsonSchema, Deserialize)]
struct ComponentBody {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    group_name: Option<String>,
    #[serde(default)]
    service_key: Option<String>,
    #[serde(default)]
    display_order: Option<i64>,
    #[serde(default)]
    enabled: Option<bool>,
}

async fn views(alerts: &Alerts, rows: Vec<Incident>, cx: &OpCx) -> Result<Vec<IncidentView>> {
    let named = !cx.actor().name.is_empty() && cx.has("incidents:read");
    let who = |name: String| if named { name } else { String::new() };
    let mut out = Vec::with_capacity(rows.len());
    for i in rows {
        let updates = incidents::updates(&alerts.0.db, i.id).await?;
        let line = |u: incidents::Update| UpdateView {
            id: u.id,
            message: u.message,
            status: u.status,
            created_at: u.at.secs(),
            created_by: who(u.by),
        };
        out.push(IncidentView {
            id: i.id,
            title: i.title,
            severity: status_word(i.severity),
            status: i.status.as_str(),
            created_at: i.started_at.secs(),
            resolved_at: i.resolved_at.map(Timestamp::secs),
            created_by: who(i.created_by),
            assigned_to: who(i.assigned_to.unwrap_or_default()),
            updates: updates.into_iter().map(line).collect(),
        });
    }
    Ok(out)
}

async fn list(alerts: Alerts, req: Req) -> Result<Reply> {
    let rows = incidents::public(&alerts.0.db, 50).await?;
    Ok(Reply::json(&IncidentsView { incidents: views(&alerts, rows, req.cx()).await? }))
}

async fn public(alerts: Alerts, req: Req) -> Result<Reply> {
    let now = req.cx().now();
    let since = now.minus_secs(i64::try_from(DAYS + 1).unwrap_or(91) * 86_400);
    let recent = incidents::public_since(&alerts.0.db, since).await?;
    let spans: Vec<(Timestamp, Option<Timestamp>, Severity)> = recent.iter().map(|i| (i.started_at, i.resolved_at, i.severity)).collect();
    let active: Vec<Incident> = recent.into_iter().filter(Incident::is_open).collect();
    let (open, host) = (alerts.open_firings().await?, alerts.host_name());
    let named: Vec<Named<'_>> = active.iter().map(|i| Named { title: &i.title, severity: i.severity }).collect();
    let (mut shown, mut states) = (Vec::new(), Vec::new());
    for c in alerts.shown_components().await? {
        let known = match &c.service_key {
            Some(key) => alerts.knows_subject(key).await?,
            None => true,
        };
        let state: State = component(&c.name, c.service_key.as_deref(), &open, &named, known, host.as_deref());
        states.push(state);
        shown.push(ComponentState { id: c.id, name: c.name, group_name: c.group_name, status: state.as_str() });
    }
    let severities: Vec<Severity> = active.iter().map(|i| i.severity).collect();
    let view = PublicView {
        services: shown.clone(),
        components: shown,
        uptime_history: bars(&spans, alerts.watched_since().await?, alerts.zone(), now),
        overall: overall(&states, &severities),
        timestamp: now.secs(),
        active_incidents: views(&alerts, active, req.cx()).await?,
    };
    Ok(Reply::json(&view))
}

async fn create(alerts: Alerts, mut req: Req) -> Result<Reply> {
    let body: CreateBody = req.json().await?;
    let severity = severity_of(body.severity.as_deref())?;
    let new = NewIncident { title: body.title, update: body.message, severity, public: true, ..NewIncident::default() };
    let id = alerts.create_incident(&req.cx().actor(), new).await?;
    Ok(Reply::json(&CreatedView { id, status: "ok" }))
}

async fn update(alerts: Alerts, mut req: Req) -> Result<Reply> {
    let id = id_of(&req)?;
    let body: UpdateBody = req.json().await?;
    let status = status_of(body.status.as_deref())?.unwrap_or(Status::Investigating);
    let id = alerts.post_update(&req.cx().actor(), id, &body.message, status, true).await?;
    Ok(Reply::json(&CreatedView { id, status: "ok" }))
}

async fn resolve(alerts: Alerts, req: Req) -> Result<Reply> {
    alerts.resolve_incident(&req.cx().actor(), id_of(&req)?, true).await?;
    Ok(Reply::json(&StatusView { status: "ok" }))
}

async fn list_components(alerts: Alerts, _: Req) -> Result<Reply> {
    Ok(Reply::json(&ComponentsView { components: alerts.components().await? }))
}

fn comp_id(req: &Req) -> Result<i64> {
    req.param("comp_id").parse().map_err(|_| components::not_found())
}

impl From<ComponentBody> for ComponentChange {
    fn from(b: ComponentBody) -> Self {
        Self { name: b.name, group_name: b.group_name, service_key: b.service_key, display_order: b.display_order, enabled: b.enabled }
    }
}

async fn create_component(alerts: Alerts, mut req: Req) -> Result<Reply> {
    let body: ComponentBody = req.json().await?;
    let id = alerts.create_component(&req.cx().actor(), body.into()).await?;
    Ok(Reply::json(&CreatedView { id, status: "ok" }))
}

async fn update_component(alerts: Alerts, mut req: Req) -> Result<Reply> {
    let id = comp_id(&req)?;
    let body: ComponentBody = req.json().await?;
    alerts.update_component(&req.cx().actor(), id, body.into()).await?;
    Ok(Reply::json(&StatusView { status: "ok" }))
}

async fn delete_component(alerts: Alerts, req: Req) -> Result<Reply> {
    alerts.delete_component(&req.cx().actor(), comp_id(&req)?).await?;
    Ok(Reply::json(&StatusView { status: "ok" }))
}
