//! Exponential waiting with jitter, shared by every retry loop.

use std::time::Duration;

use crate::Rng;

/// `first * 2^n`, at most `cap`, minus up to a quarter at random so that peers do not retry in step.
#[derive(Clone, Copy, Debug)]
pub struct Backoff {
    first: Duration,
    cap: Duration,
    attempt: u32,
}

impl Backoff {
    pub const fn new(first: Duration, cap: Duration) -> Self {
        Self { first, cap, attempt: 0 }
    }
    pub const fn reset(&mut self) {
        self.attempt = 0;
    }
    /// The next pause.
    pub fn next(&mut self, rng: &dyn Rng) -> Duration {
        let full = self.first.saturating_mul(1_u32.checked_shl(self.attempt).unwrap_or(u32::MAX)).min(self.cap);
        self.attempt = self.attempt.saturating_add(1).min(30);
        let quarter = u64::try_from(full.as_micros() / 4).unwrap_or(0);
        full - Duration::from_micros(rng.below(quarter.saturating_add(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SeededRng;

    #[test]
    fn pauses_grow_to_the_cap_and_reset() {
        let rng = SeededRng::new(3);
        let mut b = Backoff::new(Duration::from_secs(1), Duration::from_secs(60));
        let pauses: Vec<_> = (0..10).map(|_| b.next(&rng)).collect();
        assert!(pauses[0] <= Duration::from_secs(1) && pauses[0] >= Duration::from_millis(750));
        assert!(pauses.iter().all(|p| *p <= Duration::from_secs(60)));
        assert!(pauses[9] >= Duration::from_secs(45));
        b.reset();
        assert!(b.next(&rng) <= Duration::from_secs(1));
    }
}
