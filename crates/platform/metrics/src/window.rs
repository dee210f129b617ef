//! The last minutes of a series, for conditions.

use argos_kernel::{Result, Timestamp};
use argos_tschunk::{Function, Point, aggregate, samples};

use crate::engine::Metrics;
use crate::registry::{Labels, SeriesId, SeriesInfo};

/// How far before a window the reading is looked for that its first change starts from.
const LOOK_BACK_US: i64 = 60_000_000;

impl Metrics {
    /// `function` over the points of the last `seconds`; `None` without any. Answered from memory when it can.
    pub async fn window(&self, metric: &str, labels: &Labels, seconds: i64, function: Function, now: Timestamp) -> Result<Option<f64>> {
        let Some(id) = self.find(metric, labels) else { return Ok(None) };
        let (from, to) = (now.minus_secs(seconds).micros(), now.micros().saturating_add(1));
        let (points, kind) = (self.points_of(id, seconds, now).await?, self.kind(id));
        Ok(aggregate(samples(&points, kind, None), kind, from, to, function))
    }

    /// The points of the last `seconds` and of the minute before them, which a first change starts from. From memory when
    /// it can.
    pub async fn points_of(&self, id: SeriesId, seconds: i64, now: Timestamp) -> Result<Vec<Point>> {
        let (from, to) = (now.minus_secs(seconds).micros().saturating_sub(LOOK_BACK_US), now.micros().saturating_add(1));
        let in_memory = self.heads().get(id).filter(|o| o.complete_from() <= from).map(|o| o.recent(from, to));
        match in_memory {
            Some(points) => Ok(points),
            None => self.raw_of(id, from, to).await,
        }
    }

    /// The points of a series of the last `seconds`, at most fifteen minutes, that are in memory.
    pub fn recent_of(&self, id: SeriesId, seconds: i64, now: Timestamp) -> Vec<Point> {
        let heads = self.heads();
        heads.get(id).map(|o| o.recent(now.minus_secs(seconds).micros(), now.micros().saturating_add(1))).unwrap_or_default()
    }

    /// The newest value of a series and its time.
    pub fn newest_of(&self, id: SeriesId) -> Option<(Timestamp, f64)> {
        let point = self.heads().get(id)?.newest()?;
        Some((Timestamp::from_micros(point.t), point.v))
    }

    /// How many series there are. They are never taken away, so who knows as many knows all.
    pub fn series_count(&self) -> usize {
        self.registry().list.len()
    }

    /// Every series with the time of its newest point.
    pub fn catalogue(&self) -> Vec<(SeriesId, SeriesInfo, Option<Timestamp>)> {
        let list = self.registry().list.clone();
        let heads = self.heads();
        let with_time = |(n, info)| {
            let id = SeriesId(n);
            let newest = heads.get(id).and_then(crate::heads::Open::newest);
            (id, info, newest.map(|p| Timestamp::from_micros(p.t)))
        };
        (0_u32..).zip(list).map(with_time).collect()
    }

    /// The points of the last `seconds`, at most fifteen minutes, that are in memory; cheap, for evaluation on every
    /// tick. After a start it may begin late.
    pub fn recent(&self, metric: &str, labels: &Labels, seconds: i64, now: Timestamp) -> Vec<Point> {
        self.find(metric, labels).map(|id| self.recent_of(id, seconds, now)).unwrap_or_default()
    }
}
