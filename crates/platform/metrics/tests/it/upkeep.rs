//! Retention, compaction, and what coarser tiers answer for finer ones that are gone.

use argos_metrics::{Function, Kind, Labels, Retention};

use crate::stage::{START, Stage};

const DAY: i64 = 86_400;

async fn values(s: &Stage, from: i64, to: i64, step: i64, function: Function) -> Vec<Option<f64>> {
    let q = s.metrics.query("m", &Labels::new(), (START + from) * 1_000_000, (START + to) * 1_000_000, step * 1_000_000, function).await;
    q.unwrap().series.remove(0).values
}

/// One point a minute, its value the hour of the day, sealed every six hours.
async fn fill(s: &Stage, days: i64) {
    let id = s.gauge("m").await;
    for minute in 0..days * 1440 {
        s.put(id, minute * 60, (minute / 60 % 24) as f64);
        if minute % 360 == 359 {
            s.metrics.seal(true).await.unwrap();
        }
    }
}

#[tokio::test]
async fn prune_removes_each_tier_at_its_own_age() {
    for s in Stage::each().await {
        fill(&s, 6).await;
        assert_eq!(s.count("chunks").await, 24);
        let rollups = s.count("rollups").await;
        s.at(6 * DAY);
        let gone = s.metrics.prune(Retention { raw_days: 2, minute_days: 4, hour_days: 400 }).await.unwrap();
        assert_eq!(gone, 16 + 8);
        assert_eq!((s.count("chunks").await, s.count("rollups").await), (8, rollups - 8));
        assert_eq!(s.raw("m").await.first(), Some(&(4 * DAY, 0.0)));
        assert_eq!(s.metrics.prune(Retention::default()).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn queries_over_pruned_points_fall_back_to_coarser_tiers() {
    for s in Stage::each().await {
        fill(&s, 6).await;
        let whole = values(&s, 0, 6 * DAY, 3600, Function::Avg).await;
        let minutes = values(&s, 0, 6 * DAY, 60, Function::Avg).await;
        s.at(6 * DAY);
        s.metrics.prune(Retention { raw_days: 1, minute_days: 2, hour_days: 400 }).await.unwrap();
        assert_eq!(values(&s, 0, 6 * DAY, 3600, Function::Avg).await, whole);
        // Minutes of the last two days, before them each hour in the bin of its start.
        let now = values(&s, 0, 6 * DAY, 60, Function::Avg).await;
        let kept = 4 * 1440;
        assert_eq!(now[kept..], minutes[kept..]);
        for (i, value) in now[..kept].iter().enumerate() {
            assert_eq!(*value, (i % 60 == 0).then_some((i / 60 % 24) as f64), "minute {i}");
        }
        // A step that needs raw points: raw on the last day, minutes on the day before, hours before that.
        let odd = values(&s, 3 * DAY + 1800, 3 * DAY + 3600 * 3, 90, Function::Count).await;
        assert_eq!(odd.iter().flatten().sum::<f64>(), 120.0);
        let odd = values(&s, 5 * DAY - 3600, 5 * DAY + 3600, 30, Function::Count).await;
        assert_eq!(odd.iter().flatten().count(), 120);
        // The change over the first bin still starts from the reading before it.
        assert_eq!(values(&s, 2 * DAY, 2 * DAY + 3600, 3600, Function::Delta).await, [Some(-23.0)]);
    }
}

#[tokio::test]
async fn compact_keeps_every_value_in_fewer_rows() {
    for s in Stage::each().await {
        fill(&s, 3).await;
        let ask = async || {
            let mut all = Vec::new();
            for step in [30, 60, 3600, 7200] {
                for function in [Function::Avg, Function::Min, Function::Max, Function::Sum, Function::Count, Function::Last] {
                    all.push(values(&s, 0, 3 * DAY, step, function).await);
                }
            }
            all
        };
        let before = ask().await;
        assert_eq!(s.count("rollups").await, 24);
        s.at(3 * DAY);
        let raw = s.raw("m").await;
        assert_eq!(s.metrics.compact().await.unwrap(), 3 + 3 + 1);
        // A row a day of points and of minutes, a row of hours.
        assert_eq!((s.count("chunks").await, s.count("rollups").await), (3, 4));
        assert_eq!(ask().await, before);
        assert_eq!(s.raw("m").await, raw);
        assert_eq!(s.metrics.compact().await.unwrap(), 0);
    }
}

#[tokio::test]
async fn compact_leaves_the_current_day_alone_and_joins_late_rows() {
    for s in Stage::each().await {
        fill(&s, 1).await;
        assert_eq!(s.metrics.compact().await.unwrap(), 0);
        s.at(DAY);
        assert_eq!(s.metrics.compact().await.unwrap(), 3);
        let id = s.gauge("m").await;
        s.put(id, 30, 24.0);
        s.metrics.seal(true).await.unwrap();
        assert_eq!((s.count("chunks").await, s.count("rollups").await), (2, 4));
        assert_eq!(s.metrics.compact().await.unwrap(), 3);
        assert_eq!(s.count("chunks").await, 1);
        assert_eq!(s.count("rollups").await, 2);
        assert_eq!(values(&s, 0, 60, 60, Function::Avg).await, [Some(12.0)]);
        assert_eq!(values(&s, 0, 60, 60, Function::Count).await, [Some(2.0)]);
    }
}

#[tokio::test]
async fn compact_with_a_damaged_row_ends_and_joins_the_others() {
    let s = Stage::sqlite().await;
    fill(&s, 1).await;
    s.sql("update metric_rollups set body = x'01' where id = 1").await;
    s.sql("update metric_chunks set body = x'01' where id = 1").await;
    s.at(DAY);
    assert_eq!(s.metrics.compact().await.unwrap(), 3);
    assert_eq!(s.metrics.compact().await.unwrap(), 0);
    assert_eq!((s.count("chunks").await, s.raw("m").await.len()), (2, 18 * 60));
    assert_eq!(values(&s, 6 * 3600, DAY, 3600, Function::Count).await, vec![Some(60.0); 18]);
}

#[tokio::test]
async fn compact_decides_between_points_of_one_time_as_arrival_did() {
    for s in Stage::each().await {
        let id = s.gauge("m").await;
        // Over midnight, then late ones on both sides of it.
        for (t, v) in [(DAY - 10, 1.0), (DAY + 10, 1.0)] {
            s.put(id, t, v);
        }
        s.metrics.seal(true).await.unwrap();
        for (t, v) in [(DAY - 10, 2.0), (DAY + 10, 2.0), (2 * DAY, 2.0)] {
            s.put(id, t, v);
        }
        s.metrics.seal(true).await.unwrap();
        let expected = [(DAY - 10, 2.0), (DAY + 10, 2.0), (2 * DAY, 2.0)];
        assert_eq!(s.raw("m").await, expected);
        // Repeated times changed no bucket, so there are no rollups to join.
        assert_eq!(s.metrics.compact().await.unwrap(), 2);
        assert_eq!(s.raw("m").await, expected);
    }
}

#[tokio::test]
async fn queries_that_ask_for_too_much_are_refused() {
    let s = Stage::sqlite().await;
    for i in 0..30 {
        s.series("many", &[("n", &i.to_string())], Kind::Gauge).await;
    }
    let ask = async |metric: &str, to: i64, step: i64| s.metrics.query(metric, &Labels::new(), 0, to, step, Function::Avg).await.map(drop);
    assert!(ask("many", 60_000_000_000, 1_000_000).await.is_ok());
    assert!(ask("many", 90_000_000_000, 1_000_000).await.is_err());
    assert!(ask("many", 90_000_000_000, 1).await.is_err());
    assert!(ask("many", 0, 1).await.is_err());
    assert!(ask("many", 1, 0).await.is_err());
    assert!(ask("nothing", 60_000_000, 60_000_000).await.is_err());
}
