//! The live snapshot (ops spec D.1): one object, every field under both documented spellings. What is not known is null.

use argos_hostinfo::process_table::Rank;
use argos_hostinfo::{Sample, format};
use schemars::JsonSchema;
use serde::Serialize;

use super::parts::{
    BatteryView, CpuModesView, DiskIoView, DiskView, FanView, GpuView, InterfaceView, MemoryView, PressureView, TemperatureView, TopView,
    ZfsView, battery, cores, disk_io, fans, gpus, interfaces, memory, modes, pressure, seconds, temperatures, tenth, top, whole, zfs,
};
use super::probes::{ContainerView, NetHealth, Probes, RadarView, ServiceView};

/// A current built-in alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AlertLine {
    /// danger, warning or info
    pub level: String,
    pub severity: String,
    pub msg: String,
}

/// This machine, now.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Snapshot {
    /// Unix seconds of the tick.
    timestamp: i64,
    /// The same moment as `HH:MM:SS` in UTC.
    time: String,
    hostname: Option<String>,
    os: Option<String>,
    #[serde(rename = "osName")]
    os_name: Option<String>,
    kernel: Option<String>,
    #[serde(rename = "defaultIp")]
    default_ip: Option<String>,
    uptime: Option<String>,
    uptime_s: Option<u64>,
    load: Option<[f64; 3]>,
    loadavg: Option<String>,
    pub(crate) cpu_percent: Option<f64>,
    #[serde(rename = "cpuPercent")]
    cpu_percent_camel: Option<f64>,
    /// The last 20 ticks.
    cpu_history: Vec<f64>,
    #[serde(rename = "cpuHistory")]
    cpu_history_camel: Vec<f64>,
    cpu_cores: Vec<Option<f64>>,
    cpu_modes: Option<CpuModesView>,
    pub(crate) cpu_temp: Option<f64>,
    pub(crate) gpu_temp: Option<f64>,
    #[serde(rename = "cpuTemp")]
    cpu_temp_text: String,
    #[serde(rename = "gpuTemp")]
    gpu_temp_text: String,
    memory: Option<MemoryView>,
    pub(crate) mem_percent: Option<f64>,
    #[serde(rename = "memPercent")]
    mem_percent_camel: Option<f64>,
    pub(crate) disks: Vec<DiskView>,
    zfs: Option<ZfsView>,
    #[serde(rename = "diskIo")]
    disk_io: Vec<DiskIoView>,
    net_rx_bytes: Option<f64>,
    net_tx_bytes: Option<f64>,
    #[serde(rename = "netRxRaw")]
    net_rx_raw: Option<f64>,
    #[serde(rename = "netTxRaw")]
    net_tx_raw: Option<f64>,
    #[serde(rename = "netRx")]
    net_rx_text: Option<String>,
    #[serde(rename = "netTx")]
    net_tx_text: Option<String>,
    #[serde(rename = "netInterfaces")]
    net_interfaces: Vec<InterfaceView>,
    #[serde(rename = "netHealth")]
    net_health: NetHealth,
    #[serde(rename = "hwCpu")]
    hw_cpu: Option<String>,
    #[serde(rename = "hwGpu")]
    hw_gpu: Option<String>,
    battery: BatteryView,
    #[serde(rename = "topCpu")]
    top_cpu: Vec<TopView>,
    #[serde(rename = "topMem")]
    top_mem: Vec<TopView>,
    #[serde(rename = "topIo")]
    top_io: Vec<TopView>,
    pub(crate) services: Vec<ServiceView>,
    pub(crate) radar: Vec<RadarView>,
    containers: Vec<ContainerView>,
    temperatures: Vec<TemperatureView>,
    fans: Vec<FanView>,
    gpus: Vec<GpuView>,
    pressure: Vec<PressureView>,
    processes_total: Option<usize>,
    tasks_running: Option<u32>,
    pub(crate) alerts: Vec<AlertLine>,
    /// Parts that other jobs fill; empty until they are configured.
    agents: Vec<serde_json::Value>,
    #[serde(rename = "certExpiry")]
    cert_expiry: Vec<serde_json::Value>,
    #[serde(rename = "domainExpiry")]
    domain_expiry: Vec<serde_json::Value>,
    #[serde(rename = "devicePresence")]
    device_presence: Vec<serde_json::Value>,
    #[serde(rename = "dockerUpdates")]
    docker_updates: Vec<serde_json::Value>,
    vpn: Option<serde_json::Value>,
    tailscale: Option<serde_json::Value>,
    /// Seconds since the tick when this was sent.
    pub(crate) collector_pulse: f64,
    /// healthy, or stalled after 12.5 s without a tick
    pub(crate) collector_status: &'static str,
}

