//! What a change would touch, before it is made: whether this caller may make it, what depends on the thing it changes,
//! what it takes along, and whether it can be taken back. It must never call the route it is asked about.

use std::sync::{Arc, OnceLock, Weak};

use argos_kernel::{AppError, Result};
use argos_platform::Platform;
use argos_web::{Reply, Req, Routes, Web};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::foresight;

/// Things that are named.
const AFFECTED_MAX: usize = 50;
/// Where the routes are, once they are put together.
pub(crate) type Declared = Arc<OnceLock<Weak<Web>>>;

#[derive(Clone)]
struct Service {
    platform: Platform,
    web: Declared,
}

pub(crate) fn routes(platform: Platform, web: Declared) -> Routes {
    Routes::new(Service { platform, web })
        .post("/api/ui/preview", "ui.preview", "What a change would touch; nothing is changed.", preview)
        .body::<PreviewBody>()
        .reply::<PreviewView>()
        .done()
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PreviewBody {
    /// POST, PUT, PATCH or DELETE
    method: String,
    /// Path of the change, without its query.
    path: String,
    /// The thing that is changed, where it is one of the inventory.
    #[serde(default, rename = "ref")]
    reference: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct PreviewView {
    /// Name of the change.
    operation: &'static str,
    /// What it does, in one sentence.
    effects: Vec<&'static str>,
    /// What is known before its handler looks at the object itself.
    allowed: bool,
    /// Why not; null when it is allowed.
    refusal: Option<String>,
    warnings: Vec<String>,
    /// What ends or goes with it, where that is known.
    consequences: Vec<ConsequenceView>,
    /// What depends on the thing, nearest first; at most 50.
    affected: Vec<AffectedView>,
    affected_total: usize,
    /// Whether it can be taken back; null where only the change itself knows.
    reversible: Option<bool>,
}

#[derive(Serialize, JsonSchema)]
struct ConsequenceView {
    /// A code: `sessions`, `notification_rules`, `alert_rules`, `tests`, `site_requests`, ... Of `key_used`, `runs_missed` the name is a
    /// time; `channel_hears_less`, `last_channel`, `pool_in_use`, `plans_use_it` say what no longer works.
    what: &'static str,
    count: usize,
    /// At most ten.
    names: Vec<String>,
}

#[derive(Serialize, JsonSchema)]
struct AffectedView {
    #[serde(rename = "ref")]
    reference: String,
    kind: String,
    name: String,
    status: &'static str,
    page: String,
}

fn bad(field: &str, text: &str) -> AppError {
    AppError::bad_request(text.to_owned()).code("invalid_field").with("field", field)
}

async fn preview(service: Service, mut req: Req) -> Result<Reply> {
    let body: PreviewBody = req.json().await?;
    let method = body.method.to_ascii_uppercase();
    if !["POST", "PUT", "PATCH", "DELETE"].contains(&method.as_str()) {
        return Err(bad("method", "method must be POST, PUT, PATCH or DELETE"));
    }
    if !body.path.starts_with('/') || body.path.contains(['?', '#']) {
        return Err(bad("path", "path must be the path of a change, without its query"));
    }
    let web = service.web.get().and_then(Weak::upgrade).ok_or_else(|| AppError::unavailable("The routes are not ready yet"))?;
    let caller = &req.cx().caller;
    let judged = web.judge(caller, &method, &body.path).ok_or_else(|| AppError::not_found("There is no such change"))?;
    let scope = service.platform.inventory.scope_of(caller);
    let (mut warnings, mut affected) = (Vec::new(), Vec::new());
    if let Some(reference) = body.reference.as_deref().filter(|r| !r.is_empty()) {
        let thing = service.platform.inventory.thing(&scope, reference).await?;
        affected = service.platform.inventory.effects_of(&scope, reference).await?;
        if thing.gone_at.is_some() {
            warnings.push(format!("{} is not there any more", thing.name));
        }
        match affected.len() {
            0 => {}
            1 => warnings.push("1 thing depends on it".to_owned()),
            n => warnings.push(format!("{n} things depend on it")),
        }
    }
    let consequences = match &judged.refusal {
        None => {
            let mut found = foresight::of_platform(&service.platform, &req, &judged).await?;
            let others = service.platform.desk.foresee(&req, &judged).await;
            if !others.unavailable.is_empty() {
                warnings.push(format!("What goes with it in these parts could not be found out: {}", others.unavailable.join(", ")));
            }
            found.extend(others.items.into_iter().map(|(_, consequence)| consequence));
            found
        }
        Some(_) => Vec::new(),
    };
    let reversible = foresight::is_reversible(judged.operation);
    if reversible == Some(false) {
        warnings.push("This cannot be taken back".to_owned());
    }
    let view = |t: argos_inventory::Thing| AffectedView {
        reference: t.reference,
        kind: t.kind,
        name: t.name,
        status: t.status.as_str(),
        page: t.page,
    };
    Ok(Reply::json(&PreviewView {
        operation: judged.operation,
        effects: vec![judged.summary],
        allowed: judged.refusal.is_none(),
        refusal: judged.refusal.map(|e| e.message().to_owned()),
        warnings,
        consequences: consequences.into_iter().map(|c| ConsequenceView { what: c.what, count: c.count, names: c.names }).collect(),
        affected_total: affected.len(),
        affected: affected.into_iter().take(AFFECTED_MAX).map(view).collect(),
        reversible,
    }))
}
