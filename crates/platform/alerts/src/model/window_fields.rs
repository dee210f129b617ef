//! Reads a maintenance window from the JSON object a client sends (ops-automation B.1) and writes it back. Unknown members
//! are ignored; faults come back as the text of a 400.

use argos_jobs::Cron;
use argos_kernel::Timestamp;
use chrono_tz::Tz;
use serde_json::{Map, Value, json};

use crate::model::rule::Autonomy;
use crate::model::window::{HEAL_ACTIONS, Planned, Window};

const MINUTES_MAX: i64 = 43_200;
const SCOPE_MAX: usize = 200;
const NAME_MAX: usize = 200;

/// Applies the members of `input` and checks the whole.
pub(crate) fn apply(w: &mut Window, input: &Map<String, Value>, default_zone: Tz, now: Timestamp) -> Result<(), String> {
    for (key, value) in input {
        set(w, key, value)?;
    }
    check(w, default_zone, now)
}

fn set(w: &mut Window, key: &str, value: &Value) -> Result<(), String> {
    match key {
        "name" => w.name = text(key, value, NAME_MAX)?,
        "reason" => w.reason = text(key, value, 2000)?,
        "schedule" | "cron" | "cron_expr" => w.schedule = optional(key, value)?,
        "timezone" => w.timezone = optional(key, value)?,
        "duration_min" | "duration_minutes" => {
            w.duration_min = match value {
                Value::Null => 60,
                _ => value.as_i64().filter(|n| (1..=MINUTES_MAX).contains(n)).ok_or("duration_min must be between 1 and 43200")?,
            };
        }
        "one_off_start" | "start_ts" | "start" => w.start = instant(key, value)?,
        "one_off_end" | "end_ts" | "end" => w.end = instant(key, value)?,
        "scope" => {
            w.scope = match value {
                Value::Null => Vec::new(),
                Value::String(one) => vec![one.clone()],
                _ => serde_json::from_value(value.clone()).map_err(|_| bad(key))?,
            };
        }
        "matchers" => {
            w.matchers = if value.is_null() { Vec::new() } else { serde_json::from_value(value.clone()).map_err(|_| bad(key))? }
        }
        "suppress_alerts" => w.suppress_alerts = flag(key, value, true)?,
        "suppress_shutdown" => w.suppress_shutdown = flag(key, value, false)?,
        "auto_close_alerts" => w.auto_close_alerts = flag(key, value, false)?,
        "enabled" => w.enabled = flag(key, value, true)?,
        "override_autonomy" => {
            let word = optional(key, value)?.filter(|t| t != "none");
            w.override_autonomy = word.map(|t| Autonomy::parse(&t).ok_or_else(|| bad(key))).transpose()?;
        }
        "heal_action" => {
            w.heal_action = optional(key, value)?;
            if w.heal_action.as_ref().is_some_and(|a| !HEAL_ACTIONS.contains(&a.as_str())) {
                return Err(bad(key));
            }
        }
        _ => {}
    }
    Ok(())
}

fn check(w: &Window, default_zone: Tz, now: Timestamp) -> Result<(), String> {
    if w.name.is_empty() {
        return Err("name is required".to_owned());
    }
    let zone = match &w.timezone {
        Some(name) => name.parse::<Tz>().map_err(|_| format!("Invalid timezone '{name}'"))?,
        None => default_zone,
    };
    if w.scope.len() > SCOPE_MAX || w.matchers.len() > SCOPE_MAX || w.scope.iter().any(|s| s.trim().is_empty() || s.len() > 256) {
        return Err("Invalid scope: up to 200 words of 1 to 256 characters".to_owned());
    }
    w.matchers.iter().try_for_each(super::matcher::Matcher::check)?;
    match (&w.schedule, w.start, w.end) {
        (Some(text), _, _) => {
            let cron: Cron = text.parse().map_err(|e| format!("Invalid schedule '{text}': {e}"))?;
            if cron.is_reboot() {
                return Err(format!("Invalid schedule '{text}'"));
            }
            cron.check(zone, now).map_err(|e| format!("Invalid schedule '{text}': {e}"))
        }
        (None, Some(start), Some(end)) if start < end => Ok(()),
        (None, Some(_), Some(_)) => Err("one_off_end must be after one_off_start".to_owned()),
        _ => Err("Either schedule or one_off_start and one_off_end is required".to_owned()),
    }
}

fn bad(key: &str) -> String {
    format!("Invalid {key}")
}

fn text(key: &str, value: &Value, max: usize) -> Result<String, String> {
    match value {
        Value::Null => Ok(String::new()),
        Value::String(t) if t.len() <= max => Ok(t.trim().replace('\0', "")),
        _ => Err(bad(key)),
    }
}

fn optional(key: &str, value: &Value) -> Result<Option<String>, String> {
    text(key, value, 256).map(|t| Some(t).filter(|t| !t.is_empty()))
}

fn flag(key: &str, value: &Value, default: bool) -> Result<bool, String> {
    match value {
        Value::Null => Ok(default),
        Value::Bool(b) => Ok(*b),
        Value::Number(n) if n.as_i64() == Some(1) || n.as_i64() == Some(0) => Ok(n.as_i64() == Some(1)),
        _ => Err(bad(key)),
    }
}

