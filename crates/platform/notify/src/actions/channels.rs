//! Creating, changing, switching and deleting channels.

use argos_kernel::{Actor, AppError, Result};
use argos_store::StoreError;
use serde_json::{Map, Value, json};

use super::{Of as _, bad, entry};
use crate::Notify;
use crate::model::channel::{Channel, ChannelKind, Config};
use crate::model::quiet::QuietHours;
use crate::model::retry::Schedule;
use crate::model::template;
use crate::store::{channels, deliveries, rules};

const NAME_MAX: usize = 128;
/// Of a channel of an organization.
const NAME_MAX_OWNED: usize = 100;
/// Messages an hour of a channel of an organization, unless it says otherwise.
const RATE_PER_HOUR_OWNED: i64 = 100;
const RATE_MAX: i64 = 10_000;
const CHANNELS_MAX: usize = 500;

/// What a client sends; absent members keep what is stored.
#[derive(Clone, Debug, Default)]
pub(crate) struct ChannelInput {
    pub(crate) name: Option<String>,
    pub(crate) kind: Option<String>,
    pub(crate) enabled: Option<bool>,
    pub(crate) broadcast: Option<bool>,
    pub(crate) config: Option<Map<String, Value>>,
    pub(crate) template: Option<String>,
    pub(crate) rate_per_minute: Option<i64>,
    pub(crate) rate_per_hour: Option<i64>,
    pub(crate) retry: Option<String>,
    /// Null = none.
    pub(crate) quiet_hours: Option<Value>,
}

pub(crate) fn not_found() -> AppError {
    AppError::not_found("channel not found")
}

pub(super) fn taken(error: StoreError) -> AppError {
    // The other unique member is made up by us.
    if matches!(error, StoreError::Unique(_)) {
        return AppError::conflict("channel name already exists").code("duplicate_name").with("field", "name");
    }
    error.into()
}

impl ChannelInput {
    /// Applies everything but the configuration.
    pub(super) fn apply(&self, c: &mut Channel) -> Result<()> {
        if let Some(name) = &self.name {
            name.trim().clone_into(&mut c.name);
        }
        if c.name.is_empty() {
            return Err(bad("name is required").with("field", "name"));
        }
        let longest = if c.is_of_instance() { NAME_MAX } else { NAME_MAX_OWNED };
        if c.name.chars().count() > longest || c.name.chars().any(char::is_control) {
            return Err(bad(format!("name must be at most {longest} characters without control characters")).with("field", "name"));
        }
        // The published configuration also takes the template in here.
        let inside = self.config.as_ref().and_then(|m| m.get("template")).and_then(Value::as_str);
        if let Some(text) = self.template.as_deref().or(inside) {
            template::check(text).map_err(|e| bad(e).with("field", "template"))?;
            text.clone_into(&mut c.template);
        }
        c.rate_per_minute = self.rate_per_minute.unwrap_or(c.rate_per_minute);
        if !(0..=RATE_MAX).contains(&c.rate_per_minute) {
            return Err(bad(format!("rate_limit_per_minute must be between 0 and {RATE_MAX}")).with("field", "rate_limit_per_minute"));
        }
        c.rate_per_hour = self.rate_per_hour.unwrap_or(c.rate_per_hour);
        if !(0..=RATE_MAX).contains(&c.rate_per_hour) {
            return Err(bad(format!("rate_limit_per_hour must be between 0 and {RATE_MAX}")).with("field", "rate_limit_per_hour"));
        }
        if let Some(word) = &self.retry {
            let known = Schedule::parse(word);
            c.retry = known.ok_or_else(|| bad("retry must be fast, minutes or persistent").with("field", "retry"))?;
        }
        if let Some(input) = &self.quiet_hours {
            c.quiet_hours = QuietHours::read(input).map_err(|e| bad(e).with("field", "quiet_hours"))?;
        }
        c.enabled = self.enabled.unwrap_or(c.enabled);
        c.broadcast = self.broadcast.unwrap_or(c.broadcast);
        Ok(())
    }
}

