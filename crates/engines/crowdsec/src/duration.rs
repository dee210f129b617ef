//! Durations as Go writes them: `3h59m58.5s`, `1h`, `-3s`, `500ms`.

use std::fmt;
use std::str::FromStr;

/// A duration in microseconds; may be negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GoDuration {
    /// Microseconds.
    pub micros: i64,
}

/// The units in nanoseconds; `m` stands after `ms` so that the longer one is found first.
const UNITS: [(&str, i128); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
];

/// The text is no duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadDuration;

impl fmt::Display for BadDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a duration such as 4h, 90m or 1h30m")
    }
}

impl std::error::Error for BadDuration {}

impl GoDuration {
    /// Whole seconds.
    #[must_use]
    pub const fn from_secs(secs: i64) -> Self {
        Self { micros: secs.saturating_mul(1_000_000) }
    }

    /// Whole seconds, rounded towards zero.
    #[must_use]
    pub const fn secs(self) -> i64 {
        self.micros / 1_000_000
    }
}

/// Nanoseconds of `digits[.digits]` of a unit.
fn part(whole: &str, fraction: &str, unit: i128) -> Option<i128> {
    if whole.is_empty() && fraction.is_empty() || whole.len() > 18 {
        return None;
    }
    let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let mut nanos = whole.checked_mul(unit)?;
    let mut scale = unit;
    for digit in fraction.bytes().take(18) {
        scale /= 10;
        nanos += i128::from(digit - b'0') * scale;
    }
    Some(nanos)
}

fn digits(text: &str) -> (&str, &str) {
    text.split_at(text.bytes().take_while(u8::is_ascii_digit).count())
}

impl FromStr for GoDuration {
    type Err = BadDuration;

    fn from_str(text: &str) -> Result<Self, BadDuration> {
        let (negative, mut rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        if rest == "0" {
            return Ok(Self { micros: 0 });
        }
        if rest.is_empty() {
            return Err(BadDuration);
        }
        let mut nanos: i128 = 0;
        while !rest.is_empty() {
            let (whole, after) = digits(rest);
            let (fraction, after) = after.strip_prefix('.').map_or(("", after), digits);
            let (name, unit) = UNITS.iter().find(|(name, _)| after.starts_with(name)).ok_or(BadDuration)?;
            nanos = part(whole, fraction, *unit).and_then(|n| nanos.checked_add(n)).ok_or(BadDuration)?;
            rest = after.strip_prefix(name).ok_or(BadDuration)?;
        }
        let micros = i64::try_from(nanos / 1_000).map_err(|_| BadDuration)?;
        Ok(Self { micros: if negative { -micros } else { micros } })
    }
}

impl fmt::Display for GoDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.micros.unsigned_abs();
        let (secs, fraction) = (micros / 1_000_000, micros % 1_000_000);
        if self.micros < 0 {
            f.write_str("-")?;
        }
        if secs >= 3_600 {
            write!(f, "{}h", secs / 3_600)?;
        }
        if secs >= 60 {
            write!(f, "{}m", secs / 60 % 60)?;
        }
        write!(f, "{}", secs % 60)?;
        if fraction > 0 {
            let text = format!("{fraction:06}");
            write!(f, ".{}", text.trim_end_matches('0'))?;
        }
        f.write_str("s")
    }
}
