//! `/api/v1/auth/me`: who a credential stands for, whether a person or a program holds it.

use argos_kernel::{CredentialKind, Result, Role, Timestamp};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;

use crate::actions::Whom;
use crate::service::Identity;

pub(super) fn routes(identity: &Identity) -> Routes<Identity> {
    Routes::new(identity.clone()).get("/api/v1/auth/me", "auth.get_user_info", "Whom this credential stands for.", me).reply::<WhoView>()
}

/// A person, or a program with members of people null.
#[derive(Serialize, JsonSchema)]
struct WhoView {
    authenticated: bool,
    /// The account; null for a program.
    id: Option<String>,
    user_id: Option<String>,
    username: String,
    display_name: Option<String>,
    name: Option<String>,
    email: Option<String>,
    /// viewer, operator, admin or super_admin.
    role: &'static str,
    /// In the organization below.
    roles: Vec<&'static str>,
    organization_id: Option<String>,
    /// `*` where nothing but the role limits the credential.
    scopes: Vec<String>,
    /// session, jwt, api_key or service_account.
    auth_method: &'static str,
    session_id: Option<String>,
    ip_address: Option<String>,
    authenticated_at: String,
    is_temporary: Option<bool>,
    expires_at: Option<String>,
    allowed_node_ids: Option<Vec<String>>,
    is_active: bool,
    last_login_at: Option<String>,
    has_2fa: Option<bool>,
    must_change_password: bool,
}

async fn me(identity: Identity, req: Req) -> Result<Reply> {
    let cx = req.cx();
    let caller = &cx.caller;
    let Whom { user, scopes, since, is_service_account } = identity.whom(cx).await?;
    let place = caller.memberships.iter().find(|m| m.is_default).or_else(|| caller.memberships.first());
    let user = user.as_ref();
    let nodes = caller.allowed_node_ids.as_deref().map(<[String]>::to_vec);
    Ok(Reply::json(&WhoView {
        authenticated: true,
        id: user.map(|u| u.uid.to_string()),
        user_id: user.map(|u| u.uid.to_string()),
        username: caller.username.clone(),
        display_name: user.map(|u| u.display_name.clone()),
        name: Some(user.map_or_else(|| caller.username.clone(), |u| u.display_name.clone())),
        email: user.and_then(|u| u.email.clone()),
        role: caller.role.unwrap_or(Role::Viewer).nodes_word(),
        roles: place.iter().map(|m| m.role).collect(),
        organization_id: place.map(|m| m.organization_uid.to_string()),
        scopes,
        auth_method: match caller.credential {
            CredentialKind::Jwt => "jwt",
            CredentialKind::ApiKey if is_service_account => "service_account",
            CredentialKind::ApiKey => "api_key",
            _ => "session",
        },
        session_id: caller.session_uid.map(|uid| uid.to_string()),
        ip_address: cx.client_ip_text(),
        authenticated_at: since.rfc3339(),
        is_temporary: user.map(|u| u.is_temporary),
        expires_at: user.and_then(|u| u.expires_at).map(Timestamp::rfc3339),
        allowed_node_ids: nodes,
        is_active: user.is_none_or(|u| u.is_active),
        last_login_at: user.and_then(|u| u.last_login_at).map(Timestamp::rfc3339),
        has_2fa: user.map(crate::model::user::User::has_2fa),
        must_change_password: user.is_some_and(|u| u.must_change_password),
    }))
}
