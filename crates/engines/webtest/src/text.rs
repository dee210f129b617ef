//! Small readings of text that several parts need: durations, sizes, names, numbers that are compared. No rule of a test.

use serde_json::Value;

/// `1500`, `2 seconds`, `500ms`, `1.5 s`, `1 minute` in milliseconds.
pub(crate) fn millis(text: &str) -> Option<u64> {
    let text = text.trim().to_lowercase();
    let digits = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(digits)?;
    let number: f64 = number.parse().ok()?;
    let factor = match unit.trim() {
        "" | "ms" | "millisecond" | "milliseconds" => 1.0,
        "s" | "sec" | "secs" | "second" | "seconds" => 1000.0,
        "m" | "min" | "minute" | "minutes" => 60_000.0,
        _ => return None,
    };
    let millis = number * factor;
    // Bounded before it becomes whole.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and an hour")]
    (0.0..=3_600_000.0).contains(&millis).then_some(millis.round() as u64)
}

/// Width and height of `{"width":..,"height":..}` or `1280x720`.
pub(crate) fn size(value: &Value) -> Option<(u32, u32)> {
    let (width, height) = match value {
        Value::Object(fields) => (fields.get("width")?.as_u64()?, fields.get("height")?.as_u64()?),
        Value::String(text) => {
            let (width, height) = text.split_once(['x', '×', ','])?;
            (width.trim().parse().ok()?, height.trim().parse().ok()?)
        }
        _ => return None,
    };
    let side = |side: u64| u32::try_from(side).ok().filter(|side| (1..=10_000).contains(side));
    Some((side(width)?, side(height)?))
}

/// Letters, digits and underscores.
pub(crate) fn is_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= 100 && name.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// A value as a person writes it: a text without quotes, all else as JSON.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// Whether an address has a scheme of its own.
pub(crate) fn has_scheme(text: &str) -> bool {
    let scheme = text.split(':').next().unwrap_or_default();
    text.contains(':')
        && scheme.chars().next().is_some_and(|c| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
        // `localhost:8080/x` is a host with a port.
        && !text.get(scheme.len() + 1..).unwrap_or_default().starts_with(|c: char| c.is_ascii_digit())
}

/// Blanks joined and cut off at the ends.
pub(crate) fn collapsed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// How two numbers compare in `>= 3`, `< 2500`, `3`: operator and number.
pub(crate) fn comparison(text: &str) -> Option<(&'static str, f64)> {
    let text = text.trim();
    let operator = [">=", "<=", "==", "!=", ">", "<", "="].into_iter().find(|operator| text.starts_with(operator));
    let number: f64 = text.get(operator.map_or(0, str::len)..)?.trim().parse().ok()?;
    // `inf` and `nan` are numbers to Rust alone.
    number.is_finite().then_some(())?;
    Some((operator.unwrap_or("=="), number))
}

/// Whether `left operator right` holds.
#[expect(clippy::float_cmp, reason = "counts and thresholds a person wrote are meant exactly")]
pub(crate) fn holds(left: f64, operator: &str, right: f64) -> bool {
    match operator {
        ">=" => left >= right,
        "<=" => left <= right,
        ">" => left > right,
        "<" => left < right,
        "!=" => left != right,
        _ => left == right,
    }
}

/// A text as it stands in an address (RFC 3986, 2.1).
pub(crate) fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// At most `max` bytes, cut between characters.
pub(crate) fn cut(mut text: String, max: usize) -> String {
    if text.len() > max {
        text.truncate(text.floor_char_boundary(max));
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{comparison, millis, size};

    #[test]
    fn durations_sizes_and_comparisons_are_read() {
        for (text, expected) in [
            ("1000", Some(1000)),
            ("2 seconds", Some(2000)),
            ("1.5s", Some(1500)),
            ("1 minute", Some(60_000)),
            ("soon", None),
            ("", None),
            ("-1", None),
            ("2 hours", None),
        ] {
            assert_eq!(millis(text), expected, "{text}");
        }
        assert_eq!(size(&json!({ "width": 1280, "height": 720 })), Some((1280, 720)));
        assert_eq!(size(&json!("375x667")), Some((375, 667)));
        assert_eq!(size(&json!("0x667")), None);
        assert_eq!(comparison(">= 2"), Some((">=", 2.0)));
        assert_eq!(comparison("3"), Some(("==", 3.0)));
        assert_eq!(comparison("many"), None);
        assert_eq!((comparison("inf"), comparison("< nan")), (None, None));
    }
}
