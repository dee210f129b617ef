//! A channel: where notifications go. Its configuration is one secret; only `config` of it is ever shown, masked.

use argos_kernel::{Timestamp, Uid};
use serde_json::{Map, Value};

use crate::model::in_app::InApp;
use crate::model::webhook::Webhook;

/// A channel as it is stored; its configuration stays sealed until it is needed.
#[derive(Clone, Debug)]
pub(crate) struct Channel {
    pub(crate) id: i64,
    pub(crate) uid: Uid,
    pub(crate) name: String,
    pub(crate) kind: ChannelKind,
    pub(crate) enabled: bool,
    /// The last thing sent arrived; false until then and after ten failures in a row.
    pub(crate) verified: bool,
    /// Gets what names no channel.
    pub(crate) broadcast: bool,
    pub(crate) config_enc: String,
    pub(crate) template: String,
    /// 0 = unlimited.
    pub(crate) rate_per_minute: i64,
    pub(crate) origin: String,
    pub(crate) last_sent_at: Option<Timestamp>,
    pub(crate) sent_today: i64,
    pub(crate) sent_day: i64,
    /// Deliveries that failed since the last that arrived.
    pub(crate) failures: i64,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

impl Channel {
    /// Where its configuration is sealed.
    pub(crate) fn aad(&self) -> String {
        format!("notification_channels.config:{}", self.uid)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChannelKind {
    Webhook,
    InApp,
}

impl ChannelKind {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::InApp => "in_app",
        }
    }
    /// The error is the text of a 400.
    pub(crate) fn parse(word: &str) -> Result<Self, String> {
        match word {
            "webhook" => Ok(Self::Webhook),
            "in_app" => Ok(Self::InApp),
            "" => Err("type is required".to_owned()),
            other => Err(format!("unsupported channel type '{}': supported types are webhook, in_app", other.escape_debug())),
        }
    }
}

/// The opened configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Config {
    Webhook(Webhook),
    InApp(InApp),
}

impl Config {
    /// Reads what a client sent for a channel of this kind.
    pub(crate) fn read(kind: ChannelKind, input: &Map<String, Value>, stored: Option<&Self>) -> Result<Self, String> {
        match (kind, stored) {
            (ChannelKind::Webhook, Some(Self::Webhook(old))) => Webhook::read(input, Some(old)).map(Self::Webhook),
            (ChannelKind::Webhook, _) => Webhook::read(input, None).map(Self::Webhook),
            (ChannelKind::InApp, Some(Self::InApp(old))) => InApp::read(input, Some(old)).map(Self::InApp),
            (ChannelKind::InApp, _) => InApp::read(input, None).map(Self::InApp),
        }
    }
    /// The document that is sealed.
    pub(crate) fn to_text(&self) -> String {
        let text = match self {
            Self::Webhook(c) => serde_json::to_string(c),
            Self::InApp(c) => serde_json::to_string(c),
        };
        text.unwrap_or_default()
    }
    pub(crate) fn of_text(kind: ChannelKind, text: &str) -> Option<Self> {
        match kind {
            ChannelKind::Webhook => serde_json::from_str(text).ok().map(Self::Webhook),
            ChannelKind::InApp => serde_json::from_str(text).ok().map(Self::InApp),
        }
    }
    /// Secrets masked.
    pub(crate) fn view(&self) -> Value {
        match self {
            Self::Webhook(c) => c.view(),
            Self::InApp(c) => c.view(),
        }
    }
    pub(crate) fn secrets(&self) -> Vec<String> {
        match self {
            Self::Webhook(c) => c.secrets().filter(|s| !s.is_empty()).cloned().collect(),
            Self::InApp(_) => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn configuration_survives_being_stored() {
        for (kind, input) in
            [(ChannelKind::Webhook, json!({"url": "https://x", "secret": "s"})), (ChannelKind::InApp, json!({"users": [3]}))]
        {
            let config = Config::read(kind, input.as_object().unwrap(), None).unwrap();
            assert_eq!(Config::of_text(kind, &config.to_text()), Some(config));
        }
    }

    #[test]
    fn unsupported_types_are_told_what_is_supported() {
        assert_eq!(ChannelKind::parse("email").unwrap_err(), "unsupported channel type 'email': supported types are webhook, in_app");
        assert_eq!(ChannelKind::parse("in_app"), Ok(ChannelKind::InApp));
    }
}
