//! What a person wants to hear, in the words of the quality profile: another spelling of the document that notifying goes
//! by, which alone counts. Pure.

use std::collections::BTreeSet;

use argos_kernel::FieldError;
use serde_json::{Map, Value, json};

/// How each channel is called in both.
const CHANNELS: [&str; 3] = ["email", "slack", "in_app"];
/// What the profile says of each channel, and the type of message it stands for.
const TYPES: [(&str, &str); 2] = [("test_failures", "failure"), ("test_completions", "test_result")];
/// The two rhythms of letters the profile knows. A report of the week is the weekly letter.
const DAILY: &str = "daily_digest";
const WEEKLY: [&str; 2] = ["email_weekly_digest", "weekly_report"];
const ALERTS: &str = "test_failure_alerts";
const THRESHOLD: &str = "alert_threshold";
/// The documented value; no rate of passing tests is watched per person.
const THRESHOLD_DEFAULT: i64 = 80;

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

/// The document in the words of the profile.
pub fn shown(document: &Map<String, Value>) -> Map<String, Value> {
    let rhythm = document.get("email_frequency").and_then(Value::as_str);
    let mut view = Map::new();
    let mut alerts = false;
    for channel in CHANNELS {
        let is_on = flag(document, &format!("{channel}_enabled")) && (channel != "slack" || has_slack_place(document));
        view.insert(format!("{channel}_notifications"), json!(is_on));
        let wanted = types(document, channel);
        for (name, kind) in TYPES {
            view.insert(format!("{channel}_{name}"), json!(wanted.contains(kind)));
        }
        alerts |= wanted.contains("failure");
    }
    for name in WEEKLY {
        view.insert(name.to_owned(), json!(rhythm == Some("weekly")));
    }
    view.insert(DAILY.to_owned(), json!(rhythm == Some("daily")));
    view.insert(ALERTS.to_owned(), json!(alerts));
    view.insert(THRESHOLD.to_owned(), json!(THRESHOLD_DEFAULT));
    view
}

/// The members of `wanted` that are known and not as they are shown now, each judged.
fn changed(now: &Map<String, Value>, wanted: &Map<String, Value>) -> Result<Map<String, Value>, Vec<FieldError>> {
    let (mut changed, mut faults) = (Map::new(), Vec::new());
    for (name, is) in now {
        match wanted.get(name) {
            None | Some(Value::Null) => {}
            Some(same) if same == is => {}
            Some(Value::Bool(to)) if is.is_boolean() => drop(changed.insert(name.clone(), json!(to))),
            Some(_) if is.is_boolean() => faults.push(FieldError::new(name, format!("{name} must be a boolean"))),
            Some(_) => {
                let why =
                    format!("{name} has no effect here: no rate is watched per person; rules of alerting do that. Only {is} is taken");
                faults.push(FieldError::new(name, why));
            }
        }
    }
    if faults.is_empty() { Ok(changed) } else { Err(faults) }
}

