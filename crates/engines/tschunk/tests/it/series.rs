//! Rollups, merging and resampling against models that do it the slow and obvious way.

use argos_tschunk::{
    Bucket, Function, Grid, GridError, Kind, Point, Step, aggregate, coarsen, merge, minmax_downsample, resample, rollup, samples,
};
use proptest::prelude::*;

const SECOND: i64 = 1_000_000;

fn at(seconds: i64, v: f64) -> Point {
    Point::new(seconds * SECOND, v)
}

fn secs(n: u32) -> Step {
    Step::from_secs(n).expect("positive step")
}

fn grid(from: i64, to: i64, step: u32) -> Grid {
    Grid::new(from * SECOND, to * SECOND, secs(step)).expect("small grid")
}

fn query(points: &[Point], kind: Kind, grid: &Grid, function: Function) -> Vec<Option<f64>> {
    resample(samples(points, kind, None), kind, grid, function)
}

#[test]
fn rollup_of_two_samples_in_a_minute_is_their_mean_at_the_floor() {
    let buckets = rollup(&[at(125, 10.0), at(155, 20.0)], Kind::Gauge, Step::MINUTE, None);
    assert_eq!(buckets.len(), 1);
    assert_eq!((buckets[0].start, buckets[0].avg(), buckets[0].last()), (120 * SECOND, Some(15.0), Some(20.0)));
}

#[test]
fn rollup_of_nan_points_skips_them() {
    let buckets = rollup(&[at(0, f64::NAN), at(1, 4.0)], Kind::Gauge, Step::MINUTE, None);
    assert_eq!((buckets[0].count, buckets[0].avg()), (1, Some(4.0)));
    assert!(rollup(&[at(0, f64::NAN)], Kind::Gauge, Step::MINUTE, None).is_empty());
}

#[test]
fn resample_of_gaps_yields_none() {
    let points = [at(0, 1.0), at(5, 3.0), at(25, 7.0)];
    let g = grid(0, 40, 10);
    assert_eq!(query(&points, Kind::Gauge, &g, Function::Avg), [Some(2.0), None, Some(7.0), None]);
    assert_eq!(query(&points, Kind::Gauge, &g, Function::Count), [Some(2.0), None, Some(1.0), None]);
    assert_eq!(query(&points, Kind::Gauge, &g, Function::Delta), [Some(2.0), None, Some(4.0), None]);
    assert_eq!(query(&points, Kind::Gauge, &g, Function::Rate), [Some(0.4), None, Some(0.2), None]);
    assert_eq!(query(&points, Kind::Gauge, &g, Function::Increase), [None; 4]);
    assert_eq!(g.starts().collect::<Vec<_>>(), [0, 10, 20, 30].map(|s| s * SECOND));
}

#[test]
fn resample_of_counter_with_reset_counts_from_zero() {
    let points = [at(0, 100.0), at(10, 150.0), at(20, 30.0), at(30, 40.0)];
    let g = grid(0, 40, 20);
    // The first reading tells nothing; 50, then a restart that reached 30, then 10.
    assert_eq!(query(&points, Kind::Counter, &g, Function::Increase), [Some(50.0), Some(40.0)]);
    assert_eq!(query(&points, Kind::Counter, &g, Function::Rate), [Some(5.0), Some(2.0)]);
    assert_eq!(query(&points, Kind::Counter, &g, Function::Last), [Some(150.0), Some(40.0)]);
    assert_eq!(query(&points[..1], Kind::Counter, &g, Function::Increase), [None, None]);
    // With the reading before the range, the first bin is complete.
    let late = Grid::new(10 * SECOND, 20 * SECOND, secs(10)).unwrap();
    assert_eq!(query(&points, Kind::Counter, &late, Function::Increase), [Some(50.0)]);
}

#[test]
fn aggregate_of_window_takes_only_its_samples() {
    let points = [at(0, 1.0), at(10, 5.0), at(20, 9.0), at(30, 100.0)];
    let over = |f| aggregate(samples(&points, Kind::Gauge, None), Kind::Gauge, 5 * SECOND, 25 * SECOND, f);
    assert_eq!(over(Function::Avg), Some(7.0));
    assert_eq!(over(Function::Delta), Some(8.0));
    assert_eq!(over(Function::Quantile(0.5)), Some(7.0));
    assert_eq!(aggregate([], Kind::Gauge, 0, 1, Function::Sum), None);
}

