//! An incident and its words (platform spec 5.5). One table for automatic, manual and error incidents.

use argos_kernel::{Severity, Timestamp};
use serde_json::Value;

use crate::model::rule::AlertRule;

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    Investigating,
    Identified,
    Monitoring,
    Resolved,
}

impl Status {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Investigating => "investigating",
            Self::Identified => "identified",
            Self::Monitoring => "monitoring",
            Self::Resolved => "resolved",
        }
    }
    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Investigating, Self::Identified, Self::Monitoring, Self::Resolved].into_iter().find(|s| s.as_str() == word)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Incident {
    pub(crate) id: i64,
    pub(crate) uid: String,
    /// auto, manual or error
    pub(crate) kind: String,
    pub(crate) public: bool,
    pub(crate) severity: Severity,
    pub(crate) status: Status,
    pub(crate) title: String,
    pub(crate) details: String,
    /// Agent, service, `alert`, `manual` or `quality`.
    pub(crate) source: String,
    pub(crate) subject: Option<String>,
    /// Alerts with the same one join while it is open.
    pub(crate) fingerprint: Option<String>,
    /// Whose matter it is; nothing = the instance's.
    pub(crate) organization_id: Option<i64>,
    pub(crate) started_at: Timestamp,
    pub(crate) resolved_at: Option<Timestamp>,
    pub(crate) resolved_by: Option<String>,
    pub(crate) created_by: String,
    pub(crate) assigned_to: Option<String>,
    pub(crate) auto_generated: bool,
    pub(crate) root_cause: Option<String>,
    pub(crate) correlation: Value,
    pub(crate) postmortem: Option<String>,
    pub(crate) merged_into: Option<i64>,
    pub(crate) updated_at: Timestamp,
}

impl Incident {
    pub(crate) fn is_open(&self) -> bool {
        self.resolved_at.is_none()
    }
}

/// The word of a status page (platform spec 0.6).
pub(crate) fn status_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical",
        Severity::Error => "major",
        _ => "minor",
    }
}

/// By what an alert finds the incident it belongs to: its group (apart by the chosen labels), else itself.
pub(crate) fn key(rule: Option<&AlertRule>, labels: &Value, fingerprint: &str) -> String {
    let Some(rule) = rule else { return fingerprint.to_owned() };
    let chosen = |names: &[String]| -> String {
        let value = |n: &String| labels.get(n).map_or_else(String::new, |v| v.as_str().map_or_else(|| v.to_string(), str::to_owned));
        names.iter().map(|n| format!("|{n}={}", value(n))).collect()
    };
    match (rule.group.as_str(), rule.group_by.is_empty()) {
        ("", true) => fingerprint.to_owned(),
        ("", false) => format!("rule {}{}", rule.id, chosen(&rule.group_by)),
        // Two full disks are two incidents; the weaker and the stronger alert about one disk are one.
        (group, true) if rule.builtin => format!("builtin {group}|{labels}"),
        (group, _) => format!("group {group}{}", chosen(&rule.group_by)),
    }
}

/// Whether a firing opens an incident: of a written rule always, of built-in rules and event pairs from error up.
pub(crate) fn opens(rule: Option<&AlertRule>, severity: Severity) -> bool {
    rule.is_some_and(|r| !r.builtin) || severity >= Severity::Error
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn alerts_find_their_incident_by_group_and_chosen_labels() {
        let labels = json!({ "mount": "/", "host": "a" });
        let rule = |group: &str, by: &[&str]| AlertRule {
            group: group.to_owned(),
            group_by: by.iter().map(|b| (*b).to_owned()).collect(),
            ..AlertRule::new("r1", "cpu_percent > 1")
        };
        assert_eq!(key(Some(&rule("", &[])), &labels, "f"), "f");
        assert_eq!(key(Some(&rule("", &["host"])), &labels, "f"), "rule r1|host=a");
        assert_eq!(key(Some(&rule("net", &[])), &labels, "f"), "group net");
        assert_eq!(key(Some(&rule("net", &["host", "x"])), &labels, "f"), "group net|host=a|x=");
        let builtin = AlertRule { builtin: true, ..rule("disk", &[]) };
        assert_ne!(key(Some(&builtin), &labels, "f"), key(Some(&builtin), &json!({ "mount": "/home" }), "f"));
        assert_eq!(key(None, &labels, "event x"), "event x");
    }

    #[test]
    fn written_rules_always_open_incidents_and_others_from_error_up() {
        let written = AlertRule::new("r", "cpu_percent > 1");
        let builtin = AlertRule { builtin: true, ..written.clone() };
        assert!(opens(Some(&written), Severity::Info));
        assert!(!opens(Some(&builtin), Severity::Warning) && opens(Some(&builtin), Severity::Error));
        assert!(!opens(None, Severity::Warning) && opens(None, Severity::Critical));
    }
}
