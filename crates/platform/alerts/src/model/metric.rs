//! Names of metrics in conditions: one canonical spelling for the documented ones (ops-core G 1, platform spec 8.1).
//! camelCase twins, the canonical `host_*` series names and history names all lead to the same value.

use argos_condition::{Condition, MetricRef, Segment, camel_to_snake};
use argos_metrics::{DocumentedName, documented};

/// The selector that stands for "each of them": the rule is judged once per instance.
pub(crate) const EACH: &str = "*";

/// Documented names, by which a rule is checked before the first values arrive.
pub(crate) const DOCUMENTED: &[&str] = &[
    "agents.cpu_percent",
    "agents.mem_percent",
    "agents.online",
    "bandwidth_ip",
    "battery.percent",
    "cert_expiry_days",
    "cpu_percent",
    "cpu_temp",
    "custom_metric",
    "disk_io.read_bps",
    "disk_io.write_bps",
    "disk_percent",
    "disks.percent",
    "domain_expiry_days",
    "gpu_temp",
    "mem_percent",
    "memory.available",
    "memory.total",
    "memory.used",
    "net_interfaces.rx_bps",
    "net_interfaces.tx_bps",
    "net_rx_bytes",
    "net_tx_bytes",
    "ping_ms",
    "radar.latency_ms",
    "services.active",
    "services.status",
    "uptime_s",
];

/// The series that answers a bare name: the largest of its instances.
pub(crate) fn worst_of(name: &str) -> Option<&'static str> {
    match name {
        "disk_percent" => Some("disks.percent"),
        "ping_ms" => Some("radar.latency_ms"),
        _ => None,
    }
}

/// What the selector of a metric picks, for labels.
pub(crate) fn label_name(root: &str) -> &'static str {
    match root {
        "disks" => "mount",
        "services" => "service",
        "agents" => "agent",
        "radar" => "host",
        "disk_io" => "device",
        "net_interfaces" => "interface",
        _ => "instance",
    }
}

/// Names of series before the canonical ones.
const FORMER: [(&str, &str); 3] =
    [("edge_answer_ms", "edge_duration_ms[q=mean]"), ("edge_requests_per_second", "edge_requests"), ("edge_sent_bps", "edge_bytes")];

