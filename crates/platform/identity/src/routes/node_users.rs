//! `/api/v1/users`: accounts in the nodes shape. Ids are uids; an owner shows as `super_admin`.

use argos_kernel::{AppError, Result, Role, Secret, Timestamp};
use argos_web::{Pager, Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use crate::actions::{Authority, NewAccount, UserChange};
use crate::model::limiter::Family;
use crate::model::user::User;
use crate::service::Identity;

pub(super) fn routes(identity: &Identity) -> Routes<Identity> {
    Routes::new(identity.clone())
        .get("/api/v1/users", "users.list_user_info", "Accounts, newest first.", list)
        .reply::<Vec<UserInfo>>()
        .post("/api/v1/users", "users.create", "Make an account.", create)
        .body::<CreateBody>()
        .created::<UserInfo>()
        .get("/api/v1/users/{id}", "users.get", "One account: one's own, or with users:manage.", get)
        .reply::<UserInfo>()
        .put("/api/v1/users/{id}", "users.update", "Change members of an account; null clears.", update)
        .body::<UpdateBody>()
        .reply::<UserInfo>()
        .delete("/api/v1/users/{id}", "users.delete", "Delete an account.", delete)
        .put("/api/v1/users/{id}/password", "users.change_own_password", "Change one's own password.", password)
        .body::<PasswordBody>()
}

/// An account without any secret.
#[derive(Serialize, JsonSchema)]
pub(super) struct UserInfo {
    id: String,
    username: String,
    display_name: String,
    email: Option<String>,
    /// viewer, operator, admin or super_admin.
    role: &'static str,
    is_temporary: bool,
    expires_at: Option<String>,
    allowed_node_ids: Option<Vec<String>>,
    is_active: bool,
    last_login_at: Option<String>,
    has_2fa: bool,
    must_change_password: bool,
}

impl UserInfo {
    pub(super) fn of(user: &User) -> Self {
        Self {
            id: user.uid.to_string(),
            username: user.username.clone(),
            display_name: user.display_name.clone(),
            email: user.email.clone(),
            role: user.role.nodes_word(),
            is_temporary: user.is_temporary,
            expires_at: user.expires_at.map(Timestamp::rfc3339),
            allowed_node_ids: user.allowed_node_ids.clone(),
            is_active: user.is_active,
            last_login_at: user.last_login_at.map(Timestamp::rfc3339),
            has_2fa: user.has_2fa(),
            must_change_password: user.must_change_password,
        }
    }
}

#[derive(Deserialize, JsonSchema)]
struct CreateBody {
    username: String,
    password: String,
    display_name: Option<String>,
    email: Option<String>,
    role: String,
    #[serde(default)]
    is_temporary: bool,
    expires_at: Option<String>,
    allowed_node_ids: Option<Vec<String>>,
    /// Ask for a new password at the next sign-in.
    #[serde(default)]
    must_change_password: bool,
}

/// Absent = unchanged, `null` = cleared.
#[derive(Deserialize, JsonSchema)]
struct UpdateBody {
    display_name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    email: Option<Option<String>>,
    role: Option<String>,
    is_temporary: Option<bool>,
    #[serde(default, deserialize_with = "present")]
    expires_at: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    allowed_node_ids: Option<Option<Vec<String>>>,
    is_active: Option<bool>,
    password: Option<String>,
    must_change_password: Option<bool>,
}

#[derive(Deserialize, JsonSchema)]
struct PasswordBody {
    current_password: String,
    new_password: String,
}

/// Tells `null` from absent.
fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(d: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(d).map(Some)
}

fn role(word: &str) -> Result<Role> {
    let text = "role must be viewer, operator, admin or super_admin";
    word.parse().map_err(|()| AppError::bad_request(text).code("invalid_field").with("field", "role"))
}

fn instant(text: &str) -> Result<Timestamp> {
    let bad = || AppError::bad_request("expires_at must be an RFC 3339 time").code("invalid_field").with("field", "expires_at");
    Timestamp::parse_rfc3339(text).ok_or_else(bad)
}

async fn list(identity: Identity, req: Req) -> Result<Reply> {
    let (slice, page) = Pager::page_per_page(req.query())?;
    let users = identity.users(slice.limit, slice.offset).await?;
    let total = identity.user_count().await?;
    let views: Vec<UserInfo> = users.iter().map(UserInfo::of).collect();
    let reply = Reply::json(&views).total_count(total);
    Ok(reply.header("x-page", &page.to_string()).header("x-per-page", &slice.limit.to_string()))
}

async fn create(identity: Identity, mut req: Req) -> Result<Reply> {
    let body: CreateBody = req.json().await?;
    let new = NewAccount {
        role: role(&body.role)?,
        expires_at: body.expires_at.as_deref().map(instant).transpose()?,
        username: body.username,
        display_name: body.display_name,
        email: body.email,
        password: Secret::new(body.password),
        is_temporary: body.is_temporary,
        allowed_node_ids: body.allowed_node_ids,
        must_change_password: body.must_change_password,
    };
    let user = identity.create_user(&Authority::of(req.cx()), new).await?;
    Ok(Reply::created(&UserInfo::of(&user)))
}

/// The account a path names. A stranger without `users:manage` learns nothing about which accounts exist.
async fn visible(identity: &Identity, req: &Req) -> Result<User> {
    let cx = req.cx();
    let own = cx.caller.user_uid.is_some_and(|uid| uid.to_string() == req.param("id"))
        || cx.caller.user_id.is_some_and(|id| id.to_string() == req.param("id"));
    if !own {
        cx.require("users:manage")?;
    }
    identity.user_by_id(req.param("id")).await
}

async fn get(identity: Identity, req: Req) -> Result<Reply> {
    Ok(Reply::json(&UserInfo::of(&visible(&identity, &req).await?)))
}

async fn update(identity: Identity, mut req: Req) -> Result<Reply> {
    let body: UpdateBody = req.json().await?;
    let user = identity.user_by_id(req.param("id")).await?;
    let change = UserChange {
        display_name: body.display_name,
        email: body.email,
        role: body.role.as_deref().map(role).transpose()?,
        is_temporary: body.is_temporary,
        expires_at: body.expires_at.map(|t| t.as_deref().map(instant).transpose()).transpose()?,
        allowed_node_ids: body.allowed_node_ids,
        is_active: body.is_active,
        password: body.password.map(Secret::new),
        must_change_password: body.must_change_password,
    };
    let changed = identity.change_user(&Authority::of(req.cx()), user.id, change).await?;
    Ok(Reply::json(&UserInfo::of(&changed)))
}

async fn delete(identity: Identity, req: Req) -> Result<Reply> {
    let user = identity.user_by_id(req.param("id")).await?;
    let by = Authority::of(req.cx());
    if by.user_id == Some(user.id) {
        return Err(AppError::bad_request("You cannot delete your own account").code("own_account"));
    }
    identity.delete_user(&by, user.id).await?;
    Ok(Reply::no_content())
}

async fn password(identity: Identity, mut req: Req) -> Result<Reply> {
    let user = visible(&identity, &req).await?;
    let body: PasswordBody = req.json().await?;
    if req.cx().caller.user_id != Some(user.id) {
        return Err(AppError::forbidden("Only one's own password can be changed here").code("not_own_account"));
    }
    identity.change_own_password(req.cx(), Family::Nodes, &body.current_password, &body.new_password).await?;
    Ok(Reply::no_content())
}
