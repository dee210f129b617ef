//! `/api/target-groups` and `/api/targets/health`: pools and their backends.

use argos_kernel::Result;
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Service, id, time, told};
use crate::actions::groups::Filled;
use crate::actions::health::TargetHealth;
use crate::actions::pool_users::PoolUser;
use crate::model::group::{GroupBody, GroupSpec, Target, TargetBody};

pub(super) fn routes(edge: Service) -> Routes {
    Routes::new(edge)
        .get("/api/target-groups", "edge.list_target_groups", "Every pool, by name, without its targets.", list)
        .reply::<Vec<GroupView>>()
        .post("/api/target-groups", "edge.create_target_group", "Create a pool, with targets if any.", create)
        .body::<GroupBody>()
        .created::<GroupView>()
        .get("/api/target-groups/{id}", "edge.get_target_group", "One pool with its targets.", get)
        .reply::<GroupView>()
        .put("/api/target-groups/{id}", "edge.update_target_group", "Replace a pool; its targets stay.", update)
        .body::<GroupBody>()
        .reply::<GroupView>()
        .delete("/api/target-groups/{id}", "edge.delete_target_group", "Delete a pool that nothing uses.", delete)
        .post("/api/target-groups/{id}/targets", "edge.create_target", "Add a target.", create_target)
        .body::<TargetBody>()
        .created::<TargetView>()
        .put("/api/target-groups/{id}/targets/{target_id}", "edge.update_target", "Replace a target.", update_target)
        .body::<TargetBody>()
        .reply::<TargetView>()
        .delete("/api/target-groups/{id}/targets/{target_id}", "edge.delete_target", "Remove a target.", delete_target)
        .post("/api/target-groups/{id}/targets/{target_id}/toggle", "edge.toggle_target", "Switch a target on or off.", toggle_target)
        .reply::<TargetView>()
        .get("/api/targets/health", "edge.list_target_health", "What is known of every target.", health)
        .reply::<HealthView>()
        .done()
}

#[derive(Serialize, JsonSchema)]
struct GroupView {
    id: i64,
    name: String,
    #[serde(flatten)]
    spec: GroupSpec,
    #[serde(skip_serializing_if = "Option::is_none")]
    targets: Option<Vec<TargetView>>,
    /// Sites whose requests come here; in answers that only read.
    #[serde(skip_serializing_if = "Option::is_none")]
    used_by: Option<Vec<UserView>>,
    targets_count: usize,
    targets_enabled_count: usize,
    created_at: String,
    updated_at: String,
}

#[derive(Serialize, JsonSchema)]
struct UserView {
    host_id: i64,
    domain: String,
    /// Whatever no rule decides goes there.
    is_default: bool,
    /// Priorities of the rules that forward there.
    rules: Vec<i64>,
    /// Requests go there now: by default, or by a rule that is on.
    is_live: bool,
}

#[derive(Serialize, JsonSchema)]
struct TargetView {
    id: i64,
    target_group_id: i64,
    host: String,
    port: u16,
    weight: u16,
    enabled: bool,
    created_at: String,
    updated_at: String,
}

#[derive(Serialize, JsonSchema)]
struct HealthView {
    targets: Vec<TargetHealthView>,
    fetched_at: String,
}

#[derive(Serialize, JsonSchema)]
struct TargetHealthView {
    target_id: i64,
    target_group_id: i64,
    host: String,
    port: u16,
    enabled: bool,
    /// healthy, unhealthy or unknown
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_status_code: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_checked_at: Option<String>,
    /// In progress.
    num_requests: u32,
    num_fails: u64,
}

fn target_view(t: Target) -> TargetView {
    TargetView {
        id: t.id,
        target_group_id: t.group_id,
        host: t.host,
        port: t.port,
        weight: t.weight,
        enabled: t.enabled,
        created_at: time(t.created_at),
        updated_at: time(t.updated_at),
    }
}

fn view((group, targets): Filled, detailed: bool) -> GroupView {
    GroupView {
        targets_count: targets.len(),
        targets_enabled_count: targets.iter().filter(|t| t.enabled).count(),
        targets: detailed.then(|| targets.into_iter().map(target_view).collect()),
        used_by: None,
        id: group.id,
        name: group.name,
        spec: group.spec,
        created_at: time(group.created_at),
        updated_at: time(group.updated_at),
    }
}

