//! `/api/ui/edge/engine`: what an external Caddy is, or would be, given, before anybody switches to it.

use std::collections::BTreeMap;

use argos_kernel::Result;
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::Service;
use crate::actions::caddy::Place;
use crate::caddy::Caddy;
use crate::model::change::{CHANGES_MAX, changes};
use crate::model::host::TlsMode;
use crate::store::desired;

/// In place of credentials.
const REDACTED: &str = "__REDACTED__";

pub(super) fn routes(edge: Service) -> Routes {
    Routes::new(edge)
        .get("/api/ui/edge/engine", "edge.preview_engine", "What Caddy is or would be given, beside what it runs.", preview)
        .reply::<EngineView>()
        .done()
}

#[derive(Serialize, JsonSchema)]
struct EngineView {
    /// embedded or caddy: what serves the sites now.
    engine: &'static str,
    /// The admin API that is or would be driven.
    address: String,
    /// Where Caddy is told to listen.
    listen: Vec<String>,
    /// Why Caddy could not be asked; null when it answered.
    error: Option<String>,
    /// Modules that this build turned out not to have. Known once a document was refused.
    missing_modules: Vec<String>,
    /// What of the wanted state Caddy cannot do.
    warnings: Vec<String>,
    /// What a push changes of the running configuration; empty when it is the same. Null when Caddy could not be asked.
    changes: Option<Vec<ChangeView>>,
    /// There are more than are listed.
    more_changes: bool,
    /// The document, its credentials blanked.
    document: Value,
}

#[derive(Serialize, JsonSchema)]
struct ChangeView {
    path: String,
    /// added, removed or changed
    kind: &'static str,
}

async fn preview(edge: Service, _: Req) -> Result<Reply> {
    let foreign = edge.caddy.is_none().then(|| Caddy::of(&edge.platform.settings.boot(), &edge.platform.net));
    let Some(caddy) = edge.caddy.as_ref().or(foreign.as_ref()) else { return Ok(Reply::new(404)) };
    let wanted = desired::load(&edge.platform.store.state).await?;
    let manual = wanted.live_hosts().filter(|h| h.spec.tls_mode == TlsMode::Manual).map(|h| h.id).collect();
    let providers = edge.dns_provider_credentials().await?;
    let mut place = Place { caddy, missing: caddy.missing(), manual, providers };
    let full = edge.caddy_document(&wanted, &place).await?;
    let blank = |all: &BTreeMap<String, String>| all.keys().map(|key| (key.clone(), REDACTED.to_owned())).collect();
    place.providers = place.providers.iter().map(|(name, all)| (name.clone(), blank(all))).collect();
    let shown = edge.caddy_document(&wanted, &place).await?;
    let running = caddy.admin().config().await;
    let found = running.as_ref().ok().map(|running| changes(running, &full.json));
    Ok(Reply::json(&EngineView {
        engine: if edge.caddy.is_some() { "caddy" } else { "embedded" },
        address: caddy.address.clone(),
        listen: caddy.listen.addresses.clone(),
        error: running.err().map(|e| e.to_string()),
        missing_modules: place.missing.into_iter().collect(),
        warnings: shown.warnings,
        more_changes: found.as_ref().is_some_and(|all| all.len() >= CHANGES_MAX),
        changes: found.map(|all| all.into_iter().map(|c| ChangeView { path: c.path, kind: c.kind }).collect()),
        document: shown.json,
    }))
}
