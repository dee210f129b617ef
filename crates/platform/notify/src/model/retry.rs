//! When a failed delivery is tried again: `fast` of platform spec 6.3, three attempts with 2 s * 2^(n-1) + 0-2 s.

use std::time::Duration;

use argos_kernel::Rng;

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

/// Whether trying again may help.
pub(crate) fn is_retryable(status: u16) -> bool {
    matches!(status, 408 | 429 | 500..=599)
}

/// `Retry-After` in seconds; the date form is not honoured.
pub(crate) fn retry_after(header: Option<&str>) -> Option<Duration> {
    header?.trim().parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use argos_kernel::SeededRng;

    use super::*;

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
    fn server_may_ask_for_a_longer_pause_but_not_for_ever() {
        let rng = SeededRng::new(5);
        assert_eq!(Retry::FAST.pause(1, Some(Duration::from_secs(30)), &rng), Some(Duration::from_secs(30)));
        assert_eq!(Retry::FAST.pause(1, Some(Duration::from_secs(999_999)), &rng), Some(Duration::from_secs(3600)));
        assert_eq!((retry_after(Some(" 7 ")), retry_after(Some("soon")), retry_after(None)), (Some(Duration::from_secs(7)), None, None));
        let words = [408, 429, 500, 503, 599].map(is_retryable);
        assert!(words.iter().all(|w| *w) && [200, 301, 400, 401, 404, 410].iter().all(|s| !is_retryable(*s)));
    }
}
