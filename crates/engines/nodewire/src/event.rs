//! An event as a node sent it, normalised: unknown severities are info, missing texts have documented words, lengths
//! are cut between characters.

use serde_json::Value;

use crate::cut;

const CATEGORY_CHARS: usize = 256;
const MESSAGE_CHARS: usize = 10_000;
const ID_CHARS: usize = 128;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    Critical,
    Warning,
    Info,
}

#[derive(Clone, Debug, PartialEq)]
pub struct NodeEvent {
    pub severity: Severity,
    pub category: String,
    pub message: String,
    pub details: Option<Value>,
    pub flow_id: Option<String>,
    pub input_id: Option<String>,
    pub output_id: Option<String>,
    /// The stable key of the fault.
    pub error_code: Option<String>,
}

impl NodeEvent {
    #[must_use]
    pub fn of(payload: &Value) -> Self {
        let text = |name: &str, max: usize| payload.get(name).and_then(Value::as_str).map(|t| cut(t, max)).filter(|t| !t.is_empty());
        let severity = match payload.get("severity").and_then(Value::as_str) {
            Some("critical") => Severity::Critical,
            Some("warning") => Severity::Warning,
            _ => Severity::Info,
        };
        let details = payload.get("details").filter(|d| !d.is_null()).cloned();
        let error_code = details.as_ref().and_then(|d| d.get("error_code")).and_then(Value::as_str).map(|t| cut(t, ID_CHARS));
        Self {
            severity,
            category: text("category", CATEGORY_CHARS).unwrap_or_else(|| "unknown".to_owned()),
            message: text("message", MESSAGE_CHARS).unwrap_or_else(|| "Unknown event".to_owned()),
            details,
            flow_id: text("flow_id", ID_CHARS),
            input_id: text("input_id", ID_CHARS),
            output_id: text("output_id", ID_CHARS),
            error_code,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn gaps_get_their_documented_words() {
        let e = NodeEvent::of(&json!({ "severity": "odd", "details": { "error_code": "port_conflict" } }));
        assert_eq!((e.severity, e.category.as_str(), e.message.as_str()), (Severity::Info, "unknown", "Unknown event"));
        assert_eq!(e.error_code.as_deref(), Some("port_conflict"));
    }

    #[test]
    fn long_multibyte_messages_are_cut_between_characters() {
        let e = NodeEvent::of(&json!({ "message": "ö".repeat(20_000), "category": "x".repeat(300) }));
        assert_eq!((e.message.chars().count(), e.category.len()), (10_000, 256));
    }

    proptest! {
        #[test]
        fn any_members_make_an_event(message in ".{0,40}", severity in ".{0,10}", id in ".{0,300}") {
            let e = NodeEvent::of(&json!({ "message": message, "severity": severity, "flow_id": id }));
            prop_assert!(e.flow_id.is_none_or(|f| f.chars().count() <= 128));
        }
    }
}
