//! `/api/v1/organizations`: organizations and who belongs to them.

use argos_kernel::{AppError, Result, Timestamp};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::actions::{Invite, invite_path, one_fault};
use crate::model::organization::{self, Member, Organization};
use crate::service::{Identity, Posted};

/// `/api/v1/teams/organizations` is the same by another name.
pub(super) fn routes(identity: &Identity) -> Routes<Identity> {
    Routes::new(identity.clone())
        .get("/api/v1/organizations", "organizations.list", "Organizations the caller belongs to, newest first.", list)
        .reply::<Vec<OrganizationLine>>()
        .get("/api/v1/teams/organizations", "teams.list", "The same as organizations.list.", list)
        .reply::<Vec<OrganizationLine>>()
        .post("/api/v1/organizations", "organizations.create", "Make an organization; the caller owns it.", create)
        .body::<CreateBody>()
        .reply::<OrganizationView>()
        .post("/api/v1/teams/organizations", "teams.create", "The same as organizations.create.", create)
        .body::<CreateBody>()
        .reply::<OrganizationView>()
        .get("/api/v1/organizations/{id}", "organizations.get", "One organization.", get)
        .reply::<OrganizationView>()
        .get("/api/v1/teams/organizations/{id}", "teams.get", "The same as organizations.get.", get)
        .reply::<OrganizationView>()
        .put("/api/v1/organizations/{id}", "organizations.update", "Change members of it; null and absent ones stay.", put)
        .reply::<OrganizationView>()
        .put("/api/v1/teams/organizations/{id}", "teams.update", "The same as organizations.update.", put)
        .reply::<OrganizationView>()
        .delete("/api/v1/organizations/{id}", "organizations.delete", "Delete it; its keys end at once.", delete)
        .reply::<Said>()
        .delete("/api/v1/teams/organizations/{id}", "teams.delete", "The same as organizations.delete.", delete)
        .reply::<Said>()
        .post("/api/v1/organizations/{id}/transfer", "organizations.transfer", "Hand it over to another member.", transfer)
        .body::<TransferBody>()
        .post("/api/v1/organizations/{id}/leave", "organizations.leave", "Leave it.", leave)
        .reply::<Said>()
}

/// Who belongs to an organization, by both names.
pub(super) fn member_routes(identity: &Identity) -> Routes<Identity> {
    Routes::new(identity.clone())
        .get("/api/v1/organizations/{id}/members", "organizations.list_members", "Members and open invitations, oldest first.", members)
        .reply::<Vec<MemberView>>()
        .get("/api/v1/teams/organizations/{id}/members", "teams.list_members", "The same as organizations.list_members.", members)
        .reply::<Vec<MemberView>>()
        .post("/api/v1/organizations/{id}/members", "organizations.invite_member", "Invite somebody by e-mail address.", invite)
        .body::<InviteBody>()
        .reply::<InvitedView>()
        .post("/api/v1/teams/organizations/{id}/members", "teams.invite_member", "The same as organizations.invite_member.", invite)
        .body::<InviteBody>()
        .reply::<InvitedView>()
        .post("/api/v1/organizations/{id}/members/invite", "organizations.invite_member_alias", "The same.", invite)
        .body::<InviteBody>()
        .reply::<InvitedView>()
        .post("/api/v1/teams/organizations/{id}/members/invite", "teams.invite_member_alias", "The same.", invite)
        .body::<InviteBody>()
        .reply::<InvitedView>()
        .delete("/api/v1/organizations/{id}/members/{user_id}", "organizations.remove_member", "Take somebody out.", remove)
        .reply::<Said>()
        .delete("/api/v1/teams/organizations/{id}/members/{user_id}", "teams.remove_member", "The same.", remove)
        .reply::<Said>()
        .put("/api/v1/organizations/{id}/members/{user_id}/role", "organizations.set_role", "Give a member another role.", set_role)
        .body::<RoleBody>()
        .reply::<Said>()
        .put("/api/v1/teams/organizations/{id}/members/{user_id}/role", "teams.set_role", "The same.", set_role)
        .body::<RoleBody>()
        .reply::<Said>()
}

#[derive(Serialize, JsonSchema)]
struct OrganizationLine {
    id: String,
    name: String,
    slug: String,
    plan: String,
    logo_url: Option<String>,
    member_count: i64,
    /// The caller's.
    role: &'static str,
    created_at: String,
    is_default: bool,
    is_personal: bool,
}

