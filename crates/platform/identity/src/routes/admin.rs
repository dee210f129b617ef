//! Administration in the ops routes: accounts by action, everybody's sessions, the instance's API keys.

use argos_kernel::{AppError, Result, Role, Secret, Timestamp};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::StatusOk;
use super::profile::SessionLine;
use crate::actions::{Authority, NewAccount, NewApiKey, UserChange};
use crate::service::Identity;

pub(super) fn routes(identity: &Identity) -> Routes<Identity> {
    Routes::new(identity.clone())
        .get("/api/admin/users", "admin.list_users", "Accounts.", list_users)
        .reply::<Vec<UserLine>>()
        .post("/api/admin/users", "admin.change_users", "Add, remove or change an account, by `action`.", change_users)
        .body::<UsersBody>()
        .reply::<StatusOk>()
        .get("/api/admin/sessions", "admin.list_sessions", "Everybody's sessions.", list_sessions)
        .reply::<Vec<SessionLine>>()
        .post("/api/admin/sessions/revoke", "admin.revoke_sessions", "End sessions by token prefix.", revoke_sessions)
        .body::<RevokeBody>()
        .reply::<RevokedView>()
        .get("/api/admin/api-keys", "admin.list_api_keys", "API keys of the instance.", list_keys)
        .reply::<Vec<KeyLine>>()
        .post("/api/admin/api-keys", "admin.create_api_key", "Make a key; its text is shown this once.", create_key)
        .body::<CreateKeyBody>()
        .reply::<CreatedKeyView>()
        .delete("/api/admin/api-keys/{key_id}", "admin.revoke_api_key", "End a key.", revoke_key)
        .reply::<StatusOk>()
        .post("/api/admin/api-keys/{key_id}/rotate", "admin.rotate_api_key", "A new key in the place of this one.", rotate_key)
        .body::<RotateBody>()
        .reply::<CreatedKeyView>()
}

#[derive(Serialize, JsonSchema)]
struct UserLine {
    username: String,
    /// An owner shows as `admin`.
    role: &'static str,
    global_role: Role,
    has_2fa: bool,
    is_active: bool,
}

