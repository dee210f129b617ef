//! The alert configuration and its trial (power spec C.2, C.4).

use argos_kernel::{AppError, FieldError, Result};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::Service;

pub(crate) fn routes(power: Service) -> Routes {
    Routes::new(power)
        .get("/api/alerts", "power.get_alerts", "Alert providers and the rules of alerting; secrets blank.", get)
        .reply::<Map<String, Value>>()
        .put("/api/alerts", "power.update_alerts", "Change members; providers, when given, replaces the list.", put)
        .body::<Map<String, Value>>()
        .reply::<Map<String, Value>>()
        .post("/api/alerts/test", "power.test_alerts", "Send a test alert to every enabled provider, or to one.", test)
        .reply::<TestView>()
        .done()
}

#[derive(Serialize, JsonSchema)]
struct TestView {
    status: &'static str,
    message: &'static str,
    results: Vec<ResultView>,
}

#[derive(Serialize, JsonSchema)]
struct ResultView {
    provider: String,
    provider_id: i64,
    r#type: &'static str,
    ok: bool,
    http_status: Option<u16>,
    error: Option<String>,
    latency_ms: u64,
}

async fn get(power: Service, _: Req) -> Result<Reply> {
    Ok(Reply::json(&power.alert_config().await?))
}

async fn put(power: Service, mut req: Req) -> Result<Reply> {
    let Value::Object(body) = req.json::<Value>().await? else {
        return Err(AppError::bad_request("An object is expected.").code("invalid_body"));
    };
    power.set_alert_config(&req.cx().actor(), &body).await?;
    Ok(Reply::json(&power.alert_config().await?))
}

async fn test(power: Service, mut req: Req) -> Result<Reply> {
    let raw = req.bytes().await?;
    let only = if raw.is_empty() {
        None
    } else {
        let body: Value = serde_json::from_slice(&raw).map_err(|_| AppError::bad_request("invalid json body").code("invalid_body"))?;
        match body.get("provider_id").filter(|v| !v.is_null()) {
            None => None,
            Some(id) => {
                let id = id.as_i64().or_else(|| id.as_str().and_then(|t| t.parse().ok()));
                Some(id.ok_or_else(|| AppError::invalid(vec![FieldError::new("provider_id", "provider_id must be a number")]))?)
            }
        }
    };
    let results = power.test_alerts(&req.cx().actor(), only).await?;
    let message = if results.is_empty() { "No enabled providers." } else { "Test alert dispatched." };
    let of = |t: argos_notify::OwnTest| ResultView {
        provider: t.name,
        provider_id: t.id,
        r#type: t.kind,
        ok: t.error.is_none(),
        http_status: t.http_status,
        error: t.error,
        latency_ms: t.latency_ms,
    };
    Ok(Reply::json(&TestView { status: "ok", message, results: results.into_iter().map(of).collect() }))
}
