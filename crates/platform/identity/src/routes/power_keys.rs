//! `/api/keys`: the instance's keys for the power routes, by the roles read, operate and admin.

use argos_kernel::{AppError, FieldError, Result, Role, Timestamp};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::{Authority, NewApiKey};
use crate::model::api_key::ApiKey;
use crate::service::Identity;

pub(super) fn routes(identity: &Identity) -> Routes<Identity> {
    Routes::new(identity.clone())
        .get("/api/keys", "power_keys.list", "Keys for the power routes.", list)
        .reply::<Vec<KeyView>>()
        .post("/api/keys", "power_keys.create", "Make a key; its text is shown this once.", create)
        .body::<CreateBody>()
        .created::<KeyView>()
        .delete("/api/keys/{id}", "power_keys.revoke", "End a key.", revoke)
}

#[derive(Serialize, JsonSchema)]
struct KeyView {
    id: i64,
    name: String,
    /// read, operate or admin.
    role: &'static str,
    created_at: String,
    last_used_at: Option<String>,
    key_prefix: String,
    /// Only in the reply that makes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
struct CreateBody {
    name: String,
    role: Option<String>,
}

const ROLES: [(&str, Role); 3] = [("read", Role::Viewer), ("operate", Role::Operator), ("admin", Role::Admin)];

fn view(key: ApiKey, text: Option<String>) -> KeyView {
    KeyView {
        id: key.id,
        role: ROLES.iter().find(|(_, r)| *r == key.role_cap).map_or("admin", |(word, _)| word),
        created_at: key.created_at.rfc3339(),
        last_used_at: key.last_used_at.map(Timestamp::rfc3339),
        key_prefix: key.key_prefix,
        name: key.name,
        key: text,
    }
}

async fn list(identity: Identity, _: Req) -> Result<Reply> {
    let keys = identity.keys_of("power", "power").await?;
    let views: Vec<KeyView> = keys.into_iter().map(|k| view(k, None)).collect();
    Ok(Reply::json(&views))
}

async fn create(identity: Identity, mut req: Req) -> Result<Reply> {
    let body: CreateBody = req.json().await?;
    let cx = req.cx();
    let word = body.role.as_deref().unwrap_or("read");
    let role_cap = ROLES.iter().find(|(w, _)| *w == word).map(|(_, r)| *r);
    let role_cap = role_cap.ok_or_else(|| AppError::invalid(vec![FieldError::new("role", "role must be read, operate or admin")]))?;
    let name = body.name.trim();
    if !(1..=100).contains(&name.chars().count()) {
        return Err(AppError::invalid(vec![FieldError::new("name", "name must be 1-100 characters")]));
    }
    let new = NewApiKey {
        name: name.to_owned(),
        owner_id: None,
        organization_id: None,
        role_cap,
        scopes: vec!["power".to_owned()],
        expires_at: None,
        origin: "power",
    };
    let (key, text) = identity.create_key(&Authority::of(cx), new).await?;
    Ok(Reply::created(&view(key, Some(text.into_inner()))))
}

async fn revoke(identity: Identity, req: Req) -> Result<Reply> {
    let id: i64 = req.param_as("id")?;
    let keys = identity.keys_of("power", "power").await?;
    let key = keys.into_iter().find(|k| k.id == id).ok_or_else(|| AppError::not_found("API key not found"))?;
    identity.revoke_key(&Authority::of(req.cx()), &key).await?;
    Ok(Reply::no_content())
}
