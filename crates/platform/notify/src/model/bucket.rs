//! Rate of one channel: a token bucket whose capacity and refill are the rate per minute (edge spec D7).

use argos_kernel::Timestamp;

/// Starts full; a changed rate starts a full one.
#[derive(Clone, Debug)]
pub(crate) struct Bucket {
    per_minute: i64,
    tokens: f64,
    at: Timestamp,
}

impl Bucket {
    #[expect(clippy::cast_precision_loss, reason = "rates are at most 10 000")]
    pub(crate) fn new(per_minute: i64, now: Timestamp) -> Self {
        Self { per_minute, tokens: per_minute as f64, at: now }
    }
    pub(crate) fn per_minute(&self) -> i64 {
        self.per_minute
    }
    /// Takes one token; `false` = the rate is used up. Rate 0 = unlimited.
    #[expect(clippy::cast_precision_loss, reason = "rates are at most 10 000, times are differences")]
    pub(crate) fn take(&mut self, now: Timestamp) -> bool {
        if self.per_minute <= 0 {
            return true;
        }
        let rate = self.per_minute as f64;
        let passed = (now.micros() - self.at.micros()).max(0) as f64 / 60e6;
        self.at = now;
        self.tokens = (self.tokens + passed * rate).min(rate);
        if self.tokens < 1.0 {
            return false;
        }
        self.tokens -= 1.0;
        true
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(ms)
    }

    #[test]
    fn bucket_gives_its_capacity_then_refills_over_a_minute() {
        let mut b = Bucket::new(2, at(0));
        assert_eq!([b.take(at(0)), b.take(at(0)), b.take(at(0))], [true, true, false]);
        assert!(!b.take(at(29_000)) && b.take(at(30_000)) && !b.take(at(30_001)));
        let mut free = Bucket::new(0, at(0));
        assert!((0..100).all(|_| free.take(at(0))));
    }

    proptest! {
        #[test]
        fn no_minute_sees_more_than_twice_the_rate(rate in 1_i64..20, gaps in prop::collection::vec(0_i64..5_000, 1..200)) {
            let (mut b, mut now, mut taken) = (Bucket::new(rate, at(0)), 0, Vec::new());
            for gap in gaps {
                now += gap;
                if b.take(at(now)) {
                    taken.push(now);
                }
            }
            for start in &taken {
                let within = taken.iter().filter(|t| (*start..start + 60_000).contains(*t)).count();
                prop_assert!(i64::try_from(within).unwrap() <= 2 * rate);
            }
        }
    }
}
