//! `/api/push/*`: the browsers of a user (edge spec C14).

use argos_audit::{Category, Entry};
use argos_kernel::{AppError, Result};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Notify;
use crate::model::push::BrowserKeys;
use crate::store::push::{self as store, PushSubscription};

/// Browsers of one user.
const BROWSERS_MAX: i64 = 20;

pub(super) fn declare(routes: Routes<Notify>) -> Routes<Notify> {
    routes
        .get("/api/push/vapid-public-key", "notify.push_key", "The key browsers subscribe with.", key)
        .reply::<PushKeyView>()
        .post("/api/push/subscribe", "notify.push_subscribe", "Register the caller's browser.", subscribe)
        .body::<PushBody>()
        .created::<PushView>()
        .delete("/api/push/subscribe", "notify.push_unsubscribe", "Forget the caller's browser.", unsubscribe)
        .body::<EndpointBody>()
        .get("/api/push/subscriptions", "notify.push_list", "Browsers of all users; other users' keys are blank.", list)
        .reply::<Vec<PushView>>()
}

#[derive(JsonSchema, Serialize)]
struct PushKeyView {
    /// Uncompressed P-256 point, base64url.
    public_key: String,
}

#[derive(JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
struct PushBody {
    #[serde(default)]
    endpoint: String,
    #[serde(default)]
    p256dh_key: String,
    #[serde(default)]
    auth_key: String,
    #[serde(default)]
    user_agent: String,
}

#[derive(JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
struct EndpointBody {
    #[serde(default)]
    endpoint: String,
}

#[derive(JsonSchema, Serialize)]
struct PushView {
    id: i64,
    user_id: i64,
    endpoint: String,
    p256dh_key: String,
    auth_key: String,
    user_agent: String,
    created_at: String,
}

fn view(s: PushSubscription, reader: Option<i64>) -> PushView {
    let own = reader == Some(s.user_id);
    let blank = |key: String| if own { key } else { String::new() };
    PushView {
        id: s.id,
        user_id: s.user_id,
        endpoint: s.endpoint,
        p256dh_key: blank(s.p256dh_key),
        auth_key: blank(s.auth_key),
        user_agent: s.user_agent,
        created_at: s.created_at.rfc3339(),
    }
}

fn bad(text: String, field: &str) -> AppError {
    AppError::bad_request(text).code("invalid_field").with("field", field)
}

fn user(req: &Req) -> Result<i64> {
    req.cx().caller.user_id.ok_or_else(|| AppError::bad_request("only users have browsers").code("no_user"))
}

async fn key(notify: Notify, _req: Req) -> Result<Reply> {
    let (public_key, _) = notify.push_keys().await?;
    Ok(Reply::json(&PushKeyView { public_key }))
}

async fn subscribe(notify: Notify, mut req: Req) -> Result<Reply> {
    let body: PushBody = req.json().await?;
    let user_id = user(&req)?;
    for (name, text) in [("endpoint", &body.endpoint), ("p256dh_key", &body.p256dh_key), ("auth_key", &body.auth_key)] {
        if text.is_empty() {
            return Err(bad(format!("{name} is required"), name));
        }
    }
    let usable = crate::model::field::is_web_url(&body.endpoint) && body.endpoint.len() <= 2_048;
    // Labs that open private targets may receive over http.
    let lab = notify.0.parts.net.policy().allow_private_targets;
    if !usable || !(lab || body.endpoint.starts_with("https://")) {
        return Err(bad("endpoint must be an https URL".to_owned(), "endpoint"));
    }
    BrowserKeys::parse(&body.p256dh_key, &body.auth_key).map_err(|name| bad(format!("{name} is not a valid key"), name))?;
    let new = PushSubscription {
        id: 0,
        user_id,
        endpoint: body.endpoint,
        p256dh_key: body.p256dh_key,
        auth_key: body.auth_key,
        user_agent: body.user_agent.chars().filter(|c| !c.is_control()).take(256).collect(),
        created_at: notify.now(),
    };
    let mut change = notify.0.parts.audit.begin(&req.cx().actor()).await?;
    if store::count(&mut change, user_id).await? >= BROWSERS_MAX {
        return Err(bad(format!("there are already {BROWSERS_MAX} browsers"), "endpoint"));
    }
    let made = store::upsert(&mut change, &new).await?;
    let entry =
        Entry::new("push_subscription.create", Category::Config).target("push_subscription", made.id).describe("Browser subscribed");
    change.commit(entry).await?;
    Ok(Reply::created(&view(made, Some(user_id))))
}

async fn unsubscribe(notify: Notify, mut req: Req) -> Result<Reply> {
    let body: EndpointBody = req.json().await?;
    let user_id = user(&req)?;
    if body.endpoint.is_empty() {
        return Err(bad("endpoint is required".to_owned(), "endpoint"));
    }
    let mut change = notify.0.parts.audit.begin(&req.cx().actor()).await?;
    if store::delete(&mut change, user_id, &body.endpoint).await? == 0 {
        return Err(AppError::not_found("subscription not found"));
    }
    change
        .commit(Entry::new("push_subscription.delete", Category::Config).target("user", user_id).describe("Browser unsubscribed"))
        .await?;
    Ok(Reply::no_content())
}

async fn list(notify: Notify, req: Req) -> Result<Reply> {
    let reader = req.cx().caller.user_id;
    let all = store::list(notify.db()).await?;
    Ok(Reply::json(&all.into_iter().map(|s| view(s, reader)).collect::<Vec<_>>()))
}
