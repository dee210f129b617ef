//! `/api/webhooks*` and `/hooks/{hook_id}` (ops-automation C.8), and the senders' common routes `/api/v1/webhooks/*`.

use argos_kernel::{AppError, Result, Timestamp};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::Webhooks;
use crate::endpoints::{Place, Which, not_found};
use crate::receive::Accepted;
use crate::store::{self, Delivery, Endpoint};
use crate::verify::Call;

const BODY_MAX: usize = 1 << 20;

/// Every route of this crate.
pub fn routes(webhooks: Webhooks) -> Routes {
    let all = Routes::new(webhooks)
        .get("/api/webhooks", "webhooks.list", "Webhook endpoints, newest first.", list)
        .reply::<Vec<WebhookView>>()
        .post("/api/webhooks", "webhooks.create", "Create an endpoint; its secret is shown only now.", create)
        .body::<WebhookBody>()
        .reply::<CreatedView>()
        .put("/api/webhooks/{webhook_id}", "webhooks.update", "Rename or switch an endpoint.", update)
        .body::<WebhookChange>()
        .reply::<WebhookView>()
        .delete("/api/webhooks/{webhook_id}", "webhooks.delete", "Delete an endpoint and its deliveries.", delete)
        .post("/api/webhooks/{webhook_id}/rotate", "webhooks.rotate", "A new secret; the old one holds for 24 h.", rotate)
        .reply::<SecretView>()
        .get("/api/webhooks/{webhook_id}/deliveries", "webhooks.deliveries", "What was received, newest first.", deliveries)
        .param("limit", "1 to 200, 50 when absent")
        .reply::<Vec<WebhookDeliveryView>>()
        .post("/api/webhooks/receive/{hook_id}", "webhooks.receive", "Where a sender calls.", receive)
        .body_limit(BODY_MAX)
        .post("/hooks/{hook_id}", "webhooks.receive_short", "The same, short.", receive)
        .body_limit(BODY_MAX);
    let all = all
        .post("/api/webhook", "webhooks.fire", "Fire one of the hooks of the setting `automations`.", fire)
        .body::<FireBody>()
        .reply::<FiredView>();
    let sent = |routes: Routes<Webhooks>, path, operation| {
        routes.post(path, operation, "A sender's webhook, verified natively.", vendor).body_limit(BODY_MAX)
    };
    let all = sent(all, "/api/v1/webhooks/sentry", "webhooks.sentry");
    let all = sent(all, "/api/v1/webhooks/datadog", "webhooks.datadog");
    let all = sent(all, "/api/v1/webhooks/fullstory", "webhooks.fullstory");
    let all = sent(all, "/api/v1/webhooks/logrocket", "webhooks.logrocket");
    let all = sent(all, "/api/v1/webhooks/newrelic", "webhooks.newrelic");
    let all = sent(all, "/api/v1/webhooks/bugsnag", "webhooks.bugsnag");
    let all = sent(all, "/api/v1/webhooks/rollbar", "webhooks.rollbar");
    let all = sent(all, "/api/v1/webhooks/vcs/github", "webhooks.github");
    crate::organization_routes::declare(sent(all, "/api/v1/webhooks/vcs/gitlab", "webhooks.gitlab")).done()
}

#[derive(JsonSchema, Deserialize)]
struct FireBody {
    /// Id of the hook, a text or a number.
    #[serde(default)]
    id: Value,
}

#[derive(JsonSchema, Serialize)]
struct FiredView {
    /// The receiver answered with 2xx.
    success: bool,
}

async fn fire(webhooks: Webhooks, mut req: Req) -> Result<Reply> {
    let body: FireBody = req.json().await?;
    let id = body.id.as_str().map_or_else(|| body.id.to_string(), str::to_owned);
    let success = webhooks.fire(&req.cx().actor(), &id).await?;
    Ok(Reply::json(&FiredView { success }))
}

