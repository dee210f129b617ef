//! `/api/hosts/{host_id}/security`: protection of a site.

use argos_kernel::{Result, Timestamp};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Service, id, time, told};
use crate::model::security::{CustomRule, CustomRuleBody, Exclusion, ExclusionBody, Security, SecurityBody};

pub(super) fn routes(edge: Service) -> Routes {
    Routes::new(edge)
        .get("/api/hosts/{host_id}/security", "edge.get_security", "The protection of a site.", get)
        .reply::<ProtectionView>()
        .put("/api/hosts/{host_id}/security", "edge.put_security", "Replace the protection of a site.", put)
        .body::<SecurityBody>()
        .reply::<SecurityView>()
        .post("/api/hosts/{host_id}/security/exclusions", "edge.create_exclusion", "Leave out a rule of the core set.", create_exclusion)
        .body::<ExclusionBody>()
        .created::<ExclusionView>()
        .put("/api/hosts/{host_id}/security/exclusions/{id}", "edge.update_exclusion", "Replace an exclusion.", update_exclusion)
        .body::<ExclusionBody>()
        .reply::<ExclusionView>()
        .delete("/api/hosts/{host_id}/security/exclusions/{id}", "edge.delete_exclusion", "Delete an exclusion.", delete_exclusion)
        .post("/api/hosts/{host_id}/security/exclusions/{id}/toggle", "edge.toggle_exclusion", "Switch an exclusion.", toggle_exclusion)
        .reply::<ExclusionView>()
        .post("/api/hosts/{host_id}/security/custom-rules", "edge.create_custom_rule", "Add a rule of your own.", create_rule)
        .body::<CustomRuleBody>()
        .created::<CustomRuleView>()
        .put("/api/hosts/{host_id}/security/custom-rules/{id}", "edge.update_custom_rule", "Replace a rule of your own.", update_rule)
        .body::<CustomRuleBody>()
        .reply::<CustomRuleView>()
        .delete("/api/hosts/{host_id}/security/custom-rules/{id}", "edge.delete_custom_rule", "Delete a rule of your own.", delete_rule)
        .post(
            "/api/hosts/{host_id}/security/custom-rules/{id}/toggle",
            "edge.toggle_custom_rule",
            "Switch a rule of your own.",
            toggle_rule,
        )
        .reply::<CustomRuleView>()
        .done()
}

#[derive(Serialize, JsonSchema)]
struct SecurityView {
    host_id: i64,
    #[serde(flatten)]
    security: Security,
    /// Null before the first change.
    updated_at: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct ProtectionView {
    #[serde(flatten)]
    security: SecurityView,
    exclusions: Vec<ExclusionView>,
    custom_rules: Vec<CustomRuleView>,
}

#[derive(Serialize, JsonSchema)]
struct ExclusionView {
    id: i64,
    host_id: i64,
    crs_rule_id: i64,
    path_pattern: String,
    reason: String,
    enabled: bool,
    created_at: String,
    updated_at: String,
}

#[derive(Serialize, JsonSchema)]
struct CustomRuleView {
    id: i64,
    host_id: i64,
    name: String,
    secrule: String,
    enabled: bool,
    created_at: String,
    updated_at: String,
}

fn security_view(host_id: i64, security: Security, updated_at: Option<Timestamp>) -> SecurityView {
    SecurityView { host_id, security, updated_at: updated_at.map(time) }
}

fn exclusion_view(e: Exclusion) -> ExclusionView {
    ExclusionView {
        id: e.id,
        host_id: e.host_id,
        crs_rule_id: e.crs_rule_id,
        path_pattern: e.path_pattern,
        reason: e.reason,
        enabled: e.enabled,
        created_at: time(e.created_at),
        updated_at: time(e.updated_at),
    }
}

fn rule_view(r: CustomRule) -> CustomRuleView {
    CustomRuleView {
        id: r.id,
        host_id: r.host_id,
        name: r.name,
        secrule: r.secrule,
        enabled: r.enabled,
        created_at: time(r.created_at),
        updated_at: time(r.updated_at),
    }
}

fn place(req: &Req) -> Result<(i64, i64)> {
    Ok((id(req, "host_id")?, id(req, "id")?))
}

async fn get(edge: Service, req: Req) -> Result<Reply> {
    let host = id(&req, "host_id")?;
    let found = edge.get_protection(host).await?;
    Ok(Reply::json(&ProtectionView {
        security: security_view(host, found.security, found.updated_at),
        exclusions: found.exclusions.into_iter().map(exclusion_view).collect(),
        custom_rules: found.custom_rules.into_iter().map(rule_view).collect(),
    }))
}

async fn put(edge: Service, mut req: Req) -> Result<Reply> {
    let host = id(&req, "host_id")?;
    let body: SecurityBody = req.json().await?;
    let done = edge.put_security(&req.cx().actor(), host, body).await?;
    let (security, at) = done.value;
    Ok(told(Reply::json(&security_view(host, security, Some(at))), done.applied))
}

async fn create_exclusion(edge: Service, mut req: Req) -> Result<Reply> {
    let host = id(&req, "host_id")?;
    let body: ExclusionBody = req.json().await?;
    let done = edge.create_exclusion(&req.cx().actor(), host, &body).await?;
    Ok(told(Reply::created(&exclusion_view(done.value)), done.applied))
}

async fn update_exclusion(edge: Service, mut req: Req) -> Result<Reply> {
    let place = place(&req)?;
    let body: ExclusionBody = req.json().await?;
    let done = edge.update_exclusion(&req.cx().actor(), place, body).await?;
    Ok(told(Reply::json(&exclusion_view(done.value)), done.applied))
}

async fn delete_exclusion(edge: Service, req: Req) -> Result<Reply> {
    let (host, id) = place(&req)?;
    let applied = edge.delete_exclusion(&req.cx().actor(), host, id).await?;
    Ok(told(Reply::no_content(), applied))
}

async fn toggle_exclusion(edge: Service, req: Req) -> Result<Reply> {
    let done = edge.toggle_exclusion(&req.cx().actor(), place(&req)?).await?;
    Ok(told(Reply::json(&exclusion_view(done.value)), done.applied))
}

async fn create_rule(edge: Service, mut req: Req) -> Result<Reply> {
    let host = id(&req, "host_id")?;
    let body: CustomRuleBody = req.json().await?;
    let done = edge.create_custom_rule(&req.cx().actor(), host, &body).await?;
    Ok(told(Reply::created(&rule_view(done.value)), done.applied))
}

async fn update_rule(edge: Service, mut req: Req) -> Result<Reply> {
    let place = place(&req)?;
    let body: CustomRuleBody = req.json().await?;
    let done = edge.update_custom_rule(&req.cx().actor(), place, &body).await?;
    Ok(told(Reply::json(&rule_view(done.value)), done.applied))
}

async fn delete_rule(edge: Service, req: Req) -> Result<Reply> {
    let (host, id) = place(&req)?;
    let applied = edge.delete_custom_rule(&req.cx().actor(), host, id).await?;
    Ok(told(Reply::no_content(), applied))
}

async fn toggle_rule(edge: Service, req: Req) -> Result<Reply> {
    let done = edge.toggle_custom_rule(&req.cx().actor(), place(&req)?).await?;
    Ok(told(Reply::json(&rule_view(done.value)), done.applied))
}
