//! `/api/v1/webhooks/endpoints*` and `/api/v1/webhooks/in/{endpoint_id}` (quality-platform C.16): the endpoints of one
//! organization. It must never show or take the endpoint of another one.

use argos_kernel::{Result, Timestamp, Uid};
use argos_web::{ProjectRef, Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Webhooks;
use crate::endpoints::{Place, Which, not_found};
use crate::routes::{received_at, vendor_reply};
use crate::store::{self, Endpoint};

const BODY_MAX: usize = 1 << 20;

pub(crate) fn declare(routes: Routes<Webhooks>) -> Routes<Webhooks> {
    routes
        .get("/api/v1/webhooks/endpoints", "webhook_endpoints.list", "Webhook endpoints of an organization, newest first.", list)
        .param("project_id", "endpoints of one project")
        .reply::<EndpointsView>()
        .post("/api/v1/webhooks/endpoints", "webhook_endpoints.create", "Create an endpoint; its secret is shown only now.", create)
        .body::<EndpointBody>()
        .reply::<EndpointView>()
        .get("/api/v1/webhooks/endpoints/{id}", "webhook_endpoints.get", "One endpoint.", get)
        .reply::<EndpointView>()
        .delete("/api/v1/webhooks/endpoints/{id}", "webhook_endpoints.delete", "Delete an endpoint and its deliveries.", delete)
        .reply::<EndpointDone>()
        .post("/api/v1/webhooks/endpoints/{id}/rotate", "webhook_endpoints.rotate", "A new secret; the old one holds for 24 h.", rotate)
        .reply::<EndpointView>()
        .post("/api/v1/webhooks/in/{endpoint_id}", "webhook_endpoints.receive", "Where the sender of an endpoint calls.", receive)
        .body_limit(BODY_MAX)
}

#[derive(Serialize, JsonSchema)]
struct EndpointsView {
    endpoints: Vec<EndpointView>,
    total: usize,
}

#[derive(Serialize, JsonSchema)]
struct EndpointView {
    id: String,
    name: String,
    source: String,
    /// Where the sender calls.
    url: String,
    project_id: Option<String>,
    /// native, token, basic or none
    verify_mode: String,
    enabled: bool,
    last_received_at: Option<String>,
    received: i64,
    rejected: i64,
    created_at: String,
    /// Only in the answers that make it.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
struct EndpointBody {
    source: String,
    /// The source when absent.
    #[serde(default)]
    name: Option<String>,
    /// A project of the organization; absent = all of them.
    #[serde(default)]
    project_id: Option<String>,
    /// native when absent
    #[serde(default)]
    verify_mode: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct EndpointDone {
    success: bool,
    message: &'static str,
}

fn view(w: &Webhooks, req: &Req, e: Endpoint, projects: &[ProjectRef], secret: Option<String>) -> Result<EndpointView> {
    let client = &req.cx().client;
    let here = || format!("{}://{}", if client.https { "https" } else { "http" }, client.host);
    let base = (w.0.public_url)()?.unwrap_or_else(here);
    Ok(EndpointView {
        url: format!("{}/api/v1/webhooks/in/{}", base.trim_end_matches('/'), e.uid),
        project_id: projects.iter().find(|p| Some(p.id) == e.project_id).map(|p| p.uid.to_string()),
        id: e.uid.to_string(),
        name: e.name,
        source: e.source,
        verify_mode: e.verify_mode,
        enabled: e.enabled,
        last_received_at: e.last_triggered.map(Timestamp::rfc3339),
        received: e.trigger_count,
        rejected: e.rejected,
        created_at: e.created_at.rfc3339(),
        secret,
    })
}

async fn list(w: Webhooks, req: Req) -> Result<Reply> {
    let organization = w.0.organizations.organization_of(&req).await?;
    let project = match req.query().filled("project_id") {
        Some(text) => Some(w.0.organizations.project_named(&req, text).await?.id),
        None => None,
    };
    let projects = w.0.organizations.projects_of(organization).await?;
    let all = store::of_organization(&w.0.db, organization).await?;
    let wanted = all.into_iter().filter(|e| project.is_none_or(|p| e.project_id == Some(p)));
    let endpoints = wanted.map(|e| view(&w, &req, e, &projects, None)).collect::<Result<Vec<_>>>()?;
    Ok(Reply::json(&EndpointsView { total: endpoints.len(), endpoints }))
}

async fn create(w: Webhooks, mut req: Req) -> Result<Reply> {
    let organization = w.0.organizations.organization_of(&req).await?;
    let body: EndpointBody = req.json().await?;
    let project = match body.project_id.as_deref().filter(|p| !p.is_empty()) {
        Some(text) => Some(w.0.organizations.project_named(&req, text).await?),
        None => None,
    };
    // The caller may see it in another of his organizations.
    if project.is_some_and(|p| p.organization_id != organization) {
        return Err(argos_kernel::AppError::not_found("Project not found"));
    }
    let place = Place { organization_id: Some(organization), project_id: project.map(|p| p.id) };
    let (name, mode) = (body.name.as_deref().unwrap_or(&body.source), body.verify_mode.as_deref().unwrap_or("native"));
    let (made, secret) = w.create(&req.cx().actor(), place, name, &body.source, mode).await?;
    let projects: Vec<ProjectRef> = project.into_iter().collect();
    Ok(Reply::json(&view(&w, &req, made, &projects, Some(secret.into_inner()))?))
}

/// The endpoint a path names, in the organization the request acts in.
async fn named(w: &Webhooks, req: &Req) -> Result<(i64, Endpoint)> {
    let organization = w.0.organizations.organization_of(req).await?;
    let uid: Uid = req.param("id").parse().map_err(|_| not_found())?;
    let found = store::by_uid(&w.0.db, uid).await?.filter(|e| e.organization_id == Some(organization));
    Ok((organization, found.ok_or_else(not_found)?))
}

async fn get(w: Webhooks, req: Req) -> Result<Reply> {
    let (organization, found) = named(&w, &req).await?;
    let projects = w.0.organizations.projects_of(organization).await?;
    Ok(Reply::json(&view(&w, &req, found, &projects, None)?))
}

async fn rotate(w: Webhooks, req: Req) -> Result<Reply> {
    let (organization, found) = named(&w, &req).await?;
    let secret = w.rotate(&req.cx().actor(), Which::Of(organization, found.uid)).await?;
    let projects = w.0.organizations.projects_of(organization).await?;
    Ok(Reply::json(&view(&w, &req, found, &projects, Some(secret.into_inner()))?))
}

async fn delete(w: Webhooks, req: Req) -> Result<Reply> {
    let (organization, found) = named(&w, &req).await?;
    w.delete(&req.cx().actor(), Which::Of(organization, found.uid)).await?;
    Ok(Reply::json(&EndpointDone { success: true, message: "Webhook endpoint deleted" }))
}

async fn receive(w: Webhooks, mut req: Req) -> Result<Reply> {
    let uid: Uid = req.param("endpoint_id").parse().map_err(|_| not_found())?;
    let endpoint = store::by_uid(&w.0.db, uid).await?.filter(|e| e.organization_id.is_some()).ok_or_else(not_found)?;
    let source = endpoint.source.clone();
    let accepted = received_at(&w, endpoint, &mut req).await?;
    Ok(Reply::json(&vendor_reply(&source, &accepted)))
}