/// Whose a channel is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Owner {
    pub(crate) organization_id: i64,
    pub(crate) project_id: Option<i64>,
}

impl Owner {
    /// What holds of every channel of an organization.
    pub(super) fn take(self, channel: &mut Channel) -> Result<()> {
        if !channel.kind.leads_out() {
            let text = format!("{} belongs to the instance: an organization has no such channel", channel.kind.as_str());
            return Err(bad(text).code("unsupported_channel_type").with("field", "type"));
        }
        (channel.organization_id, channel.project_id) = (Some(self.organization_id), self.project_id);
        "quality".clone_into(&mut channel.origin);
        (channel.broadcast, channel.retry, channel.rate_per_hour) = (false, Schedule::Minutes, RATE_PER_HOUR_OWNED);
        Ok(())
    }

    /// Its webhooks sign the time and the body unless they say otherwise (platform spec 14).
    fn signed_as_documented(kind: ChannelKind, config: &mut Map<String, Value>) {
        if kind == ChannelKind::Webhook {
            config.entry("signature_version").or_insert_with(|| json!(2));
        }
    }
}

impl Notify {
    /// Those of the instance, newest first; an organization's are its own affair.
    pub(crate) async fn list_channels(&self) -> Result<Vec<Channel>> {
        let mut all = channels::list(self.db()).await?;
        all.retain(Channel::is_of_instance);
        Ok(all)
    }

    /// One of the instance.
    pub(crate) async fn get_channel(&self, id: i64) -> Result<Channel> {
        channels::find(self.db(), id).await?.filter(Channel::is_of_instance).ok_or_else(not_found)
    }

    /// A channel before anything is known of it.
    pub(super) fn blank_channel(&self, kind: ChannelKind, origin: &str) -> Channel {
        let now = self.now();
        Channel {
            id: 0,
            uid: self.mint(),
            name: String::new(),
            kind,
            enabled: true,
            verified: false,
            broadcast: true,
            config_enc: String::new(),
            template: String::new(),
            rate_per_minute: 0,
            rate_per_hour: 0,
            retry: Schedule::Fast,
            quiet_hours: None,
            origin: origin.to_owned(),
            organization_id: None,
            project_id: None,
            last_sent_at: None,
            sent_today: 0,
            sent_day: 0,
            failures: 0,
            created_at: now,
            updated_at: now,
        }
    }

    pub(crate) async fn create_channel(&self, actor: &Actor, input: &ChannelInput) -> Result<Channel> {
        self.create_channel_of(actor, input, None).await
    }

    /// `owner`: an organization, and its project when only that one is meant.
    pub(crate) async fn create_channel_of(&self, actor: &Actor, input: &ChannelInput, owner: Option<Owner>) -> Result<Channel> {
        let kind = ChannelKind::parse(input.kind.as_deref().unwrap_or_default())
            .map_err(|e| bad(e).code("unsupported_channel_type").with("field", "type"))?;
        let mut channel = self.blank_channel(kind, "edge");
        let mut given = input.config.clone().unwrap_or_default();
        if let Some(owner) = owner {
            owner.take(&mut channel)?;
            Owner::signed_as_documented(kind, &mut given);
        }
        input.apply(&mut channel)?;
        let config = Config::read(kind, &given, None).map_err(|e| bad(e).with("field", "config"))?;
        channel.config_enc = self.seal_config(&channel, &config)?;
        let mut change = self.0.parts.audit.begin(actor).await?;
        let all = channels::list_in(&mut change).await?;
        if all.iter().filter(|c| c.organization_id == channel.organization_id).count() >= CHANNELS_MAX {
            return Err(bad(format!("there are already {CHANNELS_MAX} channels")));
        }
        channel.id = channels::insert(&mut change, &channel).await.map_err(taken)?;
        self.note_change(&mut change, actor, (channel.organization_id, "notification_channel", channel.id), &channel.name, "create")
            .await?;
        let entry =
            entry("notification_channel.create", channel.id, format!("Channel {} created", channel.name)).of(channel.organization_id);
        change.commit(entry.after(document(&channel, &config))).await?;
        self.refresh_redactor().await?;
        Ok(channel)
    }

