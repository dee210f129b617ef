//! Real samples of this machine: what a host collector stores, rounded as a collector rounds, one sample every 200 ms
//! taken as if five seconds had passed. Rates are those of the 200 ms.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use argos_hostinfo::{Moment, Sample, Sampler, Wants};

use super::stage::{START_S, TICK_S};

const PACE: Duration = Duration::from_millis(200);

/// Points by series, `(seconds, value)`, every series in the order of time.
pub(crate) type Recording = BTreeMap<String, Vec<(i64, f64)>>;

/// `ticks` samples of this machine.
pub(crate) fn record(ticks: i64) -> Recording {
    let mut sampler = Sampler::new(Path::new("/"));
    let (wants, began) = (Wants::default(), Instant::now());
    let mut all = Recording::new();
    // The first sample has no rates.
    drop(sampler.sample(&wants, Moment { monotonic: Duration::ZERO, wall_unix_s: START_S }));
    for tick in 0..ticks {
        let due = PACE * u32::try_from(tick + 1).unwrap_or(u32::MAX);
        std::thread::sleep(due.saturating_sub(began.elapsed()));
        let t = START_S + tick * TICK_S;
        let sample = sampler.sample(&wants, Moment { monotonic: began.elapsed(), wall_unix_s: t });
        for (name, value) in readings(&sample) {
            all.entry(name).or_default().push((t, value));
        }
    }
    all
}

fn tenth(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

#[expect(clippy::cast_precision_loss, reason = "bytes of memory and disks stay far below 2^53")]
fn whole(n: u64) -> f64 {
    n as f64
}

/// Names without spaces, as all three stores take them.
fn readings(sample: &Sample) -> Vec<(String, f64)> {
    let mut out = Vec::with_capacity(64);
    let mut add = |name: String, value: Option<f64>| out.extend(value.map(|v| (name, v)));
    if let Some(cpu) = &sample.cpu {
        add("cpu_percent".to_owned(), cpu.percent().map(tenth));
        if let Some(total) = &cpu.total {
            let m = &total.modes;
            for (mode, v) in
                [("user", m.user + m.nice), ("system", m.system), ("iowait", m.iowait), ("irq", m.irq + m.softirq), ("steal", m.steal)]
            {
                add(format!("cpu_{mode}_percent"), Some(tenth(v)));
            }
        }
    }
    if let Some(load) = &sample.load {
        for (name, v) in [("load1", load.one), ("load5", load.five), ("load15", load.fifteen)] {
            add(name.to_owned(), Some(v));
        }
    }
    if let Some(m) = &sample.memory {
        add("mem_percent".to_owned(), m.percent.map(tenth));
        add("mem_used_bytes".to_owned(), m.used_bytes.map(whole));
        add("mem_cached_bytes".to_owned(), m.cached_bytes.map(whole));
    }
    for (i, f) in sample.filesystems.iter().flatten().enumerate() {
        add(format!("fs{i}_percent"), f.percent.map(tenth));
        add(format!("fs{i}_used_bytes"), Some(whole(f.used_bytes)));
    }
    for d in sample.disks.iter().flatten() {
        add(format!("disk_{}_read_bps", d.name), d.read_bytes_per_s.map(f64::round));
        add(format!("disk_{}_write_bps", d.name), d.write_bytes_per_s.map(f64::round));
        add(format!("disk_{}_busy_percent", d.name), d.busy_percent.map(tenth));
    }
    if let Some(n) = &sample.network {
        for (i, face) in n.interfaces.iter().enumerate() {
            add(format!("net{i}_rx_bps"), face.rates.rx_bytes_per_s.map(f64::round));
            add(format!("net{i}_tx_bps"), face.rates.tx_bytes_per_s.map(f64::round));
        }
    }
    if let Some(p) = &sample.pressure {
        for (resource, part) in [("cpu", &p.cpu), ("memory", &p.memory), ("io", &p.io)] {
            add(format!("pressure_{resource}_percent"), part.as_ref().and_then(|r| r.some.as_ref()).map(|s| s.avg10_percent));
        }
    }
    add("processes".to_owned(), sample.processes.as_ref().map(|p| whole(p.list.len() as u64)));
    out
}
