//! The flat map of the ops part (ops-core C.3, D.9): its own member names, every secret `***` at any depth, unknown
//! members ignored on the way in.

use std::collections::BTreeMap;

use argos_kernel::{AppError, Result};
use argos_vault::Family;
use argos_web::{Reply, Req};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::text::to_text;
use crate::view::masked;
use crate::{Input, Kind, Settings, Spec, Write, registry};

/// Any subset of the documented members.
#[derive(Deserialize, JsonSchema)]
#[serde(transparent)]
pub(super) struct FlatSettings(BTreeMap<String, Value>);

#[derive(Serialize, JsonSchema)]
pub(super) struct Saved {
    status: &'static str,
}

pub(super) async fn map(settings: &Settings) -> Result<Reply> {
    let snapshot = settings.snapshot();
    let mut out = Map::new();
    for spec in registry().specs() {
        if let Some(name) = spec.ops_name {
            // An unreadable secret is set, so it shows as one.
            let value = match snapshot.value(spec) {
                _ if crate::kept::place_of(spec.key).is_some() => settings.kept(spec).await?.unwrap_or_else(|| json!([])),
                Ok(value) => member(spec, value.as_ref()),
                Err(_) => json!("***"),
            };
            out.insert(name.to_owned(), value);
        }
    }
    Ok(Reply::json(&out))
}

/// The documented type of a member: text unless the list of D.9 says otherwise.
fn member(spec: &Spec, value: Option<&Value>) -> Value {
    let shown = masked(spec, value, Family::Ops);
    match spec.kind {
        _ if spec.secret => json!(to_text(Some(&shown))),
        Kind::Csv | Kind::Cidrs => json!(to_text(Some(&shown))),
        kind if kind.is_text() => json!(to_text(Some(&shown))),
        Kind::Bool if shown.is_null() => json!(false),
        kind if kind.is_list() && shown.is_null() => json!([]),
        _ => shown,
    }
}

pub(super) async fn update(settings: Settings, mut req: Req) -> Result<Reply> {
    let FlatSettings(body) = req.json().await?;
    let mut writes = Vec::new();
    let mut url_faults = Vec::new();
    for (name, value) in body {
        let Some(spec) = registry().find_ops(&name) else {
            continue;
        };
        url_faults.extend(url_fault(spec, &name, &value));
        let input = Input::Json(value);
        // Clients post the whole map back; what they did not change is not written, not even looked at for a lock.
        if crate::kept::place_of(spec.key).is_some() || !settings.is_unchanged(spec, &input) {
            writes.push(Write::new(spec.key, input));
        }
    }
    if !url_faults.is_empty() {
        return Err(AppError::bad_request(url_faults.join("; ")).code("invalid_setting"));
    }
    settings.write_all(req.cx(), writes).await.map_err(in_ops_words)?;
    Ok(Reply::json(&Saved { status: "ok" }))
}

/// The documented text for a web address with another scheme.
fn url_fault(spec: &Spec, name: &str, value: &Value) -> Option<String> {
    // A directory server's address has schemes of its own.
    if spec.kind != Kind::Url || spec.key == "ldap.url" {
        return None;
    }
    let text = value.as_str()?.trim();
    let scheme = text.split_once(':').map_or("", |(s, _)| s).to_lowercase();
    let fine = text.is_empty() || matches!(scheme.as_str(), "http" | "https");
    (!fine).then(|| format!("Invalid URL scheme '{scheme}' for {name} — must be http or https"))
}

/// The caller knows the members by their flat names.
fn in_ops_words(error: AppError) -> AppError {
    let Some(fields) = error.extra().get("fields").and_then(Value::as_object) else {
        return error;
    };
    let name = |key: &str| registry().find(key).and_then(|s| s.ops_name).unwrap_or_default().to_owned();
    let mut texts: Vec<(String, String)> = fields.iter().map(|(k, why)| (name(k), to_text(Some(why)))).collect();
    texts.sort();
    let first = texts.first().map(|(n, _)| n.clone()).unwrap_or_default();
    let message = texts.iter().map(|(n, why)| format!("{n}: {why}")).collect::<Vec<_>>().join("; ");
    AppError::bad_request(message).code("invalid_setting").with("field", first)
}
