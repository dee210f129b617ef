//! `/api/notifications/channels*`, `/api/notifications/test` and the catalogue of event types.

use std::collections::BTreeMap;

use argos_kernel::{Result, Timestamp};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::Notify;
use crate::actions::channels::ChannelInput;
use crate::model::channel::Channel;
use crate::model::event_types::catalogue;
use crate::model::quiet::QuietHours;

pub(super) fn declare(routes: Routes<Notify>) -> Routes<Notify> {
    routes
        .get("/api/notifications/event-types", "notify.list_event_types", "Events a notification rule can name.", event_types)
        .reply::<Vec<EventTypeView>>()
        .get("/api/notifications/channels", "notify.list_channels", "Channels, newest first, secrets masked.", list)
        .reply::<Vec<ChannelView>>()
        .post("/api/notifications/channels", "notify.create_channel", "Create a channel.", create)
        .body::<ChannelBody>()
        .created::<ChannelView>()
        .get("/api/notifications/channels/{id}", "notify.get_channel", "One channel, secrets masked.", get)
        .reply::<ChannelView>()
        .put("/api/notifications/channels/{id}", "notify.update_channel", "Change a channel; placeholders keep secrets.", update)
        .body::<ChannelBody>()
        .reply::<ChannelView>()
        .delete("/api/notifications/channels/{id}", "notify.delete_channel", "Delete a channel and its rules.", delete)
        .post("/api/notifications/channels/{id}/toggle", "notify.toggle_channel", "Switch a channel on or off.", toggle)
        .reply::<ChannelView>()
        .post("/api/notifications/channels/{id}/test", "notify.test_channel", "Send a test message to one channel.", test)
        .reply::<TestView>()
        .post("/api/notifications/test", "notify.test_broadcast", "Send a test message to one or all broadcast channels.", test_all)
        .body::<BroadcastBody>()
        .reply::<BroadcastView>()
}

/// A catalogue entry.
#[derive(JsonSchema, Serialize)]
struct EventTypeView {
    r#type: String,
    severity: String,
    description: String,
    trigger_condition: String,
    sample_event: Value,
}

/// A channel. Secrets of `config` read `__UNCHANGED__`, or nothing when they are not set.
#[derive(JsonSchema, Serialize)]
struct ChannelView {
    id: i64,
    name: String,
    /// One of `/api/notifications/channel-types`.
    r#type: &'static str,
    enabled: bool,
    config: Value,
    template: String,
    /// 0 = unlimited
    rate_limit_per_minute: i64,
    /// 0 = unlimited
    rate_limit_per_hour: i64,
    /// fast, minutes or persistent
    retry: &'static str,
    /// `{start,end,timezone}`; what is critical passes. Null = none.
    quiet_hours: Option<Value>,
    /// Gets alerts whose rule names no channel.
    broadcast: bool,
    /// The last thing sent arrived.
    verified: bool,
    origin: String,
    last_sent_at: Option<String>,
    sent_today: i64,
    /// Deliveries that failed since the last that arrived.
    failures: i64,
    created_at: String,
    updated_at: String,
}

#[derive(JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChannelBody {
    #[serde(default)]
    name: Option<String>,
    /// One of `/api/notifications/channel-types`; cannot be changed.
    #[serde(default)]
    r#type: Option<String>,
    #[serde(default)]
    enabled: Option<bool>,
    #[serde(default)]
    config: Option<Map<String, Value>>,
    #[serde(default)]
    template: Option<String>,
    #[serde(default)]
    rate_limit_per_minute: Option<i64>,
    #[serde(default)]
    rate_limit_per_hour: Option<i64>,
    /// fast, minutes or persistent
    #[serde(default)]
    retry: Option<String>,
    /// `{start,end,timezone}`; null = none, absent = as it is.
    #[serde(default, deserialize_with = "present")]
    quiet_hours: Option<Value>,
    /// True when absent on creation.
    #[serde(default)]
    broadcast: Option<bool>,
}

#[derive(JsonSchema, Serialize)]
struct TestView {
    success: bool,
    sent_payload: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_message: Option<String>,
    /// The receiver's HTTP status; null when there was none.
    http_status: Option<u16>,
    /// What a mail server or broker said.
    answer: Option<String>,
}

#[derive(JsonSchema, Deserialize)]
struct BroadcastBody {
    /// Name, type or id of a channel.
    #[serde(default)]
    channel: Option<String>,
}

#[derive(JsonSchema, Serialize)]
struct BroadcastView {
    /// sent; failed when no channel took it; ok when there is none
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'static str>,
    /// `ok` or an error for each channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    results: Option<BTreeMap<String, String>>,
}

