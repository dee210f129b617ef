//! A channel: where notifications go. Its configuration is one secret; only `config` of it is ever shown, masked.

use argos_events::Event;
use argos_kernel::{Secret, Timestamp, Uid};
use serde_json::{Map, Value};

use crate::model::catalogue;
use crate::model::field::Fields;
use crate::model::in_app::InApp;
use crate::model::quiet::QuietHours;
use crate::model::retry::Schedule;
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
    /// 0 = unlimited.
    pub(crate) rate_per_hour: i64,
    pub(crate) retry: Schedule,
    pub(crate) quiet_hours: Option<QuietHours>,
    pub(crate) origin: String,
    /// Whose it is; `None` = the instance's.
    pub(crate) organization_id: Option<i64>,
    /// Hears of this project alone.
    pub(crate) project_id: Option<i64>,
    pub(crate) last_sent_at: Option<Timestamp>,
    pub(crate) sent_today: i64,
    pub(crate) sent_day: i64,
    /// Deliveries that failed since the last that arrived.
    pub(crate) failures: i64,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

impl Channel {
    /// Only such are found by name, told of alerts or lend their bot: those of an organization hear what their own rules say.
    pub(crate) fn is_of_instance(&self) -> bool {
        self.organization_id.is_none()
    }

    /// Whether it may hear of this event: nothing of one organization reaches another one, and that a channel of an
    /// organization does not work is nothing for the instance.
    pub(crate) fn may_hear(&self, event: &Event) -> bool {
        if self.is_of_instance() {
            return event.organization_id.is_none() || event.kind != "notification.failed";
        }
        let in_project = self.project_id.is_none() || event.project_id == self.project_id;
        event.organization_id == self.organization_id && in_project
    }

    /// Where its configuration is sealed.
    pub(crate) fn aad(&self) -> String {
        format!("notification_channels.config:{}", self.uid)
    }
}

/// Where a channel leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChannelKind {
    Webhook,
    Email,
    Telegram,
    BrowserPush,
    Discord,
    Teams,
    Slack,
    Pushover,
    Gotify,
    Ntfy,
    Apprise,
    Mqtt,
    Pagerduty,
    Opsgenie,
    InApp,
}

impl ChannelKind {
    pub(crate) const ALL: [(Self, &'static str); 15] = [
        (Self::Webhook, "webhook"),
        (Self::Email, "email"),
        (Self::Telegram, "telegram"),
        (Self::BrowserPush, "browser_push"),
        (Self::Discord, "discord"),
        (Self::Teams, "teams"),
        (Self::Slack, "slack"),
        (Self::Pushover, "pushover"),
        (Self::Gotify, "gotify"),
        (Self::Ntfy, "ntfy"),
        (Self::Apprise, "apprise"),
        (Self::Mqtt, "mqtt"),
        (Self::Pagerduty, "pagerduty"),
        (Self::Opsgenie, "opsgenie"),
        (Self::InApp, "in_app"),
    ];

    /// Whether it leads out of the instance by its own address, so that an organization may have it. The others are the
    /// instance's: its broker, its inbox, the browsers that subscribed to it.
    pub(crate) const fn leads_out(self) -> bool {
        match self {
            Self::BrowserPush | Self::Mqtt | Self::InApp => false,
            Self::Webhook
            | Self::Email
            | Self::Telegram
            | Self::Discord
            | Self::Teams
            | Self::Slack
            | Self::Pushover
            | Self::Gotify
            | Self::Ntfy
            | Self::Apprise
            | Self::Pagerduty
            | Self::Opsgenie => true,
        }
    }
    pub(crate) fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(k, _)| *k == self).map_or("", |(_, word)| word)
    }
    /// The error is the text of a 400.
    pub(crate) fn parse(word: &str) -> Result<Self, String> {
        if word.is_empty() {
            return Err("type is required".to_owned());
        }
        let found = Self::ALL.iter().find(|(_, w)| *w == word).map(|(k, _)| *k);
        found.ok_or_else(|| {
            let words: Vec<&str> = Self::ALL.iter().map(|(_, w)| *w).collect();
            format!("unsupported channel type '{}': supported types are {}", word.escape_debug(), words.join(", "))
        })
    }
}