#[derive(JsonSchema, Serialize)]
struct WebhookView {
    id: i64,
    name: String,
    hook_id: String,
    /// Where the sender calls.
    path: String,
    source: String,
    /// native, token, basic or none
    verify_mode: String,
    automation_id: Option<String>,
    enabled: bool,
    /// Unix seconds.
    last_triggered: Option<i64>,
    trigger_count: i64,
    rejected: i64,
    /// The secret before the last rotation is still accepted.
    previous_secret_valid: bool,
    created_at: i64,
}

#[derive(JsonSchema, Deserialize)]
struct WebhookBody {
    #[serde(default)]
    name: String,
    #[serde(default)]
    automation_id: Option<Value>,
    /// generic when absent
    #[serde(default)]
    source: Option<String>,
    /// native when absent
    #[serde(default)]
    verify_mode: Option<String>,
}

#[derive(JsonSchema, Deserialize)]
struct WebhookChange {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    enabled: Option<bool>,
}

#[derive(JsonSchema, Serialize)]
struct CreatedView {
    id: i64,
    hook_id: String,
    secret: String,
    status: &'static str,
}

#[derive(JsonSchema, Serialize)]
struct SecretView {
    secret: String,
    status: &'static str,
}

#[derive(JsonSchema, Serialize)]
struct WebhookDeliveryView {
    id: String,
    delivery_id: String,
    event_type: String,
    headers: Value,
    /// Secrets in use blanked.
    body: String,
    status: String,
    /// How often it came again.
    duplicates: i64,
    event_id: Option<i64>,
    created_at: i64,
}

fn view(w: &Webhooks, e: Endpoint) -> WebhookView {
    WebhookView {
        path: format!("/api/webhooks/receive/{}", e.hook_id),
        previous_secret_valid: e.previous.as_ref().is_some_and(|(_, until)| *until > w.now()),
        id: e.id,
        name: e.name,
        hook_id: e.hook_id,
        source: e.source,
        verify_mode: e.verify_mode,
        automation_id: None,
        enabled: e.enabled,
        last_triggered: e.last_triggered.map(Timestamp::secs),
        trigger_count: e.trigger_count,
        rejected: e.rejected,
        created_at: e.created_at.secs(),
    }
}

async fn list(w: Webhooks, _req: Req) -> Result<Reply> {
    let all = store::list(&w.0.db).await?;
    Ok(Reply::json(&all.into_iter().map(|e| view(&w, e)).collect::<Vec<_>>()))
}

async fn create(w: Webhooks, mut req: Req) -> Result<Reply> {
    let body: WebhookBody = req.json().await?;
    if body.automation_id.is_some_and(|a| !a.is_null() && a != "") {
        return Err(AppError::bad_request("Linked automation not found").code("invalid_field").with("field", "automation_id"));
    }
    let (source, mode) = (body.source.as_deref().unwrap_or("generic"), body.verify_mode.as_deref().unwrap_or("native"));
    let (made, secret) = w.create(&req.cx().actor(), Place::default(), &body.name, source, mode).await?;
    Ok(Reply::json(&CreatedView { id: made.id, hook_id: made.hook_id, secret: secret.into_inner(), status: "ok" }))
}

async fn update(w: Webhooks, mut req: Req) -> Result<Reply> {
    let id = req.param_as("webhook_id")?;
    let body: WebhookChange = req.json().await?;
    let changed = w.change(&req.cx().actor(), id, body.name.as_deref(), body.enabled).await?;
    Ok(Reply::json(&view(&w, changed)))
}

async fn rotate(w: Webhooks, req: Req) -> Result<Reply> {
    let secret = w.rotate(&req.cx().actor(), Which::Number(req.param_as("webhook_id")?)).await?;
    Ok(Reply::json(&SecretView { secret: secret.into_inner(), status: "ok" }))
}

async fn delete(w: Webhooks, req: Req) -> Result<Reply> {
    w.delete(&req.cx().actor(), Which::Number(req.param_as("webhook_id")?)).await?;
    Ok(Reply::json(&json!({ "status": "ok" })))
}

