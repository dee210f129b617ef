//! Seasons against curves whose period is known.

use argos_tschunk::{NoSeason, season};
use proptest::prelude::*;

const DAY: i64 = 86_400;
const WEEK: i64 = 7 * DAY;
const STEP: i64 = 300;

fn curve(days: i64, f: impl Fn(i64) -> f64) -> Vec<(i64, f64)> {
    (0..days * DAY / STEP).map(|i| (1_000_000_200 / STEP * STEP + i * STEP, f(i * STEP))).collect()
}
fn wave(t: i64, period: i64, shift: f64) -> f64 {
    (std::f64::consts::TAU * t as f64 / period as f64 + shift).sin()
}

#[test]
fn daily_wave_is_found_with_its_swing_and_phase() {
    let points = curve(7, |t| 5.0 * wave(t, DAY, 1.0));
    let found = season(&points, STEP, &[DAY, WEEK]).unwrap();
    assert_eq!(found.period_s, DAY);
    assert!(found.correlation > 0.8 && (found.amplitude - 5.0).abs() < 0.01, "{found:?}");
    for (t, v) in &points {
        assert!((found.at(*t) - v).abs() < 0.05, "{t}: {} instead of {v}", found.at(*t));
    }
}

#[test]
fn working_week_is_found_when_the_history_holds_two_of_them() {
    let working_days = |days| curve(days, |t| if (t / DAY) % 7 < 5 { 4.0 + 2.0 * wave(t, DAY, 0.0) } else { -8.0 });
    assert_eq!(season(&working_days(28), STEP, &[DAY, WEEK]).unwrap().period_s, WEEK);
    let short = season(&working_days(13), STEP, &[DAY, WEEK]).map(|s| s.period_s);
    assert_ne!(short, Ok(WEEK), "less than two weeks name no week");
}

#[test]
fn what_is_not_there_is_not_named_and_the_reason_is_told() {
    let few = season(&curve(1, |t| wave(t, DAY, 0.0))[..40], STEP, &[DAY, WEEK]);
    assert_eq!(few, Err(NoSeason::FewPoints));
    assert_eq!(season(&curve(1, |t| wave(t, DAY, 0.0)), STEP, &[DAY, WEEK]), Err(NoSeason::ShortHistory));
    assert_eq!(season(&curve(7, |_| 42.0), STEP, &[DAY, WEEK]), Err(NoSeason::Flat));
    let noise = curve(7, |t| f64::from(u32::try_from((t / STEP) * 7919 % 104_729 * 31 % 1009).unwrap()) / 100.0);
    assert_eq!(season(&noise, STEP, &[DAY]), Err(NoSeason::NoPattern));
}

proptest! {
    /// Gaps, outliers and unknown values never break it, and what is named keeps its promises.
    #[test]
    fn any_points_are_judged_or_refused(points in prop::collection::vec((0_i64..20 * DAY, prop::num::f64::ANY), 0..400), step in 1_i64..4000) {
        if let Ok(s) = season(&points, step, &[DAY, WEEK]) {
            prop_assert!(s.correlation > 0.3 && s.correlation <= 1.0);
            prop_assert!(s.amplitude >= 0.0 && (s.period_s == DAY || s.period_s == WEEK));
        }
    }
    #[test]
    fn daily_wave_is_found_through_gaps(missing in prop::collection::vec(0_usize..2016, 0..600), shift in 0.0_f64..6.0) {
        let mut points = curve(7, |t| 5.0 * wave(t, DAY, shift));
        for i in missing {
            if i < points.len() {
                points[i].1 = f64::NAN;
            }
        }
        let s = season(&points, STEP, &[DAY, WEEK]).unwrap();
        prop_assert_eq!(s.period_s, DAY);
        prop_assert!((s.amplitude - 5.0).abs() < 0.3);
    }
}
