//! What the channels are set to, for whoever looks from the command line.

use argos_kernel::Result;
use serde_json::Value;

use crate::Notify;
use crate::actions::bad;
use crate::model::channel::ChannelKind;
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

impl Notify {
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