async fn deliveries(w: Webhooks, req: Req) -> Result<Reply> {
    let limit = req.query().int_clamped("limit", 50, 1, 200)?;
    let all = store::deliveries(&w.0.db, req.param_as("webhook_id")?, limit).await?;
    let view = |d: Delivery| WebhookDeliveryView {
        body: redacted(&w, &d.body),
        headers: serde_json::from_str(&d.headers).unwrap_or_default(),
        id: d.uid,
        delivery_id: d.delivery_id,
        event_type: d.event_type,
        status: d.status,
        duplicates: d.duplicates,
        event_id: d.event_id,
        created_at: d.created_at.secs(),
    };
    Ok(Reply::json(&all.into_iter().map(view).collect::<Vec<_>>()))
}

/// By field name where it is JSON, by value of every secret in use in any case.
fn redacted(w: &Webhooks, body: &str) -> String {
    let redactor = w.0.vault.redactor();
    match serde_json::from_str::<Value>(body) {
        Ok(mut value) => {
            redactor.json(&mut value);
            value.to_string()
        }
        Err(_) => redactor.text(body).into_owned(),
    }
}

/// What a sender proves itself with, besides the body.
fn proofs(req: &Req) -> (http::HeaderMap, Option<String>) {
    (req.headers().clone(), req.query().filled("token").map(str::to_owned))
}

/// A call at the address of an endpoint.
pub(crate) async fn received_at(w: &Webhooks, endpoint: Endpoint, req: &mut Req) -> Result<Accepted> {
    if !endpoint.enabled {
        return Err(AppError::forbidden("Webhook is disabled").code("webhook_disabled"));
    }
    let body = req.bytes().await?;
    let (headers, token) = proofs(req);
    let find = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    let call = Call { header: &find, token: token.as_deref(), body: &body, now_s: w.now().secs() };
    let source = endpoint.source.clone();
    let proven = w.prove_at(endpoint, &call).await?;
    // The whole installation's endpoints take calls of people's own scripts, which name nothing.
    if proven.is_of_organization() {
        require_named_event(&source, req)?;
    }
    w.accept(&proven, &call).await
}

/// What a sender's calls always carry; a call without it is not kept.
fn require_named_event(source: &str, req: &Req) -> Result<()> {
    let (name, text) = match source {
        "github" => ("x-github-event", "Missing X-GitHub-Event header"),
        "gitlab" => ("x-gitlab-event", "Missing X-Gitlab-Event header"),
        _ => return Ok(()),
    };
    req.header(name).map(drop).ok_or_else(|| AppError::bad_request(text).code("missing_header"))
}

async fn receive(w: Webhooks, mut req: Req) -> Result<Reply> {
    let endpoint = store::by_hook(&w.0.db, req.param("hook_id")).await?.ok_or_else(not_found)?;
    let accepted = received_at(&w, endpoint, &mut req).await?;
    let mut reply = json!({ "status": "ok", "automation": null });
    if accepted.is_repeated {
        reply["duplicate"] = json!(true);
    }
    Ok(Reply::json(&reply))
}

async fn vendor(w: Webhooks, mut req: Req) -> Result<Reply> {
    let source = req.path().trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned();
    let body = req.bytes().await?;
    let (headers, token) = proofs(&req);
    let find = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    let call = Call { header: &find, token: token.as_deref(), body: &body, now_s: w.now().secs() };
    let organization = req.query().filled("organization_id").or_else(|| req.query().filled("org_id"));
    let proven = w.prove_from(&source, organization, &call).await?;
    require_named_event(&source, &req)?;
    let accepted = w.accept(&proven, &call).await?;
    Ok(Reply::json(&vendor_reply(&source, &accepted)))
}

pub(crate) fn vendor_reply(source: &str, a: &Accepted) -> Value {
    let message = if a.is_repeated { "Duplicate event already processed" } else { "Event received" };
    if matches!(source, "github" | "gitlab") {
        return json!({
            "success": true, "message": message, "event_type": a.event_type, "delivery_id": a.delivery_id, "sdlc_event_id": null,
            "impact_analysis_triggered": false,
        });
    }
    json!({ "success": true, "message": message, "event_id": a.uid, "fingerprint": null, "platform_event_id": a.event_id })
}
