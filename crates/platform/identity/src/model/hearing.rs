//! What a person wants to hear, in the words of the quality profile. What the document that notifying goes by can say is
//! another spelling of it, which alone counts; what it cannot say is kept in the profile and has no effect. Pure.

use std::collections::BTreeSet;

use argos_kernel::FieldError;
use serde_json::{Map, Value, json};

/// How each channel is called in both.
const CHANNELS: [&str; 3] = ["email", "slack", "in_app"];
/// What the profile says of each channel, and the type of message it stands for.
const TYPES: [(&str, &str); 2] = [("test_failures", "failure"), ("test_completions", "test_result")];
/// Kept as they are given: the rhythm of letters holds for all of them, so a digest would hold back the letter about a
/// failure, and no rate of passing tests is watched per person.
pub const WITHOUT_EFFECT: [&str; 5] = ["alert_threshold", "daily_digest", "email_weekly_digest", "test_failure_alerts", "weekly_report"];

/// The documented values of what is kept.
fn kept_defaults() -> Map<String, Value> {
    let all = json!({
        "alert_threshold": 80, "daily_digest": false, "email_weekly_digest": true, "test_failure_alerts": true, "weekly_report": true,
    });
    all.as_object().cloned().unwrap_or_default()
}

fn flag(map: &Map<String, Value>, name: &str) -> bool {
    map.get(name).and_then(Value::as_bool).unwrap_or(false)
}

