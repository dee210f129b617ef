//! Queries over open heads, chunks and rollups against naive models over all points.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use argos_metrics::{Function, Kind, Labels, SeriesId};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::stage::{START, Stage};

/// What may happen between two appends.
#[derive(Clone, Copy, Debug)]
enum Event {
    Nothing,
    Flush,
    SealDue,
    SealAll,
    /// Flush, then forget the memory.
    Restart,
    /// Forget the memory at once.
    Crash,
    Compact,
}

/// Seconds after the newest point, or before it (late), and a value.
#[derive(Clone, Debug)]
struct Step {
    ahead_s: i64,
    value: u8,
    event: Event,
}

fn events() -> impl Strategy<Value = Event> {
    prop_oneof![
        30 => Just(Event::Nothing),
        3 => Just(Event::Flush),
        1 => Just(Event::SealDue),
        3 => Just(Event::SealAll),
        1 => Just(Event::Restart),
        1 => Just(Event::Crash),
        1 => Just(Event::Compact),
    ]
}

fn steps(late: bool) -> impl Strategy<Value = Vec<Step>> {
    let back = if late { -7000_i64..0 } else { 1..9 };
    let ahead = prop_oneof![20 => 1_i64..9, 4 => 9_i64..400, 1 => 400_i64..20_000, 4 => back];
    let one = (ahead, any::<u8>(), events()).prop_map(|(ahead_s, value, event)| Step { ahead_s, value, event });
    proptest::collection::vec(one, 1..250)
}

#[derive(Clone, Debug)]
struct Query {
    from_s: i64,
    length_s: i64,
    step_s: i64,
}

fn queries() -> impl Strategy<Value = Vec<Query>> {
    let step = prop_oneof![Just(1_i64), Just(7), Just(45), Just(60), Just(90), Just(300), Just(3600), Just(7200)];
    let one = (-4000_i64..60_000, 1_i64..60_000, step).prop_map(|(from_s, length_s, step_s)| Query { from_s, length_s, step_s });
    proptest::collection::vec(one, 1..6)
}

/// The points that must be there, by second; and those that a crash may take.
#[derive(Default)]
struct Model {
    kept: BTreeMap<i64, f64>,
    unflushed: Vec<i64>,
}

impl Model {
    /// Plays the steps on the stage. Times are unique: what repeats a time is covered elsewhere.
    async fn play(&mut self, s: &mut Stage, id: SeriesId, metric: &str, kind: Kind, steps: &[Step]) {
        let mut id = id;
        let mut newest = 0;
        for step in steps {
            let t = newest + step.ahead_s;
            if let Entry::Vacant(place) = self.kept.entry(t) {
                newest = newest.max(t);
                assert!(s.put(id, t, f64::from(step.value)));
                place.insert(f64::from(step.value));
                self.unflushed.push(t);
            }
            match step.event {
                Event::Nothing => {}
                Event::Flush => s.metrics.flush().await.unwrap(),
                Event::SealDue => drop(s.metrics.seal(false).await.unwrap()),
                Event::SealAll => drop(s.metrics.seal(true).await.unwrap()),
                Event::Compact => drop(s.metrics.compact().await.unwrap()),
                Event::Restart => {
                    s.metrics.flush().await.unwrap();
                    self.unflushed.clear();
                    s.crash().await;
                }
                Event::Crash => {
                    s.crash().await;
                    for t in self.unflushed.drain(..) {
                        self.kept.remove(&t);
                    }
                }
            }
            if matches!(step.event, Event::Flush | Event::SealAll) {
                self.unflushed.clear();
            }
            // A due seal makes the pending points of every series durable, if it sealed anything.
            if matches!(step.event, Event::SealDue) && s.metrics.stats().pending_points == 0 {
                self.unflushed.clear();
            }
            id = s.series(metric, &[], kind).await;
        }
    }

    /// The points of each bin with the point before the bin.
    fn bins(&self, q: &Query) -> Vec<(Option<f64>, Vec<f64>)> {
        let first = (START + q.from_s).div_euclid(q.step_s) * q.step_s - START;
        let bins = (q.from_s + q.length_s - first + q.step_s - 1) / q.step_s;
        (0..bins)
            .map(|i| {
                let low = first + i * q.step_s;
                let before = self.kept.range(..low).next_back().map(|(_, v)| *v);
                (before, self.kept.range(low..low + q.step_s).map(|(_, v)| *v).collect())
            })
            .collect()
    }
}

async fn ask(s: &Stage, q: &Query, function: Function) -> Vec<Option<f64>> {
    let from = (START + q.from_s) * 1_000_000;
    let result = s.metrics.query("m", &Labels::new(), from, from + q.length_s * 1_000_000, q.step_s * 1_000_000, function).await;
    result.unwrap().series.remove(0).values
}

fn filled<T>(values: &[f64], of: impl Fn(&[f64]) -> T) -> Option<T> {
    (!values.is_empty()).then(|| of(values))
}

async fn compare_gauge(s: &Stage, model: &Model, q: &Query) {
    let bins = model.bins(q);
    type Of = fn(&[f64]) -> f64;
    let simple: [(Function, Of); 6] = [
        (Function::Avg, |v| v.iter().sum::<f64>() / v.len() as f64),
        (Function::Min, |v| v.iter().copied().fold(f64::INFINITY, f64::min)),
        (Function::Max, |v| v.iter().copied().fold(f64::NEG_INFINITY, f64::max)),
        (Function::Sum, |v| v.iter().sum()),
        (Function::Count, |v| v.len() as f64),
        (Function::Last, |v| v[v.len() - 1]),
    ];
    for (function, of) in simple {
        let expected: Vec<_> = bins.iter().map(|(_, v)| filled(v, of)).collect();
        assert_eq!(ask(s, q, function).await, expected, "{function:?} {q:?}");
    }
    let delta = ask(s, q, Function::Delta).await;
    for ((before, values), got) in bins.iter().zip(delta) {
        // Without a reading before it, a bin's change begins at its first sample, which is coarser in rollups.
        if let (Some(before), Some(last)) = (before, values.last()) {
            assert_eq!(got, Some(last - before), "{q:?}");
        }
    }
}

