//! Where the vendors are and what the instance itself offers channels: base addresses, the instance's mail server and
//! its MQTT broker. Read fresh for every attempt, so a changed setting holds at once.

use argos_kernel::Secret;

use argos_mqtt::Broker;

/// How a mail server is reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Security {
    #[default]
    Starttls,
    Tls,
    None,
}

impl Security {
    /// Unknown words mean encryption.
    pub fn parse(word: &str) -> Self {
        match word {
            "tls" => Self::Tls,
            "none" => Self::None,
            _ => Self::Starttls,
        }
    }
}

/// The instance's mail server (`smtp.*`); an empty host = none.
#[derive(Default)]
pub struct Smtp {
    pub host: String,
    pub port: i64,
    pub security: Security,
    pub from: String,
    pub login: Option<(String, Secret<String>)>,
}

/// Base addresses and shared servers.
pub struct Providers {
    pub telegram: String,
    pub slack: String,
    pub pushover: String,
    /// Empty = the vendor's address of the region.
    pub pagerduty: String,
    /// Empty = the vendor's address of the region.
    pub opsgenie: String,
    pub smtp: Smtp,
    pub(crate) mqtt: Option<Broker>,
    /// Seconds in which a channel gets five messages one by one; what comes beyond is told at once afterwards
    /// (`power.alert.group_window_seconds`). 0 = never.
    pub group_window_s: i64,
    /// Whom push services may write to (`notifications.vapid_contact_email`).
    pub contact: String,
}

impl Default for Providers {
    fn default() -> Self {
        Self {
            telegram: "https://api.telegram.org".to_owned(),
            slack: "https://slack.com".to_owned(),
            pushover: "https://api.pushover.net".to_owned(),
            pagerduty: String::new(),
            opsgenie: String::new(),
            smtp: Smtp::default(),
            mqtt: None,
            group_window_s: 10,
            contact: "admin@example.com".to_owned(),
        }
    }
}

impl Providers {
    /// The broker channels use that name none (`mqtt.url`, `mqtt.username`, `mqtt.password`).
    #[must_use]
    pub fn with_broker(mut self, url: &str, login: Option<(String, Secret<String>)>) -> Self {
        self.mqtt = Broker::parse(url).map(|b| Broker { login: b.login.or(login.map(|(u, p)| (u, p.into_inner()))), ..b });
        self
    }
}