/// The opened configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Config {
    Webhook(Webhook),
    InApp(InApp),
    Fields(ChannelKind, Fields),
}

impl Config {
    /// Reads what a client sent for a channel of this kind.
    pub(crate) fn read(kind: ChannelKind, input: &Map<String, Value>, stored: Option<&Self>) -> Result<Self, String> {
        match (kind, stored) {
            (ChannelKind::Webhook, Some(Self::Webhook(old))) => Webhook::read(input, Some(old)).map(Self::Webhook),
            (ChannelKind::Webhook, _) => Webhook::read(input, None).map(Self::Webhook),
            (ChannelKind::InApp, Some(Self::InApp(old))) => InApp::read(input, Some(old)).map(Self::InApp),
            (ChannelKind::InApp, _) => InApp::read(input, None).map(Self::InApp),
            (_, Some(Self::Fields(_, old))) => catalogue::read(kind, input, Some(old)).map(|f| Self::Fields(kind, f)),
            _ => catalogue::read(kind, input, None).map(|f| Self::Fields(kind, f)),
        }
    }
    /// The document that is sealed.
    pub(crate) fn to_text(&self) -> String {
        let text = match self {
            Self::Webhook(c) => serde_json::to_string(c),
            Self::InApp(c) => serde_json::to_string(c),
            Self::Fields(_, c) => serde_json::to_string(c),
        };
        text.unwrap_or_default()
    }
    pub(crate) fn of_text(kind: ChannelKind, text: &str) -> Option<Self> {
        match kind {
            ChannelKind::Webhook => serde_json::from_str(text).ok().map(Self::Webhook),
            ChannelKind::InApp => serde_json::from_str(text).ok().map(Self::InApp),
            _ => serde_json::from_str(text).ok().map(|f| Self::Fields(kind, f)),
        }
    }
    /// Secrets masked.
    pub(crate) fn view(&self) -> Value {
        match self {
            Self::Webhook(c) => c.view(),
            Self::InApp(c) => c.view(),
            Self::Fields(kind, c) => c.view(catalogue::fields(*kind)),
        }
    }
    /// The bot it writes as, where it does.
    pub(crate) fn bot_token(&self) -> Option<Secret<String>> {
        match self {
            Self::Fields(ChannelKind::Slack, f) => Some(f.text("bot_token")).filter(|t| !t.is_empty()).map(|t| Secret::new(t.to_owned())),
            _ => None,
        }
    }
    pub(crate) fn secrets(&self) -> Vec<String> {
        match self {
            Self::Webhook(c) => c.secrets().filter(|s| !s.is_empty()).cloned().collect(),
            Self::InApp(_) => Vec::new(),
            Self::Fields(kind, c) => c.secrets(catalogue::fields(*kind)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn configuration_survives_being_stored() {
        for (kind, input) in [
            (ChannelKind::Webhook, json!({"url": "https://x", "secret": "s"})),
            (ChannelKind::InApp, json!({"users": [3]})),
            (ChannelKind::Gotify, json!({"url": "https://x", "token": "t"})),
        ] {
            let config = Config::read(kind, input.as_object().unwrap(), None).unwrap();
            assert_eq!(Config::of_text(kind, &config.to_text()), Some(config));
        }
    }

    #[test]
    fn unsupported_types_are_told_what_is_supported() {
        let text = ChannelKind::parse("pigeon").unwrap_err();
        assert!(text.starts_with("unsupported channel type 'pigeon': supported types are webhook, email, telegram,"), "{text}");
        assert!(ChannelKind::ALL.iter().all(|(kind, word)| ChannelKind::parse(word) == Ok(*kind) && kind.as_str() == *word));
        assert_eq!(ChannelKind::parse("in_app"), Ok(ChannelKind::InApp));
    }
}