/// Seconds without a tick after which the collector counts as stalled.
pub(crate) const STALLED_AFTER_S: f64 = 12.5;

impl Snapshot {
    /// Renders a sample with the newest probe answers.
    pub(crate) fn build(sample: &Sample, probes: &Probes, cpu_history: &[f64], alerts: Vec<AlertLine>) -> Self {
        let cpu_percent = sample.cpu.as_ref().and_then(argos_hostinfo::cpu::Cpu::percent).map(tenth);
        let cpu_temp = sample.sensors.as_ref().and_then(argos_hostinfo::sensor::Sensors::cpu_celsius).map(tenth);
        let gpu_temp = sample.gpus.iter().flatten().find_map(|g| g.celsius).map(tenth);
        let mem_percent = sample.memory.and_then(|m| m.percent).map(f64::round);
        let network = sample.network.as_ref();
        let (rx, tx) = (whole(network.and_then(|n| n.rx_bytes_per_s)), whole(network.and_then(|n| n.tx_bytes_per_s)));
        let clock = argos_kernel::Timestamp::from_secs(sample.wall_unix_s).rfc3339();
        let os = sample.identity.os.title().map(str::to_owned);
        let uptime_s = sample.uptime_s.map(seconds);
        let top = |rank, scale: fn(&argos_hostinfo::process::Process) -> Option<f64>| top(sample, rank, scale);
        Self {
            timestamp: sample.wall_unix_s,
            time: clock.split(['T', 'Z']).nth(1).unwrap_or_default().to_owned(),
            hostname: sample.identity.hostname.clone(),
            os_name: os.clone(),
            os,
            kernel: sample.identity.kernel_release.clone(),
            default_ip: network.and_then(|n| n.default_ip).map(|ip| ip.to_string()),
            uptime: uptime_s.map(format::span),
            uptime_s,
            load: sample.load.as_ref().map(|l| [l.one, l.five, l.fifteen]),
            loadavg: sample.load.as_ref().map(format::load),
            cpu_percent,
            cpu_percent_camel: cpu_percent,
            cpu_history: cpu_history.to_vec(),
            cpu_history_camel: cpu_history.to_vec(),
            cpu_cores: cores(sample),
            cpu_modes: modes(sample),
            cpu_temp,
            gpu_temp,
            cpu_temp_text: format::celsius(cpu_temp),
            gpu_temp_text: format::celsius(gpu_temp),
            memory: memory(sample),
            mem_percent,
            mem_percent_camel: mem_percent,
            disks: sample.filesystems.iter().flatten().filter(|f| f.is_main_volume()).map(DiskView::of).collect(),
            zfs: zfs(sample),
            disk_io: disk_io(sample),
            net_rx_bytes: rx,
            net_tx_bytes: tx,
            net_rx_raw: rx,
            net_tx_raw: tx,
            net_rx_text: rx.map(format::rate),
            net_tx_text: tx.map(format::rate),
            net_interfaces: interfaces(sample),
            net_health: probes.net_health.clone(),
            hw_cpu: sample.identity.cpu.model.clone(),
            hw_gpu: sample.gpus.iter().flatten().find_map(|g| g.name.clone()),
            battery: battery(sample),
            top_cpu: top(Rank::Cpu, |p| p.cpu_percent),
            top_mem: top(Rank::Memory, |p| p.memory_percent),
            top_io: top(Rank::Io, argos_hostinfo::process::Process::io_bytes_per_s),
            services: probes.services.clone(),
            radar: probes.radar.clone(),
            containers: probes.containers.clone(),
            temperatures: temperatures(sample),
            fans: fans(sample),
            gpus: gpus(sample),
            pressure: pressure(sample),
            processes_total: sample.processes.as_ref().map(|p| p.list.len()),
            tasks_running: sample.load.as_ref().and_then(|l| l.runnable),
            alerts,
            agents: Vec::new(),
            cert_expiry: Vec::new(),
            domain_expiry: Vec::new(),
            device_presence: Vec::new(),
            docker_updates: Vec::new(),
            vpn: None,
            tailscale: None,
            collector_pulse: 0.0,
            collector_status: "healthy",
        }
    }
}
