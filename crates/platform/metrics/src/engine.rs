//! The handle: registering series, appending, flushing to the write-ahead table, sealing, starting up.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use argos_kernel::{Clock, Result, Tasks, Timestamp};
use argos_store::{Database, Store, StoreError, args};
use argos_tschunk::{Point, Step, encode, encode_buckets, rollup};

use crate::heads::{Drained, Heads};
use crate::registry::{KindOf, Labels, Registry, Sample, SeriesId, SeriesInfo, SeriesSpec, parse_labels};
use crate::store::{points, rollups, series};
use crate::wal;

/// How often pending points are made durable.
const FLUSH_EVERY: Duration = Duration::from_secs(1);
/// Heads older than this are sealed whatever their length.
const SEAL_AGE_S: i64 = 2 * 3600;
/// Series sealed in one transaction.
const SEAL_BATCH: usize = 500;
pub(crate) const MINUTE_S: i64 = 60;
pub(crate) const HOUR_S: i64 = 3600;

pub(crate) struct Inner {
    pub(crate) db: Database,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) registry: RwLock<Registry>,
    heads: Mutex<Heads>,
    /// Held by whoever writes the write-ahead table, so that a seal can empty it.
    flushing: tokio::sync::Mutex<()>,
    /// Queries read, a seal writes: nobody sees points in both places or in none.
    pub(crate) seal_gate: tokio::sync::RwLock<()>,
}

/// The time-series store. Clones share it.
#[derive(Clone)]
pub struct Metrics(pub(crate) Arc<Inner>);

/// Totals for self-observation.
#[derive(Clone, Copy, Debug, Default)]
pub struct MetricsStats {
    pub series: u64,
    /// Points accepted since start.
    pub appended: u64,
    /// Points refused or forgotten since start.
    pub dropped: u64,
    /// Points in open heads.
    pub open_points: u64,
    /// Points waiting for the write-ahead table.
    pub pending_points: u64,
}

impl Metrics {
    /// Loads the series and replays the write-ahead table.
    pub async fn open(store: &Store, clock: Arc<dyn Clock>) -> Result<Self> {
        let metrics = Self(Arc::new(Inner {
            db: store.telemetry.clone(),
            clock,
            registry: RwLock::default(),
            heads: Mutex::default(),
            flushing: tokio::sync::Mutex::default(),
            seal_gate: tokio::sync::RwLock::default(),
        }));
        for row in series::list(&metrics.0.db).await? {
            let kind = if row.get::<String>(4)? == "counter" { KindOf::Counter } else { KindOf::Gauge };
            let labels = parse_labels(&row.get::<String>(2)?);
            metrics.register(SeriesInfo { metric: row.get(1)?, labels, unit: row.get(3)?, kind, row: row.get(0)? });
        }
        metrics.replay().await?;
        Ok(metrics)
    }

    async fn replay(&self) -> Result<()> {
        let sealed: HashMap<i64, i64> = points::sealed_until(&self.0.db).await?.into_iter().collect();
        let bodies = points::wal_bodies(&self.0.db).await?;
        {
            let registry = self.0.registry.read().unwrap_or_else(PoisonError::into_inner);
            let mut heads = self.heads();
            for body in bodies {
                let Some(list) = wal::decode(&body) else {
                    tracing::error!("a write-ahead row of the metrics is damaged and was skipped");
                    continue;
                };
                for p in list {
                    // A point up to the sealed end is in a chunk already.
                    let already = sealed.get(&p.row).is_some_and(|end| p.t <= *end);
                    if let (false, Some(id)) = (already, registry.by_row(p.row)) {
                        heads.append(id, Point::new(p.t, p.v), false);
                    }
                }
            }
        }
        for (row, end) in sealed {
            let id = self.0.registry.read().unwrap_or_else(PoisonError::into_inner).by_row(row);
            if let Some(id) = id {
                let last = self.sealed_points(row, end, end.saturating_add(1)).await?;
                self.heads().set_previous(id, last.last().copied());
            }
        }
        Ok(())
    }

