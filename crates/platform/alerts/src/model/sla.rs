//! Availability over a window from firing intervals: the union of them counts, overlaps count once (ops-core D.5).

/// Microseconds covered by at least one of `intervals` inside `[from, to)`. An open interval has no end.
pub(crate) fn union_us(intervals: &[(i64, Option<i64>)], from: i64, to: i64) -> i64 {
    let mut clipped: Vec<(i64, i64)> =
        intervals.iter().map(|(a, b)| ((*a).max(from), b.unwrap_or(to).min(to))).filter(|(a, b)| a < b).collect();
    clipped.sort_unstable();
    let (mut covered, mut reached) = (0, from);
    for (a, b) in clipped {
        covered += (b - a.max(reached)).max(0);
        reached = reached.max(b);
    }
    covered
}

/// `100 * (window - down) / window`; `None` when the window is empty.
#[expect(clippy::cast_precision_loss, reason = "a ratio of times; 2^53 microseconds are 285 years")]
pub(crate) fn uptime_percent(down_us: i64, window_us: i64) -> Option<f64> {
    (window_us > 0).then(|| 100.0 * (window_us - down_us) as f64 / window_us as f64)
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
    fn overlapping_rows_count_once_and_open_ones_to_the_end() {
        assert_eq!(union_us(&[(10, Some(20)), (15, Some(30)), (15, Some(18)), (50, None)], 0, 60), 30);
        assert_eq!(union_us(&[(-100, Some(5)), (58, Some(1000))], 0, 60), 7);
        assert_eq!(union_us(&[], 0, 60), 0);
        assert_eq!(uptime_percent(36, 3600), Some(99.0));
        assert_eq!(uptime_percent(0, 0), None);
        assert!((rounded(99.123_456, 4) - 99.1235).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn union_equals_counting_every_second(
            intervals in prop::collection::vec((-20_i64..120, prop::option::of(-20_i64..120)), 0..12), from in 0_i64..50, len in 0_i64..60,
        ) {
            let to = from + len;
            let naive = (from..to).filter(|s| intervals.iter().any(|(a, b)| a <= s && b.is_none_or(|b| *s < b))).count();
            prop_assert_eq!(union_us(&intervals, from, to), i64::try_from(naive).unwrap());
        }
    }
}
