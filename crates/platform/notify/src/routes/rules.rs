//! `/api/notifications/rules*`.

use argos_kernel::{Result, Severity};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Notify;
use crate::actions::rules::RuleInput;
use crate::model::rule::Rule;

pub(super) fn declare(routes: Routes<Notify>) -> Routes<Notify> {
    routes
        .get("/api/notifications/rules", "notify.list_rules", "Notification rules, newest first.", list)
        .reply::<Vec<NotificationRuleView>>()
        .post("/api/notifications/rules", "notify.create_rule", "Create a notification rule.", create)
        .body::<NotificationRuleBody>()
        .created::<NotificationRuleView>()
        .get("/api/notifications/rules/{id}", "notify.get_rule", "One notification rule.", get)
        .reply::<NotificationRuleView>()
        .put("/api/notifications/rules/{id}", "notify.update_rule", "Change a notification rule.", update)
        .body::<NotificationRuleBody>()
        .reply::<NotificationRuleView>()
        .delete("/api/notifications/rules/{id}", "notify.delete_rule", "Delete a notification rule.", delete)
        .post("/api/notifications/rules/{id}/toggle", "notify.toggle_rule", "Switch a notification rule on or off.", toggle)
        .reply::<NotificationRuleView>()
}

/// Which events go to a channel. An empty filter means any.
#[derive(JsonSchema, Serialize)]
struct NotificationRuleView {
    id: i64,
    name: String,
    channel_id: i64,
    event_type: String,
    filter_host_ids: Vec<i64>,
    filter_severities: Vec<Severity>,
    enabled: bool,
    throttle_window_seconds: i64,
    /// Null = any.
    min_severity: Option<Severity>,
    filter_device_ids: Vec<String>,
    filter_node_ids: Vec<String>,
    /// At least one of these; empty = any.
    filter_tags: Vec<String>,
    /// An object or a list of objects, all of which hold: severity, project_id, tags, schedule_id, threshold {type, operator, value}.
    conditions: Option<serde_json::Value>,
    /// Paths like `data.host`, separated by commas, whose values throttling tells apart; empty = the subject.
    throttle_key: String,
    /// Instead of the channel's; empty = the channel's.
    template: String,
    created_at: String,
    updated_at: String,
}

#[derive(JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
struct NotificationRuleBody {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    channel_id: Option<i64>,
    /// A documented event name, an alias, or `prefix.*`; several separated by commas.
    #[serde(default)]
    event_type: Option<String>,
    #[serde(default)]
    filter_host_ids: Option<Vec<i64>>,
    /// info, warning, error, critical
    #[serde(default)]
    filter_severities: Option<Vec<String>>,
    #[serde(default)]
    enabled: Option<bool>,
    /// 0 to 86400
    #[serde(default)]
    throttle_window_seconds: Option<i64>,
    /// Empty = any.
    #[serde(default)]
    min_severity: Option<String>,
    #[serde(default)]
    filter_device_ids: Option<Vec<String>>,
    #[serde(default)]
    filter_node_ids: Option<Vec<String>>,
    #[serde(default)]
    filter_tags: Option<Vec<String>>,
    #[serde(default)]
    conditions: Option<serde_json::Value>,
    #[serde(default)]
    throttle_key: Option<String>,
    #[serde(default)]
    template: Option<String>,
}

impl From<NotificationRuleBody> for RuleInput {
    fn from(b: NotificationRuleBody) -> Self {
        Self {
            name: b.name,
            channel_id: b.channel_id,
            event_type: b.event_type,
            host_ids: b.filter_host_ids,
            severities: b.filter_severities,
            enabled: b.enabled,
            throttle_s: b.throttle_window_seconds,
            min_severity: b.min_severity,
            device_ids: b.filter_device_ids,
            node_ids: b.filter_node_ids,
            template: b.template,
            tags: b.filter_tags,
            conditions: b.conditions,
            throttle_key: b.throttle_key,
            priority: None,
        }
    }
}

fn view(r: Rule) -> NotificationRuleView {
    NotificationRuleView {
        id: r.id,
        name: r.name,
        channel_id: r.channel_id,
        event_type: r.kinds.join(","),
        filter_host_ids: r.host_ids,
        filter_severities: r.severities,
        enabled: r.enabled,
        throttle_window_seconds: r.throttle_s,
        min_severity: r.min_severity,
        filter_device_ids: r.device_ids,
        filter_node_ids: r.node_ids,
        filter_tags: r.tags,
        conditions: Some(r.conditions).filter(|c| !c.is_null()),
        throttle_key: r.throttle_key.unwrap_or_default(),
        template: r.template.unwrap_or_default(),
        created_at: r.created_at.rfc3339(),
        updated_at: r.updated_at.rfc3339(),
    }
}

/// The rule of the path; those of organizations are not to be found here.
async fn named(notify: &Notify, req: &Req) -> Result<Rule> {
    notify.get_rule(req.param_as("id")?).await
}

async fn list(notify: Notify, _req: Req) -> Result<Reply> {
    Ok(Reply::json(&notify.list_rules().await?.into_iter().map(view).collect::<Vec<_>>()))
}

async fn create(notify: Notify, mut req: Req) -> Result<Reply> {
    let body: NotificationRuleBody = req.json().await?;
    Ok(Reply::created(&view(notify.create_rule(&req.cx().actor(), &body.into()).await?)))
}

async fn get(notify: Notify, req: Req) -> Result<Reply> {
    Ok(Reply::json(&view(named(&notify, &req).await?)))
}

async fn update(notify: Notify, mut req: Req) -> Result<Reply> {
    let id = named(&notify, &req).await?.id;
    let body: NotificationRuleBody = req.json().await?;
    Ok(Reply::json(&view(notify.update_rule(&req.cx().actor(), id, &body.into()).await?)))
}

async fn delete(notify: Notify, req: Req) -> Result<Reply> {
    notify.delete_rule(&req.cx().actor(), named(&notify, &req).await?.id).await?;
    Ok(Reply::no_content())
}

async fn toggle(notify: Notify, req: Req) -> Result<Reply> {
    Ok(Reply::json(&view(notify.toggle_rule(&req.cx().actor(), named(&notify, &req).await?.id).await?)))
}
