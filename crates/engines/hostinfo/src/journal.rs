//! Entries of the systemd journal from `journalctl -o json` and `-o short-iso`.
//!
//! One line is one entry; what is no entry (`-- Boot ... --`) is `None`. Fields:
//! systemd.journal-fields(7).

use serde::Serialize;
use serde_json::Value;

/// One entry. The short format carries time, host, identifier, pid and message only.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct JournalEntry {
    /// Microseconds since 1970 UTC.
    pub unix_us: i64,
    /// syslog(3) severity, 0 (emergency) to 7 (debug).
    pub priority: Option<u8>,
    pub unit: Option<String>,
    /// Program that logged, `SYSLOG_IDENTIFIER`.
    pub identifier: Option<String>,
    pub pid: Option<u32>,
    pub hostname: Option<String>,
    pub message: String,
    /// Position to continue after (`--after-cursor`).
    pub cursor: Option<String>,
}

/// Parses a line of `-o json`.
#[must_use]
pub fn parse_json_line(line: &str) -> Option<JournalEntry> {
    let entry: Value = serde_json::from_str(line).ok()?;
    let text = |key: &str| field_text(entry.get(key)?);
    Some(JournalEntry {
        unix_us: text("__REALTIME_TIMESTAMP")?.parse().ok()?,
        priority: text("PRIORITY").and_then(|word| word.parse().ok()).filter(|level| *level <= 7),
        unit: text("_SYSTEMD_UNIT").or_else(|| text("UNIT")),
        identifier: text("SYSLOG_IDENTIFIER").or_else(|| text("_COMM")),
        pid: text("_PID").or_else(|| text("SYSLOG_PID")).and_then(|pid| pid.parse().ok()),
        hostname: text("_HOSTNAME"),
        message: text("MESSAGE").unwrap_or_default(),
        cursor: text("__CURSOR"),
    })
}

/// A field is text, an array of bytes when it is not printable, an array of both when it occurs
/// several times (then the first counts), or null when it is too long.
fn field_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Array(items) => {
            let first = items.first()?;
            if !first.is_number() {
                return match first {
                    Value::String(text) => Some(text.clone()),
                    Value::Array(bytes) => text_of_bytes(bytes),
                    _ => None,
                };
            }
            text_of_bytes(items)
        }
        _ => None,
    }
}

fn text_of_bytes(items: &[Value]) -> Option<String> {
    let bytes: Option<Vec<u8>> = items.iter().map(|item| item.as_u64().and_then(|byte| u8::try_from(byte).ok())).collect();
    Some(String::from_utf8_lossy(&bytes?).into_owned())
}

/// Parses a line of `-o short-iso` (or `short-iso-precise`):
/// `2024-05-01T12:00:00+0200 host sshd[123]: message`.
#[must_use]
pub fn parse_short_iso_line(line: &str) -> Option<JournalEntry> {
    let (time, rest) = line.split_once(' ')?;
    let unix_us = parse_iso_us(time)?;
    let (hostname, rest) = rest.split_once(' ')?;
    let (source, message) = rest.split_once(": ").or_else(|| Some((rest.strip_suffix(':')?, "")))?;
    let (identifier, pid) = match source.strip_suffix(']').and_then(|open| open.rsplit_once('[')) {
        Some((identifier, pid)) if pid.parse::<u32>().is_ok() => (identifier, pid.parse().ok()),
        _ => (source, None),
    };
    Some(JournalEntry {
        unix_us,
        identifier: Some(identifier.to_owned()),
        pid,
        hostname: Some(hostname.to_owned()),
        message: message.to_owned(),
        ..JournalEntry::default()
    })
}

