//! `/api/v1/api-keys`: keys of the organization, owned by the user who makes them. The organization is the request's, or
//! named by the path.

use argos_kernel::{AppError, FieldError, Result, Role, Secret, Timestamp};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::actions::{Authority, NewApiKey, OrganizationAccess};
use crate::model::api_key::ApiKey;
use crate::service::Identity;

pub(super) fn routes(identity: &Identity) -> Routes<Identity> {
    Routes::new(identity.clone())
        .get("/api/v1/api-keys", "api_keys.list", "Keys of the organization, newest first.", list)
        .param("include_revoked", "true adds revoked keys")
        .reply::<Vec<KeyView>>()
        .post("/api/v1/api-keys", "api_keys.create", "Make a key; its text is shown this once.", create)
        .body::<CreateBody>()
        .reply::<CreatedView>()
        .get("/api/v1/api-keys/{id}", "api_keys.get", "One key.", get)
        .reply::<KeyView>()
        .delete("/api/v1/api-keys/{id}", "api_keys.revoke", "End a key.", revoke)
        .post("/api/v1/api-keys/{id}/rotate", "api_keys.rotate", "A new key in the place of this one.", rotate)
        .body::<RotateBody>()
        .get("/api/v1/api-keys/organizations/{org_id}/keys", "api_keys.list_of", "Keys of one organization, newest first.", list)
        .param("include_revoked", "true adds revoked keys")
        .reply::<Vec<KeyView>>()
        .post(
            "/api/v1/api-keys/organizations/{org_id}/keys",
            "api_keys.create_in",
            "Make a key in it; its text is shown this once.",
            create,
        )
        .body::<CreateBody>()
        .reply::<CreatedView>()
        .delete("/api/v1/api-keys/organizations/{org_id}/keys/{key_id}", "api_keys.revoke_in", "End a key of it.", revoke)
        .post(
            "/api/v1/api-keys/organizations/{org_id}/keys/{key_id}/rotate",
            "api_keys.rotate_in",
            "A new key in the place of this one.",
            rotate,
        )
        .body::<RotateBody>()
}

/// The organization the path names, else the request's.
async fn organization(identity: &Identity, req: &Req) -> Result<OrganizationAccess> {
    match req.param("org_id") {
        "" => identity.organization_of(req).await,
        named => identity.organization_named(req, named).await,
    }
}

/// The key the path names.
async fn named_key(identity: &Identity, req: &Req, access: &OrganizationAccess) -> Result<ApiKey> {
    let named = Some(req.param("key_id")).filter(|id| !id.is_empty()).unwrap_or_else(|| req.param("id"));
    identity.organization_key(access.organization.id, named).await
}

#[derive(Serialize, JsonSchema)]
struct KeyView {
    id: String,
    name: String,
    key_prefix: String,
    scopes: Vec<String>,
    last_used_at: Option<String>,
    request_count: i64,
    expires_at: Option<String>,
    revoked_at: Option<String>,
    created_at: String,
    /// Neither revoked nor expired.
    is_active: bool,
}

#[derive(Serialize, JsonSchema)]
struct CreatedView {
    #[serde(flatten)]
    key_view: KeyView,
    /// Shown this once.
    key: String,
}

#[derive(Deserialize, JsonSchema)]
struct CreateBody {
    name: String,
    scopes: Option<Vec<String>>,
    expires_in_days: Option<i64>,
}

#[derive(Default, Deserialize, JsonSchema)]
struct RotateBody {
    /// Seconds the old key still works.
    grace_seconds: Option<i64>,
}

const SCOPES: [&str; 6] = ["read", "write", "execute", "tests", "webhooks", "admin"];

fn view(key: &ApiKey, now: Timestamp) -> KeyView {
    KeyView {
        id: key.uid.to_string(),
        name: key.name.clone(),
        key_prefix: key.key_prefix.clone(),
        scopes: key.scopes.clone(),
        last_used_at: key.last_used_at.map(Timestamp::rfc3339),
        request_count: key.request_count,
        expires_at: key.expires_at.map(Timestamp::rfc3339),
        revoked_at: key.revoked_at.map(Timestamp::rfc3339),
        created_at: key.created_at.rfc3339(),
        is_active: key.is_active(now),
    }
}

