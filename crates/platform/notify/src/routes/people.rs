//! `/api/v1/notifications*`: the caller's inbox, preferences and subscriptions in the shapes of the quality family.

use std::collections::{BTreeMap, BTreeSet};

use argos_audit::{Category, Entry};
use argos_kernel::{AppError, Result};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::Notify;
use crate::actions::messages::reader;
use crate::model::event_types::is_known;
use crate::model::preferences;
use crate::store::inbox;
use crate::store::people::{self as store, PersonalItem, Subscription};

pub(super) fn declare(routes: Routes<Notify>) -> Routes<Notify> {
    routes
        .get("/api/v1/notifications", "notify.my_notifications", "The caller's messages, newest first.", list)
        .param("read", "true or false")
        .param("type", "Of this type")
        .param("limit", "1 to 100, 50 when absent")
        .param("offset", "Rows to skip")
        .reply::<PageView>()
        .put("/api/v1/notifications/{id}/read", "notify.read_mine", "Mark a message as read.", read)
        .reply::<ResponseView>()
        .put("/api/v1/notifications/read-all", "notify.read_all_mine", "Mark every message as read.", read_all)
        .reply::<ResponseView>()
        .put("/api/v1/notifications/mark-all-read", "notify.mark_all_mine", "The same, under its older name.", read_all)
        .reply::<ResponseView>()
        .get("/api/v1/notifications/unread-count", "notify.unread_mine", "How many messages the caller has not read.", unread)
        .reply::<UnreadView>()
        .get("/api/v1/notifications/preferences", "notify.get_preferences", "What the caller wants to hear.", get_preferences)
        .reply::<Value>()
        .put("/api/v1/notifications/preferences", "notify.put_preferences", "Change some preferences.", put_preferences)
        .body::<Map<String, Value>>()
        .reply::<Value>()
        .get("/api/v1/notifications/subscriptions", "notify.my_subscriptions", "What the caller subscribed to.", subscriptions)
        .reply::<Vec<SubscriptionView>>()
        .post("/api/v1/notifications/subscribe/{event}", "notify.subscribe", "Hear of an event.", subscribe)
        .body::<SubscribeBody>()
        .reply::<ResponseView>()
        .delete("/api/v1/notifications/unsubscribe/{event}", "notify.unsubscribe", "Hear of it no longer.", unsubscribe)
        .param("project_id", "Only for this project")
        .reply::<ResponseView>()
}

#[derive(JsonSchema, Serialize)]
struct PageView {
    notifications: Vec<UserNotificationView>,
    total: i64,
    unread_count: i64,
    has_more: bool,
}

#[derive(JsonSchema, Serialize)]
struct UserNotificationView {
    id: String,
    /// Null = everyone.
    user_id: Option<String>,
    /// Whose matter it is; null = the instance's.
    organization_id: Option<String>,
    r#type: String,
    title: String,
    message: String,
    read: bool,
    priority: String,
    action_url: Option<String>,
    metadata: Value,
    created_at: String,
    read_at: Option<String>,
}

#[derive(JsonSchema, Serialize)]
struct UnreadView {
    unread_count: i64,
    /// By low, normal, high and urgent, as far as there are any.
    by_priority: BTreeMap<String, i64>,
}

#[derive(JsonSchema, Serialize)]
struct ResponseView {
    success: bool,
    message: String,
    details: Value,
}

#[derive(JsonSchema, Serialize)]
struct SubscriptionView {
    /// A kind or `prefix.*`.
    event: String,
    project_id: Option<String>,
    channels: Vec<String>,
}

#[derive(JsonSchema, Deserialize)]
struct SubscribeBody {
    #[serde(default)]
    project_id: Option<String>,
    /// Of in_app, email, slack.
    #[serde(default)]
    channels: Option<Vec<String>>,
}

fn done(message: impl Into<String>, details: Value) -> Reply {
    Reply::json(&ResponseView { success: true, message: message.into(), details })
}

fn user(req: &Req) -> Result<i64> {
    req.cx().user_id()
}

fn unprocessable(field: &str, why: &str) -> AppError {
    AppError::invalid(vec![argos_kernel::FieldError::new(field, format!("{field} {why}"))])
}

fn priority_of(level: &str, stored: String) -> String {
    match level {
        "critical" => "urgent".to_owned(),
        "danger" => "high".to_owned(),
        _ => stored,
    }
}

fn view(i: PersonalItem, organizations: &BTreeMap<i64, String>, req: &Req) -> UserNotificationView {
    UserNotificationView {
        id: i.uid.to_string(),
        user_id: i.user_id.and_then(|_| req.cx().caller.user_uid).map(|u| u.to_string()),
        organization_id: i.organization_id.and_then(|id| organizations.get(&id).cloned()),
        r#type: i.kind,
        title: i.title,
        message: i.message,
        read: i.read_at.is_some(),
        priority: priority_of(&i.level, i.priority),
        action_url: i.action_url,
        metadata: i.data,
        created_at: i.created_at.rfc3339(),
        read_at: i.read_at.map(argos_kernel::Timestamp::rfc3339),
    }
}

async fn list(notify: Notify, req: Req) -> Result<Reply> {
    let q = req.query();
    let is_read = match q.filled("read") {
        None => None,
        Some("true" | "1") => Some(true),
        Some("false" | "0") => Some(false),
        Some(_) => return Err(unprocessable("read", "must be true or false")),
    };
    let (limit, offset) = (q.int("limit")?.unwrap_or(50), q.int("offset")?.unwrap_or(0));
    if !(1..=100).contains(&limit) || offset < 0 {
        return Err(unprocessable("limit", "must be between 1 and 100"));
    }
    let me = reader(req.cx());
    let (items, total) = store::page(notify.db(), &me, is_read, q.filled("type"), limit, offset).await?;
    let (_, unread_count) = inbox::list(notify.db(), &me, true, 1).await?;
    let has_more = offset + i64::try_from(items.len()).unwrap_or(0) < total;
    let mut organizations = BTreeMap::new();
    for id in items.iter().filter_map(|i| i.organization_id).collect::<BTreeSet<_>>() {
        if let Some(uid) = notify.0.parts.organizations.uid_of(id).await? {
            organizations.insert(id, uid.to_string());
        }
    }
    let notifications = items.into_iter().map(|i| view(i, &organizations, &req)).collect();
    Ok(Reply::json(&PageView { notifications, total, unread_count, has_more }))
}