/// Tells null from absent.
pub(super) fn present<'de, D: serde::Deserializer<'de>>(d: D) -> std::result::Result<Option<Value>, D::Error> {
    Value::deserialize(d).map(Some)
}

impl From<ChannelBody> for ChannelInput {
    fn from(b: ChannelBody) -> Self {
        Self {
            name: b.name,
            kind: b.r#type,
            enabled: b.enabled,
            broadcast: b.broadcast,
            config: b.config,
            template: b.template,
            rate_per_minute: b.rate_limit_per_minute,
            rate_per_hour: b.rate_limit_per_hour,
            retry: b.retry,
            quiet_hours: b.quiet_hours,
        }
    }
}

fn view(notify: &Notify, c: Channel) -> Result<ChannelView> {
    let today = notify.now().secs().div_euclid(86_400);
    Ok(ChannelView {
        config: notify.open_config(&c)?.view(),
        id: c.id,
        r#type: c.kind.as_str(),
        name: c.name,
        enabled: c.enabled,
        template: c.template,
        rate_limit_per_minute: c.rate_per_minute,
        rate_limit_per_hour: c.rate_per_hour,
        retry: c.retry.as_str(),
        quiet_hours: c.quiet_hours.as_ref().map(QuietHours::view),
        broadcast: c.broadcast,
        verified: c.verified,
        origin: c.origin,
        last_sent_at: c.last_sent_at.map(Timestamp::rfc3339),
        sent_today: if c.sent_day == today { c.sent_today } else { 0 },
        failures: c.failures,
        created_at: c.created_at.rfc3339(),
        updated_at: c.updated_at.rfc3339(),
    })
}

/// The channel of the path; those of organizations are not to be found here.
async fn named(notify: &Notify, req: &Req) -> Result<Channel> {
    notify.get_channel(req.param_as("id")?).await
}

async fn event_types(notify: Notify, _req: Req) -> Result<Reply> {
    Ok(Reply::json(&catalogue(notify.events().kinds())))
}

async fn list(notify: Notify, _req: Req) -> Result<Reply> {
    let views: Vec<ChannelView> = notify.list_channels().await?.into_iter().map(|c| view(&notify, c)).collect::<Result<_>>()?;
    Ok(Reply::json(&views))
}

async fn create(notify: Notify, mut req: Req) -> Result<Reply> {
    let body: ChannelBody = req.json().await?;
    let channel = notify.create_channel(&req.cx().actor(), &body.into()).await?;
    Ok(Reply::created(&view(&notify, channel)?))
}

async fn get(notify: Notify, req: Req) -> Result<Reply> {
    Ok(Reply::json(&view(&notify, named(&notify, &req).await?)?))
}

async fn update(notify: Notify, mut req: Req) -> Result<Reply> {
    let id = named(&notify, &req).await?.id;
    let body: ChannelBody = req.json().await?;
    let channel = notify.update_channel(&req.cx().actor(), id, &body.into()).await?;
    Ok(Reply::json(&view(&notify, channel)?))
}

async fn delete(notify: Notify, req: Req) -> Result<Reply> {
    notify.delete_channel(&req.cx().actor(), named(&notify, &req).await?.id).await?;
    Ok(Reply::no_content())
}

async fn toggle(notify: Notify, req: Req) -> Result<Reply> {
    let channel = notify.toggle_channel(&req.cx().actor(), named(&notify, &req).await?.id).await?;
    Ok(Reply::json(&view(&notify, channel)?))
}

async fn test(notify: Notify, req: Req) -> Result<Reply> {
    let result = notify.test_channel(&req.cx().actor(), &named(&notify, &req).await?).await?;
    let view = TestView {
        success: result.error.is_none(),
        sent_payload: result.sent_payload,
        error_message: result.error,
        http_status: result.http_status,
        answer: result.answer,
    };
    Ok(Reply::json(&view))
}

async fn test_all(notify: Notify, mut req: Req) -> Result<Reply> {
    let body: BroadcastBody = req.json().await?;
    let named = body.channel.as_deref().map(str::trim).filter(|c| !c.is_empty());
    let results = notify.test_broadcast(&req.cx().actor(), named).await?;
    if results.is_empty() {
        let message = Some("No notification channels configured");
        return Ok(Reply::json(&BroadcastView { status: "ok", message, results: None }));
    }
    let status = if results.iter().any(|(_, error)| error.is_none()) { "sent" } else { "failed" };
    let results = results.into_iter().map(|(name, error)| (name, error.unwrap_or_else(|| "ok".to_owned()))).collect();
    Ok(Reply::json(&BroadcastView { status, message: None, results: Some(results) }))
}