fn types(document: &Map<String, Value>, channel: &str) -> BTreeSet<String> {
    let list = document.get(&format!("{channel}_types")).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn has_slack_place(document: &Map<String, Value>) -> bool {
    document.get("slack_channel").and_then(Value::as_str).is_some_and(|place| !place.trim().is_empty())
}

/// The members of the document in the words of the profile.
fn said(document: &Map<String, Value>) -> Map<String, Value> {
    let mut view = Map::new();
    for channel in CHANNELS {
        let is_on = flag(document, &format!("{channel}_enabled")) && (channel != "slack" || has_slack_place(document));
        view.insert(format!("{channel}_notifications"), json!(is_on));
        let wanted = types(document, channel);
        for (name, kind) in TYPES {
            view.insert(format!("{channel}_{name}"), json!(wanted.contains(kind)));
        }
    }
    view
}

/// All of it: what counts, and what the profile keeps.
pub fn shown(document: &Map<String, Value>, kept: &Map<String, Value>) -> Map<String, Value> {
    let mut view = said(document);
    for (name, default) in kept_defaults() {
        let value = kept.get(&name).filter(|v| !v.is_null()).cloned().unwrap_or(default);
        view.insert(name, value);
    }
    view
}

/// What of `wanted` is to be kept in the profile. Every fault names its member.
pub fn kept(wanted: &Map<String, Value>) -> Result<Map<String, Value>, Vec<FieldError>> {
    let (mut kept, mut faults) = (Map::new(), Vec::new());
    for (name, default) in kept_defaults() {
        match wanted.get(&name) {
            None | Some(Value::Null) => {}
            Some(value)
                if default.is_boolean() && value.is_boolean()
                    || value.as_i64().is_some_and(|n| default.is_number() && (0..=100).contains(&n)) =>
            {
                kept.insert(name, value.clone());
            }
            Some(_) => {
                let what = if default.is_boolean() { "a boolean" } else { "between 0 and 100" };
                faults.push(FieldError::new(&name, format!("{name} must be {what}")));
            }
        }
    }
    if faults.is_empty() { Ok(kept) } else { Err(faults) }
}

/// The members of `wanted` that are known and not as they are shown now, each judged.
fn changed(now: &Map<String, Value>, wanted: &Map<String, Value>) -> Result<Map<String, Value>, Vec<FieldError>> {
    let (mut changed, mut faults) = (Map::new(), Vec::new());
    for (name, is) in now {
        match wanted.get(name) {
            None | Some(Value::Null) => {}
            Some(same) if same == is => {}
            Some(Value::Bool(to)) => drop(changed.insert(name.clone(), json!(to))),
            Some(_) => faults.push(FieldError::new(name, format!("{name} must be a boolean"))),
        }
    }
    if faults.is_empty() { Ok(changed) } else { Err(faults) }
}

/// What changes in the document when the profile wants these; what is wanted as it is shown already changes nothing, so
/// that a whole profile can be sent back. Every fault names its member.
pub fn change(document: &Map<String, Value>, wanted: &Map<String, Value>) -> Result<Map<String, Value>, Vec<FieldError>> {
    let changed = changed(&said(document), wanted)?;
    let mut to = Map::new();
    if flag(&changed, "slack_notifications") && !has_slack_place(document) {
        let why = "slack_notifications needs a place to write to: set slack_channel of /api/v1/notifications/preferences first";
        return Err(vec![FieldError::new("slack_notifications", why)]);
    }
    for channel in CHANNELS {
        if let Some(on) = changed.get(&format!("{channel}_notifications")) {
            to.insert(format!("{channel}_enabled"), on.clone());
        }
        let before = types(document, channel);
        let mut after = before.clone();
        for (name, kind) in TYPES {
            match changed.get(&format!("{channel}_{name}")).and_then(Value::as_bool) {
                Some(true) => drop(after.insert(kind.to_owned())),
                Some(false) => drop(after.remove(kind)),
                None => {}
            }
        }
        if after != before {
            to.insert(format!("{channel}_types"), json!(after));
        }
    }
    Ok(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(value: &Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    fn document() -> Map<String, Value> {
        map(&json!({
            "email_enabled": true, "email_frequency": "instant", "email_types": ["failure", "quality"], "in_app_enabled": true,
            "in_app_types": ["failure", "test_result"], "slack_enabled": false, "slack_channel": null, "slack_types": ["quality"],
        }))
    }

    /// The document after what the profile wants.
    fn after(document: &Map<String, Value>, wanted: &Value) -> Map<String, Value> {
        let mut next = document.clone();
        next.extend(change(document, &map(wanted)).unwrap());
        next
    }

    #[test]
    fn document_is_shown_in_the_words_of_the_profile_beside_what_is_kept() {
        let view = shown(&document(), &map(&json!({ "daily_digest": true, "weekly_report": false, "email_test_failures": false })));
        let on: BTreeSet<&str> = view.iter().filter(|(_, v)| **v == json!(true)).map(|(n, _)| n.as_str()).collect();
        let wanted = [
            "daily_digest",
            "email_notifications",
            "email_test_failures",
            "email_weekly_digest",
            "in_app_notifications",
            "in_app_test_completions",
            "in_app_test_failures",
            "test_failure_alerts",
        ];
        assert_eq!((on, view.len()), (wanted.into_iter().collect(), 14));
    }

    #[test]
    fn switches_become_types_and_leave_the_other_types() {
        let next =
            after(&document(), &json!({ "email_test_failures": false, "in_app_notifications": false, "email_test_completions": true }));
        assert_eq!((&next["email_types"], &next["in_app_enabled"]), (&json!(["quality", "test_result"]), &json!(false)));
        assert_eq!(next["in_app_types"], document()["in_app_types"]);
    }

    #[test]
    fn documented_defaults_are_taken_come_back_and_hold_no_letter() {
        let defaults = map(&json!({
            "email_notifications": true, "slack_notifications": false, "in_app_notifications": true,
            "email_test_failures": true, "slack_test_failures": false, "in_app_test_failures": true,
            "email_test_completions": false, "slack_test_completions": false, "in_app_test_completions": true,
            "email_weekly_digest": true, "test_failure_alerts": true, "daily_digest": false, "weekly_report": true, "alert_threshold": 80,
        }));
        let mut next = document();
        next.extend(change(&document(), &defaults).unwrap());
        assert_eq!(next["email_frequency"], "instant");
        assert_eq!(shown(&next, &kept(&defaults).unwrap()), defaults);
        let digests = map(&json!({ "daily_digest": true, "weekly_report": true, "alert_threshold": 0 }));
        assert_eq!((change(&document(), &digests), kept(&digests)), (Ok(Map::new()), Ok(digests)));
    }

    #[test]
    fn every_fault_names_its_member() {
        let fault = |wanted: Value| change(&document(), &map(&wanted)).unwrap_err()[0].loc[1].clone();
        assert_eq!(fault(json!({ "slack_notifications": true })), "slack_notifications");
        assert_eq!(fault(json!({ "email_test_failures": "yes" })), "email_test_failures");
        let faults = kept(&map(&json!({ "daily_digest": "yes", "alert_threshold": 101 }))).unwrap_err();
        assert_eq!(faults.iter().map(|f| f.loc[1].as_str()).collect::<Vec<_>>(), ["alert_threshold", "daily_digest"]);
        let mut placed = document();
        placed.insert("slack_channel".to_owned(), json!("#tests"));
        assert_eq!(after(&placed, &json!({ "slack_notifications": true }))["slack_enabled"], true);
    }

    #[test]
    fn profile_that_is_sent_back_as_it_is_changes_nothing() {
        for rhythm in ["instant", "hourly", "daily", "weekly"] {
            let mut d = document();
            d.insert("email_frequency".to_owned(), json!(rhythm));
            assert_eq!(change(&d, &shown(&d, &Map::new())), Ok(Map::new()), "{rhythm}");
        }
    }
}