    pub(crate) async fn update_channel(&self, actor: &Actor, id: i64, input: &ChannelInput) -> Result<Channel> {
        let mut change = self.0.parts.audit.begin(actor).await?;
        let before = channels::find_in(&mut change, id).await?.ok_or_else(not_found)?;
        if input.kind.as_deref().is_some_and(|k| k != before.kind.as_str()) {
            return Err(bad("type cannot be changed").with("field", "type"));
        }
        self.offer_channel(&mut change, &before, &[]).await?;
        let mut channel = before.clone();
        input.apply(&mut channel)?;
        let stored = self.open_config(&before)?;
        let mut config = stored.clone();
        if let Some(given) = &input.config {
            config = Config::read(channel.kind, given, Some(&stored)).map_err(|e| bad(e).with("field", "config"))?;
        }
        if config != stored {
            channel.config_enc = self.seal_config(&channel, &config)?;
            channel.verified = false;
        }
        channel.updated_at = self.now();
        channels::update(&mut change, &channel).await.map_err(taken)?;
        self.note_change(&mut change, actor, (channel.organization_id, "notification_channel", id), &channel.name, "update").await?;
        let entry = entry("notification_channel.update", id, format!("Channel {} changed", channel.name)).of(channel.organization_id);
        change.commit(entry.before(document(&before, &stored)).after(document(&channel, &config))).await?;
        self.refresh_redactor().await?;
        Ok(channel)
    }

    pub(crate) async fn toggle_channel(&self, actor: &Actor, id: i64) -> Result<Channel> {
        let mut change = self.0.parts.audit.begin(actor).await?;
        let mut channel = channels::find_in(&mut change, id).await?.ok_or_else(not_found)?;
        self.offer_channel(&mut change, &channel, &[]).await?;
        channel.enabled = !channel.enabled;
        channel.updated_at = self.now();
        channels::set_enabled(&mut change, id, channel.enabled, channel.updated_at).await?;
        self.note_change(&mut change, actor, (channel.organization_id, "notification_channel", id), &channel.name, "toggle").await?;
        let word = if channel.enabled { "enabled" } else { "disabled" };
        change
            .commit(entry("notification_channel.toggle", id, format!("Channel {} {word}", channel.name)).of(channel.organization_id))
            .await?;
        Ok(channel)
    }

    /// Rules go with it; what still waited to be sent ends as failed.
    pub(crate) async fn delete_channel(&self, actor: &Actor, id: i64) -> Result<()> {
        let mut change = self.0.parts.audit.begin(actor).await?;
        let channel = channels::find_in(&mut change, id).await?.ok_or_else(not_found)?;
        let own: Vec<_> = rules::list_in(&mut change).await?.into_iter().filter(|r| r.channel_id == id).collect();
        self.offer_channel(&mut change, &channel, &own).await?;
        deliveries::orphan(&mut change, id).await?;
        channels::delete(&mut change, id).await?;
        self.note_change(&mut change, actor, (channel.organization_id, "notification_channel", id), &channel.name, "delete").await?;
        change
            .commit(entry("notification_channel.delete", id, format!("Channel {} deleted", channel.name)).of(channel.organization_id))
            .await?;
        self.forget_rate(id);
        self.refresh_redactor().await
    }
}

/// What the audit log keeps: no secret, and no address either, since an address may carry a token.
pub(super) fn document(c: &Channel, config: &Config) -> Value {
    let mut shown = config.view();
    if let Some(url) = shown.get_mut("url") {
        *url = json!(url.as_str().and_then(|u| u.parse::<http::Uri>().ok()).and_then(|u| u.host().map(str::to_owned)));
    }
    json!({
        "name": c.name, "type": c.kind.as_str(), "enabled": c.enabled, "broadcast": c.broadcast, "rate_limit_per_minute": c.rate_per_minute,
        "template": c.template, "config": shown, "retry": c.retry.as_str(), "rate_limit_per_hour": c.rate_per_hour,
        "quiet_hours": c.quiet_hours.as_ref().map(QuietHours::view),
    })
}
