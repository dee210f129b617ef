//! Which series a tick writes. Values are rounded to what they mean: an unrounded double costs seven bytes a point.

use argos_hostinfo::Sample;
use argos_metrics::{Kind, Labels, Sample as Point, SeriesSpec};

use super::parts::tenth;

/// The label value of the machine Argos runs on.
pub(crate) const LOCAL: &str = "local";

fn point(metric: &str, unit: &'static str, labels: &[(&str, &str)], value: f64) -> Point {
    let mut all: Labels = labels.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    all.insert("host".to_owned(), LOCAL.to_owned());
    Point { spec: SeriesSpec { metric: metric.to_owned(), labels: all, unit, kind: Kind::Gauge, source: "ops" }, value }
}

/// Every known measurement of the tick.
pub(crate) fn of(sample: &Sample) -> Vec<Point> {
    let mut out = Vec::with_capacity(64);
    let mut add = |metric: &str, unit, labels: &[(&str, &str)], value: Option<f64>| {
        out.extend(value.map(|v| point(metric, unit, labels, v)));
    };
    if let Some(cpu) = &sample.cpu {
        add("host_cpu_percent", "%", &[], cpu.percent().map(tenth));
        if let Some(total) = &cpu.total {
            let m = &total.modes;
            for (mode, v) in
                [("user", m.user + m.nice), ("system", m.system), ("iowait", m.iowait), ("irq", m.irq + m.softirq), ("steal", m.steal)]
            {
                add("host_cpu_mode_percent", "%", &[("mode", mode)], Some(tenth(v)));
            }
        }
    }
    if let Some(load) = &sample.load {
        for (metric, v) in [("host_load1", load.one), ("host_load5", load.five), ("host_load15", load.fifteen)] {
            add(metric, "", &[], Some(v));
        }
    }
    if let Some(m) = &sample.memory {
        add("host_mem_percent", "%", &[], m.percent.map(tenth));
        add("host_mem_used_bytes", "bytes", &[], m.used_bytes.map(bytes));
        add("host_mem_cached_bytes", "bytes", &[], m.cached_bytes.map(bytes));
        add("host_swap_percent", "%", &[], m.swap.percent.map(tenth));
    }
    for f in sample.filesystems.iter().flatten().filter(|f| f.is_main_volume()) {
        add("host_disk_percent", "%", &[("mount", &f.mount_point)], f.percent.map(tenth));
        add("host_disk_used_bytes", "bytes", &[("mount", &f.mount_point)], Some(bytes(f.used_bytes)));
    }
    for d in sample.disks.iter().flatten().filter(|d| d.kind == argos_hostinfo::disk_io::DiskKind::Disk) {
        add("host_diskio_bps", "B/s", &[("device", &d.name), ("dir", "read")], d.read_bytes_per_s.map(f64::round));
        add("host_diskio_bps", "B/s", &[("device", &d.name), ("dir", "write")], d.write_bytes_per_s.map(f64::round));
        add("host_diskio_busy_percent", "%", &[("device", &d.name)], d.busy_percent.map(tenth));
    }
    if let Some(n) = &sample.network {
        add("host_net_bps", "B/s", &[("dir", "rx")], n.rx_bytes_per_s.map(f64::round));
        add("host_net_bps", "B/s", &[("dir", "tx")], n.tx_bytes_per_s.map(f64::round));
        for i in n.interfaces.iter().filter(|i| i.is_main()) {
            add("host_net_if_bps", "B/s", &[("iface", &i.name), ("dir", "rx")], i.rates.rx_bytes_per_s.map(f64::round));
            add("host_net_if_bps", "B/s", &[("iface", &i.name), ("dir", "tx")], i.rates.tx_bytes_per_s.map(f64::round));
        }
    }
    if let Some(s) = &sample.sensors {
        add("host_temp_celsius", "°C", &[("sensor", "cpu")], s.cpu_celsius().map(tenth));
    }
    add("host_temp_celsius", "°C", &[("sensor", "gpu")], sample.gpus.iter().flatten().find_map(|g| g.celsius).map(tenth));
    if let Some(p) = &sample.pressure {
        for (resource, part) in [("cpu", &p.cpu), ("memory", &p.memory), ("io", &p.io)] {
            let stall = part.as_ref().and_then(|r| r.some.as_ref());
            add("host_pressure_percent", "%", &[("resource", resource)], stall.map(|s| s.avg10_percent));
        }
    }
    add("host_processes", "", &[], sample.processes.as_ref().map(|p| count(p.list.len())));
    out
}

#[expect(clippy::cast_precision_loss, reason = "bytes of memory and disks stay far below 2^53")]
fn bytes(n: u64) -> f64 {
    n as f64
}

#[expect(clippy::cast_precision_loss, reason = "a number of processes")]
fn count(n: usize) -> f64 {
    n as f64
}