fn run(cases: u32, late: bool, kind: Kind, compare: &impl AsyncFn(&Stage, &Model, &Query)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, max_shrink_iters: 200, ..Config::default() });
    let outcome = runner.run(&(steps(late), queries()), |(steps, queries)| {
        runtime.block_on(async {
            for mut s in Stage::each().await {
                let mut model = Model::default();
                let id = s.series("m", &[], kind).await;
                model.play(&mut s, id, "m", kind, &steps).await;
                let raw: Vec<(i64, f64)> = model.kept.iter().map(|(t, v)| (*t, *v)).collect();
                assert_eq!(s.raw("m").await, raw);
                for q in &queries {
                    compare(&s, &model, q).await;
                }
                s.metrics.seal(true).await.unwrap();
                s.at(10 * 86_400);
                s.metrics.compact().await.unwrap();
                for q in &queries {
                    compare(&s, &model, q).await;
                }
            }
        });
        Ok(())
    });
    assert!(outcome.is_ok(), "{}", outcome.unwrap_err());
}

#[test]
fn gauge_queries_equal_the_naive_buckets_through_seals_crashes_and_late_points() {
    run(48, true, Kind::Gauge, &async |s, model, q| compare_gauge(s, model, q).await);
}

#[test]
fn counter_queries_equal_the_pairwise_increments_through_seals_and_resets() {
    run(48, false, Kind::Counter, &async |s, model, q| {
        let first = (START + q.from_s).div_euclid(q.step_s) * q.step_s - START;
        let mut sums: BTreeMap<i64, (f64, f64)> = BTreeMap::new();
        let all: Vec<(i64, f64)> = model.kept.iter().map(|(t, v)| (*t, *v)).collect();
        for pair in all.windows(2) {
            let grown = if pair[1].1 >= pair[0].1 { pair[1].1 - pair[0].1 } else { pair[1].1 };
            let entry = sums.entry((pair[1].0 - first).div_euclid(q.step_s)).or_default();
            *entry = (entry.0 + grown, entry.1 + 1.0);
        }
        let bins = 0..model.bins(q).len() as i64;
        let expected: Vec<_> = bins.clone().map(|i| sums.get(&i).map(|s| s.0)).collect();
        assert_eq!(ask(s, q, Function::Increase).await, expected, "{q:?}");
        let counts: Vec<_> = bins.map(|i| sums.get(&i).map(|s| s.1)).collect();
        assert_eq!(ask(s, q, Function::Count).await, counts, "{q:?}");
        let last: Vec<_> = model.bins(q).iter().map(|(_, v)| v.last().copied()).collect();
        assert_eq!(ask(s, q, Function::Last).await, last, "{q:?}");
    });
}

#[tokio::test]
async fn late_counter_readings_never_change_the_total_increase() {
    for s in Stage::each().await {
        let id = s.series("m", &[], Kind::Counter).await;
        for (t, v) in [(0, 0.0), (60, 100.0), (120, 200.0)] {
            s.put(id, t, v);
        }
        s.metrics.seal(true).await.unwrap();
        s.put(id, 90, 150.0);
        s.put(id, 180, 300.0);
        let q = Query { from_s: 0, length_s: 240, step_s: 60 };
        for _ in 0..2 {
            let total: f64 = ask(&s, &q, Function::Increase).await.into_iter().flatten().sum();
            assert_eq!(total, 300.0);
            s.metrics.seal(true).await.unwrap();
        }
        // Raw points know better where it grew.
        let fine = ask(&s, &Query { step_s: 30, ..q }, Function::Increase).await;
        assert_eq!(fine, [None, None, Some(100.0), Some(50.0), Some(50.0), None, Some(100.0), None]);
    }
}

#[tokio::test]
async fn points_sent_twice_show_the_last_value_and_count_once() {
    for s in Stage::each().await {
        let id = s.gauge("m").await;
        s.put(id, 0, 1.0);
        s.put(id, 10, 1.0);
        s.put(id, 10, 3.0);
        s.metrics.seal(true).await.unwrap();
        s.put(id, 10, 5.0);
        s.put(id, 20, 5.0);
        for _ in 0..2 {
            assert_eq!(s.raw("m").await, [(0, 1.0), (10, 5.0), (20, 5.0)]);
            let q = Query { from_s: 0, length_s: 60, step_s: 60 };
            assert_eq!(ask(&s, &q, Function::Count).await, [Some(3.0)]);
            assert_eq!(ask(&s, &q, Function::Sum).await, [Some(9.0)]);
            s.metrics.seal(true).await.unwrap();
        }
    }
}

#[tokio::test]
async fn quantile_of_a_minute_is_that_of_its_points() {
    let s = Stage::sqlite().await;
    let id = s.gauge("m").await;
    for i in 0..12 {
        s.put(id, i * 5, i as f64);
    }
    s.metrics.seal(true).await.unwrap();
    let q = Query { from_s: 0, length_s: 60, step_s: 60 };
    assert_eq!(ask(&s, &q, Function::Quantile(1.0)).await, [Some(11.0)]);
    assert_eq!(ask(&s, &q, Function::Quantile(0.5)).await, [Some(5.5)]);
}
