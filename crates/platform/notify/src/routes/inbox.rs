//! `/api/notifications`: the caller's inbox.

use argos_kernel::{AppError, Result, Role};
use argos_web::{OpCx, Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;

use crate::Notify;
use crate::store::inbox::{self, Reader};

pub(super) fn declare(routes: Routes<Notify>) -> Routes<Notify> {
    routes
        .get("/api/notifications", "notify.inbox", "The caller's messages, newest first, and how many are unread.", list)
        .param("unread", "1 = unread ones only")
        .param("limit", "1 to 200, 50 when absent")
        .reply::<InboxView>()
        .post("/api/notifications/{notif_id}/read", "notify.mark_read", "Mark a message as read.", read)
        .reply::<DoneView>()
        .post("/api/notifications/read-all", "notify.mark_all_read", "Mark every message as read.", read_all)
        .reply::<DoneView>()
}

#[derive(JsonSchema, Serialize)]
struct InboxView {
    notifications: Vec<InboxItemView>,
    unread_count: i64,
}

#[derive(JsonSchema, Serialize)]
struct InboxItemView {
    id: i64,
    /// Unix seconds.
    timestamp: i64,
    /// info, warning, danger or critical
    level: String,
    title: String,
    message: String,
    read: bool,
    /// Null = everyone.
    username: Option<String>,
    r#type: String,
    action_url: Option<String>,
}

#[derive(JsonSchema, Serialize)]
struct DoneView {
    status: &'static str,
}

/// Read marks belong to the user, or to the key that has no user session.
pub(super) fn reader(cx: &OpCx) -> Reader {
    let caller = &cx.caller;
    let mark = match (caller.api_key_id, caller.user_id) {
        (Some(key), _) => format!("key:{key}"),
        (None, Some(user)) => format!("user:{user}"),
        (None, None) => format!("name:{}", caller.username),
    };
    let own = caller.memberships.iter().map(|m| m.organization_id.to_string()).collect::<Vec<_>>().join(",");
    let organizations = (caller.role != Some(Role::Owner)).then_some(own);
    Reader { user_id: caller.user_id, role: caller.role, organizations, mark }
}

async fn list(notify: Notify, req: Req) -> Result<Reply> {
    let q = req.query();
    let limit = q.int_clamped("limit", 50, 1, 200)?;
    let caller = reader(req.cx());
    let (items, unread_count) = inbox::list(notify.db(), &caller, q.flag("unread"), limit).await?;
    let notifications = items
        .into_iter()
        .map(|i| InboxItemView {
            id: i.id,
            timestamp: i.created_at.secs(),
            level: i.level,
            title: i.title,
            message: i.message,
            read: i.read,
            // A message for one user is only ever listed to that user.
            username: i.user_id.map(|_| req.cx().caller.username.clone()),
            r#type: i.kind,
            action_url: i.action_url,
        })
        .collect();
    Ok(Reply::json(&InboxView { notifications, unread_count }))
}

async fn read(notify: Notify, req: Req) -> Result<Reply> {
    let id: i64 = req.param_as("notif_id")?;
    let mut tx = notify.db().begin().await?;
    if !inbox::mark_read(&mut tx, &reader(req.cx()), id, req.cx().now()).await? {
        return Err(AppError::not_found("Notification not found"));
    }
    tx.commit().await?;
    Ok(Reply::json(&DoneView { status: "ok" }))
}

async fn read_all(notify: Notify, req: Req) -> Result<Reply> {
    inbox::mark_all_read(notify.db(), &reader(req.cx()), req.cx().now()).await?;
    Ok(Reply::json(&DoneView { status: "ok" }))
}
