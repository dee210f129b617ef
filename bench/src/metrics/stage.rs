//! A store in a temporary directory with the time series opened on it, under a clock that the benchmark moves.

use std::sync::Arc;

use argos_kernel::{ManualClock, Timestamp};
use argos_metrics::{Kind, Labels, MIGRATIONS, Metrics, SeriesId, SeriesSpec};
use argos_store::{Part, Stmt, Store, args};
use tempfile::TempDir;

use crate::Outcome;

/// 2026-01-01T00:00:00Z
pub(crate) const START_S: i64 = 1_767_225_600;
pub(crate) const TICK_S: i64 = 5;

pub(crate) struct Stage {
    pub(crate) store: Store,
    pub(crate) clock: ManualClock,
    pub(crate) metrics: Metrics,
    empty_bytes: i64,
    // Removed after the store.
    _dir: TempDir,
}

impl Stage {
    pub(crate) async fn new() -> Outcome<Self> {
        let dir = tempfile::Builder::new().prefix("argos-bench-").tempdir()?;
        let store = Store::open_sqlite(dir.path()).await?;
        store.migrate(MIGRATIONS, Timestamp::from_secs(START_S)).await?;
        let clock = ManualClock::at(Timestamp::from_secs(START_S));
        let metrics = Metrics::open(&store, Arc::new(clock.clone())).await?;
        let empty_bytes = store.telemetry.size_bytes().await?;
        Ok(Self { store, clock, metrics, empty_bytes, _dir: dir })
    }

    pub(crate) async fn series(&self, metric: &str, labels: &[(&str, &str)]) -> Outcome<SeriesId> {
        let labels: Labels = labels.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let spec = SeriesSpec { metric: metric.to_owned(), labels, unit: "", kind: Kind::Gauge, source: "bench" };
        Ok(self.metrics.series(&spec).await?)
    }

    /// Bytes of the database file beyond those of an empty one, free pages given back.
    pub(crate) async fn grown_bytes(&self) -> Outcome<i64> {
        for _ in 0..64 {
            self.store.telemetry.checkpoint().await?;
        }
        Ok(self.store.telemetry.size_bytes().await? - self.empty_bytes)
    }

    /// Bytes of the pages of one table and its indexes; the unused part of the last page counts.
    pub(crate) async fn table_bytes(&self, table: &'static str) -> Outcome<i64> {
        const SQL: &str =
            "select coalesce(sum(pgsize), 0) from dbstat where name = $1 or name in (select name from sqlite_master where tbl_name = $1)";
        let stmt = Stmt { name: "bench.table_bytes", sqlite: SQL, postgres: SQL, part: Part::Telemetry };
        Ok(self.store.telemetry.one(stmt, args![table]).await?.get(0)?)
    }
}
