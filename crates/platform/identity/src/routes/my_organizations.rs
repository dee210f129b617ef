//! One's own organizations in the quality routes, and which of them one acts in.

use argos_kernel::{AppError, Result, Uid};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::service::Identity;

pub(super) fn routes(identity: &Identity) -> Routes<Identity> {
    Routes::new(identity.clone())
        .get("/api/v1/users/me/organizations", "users.list_organizations", "Own organizations, the chosen one first.", list)
        .reply::<Vec<MineView>>()
        .post(
            "/api/v1/users/me/default-organization",
            "users.choose_organization",
            "Act in this one unless a request says otherwise.",
            choose,
        )
        .body::<ChooseBody>()
        .post("/api/v1/users/me/organizations/{org_id}/switch", "users.switch_organization", "The same, by path.", switch)
}

#[derive(Serialize, JsonSchema)]
struct MineView {
    id: String,
    name: String,
    slug: String,
    role: &'static str,
    plan: String,
    member_count: i64,
    is_default: bool,
    is_personal: bool,
}

#[derive(Deserialize, JsonSchema)]
struct ChooseBody {
    organization_id: String,
    project_id: Option<String>,
}

async fn list(identity: Identity, req: Req) -> Result<Reply> {
    let cx = req.cx();
    let (user, _) = identity.account(cx.user_id()?).await?;
    let mut list = identity.organizations_of(user.id).await?;
    if list.is_empty() {
        identity.ensure_personal_organization(&user, &cx.actor()).await?;
        list = identity.organizations_of(user.id).await?;
    }
    let own = match identity.own_organization(cx).await? {
        None => list.first().map(|(org, _)| org.id),
        chosen => chosen,
    };
    list.sort_by_key(|(org, _)| (Some(org.id) != own, org.name.to_lowercase()));
    let views: Vec<MineView> = list
        .into_iter()
        .map(|(org, role)| MineView {
            is_default: Some(org.id) == own,
            id: org.uid.to_string(),
            name: org.name,
            slug: org.slug,
            role: role.as_str(),
            plan: org.plan,
            member_count: org.member_count,
            is_personal: org.is_personal,
        })
        .collect();
    Ok(Reply::json(&views))
}

async fn choose(identity: Identity, mut req: Req) -> Result<Reply> {
    let body: ChooseBody = req.json().await?;
    let denied = |_| AppError::forbidden("Access denied to this organization").code("organization_denied");
    let access = identity.organization_named(&req, &body.organization_id).await.map_err(denied)?;
    let project = match body.project_id.as_deref().filter(|id| !id.is_empty()) {
        None => None,
        Some(id) => {
            let found = identity.project_named(&req, id).await?.project;
            if found.organization_id != access.organization.id {
                return Err(AppError::not_found("Project not found"));
            }
            Some(found.uid)
        }
    };
    identity.choose_organization(req.cx(), access.organization.uid, project).await?;
    super::quality_me::profile_reply(&identity, req.cx().user_id()?).await
}

async fn switch(identity: Identity, req: Req) -> Result<Reply> {
    let access = identity.organization_named(&req, req.param("org_id")).await?;
    let (uid, name): (Uid, _) = (access.organization.uid, access.organization.name);
    identity.choose_organization(req.cx(), uid, None).await?;
    let message = format!("Switched to {name}");
    Ok(Reply::json(&json!({ "success": true, "organization_id": uid, "organization_name": name, "message": message })))
}
