//! `/api/v1/users/me/{avatar,activity,connected-accounts}`: the picture, one's own history, and what opens the account.

use argos_audit::{API_REQUEST, Filter};
use argos_kernel::{AppError, Result, Timestamp, Uid};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use crate::model::image::Format;
use crate::service::Identity;
use crate::sign_on::provider_name;
use crate::store::avatars;

/// The picture and what a form wraps around it.
const UPLOAD_BYTES_MAX: usize = (5 << 20) + (64 << 10);
const IMAGE_BYTES_MAX: usize = 5 << 20;

pub(super) fn routes(identity: &Identity) -> Routes<Identity> {
    Routes::new(identity.clone())
        .post("/api/v1/users/me/avatar", "users.put_avatar", "Bring one's own picture: a form with the member `file`.", put_avatar)
        .body_limit(UPLOAD_BYTES_MAX)
        .reply::<AvatarView>()
        .delete("/api/v1/users/me/avatar", "users.delete_avatar", "Remove one's own picture.", delete_avatar)
        .get("/api/v1/users/{id}/avatar", "users.get_avatar", "Somebody's picture.", get_avatar)
        .get("/api/v1/users/me/activity", "users.get_activity", "What one's own account did.", activity)
        .reply::<ActivityView>()
        .get("/api/v1/users/me/connected-accounts", "users.list_connected_accounts", "What opens one's own account.", connected)
        .reply::<ConnectedView>()
}

#[derive(Serialize, JsonSchema)]
struct AvatarView {
    success: bool,
    avatar_url: String,
    message: &'static str,
}

#[derive(Serialize, JsonSchema)]
struct ActivityView {
    member_since: String,
    last_login_at: Option<String>,
    last_active_at: Option<String>,
    login_count: i64,
    organizations_count: usize,
    api_keys_count: usize,
    /// Requests with the user's keys that changed something or were refused.
    api_requests_30d: i64,
    organizations: Vec<PlaceView>,
    /// Newest first, at most 50.
    recent: Vec<DoneView>,
}

#[derive(Serialize, JsonSchema)]
struct PlaceView {
    id: String,
    name: String,
    role: &'static str,
}

#[derive(Serialize, JsonSchema)]
struct DoneView {
    at: String,
    action: String,
    description: String,
    ip: Option<String>,
    status: String,
}

#[derive(Serialize, JsonSchema)]
struct ConnectedView {
    accounts: Vec<AccountView>,
    api_keys_active: usize,
    api_keys_total: usize,
}

#[derive(Serialize, JsonSchema)]
struct AccountView {
    provider: String,
    provider_name: String,
    email: Option<String>,
    connected_at: String,
}

async fn put_avatar(identity: Identity, mut req: Req) -> Result<Reply> {
    let form = req.multipart().await?;
    let missing = || AppError::bad_request("file is missing").code("invalid_field").with("field", "file");
    let file = form.field("file").ok_or_else(missing)?;
    if file.data.len() > IMAGE_BYTES_MAX {
        return Err(AppError::bad_request("file must be at most 5 MB").code("invalid_image").with("field", "file"));
    }
    let avatar_url = identity.put_avatar(req.cx(), &file.data).await?;
    Ok(Reply::json(&AvatarView { success: true, avatar_url, message: "Avatar updated" }))
}

async fn delete_avatar(identity: Identity, req: Req) -> Result<Reply> {
    identity.delete_avatar(req.cx()).await?;
    Ok(Reply::json(&json!({ "success": true, "message": "Avatar removed" })))
}

async fn get_avatar(identity: Identity, req: Req) -> Result<Reply> {
    let missing = || AppError::not_found("This user has no picture");
    let uid: Uid = req.param("id").parse().map_err(|_| missing())?;
    let (content_type, image, _) = avatars::get(&identity.0.db, uid).await?.ok_or_else(missing)?;
    let format = Format::parse(&content_type).ok_or_else(missing)?;
    // The address carries a version, and nothing inside may run.
    let reply = Reply::bytes(format.content_type(), image).header("cache-control", "private, max-age=86400");
    Ok(reply.header("content-security-policy", "default-src 'none'; sandbox").header("x-content-type-options", "nosniff"))
}

async fn activity(identity: Identity, req: Req) -> Result<Reply> {
    let cx = req.cx();
    let (user, _) = identity.account(cx.user_id()?).await?;
    let places = identity.organizations_of(user.id).await?;
    let sessions = identity.live_sessions(Some(user.id)).await?;
    let recent = identity.own_history(&user).await?;
    let month = cx.now().minus_secs(30 * 86_400);
    let asked = Filter { action: Some(API_REQUEST.to_owned()), actor_id: Some(user.id), from: Some(month), ..Filter::default() };
    Ok(Reply::json(&ActivityView {
        member_since: user.created_at.rfc3339(),
        last_login_at: user.last_login_at.map(Timestamp::rfc3339),
        last_active_at: sessions.iter().map(|(s, _, _)| s.last_seen_at).max().map(Timestamp::rfc3339),
        login_count: user.login_count,
        organizations_count: places.len(),
        api_keys_count: identity.own_keys(user.id).await?.iter().filter(|k| k.is_active(cx.now())).count(),
        api_requests_30d: identity.0.audit.count(&asked).await?,
        organizations: places.into_iter().map(|(o, role)| PlaceView { id: o.uid.to_string(), name: o.name, role: role.as_str() }).collect(),
        recent: recent
            .into_iter()
            .map(|d| DoneView { at: d.at.rfc3339(), action: d.action, description: d.description, ip: d.ip, status: d.status })
            .collect(),
    }))
}

async fn connected(identity: Identity, req: Req) -> Result<Reply> {
    let cx = req.cx();
    let keys = identity.own_keys(cx.user_id()?).await?;
    let accounts = identity.linked(cx).await?.into_iter().map(|l| AccountView {
        provider_name: provider_name(&l.provider).to_owned(),
        provider: l.provider,
        email: l.email,
        connected_at: l.linked_at.rfc3339(),
    });
    Ok(Reply::json(&ConnectedView {
        accounts: accounts.collect(),
        api_keys_active: keys.iter().filter(|k| k.is_active(cx.now())).count(),
        api_keys_total: keys.len(),
    }))
}
