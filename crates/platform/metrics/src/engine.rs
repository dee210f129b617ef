//! The handle: registering series, appending, flushing to the write-ahead table, and the tasks behind it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use argos_kernel::{Clock, Result, Tasks, Timestamp};
use argos_store::{Database, args};
use argos_tschunk::Point;

use crate::heads::Heads;
use crate::registry::{KindOf, Labels, Registry, Sample, SeriesId, SeriesInfo, SeriesSpec};
use crate::store::{points, series};
use crate::wal;

/// How often pending points are made durable.
const FLUSH_EVERY: Duration = Duration::from_secs(1);
/// How often old heads are looked for; long ones are sealed at once.
const SEAL_EVERY: Duration = Duration::from_secs(30);
/// A point further ahead of the clock than this is a mistake; it would make every later reading a late one.
const AHEAD_MAX_S: i64 = 3600;
pub(crate) const MINUTE_S: i64 = 60;
pub(crate) const HOUR_S: i64 = 3600;

pub(crate) struct Inner {
    pub(crate) db: Database,
    pub(crate) clock: Arc<dyn Clock>,
    registry: RwLock<Registry>,
    heads: Mutex<Heads>,
    /// Held by whoever moves points from memory into the store, a flush or a seal, so that rows are written in order.
    pub(crate) turn: tokio::sync::Mutex<()>,
    /// Queries read, a seal writes: nobody sees points in both places or in none.
    pub(crate) seal_gate: tokio::sync::RwLock<()>,
    /// Held by retention and compaction.
    pub(crate) upkeep: tokio::sync::Mutex<()>,
    /// Rung when a head is long enough for a chunk.
    ripe: tokio::sync::Notify,
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
    /// Points in no chunk yet.
    pub open_points: u64,
    /// Points waiting for the write-ahead table.
    pub pending_points: u64,
}

