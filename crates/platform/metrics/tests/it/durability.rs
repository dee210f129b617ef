//! What a crash, a restart or a failing store may and may not do to points.

use std::sync::Arc;

use argos_kernel::{Clock, SeededRng, Shutdown, SystemClock, Tasks, Timestamp};
use argos_metrics::{Function, Kind, Labels, MIGRATIONS, Metrics, STATEMENTS, Sample};
use argos_store::testing::{each_engine, sqlite};

use crate::stage::{START, Stage, spec};

#[tokio::test]
async fn statements_prepare_on_each_engine() {
    for t in each_engine(MIGRATIONS).await {
        for stmt in STATEMENTS.concat() {
            t.store.telemetry.prepare(stmt).await.unwrap();
        }
    }
}

#[tokio::test]
async fn points_appended_are_visible_at_once() {
    for s in Stage::each().await {
        let id = s.gauge("m").await;
        assert!(s.put(id, 5, 1.5));
        assert_eq!(s.raw("m").await, [(5, 1.5)]);
        let now = s.clock.now().micros();
        let q = s.metrics.query("m", &Labels::new(), now - 60_000_000, now + 1, 60_000_000, Function::Last).await.unwrap();
        assert_eq!(q.series[0].values.last(), Some(&Some(1.5)));
        assert_eq!(s.metrics.newest("m", &Labels::new()), Some((Timestamp::from_secs(START + 5), 1.5)));
    }
}

#[tokio::test]
async fn points_flushed_survive_a_crash_and_unflushed_ones_do_not() {
    for mut s in Stage::each().await {
        let id = s.gauge("m").await;
        for i in 0..10 {
            s.put(id, i * 5, i as f64);
        }
        // Out of order, before everything else.
        s.put(id, -100, 7.0);
        s.metrics.flush().await.unwrap();
        s.put(id, 500, 9.0);
        let before = s.raw("m").await;
        s.crash().await;
        assert_eq!(s.raw("m").await, before[..11]);
        assert_eq!(s.metrics.newest("m", &Labels::new()).unwrap().1, 9.0);
    }
}

#[tokio::test]
async fn points_sealed_come_back_after_a_crash_without_a_flush() {
    for mut s in Stage::each().await {
        let id = s.gauge("m").await;
        for i in 0..2000 {
            s.put(id, i * 5, (i % 17) as f64);
        }
        let before = s.raw("m").await;
        assert_eq!(s.metrics.seal(false).await.unwrap(), 1);
        s.crash().await;
        assert_eq!(s.raw("m").await, before);
        assert_eq!(s.count("wal").await, 0);
        assert_eq!(s.metrics.newest("m", &Labels::new()).unwrap().0, Timestamp::from_secs(START + 1999 * 5));
    }
}

/// Everything that was flushed is in rows and in chunks at some moment; it must count once.
#[tokio::test]
async fn points_flushed_and_then_sealed_count_once_after_a_crash() {
    for mut s in Stage::each().await {
        let (long, short) = (s.gauge("long").await, s.gauge("short").await);
        for i in 0..1440 {
            s.put(long, i, 1.0);
            if i % 100 == 0 {
                s.put(short, i, 1.0);
                s.metrics.flush().await.unwrap();
            }
        }
        // Only `long` is long enough; the rows stay, because `short` is in them.
        assert_eq!(s.metrics.seal(false).await.unwrap(), 1);
        assert!(s.count("wal").await > 0);
        for _ in 0..2 {
            for metric in ["long", "short"] {
                let q = s
                    .metrics
                    .query(metric, &Labels::new(), START * 1_000_000, (START + 3600) * 1_000_000, 3_600_000_000, Function::Count)
                    .await;
                assert_eq!(q.unwrap().series[0].values, [Some(if metric == "long" { 1440.0 } else { 15.0 })]);
            }
            assert_eq!(s.metrics.stats().open_points, 15);
            s.crash().await;
        }
    }
}

