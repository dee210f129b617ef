//! The YAML of the ops part (backup and restore of settings), the print of what is in force, reload, and taking one
//! change back.

use argos_kernel::{AppError, ErrorKind, Result};
use argos_web::{Reply, Req};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{ImportMode, Settings, render_effective};

/// Largest document (ops-core C.3).
pub(super) const DOCUMENT_MAX: usize = 512 << 10;

#[derive(Serialize, JsonSchema)]
pub(super) struct Status {
    status: &'static str,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Reverted {
    /// Keys that have their value before again.
    keys: Vec<&'static str>,
}

pub(super) async fn backup(settings: Settings, _req: Req) -> Result<Reply> {
    let text = serde_saphyr::to_string(&Value::Object(settings.document()?)).map_err(AppError::internal)?;
    Ok(Reply::bytes("application/x-yaml", text).attachment("noba-config-backup.yaml"))
}

pub(super) async fn restore(settings: Settings, mut req: Req) -> Result<Reply> {
    let raw = if req.header("content-type").is_some_and(|t| t.starts_with("multipart/")) {
        let form = req.multipart().await?;
        form.0.into_iter().find(|f| f.name == "file").map(|f| f.data).unwrap_or_default()
    } else {
        req.bytes().await?
    };
    let document = parse(&raw)?;
    let mut tx = settings.0.db.begin().await?;
    settings.import_in(&mut tx, &req.cx().actor(), &document, ImportMode::Merge).await?;
    tx.commit().await?;
    Ok(Reply::json(&Status { status: "ok" }))
}

/// A YAML mapping, or the documented text of what it is instead.
pub(crate) fn parse(raw: &[u8]) -> Result<Map<String, Value>> {
    let bad = |text: &str| AppError::new(ErrorKind::BadRequest, text.to_owned()).code("invalid_document");
    if raw.iter().all(u8::is_ascii_whitespace) {
        return Err(bad("Empty body"));
    }
    let text = std::str::from_utf8(raw).map_err(|_| bad("Config must be UTF-8"))?;
    let value: Value = serde_saphyr::from_str(text).map_err(|e| bad(&format!("Invalid YAML: {e}")))?;
    match value {
        Value::Object(map) => Ok(map),
        _ => Err(bad("Config must be a YAML mapping")),
    }
}

pub(super) async fn effective(settings: Settings, _req: Req) -> Result<Reply> {
    Ok(Reply::text(render_effective(&settings.effective())))
}

pub(super) async fn reload(settings: Settings, _req: Req) -> Result<Reply> {
    settings.reload_file().map_err(|e| AppError::bad_request(e.to_string()).code("invalid_configuration"))?;
    settings.reload().await?;
    Ok(Reply::json(&Status { status: "ok" }))
}

pub(super) async fn revert(settings: Settings, req: Req) -> Result<Reply> {
    let changes = settings.revert(&req.cx().actor(), req.param("id")).await?;
    Ok(Reply::json(&Reverted { keys: changes.iter().map(|c| c.key).collect() }))
}