async fn read(notify: Notify, req: Req) -> Result<Reply> {
    let (uid, me) = (req.param("id").to_owned(), reader(req.cx()));
    let not_found = || AppError::not_found("Notification not found");
    let mut tx = notify.db().begin().await?;
    let id = store::id_of(&mut tx, &uid).await?.ok_or_else(not_found)?;
    if let Some(at) = store::read_at(&mut tx, id, &me).await? {
        return Ok(done("Notification already marked as read", json!({ "notification_id": uid, "read_at": at.rfc3339() })));
    }
    let now = req.cx().now();
    if !inbox::mark_read(&mut tx, &me, id, now).await? {
        return Err(not_found());
    }
    tx.commit().await?;
    Ok(done("Notification marked as read", json!({ "notification_id": uid, "read_at": now.rfc3339() })))
}

async fn read_all(notify: Notify, req: Req) -> Result<Reply> {
    let count = inbox::mark_all_read(notify.db(), &reader(req.cx()), req.cx().now()).await?;
    Ok(done(format!("Marked {count} notifications as read"), json!({ "count": count })))
}

async fn unread(notify: Notify, req: Req) -> Result<Reply> {
    let mut by_priority = BTreeMap::new();
    for (level, stored, count) in store::unread(notify.db(), &reader(req.cx())).await? {
        *by_priority.entry(priority_of(&level, stored)).or_insert(0) += count;
    }
    Ok(Reply::json(&UnreadView { unread_count: by_priority.values().sum(), by_priority }))
}

async fn shown(notify: &Notify, req: &Req) -> Result<Reply> {
    let stored = store::preferences(notify.db(), user(req)?).await?;
    let now = req.cx().now();
    let (value, created, updated) = stored.unwrap_or_else(|| (preferences::defaults(), now, now));
    let mut all = preferences::defaults();
    all.extend(value);
    all.insert("user_id".to_owned(), json!(req.cx().caller.user_uid.map(|u| u.to_string())));
    all.insert("created_at".to_owned(), json!(created.rfc3339()));
    all.insert("updated_at".to_owned(), json!(updated.rfc3339()));
    Ok(Reply::json(&Value::Object(all)))
}

async fn get_preferences(notify: Notify, req: Req) -> Result<Reply> {
    shown(&notify, &req).await
}

async fn put_preferences(notify: Notify, mut req: Req) -> Result<Reply> {
    let change: Map<String, Value> = req.json().await?;
    let user_id = user(&req)?;
    notify.change_preferences(&req.cx().actor(), user_id, Box::new(move |_| Ok(change))).await?;
    shown(&notify, &req).await
}

async fn subscribe(notify: Notify, mut req: Req) -> Result<Reply> {
    let event = req.param("event").to_owned();
    let body: SubscribeBody = req.json().await?;
    let user_id = user(&req)?;
    if event == "*" || !is_known(notify.events().kinds(), &event) {
        return Err(AppError::not_found(format!("Unknown event type '{}'", event.escape_debug())));
    }
    let channels = body.channels.unwrap_or_else(|| vec!["in_app".to_owned()]);
    if channels.is_empty() || channels.iter().any(|c| !["in_app", "email", "slack"].contains(&c.as_str())) {
        return Err(unprocessable("channels", "must be of in_app, email and slack"));
    }
    let project_id = body.project_id.filter(|p| p.len() <= 64).unwrap_or_default();
    let new = Subscription { user_id, event: event.clone(), project_id: project_id.clone(), channels: channels.clone() };
    let mut mutation = notify.0.parts.audit.begin(&req.cx().actor()).await?;
    let uid = store::subscribe(&mut mutation, notify.mint(), &new, req.cx().now()).await?;
    mutation
        .commit(Entry::new("subscription.create", Category::Data).target("subscription", &uid).describe(format!("Subscribed to {event}")))
        .await?;
    let project = Some(project_id).filter(|p| !p.is_empty());
    let details = json!({ "event": event, "project_id": project, "channels": channels, "subscription_id": uid });
    Ok(done(format!("Subscribed to {event}"), details))
}

async fn subscriptions(notify: Notify, req: Req) -> Result<Reply> {
    let view = |s: Subscription| SubscriptionView {
        event: s.event,
        project_id: Some(s.project_id).filter(|p| !p.is_empty()),
        channels: s.channels,
    };
    let all = store::subscriptions_of(notify.db(), user(&req)?).await?;
    Ok(Reply::json(&all.into_iter().map(view).collect::<Vec<_>>()))
}

async fn unsubscribe(notify: Notify, req: Req) -> Result<Reply> {
    let event = req.param("event").to_owned();
    let user_id = user(&req)?;
    let mut mutation = notify.0.parts.audit.begin(&req.cx().actor()).await?;
    let removed = store::unsubscribe(&mut mutation, user_id, &event, req.query().filled("project_id")).await?;
    mutation
        .commit(Entry::new("subscription.delete", Category::Data).target("user", user_id).describe(format!("Unsubscribed from {event}")))
        .await?;
    Ok(done(format!("Unsubscribed from {event}"), json!({ "removed": removed })))
}
