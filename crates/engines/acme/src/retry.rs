//! `Retry-After` (RFC 9110 10.2.3): a number of seconds, or a date.

use std::time::Duration;

use chrono::DateTime;

/// When the authority wants to be asked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryAfter {
    Seconds(u64),
    /// Seconds since 1970.
    At(i64),
}

impl RetryAfter {
    /// Reads the value of the header; anything else is `None`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
            return text.parse().ok().map(Self::Seconds);
        }
        DateTime::parse_from_rfc2822(text).ok().map(|at| Self::At(at.timestamp()))
    }

    /// How long that is from now; nothing when the date has passed.
    #[must_use]
    pub fn delay(self, now_unix_s: i64) -> Duration {
        match self {
            Self::Seconds(seconds) => Duration::from_secs(seconds),
            Self::At(at) => Duration::from_secs(u64::try_from(at.saturating_sub(now_unix_s)).unwrap_or(0)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn seconds_and_dates_are_delays() {
        assert_eq!(RetryAfter::parse(" 120 "), Some(RetryAfter::Seconds(120)));
        let date = RetryAfter::parse("Fri, 31 Dec 1999 23:59:59 GMT").unwrap();
        assert_eq!((date, date.delay(946_684_790)), (RetryAfter::At(946_684_799), Duration::from_secs(9)));
        assert_eq!(date.delay(946_684_900), Duration::ZERO);
        for text in ["", "soon", "-1", "1.5"] {
            assert_eq!(RetryAfter::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_delay_or_none(text in ".{0,40}", now in any::<i64>()) {
            match RetryAfter::parse(&text) {
                Some(RetryAfter::Seconds(seconds)) => prop_assert_eq!(seconds, text.trim().parse::<u64>().unwrap()),
                Some(date) => prop_assert!(now <= 0 || date.delay(now) <= date.delay(0)),
                None => {}
            }
        }
    }
}
