//! The documented metric names and the canonical series they are views of (platform spec 8.1, ops spec D.3).

use argos_tschunk::Function;

use crate::engine::Metrics;
use crate::registry::Labels;

/// The label value of the machine Argos runs on.
pub(crate) const LOCAL: &str = "local";

/// How several series of one documented name become one line when no tag is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Join {
    /// The worst of them: a full disk is not hidden by an empty one.
    Max,
    /// The most urgent of them, where less is worse: days until something expires.
    Min,
    /// Their total: throughput.
    Sum,
}

impl Join {
    /// Two values as one.
    pub fn of(self, a: f64, b: f64) -> f64 {
        match self {
            Self::Max => a.max(b),
            Self::Min => a.min(b),
            Self::Sum => a + b,
        }
    }
}

/// A documented name resolved to a canonical metric.
#[derive(Clone, Debug)]
pub struct DocumentedName {
    pub metric: &'static str,
    pub labels: Labels,
    /// The label that the `tag` parameter selects.
    pub tag: Option<&'static str>,
    pub join: Join,
    /// What a bucket shows: the mean, or for documented counters the reading.
    pub(crate) value: Function,
}

struct Line(&'static str, &'static str, &'static [(&'static str, &'static str)], Option<&'static str>, Join);

const HOST: &[(&str, &str)] = &[("host", LOCAL)];

const TABLE: &[Line] = &[
    Line("cpu_percent", "host_cpu_percent", HOST, None, Join::Max),
    Line("mem_percent", "host_mem_percent", HOST, None, Join::Max),
    Line("swap_percent", "host_swap_percent", HOST, None, Join::Max),
    Line("load_1m", "host_load1", HOST, None, Join::Max),
    Line("cpu_temp", "host_temp_celsius", &[("host", LOCAL), ("sensor", "cpu")], None, Join::Max),
    Line("gpu_temp", "host_temp_celsius", &[("host", LOCAL), ("sensor", "gpu")], None, Join::Max),
    Line("disk_percent", "host_disk_percent", HOST, Some("mount"), Join::Max),
    Line("net_rx_bytes", "host_net_bps", &[("host", LOCAL), ("dir", "rx")], None, Join::Sum),
    Line("net_tx_bytes", "host_net_bps", &[("host", LOCAL), ("dir", "tx")], None, Join::Sum),
    Line("disk_io_read_bps", "host_diskio_bps", &[("host", LOCAL), ("dir", "read")], Some("device"), Join::Sum),
    Line("disk_io_write_bps", "host_diskio_bps", &[("host", LOCAL), ("dir", "write")], Some("device"), Join::Sum),
    Line("ping_ms", "ping_ms", &[], Some("ip"), Join::Max),
    Line("cert_expiry_days", "cert_expiry_days", &[], Some("host"), Join::Min),
    Line("domain_expiry_days", "domain_expiry_days", &[], Some("domain"), Join::Min),
    Line("bandwidth_ip", "bandwidth_ip", &[], Some("ip"), Join::Sum),
    Line("custom_metric", "custom_metric", &[], Some("name"), Join::Max),
    Line("weather_temp", "weather_temp", &[], None, Join::Max),
];

fn pairs(list: &[(&str, &str)]) -> Labels {
    list.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
}

/// Resolves a documented name, in snake_case or camelCase; `None` for an unknown one.
pub fn documented(name: &str) -> Option<DocumentedName> {
    let snake = snake(name);
    if let Some(line) = TABLE.iter().find(|l| l.0 == snake) {
        return Some(line.resolve());
    }
    let plain =
        |metric, labels: &[(&str, &str)], tag| DocumentedName { metric, labels: pairs(labels), tag, join: Join::Max, value: Function::Avg };
    if let Some(monitor) = name.strip_prefix("endpoint_ms:").filter(|m| !m.is_empty()) {
        return Some(plain("monitor_latency_ms", &[("monitor", monitor)], None));
    }
    if let Some(rest) = name.strip_prefix("net_if_") {
        // A host name holds no underscore, an interface name may.
        let (place, dir) = rest.rsplit_once('_').filter(|(_, dir)| matches!(*dir, "rx" | "tx"))?;
        let (host, iface) = place.split_once('_').filter(|(host, iface)| !host.is_empty() && !iface.is_empty())?;
        let name = plain("net_if", &[("host", host), ("iface", iface), ("dir", dir)], None);
        return Some(DocumentedName { value: Function::Last, ..name });
    }
    let (host, what) = name.strip_prefix("agent_")?.rsplit_once('_').filter(|(host, _)| !host.is_empty())?;
    let (metric, tag) = match what {
        "cpu" => ("host_cpu_percent", None),
        "mem" => ("host_mem_percent", None),
        "disk" => ("host_disk_percent", Some("mount")),
        _ => return None,
    };
    Some(plain(metric, &[("host", host)], tag))
}

impl Line {
    fn resolve(&self) -> DocumentedName {
        DocumentedName { metric: self.1, labels: pairs(self.2), tag: self.3, join: self.4, value: Function::Avg }
    }
}

impl Metrics {
    /// The documented names, apart from patterns, that have at least one point.
    pub fn documented_with_data(&self) -> Vec<&'static str> {
        let candidates: Vec<_> = {
            let registry = self.registry();
            TABLE.iter().filter_map(|l| registry.matching(l.1, &pairs(l.2)).map(|ids| (l.0, ids))).collect()
        };
        let heads = self.heads();
        let has_points = |id: &_| heads.get(*id).is_some_and(|o| o.newest().is_some());
        candidates.into_iter().filter(|(_, ids)| ids.iter().any(has_points)).map(|(name, _)| name).collect()
    }
}

fn snake(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            out.push('_');
            out.push(c.to_ascii_lowercase());
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_resolve_in_both_spellings() {
        assert_eq!(documented("cpuPercent").unwrap().metric, "host_cpu_percent");
        assert_eq!(documented("diskIoReadBps").unwrap().labels["dir"], "read");
        assert_eq!(documented("disk_percent").unwrap().tag, Some("mount"));
        assert_eq!(documented("agent_web-1_cpu").unwrap().labels["host"], "web-1");
        assert_eq!(documented("endpoint_ms:site").unwrap().labels["monitor"], "site");
    }

    #[test]
    fn interface_names_may_hold_underscores() {
        let name = documented("net_if_web-1_br_lan_rx").unwrap();
        assert_eq!(name.labels, pairs(&[("host", "web-1"), ("iface", "br_lan"), ("dir", "rx")]));
        assert_eq!(name.value, Function::Last);
    }

    #[test]
    fn names_that_are_not_documented_are_unknown() {
        for name in ["nonsense", "", "agent__cpu", "agent_x_gpu", "net_if_h_rx", "net_if_h_eth0_up", "endpoint_ms:", "cpu"] {
            assert!(documented(name).is_none(), "{name}");
        }
    }

    proptest! {
        #[test]
        fn names_of_any_kind_never_panic(name in "(agent_|net_if_|endpoint_ms:)?\\PC{0,20}") {
            drop(documented(&name));
        }
    }
}