impl Metrics {
    pub(crate) fn over(db: Database, clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Inner {
            db,
            clock,
            registry: RwLock::default(),
            heads: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
            seal_gate: tokio::sync::RwLock::default(),
            upkeep: tokio::sync::Mutex::default(),
            ripe: tokio::sync::Notify::new(),
        }))
    }

    /// Never ask the registry while holding this: the order of locks is registry, heads.
    pub(crate) fn heads(&self) -> MutexGuard<'_, Heads> {
        self.0.heads.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn registry(&self) -> RwLockReadGuard<'_, Registry> {
        self.0.registry.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes room for a stored series; `last` is its latest reading in a chunk.
    pub(crate) fn register(&self, info: SeriesInfo, last: Option<Point>) -> SeriesId {
        let mut registry = self.0.registry.write().unwrap_or_else(PoisonError::into_inner);
        let row = info.row;
        let before = registry.list.len();
        let id = registry.add(info);
        if registry.list.len() > before {
            self.heads().open(row, last);
        }
        id
    }

    /// The series' id, made on first sight.
    pub async fn series(&self, spec: &SeriesSpec) -> Result<SeriesId> {
        if let Some(id) = self.find(&spec.metric, &spec.labels) {
            return Ok(id);
        }
        let found = series::ensure(&self.0.db, spec, self.0.clock.now()).await?;
        Ok(self.register(found.info, found.last))
    }

    pub(crate) fn find(&self, metric: &str, labels: &Labels) -> Option<SeriesId> {
        self.registry().find(metric, labels)
    }

    pub(crate) fn kind(&self, id: SeriesId) -> argos_tschunk::Kind {
        self.registry().get(id).map_or(KindOf::Gauge, |i| i.kind).kind()
    }

    /// Known series, optionally of one metric.
    pub fn list(&self, metric: Option<&str>) -> Vec<SeriesInfo> {
        self.registry().list.iter().filter(|i| metric.is_none_or(|m| i.metric == m)).cloned().collect()
    }

    /// Appends one point; visible at once, durable within a second. `false` when it was refused: the time lies before
    /// 1970 or more than an hour ahead, the open head is full, or the value is NaN or infinite, which is "no
    /// measurement" and not kept.
    ///
    /// Collectors stamp all points of a tick with the tick's own time (a multiple of their interval), not with the
    /// moment each reading came in: times on a grid cost next to nothing, jitter of a millisecond costs more than most
    /// values do. For the same reason they round values to what the measurement means.
    pub fn append(&self, id: SeriesId, at: Timestamp, value: f64) -> bool {
        self.append_all(&[(id, at.micros(), value)]) == 1
    }

    /// Appends many points in one go, `(series, microseconds UTC, value)`; how many were kept. See [`Metrics::append`].
    pub fn append_all(&self, points: &[(SeriesId, i64, f64)]) -> usize {
        let until = self.0.clock.now().plus_secs(AHEAD_MAX_S).micros();
        let mut heads = self.heads();
        let mut kept = 0;
        for (id, t, v) in points {
            kept += usize::from(v.is_finite() && heads.append(*id, Point::new(*t, *v), until));
        }
        if heads.take_ripe() {
            self.0.ripe.notify_one();
        }
        kept
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

    /// The newest value of a series and its time.
    pub fn newest(&self, metric: &str, labels: &Labels) -> Option<(Timestamp, f64)> {
        let id = self.find(metric, labels)?;
        let point = self.heads().get(id)?.newest()?;
        Some((Timestamp::from_micros(point.t), point.v))
    }

    /// Makes every appended point durable.
    pub async fn flush(&self) -> Result<()> {
        let _turn = self.0.turn.lock().await;
        loop {
            let (seq, pending) = {
                let mut heads = self.heads();
                if heads.pending() == 0 {
                    return Ok(());
                }
                heads.take_pending()
            };
            let row = points::wal_row(seq, self.0.clock.now(), pending.len(), wal::encode(&pending));
            match self.numbered(seq, vec![row, (points::WROTE, args![seq - 1])]).await {
                Ok(true) => {
                    self.heads().wrote(seq);
                    return Ok(());
                }
                Ok(false) => {
                    self.heads().put_back(pending);
                    self.follow().await?;
                }
                Err(error) => {
                    self.heads().put_back(pending);
                    return Err(error.into());
                }
            }
        }
    }

    pub fn stats(&self) -> MetricsStats {
        let series = self.registry().list.len() as u64;
        let heads = self.heads();
        MetricsStats {
            series,
            appended: heads.appended(),
            dropped: heads.dropped(),
            open_points: heads.points() as u64,
            pending_points: heads.pending() as u64,
        }
    }

    /// Points, bytes and rows of the sealed raw chunks.
    pub async fn sealed_totals(&self) -> Result<(i64, i64, i64)> {
        Ok(points::totals(&self.0.db).await?)
    }

    /// Starts what every process does: the flusher, which also hears of others. The last flush happens after the stop
    /// signal.
    pub fn start(&self, tasks: &Tasks) {
        let metrics = self.clone();
        tasks.supervise("metrics-flush", move |stop| {
            let metrics = metrics.clone();
            async move {
                loop {
                    let going_on = stop.sleep(FLUSH_EVERY).await;
                    metrics.flush().await?;
                    if metrics.is_shared() {
                        metrics.hear().await?;
                    }
                    if !going_on {
                        return Ok(());
                    }
                }
            }
        });
    }

    /// Starts what one process of all does: the sealer.
    pub fn lead(&self, tasks: &Tasks) {
        let metrics = self.clone();
        tasks.supervise("metrics-seal", move |stop| {
            let metrics = metrics.clone();
            async move {
                loop {
                    let going_on = tokio::select! {
                        going_on = stop.sleep(SEAL_EVERY) => going_on,
                        () = metrics.0.ripe.notified() => true,
                    };
                    if !going_on {
                        return Ok(());
                    }
                    metrics.seal(false).await?;
                }
            }
        });
    }
}
