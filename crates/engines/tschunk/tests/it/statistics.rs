//! Anomaly band, robust score and trend on series whose answers are known.

use argos_tschunk::{Point, RobustConfig, band, robust_score, robust_scores, trend};
use proptest::prelude::*;

const SECOND: i64 = 1_000_000;

fn line(n: i64, slope: f64, start: f64) -> Vec<Point> {
    (0..n).map(|i| Point::new(i * 300 * SECOND, start + slope * (i * 300) as f64)).collect()
}

#[test]
fn band_of_fewer_than_four_values_is_empty() {
    assert!(band(&[1.0, 2.0, 3.0]).is_empty());
    assert_eq!(band(&[1.0; 4]).len(), 4);
}

#[test]
fn band_of_constant_values_has_the_least_sigma() {
    for value in [5.0, 0.1] {
        for b in band(&[value; 30]) {
            assert_eq!(b.sigma, 0.0001);
            assert!((b.upper - value - 0.00025).abs() < 1e-9 && (value - b.lower - 0.00025).abs() < 1e-9);
        }
    }
}

#[test]
fn band_window_is_centred_and_a_third_of_the_series() {
    // n = 30: w = 10, so the window of index 15 is 10..=20.
    let values: Vec<f64> = (0..30).map(f64::from).collect();
    let b = band(&values)[15];
    assert_eq!(b.mean, 15.0);
    assert!((b.sigma - 10.0_f64.sqrt()).abs() < 1e-12);
    // The first one is clipped: 0..=5.
    assert_eq!(band(&values)[0].mean, 2.5);
}

#[test]
fn band_of_series_with_spike_excludes_only_the_spike() {
    let mut values: Vec<f64> = (0..60).map(|i| 50.0 + f64::from(i % 3)).collect();
    values[30] = 95.0;
    let out: Vec<usize> = band(&values).iter().zip(&values).enumerate().filter(|(_, (b, v))| b.excludes(**v)).map(|(i, _)| i).collect();
    assert_eq!(out, [30]);
}

#[test]
fn robust_score_of_step_in_short_history_flags_where_the_band_cannot() {
    let config = RobustConfig::trailing(60);
    let history: Vec<f64> = (0..10).map(|i| 20.0 + f64::from(i % 2)).collect();
    let score = robust_score(&history, 60.0, &config).unwrap();
    assert!(score.anomalous && score.score > 3.5);
    assert_eq!(score.median, 20.5);
    assert!(!robust_score(&history, 21.0, &config).unwrap().anomalous);
    // The same ten points and the spike in one short window stay inside the band.
    let mut window = history[..5].to_vec();
    window.push(60.0);
    assert!(!band(&window)[5].excludes(60.0));
    assert_eq!(robust_score(&history[..9], 60.0, &config), None);
    assert_eq!(robust_score(&history, f64::NAN, &config), None);
}

#[test]
fn robust_score_of_constant_history_tolerates_the_relative_floor() {
    let config = RobustConfig::trailing(60);
    let history = [1.0e9; 20];
    assert!(!robust_score(&history, 1.0e9 + 4096.0, &config).unwrap().anomalous);
    assert!(robust_score(&history, 1.1e9, &config).unwrap().anomalous);
}

#[test]
fn robust_score_of_mostly_constant_history_falls_back_to_mean_deviation() {
    let mut history = vec![0.0; 19];
    history.push(20.0);
    let score = robust_score(&history, 1.0, &RobustConfig::trailing(60)).unwrap();
    assert!((score.scale - 1.2533).abs() < 1e-9 && !score.anomalous);
}

#[test]
fn trend_of_exact_line_finds_it_and_when_it_is_full() {
    let t = trend(&line(12, 0.01, 50.0)).unwrap();
    assert!((t.slope_per_s - 0.01).abs() < 1e-12);
    assert!((t.value_at_origin - 50.0).abs() < 1e-9);
    assert!((t.r2.unwrap() - 1.0).abs() < 1e-12);
    // 50 + 0.01 s = 100 after 5000 s; the last point is at 3300 s.
    assert!((t.reaches(100.0).unwrap() - 5000 * SECOND).abs() < SECOND);
    assert_eq!(t.reaches(60.0), None, "already passed");
    assert!((t.at(5000 * SECOND) - 100.0).abs() < 1e-9);
}

#[test]
fn trend_without_a_rise_never_fills() {
    assert_eq!(trend(&line(12, -0.01, 50.0)).unwrap().reaches(100.0), None);
    let flat = trend(&line(12, 0.0, 50.0)).unwrap();
    assert_eq!((flat.slope_per_s, flat.r2, flat.reaches(100.0)), (0.0, None, None));
    assert_eq!(trend(&line(1, 0.0, 50.0)), None);
    assert_eq!(trend(&[]), None);
    assert_eq!(trend(&line(2, 1e-30, 0.0)).unwrap().reaches(1e12), None, "beyond the calendar");
}

proptest! {
    #[test]
    fn trend_residuals_sum_to_zero(values in proptest::collection::vec(-1000.0_f64..1000.0, 2..60)) {
        let points: Vec<Point> = values.iter().enumerate().map(|(i, v)| Point::new(i as i64 * SECOND, *v)).collect();
        let t = trend(&points).unwrap();
        let (mut sum, mut moment) = (0.0, 0.0);
        for p in &points {
            let residual = p.v - t.at(p.t);
            sum += residual;
            moment += residual * (p.t / SECOND) as f64;
        }
        // The normal equations of least squares.
        prop_assert!(sum.abs() < 1e-6 && moment.abs() < 1e-4);
        prop_assert!(t.r2.is_none_or(|r2| (0.0..=1.0).contains(&r2)));
    }

    #[test]
    fn robust_scores_look_only_back(values in proptest::collection::vec(-100.0_f64..100.0, 12..40), at in 11_usize..30) {
        let config = RobustConfig::trailing(20);
        let at = at.min(values.len() - 1);
        let scores = robust_scores(&values, &config);
        let mut changed = values.clone();
        for v in &mut changed[at + 1..] {
            *v += 1e6;
        }
        prop_assert_eq!(&robust_scores(&changed, &config)[..=at], &scores[..=at]);
        prop_assert!(scores[..10].iter().all(Option::is_none) && scores[10].is_some());
    }

    #[test]
    fn band_always_holds_its_mean(values in proptest::collection::vec(-1e9_f64..1e9, 4..80)) {
        let bands = band(&values);
        prop_assert_eq!(bands.len(), values.len());
        prop_assert!(bands.iter().all(|b| b.lower < b.mean && b.mean < b.upper));
    }
}
