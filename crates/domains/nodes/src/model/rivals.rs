//! Two devices with the identity of one node: the newest connection wins, so each ends the other's for ever.

use std::collections::HashMap;

use argos_kernel::Timestamp;

/// Connections within one window, each of which ended a living one, that no single device makes.
const TAKEOVERS: u32 = 5;
const WINDOW_S: i64 = 60;
/// How long nothing is said again of one node.
const QUIET_S: i64 = 3_600;

#[derive(Clone, Copy, Default)]
struct Seen {
    /// Start of the window.
    since: i64,
    count: u32,
    told: Option<i64>,
}

/// By node.
#[derive(Default)]
pub(crate) struct Rivals(HashMap<String, Seen>);

impl Rivals {
    /// Counts a connection that ended another one; true when somebody shall hear of it.
    pub(crate) fn took_over(&mut self, node: &str, now: Timestamp) -> bool {
        let seen = self.0.entry(node.to_owned()).or_default();
        if now.secs() - seen.since >= WINDOW_S {
            (seen.since, seen.count) = (now.secs(), 0);
        }
        seen.count += 1;
        let tell = seen.count >= TAKEOVERS && seen.told.is_none_or(|at| now.secs() - at >= QUIET_S);
        if tell {
            seen.told = Some(now.secs());
        }
        tell
    }

    /// Forgets what counts no more.
    pub(crate) fn purge(&mut self, now: Timestamp) {
        let counts = |at: i64, length: i64| now.secs() - at < length;
        self.0.retain(|_, seen| counts(seen.since, WINDOW_S) || seen.told.is_some_and(|at| counts(at, QUIET_S)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_that_fight_are_told_of_once_an_hour_and_one_that_comes_back_is_not() {
        let (mut rivals, at) = (Rivals::default(), Timestamp::from_secs(10_000));
        let told =
            |rivals: &mut Rivals, from: i64, every: i64| (0..5).filter(|n| rivals.took_over("a", at.plus_secs(from + n * every))).count();
        assert_eq!(told(&mut rivals, 0, 20), 0, "a line that breaks every twenty seconds");
        assert_eq!((told(&mut rivals, 200, 5), told(&mut rivals, 230, 5)), (1, 0));
        assert_eq!(told(&mut rivals, 5_000, 5), 1);
        rivals.purge(at.plus_secs(8_000));
        assert_eq!(rivals.0.len(), 1);
        rivals.purge(at.plus_secs(9_000));
        assert!(rivals.0.is_empty());
    }
}
