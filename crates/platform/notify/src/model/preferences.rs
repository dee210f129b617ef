//! What one person wants to hear and when (quality spec C.22), and the subscriptions of people to events.

use argos_events::Source;
use serde_json::{Map, Value, json};

use crate::model::quiet::parse_time;

/// Types of personal messages: Q's, and what the platform adds.
pub(crate) const TYPES: [&str; 10] =
    ["test_result", "failure", "schedule", "quality", "system", "mention", "approval", "alert", "power", "node"];
const FREQUENCIES: [&str; 4] = ["instant", "hourly", "daily", "weekly"];

/// What holds while nothing was stored.
pub(crate) fn defaults() -> Map<String, Value> {
    let all = json!({
        "email_enabled": true, "email_frequency": "instant", "email_types": ["test_result", "failure", "quality", "system", "mention"],
        "in_app_enabled": true, "in_app_types": ["test_result", "failure", "schedule", "quality", "system", "mention", "approval", "alert", "power", "node"],
        "slack_enabled": false, "slack_channel": null, "slack_types": ["failure", "quality"], "quiet_hours_enabled": false,
        "quiet_hours_start": null, "quiet_hours_end": null, "timezone": "UTC",
    });
    all.as_object().cloned().unwrap_or_default()
}

/// Applies a partial change; unknown members are ignored. The error names the member and says why.
pub(crate) fn merge(stored: &mut Map<String, Value>, change: &Map<String, Value>) -> Result<(), (String, String)> {
    for (name, kept) in defaults() {
        let Some(value) = change.get(&name) else { continue };
        let fail = |why: &str| Err((name.clone(), why.to_owned()));
        match name.as_str() {
            "email_enabled" | "in_app_enabled" | "slack_enabled" | "quiet_hours_enabled" if !value.is_boolean() => {
                return fail("must be true or false");
            }
            "email_frequency" if !value.as_str().is_some_and(|f| FREQUENCIES.contains(&f)) => {
                return fail("must be instant, hourly, daily or weekly");
            }
            "quiet_hours_start" | "quiet_hours_end" if !value.is_null() && value.as_str().and_then(parse_time).is_none() => {
                return fail("must look like 22:00");
            }
            "timezone" if value.as_str().is_none_or(|z| z.parse::<chrono_tz::Tz>().is_err()) => return fail("is not a known zone"),
            "slack_channel" if !value.is_null() && value.as_str().is_none_or(|c| c.len() > 100) => {
                return fail("must be a string of at most 100 characters");
            }
            _ if kept.is_array() => {
                let known = |v: &Value| v.as_str().is_some_and(|t| TYPES.contains(&t));
                if !value.as_array().is_some_and(|all| all.iter().all(known)) {
                    return fail("must be a list of known types");
                }
            }
            _ => {}
        }
        stored.insert(name, value.clone());
    }
    Ok(())
}

/// Whether the inbox of this person takes a message of this type.
pub(crate) fn wants_in_app(preferences: &Map<String, Value>, kind: &str) -> bool {
    let on = preferences.get("in_app_enabled").and_then(Value::as_bool).unwrap_or(true);
    let types = preferences.get("in_app_types").and_then(Value::as_array);
    on && types.is_none_or(|all| all.iter().any(|t| t == kind))
}

/// The type of a personal message about an event.
pub(crate) fn type_of(kind: &str, source: Source) -> &'static str {
    let family = kind.split('.').next().unwrap_or_default();
    match family {
        "approval" => "approval",
        "alert" => "alert",
        "schedule" => "schedule",
        "comment" => "mention",
        "test" if kind.ends_with("failed") => "failure",
        "test" => "test_result",
        "quality" | "visual" | "insight" | "healing" => "quality",
        _ => match source.as_str() {
            "power" => "power",
            "nodes" => "node",
            _ => "system",
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partial_changes_are_merged_and_faulty_ones_named() {
        let mut stored = defaults();
        let change = json!({"email_enabled": false, "quiet_hours_start": "22:00", "in_app_types": ["alert"], "unknown": 1});
        merge(&mut stored, change.as_object().unwrap()).unwrap();
        assert_eq!(
            (stored["email_enabled"].as_bool(), stored["quiet_hours_start"].as_str(), stored.len()),
            (Some(false), Some("22:00"), 12)
        );
        assert!(wants_in_app(&stored, "alert") && !wants_in_app(&stored, "power"));
        for (change, name) in [
            (json!({"quiet_hours_end": "24:00"}), "quiet_hours_end"),
            (json!({"email_types": ["nonsense"]}), "email_types"),
            (json!({"email_frequency": "yearly"}), "email_frequency"),
            (json!({"timezone": "Mars"}), "timezone"),
            (json!({"in_app_enabled": "yes"}), "in_app_enabled"),
        ] {
            assert_eq!(merge(&mut stored, change.as_object().unwrap()).unwrap_err().0, name);
        }
        assert_eq!(
            (
                type_of("test.run.failed", Source::Quality),
                type_of("on_battery", Source::Power),
                type_of("auth.login_failed", Source::Platform)
            ),
            ("failure", "power", "system")
        );
    }
}
