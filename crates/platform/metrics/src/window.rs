//! The last minutes of a series, for conditions.

use argos_kernel::{Result, Timestamp};
use argos_tschunk::{Function, Point, aggregate, samples};

use crate::engine::Metrics;
use crate::registry::Labels;

impl Metrics {
    /// `function` over the points of the last `seconds`; `None` without any.
    pub async fn window(&self, metric: &str, labels: &Labels, seconds: i64, function: Function, now: Timestamp) -> Result<Option<f64>> {
        let (from, to) = (now.minus_secs(seconds).micros(), now.micros().saturating_add(1));
        let Some(id) = self.find(metric, labels) else { return Ok(None) };
        let kind = self.kind(id).kind();
        // The reading before the window is the start of the first increment.
        let points = self.raw(metric, labels, from.saturating_sub(60_000_000), to).await?;
        Ok(aggregate(samples(&points, kind, None), kind, from, to, function))
    }

    /// The points of the last `seconds` that are still in memory; cheap, for evaluation on every tick.
    pub fn recent(&self, metric: &str, labels: &Labels, seconds: i64, now: Timestamp) -> Vec<Point> {
        let Some(id) = self.find(metric, labels) else { return Vec::new() };
        let heads = self.heads();
        heads.get(id).map(|o| o.range(now.minus_secs(seconds).micros(), now.micros().saturating_add(1))).unwrap_or_default()
    }
}
