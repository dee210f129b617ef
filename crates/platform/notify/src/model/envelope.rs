//! An event as channels and the delivery log see it (edge spec B6): the words of the published client, not ours.

use argos_events::{Event, Kinds};
use argos_kernel::{Severity, Timestamp};
use serde_json::{Value, json};

/// What `event_payload` holds.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Envelope {
    /// The documented name of the kind.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// info, warning, error or critical
    pub(crate) severity: Severity,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) host_id: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) host_domain: Option<String>,
    /// RFC 3339
    pub(crate) timestamp: String,
    pub(crate) message: String,
    pub(crate) data: Value,
}

/// The name a kind is documented under: its alias where it has one.
pub(crate) fn documented_name(kinds: &Kinds, kind: &str) -> String {
    let alias = kinds.find(kind).filter(|k| k.kind == kind).and_then(|k| k.aliases.first());
    alias.map_or_else(|| kind.to_owned(), |a| (*a).to_owned())
}

/// The edge family knows no debug.
pub(crate) fn shown_severity(severity: Severity) -> Severity {
    severity.max(Severity::Info)
}

impl Envelope {
    pub(crate) fn of_event(kinds: &Kinds, event: &Event) -> Self {
        let is_host = event.subject_type.as_deref() == Some("host");
        let named = matches!(event.subject_type.as_deref(), Some("host" | "agent" | "node" | "device" | "power_device" | "endpoint"));
        let mut data = event.data.clone();
        // Published receivers of power alerts read the device from here.
        if event.subject_type.as_deref() == Some("power_device")
            && let (Some(map), Some(id)) = (data.as_object_mut(), &event.subject_id)
        {
            map.entry("device_id").or_insert_with(|| json!(id));
        }
        Self {
            kind: documented_name(kinds, &event.kind),
            severity: shown_severity(event.severity),
            host_id: event.subject_id.as_deref().filter(|_| is_host).and_then(|id| id.parse().ok()),
            host_domain: event.subject_name.clone().filter(|_| named),
            timestamp: event.created_at.rfc3339(),
            message: event.message.clone(),
            data,
        }
    }

    /// The same with what the event itself does not say: the priority that a rule gives it, whose it is.
    pub(crate) fn with(&self, more: &[(&str, Option<String>)]) -> Self {
        let mut told = self.clone();
        if let Some(data) = told.data.as_object_mut() {
            let said = more.iter().filter_map(|(name, value)| Some(((*name).to_owned(), json!(value.as_ref()?))));
            data.extend(said);
        }
        told
    }

    /// What a test of a channel sends (edge spec C13).
    pub(crate) fn test(now: Timestamp) -> Self {
        Self {
            kind: "config_change".to_owned(),
            severity: Severity::Info,
            host_id: None,
            host_domain: Some("test.example".to_owned()),
            timestamp: now.rfc3339(),
            message: "Test notification from Argos".to_owned(),
            data: json!({ "test": true }),
        }
    }

    /// The default body of a webhook (edge spec E9).
    pub(crate) fn default_body(&self) -> Value {
        json!({
            "type": self.kind, "severity": self.severity, "host": self.host_domain, "message": self.message, "timestamp": self.timestamp, "data": self.data,
        })
    }

    /// What templates read: `.Type`, `.Data.key` ...
    pub(crate) fn fields(&self) -> Value {
        json!({
            "Type": self.kind, "Severity": self.severity, "HostID": self.host_id, "HostDomain": self.host_domain, "Timestamp": self.timestamp,
            "Message": self.message, "Data": self.data,
        })
    }

    pub(crate) fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}
