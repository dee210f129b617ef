//! Prometheus text exposition 0.0.4 of this machine (ops spec E.9).

use std::fmt::Write;

use serde_json::Value;

/// A document under construction; writing to a string cannot fail.
#[derive(Default)]
pub(crate) struct Exposition(String);

impl Exposition {
    /// Begins a metric family.
    pub(crate) fn family(&mut self, name: &str, kind: &str, help: &str) {
        self.line(format_args!("# HELP {name} {help}\n# TYPE {name} {kind}\n"));
    }
    pub(crate) fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: f64) {
        let mut text = String::new();
        for (i, (key, v)) in labels.iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            text.push_str(&format!("{comma}{key}=\"{}\"", escape(v)));
        }
        if text.is_empty() {
            self.line(format_args!("{name} {value}\n"));
        } else {
            self.line(format_args!("{name}{{{text}}} {value}\n"));
        }
    }
    pub(crate) fn finish(self) -> String {
        self.0
    }
    fn line(&mut self, args: std::fmt::Arguments<'_>) {
        if self.0.write_fmt(args).is_err() {
            tracing::error!("a metric could not be formatted");
        }
    }
}

/// Label values escape backslash, quote and line feed.
pub(crate) fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// The documented `noba_*` families from a rendered snapshot.
pub(crate) fn host(out: &mut Exposition, snapshot: &Value) {
    let number = |key: &str| snapshot.get(key).and_then(Value::as_f64);
    for (name, key, help) in [
        ("noba_cpu_percent", "cpu_percent", "Processor use in percent"),
        ("noba_mem_percent", "mem_percent", "Memory use in percent"),
        ("noba_net_rx_bps", "net_rx_bytes", "Received bytes per second"),
        ("noba_net_tx_bps", "net_tx_bytes", "Sent bytes per second"),
        ("noba_cpu_temp_celsius", "cpu_temp", "Processor temperature"),
    ] {
        if let Some(v) = number(key) {
            out.family(name, "gauge", help);
            out.sample(name, &[], v);
        }
    }
    let list = |key: &str| snapshot.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    let disks = list("disks");
    if !disks.is_empty() {
        out.family("noba_disk_percent", "gauge", "File system use in percent");
    }
    for d in &disks {
        if let (Some(mount), Some(v)) = (d["mount"].as_str(), d["percent"].as_f64()) {
            out.sample("noba_disk_percent", &[("mount", mount)], v);
        }
    }
    let services = list("services");
    if !services.is_empty() {
        out.family("noba_service_up", "gauge", "1 when the service is active");
    }
    for s in &services {
        if let (Some(name), Some(up)) = (s["name"].as_str(), s["active"].as_bool()) {
            out.sample("noba_service_up", &[("name", name)], f64::from(u8::from(up)));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn host_families_carry_labels_and_leave_unknown_out() {
        let mut e = Exposition::default();
        host(&mut e, &json!({"cpu_percent": 12.5, "mem_percent": null, "disks": [{"mount": "/a\"b", "percent": 40}]}));
        let text = e.finish();
        assert!(text.contains("# TYPE noba_cpu_percent gauge\nnoba_cpu_percent 12.5\n"));
        assert!(text.contains("noba_disk_percent{mount=\"/a\\\"b\"} 40\n"));
        assert!(!text.contains("noba_mem_percent"));
    }
}