    pub(crate) fn heads(&self) -> MutexGuard<'_, Heads> {
        self.0.heads.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn register(&self, info: SeriesInfo) -> SeriesId {
        let mut registry = self.0.registry.write().unwrap_or_else(PoisonError::into_inner);
        let row = info.row;
        let before = registry.list.len();
        let id = registry.add(info);
        if registry.list.len() > before {
            self.heads().open(row);
        }
        id
    }

    /// The series' id, made on first sight.
    pub async fn series(&self, spec: &SeriesSpec) -> Result<SeriesId> {
        if let Some(id) = self.find(&spec.metric, &spec.labels) {
            return Ok(id);
        }
        let row = series::ensure(&self.0.db, spec, self.0.clock.now()).await?;
        let kind = KindOf::of(spec.kind);
        Ok(self.register(SeriesInfo { metric: spec.metric.clone(), labels: spec.labels.clone(), unit: spec.unit.to_owned(), kind, row }))
    }

    pub(crate) fn find(&self, metric: &str, labels: &Labels) -> Option<SeriesId> {
        self.0.registry.read().unwrap_or_else(PoisonError::into_inner).find(metric, labels)
    }

    /// Known series, optionally of one metric.
    pub fn list(&self, metric: Option<&str>) -> Vec<SeriesInfo> {
        let registry = self.0.registry.read().unwrap_or_else(PoisonError::into_inner);
        registry.list.iter().filter(|i| metric.is_none_or(|m| i.metric == m)).cloned().collect()
    }

    /// Appends one point; visible at once, durable within a second. NaN and infinities are "no measurement" and
    /// are not kept.
    pub fn append(&self, id: SeriesId, at: Timestamp, value: f64) {
        if value.is_finite() {
            self.heads().append(id, Point::new(at.micros(), value), true);
        }
    }

    /// Appends many points in one go: `(series, microseconds UTC, value)`.
    pub fn append_all(&self, points: &[(SeriesId, i64, f64)]) {
        let mut heads = self.heads();
        for (id, t, v) in points {
            if v.is_finite() {
                heads.append(*id, Point::new(*t, *v), true);
            }
        }
    }

    /// Appends samples of one moment, making series that are new.
    pub async fn record(&self, at: Timestamp, samples: &[Sample]) -> Result<()> {
        let mut points = Vec::with_capacity(samples.len());
        for sample in samples {
            points.push((self.series(&sample.spec).await?, at.micros(), sample.value));
        }
        self.append_all(&points);
        Ok(())
    }

    /// The newest value of a series in memory and its time.
    pub fn newest(&self, metric: &str, labels: &Labels) -> Option<(Timestamp, f64)> {
        let point = self.heads().get(self.find(metric, labels)?)?.newest?;
        Some((Timestamp::from_micros(point.t), point.v))
    }

    /// Makes every appended point durable.
    pub async fn flush(&self) -> Result<(), StoreError> {
        let _turn = self.0.flushing.lock().await;
        let pending = std::mem::take(&mut self.heads().pending);
        if pending.is_empty() {
            return Ok(());
        }
        let written = points::wal_insert(&self.0.db, self.0.clock.now(), pending.len(), wal::encode(&pending)).await;
        if written.is_err() {
            let mut heads = self.heads();
            let newer = std::mem::replace(&mut heads.pending, pending);
            heads.pending.extend(newer);
        }
        written
    }

