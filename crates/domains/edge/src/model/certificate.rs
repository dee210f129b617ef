//! When a certificate is renewed, how it stands, when a failed attempt is repeated. Pure.

use argos_kernel::Timestamp;

const DAY_S: i64 = 86_400;
/// A site asked for by hand is renewed early only when its certificate has no more life than this.
const RENEW_WINDOW_S: i64 = 30 * DAY_S;
/// Pauses after the first, second, ... failure in a row. Authorities count failed proofs per hour.
const PAUSES_S: [i64; 8] = [60, 300, 900, 3_600, 10_800, 21_600, 43_200, 86_400];
/// Days before the end at which people are told, the nearest first.
pub(crate) const MANUAL_THRESHOLDS: [i64; 5] = [0, 1, 7, 14, 30];
pub(crate) const AUTO_THRESHOLDS: [i64; 2] = [0, 14];

/// Whole days of life, rounded toward zero.
pub(crate) fn days_left(not_after: Timestamp, now: Timestamp) -> i64 {
    not_after.secs_since(now) / DAY_S
}

/// The documented word for so many days.
pub(crate) fn status(days_left: i64) -> &'static str {
    match days_left {
        i64::MIN..=0 => "expired",
        1..=6 => "critical",
        7..=30 => "warning",
        _ => "ok",
    }
}

/// Two thirds into its life, less up to a thirtieth of it, so that many certificates of one day are not renewed at once.
pub(crate) fn renewal_at(not_before: i64, not_after: i64, draw: impl FnOnce(u64) -> u64) -> i64 {
    let life = not_after.saturating_sub(not_before).max(0);
    let jitter = u64::try_from(life / 30).unwrap_or(0);
    not_before + life / 3 * 2 - i64::try_from(draw(jitter.max(1))).unwrap_or(0)
}

/// A moment inside the authority's window; now when the window is open or over.
pub(crate) fn moment_of_window(start: i64, end: i64, now: i64, draw: impl FnOnce(u64) -> u64) -> i64 {
    let width = u64::try_from(end.saturating_sub(start)).unwrap_or(0);
    start.saturating_add(i64::try_from(draw(width.max(1))).unwrap_or(0)).max(now)
}

/// Seconds until the next attempt after so many failures in a row.
pub(crate) fn pause_s(failures: i64) -> i64 {
    let place = usize::try_from(failures.max(1) - 1).unwrap_or(usize::MAX).min(PAUSES_S.len() - 1);
    PAUSES_S[place]
}

/// Whether a request by hand renews now; otherwise it only looks.
pub(crate) fn may_renew_early(not_after: Timestamp, renew_at: Timestamp, now: Timestamp) -> bool {
    renew_at <= now || not_after.secs_since(now) <= RENEW_WINDOW_S
}

/// The threshold to tell now: the smallest one crossed, when nothing as small was told before.
pub(crate) fn threshold(days_left: i64, told: Option<i64>, thresholds: &[i64]) -> Option<i64> {
    let crossed = thresholds.iter().copied().filter(|t| days_left <= *t).min()?;
    told.is_none_or(|told| crossed < told).then_some(crossed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn days_have_the_documented_words() {
        for (days, word) in [(-3, "expired"), (0, "expired"), (1, "critical"), (6, "critical"), (7, "warning"), (30, "warning"), (31, "ok")]
        {
            assert_eq!(status(days), word, "{days}");
        }
        let now = Timestamp::from_secs(1_000_000);
        assert_eq!(days_left(now.plus_secs(DAY_S * 2 - 1), now), 1);
        assert_eq!(days_left(now.minus_secs(1), now), 0);
    }

    #[test]
    fn smallest_crossed_threshold_is_told_once() {
        assert_eq!(threshold(6, None, &MANUAL_THRESHOLDS), Some(7));
        assert_eq!(threshold(6, Some(7), &MANUAL_THRESHOLDS), None);
        assert_eq!(threshold(1, Some(7), &MANUAL_THRESHOLDS), Some(1));
        assert_eq!(threshold(-2, Some(1), &MANUAL_THRESHOLDS), Some(0));
        assert_eq!(threshold(31, None, &MANUAL_THRESHOLDS), None);
        assert_eq!(threshold(14, None, &AUTO_THRESHOLDS), Some(14));
    }

    #[test]
    fn failures_are_repeated_ever_later() {
        assert_eq!((pause_s(0), pause_s(1), pause_s(2), pause_s(8), pause_s(99)), (60, 60, 300, 86_400, 86_400));
    }

    #[test]
    fn request_by_hand_renews_near_the_end_only() {
        let now = Timestamp::from_secs(0);
        assert!(may_renew_early(now.plus_secs(29 * DAY_S), now.plus_secs(5), now));
        assert!(may_renew_early(now.plus_secs(60 * DAY_S), now, now));
        assert!(!may_renew_early(now.plus_secs(60 * DAY_S), now.plus_secs(5), now));
    }

    proptest! {
        #[test]
        fn renewal_lies_in_the_life_of_a_certificate(start in 0_i64..4_000_000_000, life in 0_i64..400_000_000, part in 0.0_f64..1.0) {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a share of a bound")]
            let draw = |bound: u64| (bound as f64 * part) as u64;
            let at = renewal_at(start, start + life, draw);
            prop_assert!(at >= start + life / 2 - 2 && at <= start + life, "{at}");
            let moment = moment_of_window(start, start + life, start + 5, draw);
            prop_assert!(moment >= start + 5 && moment <= (start + life).max(start + 5));
        }
    }
}
