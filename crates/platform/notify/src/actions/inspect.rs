//! What the channels are set to, for whoever looks from the command line.

use argos_kernel::Result;
use serde_json::Value;

use crate::Notify;
use crate::actions::bad;
use crate::model::channel::ChannelKind;

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
            config: self.open_config(c).ok().map(|config| hidden(config.view())),
        });
        Ok(shown.collect())
    }
}

/// The masks of the views as this place writes them.
fn hidden(value: Value) -> Value {
    match value {
        Value::String(text) if text == "__UNCHANGED__" => Value::String(HIDDEN.to_owned()),
        Value::Object(members) => members.into_iter().map(|(name, value)| (name, hidden(value))).collect(),
        Value::Array(items) => items.into_iter().map(hidden).collect(),
        other => other,
    }
}
