//! Bursts of refused requests: told once when one begins, and again only after it was over.

use std::collections::{HashMap, VecDeque};

/// Refusals that make a burst ...
pub(super) const HITS: usize = 5;
/// ... within this time.
pub(super) const WINDOW_S: i64 = 30;

/// The last refusals of every site.
#[derive(Debug, Default)]
pub(super) struct Bursts(HashMap<i64, Burst>);

#[derive(Debug, Default)]
struct Burst {
    last: VecDeque<i64>,
    told: bool,
}

impl Bursts {
    /// Counts a refusal; whether a burst begins with it.
    pub(super) fn count(&mut self, host: i64, now_s: i64) -> bool {
        let burst = self.0.entry(host).or_default();
        burst.last.retain(|at| now_s - at < WINDOW_S);
        if burst.last.is_empty() {
            burst.told = false;
        }
        burst.last.push_back(now_s);
        if burst.last.len() > HITS {
            burst.last.pop_front();
        }
        if burst.told || burst.last.len() < HITS {
            return false;
        }
        burst.told = true;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::Bursts;

    #[test]
    fn burst_is_told_once_and_again_after_it_was_over() {
        let mut bursts = Bursts::default();
        let told: Vec<bool> = (0..8).map(|n| bursts.count(1, n)).collect();
        assert_eq!(told, [false, false, false, false, true, false, false, false]);
        assert!(!bursts.count(1, 20), "it goes on");
        assert!((60..65).any(|n| bursts.count(1, n)), "the next one");
        assert!(!(0..4).any(|n| bursts.count(2, n * 31)), "far apart");
    }
}
