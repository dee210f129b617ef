//! The channels that settings of the operations part describe: each named `ops:<type>`, told what names no channel. They
//! follow the settings; whoever changes one by hand loses that with the next change of those.

use argos_audit::{Category, Entry};
use argos_kernel::{Actor, Result};
use serde_json::{Map, Value, json};

use crate::Notify;
use crate::actions::channels::ChannelInput;
use crate::model::channel::{Channel, ChannelKind, Config};
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

impl Notify {
    /// Makes these channels and no others of their sort. What cannot be one is left out and told: `type: why`.
    pub async fn follow_set_channels(&self, actor: &Actor, wanted: &[SetChannel]) -> Result<Vec<String>> {
        let all = self.list_channels().await?;
        let named = |kind: &str| all.iter().find(|c| c.origin == ORIGIN && c.name == format!("{PREFIX}{kind}"));
        let mut faults = Vec::new();
        for one in wanted {
            let judged = ChannelKind::parse(&one.kind).and_then(|kind| Ok((kind, Config::read(kind, &one.config, None)?)));
            let (kind, config) = match judged {
                Ok(judged) => judged,
                Err(why) => {
                    // One that is off may be unfinished.
                    if one.enabled {
                        faults.push(format!("{}: {why}", one.kind));
                    }
                    continue;
                }
            };
            match named(&one.kind) {
                Some(before) => self.follow_one(actor, before, one, &config).await?,
                None => self.create_set_channel(actor, kind, one, &config).await?,
            }
        }
        for gone in all.iter().filter(|c| c.origin == ORIGIN && c.name.starts_with(PREFIX)) {
            if !wanted.iter().any(|w| gone.name == format!("{PREFIX}{}", w.kind)) {
                self.delete_channel(actor, gone.id).await?;
            }
        }
        Ok(faults)
    }

    async fn follow_one(&self, actor: &Actor, before: &Channel, wanted: &SetChannel, config: &Config) -> Result<()> {
        if before.enabled == wanted.enabled && before.broadcast && self.open_config(before)? == *config {
            return Ok(());
        }
        let input = ChannelInput {
            enabled: Some(wanted.enabled),
            broadcast: Some(true),
            config: Some(wanted.config.clone()),
            ..ChannelInput::default()
        };
        self.update_channel(actor, before.id, &input).await.map(drop)
    }

    async fn create_set_channel(&self, actor: &Actor, kind: ChannelKind, wanted: &SetChannel, config: &Config) -> Result<()> {
        let mut channel = self.blank_channel(kind, ORIGIN);
        (channel.name, channel.enabled) = (format!("{PREFIX}{}", wanted.kind), wanted.enabled);
        channel.config_enc = self.seal_config(&channel, config)?;
        let mut change = self.0.parts.audit.begin(actor).await?;
        channel.id = channels::insert(&mut change, &channel).await.map_err(super::channels::taken)?;
        let entry = Entry::new("notification_channel.create", Category::Config).target("notification_channel", channel.id);
        let entry = entry.describe(format!("Channel {} follows the settings", channel.name));
        change.commit(entry.after(json!({ "name": channel.name, "type": kind.as_str(), "enabled": channel.enabled }))).await?;
        self.refresh_redactor().await
    }
}
