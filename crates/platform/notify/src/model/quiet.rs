//! Quiet hours: a daily span of wall-clock time in a zone, which may cross midnight. What is critical passes.

use argos_kernel::{Severity, Timestamp};
use chrono::{NaiveTime, Timelike};
use chrono_tz::Tz;
use serde_json::{Value, json};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct QuietHours {
    start: NaiveTime,
    end: NaiveTime,
    zone: Tz,
}

/// `HH:MM`
pub(crate) fn parse_time(text: &str) -> Option<NaiveTime> {
    let (h, m) = text.split_once(':')?;
    let digits = |t: &str| t.len() == 2 && t.bytes().all(|b| b.is_ascii_digit());
    (digits(h) && digits(m)).then(|| NaiveTime::from_hms_opt(h.parse().ok()?, m.parse().ok()?, 0)).flatten()
}

impl QuietHours {
    /// `{start,end,timezone}`; null and `{}` = none. The error is the text of a 400.
    pub(crate) fn read(input: &Value) -> Result<Option<Self>, String> {
        let map = match input {
            Value::Null => return Ok(None),
            Value::Object(map) if map.is_empty() => return Ok(None),
            Value::Object(map) => map,
            _ => return Err("quiet_hours must be an object".to_owned()),
        };
        if let Some(unknown) = map.keys().find(|k| !["start", "end", "timezone"].contains(&k.as_str())) {
            return Err(format!("quiet_hours.{} is not known", unknown.escape_debug()));
        }
        let time = |name: &str| {
            let text = map.get(name).and_then(Value::as_str);
            text.and_then(parse_time).ok_or_else(|| format!("quiet_hours.{name} must look like 22:00"))
        };
        let zone = match map.get("timezone") {
            None | Some(Value::Null) => Tz::UTC,
            Some(Value::String(name)) => {
                name.parse().map_err(|_| format!("quiet_hours.timezone: unknown zone '{}'", name.escape_debug()))?
            }
            Some(_) => return Err("quiet_hours.timezone must be a string".to_owned()),
        };
        let (start, end) = (time("start")?, time("end")?);
        if start == end {
            return Err("quiet_hours.end must differ from quiet_hours.start".to_owned());
        }
        Ok(Some(Self { start, end, zone }))
    }

    pub(crate) fn view(&self) -> Value {
        let time = |t: NaiveTime| format!("{:02}:{:02}", t.hour(), t.minute());
        json!({ "start": time(self.start), "end": time(self.end), "timezone": self.zone.name() })
    }

    pub(crate) const fn end(&self) -> NaiveTime {
        self.end
    }

    pub(crate) fn holds_back(&self, severity: Severity, now: Timestamp) -> bool {
        let local = now.datetime().with_timezone(&self.zone).time();
        let inside = if self.start < self.end { self.start <= local && local < self.end } else { self.start <= local || local < self.end };
        inside && severity < Severity::Critical
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn quiet(start: &str, end: &str, zone: &str) -> QuietHours {
        QuietHours::read(&json!({"start": start, "end": end, "timezone": zone})).unwrap().unwrap()
    }
    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).unwrap()
    }

    #[test]
    fn spans_over_midnight_hold_in_their_own_zone_and_let_the_critical_pass() {
        let night = quiet("22:00", "06:00", "Europe/Berlin");
        for (time, held) in [
            ("2026-01-01T20:59:00Z", false),
            ("2026-01-01T21:00:00Z", true),
            ("2026-01-02T04:59:00Z", true),
            ("2026-01-02T05:00:00Z", false),
        ] {
            assert_eq!(night.holds_back(Severity::Error, at(time)), held, "{time}");
        }
        // In summer the same wall clock is an hour earlier.
        assert!(night.holds_back(Severity::Info, at("2026-07-01T20:30:00Z")));
        assert!(!night.holds_back(Severity::Critical, at("2026-01-01T23:00:00Z")));
        let noon = quiet("12:00", "13:00", "UTC");
        assert!(
            noon.holds_back(Severity::Info, at("2026-01-01T12:30:00Z")) && !noon.holds_back(Severity::Info, at("2026-01-01T13:00:00Z"))
        );
        assert_eq!(QuietHours::read(&night.view()).unwrap(), Some(night));
    }

    #[test]
    fn faulty_spans_are_named() {
        for (input, text) in [
            (json!({"start": "25:00", "end": "06:00"}), "quiet_hours.start must look like 22:00"),
            (json!({"start": "22:00"}), "quiet_hours.end must look like 22:00"),
            (json!({"start": "22:00", "end": "22:00"}), "quiet_hours.end must differ from quiet_hours.start"),
            (json!({"start": "22:00", "end": "06:00", "timezone": "Mars"}), "quiet_hours.timezone: unknown zone 'Mars'"),
            (json!([1]), "quiet_hours must be an object"),
        ] {
            assert_eq!(QuietHours::read(&input).unwrap_err(), text);
        }
        assert_eq!((QuietHours::read(&Value::Null), QuietHours::read(&json!({}))), (Ok(None), Ok(None)));
    }

    proptest! {
        #[test]
        fn any_text_is_a_time_or_none(text in "\\PC{0,8}|[0-9:]{0,6}") {
            if let Some(t) = parse_time(&text) {
                prop_assert_eq!(format!("{:02}:{:02}", t.hour(), t.minute()), text);
            }
        }
    }
}