#[tokio::test]
async fn late_points_flushed_after_their_neighbours_were_sealed_survive() {
    for mut s in Stage::each().await {
        let id = s.gauge("m").await;
        for i in 0..100 {
            s.put(id, i * 10, 2.0);
        }
        s.metrics.seal(true).await.unwrap();
        s.put(id, 15, 8.0);
        s.metrics.flush().await.unwrap();
        s.crash().await;
        let raw = s.raw("m").await;
        assert_eq!((raw.len(), raw[2]), (101, (15, 8.0)));
        s.metrics.seal(true).await.unwrap();
        s.crash().await;
        assert_eq!(s.raw("m").await, raw);
        let q = s.metrics.query("m", &Labels::new(), START * 1_000_000, (START + 60) * 1_000_000, 60_000_000, Function::Avg).await.unwrap();
        assert_eq!(q.series[0].values, [Some((6.0 * 2.0 + 8.0) / 7.0)]);
    }
}

#[tokio::test]
async fn points_that_arrive_during_a_seal_are_not_lost() {
    let mut s = Stage::sqlite().await;
    let ids = [s.gauge("a").await, s.gauge("b").await];
    for i in 0..1000 {
        s.put(ids[0], i, 1.0);
        s.put(ids[1], i, 1.0);
    }
    let (metrics, clock) = (s.metrics.clone(), s.clock.clone());
    let writer = async {
        for i in 1000..1400 {
            clock.set(Timestamp::from_secs(START + i));
            metrics.append(ids[0], Timestamp::from_secs(START + i), 1.0);
            tokio::task::yield_now().await;
        }
    };
    let sealer = async {
        for _ in 0..10 {
            s.metrics.seal(true).await.unwrap();
            s.metrics.flush().await.unwrap();
        }
    };
    tokio::join!(writer, sealer);
    s.metrics.flush().await.unwrap();
    s.crash().await;
    assert_eq!(s.raw("a").await.len(), 1400);
    assert_eq!(s.raw("b").await.len(), 1000);
}

#[tokio::test]
async fn store_that_refuses_writes_loses_nothing_once_it_takes_them_again() {
    let mut s = Stage::sqlite().await;
    let id = s.gauge("m").await;
    for i in 0..50 {
        s.put(id, i, 1.0);
    }
    s.sql("create trigger stop_wal before insert on metric_wal begin select raise(abort, 'no'); end").await;
    s.sql("create trigger stop_chunk before insert on metric_chunks begin select raise(abort, 'no'); end").await;
    assert!(s.metrics.flush().await.is_err());
    assert!(s.metrics.seal(true).await.is_err());
    s.put(id, 50, 1.0);
    assert_eq!(s.raw("m").await.len(), 51);
    assert_eq!(s.metrics.stats().pending_points, 51);
    s.sql("drop trigger stop_wal").await;
    s.metrics.flush().await.unwrap();
    s.crash().await;
    assert_eq!(s.raw("m").await.len(), 51);
    s.sql("drop trigger stop_chunk").await;
    s.metrics.seal(true).await.unwrap();
    s.crash().await;
    assert_eq!(s.raw("m").await.len(), 51);
}

#[tokio::test]
async fn write_ahead_rows_go_when_their_points_are_sealed() {
    let s = Stage::sqlite().await;
    let (fast, slow) = (s.gauge("fast").await, s.gauge("slow").await);
    for i in 0..4 * 3600 {
        s.put(fast, i, 1.0);
        if i % 600 == 0 {
            s.put(slow, i, 1.0);
            s.metrics.flush().await.unwrap();
            s.metrics.seal(false).await.unwrap();
        }
    }
    // Nothing older than two hours is open.
    assert!(s.count("wal").await <= 13, "{}", s.count("wal").await);
    s.metrics.seal(true).await.unwrap();
    assert_eq!(s.count("wal").await, 0);
}

