//! `/api/v1/invitations`: invitations of an organization, and the way in for whoever holds a token.

use argos_kernel::Result;
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::organizations::{InviteBody, Said, mail_word};
use crate::actions::{Registration, invite_path};
use crate::model::organization::Invitation;
use crate::service::Identity;

pub(super) fn routes(identity: &Identity) -> Routes<Identity> {
    let of = "/api/v1/invitations/organizations/{org_id}/invitations";
    Routes::new(identity.clone())
        .get(of, "invitations.list", "Invitations of an organization, newest first.", list)
        .reply::<InvitationList>()
        .post(of, "invitations.create", "Invite somebody by e-mail address.", create)
        .body::<InviteBody>()
        .reply::<CreatedView>()
        .delete(
            "/api/v1/invitations/organizations/{org_id}/invitations/{invite_id}",
            "invitations.revoke",
            "Take an invitation back.",
            revoke,
        )
        .reply::<Said>()
        .get("/api/v1/invitations/validate/{token}", "invitations.validate", "What a token invites to.", validate)
        .reply::<ValidView>()
        .post("/api/v1/invitations/accept/{token}", "invitations.accept", "Join as the signed-in user.", accept)
        .post("/api/v1/invitations/register/{token}", "invitations.register", "Make an account and join with it.", register)
        .body::<RegisterBody>()
        .reply::<Said>()
}

#[derive(Serialize, JsonSchema)]
struct InvitationView {
    id: String,
    organization_id: String,
    email: String,
    role: &'static str,
    /// pending, accepted, expired or revoked.
    status: String,
    message: Option<String>,
    token_expires_at: String,
    invited_by: String,
    created_at: String,
}

impl InvitationView {
    fn of(i: Invitation) -> Self {
        Self {
            id: i.uid.to_string(),
            organization_id: i.organization_uid.to_string(),
            email: i.email,
            role: i.role.as_str(),
            status: i.status,
            message: i.message,
            token_expires_at: i.expires_at.rfc3339(),
            invited_by: i.invited_by,
            created_at: i.created_at.rfc3339(),
        }
    }
}

#[derive(Serialize, JsonSchema)]
struct InvitationList {
    invitations: Vec<InvitationView>,
    total: usize,
}

#[derive(Serialize, JsonSchema)]
struct CreatedView {
    #[serde(flatten)]
    invitation: InvitationView,
    /// The page that accepts it, with its token; shown this once.
    invite_path: String,
    /// sent, failed or not_configured.
    mail: &'static str,
}

#[derive(Default, Serialize, JsonSchema)]
struct ValidView {
    valid: bool,
    email: Option<String>,
    organization_name: Option<String>,
    role: Option<&'static str>,
    expires_at: Option<String>,
    invited_by: Option<String>,
    message: Option<String>,
    /// Whether an account can be made with it.
    may_register: bool,
    error: Option<&'static str>,
}

#[derive(Deserialize, JsonSchema)]
struct RegisterBody {
    username: String,
    password: String,
    display_name: Option<String>,
}

async fn list(identity: Identity, req: Req) -> Result<Reply> {
    let access = identity.organization_named(&req, req.param("org_id")).await?;
    let list = identity.invitations_of(access.organization.id).await?;
    let invitations: Vec<InvitationView> = list.into_iter().map(InvitationView::of).collect();
    Ok(Reply::json(&InvitationList { total: invitations.len(), invitations }))
}

async fn create(identity: Identity, mut req: Req) -> Result<Reply> {
    let access = identity.organization_named(&req, req.param("org_id")).await?;
    let body: InviteBody = req.json().await?;
    let (_, token) = identity.invite(req.cx(), &access, &body.read()?).await?;
    let made = identity.invitation(token.reveal()).await?;
    let invitation = made.map(InvitationView::of).ok_or_else(|| argos_kernel::AppError::not_found("Invitation not found"))?;
    let posted = identity.post_invitation(req.cx(), &token).await?;
    Ok(Reply::json(&CreatedView { invitation, invite_path: invite_path(token.reveal()), mail: mail_word(&posted) }))
}

async fn revoke(identity: Identity, req: Req) -> Result<Reply> {
    let access = identity.organization_named(&req, req.param("org_id")).await?;
    identity.revoke_invitation(req.cx(), &access, req.param("invite_id")).await?;
    Ok(Said::reply("Invitation revoked"))
}

async fn validate(identity: Identity, req: Req) -> Result<Reply> {
    let Some(invitation) = identity.invitation(req.param("token")).await? else {
        return Ok(Reply::json(&ValidView { error: Some("Invitation not found"), ..ValidView::default() }));
    };
    let error = invitation.fault(req.cx().now());
    if error.is_some() {
        return Ok(Reply::json(&ValidView { error, ..ValidView::default() }));
    }
    Ok(Reply::json(&ValidView {
        valid: true,
        email: Some(invitation.email),
        organization_name: Some(invitation.organization_name),
        role: Some(invitation.role.as_str()),
        expires_at: Some(invitation.expires_at.rfc3339()),
        invited_by: Some(invitation.invited_by),
        message: invitation.message,
        may_register: invitation.may_register,
        error: None,
    }))
}

async fn accept(identity: Identity, req: Req) -> Result<Reply> {
    let invitation = identity.accept_invitation(req.cx(), req.param("token")).await?;
    Ok(Reply::json(&json!({
        "success": true,
        "message": format!("You joined {}", invitation.organization_name),
        "organization_id": invitation.organization_uid,
        "organization_name": invitation.organization_name,
        "role": invitation.role.as_str(),
    })))
}

async fn register(identity: Identity, mut req: Req) -> Result<Reply> {
    super::refuse_cross_site(&req)?;
    let body: RegisterBody = req.json().await?;
    let display_name = body.display_name.as_deref().map(str::trim).filter(|n| !n.is_empty());
    let new = Registration { username: &body.username, display_name, password: &body.password };
    let user = identity.register_with_invitation(req.cx(), req.param("token"), &new).await?;
    Ok(Said::reply(format!("Account {} was created", user.username)))
}