fn users_view(users: Option<Vec<PoolUser>>) -> Vec<UserView> {
    let user = |u: PoolUser| {
        let PoolUser { host_id, domain, is_default, rules, is_live } = u;
        UserView { host_id, domain, is_default, rules, is_live }
    };
    users.into_iter().flatten().map(user).collect()
}

async fn list(edge: Service, _: Req) -> Result<Reply> {
    let mut users = edge.pool_users().await?;
    let with_users = |g: Filled| {
        let used_by = Some(users_view(users.remove(&g.0.id)));
        GroupView { used_by, ..view(g, false) }
    };
    let views: Vec<GroupView> = edge.list_groups().await?.into_iter().map(with_users).collect();
    Ok(Reply::json(&views))
}

async fn create(edge: Service, mut req: Req) -> Result<Reply> {
    let body: GroupBody = req.json().await?;
    let done = edge.create_group(&req.cx().actor(), &body).await?;
    Ok(told(Reply::created(&view(done.value, true)), done.applied))
}

async fn get(edge: Service, req: Req) -> Result<Reply> {
    let group = edge.get_group(id(&req, "id")?).await?;
    let used_by = Some(users_view(edge.pool_users().await?.remove(&group.0.id)));
    Ok(Reply::json(&GroupView { used_by, ..view(group, true) }))
}

async fn update(edge: Service, mut req: Req) -> Result<Reply> {
    let id = id(&req, "id")?;
    let body: GroupBody = req.json().await?;
    let done = edge.update_group(&req.cx().actor(), id, &body).await?;
    Ok(told(Reply::json(&view(done.value, true)), done.applied))
}

async fn delete(edge: Service, req: Req) -> Result<Reply> {
    let applied = edge.delete_group(&req.cx().actor(), id(&req, "id")?).await?;
    Ok(told(Reply::no_content(), applied))
}

fn place(req: &Req) -> Result<(i64, i64)> {
    Ok((id(req, "id")?, id(req, "target_id")?))
}

async fn create_target(edge: Service, mut req: Req) -> Result<Reply> {
    let group = id(&req, "id")?;
    let body: TargetBody = req.json().await?;
    let done = edge.create_target(&req.cx().actor(), group, &body).await?;
    Ok(told(Reply::created(&target_view(done.value)), done.applied))
}

async fn update_target(edge: Service, mut req: Req) -> Result<Reply> {
    let place = place(&req)?;
    let body: TargetBody = req.json().await?;
    let done = edge.update_target(&req.cx().actor(), place, &body).await?;
    Ok(told(Reply::json(&target_view(done.value)), done.applied))
}

async fn delete_target(edge: Service, req: Req) -> Result<Reply> {
    let (group, target) = place(&req)?;
    let applied = edge.delete_target(&req.cx().actor(), group, target).await?;
    Ok(told(Reply::no_content(), applied))
}

async fn toggle_target(edge: Service, req: Req) -> Result<Reply> {
    let done = edge.toggle_target(&req.cx().actor(), place(&req)?).await?;
    Ok(told(Reply::json(&target_view(done.value)), done.applied))
}

fn health_view(health: TargetHealth, now: argos_kernel::Timestamp) -> TargetHealthView {
    let status = health.word();
    let told = health.told.filter(|_| status == "unhealthy");
    let probe = health.live.as_ref().and_then(|l| l.probe.clone());
    let probed_at = probe.as_ref().map(|p| now.minus_secs(i64::try_from(p.age.as_secs()).unwrap_or(0)));
    let told_error = told.as_ref().map(|t| t.reason.clone());
    TargetHealthView {
        target_id: health.target.id,
        target_group_id: health.target.group_id,
        host: health.target.host,
        port: health.target.port,
        enabled: health.target.enabled,
        status,
        last_status_code: probe.as_ref().and_then(|p| p.status),
        last_error: probe.and_then(|p| p.error).or(told_error),
        last_checked_at: probed_at.or(told.map(|t| t.changed_at)).map(time),
        num_requests: health.live.as_ref().map_or(0, |l| l.in_flight),
        num_fails: health.live.as_ref().map_or(0, |l| l.failures),
    }
}

async fn health(edge: Service, req: Req) -> Result<Reply> {
    let now = req.cx().now();
    let targets = edge.target_health().await?.into_iter().map(|h| health_view(h, now)).collect();
    Ok(Reply::json(&HealthView { targets, fetched_at: time(now) }))
}
