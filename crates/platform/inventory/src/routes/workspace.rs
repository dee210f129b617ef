//! Saved views of pages and unfinished forms. A view is its owner's, or shared with everybody; a draft is only its
//! writer's, is no change of anything, and so leaves no audit row.

use argos_audit::{MASK, redact_names};
use argos_kernel::{AppError, Result, Timestamp, Uid};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Inventory;
use crate::actions::workspace::{offer_view, taken, view_entry as entry};
use crate::store::workspace::{self as store, Draft, View};

const VIEWS_MAX: i64 = 200;
const DRAFTS_MAX: usize = 50;
const DRAFT_BYTES_MAX: usize = 64 << 10;

pub(super) fn declare(routes: Routes<Inventory>) -> Routes<Inventory> {
    routes
        .get("/api/ui/views", "ui.views", "Saved views: one's own and the shared ones.", views)
        .param("page", "views of one page")
        .reply::<Vec<ViewView>>()
        .post("/api/ui/views", "ui.add_view", "Keep a view of a page.", add_view)
        .body::<NewView>()
        .created::<ViewView>()
        .patch("/api/ui/views/{id}", "ui.change_view", "Rename, replace or share a view.", change_view)
        .body::<ViewChange>()
        .reply::<ViewView>()
        .delete("/api/ui/views/{id}", "ui.delete_view", "Forget a view.", delete_view)
        .get("/api/ui/drafts", "ui.drafts", "One's unfinished forms, newest first.", drafts)
        .reply::<Vec<DraftView>>()
        .get("/api/ui/drafts/{key}", "ui.draft", "One unfinished form.", draft)
        .reply::<DraftView>()
        .put("/api/ui/drafts/{key}", "ui.put_draft", "Keep an unfinished form.", put_draft)
        .body::<DraftBody>()
        .reply::<DraftView>()
        .delete("/api/ui/drafts/{key}", "ui.delete_draft", "Forget an unfinished form.", delete_draft)
}

