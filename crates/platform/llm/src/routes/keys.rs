//! Keys of the caller in both documented views: `/api/v1/ai/keys` (errors are 200 with `success:false`) and
//! `/api/v1/users/me/provider-keys`; and those of an organization, which its members ask with.

use argos_kernel::{AppError, Result, Timestamp};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::actions::keys::NewKey;
use crate::llm::{Asker, Llm};
use crate::model::provider::Provider;
use crate::store::keys::{self, Key, Owner};

const KEY_MAX: usize = 256;

pub(super) fn declare(routes: Routes<Llm>) -> Routes<Llm> {
    routes
        .get("/api/v1/ai/keys", "llm.list_keys", "The caller's keys, by provider; never a key itself.", list)
        .reply::<Vec<KeyRow>>()
        .post("/api/v1/ai/keys", "llm.put_key", "Store a key.", put)
        .body::<KeyBody>()
        .delete("/api/v1/ai/keys", "llm.delete_key", "Remove a key.", delete)
        .get("/api/v1/users/me/provider-keys", "llm.list_provider_keys", "The caller's keys with what is known of them.", provider_list)
        .reply::<Vec<ProviderKeyView>>()
        .post("/api/v1/users/me/provider-keys", "llm.put_provider_key", "Store a key.", provider_put)
        .body::<ProviderKeyBody>()
        .reply::<ProviderKeyView>()
        .delete("/api/v1/users/me/provider-keys/{provider}", "llm.delete_provider_key", "Remove a key.", provider_delete)
        .post("/api/v1/users/me/provider-keys/{provider}/validate", "llm.validate_provider_key", "Try a key out.", validate)
        .reply::<VerdictView>()
        .get(
            "/api/v1/ai/organization-keys",
            "llm.list_organization_keys",
            "Keys of the organization; members ask with them.",
            organization_list,
        )
        .reply::<Vec<ProviderKeyView>>()
        .post("/api/v1/ai/organization-keys", "llm.put_organization_key", "Store a key of the organization.", organization_put)
        .body::<ProviderKeyBody>()
        .reply::<ProviderKeyView>()
        .delete(
            "/api/v1/ai/organization-keys/{provider}",
            "llm.delete_organization_key",
            "Remove a key of the organization.",
            organization_delete,
        )
        .post(
            "/api/v1/ai/organization-keys/{provider}/validate",
            "llm.validate_organization_key",
            "Try a key of the organization out.",
            organization_validate,
        )
        .reply::<VerdictView>()
}

#[derive(Serialize, JsonSchema)]
struct KeyRow {
    id: String,
    provider: String,
    model_preference: Option<String>,
    configured: bool,
    /// RFC 3339.
    updated_at: String,
}

