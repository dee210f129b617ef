//! Several processes on one store: every point counts once, everywhere, whoever wrote and whoever sealed it.

use std::sync::Arc;

use argos_kernel::Timestamp;
use argos_metrics::{Function, Labels, Metrics, SeriesId};
use argos_store::Engine;

use crate::stage::{START, Stage, spec};

/// Only the server that processes share.
async fn shared() -> Option<Stage> {
    Stage::each().await.into_iter().find(|s| s.t.store.telemetry.engine() == Engine::Postgres)
}

async fn another(s: &Stage) -> Metrics {
    Metrics::open(&s.t.store, Arc::new(s.clock.clone())).await.unwrap()
}

async fn series(m: &Metrics, metric: &str) -> SeriesId {
    m.series(&spec(metric, &[], argos_metrics::Kind::Gauge)).await.unwrap()
}

/// Readings of a metric over the first hours, once from rollups and once from raw points.
async fn counted(m: &Metrics, metric: &str) -> [f64; 2] {
    let mut out = [0.0; 2];
    for (step, sum) in [60_000_000, 7_000_000].into_iter().zip(&mut out) {
        let to = (START + 4 * 3600) * 1_000_000;
        let found = m.query(metric, &Labels::new(), START * 1_000_000, to, step, Function::Count).await.unwrap();
        *sum = found.series.iter().flat_map(|s| &s.values).flatten().sum();
    }
    out
}

#[tokio::test]
async fn points_of_two_processes_are_seen_by_both_and_count_once() {
    let Some(s) = shared().await else { return };
    let other = another(&s).await;
    let own = s.gauge("m").await;
    let theirs = series(&other, "m").await;
    for i in 0..300 {
        s.put(own, 2 * i, 1.0);
        other.append(theirs, Timestamp::from_secs(START + 2 * i + 1), 1.0);
        if i % 50 == 0 {
            s.metrics.flush().await.unwrap();
            other.flush().await.unwrap();
        }
    }
    s.metrics.flush().await.unwrap();
    other.flush().await.unwrap();
    for m in [&s.metrics, &other] {
        m.hear().await.unwrap();
        assert_eq!(counted(m, "m").await, [600.0; 2]);
    }
    // One makes chunks; the other reads them, and not what is in its memory as well.
    assert_eq!(s.metrics.seal(true).await.unwrap(), 1);
    for m in [&s.metrics, &other] {
        assert_eq!(counted(m, "m").await, [600.0; 2]);
        assert_eq!(m.raw("m", &Labels::new(), 0, i64::MAX).await.unwrap().len(), 600);
        assert_eq!(m.stats().open_points, 0);
    }
    assert_eq!(s.count("wal").await, 0);
    assert_eq!(counted(&another(&s).await, "m").await, [600.0; 2]);
}

#[tokio::test]
async fn series_that_only_another_process_knows_is_learnt_with_its_first_points() {
    let Some(s) = shared().await else { return };
    let other = another(&s).await;
    let theirs = series(&other, "new").await;
    other.append(theirs, Timestamp::from_secs(START), 4.0);
    other.flush().await.unwrap();
    assert_eq!(s.metrics.newest("new", &Labels::new()), None);
    s.metrics.hear().await.unwrap();
    assert_eq!(s.metrics.newest("new", &Labels::new()).unwrap().1, 4.0);
    // A series that is sealed before anybody else heard of it.
    let quick = series(&other, "quick").await;
    other.append(quick, Timestamp::from_secs(START), 5.0);
    other.seal(true).await.unwrap();
    s.metrics.hear().await.unwrap();
    assert_eq!(counted(&s.metrics, "quick").await, [1.0; 2]);
    assert_eq!(s.metrics.newest("quick", &Labels::new()).unwrap().1, 5.0);
}

#[tokio::test]
async fn process_that_seals_after_another_did_takes_what_is_open_and_nothing_else() {
    let Some(mut s) = shared().await else { return };
    // Numbers that look random and are the same each time (MINSTD).
    let mut state = 11_u64;
    let mut any = |n: u64| {
        state = state * 48_271 % 0x7fff_ffff;
        (state >> 8) % n
    };
    let mut all = vec![another(&s).await, another(&s).await, another(&s).await];
    let metrics = ["a", "b", "c"];
    let mut ids = Vec::new();
    for m in &all {
        let mut own = Vec::new();
        for metric in metrics {
            own.push(series(m, metric).await);
        }
        ids.push(own);
    }
    let mut put = [0.0_f64; 3];
    for i in 0..3_000_i64 {
        s.at(i);
        let (who, what) = (any(3) as usize, any(3) as usize);
        assert!(all[who].append(ids[who][what], Timestamp::from_secs(START + i), 1.0));
        put[what] += 1.0;
        let who = any(3) as usize;
        match any(60) {
            0..3 => all[who].flush().await.unwrap(),
            3..6 => all[who].hear().await.unwrap(),
            6 => drop(all[who].seal(any(2) == 0).await.unwrap()),
            7 => {
                // It dies after its last flush, and another comes in its place.
                all[who].flush().await.unwrap();
                all[who] = another(&s).await;
                for (at, metric) in metrics.into_iter().enumerate() {
                    ids[who][at] = series(&all[who], metric).await;
                }
            }
            _ => {}
        }
    }
    for m in &all {
        m.flush().await.unwrap();
    }
    s.crash().await;
    all.push(s.metrics.clone());
    for m in &all {
        m.hear().await.unwrap();
        for (metric, n) in metrics.into_iter().zip(put) {
            assert_eq!(counted(m, metric).await, [n; 2], "{metric}");
        }
    }
    assert!(all[1].seal(true).await.unwrap() > 0);
    for m in &all {
        for (metric, n) in metrics.into_iter().zip(put) {
            assert_eq!(counted(m, metric).await, [n; 2], "{metric}");
        }
    }
    assert_eq!(s.count("wal").await, 0);
}

#[tokio::test]
async fn two_that_seal_and_flush_at_once_lose_nothing() {
    let Some(s) = shared().await else { return };
    let all = [another(&s).await, another(&s).await];
    let work = all.iter().enumerate().map(|(who, m)| {
        let (m, clock) = (m.clone(), s.clock.clone());
        async move {
            let id = series(&m, "m").await;
            for i in 0..200_i64 {
                let t = START + 2 * i + i64::try_from(who).unwrap();
                clock.set(Timestamp::from_secs(t));
                m.append(id, Timestamp::from_secs(t), 1.0);
                m.flush().await.unwrap();
                if i % 10 == 0 {
                    m.seal(true).await.unwrap();
                }
            }
        }
    });
    let mut work: Vec<_> = work.map(Box::pin).collect();
    let (second, first) = (work.pop().unwrap(), work.pop().unwrap());
    tokio::join!(first, second);
    for m in &all {
        m.hear().await.unwrap();
        assert_eq!(counted(m, "m").await, [400.0; 2]);
    }
    assert_eq!(counted(&another(&s).await, "m").await, [400.0; 2]);
}
