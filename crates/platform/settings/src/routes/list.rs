//! The list view (edge spec C12): canonical keys, text values, with what a settings form needs beside them.

use argos_kernel::{AppError, Result};
use argos_web::{Reply, Req};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::{Input, SettingView, Settings, Spec, Write, registry};

/// Keys with routes of their own; a plain write would skip their checks (edge spec D13).
const OWN_ROUTES: [&str; 1] = ["oidc."];

/// The text form of the value. Other JSON types are understood; null returns to the default.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SetValue {
    value: Value,
}

/// A setting as it is now, a view as its rows are.
async fn view(settings: &Settings, spec: &'static Spec) -> Result<SettingView> {
    let mut view = settings.view(spec);
    if let Some(rows) = settings.kept(spec).await? {
        view.set = rows.as_array().is_some_and(|rows| !rows.is_empty());
        view.value = rows.to_string();
    }
    Ok(view)
}

pub(super) async fn list(settings: &Settings, prefix: &str) -> Result<Reply> {
    let mut specs: Vec<&'static Spec> = registry().specs().iter().filter(|s| s.key.starts_with(prefix)).collect();
    specs.sort_unstable_by_key(|s| s.key);
    let mut views = Vec::with_capacity(specs.len());
    for spec in specs {
        views.push(view(settings, spec).await?);
    }
    Ok(Reply::json(&views))
}

fn find(req: &Req) -> Result<&'static Spec> {
    let unknown = || AppError::bad_request("unknown setting key").code("unknown_setting").with("field", req.param("key"));
    registry().find(req.param("key")).ok_or_else(unknown)
}

pub(super) async fn get(settings: Settings, req: Req) -> Result<Reply> {
    Ok(Reply::json(&view(&settings, find(&req)?).await?))
}

pub(super) async fn set(settings: Settings, mut req: Req) -> Result<Reply> {
    let spec = find(&req)?;
    let body: SetValue = req.json().await?;
    if OWN_ROUTES.iter().any(|p| spec.key.starts_with(p)) {
        let e = AppError::bad_request(format!("{}: is written by its own routes only", spec.key));
        return Err(e.code("setting_read_only").with("field", spec.key));
    }
    let input = match body.value {
        Value::String(text) => Input::Text(text),
        other => Input::Json(other),
    };
    settings.write_all(req.cx(), vec![Write::new(spec.key, input)]).await?;
    Ok(Reply::json(&view(&settings, spec).await?))
}

pub(super) async fn history(settings: Settings, req: Req) -> Result<Reply> {
    let spec = find(&req)?;
    Ok(Reply::json(&settings.versions(spec.key).await?))
}
