//! `/api/hosts`: sites.

use argos_kernel::Result;
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Service, id, time, told};
use crate::actions::hosts::Shown;
use crate::model::host::{HostBody, HostSpec};
use crate::model::sign_in::Obstacle;

pub(super) fn routes(edge: Service) -> Routes {
    Routes::new(edge)
        .get("/api/hosts", "edge.list_hosts", "Every site, by domain.", list)
        .reply::<Vec<HostView>>()
        .post("/api/hosts", "edge.create_host", "Publish a site, with a pool that is there or a new one.", create)
        .body::<HostBody>()
        .created::<HostView>()
        .get("/api/hosts/{id}", "edge.get_host", "One site.", get)
        .reply::<HostView>()
        .put("/api/hosts/{id}", "edge.update_host", "Change a site.", update)
        .body::<HostBody>()
        .reply::<HostView>()
        .delete("/api/hosts/{id}", "edge.delete_host", "Delete a site with its rules and protection.", delete)
        .post("/api/hosts/{id}/toggle", "edge.toggle_host", "Switch a site on or off.", toggle)
        .reply::<HostView>()
        .done()
}

#[derive(Serialize, JsonSchema)]
pub(super) struct HostView {
    id: i64,
    domain: String,
    target_group_id: i64,
    target_group: Option<GroupSummary>,
    enabled: bool,
    #[serde(flatten)]
    spec: HostSpec,
    rules_count: i64,
    /// What keeps people from signing in, when the site asks for it.
    sign_in_obstacles: Vec<Obstacle>,
    created_at: String,
    updated_at: String,
}

#[derive(Serialize, JsonSchema)]
struct GroupSummary {
    id: i64,
    name: String,
    protocol: String,
    algorithm: String,
    targets_count: usize,
    targets_enabled_count: usize,
}

fn view(edge: &Service, shown: Shown) -> HostView {
    let sign_in_obstacles = edge.auth.obstacles(&shown.host);
    let (host, targets, enabled) = (shown.host, shown.targets, shown.targets_enabled);
    HostView {
        target_group: shown.group.map(|g| GroupSummary {
            id: g.id,
            name: g.name,
            protocol: g.spec.protocol,
            algorithm: g.spec.algorithm,
            targets_count: targets,
            targets_enabled_count: enabled,
        }),
        id: host.id,
        domain: host.domain,
        target_group_id: host.target_group_id,
        enabled: host.enabled,
        spec: host.spec,
        rules_count: shown.rules,
        sign_in_obstacles,
        created_at: time(host.created_at),
        updated_at: time(host.updated_at),
    }
}

/// A site as its routes show it, for other groups that answer with one.
pub(super) async fn shown(edge: &Service, id: i64) -> Result<HostView> {
    Ok(view(edge, edge.get_host(id).await?))
}

async fn list(edge: Service, _: Req) -> Result<Reply> {
    let views: Vec<HostView> = edge.list_hosts().await?.into_iter().map(|shown| view(&edge, shown)).collect();
    Ok(Reply::json(&views))
}

async fn create(edge: Service, mut req: Req) -> Result<Reply> {
    let body: HostBody = req.json().await?;
    let done = edge.create_host(&req.cx().actor(), &body).await?;
    Ok(told(Reply::created(&view(&edge, done.value)), done.applied))
}

async fn get(edge: Service, req: Req) -> Result<Reply> {
    Ok(Reply::json(&view(&edge, edge.get_host(id(&req, "id")?).await?)))
}

async fn update(edge: Service, mut req: Req) -> Result<Reply> {
    let id = id(&req, "id")?;
    let body: HostBody = req.json().await?;
    let done = edge.update_host(&req.cx().actor(), id, &body).await?;
    Ok(told(Reply::json(&view(&edge, done.value)), done.applied))
}

async fn delete(edge: Service, req: Req) -> Result<Reply> {
    let applied = edge.delete_host(&req.cx().actor(), id(&req, "id")?).await?;
    Ok(told(Reply::no_content(), applied))
}

async fn toggle(edge: Service, req: Req) -> Result<Reply> {
    let done = edge.toggle_host(&req.cx().actor(), id(&req, "id")?).await?;
    Ok(told(Reply::json(&view(&edge, done.value)), done.applied))
}
