//! `/api/notifications`: the caller's inbox.

use argos_kernel::Result;
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;

use crate::Notify;
use crate::actions::messages::reader;
use crate::store::inbox;

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
    notify.mark_read(req.cx(), id).await?;
    Ok(Reply::json(&DoneView { status: "ok" }))
}

async fn read_all(notify: Notify, req: Req) -> Result<Reply> {
    inbox::mark_all_read(notify.db(), &reader(req.cx()), req.cx().now()).await?;
    Ok(Reply::json(&DoneView { status: "ok" }))
}
