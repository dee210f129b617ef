//! When a person is mailed about an event, and how the letter reads. No SQL, no network.

use argos_kernel::{Severity, Timestamp};
use chrono::{DateTime, Datelike, Days, NaiveTime, TimeDelta, TimeZone, Timelike, Weekday};
use chrono_tz::Tz;
use serde_json::{Map, Value, json};

use super::quiet::QuietHours;

/// Daily and weekly letters come at this hour, weekly ones on Monday.
const MORNING: u32 = 8;
/// Messages written out in one letter.
const LINES_MAX: usize = 100;

/// When it is due; `None` when this person does not want it. What is critical never waits.
pub(crate) fn due(preferences: &Map<String, Value>, kind: &str, severity: Severity, now: Timestamp) -> Option<Timestamp> {
    let is_on = preferences.get("email_enabled").and_then(Value::as_bool).unwrap_or(true);
    let types = preferences.get("email_types").and_then(Value::as_array);
    if !is_on || types.is_some_and(|all| !all.iter().any(|t| t == kind)) {
        return None;
    }
    if severity == Severity::Critical {
        return Some(now);
    }
    let zone = preferences.get("timezone").and_then(Value::as_str).and_then(|z| z.parse().ok()).unwrap_or(Tz::UTC);
    let local = now.datetime().with_timezone(&zone);
    let at = match preferences.get("email_frequency").and_then(Value::as_str).unwrap_or("instant") {
        "hourly" => next(&local, |t| t.minute() == 0),
        "daily" => next(&local, |t| t.minute() == 0 && t.hour() == MORNING),
        "weekly" => next(&local, |t| t.minute() == 0 && t.hour() == MORNING && t.weekday() == Weekday::Mon),
        _ => now,
    };
    Some(after_quiet(preferences, severity, at, zone))
}

/// When it is due in Slack, which has no digests; `None` when this person does not want it there.
pub(crate) fn due_in_slack(preferences: &Map<String, Value>, kind: &str, severity: Severity, now: Timestamp) -> Option<Timestamp> {
    slack_place(preferences)?;
    let types = preferences.get("slack_types").and_then(Value::as_array);
    if types.is_some_and(|all| !all.iter().any(|t| t == kind)) {
        return None;
    }
    let zone = preferences.get("timezone").and_then(Value::as_str).and_then(|z| z.parse().ok()).unwrap_or(Tz::UTC);
    Some(if severity == Severity::Critical { now } else { after_quiet(preferences, severity, now, zone) })
}

/// Where this person reads Slack: a member or a channel; `None` while it is off or not said.
pub(crate) fn slack_place(preferences: &Map<String, Value>) -> Option<&str> {
    let is_on = preferences.get("slack_enabled").and_then(Value::as_bool) == Some(true);
    let place = preferences.get("slack_channel").and_then(Value::as_str).map(str::trim);
    place.filter(|place| is_on && !place.is_empty())
}

/// The first full quarter of an hour after `from` that fits; within nine days there is one.
fn next<Z: TimeZone>(from: &DateTime<Z>, fits: impl Fn(&DateTime<Z>) -> bool) -> Timestamp {
    let past = i64::from(from.minute() % 15) * 60 + i64::from(from.second());
    let first = from.clone() - TimeDelta::seconds(past) - TimeDelta::nanoseconds(i64::from(from.nanosecond()));
    let mut slots = (1..=9 * 96).map(|n| first.clone() + TimeDelta::minutes(15 * n));
    let found = slots.find(|t| fits(t)).unwrap_or_else(|| from.clone());
    Timestamp::from_micros(found.timestamp_micros())
}

/// Quiet hours put it off to their end.
fn after_quiet(preferences: &Map<String, Value>, severity: Severity, at: Timestamp, zone: Tz) -> Timestamp {
    if preferences.get("quiet_hours_enabled").and_then(Value::as_bool) != Some(true) {
        return at;
    }
    let (start, end) = (preferences.get("quiet_hours_start"), preferences.get("quiet_hours_end"));
    let span = json!({ "start": start, "end": end, "timezone": zone.name() });
    let Ok(Some(quiet)) = QuietHours::read(&span) else { return at };
    if quiet.holds_back(severity, at) { end_of(&quiet, at, zone) } else { at }
}

fn end_of(quiet: &QuietHours, at: Timestamp, zone: Tz) -> Timestamp {
    let local = at.datetime().with_timezone(&zone);
    let end: NaiveTime = quiet.end();
    let days = if local.time() < end { 0 } else { 1 };
    let day = local.date_naive().checked_add_days(Days::new(days)).unwrap_or(local.date_naive());
    // A time the clocks skip is followed by one that exists.
    let wall = day.and_time(end);
    let found = zone.from_local_datetime(&wall).earliest().or_else(|| zone.from_local_datetime(&(wall + TimeDelta::hours(1))).earliest());
    found.map_or(at, |t| Timestamp::from_micros(t.timestamp_micros()).max(at))
}