#[derive(Deserialize, JsonSchema)]
struct UsersBody {
    /// list, add, remove, change_password, set_role
    #[serde(default)]
    action: String,
    #[serde(default)]
    username: String,
    #[serde(default)]
    password: String,
    role: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
struct RevokeBody {
    #[serde(default)]
    prefix: String,
}

#[derive(Serialize, JsonSchema)]
struct RevokedView {
    success: bool,
}

#[derive(Serialize, JsonSchema)]
struct KeyLine {
    /// The last 12 hexadecimal digits of its uid.
    id: String,
    name: String,
    role: Role,
    /// Unix seconds.
    created_at: i64,
    expires_at: Option<i64>,
    last_used: Option<i64>,
    key_prefix: String,
    request_count: i64,
    scopes: Vec<String>,
    created_by: String,
    /// When a rotated key stops working.
    ends_at: Option<i64>,
}

#[derive(Deserialize, JsonSchema)]
struct CreateKeyBody {
    #[serde(default)]
    name: String,
    role: Option<String>,
    /// Days from now; absent = no end.
    expires_days: Option<i64>,
}

#[derive(Deserialize, JsonSchema)]
struct RotateBody {
    /// Seconds the old key still works; at most a day.
    #[serde(default)]
    grace_seconds: i64,
}

#[derive(Serialize, JsonSchema)]
struct CreatedKeyView {
    id: String,
    /// Shown this once.
    key: String,
    name: String,
    role: Role,
}

const LISTED_MAX: i64 = 10_000;
const EXPIRES_DAYS_MAX: i64 = 3650;

async fn users_reply(identity: &Identity) -> Result<Reply> {
    let list = identity.users(LISTED_MAX, 0).await?;
    let views: Vec<UserLine> = list
        .into_iter()
        .rev()
        .map(|u| UserLine {
            role: u.role.ops_word(),
            global_role: u.role,
            has_2fa: u.has_2fa(),
            is_active: u.is_active,
            username: u.username,
        })
        .collect();
    Ok(Reply::json(&views))
}

async fn list_users(identity: Identity, _: Req) -> Result<Reply> {
    users_reply(&identity).await
}

/// Ops input never makes an owner.
fn role_below_owner(word: &str) -> Option<Role> {
    word.parse().ok().filter(|r| *r != Role::Owner)
}

fn bad_name_or_role() -> AppError {
    AppError::bad_request("Invalid username or role").code("invalid_field")
}

async fn change_users(identity: Identity, mut req: Req) -> Result<Reply> {
    let body: UsersBody = req.json().await?;
    let cx = req.cx();
    let by = Authority::of(cx);
    match body.action.as_str() {
        "list" => return users_reply(&identity).await,
        "add" => {
            if body.username.is_empty() || body.password.is_empty() {
                return Err(AppError::bad_request("Missing username or password").code("invalid_field"));
            }
            let role = role_below_owner(body.role.as_deref().unwrap_or("viewer")).ok_or_else(bad_name_or_role)?;
            identity.create_user(&by, NewAccount::new(&body.username, Secret::new(body.password), role)).await?;
        }
        "remove" => {
            let user = identity.user_by_name(&body.username).await?;
            if by.user_id == Some(user.id) {
                return Err(AppError::conflict("You cannot remove yourself").code("own_account"));
            }
            identity.delete_user(&by, user.id).await?;
        }
        "change_password" => {
            if body.username.is_empty() || body.password.is_empty() {
                return Err(AppError::bad_request("Missing username or password").code("invalid_field"));
            }
            identity.reset_password(&by, &body.username, &body.password).await?;
        }
        "set_role" => {
            let role = role_below_owner(body.role.as_deref().unwrap_or_default()).ok_or_else(bad_name_or_role)?;
            let user = identity.user_by_name(&body.username).await?;
            identity.change_user(&by, user.id, UserChange { role: Some(role), ..UserChange::default() }).await?;
        }
        _ => return Err(AppError::bad_request("Invalid action").code("invalid_action").with("field", "action")),
    }
    Ok(Reply::json(&StatusOk::OK))
}

async fn list_sessions(identity: Identity, req: Req) -> Result<Reply> {
    let lifetimes = identity.policy().lifetimes;
    let list = identity.live_sessions(None).await?;
    let current = req.cx().caller.session_id;
    let views: Vec<SessionLine> = list.into_iter().map(|s| SessionLine::of(s, &lifetimes, current)).collect();
    Ok(Reply::json(&views))
}

async fn revoke_sessions(identity: Identity, mut req: Req) -> Result<Reply> {
    let body: RevokeBody = req.json().await?;
    let success = identity.revoke_by_prefix(req.cx(), &body.prefix).await?;
    Ok(Reply::json(&RevokedView { success }))
}

async fn list_keys(identity: Identity, _: Req) -> Result<Reply> {
    let keys = identity.keys_of("ops", "cli").await?;
    let views: Vec<KeyLine> = keys
        .into_iter()
        .map(|k| KeyLine {
            id: k.uid.short(),
            name: k.name,
            role: k.role_cap,
            created_at: k.created_at.secs(),
            expires_at: k.expires_at.map(Timestamp::secs),
            last_used: k.last_used_at.map(Timestamp::secs),
            key_prefix: k.key_prefix,
            request_count: k.request_count,
            scopes: k.scopes,
            created_by: k.created_by,
            ends_at: k.revoked_at.map(Timestamp::secs),
        })
        .collect();
    Ok(Reply::json(&views))
}

async fn create_key(identity: Identity, mut req: Req) -> Result<Reply> {
    let body: CreateKeyBody = req.json().await?;
    let cx = req.cx();
    let word = body.role.as_deref().unwrap_or("viewer");
    let role = role_below_owner(word).ok_or_else(|| AppError::bad_request("Invalid role").with("field", "role"))?;
    if body.expires_days.is_some_and(|d| !(1..=EXPIRES_DAYS_MAX).contains(&d)) {
        let text = format!("expires_days must be between 1 and {EXPIRES_DAYS_MAX}");
        return Err(AppError::bad_request(text).with("field", "expires_days"));
    }
    let new = NewApiKey {
        name: body.name,
        owner_id: None,
        organization_id: None,
        role_cap: role,
        scopes: vec!["*".to_owned()],
        expires_at: body.expires_days.map(|days| cx.now().plus_secs(days * 86_400)),
        origin: "ops",
    };
    let (key, text) = identity.create_key(&Authority::of(cx), new).await?;
    Ok(Reply::json(&CreatedKeyView { id: key.uid.short(), key: text.into_inner(), name: key.name, role: key.role_cap }))
}

async fn revoke_key(identity: Identity, req: Req) -> Result<Reply> {
    let key = identity.instance_key(req.param("key_id")).await?;
    if key.revoked_at.is_some() {
        return Err(AppError::not_found("API key not found"));
    }
    identity.revoke_key(&Authority::of(req.cx()), &key).await?;
    Ok(Reply::json(&StatusOk::OK))
}

async fn rotate_key(identity: Identity, mut req: Req) -> Result<Reply> {
    let body: RotateBody = req.json().await?;
    if !(0..=86_400).contains(&body.grace_seconds) {
        return Err(AppError::bad_request("grace_seconds must be between 0 and 86400").with("field", "grace_seconds"));
    }
    let old = identity.instance_key(req.param("key_id")).await?;
    let (key, text) = identity.rotate_key(&Authority::of(req.cx()), &old, body.grace_seconds).await?;
    Ok(Reply::json(&CreatedKeyView { id: key.uid.short(), key: text.into_inner(), name: key.name, role: key.role_cap }))
}
