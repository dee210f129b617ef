//! The time between two readings, and what a counter did in it.
//!
//! A rate exists only between two readings of one growing counter. The first reading, a clock that
//! did not advance, and a counter that went backwards (wrap, reset, replaced device) all give `None`.

use std::time::Duration;

/// A positive span of time between two readings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    seconds: f64,
}

impl Interval {
    /// `None` unless `later` is after `earlier`.
    #[must_use]
    pub fn between(earlier: Duration, later: Duration) -> Option<Self> {
        let elapsed = later.checked_sub(earlier)?;
        (!elapsed.is_zero()).then_some(Self { seconds: elapsed.as_secs_f64() })
    }

    /// Length in seconds, greater than zero.
    #[must_use]
    pub fn seconds(self) -> f64 {
        self.seconds
    }

    /// Units per second, `None` when the counter went backwards.
    #[must_use]
    pub fn rate(self, before: u64, after: u64) -> Option<f64> {
        Some(after.checked_sub(before)? as f64 / self.seconds)
    }
}

/// Rate of a counter that may be missing from either reading.
pub(crate) fn rate(interval: Option<Interval>, before: Option<u64>, after: Option<u64>) -> Option<f64> {
    interval?.rate(before?, after?)
}

/// Remembers when one group of counters was last read. Groups are read at different paces, so each
/// has its own.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    last: Option<Duration>,
}

impl Pace {
    /// Notes a reading now and tells how long ago the previous one was.
    pub(crate) fn tick(&mut self, now: Duration) -> Option<Interval> {
        self.last.replace(now).and_then(|earlier| Interval::between(earlier, now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_of_a_backwards_counter_is_none() {
        let two = Interval::between(Duration::from_secs(1), Duration::from_secs(3)).expect("advances");
        assert_eq!(two.rate(10, 30), Some(10.0));
        assert_eq!(two.rate(10, 10), Some(0.0));
        assert_eq!(two.rate(10, 9), None);
    }

    #[test]
    fn pace_first_and_stalled_readings_have_no_interval() {
        let mut pace = Pace::default();
        assert_eq!(pace.tick(Duration::from_secs(5)), None);
        assert_eq!(pace.tick(Duration::from_secs(5)), None);
        assert_eq!(pace.tick(Duration::from_secs(7)).map(Interval::seconds), Some(2.0));
        assert_eq!(pace.tick(Duration::from_secs(6)), None);
    }
}
