//! `/api/security/whitelist`: addresses that no ban turns away.

use argos_kernel::Result;
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::appsec::APPLY_COMMAND;
use super::{Service, id, time};

pub(super) fn routes(edge: Service) -> Routes {
    Routes::new(edge)
        .get("/api/security/whitelist", "edge.list_whitelist", "Addresses that no ban turns away, newest first.", list)
        .reply::<WhitelistView>()
        .post("/api/security/whitelist", "edge.create_whitelist_entry", "Let an address or a range through whatever is decided.", create)
        .body::<EntryBody>()
        .created::<AddedView>()
        .delete("/api/security/whitelist/{id}", "edge.delete_whitelist_entry", "Take an entry off the allow list.", delete)
        .reply::<RemovedView>()
        .done()
}

#[derive(Serialize, JsonSchema)]
struct WhitelistView {
    entries: Vec<EntryView>,
}

#[derive(Serialize, JsonSchema)]
struct EntryView {
    id: i64,
    scope: String,
    value: String,
    reason: String,
    created_at: String,
    created_by: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct EntryBody {
    /// ip or range
    scope: String,
    value: String,
    #[serde(default)]
    reason: String,
}

#[derive(Serialize, JsonSchema)]
struct AddedView {
    id: i64,
    scope: String,
    value: String,
    reason: String,
    persisted: bool,
    /// CrowdSec itself learns of it when its own files are applied.
    reload_needed: bool,
    reload_command: &'static str,
}

#[derive(Serialize, JsonSchema)]
struct RemovedView {
    id: i64,
    deleted: bool,
    reload_needed: bool,
    reload_command: &'static str,
}

async fn list(edge: Service, _: Req) -> Result<Reply> {
    let entries = edge.list_allowed().await?.into_iter();
    let view = |a: crate::store::whitelist::Allowed| EntryView {
        id: a.id,
        scope: a.scope,
        value: a.value,
        reason: a.reason,
        created_at: time(a.created_at),
        created_by: a.created_by,
    };
    Ok(Reply::json(&WhitelistView { entries: entries.map(view).collect() }))
}

async fn create(edge: Service, mut req: Req) -> Result<Reply> {
    let body: EntryBody = req.json().await?;
    let made = edge.allow(&req.cx().actor(), &body.scope, &body.value, &body.reason).await?;
    Ok(Reply::created(&AddedView {
        id: made.id,
        scope: made.scope,
        value: made.value,
        reason: made.reason,
        persisted: true,
        reload_needed: true,
        reload_command: APPLY_COMMAND,
    }))
}

async fn delete(edge: Service, req: Req) -> Result<Reply> {
    let id = id(&req, "id")?;
    let deleted = edge.disallow(&req.cx().actor(), id).await?;
    Ok(Reply::json(&RemovedView { id, deleted, reload_needed: deleted, reload_command: APPLY_COMMAND }))
}
