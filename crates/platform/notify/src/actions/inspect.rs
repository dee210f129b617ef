//! What the channels are set to, for whoever looks from the command line.

use argos_kernel::{Result, Timestamp};
use serde_json::Value;

use crate::Notify;
use crate::actions::bad;
use crate::model::channel::{Channel, ChannelKind};
use crate::model::field::masked_as;

/// How the command line shows a secret (edge spec D15).
const HIDDEN: &str = "***REDACTED***";

/// A channel with its secrets hidden.
#[derive(Clone, Debug, PartialEq)]
pub struct Inspected {
    pub id: i64,
    pub name: String,
    /// One of the channel types.
    pub kind: &'static str,
    pub enabled: bool,
    /// `None`: it cannot be opened with the keys of this instance.
    pub config: Option<Value>,
}

/// The credentials of a channel, without them.
#[derive(Clone, Debug)]
pub struct KeptChannel {
    pub name: String,
    /// One of the channel types.
    pub kind: &'static str,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub last_sent_at: Option<Timestamp>,
    /// Rules that send through it.
    pub rules: Vec<String>,
}

impl Notify {
    /// The channels of the instance that hold a secret, with what uses them.
    pub async fn kept_channels(&self) -> Result<Vec<KeptChannel>> {
        let rules = self.list_rules().await?;
        let kept = |c: &Channel| KeptChannel {
            name: c.name.clone(),
            kind: c.kind.as_str(),
            created_at: c.created_at,
            updated_at: c.updated_at,
            last_sent_at: c.last_sent_at,
            rules: rules.iter().filter(|r| r.channel_id == c.id).map(|r| r.name.clone()).collect(),
        };
        // One that cannot be opened holds something that must be replaced.
        let is_secret = |c: &&Channel| self.open_config(c).map_or(true, |config| !config.secrets().is_empty());
        Ok(self.list_channels().await?.iter().filter(is_secret).map(kept).collect())
    }

    /// The channels, of one type when one is given.
    pub async fn inspect(&self, kind: Option<&str>) -> Result<Vec<Inspected>> {
        let kind = kind.map(ChannelKind::parse).transpose().map_err(|e| bad(e).with("field", "type"))?;
        let all = self.list_channels().await?;
        let wanted = all.iter().filter(|c| kind.is_none_or(|k| k == c.kind));
        let shown = wanted.map(|c| Inspected {
            id: c.id,
            name: c.name.clone(),
            kind: c.kind.as_str(),
            enabled: c.enabled,
            config: self.open_config(c).ok().map(|config| masked_as(config.view(), HIDDEN)),
        });
        Ok(shown.collect())
    }
}
