//! `/api/dashboards` (ops spec C.6): boards that people arrange. A board is its owner's; a shared one is seen by everybody
//! and changed by its owner and by admins.

use argos_kernel::{AppError, Result, Role};
use argos_web::{Caller, Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Inventory;
use crate::actions::workspace::{dashboard_entry as entry, offer_dashboard};
use crate::store::dashboards::{self as store, Dashboard};

const DASHBOARDS_MAX: i64 = 200;
const NAME_CHARS_MAX: usize = 100;
const CONFIG_BYTES_MAX: usize = 64 << 10;

pub(super) fn declare(routes: Routes<Inventory>) -> Routes<Inventory> {
    routes
        .get("/api/dashboards", "dashboards.list", "One's own dashboards and the shared ones, by name.", list)
        .reply::<Vec<DashboardView>>()
        .post("/api/dashboards", "dashboards.create", "Keep a dashboard.", create)
        .body::<DashboardBody>()
        .reply::<Kept>()
        .put("/api/dashboards/{id}", "dashboards.update", "Change some fields of a dashboard.", update)
        .body::<DashboardBody>()
        .reply::<Done>()
        .delete("/api/dashboards/{id}", "dashboards.delete", "Forget a dashboard.", delete)
        .reply::<Done>()
}

#[derive(Serialize, JsonSchema)]
struct DashboardView {
    id: i64,
    name: String,
    owner: String,
    /// JSON as text, as it was kept.
    config_json: String,
    shared: bool,
    /// Unix seconds.
    created_at: i64,
    updated_at: i64,
}

#[derive(Deserialize, JsonSchema)]
struct DashboardBody {
    /// 1-100 characters.
    name: Option<String>,
    /// JSON of at most 64 KiB, as text or as it is.
    config_json: Option<Value>,
    /// Everybody sees it.
    shared: Option<bool>,
}

#[derive(Serialize, JsonSchema)]
struct Kept {
    status: &'static str,
    id: i64,
}

#[derive(Serialize, JsonSchema)]
struct Done {
    status: &'static str,
}

fn bad(field: &str, text: &str) -> AppError {
    AppError::bad_request(text.to_owned()).code("invalid_field").with("field", field)
}

fn checked_name(name: &str) -> Result<String> {
    let name = name.trim();
    if name.is_empty() {
        return Err(bad("name", "Dashboard name is required"));
    }
    if name.chars().count() > NAME_CHARS_MAX || name.chars().any(char::is_control) {
        return Err(bad("name", "name must be at most 100 characters"));
    }
    Ok(name.to_owned())
}

/// The text that is kept: what was sent as text when it is JSON, else what was sent, written out.
fn checked_config(value: &Value) -> Result<String> {
    let not_json = || bad("config_json", "config_json must be valid JSON");
    let text = match value {
        Value::String(text) => {
            serde_json::from_str::<Value>(text).map_err(|_| not_json())?;
            text.clone()
        }
        Value::Object(_) | Value::Array(_) => value.to_string(),
        _ => return Err(not_json()),
    };
    if text.len() > CONFIG_BYTES_MAX {
        return Err(bad("config_json", "config_json must be at most 64 KiB"));
    }
    Ok(text)
}

fn key_of(caller: &Caller) -> String {
    caller.user_id.map_or_else(|| format!("key:{}", caller.username), |id| format!("user:{id}"))
}

async fn list(inventory: Inventory, req: Req) -> Result<Reply> {
    let all = store::list(&inventory.0.db, &key_of(&req.cx().caller)).await?;
    let shown = |d: Dashboard| DashboardView {
        id: d.id,
        name: d.name,
        owner: d.owner,
        config_json: d.config,
        shared: d.shared,
        created_at: d.created_at.secs(),
        updated_at: d.updated_at.secs(),
    };
    Ok(Reply::json(&all.into_iter().map(shown).collect::<Vec<_>>()))
}

async fn create(inventory: Inventory, mut req: Req) -> Result<Reply> {
    let body: DashboardBody = req.json().await?;
    let name = checked_name(body.name.as_deref().unwrap_or_default())?;
    let config = body.config_json.as_ref().ok_or_else(|| bad("config_json", "Dashboard config_json is required"))?;
    let now = inventory.0.clock.now();
    let mut dashboard = Dashboard {
        id: 0,
        name,
        owner_key: key_of(&req.cx().caller),
        owner: req.cx().caller.username.clone(),
        config: checked_config(config)?,
        shared: body.shared.unwrap_or(false),
        created_at: now,
        updated_at: now,
    };
    let mut change = inventory.0.audit.begin(&req.cx().actor()).await?;
    if store::count(&mut change, &dashboard.owner_key).await? >= DASHBOARDS_MAX {
        return Err(AppError::conflict(format!("You already keep {DASHBOARDS_MAX} dashboards")).code("dashboards_limit"));
    }
    dashboard.id = store::add(&mut change, &dashboard).await?;
    change.commit(entry("create", &dashboard)).await?;
    Ok(Reply::json(&Kept { status: "ok", id: dashboard.id }))
}

/// The board to be changed: of somebody else it is seen only when it is shared, and changed only by admins.
async fn named(change: &mut argos_store::Tx, req: &Req) -> Result<Dashboard> {
    let absent = || AppError::not_found("Dashboard not found");
    let id: i64 = req.param("id").parse().map_err(|_| absent())?;
    let dashboard = store::get(change, id).await?.ok_or_else(absent)?;
    let caller = &req.cx().caller;
    let is_admin = caller.role.is_some_and(|role| role >= Role::Admin);
    match (dashboard.owner_key == key_of(caller) || is_admin, dashboard.shared) {
        (true, _) => Ok(dashboard),
        (false, true) => Err(AppError::forbidden("Not your dashboard").code("not_your_dashboard")),
        (false, false) => Err(absent()),
    }
}

async fn update(inventory: Inventory, mut req: Req) -> Result<Reply> {
    let body: DashboardBody = req.json().await?;
    let mut change = inventory.0.audit.begin(&req.cx().actor()).await?;
    let mut dashboard = named(&mut change, &req).await?;
    offer_dashboard(&mut change, &dashboard).await?;
    if let Some(name) = &body.name {
        dashboard.name = checked_name(name)?;
    }
    if let Some(config) = &body.config_json {
        dashboard.config = checked_config(config)?;
    }
    dashboard.shared = body.shared.unwrap_or(dashboard.shared);
    dashboard.updated_at = inventory.0.clock.now();
    store::change(&mut change, &dashboard).await?;
    change.commit(entry("update", &dashboard)).await?;
    Ok(Reply::json(&Done { status: "ok" }))
}

async fn delete(inventory: Inventory, req: Req) -> Result<Reply> {
    let mut change = inventory.0.audit.begin(&req.cx().actor()).await?;
    let dashboard = named(&mut change, &req).await?;
    offer_dashboard(&mut change, &dashboard).await?;
    store::delete(&mut change, dashboard.id).await?;
    change.commit(entry("delete", &dashboard)).await?;
    Ok(Reply::json(&Done { status: "ok" }))
}