#[derive(Serialize, JsonSchema)]
struct OrganizationView {
    id: String,
    name: String,
    slug: String,
    plan: String,
    ai_budget_daily: f64,
    ai_budget_monthly: f64,
    /// Dollars, with its key or the installation's; null when it asked, and of nothing it asked is the price known.
    ai_spend_today: Option<f64>,
    ai_spend_this_month: Option<f64>,
    settings: Map<String, Value>,
    features: Map<String, Value>,
    stripe_customer_id: Option<String>,
    stripe_subscription_id: Option<String>,
    logo_url: Option<String>,
    domain: Option<String>,
    sso_enabled: bool,
    member_count: i64,
    is_default: bool,
    is_personal: bool,
    created_at: String,
    updated_at: String,
}

impl OrganizationView {
    async fn of(identity: &Identity, org: Organization) -> Result<Self> {
        let mut features = organization::feature_defaults();
        features.extend(org.features);
        let (ai_spend_today, ai_spend_this_month) = identity.model_spend(org.id).await?;
        Ok(Self {
            ai_spend_today,
            ai_spend_this_month,
            id: org.uid.to_string(),
            name: org.name,
            slug: org.slug,
            plan: org.plan,
            ai_budget_daily: org.ai_budget_daily,
            ai_budget_monthly: org.ai_budget_monthly,
            settings: org.settings,
            features,
            stripe_customer_id: None,
            stripe_subscription_id: None,
            logo_url: org.logo_url,
            domain: org.domain,
            sso_enabled: org.sso_enabled,
            member_count: org.member_count,
            is_default: org.is_default,
            is_personal: org.is_personal,
            created_at: org.created_at.rfc3339(),
            updated_at: org.updated_at.rfc3339(),
        })
    }
}

#[derive(Serialize, JsonSchema)]
struct MemberView {
    id: String,
    /// Null while the invitation is open.
    user_id: Option<String>,
    username: Option<String>,
    display_name: Option<String>,
    email: Option<String>,
    role: &'static str,
    /// pending, active or suspended.
    status: &'static str,
    invited_by: Option<String>,
    invited_at: Option<String>,
    accepted_at: Option<String>,
    created_at: String,
}

impl MemberView {
    fn of(member: Member) -> Self {
        Self {
            id: member.uid.to_string(),
            user_id: member.user_uid.map(|uid| uid.to_string()),
            username: member.username,
            display_name: member.display_name,
            email: member.email,
            role: member.role.as_str(),
            status: member.status.as_str(),
            invited_by: member.invited_by,
            invited_at: member.invited_at.map(Timestamp::rfc3339),
            accepted_at: member.accepted_at.map(Timestamp::rfc3339),
            created_at: member.created_at.rfc3339(),
        }
    }
}

#[derive(Serialize, JsonSchema)]
struct InvitedView {
    #[serde(flatten)]
    member: MemberView,
    /// The page that accepts the invitation, with its token; shown this once.
    invite_path: String,
    /// sent, failed, or not_configured while there is no mail server: then the page has to be handed over by hand.
    mail: &'static str,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Said {
    pub(super) success: bool,
    pub(super) message: String,
}

impl Said {
    pub(super) fn reply(message: impl Into<String>) -> Reply {
        Reply::json(&Self { success: true, message: message.into() })
    }
}

#[derive(Deserialize, JsonSchema)]
struct CreateBody {
    name: String,
    slug: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
struct TransferBody {
    new_owner_user_id: String,
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct InviteBody {
    pub(super) email: String,
    /// admin, member or viewer.
    pub(super) role: Option<String>,
    pub(super) message: Option<String>,
}

impl InviteBody {
    /// The checked wish.
    pub(super) fn read(&self) -> Result<Invite<'_>> {
        let role = organization::parse_assignable(self.role.as_deref().unwrap_or("member")).map_err(one_fault)?;
        let message = self.message.as_deref().map(str::trim).filter(|m| !m.is_empty());
        if message.is_some_and(|m| m.chars().count() > 500) {
            return Err(one_fault(argos_kernel::FieldError::new("message", "message must be at most 500 characters")));
        }
        Ok(Invite { email: self.email.trim(), role, message })
    }
}

/// What became of the letter, in one word.
pub(super) fn mail_word(posted: &Posted) -> &'static str {
    match posted {
        Posted::Sent => "sent",
        Posted::NotConfigured => "not_configured",
        Posted::Failed(_) => "failed",
    }
}

#[derive(Deserialize, JsonSchema)]
struct RoleBody {
    /// admin, member or viewer.
    role: String,
}

