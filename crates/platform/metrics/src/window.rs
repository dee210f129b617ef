//! The last minutes of a series, for conditions.

use argos_kernel::{Result, Timestamp};
use argos_tschunk::{Function, Point, aggregate, samples};

use crate::engine::Metrics;
use crate::registry::Labels;

/// How far before a window the reading is looked for that its first change starts from.
const LOOK_BACK_US: i64 = 60_000_000;

impl Metrics {
    /// `function` over the points of the last `seconds`; `None` without any. Answered from memory when it can.
    pub async fn window(&self, metric: &str, labels: &Labels, seconds: i64, function: Function, now: Timestamp) -> Result<Option<f64>> {
        let (from, to) = (now.minus_secs(seconds).micros(), now.micros().saturating_add(1));
        let Some(id) = self.find(metric, labels) else { return Ok(None) };
        let look_from = from.saturating_sub(LOOK_BACK_US);
        let in_memory = self.heads().get(id).filter(|o| o.complete_from() <= look_from).map(|o| o.recent(look_from, to));
        let points = match in_memory {
            Some(points) => points,
            None => self.raw(metric, labels, look_from, to).await?,
        };
        let kind = self.kind(id);
        Ok(aggregate(samples(&points, kind, None), kind, from, to, function))
    }

    /// The points of the last `seconds`, at most fifteen minutes, that are in memory; cheap, for evaluation on every
    /// tick. After a start it may begin late.
    pub fn recent(&self, metric: &str, labels: &Labels, seconds: i64, now: Timestamp) -> Vec<Point> {
        let Some(id) = self.find(metric, labels) else { return Vec::new() };
        let heads = self.heads();
        heads.get(id).map(|o| o.recent(now.minus_secs(seconds).micros(), now.micros().saturating_add(1))).unwrap_or_default()
    }
}