fn created(key: &ApiKey, text: Secret<String>, now: Timestamp) -> CreatedView {
    CreatedView { key_view: view(key, now), key: text.into_inner() }
}

fn faulty(field: &str, text: &str) -> AppError {
    AppError::invalid(vec![FieldError::new(field, text)])
}

async fn list(identity: Identity, req: Req) -> Result<Reply> {
    let access = organization(&identity, &req).await?;
    let keys = identity.organization_keys(access.organization.id, req.query().flag("include_revoked")).await?;
    let now = req.cx().now();
    let views: Vec<KeyView> = keys.iter().map(|k| view(k, now)).collect();
    Ok(Reply::json(&views))
}

async fn create(identity: Identity, mut req: Req) -> Result<Reply> {
    let access = organization(&identity, &req).await?;
    let body: CreateBody = req.json().await?;
    let cx = req.cx();
    let owner_id = cx.user_id()?;
    let name = body.name.trim();
    if !(1..=100).contains(&name.chars().count()) {
        return Err(faulty("name", "name must be 1-100 characters"));
    }
    let scopes = body.scopes.unwrap_or_else(|| vec!["read".to_owned(), "write".to_owned()]);
    if scopes.is_empty() {
        return Err(faulty("scopes", "at least one scope is needed"));
    }
    if let Some(bad) = scopes.iter().find(|s| !SCOPES.contains(&s.as_str())) {
        return Err(AppError::bad_request(format!("Invalid scope: {bad}")).code("invalid_scope").with("field", "scopes"));
    }
    if body.expires_in_days.is_some_and(|d| !(1..=365).contains(&d)) {
        return Err(faulty("expires_in_days", "expires_in_days must be between 1 and 365"));
    }
    identity.may_hand_out(&access, cx, &scopes)?;
    let new = NewApiKey {
        name: name.to_owned(),
        owner_id: Some(owner_id),
        organization_id: Some(access.organization.id),
        role_cap: cx.caller.role.unwrap_or(Role::Viewer),
        scopes,
        expires_at: body.expires_in_days.map(|days| cx.now().plus_secs(days * 86_400)),
        origin: "quality",
    };
    let (key, text) = identity.create_key(&Authority::of(cx), new).await?;
    Ok(Reply::json(&created(&key, text, cx.now())))
}

async fn get(identity: Identity, req: Req) -> Result<Reply> {
    let access = organization(&identity, &req).await?;
    let key = named_key(&identity, &req, &access).await?;
    Ok(Reply::json(&view(&key, req.cx().now())))
}

async fn revoke(identity: Identity, req: Req) -> Result<Reply> {
    let access = organization(&identity, &req).await?;
    let key = named_key(&identity, &req, &access).await?;
    identity.revoke_key(&Authority::of(req.cx()), &key).await?;
    Ok(Reply::json(&json!({ "success": true, "message": "API key revoked" })))
}

async fn rotate(identity: Identity, mut req: Req) -> Result<Reply> {
    let access = organization(&identity, &req).await?;
    let old = named_key(&identity, &req, &access).await?;
    let raw = req.header("content-length").is_none_or(|n| n == "0") && req.header("transfer-encoding").is_none();
    let body: RotateBody = match req.json().await {
        Ok(body) => body,
        Err(_) if raw => RotateBody::default(),
        Err(e) => return Err(e),
    };
    let grace_s = body.grace_seconds.unwrap_or(0);
    if !(0..=86_400).contains(&grace_s) {
        return Err(faulty("grace_seconds", "grace_seconds must be between 0 and 86400"));
    }
    let cx = req.cx();
    identity.may_hand_out(&access, cx, &old.scopes)?;
    let (key, text) = identity.rotate_key(&Authority::of(cx), &old, grace_s).await?;
    Ok(Reply::json(&json!({
        "old_key_id": old.uid,
        "new_key": created(&key, text, cx.now()),
        "message": if grace_s == 0 { "API key rotated".to_owned() } else { format!("API key rotated; the old one ends in {grace_s} seconds") },
    })))
}