async fn list(identity: Identity, req: Req) -> Result<Reply> {
    let list = identity.visible_organizations(req.cx()).await?;
    let total = i64::try_from(list.len()).unwrap_or(i64::MAX);
    let views: Vec<OrganizationLine> = list
        .into_iter()
        .filter(|access| access.has("org:read"))
        .map(|access| {
            let org = access.organization;
            OrganizationLine {
                id: org.uid.to_string(),
                name: org.name,
                slug: org.slug,
                plan: org.plan,
                logo_url: org.logo_url,
                member_count: org.member_count,
                role: access.role.as_str(),
                created_at: org.created_at.rfc3339(),
                is_default: org.is_default,
                is_personal: org.is_personal,
            }
        })
        .collect();
    Ok(Reply::json(&views).total_count(total))
}

async fn create(identity: Identity, mut req: Req) -> Result<Reply> {
    let body: CreateBody = req.json().await?;
    let org = identity.create_organization(req.cx(), &body.name, body.slug.as_deref()).await?;
    Ok(Reply::json(&OrganizationView::of(&identity, org).await?))
}

async fn get(identity: Identity, req: Req) -> Result<Reply> {
    let access = identity.organization_named(&req, req.param("id")).await?;
    Ok(Reply::json(&OrganizationView::of(&identity, access.organization).await?))
}

async fn put(identity: Identity, mut req: Req) -> Result<Reply> {
    let access = identity.organization_named(&req, req.param("id")).await?;
    let body: Map<String, Value> = req.json().await?;
    let org = identity.change_organization(req.cx(), &access.organization, &body).await?;
    Ok(Reply::json(&OrganizationView::of(&identity, org).await?))
}

async fn delete(identity: Identity, req: Req) -> Result<Reply> {
    let access = identity.organization_named(&req, req.param("id")).await?;
    identity.delete_organization(req.cx(), &access.organization).await?;
    Ok(Said::reply(format!("Organization '{}' has been deleted", access.organization.name)))
}

async fn transfer(identity: Identity, mut req: Req) -> Result<Reply> {
    let access = identity.organization_named(&req, req.param("id")).await?;
    let body: TransferBody = req.json().await?;
    let bad = || AppError::bad_request("The new owner must be an active member").with("field", "new_owner_user_id");
    let to = body.new_owner_user_id.parse().map_err(|_| bad())?;
    identity.transfer_organization(req.cx(), &access, to).await?;
    Ok(Reply::json(&json!({
        "success": true, "message": "Ownership transferred", "new_owner_id": to, "previous_owner_role": "admin",
    })))
}

async fn leave(identity: Identity, req: Req) -> Result<Reply> {
    let access = identity.organization_named(&req, req.param("id")).await?;
    let org = &access.organization;
    identity.leave(req.cx(), org.id, &org.name).await?;
    Ok(Said::reply(format!("You left '{}'", org.name)))
}

async fn members(identity: Identity, req: Req) -> Result<Reply> {
    let access = identity.organization_named(&req, req.param("id")).await?;
    let list = identity.members_of(access.organization.id).await?;
    let total = i64::try_from(list.len()).unwrap_or(i64::MAX);
    let views: Vec<MemberView> = list.into_iter().map(MemberView::of).collect();
    Ok(Reply::json(&views).total_count(total))
}

async fn invite(identity: Identity, mut req: Req) -> Result<Reply> {
    let access = identity.organization_named(&req, req.param("id")).await?;
    let body: InviteBody = req.json().await?;
    let (member, token) = identity.invite(req.cx(), &access, &body.read()?).await?;
    let posted = identity.post_invitation(req.cx(), &token).await?;
    let invite_path = invite_path(token.reveal());
    Ok(Reply::json(&InvitedView { member: MemberView::of(member), invite_path, mail: mail_word(&posted) }))
}

async fn remove(identity: Identity, req: Req) -> Result<Reply> {
    let access = identity.organization_named(&req, req.param("id")).await?;
    identity.remove_member(req.cx(), &access, req.param("user_id")).await?;
    Ok(Said::reply("Member removed"))
}

async fn set_role(identity: Identity, mut req: Req) -> Result<Reply> {
    let access = identity.organization_named(&req, req.param("id")).await?;
    let body: RoleBody = req.json().await?;
    let role = organization::parse_assignable(&body.role).map_err(one_fault)?;
    identity.set_member_role(req.cx(), &access, req.param("user_id"), role).await?;
    Ok(Said::reply(format!("Role changed to {}", role.as_str())))
}
