//! Failed proofs of nodes, counted per name and address: a stranger who knows the id of a node can lock out himself,
//! never the node.

use std::collections::HashMap;
use std::net::IpAddr;

use argos_kernel::Timestamp;

/// Failures within one window that lock.
const FAILURES: u32 = 5;
const WINDOW_S: i64 = 60;
/// Names remembered at once; beyond it the old ones are forgotten first.
const REMEMBERED_MAX: usize = 20_000;

#[derive(Default)]
pub(crate) struct Lockout {
    seen: HashMap<(String, Option<IpAddr>), (i64, u32)>,
}

impl Lockout {
    /// Whether this name is locked for this address.
    pub(crate) fn is_locked(&self, name: &str, ip: Option<IpAddr>, now: Timestamp) -> bool {
        let key = (name.to_owned(), ip);
        self.seen.get(&key).is_some_and(|(start, failures)| now.secs() - start < WINDOW_S && *failures >= FAILURES)
    }

    /// Counts a failure; true when it is the one that locks.
    pub(crate) fn fail(&mut self, name: &str, ip: Option<IpAddr>, now: Timestamp) -> bool {
        if self.seen.len() >= REMEMBERED_MAX {
            self.purge(now);
        }
        let (start, failures) = self.seen.entry((name.to_owned(), ip)).or_insert((now.secs(), 0));
        if now.secs() - *start >= WINDOW_S {
            (*start, *failures) = (now.secs(), 0);
        }
        *failures += 1;
        *failures == FAILURES
    }

    pub(crate) fn clear(&mut self, name: &str, ip: Option<IpAddr>) {
        self.seen.remove(&(name.to_owned(), ip));
    }

    /// Forgets windows that are over.
    pub(crate) fn purge(&mut self, now: Timestamp) {
        self.seen.retain(|_, (start, _)| now.secs() - *start < WINDOW_S);
        if self.seen.len() >= REMEMBERED_MAX {
            self.seen.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fifth_failure_locks_one_address_for_the_rest_of_the_window() {
        let (mut l, at) = (Lockout::default(), Timestamp::from_secs(1_000));
        let (bad, good) = (Some(IpAddr::from([127, 0, 0, 1])), Some(IpAddr::from([127, 0, 0, 2])));
        assert_eq!((0..5).map(|_| l.fail("n", bad, at)).collect::<Vec<_>>(), [false, false, false, false, true]);
        assert!(l.is_locked("n", bad, at.plus_secs(59)) && !l.is_locked("n", good, at) && !l.is_locked("m", bad, at));
        assert!(!l.is_locked("n", bad, at.plus_secs(60)));
        assert!(!l.fail("n", bad, at.plus_secs(60)));
        l.clear("n", bad);
        assert!(l.seen.is_empty());
    }
}