fn quoted(selector: &str) -> String {
    format!("\"{}\"", selector.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The stored series behind a documented name or a list of the snapshot: they are the same measurements.
pub(crate) fn documented_series(metric: &MetricRef) -> Option<DocumentedName> {
    let (name, selector) = (metric.name(), metric.selectors().next());
    let name = match (name.as_str(), selector) {
        ("disks.percent", _) => "disk_percent".to_owned(),
        ("disk_io.read_bps", _) => "disk_io_read_bps".to_owned(),
        ("disk_io.write_bps", _) => "disk_io_write_bps".to_owned(),
        ("memory.percent", _) => "mem_percent".to_owned(),
        ("radar.latency_ms", _) => "ping_ms".to_owned(),
        ("load", Some("0")) => "load_1m".to_owned(),
        ("agents.cpu_percent", Some(agent)) => format!("agent_{agent}_cpu"),
        ("agents.mem_percent", Some(agent)) => format!("agent_{agent}_mem"),
        ("endpoint_ms", Some(monitor)) => format!("endpoint_ms:{monitor}"),
        (other, _) => other.to_owned(),
    };
    let mut wanted = documented(&name)?;
    if let (Some(tag), Some(value)) = (wanted.tag, selector.filter(|s| *s != EACH)) {
        wanted.labels.insert(tag.to_owned(), value.to_owned());
    }
    Some(wanted)
}

/// The canonical spelling of a metric.
pub(crate) fn canonical(metric: &MetricRef) -> MetricRef {
    let snake = metric.map_words(camel_to_snake);
    let name = snake.name();
    let selector = snake.selectors().next();
    if let (Some(n), None) = (["load_1m", "load_5m", "load_15m"].iter().position(|l| *l == name), selector) {
        return build("load", Some(&n.to_string())).unwrap_or(snake);
    }
    if let Some((_, now)) = FORMER.iter().find(|(former, _)| *former == name) {
        let picked: String = snake.selectors().map(|s| format!("[{}]", quoted(s))).collect();
        let (metric, q) = now.split_once('[').map_or((*now, String::new()), |(m, q)| (m, format!("[{q}")));
        return MetricRef::parse(&format!("{metric}{picked}{q}")).unwrap_or(snake);
    }
    let target = match (name.as_str(), selector.is_some()) {
        ("host_cpu_percent", _) => "cpu_percent",
        ("host_mem_percent" | "memory.percent" | "memory_percent", _) => "mem_percent",
        ("host_temp_celsius", _) => "cpu_temp",
        ("host_disk_percent", false) => "disk_percent",
        ("host_disk_percent" | "disk_percent", true) => "disks.percent",
        ("net_rx_raw" | "net_rx", _) => "net_rx_bytes",
        ("net_tx_raw" | "net_tx", _) => "net_tx_bytes",
        ("ping_ms" | "radar.ms", true) | ("radar.ms", false) => "radar.latency_ms",
        _ => return snake,
    };
    build(target, selector).unwrap_or(snake)
}

/// `disks.percent` and `/` make `disks[/].percent`: the selector follows the first word.
pub(crate) fn build(name: &str, selector: Option<&str>) -> Option<MetricRef> {
    let (root, rest) = name.split_once('.').map_or((name, ""), |(a, b)| (a, b));
    let mut text = root.to_owned();
    if let Some(selector) = selector {
        text.push_str(&format!("[{}]", quoted(selector)));
    }
    if !rest.is_empty() {
        text.push('.');
        text.push_str(rest);
    }
    MetricRef::parse(&text).ok()
}

/// Whether the metric stands for each of its instances.
pub(crate) fn is_wild(metric: &MetricRef) -> bool {
    metric.selectors().any(|s| s == EACH)
}

/// The same metric with the wildcard replaced by one instance.
pub(crate) fn with_instance(metric: &MetricRef, instance: &str) -> Option<MetricRef> {
    let mut text = String::new();
    for segment in metric.segments() {
        match segment {
            Segment::Word(word) => {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(word);
            }
            Segment::Selector(selector) => {
                let selector = if selector == EACH { instance } else { selector };
                text.push_str(&format!("[{}]", quoted(selector)));
            }
        }
    }
    MetricRef::parse(&text).ok()
}

/// The condition with canonical names.
pub(crate) fn canonical_condition(condition: Condition) -> Condition {
    condition.with_aliases(|metric| Some(canonical(metric)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expected: &str) {
        let metric = canonical(&MetricRef::parse(text).unwrap());
        assert_eq!(metric, MetricRef::parse(expected).unwrap(), "{text}");
        assert_eq!(canonical(&metric), metric, "{text} is stable");
    }

    #[test]
    fn documented_spellings_lead_to_one_name() {
        check("cpuPercent", "cpu_percent");
        check("flat['cpuPercent']", "cpu_percent");
        check("cpu_percent", "cpu_percent");
        check("memPercent", "mem_percent");
        check("memory.percent", "mem_percent");
        check("host_cpu_percent", "cpu_percent");
        check("cpuTemp", "cpu_temp");
        check("netRxRaw", "net_rx_bytes");
        check("disk_percent", "disk_percent");
        check("disk_percent[/home]", "disks[/home].percent");
        check("disks[0].percent", "disks[0].percent");
        check("diskIo[sda].readBps", "disk_io[sda].read_bps");
        check("ping_ms[10.0.0.1]", "radar[10.0.0.1].latency_ms");
        check("agents[Web-1].cpuPercent", "agents[Web-1].cpu_percent");
        check("edge_answer_ms", "edge_duration_ms[q=mean]");
        check("edge_answer_ms[a.example]", "edge_duration_ms[a.example][q=mean]");
        check("edge_requests_per_second[class=5xx]", "edge_requests[class=5xx]");
    }

    #[test]
    fn list_fields_lead_to_their_series() {
        let found = |text: &str| documented_series(&canonical(&MetricRef::parse(text).unwrap()));
        let disk = found("disks[/].percent").unwrap();
        assert_eq!((disk.metric, disk.labels["mount"].as_str()), ("host_disk_percent", "/"));
        assert_eq!(found("load_1m").unwrap().metric, "host_load1");
        assert_eq!(found("endpoint_ms:shop").unwrap().labels["monitor"], "shop");
        assert!(found("hostname").is_none());
    }

    proptest! {
        #[test]
        fn any_instance_name_fits_into_a_metric(instance in "[ -~]{1,20}") {
            prop_assume!(!instance.trim().is_empty());
            if let Some(metric) = build("disks.percent", Some(&instance)) {
                prop_assert_eq!(metric.selectors().next(), Some(instance.as_str()));
                prop_assert_eq!(metric.name(), "disks.percent");
                let wild = MetricRef::parse("disks[*].percent").unwrap();
                prop_assert_eq!(with_instance(&wild, &instance), Some(metric));
            }
        }
    }
}