    /// Compresses heads that are long or old; `all` takes every one and empties the write-ahead table.
    pub async fn seal(&self, all: bool) -> Result<usize> {
        let mut sealed = 0;
        loop {
            let _turn = self.0.flushing.lock().await;
            let _gate = self.0.seal_gate.write().await;
            let now = self.0.clock.now();
            let older_than = if all { i64::MAX } else { now.minus_secs(SEAL_AGE_S).micros() };
            let (drained, rest) = {
                let mut heads = self.heads();
                let drained = heads.drain(older_than, SEAL_BATCH);
                (drained, heads.points())
            };
            let last = drained.len() < SEAL_BATCH;
            // With every head empty the write-ahead rows say nothing that the chunks do not.
            let clear = rest == 0 && last;
            if let Err(error) = self.write_chunks(&drained, clear).await {
                self.heads().restore(&drained);
                return Err(error);
            }
            if clear {
                self.heads().pending.clear();
            }
            sealed += drained.len();
            if last {
                return Ok(sealed);
            }
        }
    }

    async fn write_chunks(&self, drained: &[Drained], clear_wal: bool) -> Result<()> {
        let mut work = Vec::with_capacity(drained.len() * 3 + 1);
        for d in drained {
            let kind = self.kind(d.id);
            let body = encode(&d.points).map_err(argos_kernel::AppError::internal)?;
            let (Some(first), Some(last)) = (d.points.first(), d.points.last()) else { continue };
            let count = i64::try_from(d.points.len()).unwrap_or(i64::MAX);
            work.push((points::CHUNK_INSERT, args![d.row, first.t, last.t, count, body]));
            for (step, step_s) in [(Step::MINUTE, MINUTE_S), (Step::HOUR, HOUR_S)] {
                let buckets = rollup(&d.points, kind.kind(), step, d.previous);
                let (Some(a), Some(z)) = (buckets.first(), buckets.last()) else { continue };
                let body = encode_buckets(&buckets).map_err(argos_kernel::AppError::internal)?;
                let count = i64::try_from(buckets.len()).unwrap_or(i64::MAX);
                work.push((rollups::INSERT, args![d.row, step_s, a.start, z.start, count, body]));
            }
        }
        if clear_wal {
            work.push((points::WAL_CLEAR, args![]));
        }
        if !work.is_empty() {
            self.0.db.batch(work).await?;
        }
        Ok(())
    }

    pub(crate) fn kind(&self, id: SeriesId) -> KindOf {
        self.0.registry.read().unwrap_or_else(PoisonError::into_inner).get(id).map_or(KindOf::Gauge, |i| i.kind)
    }

    pub fn stats(&self) -> MetricsStats {
        let series = self.0.registry.read().unwrap_or_else(PoisonError::into_inner).list.len() as u64;
        let heads = self.heads();
        MetricsStats {
            series,
            appended: heads.appended,
            dropped: heads.dropped,
            open_points: heads.points() as u64,
            pending_points: heads.pending.len() as u64,
        }
    }

    /// Points, bytes and rows of the sealed raw chunks.
    pub async fn sealed_totals(&self) -> Result<(i64, i64, i64)> {
        Ok(points::totals(&self.0.db).await?)
    }

    /// Starts the flusher and the sealer. The last flush happens after the stop signal.
    pub fn start(&self, tasks: &Tasks) {
        let metrics = self.clone();
        tasks.supervise("metrics-flush", move |stop| {
            let metrics = metrics.clone();
            async move {
                loop {
                    let going_on = stop.sleep(FLUSH_EVERY).await;
                    metrics.flush().await?;
                    if !going_on {
                        return Ok(());
                    }
                }
            }
        });
        let metrics = self.clone();
        tasks.supervise("metrics-seal", move |stop| {
            let metrics = metrics.clone();
            async move {
                let mut last_all = metrics.0.clock.now();
                while stop.sleep(Duration::from_secs(30)).await {
                    let now = metrics.0.clock.now();
                    // All together every two hours, so that the write-ahead table starts anew.
                    let all = now.secs().div_euclid(SEAL_AGE_S) != last_all.secs().div_euclid(SEAL_AGE_S);
                    metrics.seal(all).await?;
                    if all {
                        last_all = now;
                    }
                }
                Ok(())
            }
        });
    }
}
