//! Figures over results: rates, averages, percentiles, how flaky a test is. Nothing is invented: no results, no rate.

use schemars::JsonSchema;
use serde::Serialize;

use super::result::{Mark, ResultStatus};

/// What a history says as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Figures {
    pub total: usize,
    pub passed: usize,
    pub failed: usize,
    /// 0-1; null without a result that counts.
    pub pass_rate: Option<f64>,
    /// 0-1: results that passed only after a failed attempt, and changes between passed and failed of one result to the next.
    pub flaky_rate: Option<f64>,
    pub avg_duration_ms: Option<i64>,
    pub p95_duration_ms: Option<i64>,
}

/// Of results, newest first. Skipped and cancelled ones say nothing about the test.
pub fn of(marks: &[Mark]) -> Figures {
    let counted: Vec<&Mark> = marks.iter().filter(|m| !matches!(m.status, ResultStatus::Skipped | ResultStatus::Cancelled)).collect();
    let total = counted.len();
    let passed = counted.iter().filter(|m| m.status == ResultStatus::Passed).count();
    let mut durations: Vec<i64> = counted.iter().map(|m| m.duration_ms).collect();
    durations.sort_unstable();
    let sum: i64 = durations.iter().sum();
    Figures {
        total,
        passed,
        failed: total - passed,
        pass_rate: share(passed, total),
        flaky_rate: share(unsteady(&counted), total),
        avg_duration_ms: i64::try_from(total).ok().filter(|n| *n > 0).map(|n| sum / n),
        p95_duration_ms: percentile(&durations, 95),
    }
}

/// Results the flakiness of a test is judged by, and how few are too few to hold it back.
pub const SCORED: i64 = 20;
const SCORED_MIN: usize = 10;

/// How often a test changed between passed and failed (quality spec D.8.8): changes over one less than the results that
/// count, newest first; unknown with fewer than ten.
#[expect(clippy::cast_precision_loss, reason = "at most twenty results")]
pub fn flaky_score(marks: &[Mark]) -> Option<f64> {
    let ended = |m: &&Mark| !matches!(m.status, ResultStatus::Skipped | ResultStatus::Cancelled);
    let passed: Vec<bool> = marks.iter().filter(ended).map(|m| m.status == ResultStatus::Passed).collect();
    let changes = passed.windows(2).filter(|w| w.first() != w.last()).count();
    (passed.len() >= SCORED_MIN).then(|| changes as f64 / (passed.len() - 1) as f64)
}

/// Results that went through another outcome: flaky in themselves, or other than the one before.
fn unsteady(counted: &[&Mark]) -> usize {
    let passed = |m: &Mark| m.status == ResultStatus::Passed;
    let turned = |n: usize, m: &Mark| counted.get(n + 1).is_some_and(|before| passed(before) != passed(m));
    counted.iter().enumerate().filter(|(n, m)| m.flaky || turned(*n, m)).count()
}

#[expect(clippy::cast_precision_loss, reason = "a share of at most some thousand results")]
fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| (part as f64 / whole as f64 * 10_000.0).round() / 10_000.0)
}

/// The nearest rank of sorted values.
fn percentile(sorted: &[i64], percent: usize) -> Option<i64> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.checked_sub(1)?).copied()
}

#[cfg(test)]
mod tests {
    use argos_kernel::{SeededRng, SystemClock, Timestamp, Uid};

    use super::*;

    fn mark(status: ResultStatus, flaky: bool, duration_ms: i64) -> Mark {
        let uid = Uid::mint(&SystemClock, &SeededRng::new(1));
        Mark { test_uid: uid, run_uid: uid, status, flaky, healed: false, duration_ms, completed_at: Timestamp::from_secs(1) }
    }

    #[test]
    fn nothing_ran_gives_no_rate() {
        assert_eq!(of(&[]), Figures::default());
        assert_eq!(of(&[mark(ResultStatus::Cancelled, false, 5)]), Figures::default());
    }

    #[test]
    fn test_is_as_flaky_as_it_changes_and_unknown_with_few_results() {
        use ResultStatus::{Cancelled, Failed, Passed};
        let marks = |list: &[ResultStatus]| list.iter().map(|s| mark(*s, false, 1)).collect::<Vec<_>>();
        assert_eq!(flaky_score(&marks(&[Passed, Failed, Passed, Failed, Passed, Failed, Passed, Failed, Passed])), None);
        assert_eq!(flaky_score(&marks(&[Passed, Failed].repeat(5))), Some(1.0));
        assert_eq!(flaky_score(&marks(&[Failed; 12])), Some(0.0));
        let mut mixed = vec![Cancelled, Failed];
        mixed.extend([Passed; 9]);
        assert_eq!(flaky_score(&marks(&mixed)), Some(1.0 / 9.0));
    }

    #[test]
    fn rates_count_what_passed_and_what_turned() {
        use ResultStatus::{Failed, Passed, Skipped};
        let marks =
            [mark(Passed, false, 10), mark(Skipped, false, 0), mark(Passed, true, 30), mark(Failed, false, 20), mark(Failed, false, 100)];
        let figures = of(&marks);
        assert_eq!((figures.total, figures.passed, figures.failed), (4, 2, 2));
        assert_eq!((figures.pass_rate, figures.flaky_rate), (Some(0.5), Some(0.25)));
        assert_eq!((figures.avg_duration_ms, figures.p95_duration_ms), (Some(40), Some(100)));
    }
}