/// `YYYY-MM-DDTHH:MM:SS[.ffffff](Z|±HHMM|±HH:MM)` in microseconds since 1970 UTC.
fn parse_iso_us(text: &str) -> Option<i64> {
    let (date, rest) = text.split_once('T')?;
    let mut parts = date.splitn(3, '-').map(digits);
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let zone = rest.find(['+', '-', 'Z'])?;
    let (clock, zone) = rest.split_at_checked(zone)?;
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let mut parts = clock.splitn(3, ':').map(digits);
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    let valid =
        (1..=9999).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60 && second <= 60;
    if !valid {
        return None;
    }
    let micros = if fraction.is_empty() { 0 } else { digits(&format!("{fraction:0<6}")).filter(|us| *us < 1_000_000)? };
    let local = ((days_from_civil(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
    Some((local - zone_seconds(zone)?) * 1_000_000 + micros)
}

fn zone_seconds(zone: &str) -> Option<i64> {
    if zone == "Z" {
        return Some(0);
    }
    let (sign, offset) = match zone.split_at_checked(1)? {
        ("+", offset) => (1, offset),
        ("-", offset) => (-1, offset),
        _ => return None,
    };
    let (hours, minutes) = offset.split_once(':').or_else(|| offset.split_at_checked(2))?;
    let (hours, minutes) = (digits(hours)?, digits(minutes)?);
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

/// Digits alone: no sign, no space, at most nine.
fn digits(text: &str) -> Option<i64> {
    let plain = !text.is_empty() && text.len() <= 9 && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// Days since 1970-01-01 of a date of the Gregorian calendar, by counting years from March on.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_line_is_read() {
        let line = r#"{"__CURSOR":"s=abc;i=1","__REALTIME_TIMESTAMP":"1714557600000123","PRIORITY":"6","_SYSTEMD_UNIT":"ssh.service","SYSLOG_IDENTIFIER":"sshd","_PID":"812","_HOSTNAME":"box","MESSAGE":"Accepted publickey"}"#;
        let entry = parse_json_line(line).expect("entry");
        assert_eq!(entry.unix_us, 1_714_557_600_000_123);
        assert_eq!((entry.priority, entry.pid), (Some(6), Some(812)));
        assert_eq!((entry.unit.as_deref(), entry.identifier.as_deref()), (Some("ssh.service"), Some("sshd")));
        assert_eq!((entry.message.as_str(), entry.cursor.as_deref()), ("Accepted publickey", Some("s=abc;i=1")));
    }

    #[test]
    fn json_message_of_bytes_or_several_values_is_read() {
        let entry =
            |message: &str| parse_json_line(&format!(r#"{{"__REALTIME_TIMESTAMP":"1","MESSAGE":{message}}}"#)).map(|entry| entry.message);
        assert_eq!(entry("[72,105,255]").as_deref(), Some("Hi\u{fffd}"));
        assert_eq!(entry(r#"["one","two"]"#).as_deref(), Some("one"));
        assert_eq!(entry("[[72,105],\"x\"]").as_deref(), Some("Hi"));
        assert_eq!(entry("null").as_deref(), Some(""));
        assert_eq!(entry("[]").as_deref(), Some(""));
        assert_eq!(parse_json_line(r#"{"MESSAGE":"no time"}"#), None);
    }

    #[test]
    fn short_iso_line_is_read_in_both_zone_spellings() {
        for line in [
            "2024-05-01T12:00:00+0200 box sshd[812]: Accepted: key",
            "2024-05-01T12:00:00+02:00 box sshd[812]: Accepted: key",
            "2024-05-01T10:00:00.000000Z box sshd[812]: Accepted: key",
        ] {
            let entry = parse_short_iso_line(line).expect("entry");
            assert_eq!(entry.unix_us, 1_714_557_600_000_000, "{line}");
            assert_eq!((entry.identifier.as_deref(), entry.pid), (Some("sshd"), Some(812)));
            assert_eq!(entry.message, "Accepted: key");
        }
        let kernel = parse_short_iso_line("2024-02-29T23:59:60-0330 box kernel: x").expect("entry");
        assert_eq!((kernel.pid, kernel.unix_us), (None, 1_709_263_800_000_000));
    }

    #[test]
    fn short_iso_line_that_is_no_entry_is_none() {
        for line in ["-- No entries --", "", "2024-13-01T00:00:00Z h p: m", "    continued text: x", "2024-05-01T12:00 box p: m"] {
            assert_eq!(parse_short_iso_line(line), None, "{line}");
        }
    }

    #[test]
    fn days_of_known_dates() {
        assert_eq!(days_from_civil(1970, 1, 1), 0);
        assert_eq!(days_from_civil(2000, 3, 1), 11_017);
        assert_eq!(days_from_civil(1969, 12, 31), -1);
    }
}
