//! The login limiter's arithmetic (platform spec 1.4): when failures become a ban, how long it lasts, and the words
//! each route family uses for it. What was tried is stored; this module only counts.

use argos_kernel::{AppError, Timestamp};

/// Failures of one address within [`WINDOW_S`] that ban it.
pub const FAILURES: i64 = 5;
pub const WINDOW_S: i64 = 300;
const BAN_FIRST_S: i64 = 300;
const BAN_MAX_S: i64 = 1800;
/// A ban within this time after the last one lasts twice as long.
const BAN_MEMORY_S: i64 = 86_400;
/// Wrong codes of one user from one address within [`CODE_WINDOW_S`] lock that pair for [`CODE_LOCK_S`].
pub const CODE_WINDOW_S: i64 = 900;
pub const CODE_LOCK_S: i64 = 1800;
/// Attempts of one address a minute on the routes without a setting of their own.
pub const ATTEMPTS_PER_MINUTE: i64 = 60;
/// The longest pause before a password is judged, whoever asks.
const DELAY_MS_MAX: u64 = 5_000;

/// A stored ban or lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ban {
    pub level: i64,
    pub since: Timestamp,
    pub until: Timestamp,
}

impl Ban {
    /// Whole seconds left, rounded up; `None` when it is over.
    pub fn left_s(&self, now: Timestamp) -> Option<u64> {
        let left_us = self.until.micros() - now.micros();
        u64::try_from(left_us).ok().filter(|us| *us > 0).map(|us| us.div_ceil(1_000_000))
    }
}

/// The ban that follows the fifth failure, given the last one.
pub fn next_ban(last: Option<Ban>, now: Timestamp) -> Ban {
    let level = match last {
        Some(ban) if now.secs_since(ban.since) < BAN_MEMORY_S => ban.level + 1,
        _ => 1,
    };
    let doublings = u32::try_from(level - 1).unwrap_or(0).min(8);
    let seconds = (BAN_FIRST_S << doublings).min(BAN_MAX_S);
    Ban { level, since: now, until: now.plus_secs(seconds) }
}

/// From when failures count: the window, but nothing from before the last ban began.
pub fn counted_from(last: Option<Ban>, now: Timestamp) -> Timestamp {
    let window = now.minus_secs(WINDOW_S);
    last.map_or(window, |ban| window.max(ban.since))
}

/// What one of several processes gives of a limit they share: together no less than the limit.
pub fn part_of(limit: i64, processes: u32) -> i64 {
    let processes = i64::from(processes.max(1));
    (limit + processes - 1) / processes
}

/// The pause a user name earns by recent failures: 0.1 s doubling to 5 s. It delays, it never locks out.
pub fn delay_ms(failures: i64) -> u64 {
    match u32::try_from(failures) {
        Ok(n) if n > 0 => (100_u64 << n.saturating_sub(1).min(10)).min(DELAY_MS_MAX),
        _ => 0,
    }
}

/// Whose words an answer speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    Edge,
    Ops,
    Nodes,
}

/// 429 in the family's words.
pub fn refusal(family: Family, left_s: u64) -> AppError {
    let text = match family {
        Family::Edge => format!("too many failed attempts, try again in {} minutes", left_s.div_ceil(60)),
        Family::Ops => format!("Too many login attempts. Try again in {left_s} seconds."),
        Family::Nodes => "Too many login attempts. Try again later.".to_owned(),
    };
    AppError::rate_limited(text, left_s)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_secs(secs)
    }

    #[test]
    fn part_of_a_limit_is_rounded_up_and_never_nothing() {
        assert_eq!((part_of(60, 1), part_of(60, 7), part_of(1, 5), part_of(10, 0)), (60, 9, 1, 10));
    }

    #[test]
    fn bans_double_within_a_day_up_to_half_an_hour() {
        let mut last = None;
        let mut lengths = Vec::new();
        let mut now = at(0);
        for _ in 0..5 {
            let ban = next_ban(last, now);
            lengths.push(ban.until.secs_since(now));
            now = ban.until;
            last = Some(ban);
        }
        assert_eq!(lengths, [300, 600, 1200, 1800, 1800]);
        let later = next_ban(last, now.plus_secs(BAN_MEMORY_S));
        assert_eq!((later.level, later.left_s(later.since)), (1, Some(300)));
    }

    #[test]
    fn failures_before_the_last_ban_do_not_count_again() {
        let ban = Ban { level: 1, since: at(1000), until: at(1300) };
        assert_eq!(counted_from(Some(ban), at(1200)), at(1000));
        assert_eq!(counted_from(Some(ban), at(1400)), at(1100));
        assert_eq!(counted_from(None, at(1400)), at(1100));
    }

    #[test]
    fn left_rounds_up_and_ends() {
        let ban = Ban { level: 1, since: at(0), until: Timestamp::from_micros(1_500_000) };
        assert_eq!(ban.left_s(at(0)), Some(2));
        assert_eq!(ban.left_s(at(2)), None);
    }

    #[test]
    fn refusals_speak_the_familys_words() {
        assert_eq!(refusal(Family::Edge, 301).message(), "too many failed attempts, try again in 6 minutes");
        assert_eq!(refusal(Family::Ops, 12).message(), "Too many login attempts. Try again in 12 seconds.");
        assert_eq!(refusal(Family::Nodes, 12).message(), "Too many login attempts. Try again later.");
        assert_eq!(refusal(Family::Nodes, 12).retry_after_s(), Some(12));
    }

    #[test]
    fn delay_grows_to_five_seconds() {
        assert_eq!([0, 1, 2, 6, 7, 1000].map(delay_ms), [0, 100, 200, 3200, 5000, 5000]);
    }
}
