//! Alerts: what a machine reports, with the decisions that follow from it.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::decision::Decision;

/// Letters that a decision keeps of a reason.
const SCENARIO_MAX: usize = 64;

/// An alert to report. Many decisions belong into one: the table of alerts is small.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAlert {
    /// What happened, as `manual/ban`.
    pub scenario: String,
    /// In words.
    pub message: String,
    /// Whom it is about: scope and value.
    pub source: (String, String),
    /// How many events stand behind it.
    pub events: u32,
    /// Now, in RFC 3339; decisions count from it.
    pub at: String,
    /// What follows.
    pub decisions: Vec<AlertDecision>,
}

/// A decision to make.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AlertDecision {
    /// How long, as Go writes it.
    pub duration: String,
    /// Who decides.
    pub origin: String,
    /// Why; cut at 64 letters.
    pub scenario: String,
    /// `Ip` or `Range`.
    pub scope: &'static str,
    /// What is done.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Whom it meets.
    pub value: String,
}

impl AlertDecision {
    /// A ban.
    #[must_use]
    pub fn ban(scope: &'static str, value: impl Into<String>, origin: impl Into<String>, hours: u32, reason: &str) -> Self {
        Self {
            duration: format!("{hours}h"),
            origin: origin.into(),
            scenario: reason.chars().take(SCENARIO_MAX).collect(),
            scope,
            kind: "ban",
            value: value.into(),
        }
    }
}

impl NewAlert {
    pub(crate) fn document(&self) -> Value {
        json!([{
            "scenario": self.scenario, "message": self.message, "capacity": 0, "leakspeed": "0", "events_count": self.events,
            "source": { "scope": self.source.0, "value": self.source.1 },
            "events": [], "simulated": false, "start_at": self.at, "stop_at": self.at, "scenario_hash": "", "scenario_version": "",
            "decisions": self.decisions,
        }])
    }
}

/// An alert as it is listed; only what is used here.
#[derive(Clone, Debug, Deserialize)]
pub struct Alert {
    /// Its number.
    pub id: i64,
    /// What happened.
    #[serde(default)]
    pub scenario: String,
    /// In RFC 3339.
    #[serde(default)]
    pub created_at: String,
    /// `waf` for the application firewall.
    #[serde(default)]
    pub kind: String,
    /// What followed; null when nothing did.
    #[serde(default)]
    pub decisions: Option<Vec<Decision>>,
    /// In words.
    #[serde(default)]
    pub message: String,
    /// Whom it is about.
    #[serde(default)]
    pub source: AlertSource,
    /// What was seen; null when that is not listed.
    #[serde(default)]
    pub events: Option<Vec<AlertEvent>>,
}

/// Whom an alert is about.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct AlertSource {
    /// The address.
    #[serde(default)]
    pub value: String,
}

/// Something that was seen.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct AlertEvent {
    /// Facts of it; null when there are none.
    #[serde(default)]
    pub meta: Option<Vec<Meta>>,
}

/// A fact.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Meta {
    /// What it tells: `target_uri`, `target_fqdn`.
    #[serde(default)]
    pub key: String,
    /// What it is.
    #[serde(default)]
    pub value: String,
}

impl Alert {
    /// The first fact that one of these keys has, in their order.
    #[must_use]
    pub fn meta(&self, keys: &[&str]) -> Option<&str> {
        let all = || self.events.iter().flatten().flat_map(|event| event.meta.iter().flatten());
        let of = |key: &&str| all().find(|meta| meta.key == *key).map(|meta| meta.value.as_str());
        keys.iter().find_map(of).filter(|value| !value.is_empty())
    }
}
