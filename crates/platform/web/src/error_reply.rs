//! The one place where an error becomes a response (platform spec 3.1).

use argos_kernel::{AppError, ErrorKind};
use serde_json::{Map, Value, json};

use crate::{Family, Reply};

/// Renders the documented envelope `{error, detail, code, request_id, ...}`.
pub(crate) fn render(error: &AppError, family: Family, request_id: &str) -> Reply {
    let mut body = Map::new();
    let (text, detail): (String, Value) = match error.kind() {
        ErrorKind::Internal => ("Internal server error".to_owned(), json!("Internal server error")),
        ErrorKind::Unauthenticated if error.code_str() == "unauthenticated" && family != Family::Power => {
            ("unauthorized".to_owned(), json!(error.message()))
        }
        ErrorKind::Invalid if !error.fields().is_empty() => (error.message().to_owned(), json!(error.fields())),
        _ => (error.message().to_owned(), json!(error.message())),
    };
    body.insert("error".to_owned(), Value::String(text));
    body.insert("detail".to_owned(), detail);
    body.insert("code".to_owned(), Value::String(error.code_str().to_owned()));
    body.insert("request_id".to_owned(), Value::String(request_id.to_owned()));
    for (key, value) in error.extra() {
        body.insert(key.clone(), value.clone());
    }
    let mut reply = match error.retry_after_s() {
        Some(s) => {
            body.entry("retry_after").or_insert(json!(s));
            Reply::json(&body).header("retry-after", &s.to_string())
        }
        None => Reply::json(&body),
    };
    if error.kind() == ErrorKind::Unauthenticated {
        reply = reply.header("www-authenticate", "Bearer, ApiKey");
    }
    if let Some(allow) = error.extra().get("allow").and_then(Value::as_str) {
        reply = reply.header("allow", allow);
    }
    reply.status(error.kind().status())
}

pub(crate) fn route_not_found() -> AppError {
    AppError::not_found("Not found").code("route_not_found")
}

pub(crate) fn unauthenticated(family: Family, missing: bool) -> AppError {
    let text = match (family, missing) {
        (Family::Power, true) => "Missing X-Api-Key header.",
        (Family::Power, false) => "Invalid API key.",
        _ => "Authentication required",
    };
    AppError::unauthenticated(text)
}

pub(crate) fn rate_limited(family: Family, retry_after_s: u64, limit: u32) -> AppError {
    let text = if family == Family::Power { "Rate limit exceeded. Try again in 60 seconds." } else { "Rate limit exceeded" };
    AppError::rate_limited(text, retry_after_s).with("limit", limit).with("window", 60)
}
