//! One store, one clock, and the metrics opened on them as often as a test likes.

use std::sync::Arc;

use argos_kernel::{ManualClock, Timestamp};
use argos_metrics::{Kind, Labels, MIGRATIONS, Metrics, SeriesId, SeriesSpec};
use argos_store::testing::{TestStore, each_engine, sqlite};
use argos_store::{Part, Stmt, args};

/// 2026-01-01T00:00:00Z: the start of an hour and of a day.
pub(crate) const START: i64 = 1_767_225_600;

pub(crate) struct Stage {
    pub(crate) t: TestStore,
    pub(crate) clock: ManualClock,
    pub(crate) metrics: Metrics,
}

impl Stage {
    async fn over(t: TestStore) -> Self {
        let clock = ManualClock::at(Timestamp::from_secs(START));
        let metrics = Metrics::open(&t.store, Arc::new(clock.clone())).await.unwrap();
        Self { t, clock, metrics }
    }

    /// On each engine.
    pub(crate) async fn each() -> Vec<Self> {
        let mut stages = Vec::new();
        for t in each_engine(MIGRATIONS).await {
            stages.push(Self::over(t).await);
        }
        stages
    }

    pub(crate) async fn sqlite() -> Self {
        Self::over(sqlite(MIGRATIONS).await).await
    }

    /// Forgets what is in memory only, as a crash does, and opens the store again.
    pub(crate) async fn crash(&mut self) {
        self.metrics = Metrics::open(&self.t.store, Arc::new(self.clock.clone())).await.unwrap();
    }

    pub(crate) async fn series(&self, metric: &str, labels: &[(&str, &str)], kind: Kind) -> SeriesId {
        self.metrics.series(&spec(metric, labels, kind)).await.unwrap()
    }

    pub(crate) async fn gauge(&self, metric: &str) -> SeriesId {
        self.series(metric, &[], Kind::Gauge).await
    }

    /// Appends at `START + s` seconds and moves the clock along, never back.
    pub(crate) fn put(&self, id: SeriesId, s: i64, v: f64) -> bool {
        self.at(s);
        self.metrics.append(id, Timestamp::from_secs(START + s), v)
    }

    /// Moves the clock to `START + s` seconds unless it is there already.
    pub(crate) fn at(&self, s: i64) {
        let t = Timestamp::from_secs(START + s);
        if argos_kernel::Clock::now(&self.clock) < t {
            self.clock.set(t);
        }
    }

    /// Every raw point as seconds after [`START`].
    pub(crate) async fn raw(&self, metric: &str) -> Vec<(i64, f64)> {
        let points = self.metrics.raw(metric, &Labels::new(), 0, i64::MAX).await.unwrap();
        points.iter().map(|p| (p.t / 1_000_000 - START, p.v)).collect()
    }

    pub(crate) async fn count(&self, table: &'static str) -> i64 {
        let sql = match table {
            "wal" => "select count(*) from metric_wal",
            "chunks" => "select count(*) from metric_chunks",
            _ => "select count(*) from metric_rollups",
        };
        let stmt = Stmt { name: "test.count", sqlite: sql, postgres: sql, part: Part::Telemetry };
        self.t.store.telemetry.one(stmt, args![]).await.unwrap().get(0).unwrap()
    }

    pub(crate) async fn sql(&self, sql: &'static str) {
        let stmt = Stmt { name: "test.sql", sqlite: sql, postgres: sql, part: Part::Telemetry };
        self.t.store.telemetry.exec(stmt, args![]).await.unwrap();
    }
}

pub(crate) fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
}

pub(crate) fn spec(metric: &str, pairs: &[(&str, &str)], kind: Kind) -> SeriesSpec {
    SeriesSpec { metric: metric.to_owned(), labels: labels(pairs), unit: "%", kind, source: "test" }
}
