//! A channel and a rule as the configuration document shows them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::channels::ChannelInput;
use super::rules::RuleInput;
use crate::model::rule::Rule;

/// A secret the document does not carry.
pub(super) const REDACTED: &str = "__REDACTED__";

#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChannelDoc {
    pub(super) name: String,
    pub(super) r#type: String,
    #[serde(default = "yes")]
    pub(super) enabled: bool,
    #[serde(default = "yes")]
    pub(super) broadcast: bool,
    #[serde(default)]
    pub(super) config: Map<String, Value>,
    /// The whole configuration, which only this installation opens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) sealed: Option<String>,
    #[serde(default)]
    pub(super) template: String,
    #[serde(default)]
    pub(super) rate_limit_per_minute: i64,
    #[serde(default)]
    pub(super) rate_limit_per_hour: i64,
    #[serde(default = "fast")]
    pub(super) retry: String,
    #[serde(default)]
    pub(super) quiet_hours: Option<Value>,
    /// Whose channel it is: `edge`, or the part that keeps it under a view of its own.
    #[serde(default = "edge")]
    pub(super) origin: String,
    /// The public id of the one project it hears of; only of a channel of an organization.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) project: Option<String>,
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleDoc {
    pub(super) name: String,
    /// By name.
    pub(super) channel: String,
    pub(super) event_type: String,
    #[serde(default)]
    pub(super) filter_severities: Vec<String>,
    #[serde(default)]
    pub(super) min_severity: Option<String>,
    #[serde(default)]
    pub(super) filter_host_ids: Vec<i64>,
    #[serde(default)]
    pub(super) filter_device_ids: Vec<String>,
    #[serde(default)]
    pub(super) filter_node_ids: Vec<String>,
    #[serde(default)]
    pub(super) throttle_window_seconds: i64,
    #[serde(default)]
    pub(super) throttle_key: Option<String>,
    #[serde(default)]
    pub(super) tags: Vec<String>,
    #[serde(default)]
    pub(super) conditions: Value,
    #[serde(default)]
    pub(super) template: String,
    /// low, normal, high or urgent; absent = as the event's severity says.
    #[serde(default)]
    pub(super) priority: Option<String>,
    #[serde(default = "yes")]
    pub(super) enabled: bool,
}

const fn yes() -> bool {
    true
}

fn edge() -> String {
    "edge".to_owned()
}

fn fast() -> String {
    "fast".to_owned()
}

pub(super) fn rule_doc(rule: &Rule, channel: &str) -> RuleDoc {
    RuleDoc {
        name: rule.name.clone(),
        channel: channel.to_owned(),
        event_type: rule.kinds.join(","),
        filter_severities: rule.severities.iter().map(|s| s.as_str().to_owned()).collect(),
        min_severity: rule.min_severity.map(|s| s.as_str().to_owned()),
        filter_host_ids: rule.host_ids.clone(),
        filter_device_ids: rule.device_ids.clone(),
        filter_node_ids: rule.node_ids.clone(),
        throttle_window_seconds: rule.throttle_s,
        throttle_key: rule.throttle_key.clone(),
        tags: rule.tags.clone(),
        conditions: rule.conditions.clone(),
        template: rule.template.clone().unwrap_or_default(),
        priority: rule.priority.map(|p| p.as_str().to_owned()),
        enabled: rule.enabled,
    }
}

impl RuleDoc {
    pub(super) fn input(&self, channel_id: i64) -> RuleInput {
        RuleInput {
            name: Some(self.name.clone()),
            channel_id: Some(channel_id),
            event_type: Some(self.event_type.clone()),
            host_ids: Some(self.filter_host_ids.clone()),
            severities: Some(self.filter_severities.clone()),
            enabled: Some(self.enabled),
            throttle_s: Some(self.throttle_window_seconds),
            min_severity: Some(self.min_severity.clone().unwrap_or_default()),
            device_ids: Some(self.filter_device_ids.clone()),
            node_ids: Some(self.filter_node_ids.clone()),
            template: Some(self.template.clone()),
            tags: Some(self.tags.clone()),
            conditions: Some(self.conditions.clone()),
            throttle_key: Some(self.throttle_key.clone().unwrap_or_default()),
            priority: self.priority.clone(),
        }
    }
}

impl ChannelDoc {
    pub(super) fn input(&self) -> ChannelInput {
        ChannelInput {
            name: Some(self.name.clone()),
            kind: Some(self.r#type.clone()),
            enabled: Some(self.enabled),
            broadcast: Some(self.broadcast),
            config: None,
            template: Some(self.template.clone()),
            rate_per_minute: Some(self.rate_limit_per_minute),
            rate_per_hour: Some(self.rate_limit_per_hour),
            retry: Some(self.retry.clone()),
            quiet_hours: Some(self.quiet_hours.clone().unwrap_or_default()),
        }
    }
}

impl ChannelDoc {
    /// Whether it names a secret that it does not carry.
    pub(super) fn is_redacted(&self) -> bool {
        self.config.values().any(|v| v.as_str() == Some(REDACTED))
    }

    /// Sealing the same twice gives two texts, so a comparison leaves them out.
    pub(super) fn without_seal(self) -> Self {
        Self { sealed: None, config: Map::new(), ..self }
    }
}
