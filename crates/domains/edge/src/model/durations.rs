//! How long answers took: counts on a logarithmic scale, four steps to a doubling, so a quantile is off by a tenth at most.
//! Pure.

const STEPS: usize = 96;
/// Everything below a tenth of a millisecond is one step.
const FIRST_MICROS: f64 = 100.0;
const PER_DOUBLING: f64 = 4.0;

/// The durations of one stretch of time; its size does not depend on how many there were.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Durations(Box<[u32; STEPS]>);

impl Default for Durations {
    fn default() -> Self {
        Self(Box::new([0; STEPS]))
    }
}

impl Durations {
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a step of the scale")]
    pub(crate) fn add(&mut self, micros: u64) {
        let step = ((micros as f64 / FIRST_MICROS).log2() * PER_DOUBLING).ceil().clamp(0.0, (STEPS - 1) as f64) as usize;
        if let Some(count) = self.0.get_mut(step) {
            *count = count.saturating_add(1);
        }
    }

    /// How many there are.
    pub(crate) fn count(&self) -> u64 {
        self.0.iter().map(|n| u64::from(*n)).sum()
    }

    pub(crate) fn join(&mut self, other: &Self) {
        self.0.iter_mut().zip(other.0.iter()).for_each(|(mine, theirs)| *mine = mine.saturating_add(*theirs));
    }

    /// What came since these.
    pub(crate) fn since(&self, before: &Self) -> Self {
        let mut own = self.clone();
        own.0.iter_mut().zip(before.0.iter()).for_each(|(now, then)| *now = now.saturating_sub(*then));
        own
    }

    /// The steps that are not empty.
    pub(crate) fn steps(&self) -> Vec<(usize, u32)> {
        self.0.iter().copied().enumerate().filter(|(_, n)| *n > 0).collect()
    }

    /// From its steps; those of another scale are left out.
    pub(crate) fn of_steps(steps: &[(usize, u32)]) -> Self {
        let mut own = Self::default();
        for (step, n) in steps {
            if let Some(count) = own.0.get_mut(*step) {
                *count = *n;
            }
        }
        own
    }

    /// The duration in milliseconds that this share of all stayed within; `None` without any.
    #[expect(clippy::cast_precision_loss, reason = "counts of an hour at most")]
    pub(crate) fn quantile_ms(&self, share: f64) -> Option<f64> {
        let mut left = self.count() as f64 * share;
        let upper = |step: usize| FIRST_MICROS / 1_000.0 * 2_f64.powf(step as f64 / PER_DOUBLING);
        for (step, count) in self.0.iter().enumerate().filter(|(_, n)| **n > 0) {
            let count = f64::from(*count);
            if left <= count {
                let lower = if step == 0 { 0.0 } else { upper(step - 1) };
                return Some(lower + (upper(step) - lower) * (left / count).clamp(0.0, 1.0));
            }
            left -= count;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn quantiles_are_those_of_the_durations() {
        let mut d = Durations::default();
        assert_eq!(d.quantile_ms(0.5), None);
        (1..=1_000).for_each(|ms| d.add(ms * 1_000));
        for (share, expected) in [(0.5, 500.0), (0.95, 950.0), (0.99, 990.0)] {
            let found = d.quantile_ms(share).unwrap();
            assert!((found / expected - 1.0).abs() < 0.1, "{share}: {found}");
        }
    }

    proptest! {
        #[test]
        fn any_durations_have_ascending_quantiles_within_a_step_of_the_largest(all in prop::collection::vec(any::<u64>(), 1..50)) {
            let mut d = Durations::default();
            all.iter().for_each(|micros| d.add(*micros));
            let [low, mid, high] = [0.1, 0.5, 1.0].map(|share| d.quantile_ms(share).unwrap());
            prop_assert!(0.0 <= low && low <= mid && mid <= high);
            #[expect(clippy::cast_precision_loss, reason = "a bound")]
            let largest = *all.iter().max().unwrap() as f64 / 1_000.0;
            prop_assert!(high <= largest.max(0.1) * 1.2, "{high} of {largest}");
        }
    }
}