/// Subject and text of a letter with these messages: title, message and time.
pub(crate) fn letter(lines: &[(&str, &str, Timestamp)]) -> (String, String) {
    if let [(title, message, at)] = lines {
        return (format!("[Argos] {title}"), format!("{message}\n\n{}\n{FOOT}", at.rfc3339()));
    }
    let mut text: Vec<String> =
        lines.iter().take(LINES_MAX).map(|(title, message, at)| format!("{}  {title}\n  {message}\n", at.rfc3339())).collect();
    if lines.len() > LINES_MAX {
        text.push(format!("and {} more", lines.len() - LINES_MAX));
    }
    (format!("[Argos] {} messages", lines.len()), format!("{}\n{FOOT}", text.join("\n")))
}

const FOOT: &str = "\nYou are told because you subscribed. Change it under Account, Notifications.";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::preferences::defaults;

    fn with(members: &Value) -> Map<String, Value> {
        defaults().into_iter().chain(members.as_object().unwrap().clone()).collect()
    }
    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).unwrap()
    }

    #[test]
    fn letters_come_when_their_reader_wants_them() {
        // A Wednesday, 21:47 in Madrid.
        let now = at("2026-01-07T20:47:12Z");
        let info = |members: Value| due(&with(&members), "system", Severity::Info, now);
        assert_eq!(info(json!({})), Some(now));
        assert_eq!(info(json!({"email_enabled": false})), None);
        assert_eq!(info(json!({"email_types": ["failure"]})), None);
        let zone = "Europe/Madrid";
        for (members, want) in [
            (json!({"email_frequency": "hourly"}), "2026-01-07T21:00:00Z"),
            (json!({"email_frequency": "daily", "timezone": zone}), "2026-01-08T07:00:00Z"),
            (json!({"email_frequency": "weekly", "timezone": zone}), "2026-01-12T07:00:00Z"),
            (
                json!({"quiet_hours_enabled": true, "quiet_hours_start": "21:00", "quiet_hours_end": "07:30", "timezone": zone}),
                "2026-01-08T06:30:00Z",
            ),
        ] {
            assert_eq!(info(members.clone()), Some(at(want)), "{members}");
        }
        let weekly = with(&json!({"email_frequency": "weekly"}));
        assert_eq!(due(&weekly, "system", Severity::Critical, now), Some(now), "what is critical never waits");
    }

    #[test]
    fn slack_is_written_to_who_said_where_and_for_the_types_they_want() {
        let now = at("2026-01-07T20:47:12Z");
        let failure = |members: Value| due_in_slack(&with(&members), "failure", Severity::Error, now);
        assert_eq!(failure(json!({})), None, "it is off by default");
        assert_eq!(failure(json!({"slack_enabled": true, "slack_channel": " "})), None, "nobody said where");
        let on = json!({"slack_enabled": true, "slack_channel": "@ada"});
        assert_eq!((failure(on.clone()), due_in_slack(&with(&on), "mention", Severity::Error, now)), (Some(now), None));
        let quiet = json!({
            "slack_enabled": true, "slack_channel": "@ada", "quiet_hours_enabled": true, "quiet_hours_start": "20:00", "quiet_hours_end": "23:00",
        });
        assert_eq!(failure(quiet.clone()), Some(at("2026-01-07T23:00:00Z")));
        assert_eq!(due_in_slack(&with(&quiet), "failure", Severity::Critical, now), Some(now));
    }

    #[test]
    fn letter_of_one_is_about_it_and_of_many_lists_them() {
        let t = at("2026-01-07T20:47:12Z");
        let (subject, text) = letter(&[("On battery", "rack1 lost mains", t)]);
        assert!(subject == "[Argos] On battery" && text.starts_with("rack1 lost mains\n"));
        let (subject, text) = letter(&vec![("On battery", "rack1 lost mains", t); 120]);
        assert!(subject == "[Argos] 120 messages" && text.contains("and 20 more"));
    }

    proptest! {
        #[test]
        fn nothing_is_due_before_it_happened_or_in_quiet_hours(seconds in 0i64..4_000_000_000, start in 0u32..24, end in 0u32..24, frequency in 0usize..4) {
            prop_assume!(start != end);
            let now = Timestamp::from_secs(seconds);
            let word = ["instant", "hourly", "daily", "weekly"][frequency];
            let own = with(&json!({
                "email_frequency": word, "timezone": "Europe/Madrid", "quiet_hours_enabled": true,
                "quiet_hours_start": format!("{start:02}:00"), "quiet_hours_end": format!("{end:02}:00"),
            }));
            let at = due(&own, "system", Severity::Info, now).unwrap();
            prop_assert!(at >= now && at.secs_since(now) <= 9 * 86_400);
        }
    }
}
