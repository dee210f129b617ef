//! When a failed delivery is tried again (platform spec 6.3): `fast`, three attempts with 2 s * 2^(n-1) + 0-2 s; `minutes`,
//! after 1, 2 and 4 minutes; `persistent`, at once twice and then for as long as the message is worth something.

use std::time::Duration;

use argos_kernel::{Rng, Timestamp};

/// A retry schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// Attempts in all.
    pub attempts: i64,
    /// Pause before the second attempt; doubles from then on.
    pub first: Duration,
    /// Added at random, from zero up to this.
    pub jitter: Duration,
}

/// The server may ask for a longer pause, up to this.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(3600);

impl Retry {
    pub const FAST: Self = Self { attempts: 3, first: Duration::from_secs(2), jitter: Duration::from_secs(2) };

    /// The pause after attempt number `done` (from 1), or `None` when it was the last.
    pub fn pause(self, done: i64, retry_after: Option<Duration>, rng: &dyn Rng) -> Option<Duration> {
        if done >= self.attempts {
            return None;
        }
        let doublings = u32::try_from(done - 1).unwrap_or(0).min(16);
        let jitter = u64::try_from(self.jitter.as_micros()).unwrap_or(u64::MAX - 1);
        let pause = self.first * 2_u32.pow(doublings) + Duration::from_micros(rng.below(jitter + 1));
        Some(pause.max(retry_after.unwrap_or_default().min(RETRY_AFTER_MAX)))
    }
}

/// The schedule of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Schedule {
    Fast,
    Minutes,
    Persistent,
}

impl Schedule {
    pub(crate) const ALL: [(Self, &'static str); 3] = [(Self::Fast, "fast"), (Self::Minutes, "minutes"), (Self::Persistent, "persistent")];

    pub(crate) fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(s, _)| *s == self).map_or("", |(_, word)| word)
    }
    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, w)| *w == word).map(|(s, _)| *s)
    }

    /// The pause after attempt number `done`, or `None` when it was the last. `fast` is the instance's quick schedule;
    /// `age_s` is how long ago the delivery was written, `is_minor` whether it soon loses its worth.
    pub(crate) fn pause(
        self,
        fast: Retry,
        done: i64,
        age_s: i64,
        is_minor: bool,
        after: Option<Duration>,
        rng: &dyn Rng,
    ) -> Option<Duration> {
        let doubled = |first: Duration, n: i64| first * 2_u32.pow(u32::try_from(n.clamp(0, 16)).unwrap_or(0));
        let pause = match self {
            Self::Fast => return fast.pause(done, after, rng),
            Self::Minutes if done > 3 => return None,
            Self::Minutes => doubled(Duration::from_secs(60), done - 1),
            Self::Persistent if age_s >= if is_minor { 3_600 } else { 86_400 } => return None,
            Self::Persistent if done <= 2 => doubled(Duration::from_millis(500), done - 1),
            Self::Persistent => doubled(Duration::from_secs(30), done - 3).min(Duration::from_secs(900)),
        };
        Some(pause.max(after.unwrap_or_default().min(RETRY_AFTER_MAX)))
    }
}

/// Whether trying again may help.
pub(crate) fn is_retryable(status: u16) -> bool {
    matches!(status, 408 | 429 | 500..=599)
}

