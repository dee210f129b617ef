//! Export, plan and import of the configuration document.

use argos_identity::Authority;
use argos_kernel::{AppError, Result};
use argos_settings::ImportMode;
use argos_web::{OpCx, Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::edge_document::{self, EdgePlan};
use crate::nodes_document::{self, ExportDoc, ImportDoc, Imported, Wanted};
use crate::portable::{Plan, Portable};

const DOCUMENT_MAX: usize = 10 << 20;
/// Nodes spec C.5.
const NODES_DOCUMENT_MAX: usize = 50 << 20;

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
        .get("/api/v1/export", "instance.export", "Users, nodes, tunnels and settings as one JSON document, without secrets.", export_nodes)
        .param("include_events", "true: the events of nodes too")
        .param("events_days", "only events of the last days")
        .param("include_audit", "true: the newest 50 000 audit rows too")
        .param("include_tunnels", "false: without tunnels")
        .reply::<ExportDoc>()
        .post("/api/v1/import", "instance.import", "Take such a document in: everything or nothing.", import_nodes)
        .param("mode", "merge (default): what exists stays; replace: settings the document does not name return to their defaults")
        .param("dry_run", "true: say what would happen and change nothing")
        .body_limit(NODES_DOCUMENT_MAX)
        .body::<ImportDoc>()
        .reply::<Imported>()
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
    /// Comma list of the sections to take from the document; default all.
    #[serde(default)]
    sections: String,
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

async fn export_nodes(portable: Portable, req: Req) -> Result<Reply> {
    let (query, cx) = (req.query(), req.cx());
    let days = query.int("events_days")?.filter(|days| *days > 0);
    let wanted = Wanted {
        events: query.flag("include_events"),
        events_since: days.map(|days| cx.now().minus_secs(days.saturating_mul(86_400))),
        audit: query.flag("include_audit"),
        tunnels: query.text("include_tunnels") != Some("false"),
    };
    let by = cx.caller.user_uid.map(|uid| uid.to_string());
    let document = nodes_document::export(&portable, &cx.actor(), by, wanted, cx.now()).await?;
    let day = cx.now().datetime().format("%Y%m%d").to_string();
    Ok(Reply::json(&document).attachment(&format!("argos-export-{day}.json")))
}

async fn import_nodes(portable: Portable, mut req: Req) -> Result<Reply> {
    let (mode, dry_run) = (mode_of(req.query().text("mode"))?, req.query().flag("dry_run"));
    let document: ImportDoc = req.json().await?;
    Ok(Reply::json(&nodes_document::import(&portable, &Authority::of(req.cx()), &document, mode, dry_run).await?))
}

/// The sections this caller moves, after a step-up where one is due. No key moves what takes one, as with `/api/v1/export`.
fn chosen(portable: &Portable, cx: &OpCx, sections: &str, document: Option<&str>) -> Result<Vec<&'static str>> {
    let is_person = cx.caller.session_id.is_some();
    let chosen = portable.choose_for(sections, document, |permission| is_person && cx.has(permission))?;
    if chosen.takes_step_up {
        cx.require_step_up()?;
    }
    Ok(chosen.sections)
}

async fn export(portable: Portable, req: Req) -> Result<Reply> {
    let query = req.query();
    let sections = chosen(&portable, req.cx(), query.text("sections").unwrap_or_default(), None)?;
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
    let sections = chosen(&portable, req.cx(), &body.sections, Some(&body.document))?;
    Ok(Reply::json(&portable.plan(&Authority::of(req.cx()), &body.document, &sections, body.mode()?).await?))
}

async fn apply(portable: Portable, mut req: Req) -> Result<Reply> {
    let body: ImportBody = req.json().await?;
    let sections = chosen(&portable, req.cx(), &body.sections, Some(&body.document))?;
    Ok(Reply::json(&portable.apply(&Authority::of(req.cx()), &body.document, &sections, body.mode()?).await?))
}