#[test]
fn grid_of_impossible_ranges_is_refused() {
    assert_eq!(Grid::new(5, 5, secs(1)), Err(GridError::Empty));
    assert_eq!(Grid::new(i64::MIN, i64::MAX, secs(1)), Err(GridError::TooManyBins));
    assert_eq!(Grid::new(-1, 1, secs(1)).map(|g| (g.start(), g.bins())), Ok((-SECOND, 2)));
}

#[test]
fn function_names_parse() {
    assert_eq!("avg".parse(), Ok(Function::Avg));
    assert_eq!("p99.9".parse(), Ok(Function::Quantile(99.9 / 100.0)));
    for bad in ["p101", "pNaN", "p", "median", ""] {
        assert!(bad.parse::<Function>().is_err(), "{bad}");
    }
}

#[test]
fn minmax_downsample_of_a_spike_keeps_it() {
    let mut points: Vec<Point> = (0..1000).map(|i| at(i, 1.0)).collect();
    points[437].v = 99.0;
    points[438].v = -99.0;
    points[500].v = f64::NAN;
    let out = minmax_downsample(&points, 0, 1000 * SECOND, 50);
    assert!(out.len() <= 100);
    assert!(out.contains(&at(437, 99.0)) && out.contains(&at(438, -99.0)));
    assert!(out.windows(2).all(|w| w[0].t < w[1].t));
    assert_eq!(minmax_downsample(&points[..20], 0, 1000 * SECOND, 50), points[..20]);
    assert!(minmax_downsample(&points, 0, 0, 50).is_empty());
    assert!(minmax_downsample(&points, 0, 10, 0).is_empty());
}

/// Ascending points with small integer values: sums are exact, so models may be compared exactly.
fn series() -> impl Strategy<Value = Vec<Point>> {
    proptest::collection::vec((1_i64..40, 0_i32..50), 0..80).prop_map(|steps| {
        let mut t = 0;
        steps
            .into_iter()
            .map(|(step, v)| {
                t += step;
                at(t, f64::from(v))
            })
            .collect()
    })
}

/// (increase, covered seconds) per bin, pair by pair.
fn naive_increase(points: &[Point], from: i64, step: i64, bins: usize) -> Vec<Option<(f64, f64)>> {
    (0..bins as i64)
        .map(|bin| {
            let (low, high) = (from + bin * step, from + (bin + 1) * step);
            let mut total = None;
            for pair in points.windows(2) {
                let (before, now) = (pair[0], pair[1]);
                if now.t >= low && now.t < high {
                    let grown = if now.v < before.v { now.v } else { now.v - before.v };
                    let (sum, seconds) = total.unwrap_or((0.0, 0.0));
                    total = Some((sum + grown, seconds + (now.t - before.t) as f64 / 1e6));
                }
            }
            total
        })
        .collect()
}