/// `Retry-After`: seconds, or a date; a date that has passed asks for no pause.
pub(crate) fn retry_after(header: Option<&str>, now: Timestamp) -> Option<Duration> {
    let text = header?.trim();
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse().ok().map(Duration::from_secs);
    }
    let at = chrono::DateTime::parse_from_rfc2822(text).ok()?.timestamp();
    Some(Duration::from_secs(u64::try_from(at.saturating_sub(now.secs())).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use argos_kernel::SeededRng;

    use super::*;

    proptest::proptest! {
        #[test]
        fn any_header_is_a_pause_or_nothing(text in "\\PC{0,40}", seconds in proptest::prelude::any::<u64>(), at in 0_i64..4_000_000_000) {
            let now = Timestamp::from_secs(1_445_412_400);
            proptest::prop_assert_eq!(retry_after(Some(&text), now), retry_after(Some(text.trim()), now));
            proptest::prop_assert_eq!(retry_after(Some(&seconds.to_string()), now), Some(Duration::from_secs(seconds)));
            let date = chrono::DateTime::from_timestamp(at, 0).map(|d| d.format("%a, %d %b %Y %H:%M:%S GMT").to_string());
            let pause = Duration::from_secs(u64::try_from(at - now.secs()).unwrap_or(0));
            proptest::prop_assert_eq!(retry_after(date.as_deref(), now), Some(pause));
        }
    }

    #[test]
    fn pauses_double_with_jitter_and_end_after_three_attempts() {
        let rng = SeededRng::new(5);
        for _ in 0..50 {
            let first = Retry::FAST.pause(1, None, &rng).unwrap().as_millis();
            let second = Retry::FAST.pause(2, None, &rng).unwrap().as_millis();
            assert!((2_000..=4_000).contains(&first) && (4_000..=6_000).contains(&second), "{first} {second}");
        }
        assert_eq!(Retry::FAST.pause(3, None, &rng), None);
    }

    #[test]
    fn slow_schedules_follow_their_documented_steps_and_end() {
        let rng = SeededRng::new(5);
        let steps = |s: Schedule, ages: [i64; 6], minor: bool| {
            let pause =
                |(n, age): (usize, i64)| s.pause(Retry::FAST, i64::try_from(n).unwrap() + 1, age, minor, None, &rng).map(|d| d.as_millis());
            ages.into_iter().enumerate().map(pause).collect::<Vec<_>>()
        };
        assert_eq!(steps(Schedule::Minutes, [0; 6], false), [Some(60_000), Some(120_000), Some(240_000), None, None, None]);
        let young = [0, 1, 2, 40, 100, 300];
        assert_eq!(
            steps(Schedule::Persistent, young, false),
            [Some(500), Some(1_000), Some(30_000), Some(60_000), Some(120_000), Some(240_000)]
        );
        assert_eq!(Schedule::Persistent.pause(Retry::FAST, 40, 80_000, false, None, &rng), Some(Duration::from_secs(900)));
        assert_eq!(Schedule::Persistent.pause(Retry::FAST, 40, 86_400, false, None, &rng), None);
        assert_eq!(Schedule::Persistent.pause(Retry::FAST, 9, 3_600, true, None, &rng), None);
        assert!(Schedule::ALL.iter().all(|(s, w)| Schedule::parse(w) == Some(*s) && s.as_str() == *w) && Schedule::parse("soon").is_none());
    }

    #[test]
    fn server_may_ask_for_a_longer_pause_but_not_for_ever() {
        let rng = SeededRng::new(5);
        assert_eq!(Retry::FAST.pause(1, Some(Duration::from_secs(30)), &rng), Some(Duration::from_secs(30)));
        assert_eq!(Retry::FAST.pause(1, Some(Duration::from_secs(999_999)), &rng), Some(Duration::from_secs(3600)));
        let after = |header| retry_after(header, Timestamp::from_secs(1_445_412_400));
        assert_eq!((after(Some(" 7 ")), after(Some("soon")), after(None)), (Some(Duration::from_secs(7)), None, None));
        assert_eq!(after(Some("Wed, 21 Oct 2015 07:28:00 GMT")), Some(Duration::from_secs(80)));
        assert_eq!(after(Some("Wed, 21 Oct 2015 07:26:00 GMT")), Some(Duration::ZERO), "it has passed");
        let words = [408, 429, 500, 503, 599].map(is_retryable);
        assert!(words.iter().all(|w| *w) && [200, 301, 400, 401, 404, 410].iter().all(|s| !is_retryable(*s)));
    }
}