/// What changes in the document when the profile wants these; what is wanted as it is shown already changes nothing, so
/// that a whole profile can be sent back. Every fault names its member.
pub fn change(document: &Map<String, Value>, wanted: &Map<String, Value>) -> Result<Map<String, Value>, Vec<FieldError>> {
    let changed = changed(&shown(document), wanted)?;
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
        match changed.get(ALERTS).and_then(Value::as_bool) {
            Some(false) => drop(after.remove("failure")),
            // Slack is nobody's default.
            Some(true) if channel != "slack" => drop(after.insert("failure".to_owned())),
            _ => {}
        }
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
    let daily = changed.get(DAILY).and_then(Value::as_bool);
    let weekly = WEEKLY.iter().find_map(|name| changed.get(*name)).and_then(Value::as_bool);
    match (daily, weekly) {
        (Some(true), Some(true)) => {
            return Err(vec![FieldError::new(DAILY, format!("{DAILY} and {} cannot both be: letters come in one rhythm", WEEKLY[0]))]);
        }
        (Some(true), _) => drop(to.insert("email_frequency".to_owned(), json!("daily"))),
        (_, Some(true)) => drop(to.insert("email_frequency".to_owned(), json!("weekly"))),
        // The one that was on is off.
        (Some(false), _) | (_, Some(false)) => drop(to.insert("email_frequency".to_owned(), json!("instant"))),
        (None, None) => {}
    }
    Ok(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    fn document() -> Map<String, Value> {
        map(json!({
            "email_enabled": true, "email_frequency": "instant", "email_types": ["failure", "quality"], "in_app_enabled": true,
            "in_app_types": ["failure", "test_result"], "slack_enabled": false, "slack_channel": null, "slack_types": ["quality"],
        }))
    }

    /// The document after what the profile wants.
    fn after(document: &Map<String, Value>, wanted: Value) -> Map<String, Value> {
        let mut next = document.clone();
        next.extend(change(document, &map(wanted)).unwrap());
        next
    }

    #[test]
    fn document_is_shown_in_the_words_of_the_profile() {
        let view = shown(&document());
        let on: Vec<&str> = view.iter().filter(|(_, v)| **v == json!(true)).map(|(n, _)| n.as_str()).collect();
        let wanted = [
            "email_notifications",
            "email_test_failures",
            "in_app_notifications",
            "in_app_test_completions",
            "in_app_test_failures",
            "test_failure_alerts",
        ];
        assert_eq!((on.into_iter().collect::<BTreeSet<_>>(), view.len()), (wanted.into_iter().collect(), 14));
    }

    #[test]
    fn switches_become_types_and_leave_the_other_types() {
        let next =
            after(&document(), json!({ "email_test_failures": false, "in_app_notifications": false, "email_test_completions": true }));
        assert_eq!((&next["email_types"], &next["in_app_enabled"]), (&json!(["quality", "test_result"]), &json!(false)));
        assert_eq!(next["in_app_types"], document()["in_app_types"]);
        let none = after(&document(), json!({ "test_failure_alerts": false }));
        assert_eq!((&none["email_types"], &none["in_app_types"]), (&json!(["quality"]), &json!(["test_result"])));
        assert!(!flag(&shown(&none), ALERTS) && flag(&shown(&after(&none, json!({ "test_failure_alerts": true }))), "email_test_failures"));
    }

    #[test]
    fn digests_are_the_rhythm_of_letters() {
        let daily = after(&document(), json!({ "daily_digest": true, "email_weekly_digest": false }));
        assert_eq!(daily["email_frequency"], "daily");
        // A whole profile with one switch turned: the one that was turned counts.
        let mut sent = shown(&daily);
        sent.insert("weekly_report".to_owned(), json!(true));
        let weekly = after(&daily, Value::Object(sent));
        assert_eq!(weekly["email_frequency"], "weekly");
        assert_eq!(after(&weekly, json!({ "email_weekly_digest": false }))["email_frequency"], "instant");
        let both = change(&document(), &map(json!({ "daily_digest": true, "weekly_report": true }))).unwrap_err();
        assert_eq!(both[0].loc[1], "daily_digest");
    }

    #[test]
    fn what_has_no_effect_is_refused_and_named() {
        let fault = |wanted: Value| change(&document(), &map(wanted)).unwrap_err()[0].loc[1].clone();
        assert_eq!(fault(json!({ "alert_threshold": 50 })), "alert_threshold");
        assert_eq!(fault(json!({ "slack_notifications": true })), "slack_notifications");
        assert_eq!(fault(json!({ "daily_digest": "yes" })), "daily_digest");
        let mut placed = document();
        placed.insert("slack_channel".to_owned(), json!("#tests"));
        assert_eq!(after(&placed, json!({ "slack_notifications": true }))["slack_enabled"], true);
    }

    #[test]
    fn profile_that_is_sent_back_as_it_is_changes_nothing() {
        for rhythm in ["instant", "hourly", "daily", "weekly"] {
            let mut d = document();
            d.insert("email_frequency".to_owned(), json!(rhythm));
            assert_eq!(change(&d, &shown(&d)), Ok(Map::new()), "{rhythm}");
        }
    }
}
