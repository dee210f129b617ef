//! How long a step should wait for its element.

/// Without anything known, in milliseconds.
const DEFAULT_MS: f64 = 5_000.0;
const MIN_MS: f64 = 1_000.0;
const MAX_MS: f64 = 60_000.0;
/// Times that are proposed are whole ones of these, so that two runs propose the same.
const TIME_STEP_MS: u64 = 1_000;
/// Waits that are looked at, the last ones.
const WAITS: usize = 20;

/// How much a page does before it is ready, from how long it loads in milliseconds and how many elements it has.
pub fn page_factor(load_ms: f64, elements: usize) -> f64 {
    if load_ms > 5_000.0 || elements > 100 {
        2.0
    } else if load_ms > 3_000.0 || elements > 50 {
        1.5
    } else if load_ms > 1_500.0 || elements > 20 {
        1.0
    } else {
        0.8
    }
}

/// The timeout in milliseconds for a step whose last waits are known, at its `n`th try.
pub fn patience(waits_ms: &[u64], factor: f64, n: u32) -> u64 {
    let mut last: Vec<u64> = waits_ms.iter().rev().take(WAITS).copied().collect();
    last.sort_unstable();
    let place = (last.len() * 95).div_ceil(100).saturating_sub(1);
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of a step")]
    let base = last.get(place).map_or(DEFAULT_MS, |wait| *wait as f64 * 1.2);
    let again = (1.0 + 0.5 * f64::from(n.max(1) - 1)).min(4.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "held between a second and a minute")]
    let timeout = (base * factor * again).clamp(MIN_MS, MAX_MS).round() as u64;
    timeout
}

/// The timeout to propose in milliseconds where the element came after `took_ms`: never less than that.
pub fn enough(waits_ms: &[u64], took_ms: u64, factor: f64, n: u32) -> u64 {
    let waits: Vec<u64> = waits_ms.iter().copied().chain([took_ms]).collect();
    patience(&waits, factor, n).max(took_ms).div_ceil(TIME_STEP_MS) * TIME_STEP_MS
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{enough, page_factor, patience};

    #[test]
    fn patience_follows_the_slowest_of_the_last_waits() {
        assert_eq!(patience(&[], 1.0, 1), 5_000);
        assert_eq!(patience(&[2_000, 4_000], 1.0, 1), 4_800);
        assert_eq!(patience(&[2_000], 2.0, 2), 7_200);
        let mut waits = vec![50_000];
        waits.extend([2_000; 20]);
        assert_eq!(patience(&waits, 1.0, 1), 2_400, "what was long ago is forgotten");
        assert_eq!([page_factor(100.0, 5), page_factor(100.0, 60), page_factor(6_000.0, 5)], [0.8, 1.5, 2.0]);
    }

    #[test]
    fn time_that_is_proposed_follows_how_long_the_step_waited_before_and_is_never_less_than_it_took() {
        assert_eq!(enough(&[9_000; 20], 6_500, 0.8, 1), 9_000);
        assert_eq!(enough(&[], 6_500, 1.0, 1), 8_000);
        assert_eq!(enough(&[], 90_000, 0.8, 1), 90_000);
    }

    proptest! {
        #[test]
        fn patience_has_bounds(waits in prop::collection::vec(any::<u64>(), 0..40), factor in 0.1..10.0f64, n in any::<u32>()) {
            prop_assert!((1_000..=60_000).contains(&patience(&waits, factor, n)));
        }
    }
}
