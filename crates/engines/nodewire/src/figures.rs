//! What the figures of a node mean: its state of health, and the few numbers that stand for all of them. What a node
//! does not say is missing or zero exactly where the published interface promises a zero.

use serde_json::Value;

/// The state of a connected node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Health {
    Online,
    Degraded,
    Error,
}

impl Health {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::Degraded => "degraded",
            Self::Error => "error",
        }
    }
}

fn list<'a>(value: Option<&'a Value>, name: &str) -> &'a [Value] {
    value.and_then(|v| v.get(name)).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn word<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn number(value: Option<&Value>, name: &str) -> f64 {
    value.and_then(|v| v.get(name)).and_then(Value::as_f64).unwrap_or_default()
}

/// Worst of what health, flows and tunnel legs say.
#[must_use]
pub fn health_of(health: Option<&Value>, stats: Option<&Value>, leg_failed: bool) -> Health {
    let own = match health.map(|h| word(h, "status")) {
        Some("error" | "critical") => Health::Error,
        Some("ok" | "") | None => Health::Online,
        Some(_) => Health::Degraded,
    };
    let flow = |flow: &Value| match word(flow, "health") {
        "Critical" => Health::Error,
        "Warning" | "Error" => Health::Degraded,
        _ => Health::Online,
    };
    let flows = list(stats, "flows").iter().map(flow).max().unwrap_or(Health::Online);
    own.max(flows).max(if leg_failed { Health::Degraded } else { Health::Online })
}

/// The few numbers and the rows of a node's card.
#[derive(Clone, Debug, PartialEq)]
pub struct DriverMetrics<'a> {
    pub metrics: Vec<(&'static str, f64)>,
    /// The flows of an edge and then its tunnels, or the tunnels of a relay; as they stand in its figures.
    pub items: Vec<&'a Value>,
}

const RELAY_COUNTERS: [&str; 14] = [
    "active_tunnels",
    "total_tunnels",
    "connected_edges",
    "total_bytes_ingress",
    "total_bytes_egress",
    "total_bytes_forwarded",
    "total_bandwidth_bps",
    "total_tcp_streams",
    "active_tcp_streams",
    "total_udp_datagrams",
    "peak_tunnels",
    "peak_edges",
    "connections_total",
    "uptime_secs",
];

#[expect(clippy::cast_precision_loss, reason = "counts of flows and tunnels")]
const fn count(n: usize) -> f64 {
    n as f64
}

/// The numbers of a node of this type.
#[must_use]
pub fn driver_metrics<'a>(device_type: &str, stats: Option<&'a Value>, health: Option<&Value>) -> DriverMetrics<'a> {
    if device_type == "relay" {
        let of = |name: &'static str| {
            let told = |source: Option<&Value>| source.and_then(|s| s.get(name)).and_then(Value::as_f64);
            (name, told(stats).or_else(|| told(health)).unwrap_or_default())
        };
        return DriverMetrics { metrics: RELAY_COUNTERS.map(of).to_vec(), items: list(stats, "tunnels").iter().collect() };
    }
    let (flows, tunnels) = (list(stats, "flows"), list(stats, "tunnels"));
    let running = flows.iter().filter(|f| word(f, "state").eq_ignore_ascii_case("running")).count();
    let ready = tunnels.iter().filter(|t| word(t, "state").eq_ignore_ascii_case("ready")).count();
    let through = |t: &Value| number(t.get("stats"), "bitrate_in_bps").max(number(t.get("stats"), "bitrate_out_bps"));
    let bitrate = flows.iter().map(|f| number(f.get("input"), "bitrate_bps")).sum::<f64>() + tunnels.iter().map(through).sum::<f64>();
    let told = stats.and_then(|s| s.get("total_flows")).and_then(Value::as_f64).unwrap_or_default();
    let metrics = vec![
        ("active_flows", count(running)),
        ("total_flows", told.max(count(flows.len()))),
        ("active_tunnels", count(ready)),
        ("total_tunnels", count(tunnels.len())),
        ("total_bitrate_bps", bitrate),
        ("uptime_secs", number(stats.filter(|s| s.get("uptime_secs").is_some()).or(health), "uptime_secs")),
    ];
    DriverMetrics { metrics, items: flows.iter().chain(tunnels).collect() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn worst_word_decides() {
        let stats = |health: &str| json!({ "flows": [{ "health": "Healthy" }, { "health": health }] });
        assert_eq!(health_of(Some(&json!({ "status": "ok" })), Some(&stats("Critical")), false), Health::Error);
        assert_eq!(health_of(Some(&json!({ "status": "ok" })), Some(&stats("Error")), false), Health::Degraded);
        assert_eq!(health_of(Some(&json!({ "status": "tired" })), None, false), Health::Degraded);
        assert_eq!(health_of(None, None, true), Health::Degraded);
        assert_eq!(health_of(None, None, false), Health::Online);
    }

    #[test]
    fn running_flows_are_counted_whatever_their_case() {
        let stats = json!({ "flows": [{ "state": "Running", "input": { "bitrate_bps": 5 } }, { "state": "running" }, { "state": "Idle" }],
            "tunnels": [{ "state": "ready", "stats": { "bitrate_in_bps": 3, "bitrate_out_bps": 7 } }] });
        let m = driver_metrics("edge", Some(&stats), None);
        assert_eq!(
            m.metrics[..5],
            [("active_flows", 2.0), ("total_flows", 3.0), ("active_tunnels", 1.0), ("total_tunnels", 1.0), ("total_bitrate_bps", 12.0)]
        );
        assert_eq!(m.items.len(), 4);
    }

    #[test]
    fn missing_counters_of_a_relay_are_zero() {
        let stats = json!({ "active_tunnels": 2 });
        let m = driver_metrics("relay", Some(&stats), Some(&json!({ "peak_edges": 3 })));
        assert_eq!((m.metrics.len(), m.metrics[0].1, m.metrics[11].1, m.metrics[13].1), (14, 2.0, 3.0, 0.0));
    }

    proptest! {
        #[test]
        fn any_stats_have_metrics(state in ".{0,8}", rate in any::<i64>()) {
            let stats = json!({ "flows": [{ "state": state, "input": { "bitrate_bps": rate } }, 7, null], "tunnels": 3 });
            prop_assert_eq!(driver_metrics("edge", Some(&stats), None).items.len(), 3);
        }
    }
}