#[derive(Serialize, JsonSchema)]
struct ViewView {
    id: String,
    page: String,
    name: String,
    query: String,
    shared: bool,
    /// Whether the caller made it.
    own: bool,
    by: String,
    updated_at: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewView {
    /// Path of the page.
    page: String,
    /// 1-80 characters.
    name: String,
    /// The query of the page's address, without `?`.
    #[serde(default)]
    query: String,
    /// Everybody sees it; takes `dashboards:write`.
    #[serde(default)]
    shared: bool,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ViewChange {
    name: Option<String>,
    query: Option<String>,
    shared: Option<bool>,
}

#[derive(Serialize, JsonSchema)]
struct DraftView {
    key: String,
    body: Value,
    updated_at: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DraftBody {
    /// Any JSON of at most 64 KiB; members that hold secrets are not kept.
    body: Value,
}

fn bad(field: &str, text: impl Into<String>) -> AppError {
    AppError::bad_request(text.into()).code("invalid_field").with("field", field)
}

fn checked(field: &str, text: &str, min: usize, max: usize) -> Result<String> {
    let text = text.trim();
    let length = text.chars().count();
    if length < min || length > max || text.chars().any(char::is_control) {
        return Err(bad(field, format!("{field} must be {min} to {max} characters")));
    }
    Ok(text.to_owned())
}

fn shown(v: View, user_id: i64) -> ViewView {
    ViewView {
        id: v.uid.to_string(),
        own: v.user_id == user_id,
        page: v.page,
        name: v.name,
        query: v.query,
        shared: v.shared,
        by: v.username,
        updated_at: v.updated_at.rfc3339(),
    }
}

async fn views(inventory: Inventory, req: Req) -> Result<Reply> {
    let user_id = req.cx().user_id()?;
    let all = store::views(&inventory.0.db, user_id, req.query().filled("page")).await?;
    Ok(Reply::json(&all.into_iter().map(|v| shown(v, user_id)).collect::<Vec<_>>()))
}

async fn add_view(inventory: Inventory, mut req: Req) -> Result<Reply> {
    let user_id = req.cx().user_id()?;
    let body: NewView = req.json().await?;
    if body.shared {
        req.cx().require("dashboards:write")?;
    }
    let view = View {
        uid: Uid::mint(&*inventory.0.clock, &*inventory.0.rng),
        user_id,
        username: req.cx().caller.username.clone(),
        page: checked("page", &body.page, 1, 200)?,
        name: checked("name", &body.name, 1, 80)?,
        query: checked("query", &body.query, 0, 2_000)?,
        shared: body.shared,
        updated_at: inventory.0.clock.now(),
    };
    if !view.page.starts_with('/') {
        return Err(bad("page", "page must be the path of a page"));
    }
    let mut change = inventory.0.audit.begin(&req.cx().actor()).await?;
    if store::count_views(&mut change, user_id).await? >= VIEWS_MAX {
        return Err(AppError::conflict(format!("You already keep {VIEWS_MAX} views")).code("views_limit"));
    }
    store::add_view(&mut change, &view).await.map_err(taken)?;
    change.commit(entry("create", &view)).await?;
    Ok(Reply::created(&shown(view, user_id)))
}

/// One's own; a shared one of somebody else is seen but not changed.
async fn own(change: &mut argos_store::Tx, req: &Req) -> Result<View> {
    let absent = || AppError::not_found("View not found");
    let uid: Uid = req.param("id").parse().map_err(|_| absent())?;
    let view = store::view_in(change, uid).await?.ok_or_else(absent)?;
    match (view.user_id == req.cx().user_id()?, view.shared) {
        (true, _) => Ok(view),
        (false, true) => Err(AppError::forbidden("This view is somebody else's").code("not_your_view")),
        (false, false) => Err(absent()),
    }
}

async fn change_view(inventory: Inventory, mut req: Req) -> Result<Reply> {
    let body: ViewChange = req.json().await?;
    if body.shared == Some(true) {
        req.cx().require("dashboards:write")?;
    }
    let mut change = inventory.0.audit.begin(&req.cx().actor()).await?;
    let mut view = own(&mut change, &req).await?;
    offer_view(&mut change, &view).await?;
    if let Some(name) = &body.name {
        view.name = checked("name", name, 1, 80)?;
    }
    if let Some(query) = &body.query {
        view.query = checked("query", query, 0, 2_000)?;
    }
    view.shared = body.shared.unwrap_or(view.shared);
    view.updated_at = inventory.0.clock.now();
    store::change_view(&mut change, &view).await.map_err(taken)?;
    change.commit(entry("update", &view)).await?;
    let user_id = view.user_id;
    Ok(Reply::json(&shown(view, user_id)))
}

async fn delete_view(inventory: Inventory, req: Req) -> Result<Reply> {
    let mut change = inventory.0.audit.begin(&req.cx().actor()).await?;
    let view = own(&mut change, &req).await?;
    offer_view(&mut change, &view).await?;
    store::delete_view(&mut change, view.uid).await?;
    change.commit(entry("delete", &view)).await?;
    Ok(Reply::no_content())
}

fn draft_view(d: Draft) -> Result<DraftView> {
    let body = serde_json::from_str(&d.body).map_err(AppError::internal)?;
    Ok(DraftView { key: d.key, body, updated_at: Timestamp::rfc3339(d.updated_at) })
}

async fn drafts(inventory: Inventory, req: Req) -> Result<Reply> {
    let all = store::drafts(&inventory.0.db, req.cx().user_id()?).await?;
    Ok(Reply::json(&all.into_iter().map(draft_view).collect::<Result<Vec<_>>>()?))
}

async fn draft(inventory: Inventory, req: Req) -> Result<Reply> {
    let found = store::draft(&inventory.0.db, req.cx().user_id()?, req.param("key")).await?;
    Ok(Reply::json(&draft_view(found.ok_or_else(|| AppError::not_found("Draft not found"))?)?))
}

/// Secrets of channels whose names do not say so.
const SECRET_FIELDS: [&str; 3] = ["webhook_url", "routing_key", "user_key"];

/// The form without its secrets: a draft is kept in clear, so they are typed again.
fn without_secrets(form: &Value) -> Value {
    let mut kept = form.clone();
    redact_names(&mut kept);
    strip(form, &mut kept);
    kept
}

/// Removes what was blanked.
fn strip(form: &Value, kept: &mut Value) {
    match (form, kept) {
        (Value::Object(form), Value::Object(kept)) => {
            kept.retain(|name, value| {
                let before = &form[name];
                let blanked = *before != *value && value.as_str() == Some(MASK);
                let is_secret = SECRET_FIELDS.contains(&name.as_str()) && before.is_string();
                !(blanked || is_secret)
            });
            kept.iter_mut().for_each(|(name, value)| strip(&form[name], value));
        }
        (Value::Array(form), Value::Array(kept)) => form.iter().zip(kept).for_each(|(form, kept)| strip(form, kept)),
        _ => {}
    }
}

async fn put_draft(inventory: Inventory, mut req: Req) -> Result<Reply> {
    let (user_id, key) = (req.cx().user_id()?, checked("key", req.param("key"), 1, 200)?);
    let body: DraftBody = req.json().await?;
    let draft = Draft { key, body: without_secrets(&body.body).to_string(), updated_at: inventory.0.clock.now() };
    if draft.body.len() > DRAFT_BYTES_MAX {
        return Err(bad("body", "a draft must be at most 64 KiB"));
    }
    let kept = store::drafts(&inventory.0.db, user_id).await?;
    if kept.len() >= DRAFTS_MAX && kept.iter().all(|d| d.key != draft.key) {
        return Err(AppError::conflict(format!("You already keep {DRAFTS_MAX} drafts")).code("drafts_limit"));
    }
    store::put_draft(&inventory.0.db, user_id, &draft).await?;
    Ok(Reply::json(&draft_view(draft)?))
}

async fn delete_draft(inventory: Inventory, req: Req) -> Result<Reply> {
    store::delete_draft(&inventory.0.db, req.cx().user_id()?, req.param("key")).await?;
    Ok(Reply::no_content())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn form_is_kept_without_its_secrets() {
        let form = json!({
            "name": "ops", "config": {"bot_token": "123:abc", "chat_id": "7", "webhook_url": "https://hooks.example/T/B/x"},
            "headers": [{"name": "Authorization", "value": "Bearer abc"}, {"name": "Accept", "value": "*/*"}], "password": "", "token_set": true,
        });
        let kept = json!({
            "name": "ops", "config": {"chat_id": "7"}, "headers": [{"name": "Authorization"}, {"name": "Accept", "value": "*/*"}],
            "password": "", "token_set": true,
        });
        assert_eq!(without_secrets(&form), kept);
    }

    proptest! {
        #[test]
        fn no_named_secret_stays_however_deep(secret in "[a-z0-9]{9,20}", depth in 0_usize..6) {
            let mut form = json!({ "api_key": secret.clone(), "password": [secret.clone()] });
            for level in 0..depth {
                form = if level % 2 == 0 { json!([form]) } else { json!({ "inner": form }) };
            }
            prop_assert!(!without_secrets(&form).to_string().contains(&secret));
        }
    }
}