#[derive(Deserialize, JsonSchema)]
struct KeyBody {
    provider: String,
    api_key: String,
    model_preference: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
struct ProviderKeyBody {
    provider: String,
    /// 10 to 500 characters.
    api_key: String,
    base_url: Option<String>,
    display_name: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct ProviderKeyView {
    id: String,
    provider: String,
    key_display: String,
    display_name: Option<String>,
    base_url: Option<String>,
    model_preference: Option<String>,
    /// Null before it was tried out.
    is_valid: Option<bool>,
    last_validated_at: Option<String>,
    validation_error: Option<String>,
    created_at: String,
}

#[derive(Serialize, JsonSchema)]
struct VerdictView {
    /// Null when the provider could not be asked.
    is_valid: Option<bool>,
    error: Option<String>,
    provider: &'static str,
}

impl From<Key> for ProviderKeyView {
    fn from(k: Key) -> Self {
        Self {
            id: k.uid.to_string(),
            provider: k.provider,
            key_display: k.key_display,
            display_name: k.display_name,
            base_url: k.base_url,
            model_preference: k.model_preference,
            is_valid: k.is_valid,
            last_validated_at: k.last_validated_at.map(Timestamp::rfc3339),
            validation_error: k.validation_error,
            created_at: k.created_at.rfc3339(),
        }
    }
}

fn owner(req: &Req) -> Result<Owner> {
    Ok(Owner::User(req.cx().user_id()?))
}

fn refused(text: &str) -> Reply {
    Reply::json(&json!({ "success": false, "error": text }))
}
fn done() -> Reply {
    Reply::json(&json!({ "success": true }))
}

async fn list(llm: Llm, req: Req) -> Result<Reply> {
    let rows = keys::list(&llm.0.db, owner(&req)?).await?.into_iter().map(|k| KeyRow {
        id: k.uid.to_string(),
        provider: k.provider,
        model_preference: k.model_preference,
        configured: true,
        updated_at: k.updated_at.rfc3339(),
    });
    Ok(Reply::json(&rows.collect::<Vec<_>>()))
}

async fn put(llm: Llm, mut req: Req) -> Result<Reply> {
    let owner = owner(&req)?;
    let body: KeyBody = req.json().await?;
    let Some(provider) = Provider::parse(&body.provider) else { return Ok(refused("Invalid provider")) };
    let key = body.api_key.trim().to_owned();
    if key.is_empty() || key.chars().count() > KEY_MAX || !key.bytes().all(|b| b.is_ascii_graphic()) {
        return Ok(refused("API key must be 1\u{2013}256 characters"));
    }
    let model_preference = body.model_preference.map(|m| m.trim().chars().take(200).collect()).filter(|m: &String| !m.is_empty());
    let new = NewKey { provider, key, base_url: None, display_name: None, model_preference };
    llm.put_key(&req.cx().actor(), owner, new).await?;
    Ok(done())
}

async fn delete(llm: Llm, mut req: Req) -> Result<Reply> {
    let owner = owner(&req)?;
    let named = req.query().filled("provider").map(str::to_owned);
    let word = match named {
        Some(word) => word,
        None => req.json::<Value>().await?["provider"].as_str().unwrap_or_default().to_owned(),
    };
    let Some(provider) = Provider::parse(&word) else { return Ok(refused("Invalid provider")) };
    llm.delete_key(&req.cx().actor(), owner, provider).await?;
    Ok(done())
}

fn named(word: &str) -> Result<Provider> {
    Provider::parse(word).ok_or_else(|| {
        let mut fault = argos_kernel::FieldError::new("provider", "unknown provider");
        fault.loc = vec!["body".to_owned(), "provider".to_owned()];
        AppError::invalid(vec![fault])
    })
}

/// The organization the request acts in.
async fn organization(llm: &Llm, req: &Req) -> Result<Owner> {
    Ok(Owner::Organization(llm.0.organizations.organization_of(req).await?))
}

async fn provider_list(llm: Llm, req: Req) -> Result<Reply> {
    listed(&llm, owner(&req)?).await
}
async fn organization_list(llm: Llm, req: Req) -> Result<Reply> {
    listed(&llm, organization(&llm, &req).await?).await
}
async fn listed(llm: &Llm, owner: Owner) -> Result<Reply> {
    let rows = keys::list(&llm.0.db, owner).await?.into_iter().map(ProviderKeyView::from);
    Ok(Reply::json(&rows.collect::<Vec<_>>()))
}

async fn provider_put(llm: Llm, req: Req) -> Result<Reply> {
    let owner = owner(&req)?;
    store_key(&llm, req, owner).await
}
async fn organization_put(llm: Llm, req: Req) -> Result<Reply> {
    let owner = organization(&llm, &req).await?;
    store_key(&llm, req, owner).await
}
async fn store_key(llm: &Llm, mut req: Req, owner: Owner) -> Result<Reply> {
    let body: ProviderKeyBody = req.json().await?;
    let provider = named(&body.provider)?;
    let key = body.api_key.trim().to_owned();
    if !(10..=500).contains(&key.chars().count()) || !key.bytes().all(|b| b.is_ascii_graphic()) {
        let mut fault = argos_kernel::FieldError::new("api_key", "api_key has 10 to 500 characters");
        fault.loc = vec!["body".to_owned(), "api_key".to_owned()];
        return Err(AppError::invalid(vec![fault]));
    }
    let text = |t: Option<String>, max: usize| t.map(|t| t.trim().chars().take(max).collect()).filter(|t: &String| !t.is_empty());
    let new =
        NewKey { provider, key, base_url: text(body.base_url, 500), display_name: text(body.display_name, 100), model_preference: None };
    let stored = llm.put_key(&req.cx().actor(), owner, new).await?;
    Ok(Reply::json(&ProviderKeyView::from(stored)))
}

async fn provider_delete(llm: Llm, req: Req) -> Result<Reply> {
    let owner = owner(&req)?;
    remove(&llm, &req, owner).await
}
async fn organization_delete(llm: Llm, req: Req) -> Result<Reply> {
    let owner = organization(&llm, &req).await?;
    remove(&llm, &req, owner).await
}
async fn remove(llm: &Llm, req: &Req, owner: Owner) -> Result<Reply> {
    let provider = Provider::parse(req.param("provider")).ok_or_else(|| AppError::not_found("Key not found"))?;
    if !llm.delete_key(&req.cx().actor(), owner, provider).await? {
        return Err(AppError::not_found("Key not found"));
    }
    Ok(Reply::json(&json!({ "success": true, "message": "Key removed" })))
}

async fn validate(llm: Llm, req: Req) -> Result<Reply> {
    let owner = owner(&req)?;
    judged(&llm, &req, owner, &Asker::of(req.cx())).await
}
async fn organization_validate(llm: Llm, req: Req) -> Result<Reply> {
    let id = llm.0.organizations.organization_of(&req).await?;
    judged(&llm, &req, Owner::Organization(id), &Asker::organization(req.cx(), id)).await
}
async fn judged(llm: &Llm, req: &Req, owner: Owner, asker: &Asker) -> Result<Reply> {
    let provider = Provider::parse(req.param("provider")).ok_or_else(|| AppError::not_found("Key not found"))?;
    let outcome = llm.validate_key(&req.cx().actor(), asker, owner, provider).await?;
    let (is_valid, error) = match outcome {
        Ok(()) => (Some(true), None),
        Err(why @ crate::NoModel::Status(401 | 403)) => (Some(false), Some(why.reason())),
        Err(why) => (None, Some(why.reason())),
    };
    Ok(Reply::json(&VerdictView { is_valid, error, provider: provider.as_str() }))
}
