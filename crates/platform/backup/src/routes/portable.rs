//! Export, plan and import of the configuration document.

use argos_identity::Authority;
use argos_kernel::{AppError, Result};
use argos_settings::ImportMode;
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::portable::{Plan, Portable, Section};

const DOCUMENT_MAX: usize = 10 << 20;

/// Routes of the configuration document.
pub fn portable_routes(portable: Portable) -> Routes {
    Routes::new(portable)
        .get("/api/config/document", "config.export", "The configuration as one document, secrets sealed.", export)
        .param("sections", "comma list: settings, identity; default all")
        .param("format", "yaml (default) or json")
        .post("/api/config/document/plan", "config.plan_import", "What an import would change; nothing is written.", plan)
        .body_limit(DOCUMENT_MAX)
        .body::<ImportBody>()
        .reply::<Plan>()
        .post("/api/config/document/apply", "config.import", "Apply a document in one transaction.", apply)
        .body_limit(DOCUMENT_MAX)
        .body::<ImportBody>()
        .reply::<Plan>()
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

impl ImportBody {
    fn mode(&self) -> Result<ImportMode> {
        match self.mode.as_deref() {
            None | Some("merge") => Ok(ImportMode::Merge),
            Some("replace") => Ok(ImportMode::Replace),
            Some(_) => Err(AppError::bad_request("mode must be merge or replace").code("invalid_parameter").with("field", "mode")),
        }
    }
}

async fn export(portable: Portable, req: Req) -> Result<Reply> {
    let query = req.query();
    let sections = Section::list(query.text("sections").unwrap_or_default())?;
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
