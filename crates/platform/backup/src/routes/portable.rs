//! Export, plan and import of the configuration document.

use argos_identity::Authority;
use argos_kernel::{AppError, Result};
use argos_settings::ImportMode;
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::edge_document::{self, EdgePlan};
use crate::portable::{Plan, Portable};

const DOCUMENT_MAX: usize = 10 << 20;

/// Routes of the configuration document.
pub fn portable_routes(portable: Portable) -> Routes {
    Routes::new(portable)
        .get("/api/config/document", "config.export", "The configuration as one document, secrets sealed.", export)
        .param("sections", "comma list of settings, identity, notifications, alerts, power; default all")
        .param("format", "yaml (default) or json")
        .post("/api/config/document/plan", "config.plan_import", "What an import would change; nothing is written.", plan)
        .body_limit(DOCUMENT_MAX)
        .body::<ImportBody>()
        .reply::<Plan>()
        .post("/api/config/document/apply", "config.import", "Apply a document in one transaction.", apply)
        .body_limit(DOCUMENT_MAX)
        .body::<ImportBody>()
        .reply::<Plan>()
        .get("/api/config/export.yaml", "config.export_edge", "Channels, rules and settings as YAML, secrets redacted.", export_edge)
        .post("/api/config/import/validate", "config.validate_edge", "What an import of that YAML would do; nothing is written.", validate)
        .param("mode", "merge (default) or replace, for a raw YAML body")
        .body_limit(DOCUMENT_MAX)
        .reply::<EdgePlan>()
        .post("/api/config/import/apply", "config.apply_edge", "Apply that YAML.", apply_edge)
        .param("mode", "merge (default) or replace, for a raw YAML body")
        .body_limit(DOCUMENT_MAX)
        .reply::<EdgePlan>()
        .done()
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ImportBody {
    /// YAML or JSON.
    document: String,
    /// `merge` (default) or `replace`: settings the document does not name return to their defaults.
    #[serde(default)]
    mode: Option<String>,
}

fn mode_of(word: Option<&str>) -> Result<ImportMode> {
    match word {
        None | Some("merge") => Ok(ImportMode::Merge),
        Some("replace") => Ok(ImportMode::Replace),
        Some(_) => Err(AppError::bad_request("mode must be merge or replace").code("invalid_parameter").with("field", "mode")),
    }
}

impl ImportBody {
    fn mode(&self) -> Result<ImportMode> {
        mode_of(self.mode.as_deref())
    }
}

/// The JSON form of the edge part's import; a raw YAML body is taken too.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EdgeBody {
    yaml: String,
    #[serde(default)]
    mode: Option<String>,
}

async fn edge_body(req: &mut Req) -> Result<(String, ImportMode)> {
    if req.header("content-type").is_some_and(|t| t.starts_with("application/json")) {
        let body: EdgeBody = req.json().await?;
        let mode = mode_of(body.mode.as_deref())?;
        return Ok((body.yaml, mode));
    }
    let mode = mode_of(req.query().text("mode"))?;
    let raw = req.bytes().await?;
    let text = String::from_utf8(raw.to_vec()).map_err(|_| AppError::bad_request("the document must be UTF-8").code("invalid_document"))?;
    Ok((text, mode))
}

async fn export_edge(portable: Portable, req: Req) -> Result<Reply> {
    let text = edge_document::export(&portable, &**req.cx().clock()).await?;
    let day = req.cx().now().datetime().format("%Y%m%d").to_string();
    Ok(Reply::bytes("application/yaml", text).attachment(&format!("argos-config-{day}.yaml")))
}

async fn validate(portable: Portable, mut req: Req) -> Result<Reply> {
    let (text, mode) = edge_body(&mut req).await?;
    Ok(Reply::json(&edge_document::import(&portable, &Authority::of(req.cx()), &text, mode, false).await?))
}

async fn apply_edge(portable: Portable, mut req: Req) -> Result<Reply> {
    let (text, mode) = edge_body(&mut req).await?;
    Ok(Reply::json(&edge_document::import(&portable, &Authority::of(req.cx()), &text, mode, true).await?))
}

async fn export(portable: Portable, req: Req) -> Result<Reply> {
    let query = req.query();
    let sections = portable.choose(query.text("sections").unwrap_or_default())?;
    let yaml = match query.text("format") {
        None | Some("yaml") => true,
        Some("json") => false,
        Some(_) => return Err(AppError::bad_request("format must be yaml or json").code("invalid_parameter").with("field", "format")),
    };
    let text = portable.export(&sections, yaml, &**req.cx().clock()).await?;
    let day = req.cx().now().datetime().format("%Y%m%d").to_string();
    let (kind, ending) = if yaml { ("application/yaml", "yaml") } else { ("application/json", "json") };
    Ok(Reply::bytes(kind, text).attachment(&format!("argos-configuration-{day}.{ending}")))
}

async fn plan(portable: Portable, mut req: Req) -> Result<Reply> {
    let body: ImportBody = req.json().await?;
    Ok(Reply::json(&portable.plan(&Authority::of(req.cx()), &body.document, body.mode()?).await?))
}

async fn apply(portable: Portable, mut req: Req) -> Result<Reply> {
    let body: ImportBody = req.json().await?;
    Ok(Reply::json(&portable.apply(&Authority::of(req.cx()), &body.document, body.mode()?).await?))
}
