//! The flood rule for senders from outside: above a limit per minute, identical events collapse into one row.
//! Own kinds never pass here. The counters are a bounded, rebuildable guess: a restart only forgives a minute.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use argos_kernel::Timestamp;

/// Events per minute and origin that are stored one by one (nodes spec, `events_max_per_node_per_minute`).
pub(crate) const LIMIT_DEFAULT: u32 = 600;
/// Origins remembered at once; beyond it the quiet ones are forgotten.
const ORIGINS_MAX: usize = 10_000;

pub(crate) struct FloodGuard {
    per_minute: AtomicU32,
    seen: Mutex<HashMap<String, (i64, u32)>>,
}

impl FloodGuard {
    pub(crate) fn new() -> Self {
        Self { per_minute: AtomicU32::new(LIMIT_DEFAULT), seen: Mutex::default() }
    }
    pub(crate) fn set_limit(&self, per_minute: u32) {
        self.per_minute.store(per_minute.max(1), Ordering::Relaxed);
    }
    /// Counts one event of `origin`; true when it is above the limit of the running minute.
    pub(crate) fn is_flooding(&self, origin: &str, now: Timestamp) -> bool {
        let minute = now.secs().div_euclid(60);
        let mut seen = self.seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if seen.len() >= ORIGINS_MAX && !seen.contains_key(origin) {
            seen.retain(|_, (m, _)| *m == minute);
            if seen.len() >= ORIGINS_MAX {
                // More origins than memory in one minute is a flood by itself.
                return true;
            }
        }
        let (m, n) = seen.entry(origin.to_owned()).or_insert((minute, 0));
        if *m != minute {
            (*m, *n) = (minute, 0);
        }
        *n = n.saturating_add(1);
        *n > self.per_minute.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_floods_above_its_limit_and_recovers_with_the_next_minute() {
        let guard = FloodGuard::new();
        guard.set_limit(3);
        let t = Timestamp::from_secs(600);
        assert_eq!((0..5).map(|_| guard.is_flooding("a", t)).collect::<Vec<_>>(), [false, false, false, true, true]);
        assert!(!guard.is_flooding("b", t));
        assert!(!guard.is_flooding("a", t.plus_secs(60)));
    }
}
