//! The settings of the nodes part (nodes spec C.5, D.11): typed values, all or nothing.

use argos_kernel::{AppError, Result};
use argos_web::{Reply, Req};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::view::masked;
use crate::{Input, Kind, Settings, Spec, Write, registry};

/// The keys of nodes spec D.11.
pub const NODE_KEYS: [&str; 12] = [
    "events_retention_days",
    "ws_keepalive_interval_secs",
    "node_offline_threshold_secs",
    "stats_broadcast_interval_ms",
    "registration_token_ttl_hours",
    "session_lifetime_hours",
    "max_login_attempts",
    "node_disconnect_grace_secs",
    "command_timeout_secs",
    "node_secret_rotation_days",
    "events_max_per_node_per_minute",
    "node_ip_allowlist",
];

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NodeSettings {
    settings: Map<String, Value>,
}

fn view(settings: &Settings) -> Reply {
    let snapshot = settings.snapshot();
    let mut out = Map::new();
    for spec in NODE_KEYS.iter().filter_map(|k| registry().find(k)) {
        let value = snapshot.value(spec).ok().flatten();
        out.insert(spec.key.to_owned(), masked(spec, value.as_ref(), argos_vault::Family::Nodes));
    }
    Reply::json(&out)
}

pub(super) async fn get(settings: Settings, _req: Req) -> Result<Reply> {
    Ok(view(&settings))
}

pub(super) async fn put(settings: Settings, mut req: Req) -> Result<Reply> {
    let body: NodeSettings = req.json().await?;
    let mut writes = Vec::new();
    for (key, value) in body.settings {
        let refuse = |text: String| AppError::bad_request(text).code("invalid_setting").with("field", key.clone());
        let spec = NODE_KEYS.iter().find(|k| **k == key).and_then(|k| registry().find(k));
        let spec = spec.ok_or_else(|| refuse(format!("unknown setting key: {key}")))?;
        let value = whole(spec, value).map_err(|()| refuse(format!("{key} must be an integer")))?;
        let input = Input::Json(value.clone());
        settings.judge(spec, &input).map_err(|why| refuse(range_text(spec, &value).unwrap_or(why)))?;
        writes.push(Write::new(spec.key, input));
    }
    settings.set_many(&req.cx().actor(), &writes).await?;
    Ok(view(&settings))
}

/// Numbers may come as text, as the documented clients send them.
fn whole(spec: &Spec, value: Value) -> Result<Value, ()> {
    match (spec.kind, &value) {
        (Kind::Int, Value::Number(n)) if n.is_i64() => Ok(value),
        (Kind::Int, Value::String(text)) => text.trim().parse::<i64>().map(|n| json!(n)).map_err(drop),
        (Kind::Int, _) => Err(()),
        _ => Ok(value),
    }
}

/// `X must be A-B, got V`
fn range_text(spec: &Spec, value: &Value) -> Option<String> {
    let range = spec.rule_text.split(',').next()?.trim();
    let (low, high) = range.split_once('-')?;
    low.parse::<i64>().ok()?;
    high.parse::<i64>().ok()?;
    Some(format!("{} must be {range}, got {value}", spec.key))
}
