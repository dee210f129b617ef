//! Sets of half-open time intervals in microseconds: union, difference, length. Overlaps count once.

/// Inside `[from, to)`: sorted, disjoint, without empty ones. An interval without an end lasts until `to`.
pub(crate) fn merge(intervals: impl IntoIterator<Item = (i64, Option<i64>)>, from: i64, to: i64) -> Vec<(i64, i64)> {
    let clipped = intervals.into_iter().map(|(a, b)| (a.max(from), b.unwrap_or(to).min(to))).filter(|(a, b)| a < b);
    let mut all: Vec<(i64, i64)> = clipped.collect();
    all.sort_unstable();
    let mut out: Vec<(i64, i64)> = Vec::new();
    for (a, b) in all {
        match out.last_mut() {
            Some(last) if a <= last.1 => last.1 = last.1.max(b),
            _ => out.push((a, b)),
        }
    }
    out
}

/// What of `all` lies in none of `holes`. Both must come from [`merge`].
pub(crate) fn without(all: &[(i64, i64)], holes: &[(i64, i64)]) -> Vec<(i64, i64)> {
    let mut out = Vec::new();
    for (a, b) in all {
        let mut at = *a;
        for (x, y) in holes.iter().filter(|(x, y)| x < b && y > a) {
            if at < *x {
                out.push((at, *x));
            }
            at = at.max(*y);
        }
        if at < *b {
            out.push((at, *b));
        }
    }
    out
}

/// Microseconds covered. The intervals must be disjoint.
pub(crate) fn length(all: &[(i64, i64)]) -> i64 {
    all.iter().map(|(a, b)| b - a).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_set() -> impl Strategy<Value = Vec<(i64, Option<i64>)>> {
        prop::collection::vec((-20_i64..120, prop::option::of(-20_i64..120)), 0..10)
    }

    proptest! {
        #[test]
        fn sets_equal_counting_every_second(all in any_set(), holes in any_set(), from in 0_i64..50, len in 0_i64..60) {
            let to = from + len;
            let inside = |set: &[(i64, Option<i64>)], s: i64| set.iter().any(|(a, b)| *a <= s && b.is_none_or(|b| s < b));
            let (merged, cut) = (merge(all.clone(), from, to), merge(holes.clone(), from, to));
            let left = without(&merged, &cut);
            let count = |set: &[(i64, i64)], s: i64| set.iter().filter(|(a, b)| *a <= s && s < *b).count();
            for s in from..to {
                prop_assert_eq!(count(&merged, s), usize::from(inside(&all, s)));
                prop_assert_eq!(count(&left, s), usize::from(inside(&all, s) && !inside(&holes, s)));
            }
            prop_assert_eq!(length(&left), i64::try_from((from..to).filter(|s| inside(&all, *s) && !inside(&holes, *s)).count()).unwrap());
        }
    }
}
