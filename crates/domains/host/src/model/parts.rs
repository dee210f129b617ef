//! The parts of the live snapshot: one view per documented member, and how each is made of a sample.

use argos_hostinfo::filesystem::Filesystem;
use argos_hostinfo::process_table::Rank;
use argos_hostinfo::{Sample, format};
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct MemoryView {
    total: u64,
    available: Option<u64>,
    used: Option<u64>,
    percent: Option<f64>,
    cached: Option<u64>,
    buffers: Option<u64>,
    swap_total: Option<u64>,
    swap_used: Option<u64>,
    swap_percent: Option<f64>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct DiskView {
    pub(crate) mount: String,
    pub(crate) percent: Option<u8>,
    /// danger from 90 %, warning from 75 %, else success
    #[serde(rename = "barClass")]
    bar_class: &'static str,
    total: String,
    used: String,
    free: String,
    size: String,
    total_bytes: u64,
    used_bytes: u64,
    free_bytes: u64,
    source: String,
    fstype: String,
    read_only: bool,
    inodes_percent: Option<f64>,
}

impl DiskView {
    pub(crate) fn of(f: &Filesystem) -> Self {
        let percent = f.df_percent();
        Self {
            mount: f.mount_point.to_string(),
            percent,
            bar_class: match percent {
                Some(90..) => "danger",
                Some(75..) => "warning",
                _ => "success",
            },
            total: format::size(f.total_bytes),
            used: format::size(f.used_bytes),
            free: format::size(f.available_bytes),
            size: format::size(f.total_bytes),
            total_bytes: f.total_bytes,
            used_bytes: f.used_bytes,
            free_bytes: f.available_bytes,
            source: f.source.to_string(),
            fstype: f.fstype.to_string(),
            read_only: f.read_only,
            inodes_percent: f.inodes.as_ref().map(|i| tenth(i.percent)),
        }
    }
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct DiskIoView {
    device: String,
    read_bps: Option<f64>,
    write_bps: Option<f64>,
    reads_per_s: Option<f64>,
    writes_per_s: Option<f64>,
    busy_percent: Option<f64>,
    await_ms: Option<f64>,
    model: Option<String>,
    size_bytes: Option<u64>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct InterfaceView {
    name: String,
    rx_bps: Option<f64>,
    tx_bps: Option<f64>,
}

/// A process at the top of a list; `val` is percent, or bytes per second for I/O.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct TopView {
    pub(crate) name: String,
    pub(crate) val: f64,
    pub(crate) pid: u32,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct BatteryView {
    percent: Option<f64>,
    status: String,
    desktop: bool,
    #[serde(rename = "timeRemaining")]
    time_remaining: Option<String>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct PoolView {
    name: String,
    health: Option<String>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ZfsView {
    pools: Vec<PoolView>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct TemperatureView {
    sensor: String,
    celsius: f64,
    max_celsius: Option<f64>,
    critical_celsius: Option<f64>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct FanView {
    sensor: String,
    rpm: u64,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct GpuView {
    name: Option<String>,
    utilization_percent: Option<f64>,
    memory_used_bytes: Option<u64>,
    memory_total_bytes: Option<u64>,
    celsius: Option<f64>,
}

/// Share of time some (or all) tasks waited, percent over the last 10, 60 and 300 s.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct PressureView {
    resource: &'static str,
    some_avg10: Option<f64>,
    some_avg60: Option<f64>,
    full_avg10: Option<f64>,
    full_avg60: Option<f64>,
}

/// Percent of processor time by mode.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct CpuModesView {
    user: f64,
    system: f64,
    iowait: f64,
    irq: f64,
    steal: f64,
    nice: f64,
    idle: f64,
}

/// One decimal.
pub(crate) fn tenth(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

pub(crate) fn whole(value: Option<f64>) -> Option<f64> {
    value.map(f64::round)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an uptime is a small positive number")]
pub(crate) fn seconds(uptime: f64) -> u64 {
    uptime.max(0.0) as u64
}

pub(crate) fn cores(sample: &Sample) -> Vec<Option<f64>> {
    sample.cpu.iter().flat_map(|c| &c.cores).map(|c| c.usage.as_ref().map(|u| tenth(u.percent))).collect()
}

pub(crate) fn modes(sample: &Sample) -> Option<CpuModesView> {
    let m = &sample.cpu.as_ref()?.total.as_ref()?.modes;
    let (user, system, iowait, irq) = (tenth(m.user), tenth(m.system), tenth(m.iowait), tenth(m.irq + m.softirq));
    Some(CpuModesView { user, system, iowait, irq, steal: tenth(m.steal), nice: tenth(m.nice), idle: tenth(m.idle) })
}

pub(crate) fn memory(sample: &Sample) -> Option<MemoryView> {
    let m = sample.memory?;
    Some(MemoryView {
        total: m.total_bytes,
        available: m.available_bytes,
        used: m.used_bytes,
        percent: m.percent.map(tenth),
        cached: m.cached_bytes,
        buffers: m.buffers_bytes,
        swap_total: m.swap.total_bytes,
        swap_used: m.swap.used_bytes,
        swap_percent: m.swap.percent.map(tenth),
    })
}

pub(crate) fn disk_io(sample: &Sample) -> Vec<DiskIoView> {
    let whole_disks = sample.disks.iter().flatten().filter(|d| d.kind == argos_hostinfo::disk_io::DiskKind::Disk);
    whole_disks
        .map(|d| DiskIoView {
            device: d.name.to_string(),
            read_bps: whole(d.read_bytes_per_s),
            write_bps: whole(d.write_bytes_per_s),
            reads_per_s: d.reads_per_s.map(tenth),
            writes_per_s: d.writes_per_s.map(tenth),
            busy_percent: d.busy_percent.map(tenth),
            await_ms: d.await_ms.map(tenth),
            model: d.model.as_ref().map(ToString::to_string),
            size_bytes: d.size_bytes,
        })
        .collect()
}

pub(crate) fn interfaces(sample: &Sample) -> Vec<InterfaceView> {
    let main = sample.network.iter().flat_map(|n| &n.interfaces).filter(|i| i.is_main());
    main.map(|i| InterfaceView { name: i.name.to_string(), rx_bps: whole(i.rates.rx_bytes_per_s), tx_bps: whole(i.rates.tx_bytes_per_s) })
        .collect()
}

/// Five processes; names cut to 16 characters as documented.
pub(crate) fn top(sample: &Sample, rank: Rank, scale: fn(&argos_hostinfo::process::Process) -> Option<f64>) -> Vec<TopView> {
    let list = sample.processes.iter().flat_map(|p| p.top(rank, 5));
    list.filter_map(|p| Some(TopView { name: p.name.chars().take(16).collect(), val: tenth(scale(p)?), pid: p.pid })).collect()
}

/// A machine without a battery reads as documented: 100 %, "Desktop".
pub(crate) fn battery(sample: &Sample) -> BatteryView {
    match sample.power.as_ref().and_then(argos_hostinfo::power_supply::PowerSupplies::main_battery) {
        None => BatteryView { percent: Some(100.0), status: "Desktop".to_owned(), desktop: true, time_remaining: None },
        Some(b) => BatteryView {
            percent: b.percent.map(tenth),
            status: b.status.clone().unwrap_or_else(|| "Unknown".to_owned()),
            desktop: false,
            time_remaining: b.remaining_s.map(format::span),
        },
    }
}

pub(crate) fn zfs(sample: &Sample) -> Option<ZfsView> {
    let pools = sample.zfs.as_ref()?.pools.iter().map(|p| PoolView { name: p.name.clone(), health: p.health.clone() });
    Some(ZfsView { pools: pools.collect() })
}

fn sensor_name(chip: &str, label: Option<&str>) -> String {
    label.map_or_else(|| chip.to_owned(), |l| format!("{chip} {l}"))
}

pub(crate) fn temperatures(sample: &Sample) -> Vec<TemperatureView> {
    let all = sample.sensors.iter().flat_map(|s| &s.temperatures);
    all.map(|t| TemperatureView {
        sensor: sensor_name(&t.chip, t.label.as_deref()),
        celsius: tenth(t.celsius),
        max_celsius: t.max_celsius,
        critical_celsius: t.critical_celsius,
    })
    .collect()
}

pub(crate) fn fans(sample: &Sample) -> Vec<FanView> {
    let all = sample.sensors.iter().flat_map(|s| &s.fans);
    all.map(|f| FanView { sensor: sensor_name(&f.chip, f.label.as_deref()), rpm: f.rpm }).collect()
}

pub(crate) fn gpus(sample: &Sample) -> Vec<GpuView> {
    let all = sample.gpus.iter().flatten();
    all.map(|g| GpuView {
        name: g.name.clone(),
        utilization_percent: g.utilization_percent,
        memory_used_bytes: g.memory_used_bytes,
        memory_total_bytes: g.memory_total_bytes,
        celsius: g.celsius,
    })
    .collect()
}

pub(crate) fn pressure(sample: &Sample) -> Vec<PressureView> {
    let Some(p) = &sample.pressure else { return Vec::new() };
    let parts = [("cpu", &p.cpu), ("memory", &p.memory), ("io", &p.io)];
    let known = parts.into_iter().filter_map(|(name, r)| r.as_ref().map(|r| (name, r)));
    known
        .map(|(resource, r)| PressureView {
            resource,
            some_avg10: r.some.as_ref().map(|s| s.avg10_percent),
            some_avg60: r.some.as_ref().map(|s| s.avg60_percent),
            full_avg10: r.full.as_ref().map(|s| s.avg10_percent),
            full_avg60: r.full.as_ref().map(|s| s.avg60_percent),
        })
        .collect()
}
