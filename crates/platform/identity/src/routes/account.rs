//! Our own account routes: step-up, password, sessions and the list of accounts the user interface shows.

use argos_kernel::{AppError, Result, Role, Timestamp, Uid};
use argos_web::{Pager, Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Done;
use super::passkeys::AssertedCredential;
use crate::actions::Authority;
use crate::model::limiter::Family;
use crate::model::user::User;
use crate::service::Identity;

pub(super) fn routes(identity: &Identity) -> Routes<Identity> {
    Routes::new(identity.clone())
        .post("/api/auth/step-up", "auth.step_up", "Prove one's identity again, for ten minutes.", step_up)
        .body::<StepUpBody>()
        .reply::<Done>()
        .post("/api/auth/password", "auth.change_password", "Change one's own password, or somebody's.", password)
        .body::<PasswordBody>()
        .reply::<Done>()
        .get("/api/auth/sessions", "auth.list_sessions", "Own sessions; `all=1` everybody's.", sessions)
        .param("all", "1 = everybody's, with users:manage")
        .reply::<Vec<SessionView>>()
        .delete("/api/auth/sessions/{id}", "auth.revoke_session", "End a session.", revoke)
        .get("/api/users", "users.list", "Accounts, newest first.", users)
        .reply::<Vec<AccountView>>()
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct StepUpBody {
    password: Option<String>,
    /// Six digits or a recovery code.
    code: Option<String>,
    /// A passkey's signature; begun with `/api/auth/passkey/login/begin` and `step_up`.
    assertion: Option<AssertedCredential>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PasswordBody {
    /// Whose; absent = one's own.
    username: Option<String>,
    /// Needed for one's own.
    current_password: Option<String>,
    new_password: String,
}

#[derive(Serialize, JsonSchema)]
struct SessionView {
    id: String,
    username: String,
    role: Role,
    kind: &'static str,
    prefix: String,
    auth_methods: Vec<String>,
    client_ip: Option<String>,
    user_agent: Option<String>,
    created_at: String,
    last_seen_at: String,
    /// When it ends if nobody uses it again.
    expires_at: String,
    current: bool,
}

#[derive(Serialize, JsonSchema)]
struct AccountView {
    id: i64,
    uid: String,
    username: String,
    display_name: String,
    email: Option<String>,
    role: Role,
    is_active: bool,
    is_temporary: bool,
    expires_at: Option<String>,
    allowed_node_ids: Option<Vec<String>>,
    has_2fa: bool,
    has_password: bool,
    must_change_password: bool,
    created_via: String,
    last_login_at: Option<String>,
    login_count: i64,
    created_at: String,
}

impl AccountView {
    fn of(user: User) -> Self {
        Self {
            id: user.id,
            uid: user.uid.to_string(),
            has_2fa: user.has_2fa(),
            username: user.username,
            display_name: user.display_name,
            email: user.email,
            role: user.role,
            is_active: user.is_active,
            is_temporary: user.is_temporary,
            expires_at: user.expires_at.map(Timestamp::rfc3339),
            allowed_node_ids: user.allowed_node_ids,
            has_password: user.has_password,
            must_change_password: user.must_change_password,
            created_via: user.created_via,
            last_login_at: user.last_login_at.map(Timestamp::rfc3339),
            login_count: user.login_count,
            created_at: user.created_at.rfc3339(),
        }
    }
}

async fn step_up(identity: Identity, mut req: Req) -> Result<Reply> {
    let body: StepUpBody = req.json().await?;
    if let Some(assertion) = &body.assertion {
        identity.passkey_step_up(req.cx(), assertion.assertion()).await?;
        return Ok(Reply::json(&Done::OK));
    }
    identity.step_up(req.cx(), body.password.as_deref(), body.code.as_deref()).await?;
    Ok(Reply::json(&Done::OK))
}

async fn password(identity: Identity, mut req: Req) -> Result<Reply> {
    let body: PasswordBody = req.json().await?;
    let cx = req.cx();
    match body.username.filter(|name| !name.eq_ignore_ascii_case(&cx.caller.username)) {
        Some(username) => {
            if cx.caller.must_change_password {
                return Err(AppError::forbidden("Choose a new password first").code("password_change_required"));
            }
            cx.require("users:manage")?;
            identity.reset_password(&Authority::of(cx), &username, &body.new_password).await?;
        }
        None => {
            let current = body.current_password.unwrap_or_default();
            identity.change_own_password(cx, Family::Edge, &current, &body.new_password).await?;
        }
    }
    Ok(Reply::json(&Done::OK))
}

async fn sessions(identity: Identity, req: Req) -> Result<Reply> {
    let cx = req.cx();
    let of = if req.query().flag("all") {
        cx.require("users:manage")?;
        None
    } else {
        Some(cx.user_id()?)
    };
    let lifetimes = identity.policy().lifetimes;
    let list = identity.live_sessions(of).await?;
    let views: Vec<SessionView> = list
        .into_iter()
        .map(|(s, username, role)| SessionView {
            id: s.uid.to_string(),
            username,
            role,
            kind: s.kind.as_str(),
            created_at: s.created_at.rfc3339(),
            last_seen_at: s.last_seen_at.rfc3339(),
            expires_at: s.ends_at(&lifetimes).rfc3339(),
            current: cx.caller.session_id == Some(s.id),
            prefix: s.prefix,
            auth_methods: s.auth_methods,
            client_ip: s.client_ip,
            user_agent: s.user_agent,
        })
        .collect();
    Ok(Reply::json(&views))
}

async fn revoke(identity: Identity, req: Req) -> Result<Reply> {
    let uid: Uid = req.param("id").parse().map_err(|_| AppError::not_found("Session not found"))?;
    identity.revoke_session(req.cx(), uid).await?;
    Ok(Reply::no_content())
}

async fn users(identity: Identity, req: Req) -> Result<Reply> {
    let page = Pager::limit_offset(req.query(), 200, 1000)?;
    let list = identity.users(page.limit, page.offset).await?;
    let total = identity.user_count().await?;
    let views: Vec<AccountView> = list.into_iter().map(AccountView::of).collect();
    Ok(Reply::json(&views).total_count(total))
}
