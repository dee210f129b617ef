//! The documented metric names and the canonical series they are views of (platform spec 8.1, ops spec D.3).

use crate::registry::Labels;

/// The label value of the machine Argos runs on.
pub(crate) const LOCAL: &str = "local";

/// How several series of one documented name become one line when no tag is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Join {
    /// The worst of them: a full disk is not hidden by an empty one.
    Max,
    /// Their total: throughput.
    Sum,
}

/// A documented name resolved to a canonical metric.
#[derive(Clone, Debug)]
pub struct DocumentedName {
    pub metric: &'static str,
    pub labels: Labels,
    /// The label that the `tag` parameter selects.
    pub tag: Option<&'static str>,
    pub(crate) join: Join,
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
    Line("cert_expiry_days", "cert_expiry_days", &[], Some("host"), Join::Max),
    Line("domain_expiry_days", "domain_expiry_days", &[], Some("domain"), Join::Max),
    Line("bandwidth_ip", "bandwidth_ip", &[], Some("ip"), Join::Sum),
    Line("custom_metric", "custom_metric", &[], Some("name"), Join::Max),
    Line("weather_temp", "weather_temp", &[], None, Join::Max),
];

/// Resolves a documented name, in snake_case or camelCase; `None` for an unknown one.
pub fn documented(name: &str) -> Option<DocumentedName> {
    let snake = snake(name);
    if let Some(line) = TABLE.iter().find(|l| l.0 == snake) {
        let labels = line.2.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        return Some(DocumentedName { metric: line.1, labels, tag: line.3, join: line.4 });
    }
    if let Some(monitor) = name.strip_prefix("endpoint_ms:") {
        let labels = Labels::from([("monitor".to_owned(), monitor.to_owned())]);
        return Some(DocumentedName { metric: "monitor_latency_ms", labels, tag: None, join: Join::Max });
    }
    let rest = name.strip_prefix("agent_")?;
    let (host, what) = rest.rsplit_once('_')?;
    let (metric, tag) = match what {
        "cpu" => ("host_cpu_percent", None),
        "mem" => ("host_mem_percent", None),
        "disk" => ("host_disk_percent", Some("mount")),
        _ => return None,
    };
    let labels = Labels::from([("host".to_owned(), host.to_owned())]);
    Some(DocumentedName { metric, labels, tag, join: Join::Max })
}

/// Every documented name that is not a pattern.
pub(crate) fn all() -> impl Iterator<Item = &'static str> {
    TABLE.iter().map(|l| l.0)
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
    use super::*;

    #[test]
    fn names_resolve_in_both_spellings() {
        assert_eq!(documented("cpuPercent").unwrap().metric, "host_cpu_percent");
        assert_eq!(documented("disk_percent").unwrap().tag, Some("mount"));
        assert_eq!(documented("agent_web-1_cpu").unwrap().labels["host"], "web-1");
        assert_eq!(documented("endpoint_ms:site").unwrap().labels["monitor"], "site");
        assert!(documented("nonsense").is_none());
    }
}
