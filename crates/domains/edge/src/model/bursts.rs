//! Bursts: of refused requests of a site, of findings of the firewall from an address. Told once when one begins, and again
//! only after it was over. Hits count by the time they say, in whatever order they are heard of. Pure.

/// Refusals of a site's limit that make a burst, and within how many seconds.
pub(crate) const LIMITED: Rule = Rule { kind: "limited", hits: 5, window_s: 30 };
/// Serious findings from one address.
pub(crate) const ATTACKED: Rule = Rule { kind: "attacked", hits: 10, window_s: 60 };

/// What a burst is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rule {
    pub(crate) kind: &'static str,
    pub(crate) hits: usize,
    pub(crate) window_s: i64,
}

impl Rule {
    fn window(self) -> u64 {
        self.window_s.unsigned_abs()
    }
}

/// Hits remembered, as a multiple of those that make a burst: so many newer ones a late hit may have missed.
const KEPT: usize = 4;
/// Bursts remembered that were told.
const TOLD_MAX: usize = 8;

/// What is remembered of a site or an address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Burst {
    /// The seconds of its newest hits, oldest first.
    pub(crate) hits: Vec<i64>,
    /// The first and the last second of bursts that were told.
    pub(crate) told: Vec<(i64, i64)>,
}

impl Burst {
    /// Counts hits at these seconds; whether a burst began that was not told.
    pub(crate) fn count(&mut self, rule: Rule, at_s: &[i64]) -> bool {
        let mut begins = false;
        for at in at_s {
            begins |= self.hit(rule, *at);
        }
        begins
    }

    fn hit(&mut self, rule: Rule, at: i64) -> bool {
        let place = self.hits.partition_point(|hit| *hit <= at);
        if place == 0 && self.hits.len() >= rule.hits * KEPT {
            return false;
        }
        self.hits.insert(place, at);
        let is_near = |(first, last): &&mut (i64, i64)| {
            at.abs_diff(*first) < rule.window() || at.abs_diff(*last) < rule.window() || (*first..=*last).contains(&at)
        };
        let goes_on = self.told.iter_mut().find(is_near).map(|told| *told = (told.0.min(at), told.1.max(at))).is_some();
        let firsts = place.saturating_sub(rule.hits - 1)..=place;
        let window = firsts.filter_map(|n| self.hits.get(n..n + rule.hits)?.first().zip(self.hits.get(n + rule.hits - 1)));
        let found = window.map(|(first, last)| (*first, *last)).find(|(first, last)| last.abs_diff(*first) < rule.window());
        if self.hits.len() > rule.hits * KEPT {
            self.hits.remove(0);
        }
        let Some(burst) = found.filter(|_| !goes_on) else { return false };
        self.told.push(burst);
        if self.told.len() > TOLD_MAX {
            self.told.remove(0);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Burst, KEPT, LIMITED};

    #[test]
    fn burst_is_told_once_and_again_after_it_was_over() {
        let mut burst = Burst::default();
        let told: Vec<bool> = (0..8).map(|n| burst.count(LIMITED, &[n])).collect();
        assert_eq!(told, [false, false, false, false, true, false, false, false]);
        assert!(!burst.count(LIMITED, &[20]), "it goes on");
        assert!(burst.count(LIMITED, &[60, 61, 62, 63, 64]), "the next one");
        let mut apart = Burst::default();
        assert!(!apart.count(LIMITED, &[0, 31, 62, 93, 124, 155]), "far apart");
    }

    #[test]
    fn late_hits_count_at_their_own_time_and_once() {
        let mut burst = Burst::default();
        assert!(!burst.count(LIMITED, &[1_000, 1_004]));
        assert!(!burst.count(LIMITED, &[900]), "no burst with what came much later");
        assert!(!burst.count(LIMITED, &[1_001]));
        assert!(burst.count(LIMITED, &[1_003, 1_002]), "five within the window, in whatever order");
        assert!(!burst.count(LIMITED, &[1_002, 999]), "told already");
        assert!(burst.count(LIMITED, &[900, 901, 902, 903]), "an earlier burst, heard of later");
        assert!(!burst.count(LIMITED, &[1_005, 905]), "both go on");
    }

    proptest! {
        #[test]
        fn hits_of_one_window_are_a_burst_in_any_order_and_batches(mut at in prop::collection::vec(0..30_i64, 5..40), size in 1..9_usize) {
            let mut burst = Burst::default();
            let told = at.chunks(size).filter(|batch| burst.count(LIMITED, batch)).count();
            prop_assert_eq!(told, 1);
            at.sort_unstable();
            let newest = &at[at.len().saturating_sub(LIMITED.hits * KEPT)..];
            prop_assert_eq!(&burst.hits, newest);
        }

        #[test]
        fn any_hits_keep_the_memory_small_and_sorted(at in prop::collection::vec(any::<i32>(), 0..60)) {
            let mut burst = Burst::default();
            for at in at {
                burst.count(LIMITED, &[i64::from(at)]);
                prop_assert!(burst.hits.len() <= LIMITED.hits * KEPT && burst.hits.is_sorted());
            }
        }
    }
}
