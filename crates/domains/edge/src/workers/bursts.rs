//! Bursts: of refused requests of a site, of findings of the firewall from an address. Told once when one begins, and again
//! only after it was over.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

/// Refusals of a site's limit that make a burst, and within how many seconds.
pub(super) const LIMITED: Rule = Rule { hits: 5, window_s: 30 };
/// Serious findings from one address.
pub(super) const ATTACKED: Rule = Rule { hits: 10, window_s: 60 };
/// Sites or addresses that are remembered. More come only in a flood from everywhere, which the oldest of them began.
const KEYS_MAX: usize = 10_000;

/// What a burst is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    pub(super) hits: usize,
    pub(super) window_s: i64,
}

/// The last hits of everybody.
#[derive(Debug)]
pub(super) struct Bursts<K> {
    rule: Rule,
    of: HashMap<K, Burst>,
}

#[derive(Debug, Default)]
struct Burst {
    last: VecDeque<i64>,
    told: bool,
}

impl<K: Eq + Hash> Bursts<K> {
    pub(super) fn new(rule: Rule) -> Self {
        Self { rule, of: HashMap::new() }
    }

    /// Counts a hit; whether a burst begins with it.
    pub(super) fn count(&mut self, key: K, now_s: i64) -> bool {
        let Rule { hits, window_s } = self.rule;
        if self.of.len() >= KEYS_MAX && !self.of.contains_key(&key) {
            self.of.retain(|_, burst| burst.last.back().is_some_and(|at| now_s - at < window_s));
            if self.of.len() >= KEYS_MAX {
                return false;
            }
        }
        let burst = self.of.entry(key).or_default();
        burst.last.retain(|at| now_s - at < window_s);
        if burst.last.is_empty() {
            burst.told = false;
        }
        burst.last.push_back(now_s);
        if burst.last.len() > hits {
            burst.last.pop_front();
        }
        if burst.told || burst.last.len() < hits {
            return false;
        }
        burst.told = true;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::{Bursts, KEYS_MAX, LIMITED};

    #[test]
    fn burst_is_told_once_and_again_after_it_was_over() {
        let mut bursts = Bursts::new(LIMITED);
        let told: Vec<bool> = (0..8).map(|n| bursts.count(1, n)).collect();
        assert_eq!(told, [false, false, false, false, true, false, false, false]);
        assert!(!bursts.count(1, 20), "it goes on");
        assert!((60..65).any(|n| bursts.count(1, n)), "the next one");
        assert!(!(0..4).any(|n| bursts.count(2, n * 31)), "far apart");
    }
    #[test]
    fn memory_of_bursts_is_bounded_and_makes_room() {
        let mut bursts = Bursts::new(LIMITED);
        for key in 0..KEYS_MAX + 5 {
            bursts.count(key, 0);
        }
        assert_eq!(bursts.of.len(), KEYS_MAX);
        bursts.count(KEYS_MAX + 9, 100);
        assert_eq!(bursts.of.len(), 1, "what is over is forgotten");
    }
}
