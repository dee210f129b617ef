//! The channels that settings of the operations part describe: each named `ops:<type>`, told what names no channel. They
//! follow the settings; whoever changes one by hand loses that with the next change of those.

use argos_audit::{Category, Entry};
use argos_kernel::{Actor, ErrorKind, Result};
use serde_json::{Map, Value, json};

use super::channels::document;
use super::entry;
use crate::Notify;
use crate::model::channel::{Channel, ChannelKind, Config};
use crate::model::template;
use crate::store::channels;

const ORIGIN: &str = "ops";
const PREFIX: &str = "ops:";

/// A channel as the settings describe it.
#[derive(Clone, Debug, PartialEq)]
pub struct SetChannel {
    /// A channel type.
    pub kind: String,
    pub enabled: bool,
    /// Canonical members or their aliases.
    pub config: Map<String, Value>,
}

impl SetChannel {
    /// What it tells; empty = as every channel does.
    fn template(&self) -> &str {
        self.config.get("template").and_then(Value::as_str).unwrap_or_default()
    }
    fn read(&self) -> std::result::Result<(ChannelKind, Config), String> {
        let kind = ChannelKind::parse(&self.kind)?;
        template::check(self.template())?;
        Ok((kind, Config::read(kind, &self.config, None)?))
    }
}

impl Notify {
    /// Makes these channels and no others of their sort. What cannot be one is left out and told: `type: why`.
    pub async fn follow_set_channels(&self, actor: &Actor, wanted: &[SetChannel]) -> Result<Vec<String>> {
        let all = self.list_channels().await?;
        let named = |kind: &str| all.iter().find(|c| c.origin == ORIGIN && c.name == format!("{PREFIX}{kind}"));
        let mut faults = Vec::new();
        for one in wanted {
            let done = match (one.read(), named(&one.kind)) {
                (Ok((_, config)), Some(before)) => self.follow_one(actor, before, one, &config).await,
                (Ok((kind, config)), None) => self.create_set_channel(actor, kind, one, &config).await,
                (Err(why), _) if one.enabled => {
                    faults.push(format!("{}: {why}", one.kind));
                    Ok(())
                }
                // One that is off may be unfinished; it is off all the same.
                (Err(_), Some(before)) if before.enabled => self.switch_off(actor, before).await,
                (Err(_), _) => Ok(()),
            };
            match done {
                // The store may be back soon: then all of it again.
                Err(why) if matches!(why.kind(), ErrorKind::Internal | ErrorKind::Unavailable) => return Err(why),
                Err(why) => faults.push(format!("{}: {}", one.kind, why.message())),
                Ok(()) => {}
            }
        }
        for gone in all.iter().filter(|c| c.origin == ORIGIN && c.name.starts_with(PREFIX)) {
            if !wanted.iter().any(|w| gone.name == format!("{PREFIX}{}", w.kind)) {
                self.delete_channel(actor, gone.id).await?;
            }
        }
        Ok(faults)
    }

    /// What the settings say is all of it: nothing stays of what was taken out of them.
    async fn follow_one(&self, actor: &Actor, before: &Channel, wanted: &SetChannel, config: &Config) -> Result<()> {
        let stored = self.open_config(before).ok();
        let mut channel = before.clone();
        (channel.enabled, channel.broadcast) = (wanted.enabled, true);
        wanted.template().clone_into(&mut channel.template);
        let is_kept = stored.as_ref() == Some(config);
        if is_kept && (before.enabled, before.broadcast, &before.template) == (channel.enabled, channel.broadcast, &channel.template) {
            return Ok(());
        }
        if !is_kept {
            channel.config_enc = self.seal_config(&channel, config)?;
            channel.verified = false;
        }
        let before = stored.map_or(Value::Null, |stored| document(before, &stored));
        let after = document(&channel, config);
        self.update_set_channel(actor, channel, before, after).await
    }

    async fn switch_off(&self, actor: &Actor, before: &Channel) -> Result<()> {
        let off = Channel { enabled: false, ..before.clone() };
        self.update_set_channel(actor, off, json!({ "enabled": true }), json!({ "enabled": false })).await
    }

    async fn update_set_channel(&self, actor: &Actor, mut channel: Channel, before: Value, after: Value) -> Result<()> {
        channel.updated_at = self.now();
        let mut change = self.0.parts.audit.begin(actor).await?;
        channels::update(&mut change, &channel).await?;
        self.note_change(&mut change, actor, (None, "notification_channel", channel.id), &channel.name, "update").await?;
        let entry = entry("notification_channel.update", channel.id, format!("Channel {} follows the settings", channel.name));
        change.commit(entry.before(before).after(after)).await?;
        self.refresh_redactor().await
    }

    async fn create_set_channel(&self, actor: &Actor, kind: ChannelKind, wanted: &SetChannel, config: &Config) -> Result<()> {
        let mut channel = self.blank_channel(kind, ORIGIN);
        (channel.name, channel.enabled) = (format!("{PREFIX}{}", wanted.kind), wanted.enabled);
        wanted.template().clone_into(&mut channel.template);
        channel.config_enc = self.seal_config(&channel, config)?;
        let mut change = self.0.parts.audit.begin(actor).await?;
        channel.id = channels::insert(&mut change, &channel).await.map_err(super::channels::taken)?;
        let entry = Entry::new("notification_channel.create", Category::Config).target("notification_channel", channel.id);
        let entry = entry.describe(format!("Channel {} follows the settings", channel.name));
        change.commit(entry.after(json!({ "name": channel.name, "type": kind.as_str(), "enabled": channel.enabled }))).await?;
        self.refresh_redactor().await
    }
}
