//! Availability over a window (ops-core D.5): the union of outages counts, overlaps count once; outages inside maintenance
//! do not count, and maintenance leaves the window. Time in which nobody looked is stated, never guessed.

use crate::model::interval::{length, merge, without};

/// Start and end in microseconds; an open interval has no end.
pub(crate) type Raw = (i64, Option<i64>);

/// What a window of time was made of, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Availability {
    pub(crate) window_us: i64,
    /// Planned maintenance.
    pub(crate) excluded_us: i64,
    /// Outside maintenance.
    pub(crate) down_us: i64,
    /// Neither maintenance, nor known to be down, nor watched.
    pub(crate) unknown_us: i64,
}

pub(crate) fn availability(down: &[Raw], maintenance: &[Raw], watched: &[Raw], from: i64, to: i64) -> Availability {
    let to = to.max(from);
    let excluded = merge(maintenance.iter().copied(), from, to);
    let counted = without(&[(from, to)], &excluded);
    let down = without(&merge(down.iter().copied(), from, to), &excluded);
    let unwatched = without(&counted, &merge(watched.iter().copied(), from, to));
    let unknown = without(&unwatched, &down);
    Availability { window_us: to - from, excluded_us: length(&excluded), down_us: length(&down), unknown_us: length(&unknown) }
}

impl Availability {
    /// `100 * (counted - down) / counted`; `None` when nothing is counted.
    pub(crate) fn percent(self) -> Option<f64> {
        ratio(self.window_us - self.excluded_us - self.down_us, self.window_us - self.excluded_us)
    }
    /// The same over the time that is known only.
    pub(crate) fn observed_percent(self) -> Option<f64> {
        let known = self.window_us - self.excluded_us - self.unknown_us;
        ratio(known - self.down_us, known)
    }
}

#[expect(clippy::cast_precision_loss, reason = "a ratio of times; 2^53 microseconds are 285 years")]
fn ratio(part: i64, whole: i64) -> Option<f64> {
    (whole > 0).then(|| 100.0 * part as f64 / whole as f64)
}

/// Rounded to `places` decimals.
pub(crate) fn rounded(value: f64, places: i32) -> f64 {
    let factor = 10_f64.powi(places);
    (value * factor).round() / factor
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn overlaps_count_once_and_maintenance_leaves_the_window() {
        let down = [(10, Some(30)), (20, Some(40)), (90, None)];
        let whole = availability(&down, &[], &[(0, None)], 0, 100);
        assert_eq!((whole.down_us, whole.percent(), whole.unknown_us), (40, Some(60.0), 0));
        let planned = availability(&down, &[(0, Some(50))], &[(0, None)], 0, 100);
        assert_eq!((planned.down_us, planned.excluded_us, planned.percent()), (10, 50, Some(80.0)));
        assert_eq!(availability(&down, &[(0, None)], &[], 0, 100).percent(), None, "all of it was maintenance");
        assert_eq!(availability(&[], &[], &[], 5, 5).percent(), None);
        assert!((rounded(99.123_456, 4) - 99.1235).abs() < 1e-9);
    }

    #[test]
    fn unwatched_time_is_stated_and_left_out_of_what_was_observed() {
        let a = availability(&[(10, Some(20))], &[], &[(0, Some(40))], 0, 100);
        assert_eq!((a.unknown_us, a.percent(), a.observed_percent()), (60, Some(90.0), Some(75.0)));
        assert_eq!(availability(&[], &[], &[], 0, 100).observed_percent(), None, "nobody looked at all");
    }

    fn any_set() -> impl Strategy<Value = Vec<Raw>> {
        prop::collection::vec((-20_i64..120, prop::option::of(-20_i64..120)), 0..8)
    }

    proptest! {
        #[test]
        fn parts_equal_counting_every_second(down in any_set(), maint in any_set(), seen in any_set(), from in 0_i64..50, len in 0_i64..60) {
            let to = from + len;
            let inside = |set: &[Raw], s: i64| set.iter().any(|(a, b)| *a <= s && b.is_none_or(|b| s < b));
            let count = |test: &dyn Fn(i64) -> bool| i64::try_from((from..to).filter(|s| test(*s)).count()).unwrap();
            let expected = Availability {
                window_us: len,
                excluded_us: count(&|s| inside(&maint, s)),
                down_us: count(&|s| inside(&down, s) && !inside(&maint, s)),
                unknown_us: count(&|s| !inside(&down, s) && !inside(&maint, s) && !inside(&seen, s)),
            };
            let got = availability(&down, &maint, &seen, from, to);
            prop_assert_eq!(got, expected);
            prop_assert!(got.percent().is_none_or(|p| (0.0..=100.0).contains(&p)));
        }
    }
}