#[tokio::test]
async fn damaged_rows_and_chunks_are_left_out_and_the_rest_is_read() {
    let mut s = Stage::sqlite().await;
    let id = s.gauge("m").await;
    for (round, s0) in [0, 100, 200].into_iter().enumerate() {
        for i in 0..10 {
            s.put(id, s0 + i, round as f64);
        }
        s.metrics.seal(true).await.unwrap();
    }
    s.put(id, 300, 3.0);
    s.metrics.flush().await.unwrap();
    s.put(id, 301, 3.0);
    s.metrics.flush().await.unwrap();
    s.sql("update metric_chunks set body = x'0102030405' where id = 2").await;
    s.sql("update metric_wal set body = x'ff' where seq = (select min(seq) from metric_wal)").await;
    s.crash().await;
    let raw = s.raw("m").await;
    assert_eq!(raw.len(), 21);
    assert_eq!(raw.last(), Some(&(301, 3.0)));
}

#[tokio::test]
async fn points_that_make_no_sense_are_refused_and_counted() {
    let s = Stage::sqlite().await;
    let id = s.gauge("m").await;
    let now = Timestamp::from_secs(START);
    assert!(!s.metrics.append(id, now, f64::NAN));
    assert!(!s.metrics.append(id, now, f64::INFINITY));
    assert!(!s.metrics.append(id, now.plus_secs(3601), 1.0));
    assert!(!s.metrics.append(id, Timestamp::from_micros(-1), 1.0));
    assert!(s.metrics.append(id, now.plus_secs(3600), 1.0));
    let stats = s.metrics.stats();
    assert_eq!((stats.series, stats.appended, stats.dropped, stats.open_points), (1, 1, 2, 1));
}

#[tokio::test]
async fn head_that_is_full_refuses_until_it_is_sealed() {
    let s = Stage::sqlite().await;
    let id = s.gauge("m").await;
    let now = START * 1_000_000;
    let points: Vec<_> = (0..8000).map(|i| (id, now - 8000 + i, 1.0)).collect();
    assert_eq!(s.metrics.append_all(&points), 7200);
    s.metrics.seal(false).await.unwrap();
    assert_eq!(s.metrics.append_all(&points[7200..]), 800);
    assert_eq!(s.metrics.stats().dropped, 800);
}

#[tokio::test]
async fn series_recorded_twice_or_at_once_are_one() {
    for mut s in Stage::each().await {
        let of = |mount: &str| spec("disk", &[("mount", mount)], Kind::Gauge);
        let (a, b) = (of("/"), of("/"));
        let (first, second) = tokio::join!(s.metrics.series(&a), s.metrics.series(&b));
        assert_eq!(first.unwrap(), second.unwrap());
        let samples = ["/", "/home"].map(|m| Sample { spec: of(m), value: 5.0 });
        s.metrics.record(s.clock.now(), &samples).await.unwrap();
        s.metrics.flush().await.unwrap();
        s.crash().await;
        assert_eq!(s.metrics.list(Some("disk")).len(), 2);
        assert_eq!(s.metrics.list(None)[0].unit, "%");
        assert!(s.metrics.list(Some("nothing")).is_empty());
    }
}

#[tokio::test]
async fn tasks_flush_on_stop_and_seal_long_heads() {
    let t = sqlite(MIGRATIONS).await;
    let open = || Metrics::open(&t.store, Arc::new(SystemClock));
    let metrics = open().await.unwrap();
    let tasks = Tasks::new(Arc::new(SystemClock), Arc::new(SeededRng::new(1)), Shutdown::new());
    metrics.start(&tasks);
    metrics.lead(&tasks);
    let id = metrics.series(&spec("m", &[], Kind::Gauge)).await.unwrap();
    let now = SystemClock.now().micros();
    let points: Vec<_> = (0..1440).map(|i| (id, now - 1440 + i, 1.0)).collect();
    metrics.append_all(&points);
    while metrics.sealed_totals().await.unwrap().0 < 1440 {
        tokio::task::yield_now().await;
    }
    metrics.append(id, Timestamp::from_micros(now), 2.0);
    tasks.shutdown().trigger();
    assert!(tasks.join(std::time::Duration::from_secs(10)).await);
    let again = open().await.unwrap();
    assert_eq!(again.raw("m", &Labels::new(), 0, i64::MAX).await.unwrap().len(), 1441);
}
