//! The figures of flows in the metrics, for charts and for whoever asks what happened.

use argos_kernel::{Result, Timestamp};
use argos_metrics::{Kind, Labels, Sample, SeriesSpec};
use serde_json::Value;

use crate::service::{Nodes, Session, hold};

/// How often the figures of a node are kept, in seconds.
pub(crate) const EVERY_S: i64 = 15;
/// Flows and outputs of one node that get series.
const FLOWS_MAX: usize = 200;

fn sample(session: &Session, metric: &str, unit: &'static str, labels: &[(&str, &str)], value: f64) -> Sample {
    let mut all: Labels = labels.iter().map(|(n, v)| ((*n).to_owned(), v.chars().take(64).collect())).collect();
    all.insert("node".to_owned(), session.node_id.clone());
    Sample { spec: SeriesSpec { metric: format!("node_{metric}"), labels: all, unit, kind: Kind::Gauge, source: "nodes" }, value }
}

fn number(value: &Value, path: &[&str]) -> Option<f64> {
    path.iter().try_fold(value, |v, name| v.get(name))?.as_f64()
}

/// Lost of all that was sent, in percent.
fn loss(end: &Value) -> Option<f64> {
    let (lost, got) = (number(end, &["packets_lost"])?, number(end, &["packets_received"])?);
    (lost + got > 0.0).then(|| lost / (lost + got) * 100.0)
}

fn samples(session: &Session, stats: &Value, health: Option<&Value>) -> Vec<Sample> {
    let mut out = Vec::new();
    let metrics = argos_nodewire::driver_metrics(&session.device_type, Some(stats), None).metrics;
    for (name, value) in metrics.into_iter().filter(|(name, _)| stats.get(name).is_some() || *name == "total_bitrate_bps") {
        out.push(sample(session, name, "", &[], value));
    }
    for name in ["cpu_percent", "ram_percent"] {
        let told = |of: &Value| number(of, &["system_resources", name]);
        out.extend(told(stats).or_else(|| health.and_then(told)).map(|v| sample(session, name, "%", &[], v)));
    }
    let flows = stats.get("flows").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    for flow in flows.iter().take(FLOWS_MAX) {
        let Some(id) = flow.get("flow_id").and_then(Value::as_str) else { continue };
        let input = flow.get("input").unwrap_or(&Value::Null);
        let ends = flow.get("outputs").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let outputs = ends.iter().take(FLOWS_MAX).filter_map(|o| Some((o.get("output_id")?.as_str()?, o)));
        for (output, end) in std::iter::once(("", input)).chain(outputs) {
            let labels = [("flow", id), ("output", output)];
            let labels = if output.is_empty() { &labels[..1] } else { &labels[..] };
            out.extend(number(end, &["bitrate_bps"]).map(|v| sample(session, "flow_bitrate_bps", "bit/s", labels, v)));
            out.extend(loss(end).map(|v| sample(session, "flow_loss", "%", labels, v)));
            out.extend(number(end, &["srt_stats", "rtt_ms"]).map(|v| sample(session, "flow_rtt_ms", "ms", labels, v)));
        }
    }
    out
}

impl Nodes {
    pub(crate) async fn keep_points(&self, session: &Session, stats: &Value, at: Timestamp) -> Result<()> {
        let health = hold(&session.told).health.clone();
        self.platform.metrics.record(at, &samples(session, stats, health.as_deref())).await
    }
}