proptest! {
    #[test]
    fn rate_and_increase_equal_the_pairwise_model(points in series(), from in 0_i64..300, step in 1_u32..90) {
        let g = grid(from, from + 900, step);
        let model = naive_increase(&points, g.start(), g.step().micros(), g.bins());
        let increase = query(&points, Kind::Counter, &g, Function::Increase);
        prop_assert_eq!(&increase, &model.iter().map(|m| m.map(|(sum, _)| sum)).collect::<Vec<_>>());
        for (rate, m) in query(&points, Kind::Counter, &g, Function::Rate).into_iter().zip(&model) {
            match (rate, m) {
                (Some(rate), Some((sum, seconds))) => prop_assert!((rate - sum / seconds).abs() < 1e-9),
                (rate, m) => prop_assert_eq!(rate.is_none(), m.is_none()),
            }
        }
    }

    #[test]
    fn rollup_of_any_series_equals_the_model(points in series(), step in 1_u32..200) {
        let step = secs(step);
        let buckets = rollup(&points, Kind::Gauge, step, None);
        let mut seen = 0;
        for b in &buckets {
            let inside: Vec<f64> = points.iter().filter(|p| step.floor(p.t) == b.start).map(|p| p.v).collect();
            seen += inside.len();
            prop_assert_eq!(b.count as usize, inside.len());
            prop_assert_eq!(b.sum, inside.iter().sum::<f64>());
            prop_assert_eq!(b.min, inside.iter().copied().fold(f64::INFINITY, f64::min));
            prop_assert_eq!(b.max, inside.iter().copied().fold(f64::NEG_INFINITY, f64::max));
            prop_assert_eq!(Some(&b.last), inside.last());
        }
        prop_assert_eq!(seen, points.len());
        prop_assert!(buckets.windows(2).all(|w| w[0].start < w[1].start));
    }

    #[test]
    fn merge_of_partial_rollups_equals_one_rollup(
        points in series(),
        mask in proptest::collection::vec(any::<bool>(), 80),
        step in 1_u32..200,
    ) {
        let step = secs(step);
        let (mine, theirs): (Vec<_>, Vec<_>) = points.iter().zip(&mask).partition(|(_, mine)| **mine);
        let part = |half: Vec<(&Point, &bool)>| -> Vec<Bucket> {
            rollup(&half.into_iter().map(|(p, _)| *p).collect::<Vec<_>>(), Kind::Gauge, step, None)
        };
        let (mine, theirs) = (part(mine), part(theirs));
        let whole = rollup(&points, Kind::Gauge, step, None);
        prop_assert_eq!(merge(&mine, &theirs), whole.clone());
        prop_assert_eq!(merge(&theirs, &mine), whole);
    }

    #[test]
    fn coarsen_of_a_rollup_equals_the_coarse_rollup(points in series(), step in 1_u32..30, times in 1_u32..10) {
        for kind in [Kind::Gauge, Kind::Counter] {
            let fine = rollup(&points, kind, secs(step), None);
            let coarse = rollup(&points, kind, secs(step * times), None);
            prop_assert_eq!(coarsen(&fine, secs(step * times)), coarse);
        }
    }

    #[test]
    fn counter_rollup_cut_anywhere_keeps_the_increase(points in series(), cut in any::<prop::sample::Index>()) {
        prop_assume!(!points.is_empty());
        let cut = cut.index(points.len());
        let whole = rollup(&points, Kind::Counter, Step::MINUTE, None);
        let head = rollup(&points[..cut], Kind::Counter, Step::MINUTE, None);
        let previous = cut.checked_sub(1).map(|i| points[i]);
        let tail = rollup(&points[cut..], Kind::Counter, Step::MINUTE, previous);
        prop_assert_eq!(merge(&head, &tail), whole);
    }

    #[test]
    fn resample_of_rollup_equals_resample_of_points(points in series(), step in 1_u32..20, times in 1_u32..10) {
        let g = grid(0, 4000, step * times);
        for kind in [Kind::Gauge, Kind::Counter] {
            let rolled = rollup(&points, kind, secs(step), None);
            for f in [Function::Avg, Function::Min, Function::Max, Function::Sum, Function::Last, Function::Count, Function::Increase] {
                prop_assert_eq!(resample(rolled.iter().copied(), kind, &g, f), query(&points, kind, &g, f));
            }
        }
    }

    #[test]
    fn delta_over_bins_telescopes(points in series(), step in 1_u32..90) {
        prop_assume!(points.len() > 1);
        let total: f64 = query(&points, Kind::Gauge, &grid(0, 4000, step), Function::Delta).into_iter().flatten().sum();
        prop_assert_eq!(total, points[points.len() - 1].v - points[0].v);
    }

    #[test]
    fn quantile_equals_the_sorted_model(values in proptest::collection::vec(-50_i32..50, 1..40), q in 0.0_f64..=1.0) {
        let points: Vec<Point> = values.iter().enumerate().map(|(i, v)| at(i as i64, f64::from(*v))).collect();
        let got = query(&points, Kind::Gauge, &grid(0, 1000, 1000), Function::Quantile(q))[0].unwrap();
        let mut sorted: Vec<f64> = values.iter().map(|v| f64::from(*v)).collect();
        sorted.sort_by(f64::total_cmp);
        let rank = q * (sorted.len() - 1) as f64;
        let (low, high) = (sorted[rank.floor() as usize], sorted[rank.ceil() as usize]);
        prop_assert!((got - (low + (high - low) * rank.fract())).abs() < 1e-9);
    }

    #[test]
    fn minmax_downsample_keeps_the_extremes(points in series(), width in 1_usize..40) {
        let (from, to) = (0, 4000 * SECOND);
        let out = minmax_downsample(&points, from, to, width);
        prop_assert!(out.len() <= 2 * width);
        prop_assert!(out.windows(2).all(|w| w[0].t < w[1].t));
        prop_assert!(out.iter().all(|p| points.contains(p)));
        let extreme = |of: &[Point]| (
            of.iter().map(|p| p.v).fold(f64::INFINITY, f64::min),
            of.iter().map(|p| p.v).fold(f64::NEG_INFINITY, f64::max),
        );
        prop_assert_eq!(extreme(&out), extreme(&points));
    }
}
