//! The figures of flows in the metrics, for charts and for whoever asks what happened.

use std::collections::BTreeSet;
use std::sync::Arc;

use argos_kernel::Timestamp;
use argos_metrics::{Kind, Labels, Sample, SeriesSpec};
use serde_json::Value;

use crate::service::{Nodes, Session, hold};

/// How often the figures of a node are kept, in seconds.
pub(crate) const EVERY_S: i64 = 15;
/// Flows and outputs of one node that get series.
const FLOWS_MAX: usize = 200;
/// Flows and outputs of one node that get series while the process lives.
const SERIES_MAX: usize = 500;
/// Points that one report of a node brings.
const POINTS_MAX: usize = 1_000;
/// Characters of an id that are kept.
const ID_CHARS: usize = 64;

fn cut(id: &str) -> String {
    id.chars().take(ID_CHARS).collect()
}

/// Flows and their outputs that have series. The node chooses the ids, so there is an end to them.
#[derive(Default)]
pub(crate) struct Series(BTreeSet<(String, String)>);

impl Series {
    /// Whether this flow, or this output of it, has series; a new one gets some while there is room.
    fn admits(&mut self, flow: &str, output: &str) -> bool {
        let pair = (cut(flow), cut(output));
        self.0.contains(&pair) || (self.0.len() < SERIES_MAX && self.0.insert(pair))
    }
}

fn sample(node: &str, metric: &str, unit: &'static str, labels: &[(&str, &str)], value: f64) -> Sample {
    let mut all: Labels = labels.iter().map(|(n, v)| ((*n).to_owned(), cut(v))).collect();
    all.insert("node".to_owned(), node.to_owned());
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

fn samples(session: &Session, stats: &Value, health: Option<&Value>, known: &mut Series) -> Vec<Sample> {
    samples_of((&session.node_id, &session.device_type), stats, health, known)
}

fn samples_of((node, device_type): (&str, &str), stats: &Value, health: Option<&Value>, known: &mut Series) -> Vec<Sample> {
    let mut out = Vec::new();
    let metrics = argos_nodewire::driver_metrics(device_type, Some(stats), None).metrics;
    for (name, value) in metrics.into_iter().filter(|(name, _)| stats.get(name).is_some() || *name == "total_bitrate_bps") {
        out.push(sample(node, name, "", &[], value));
    }
    for name in ["cpu_percent", "ram_percent"] {
        let told = |of: &Value| number(of, &["system_resources", name]);
        out.extend(told(stats).or_else(|| health.and_then(told)).map(|v| sample(node, name, "%", &[], v)));
    }
    let flows = stats.get("flows").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    for flow in flows.iter().take(FLOWS_MAX) {
        let Some(id) = flow.get("flow_id").and_then(Value::as_str) else { continue };
        let input = flow.get("input").unwrap_or(&Value::Null);
        let ends = flow.get("outputs").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let outputs = ends.iter().take(FLOWS_MAX).filter_map(|o| Some((o.get("output_id")?.as_str()?, o)));
        for (output, end) in std::iter::once(("", input)).chain(outputs) {
            if !known.admits(id, output) {
                continue;
            }
            let labels = [("flow", id), ("output", output)];
            let labels = if output.is_empty() { &labels[..1] } else { &labels[..] };
            out.extend(number(end, &["bitrate_bps"]).map(|v| sample(node, "flow_bitrate_bps", "bit/s", labels, v)));
            out.extend(loss(end).map(|v| sample(node, "flow_loss", "%", labels, v)));
            out.extend(number(end, &["srt_stats", "rtt_ms"]).map(|v| sample(node, "flow_rtt_ms", "ms", labels, v)));
        }
    }
    out.truncate(POINTS_MAX);
    out
}

impl Nodes {
    /// Keeps the figures without holding up the node, which says more meanwhile. While the last ones are still on their way
    /// these are left out.
    pub(crate) fn keep_points(self: &Arc<Self>, session: &Arc<Session>, stats: Arc<Value>, at: Timestamp) {
        let Ok(turn) = Arc::clone(&session.points).try_lock_owned() else { return };
        let (nodes, session) = (Arc::clone(self), Arc::clone(session));
        self.platform.tasks.once("node-points", async move {
            let mut turn = turn;
            let health = hold(&session.told).health.clone();
            let points = samples(&session, &stats, health.as_deref(), &mut turn);
            if let Err(error) = nodes.platform.metrics.record(at, &points).await {
                tracing::error!(%error, node = session.node_id, "the figures of a node were not kept");
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_node_that_invents_ids_gets_a_bounded_number_of_series() {
        let mut known = Series::default();
        assert!(known.admits("f", "") && known.admits("f", "o"));
        for n in 0..10_000 {
            known.admits(&format!("f{n}"), &"x".repeat(200));
        }
        assert_eq!(known.0.len(), SERIES_MAX);
        assert!(known.admits("f", "o"), "those that are known go on");
        assert!(!known.admits("new", ""));
        let of = |pair: &(String, String)| pair.0.len().max(pair.1.len());
        assert!(known.0.iter().all(|pair| of(pair) <= ID_CHARS));
    }

    #[test]
    fn one_report_holds_a_bounded_number_of_points() {
        let out = |n: usize| json!({ "output_id": format!("o{n}"), "bitrate_bps": 1, "packets_lost": 1, "packets_received": 1, "srt_stats": { "rtt_ms": 5 } });
        let flow = |n: usize| json!({ "flow_id": format!("f{n}"), "input": { "bitrate_bps": 1 }, "outputs": (0..20).map(out).collect::<Vec<_>>() });
        let stats = json!({ "flows": (0..100).map(flow).collect::<Vec<_>>() });
        let mut known = Series::default();
        let points = samples_of(("n", "edge"), &stats, None, &mut known);
        assert_eq!((points.len(), known.0.len()), (POINTS_MAX, SERIES_MAX));
        assert!(points.iter().all(|p| p.spec.labels.get("node").is_some_and(|id| id == "n")));
    }
}