/// Unix seconds or RFC 3339. Times outside the years 1970 to 9999 are refused.
pub(crate) fn instant(key: &str, value: &Value) -> Result<Option<Timestamp>, String> {
    const LATEST: i64 = 253_402_300_799;
    let seconds = |s: i64| (0..=LATEST).contains(&s).then(|| Timestamp::from_secs(s));
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked after")]
    let number = |n: &serde_json::Number| n.as_i64().or_else(|| n.as_f64().filter(|f| f.abs() < 1e15).map(|f| f as i64));
    match value {
        Value::Null => Ok(None),
        Value::Number(n) => number(n).and_then(seconds).map(Some).ok_or_else(|| bad(key)),
        Value::String(t) if t.is_empty() => Ok(None),
        Value::String(t) => {
            let parsed = t.parse::<i64>().ok().and_then(seconds).or_else(|| Timestamp::parse_rfc3339(t));
            parsed.filter(|t| (0..=LATEST).contains(&t.secs())).map(Some).ok_or_else(|| bad(key))
        }
        _ => Err(bad(key)),
    }
}

/// A duration as people write it: `2h30m`, `45m`, `90s`, `1d`, or bare seconds.
pub(crate) fn duration_s(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<i64>() {
        return (seconds > 0).then_some(seconds);
    }
    let (mut total, mut digits, mut parts) = (0_i64, String::new(), 0);
    for c in text.chars().filter(|c| !c.is_whitespace()) {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        let unit = match c.to_ascii_lowercase() {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            _ => return None,
        };
        total = total.checked_add(digits.parse::<i64>().ok()?.checked_mul(unit)?)?;
        digits.clear();
        parts += 1;
    }
    (parts > 0 && digits.is_empty() && total > 0).then_some(total)
}

/// The documented object with its aliases, and where the window stands.
pub(crate) fn to_json(planned: &mut Planned, now: Timestamp) -> Value {
    let period = planned.at(now);
    let next = planned.next_start(now).map(Timestamp::secs);
    let w = &planned.window;
    let (start, end) = (w.start.map(Timestamp::secs), w.end.map(Timestamp::secs));
    json!({
        "id": w.id, "uid": w.uid, "name": w.name, "schedule": w.schedule, "duration_min": w.duration_min, "duration_minutes": w.duration_min,
        "one_off_start": start, "one_off_end": end, "start_ts": start, "end_ts": end, "timezone": w.timezone,
        "type": if w.schedule.is_some() { "recurring" } else { "one_off" },
        "scope": w.scope, "matchers": w.matchers, "suppress_alerts": w.suppress_alerts, "suppress_shutdown": w.suppress_shutdown,
        "override_autonomy": w.override_autonomy.map(Autonomy::as_str), "auto_close_alerts": w.auto_close_alerts,
        "heal_action": w.heal_action, "reason": w.reason, "enabled": w.enabled, "created_by": w.created_by, "origin": w.origin,
        "created_at": w.created_at.secs(), "active": period.is_some(), "active_since": period.map(|(a, _)| a.secs()),
        "active_until": period.map(|(_, b)| b.secs()), "next_start": next,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(value: &Value) -> Result<Window, String> {
        let mut w = Window::new("ops", "ada", Timestamp::from_secs(1_750_000_000));
        apply(&mut w, value.as_object().unwrap(), Tz::UTC, Timestamp::from_secs(1_750_000_000)).map(|()| w)
    }

    #[test]
    fn faults_are_named_and_aliases_read() {
        let text = |v: Value| read(&v).unwrap_err();
        assert_eq!(text(json!({})), "name is required");
        assert_eq!(text(json!({"name": "x"})), "Either schedule or one_off_start and one_off_end is required");
        assert_eq!(text(json!({"name": "x", "start_ts": 20, "end_ts": 10})), "one_off_end must be after one_off_start");
        assert!(text(json!({"name": "x", "schedule": "61 * * * *"})).starts_with("Invalid schedule"));
        assert!(text(json!({"name": "x", "schedule": "0 0 30 2 *"})).starts_with("Invalid schedule"));
        assert_eq!(text(json!({"name": "x", "schedule": "0 3 * * *", "timezone": "Mars/X"})), "Invalid timezone 'Mars/X'");
        assert_eq!(text(json!({"name": "x", "duration_min": 43_201})), "duration_min must be between 1 and 43200");
        let w =
            read(&json!({"name": "x", "schedule": "0 3 * * *", "duration_minutes": 90, "override_autonomy": "none", "other": 1})).unwrap();
        assert_eq!((w.duration_min, w.override_autonomy), (90, None));
        let w = read(&json!({"name": "x", "start_ts": "2026-01-01T00:00:00Z", "end_ts": 1_900_000_000})).unwrap();
        assert_eq!(w.start.map(Timestamp::secs), Some(1_767_225_600));
    }

    #[test]
    fn durations_are_read_as_people_write_them() {
        assert_eq!(["2h30m", "45m", "90s", "1d", "120"].map(duration_s), [9000, 2700, 90, 86_400, 120].map(Some));
        assert_eq!(duration_s("soon"), None);
        assert!(["", "h", "5x", "0m", "-5m", "99999999999999999999h", "5m3"].map(duration_s).iter().all(Option::is_none));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,24}", n in any::<i64>()) {
            prop_assert!(duration_s(&text).is_none_or(|s| s > 0));
            for value in [json!(text), json!(n)] {
                prop_assert!(instant("start", &value).is_ok_and(|t| t.is_none_or(|t| t.secs() >= 0)) || instant("start", &value).is_err());
            }
            let wild = json!({"name": text, "schedule": text, "timezone": text, "start": n, "end": text, "duration_min": n});
            prop_assert!(read(&wild).is_err() || !text.trim().is_empty());
        }
    }
}
