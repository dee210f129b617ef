//! What this machine is, how well it is, and its processor governor (ops spec C.15, D.6).

use argos_audit::{Category, Entry, Mutation, Status};
use argos_kernel::{AppError, Result};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Host;
use super::own_process::{self, DatabaseView, SchedulerView, WorkersView};
use crate::model::health::{Check, judge};

const GOVERNORS: [&str; 5] = ["performance", "powersave", "ondemand", "conservative", "schedutil"];

#[derive(Serialize, JsonSchema)]
struct SystemInfoView {
    hostname: Option<String>,
    os: Option<String>,
    kernel: Option<String>,
    arch: Option<String>,
    cpu_model: Option<String>,
    cpu_cores: Option<u32>,
    gpu: Option<String>,
    uptime: Option<String>,
    load: Option<String>,
    ip: Option<String>,
    governor: Option<String>,
    governors: Vec<String>,
    noba_version: &'static str,
    version: &'static str,
    ram_total_gb: Option<f64>,
    ram_available_gb: Option<f64>,
    swap_total_gb: Option<f64>,
    swap_used_gb: Option<f64>,
    hardware_vendor: Option<String>,
    hardware_model: Option<String>,
    /// The container technology around us, when there is one.
    containment: Option<serde_json::Value>,
    boot_time: Option<i64>,
    /// Kept for older clients; always empty.
    python: &'static str,
}

/// The score of this machine together with the process's own figures (platform spec 3.9).
#[derive(Serialize, JsonSchema)]
struct SystemHealthView {
    /// 0-100; null when nothing is known.
    score: Option<i64>,
    grade: &'static str,
    checks: Vec<Check>,
    uptime: Option<String>,
    hostname: Option<String>,
    memory: ProcessMemory,
    /// Supervised background tasks.
    goroutines: usize,
    db: DatabaseView,
    workers: WorkersView,
    scheduler: SchedulerView,
    uptime_seconds: u64,
    /// `lan` or `behind_caddy`: how this panel is reached (setting `edge.panel_mode`).
    panel_mode: Option<String>,
    panel_domain: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct ProcessMemory {
    /// Resident memory of this process.
    alloc_mb: Option<f64>,
    sys_mb: Option<f64>,
    /// Always 0: nothing here collects garbage.
    num_gc: u32,
}

#[derive(Deserialize, JsonSchema)]
struct GovernorBody {
    #[serde(default)]
    governor: String,
}

#[derive(Serialize, JsonSchema)]
struct GovernorView {
    success: bool,
}

pub(crate) fn routes(machine: Host) -> Routes<Host> {
    Routes::new(machine)
        .get("/api/system/info", "host.get_system_info", "Facts about this machine.", info)
        .reply::<SystemInfoView>()
        .get("/api/system/health", "host.get_system_health", "The health score of this machine and of the process.", health)
        .reply::<SystemHealthView>()
        .post("/api/system/cpu-governor", "host.set_cpu_governor", "Sets the processor frequency governor.", set_governor)
        .body::<GovernorBody>()
        .reply::<GovernorView>()
}

#[expect(clippy::cast_precision_loss, reason = "gigabytes with two decimals")]
fn gb(bytes: u64) -> f64 {
    (bytes as f64 / (1024.0 * 1024.0 * 1024.0) * 100.0).round() / 100.0
}

async fn info(machine: Host, _: Req) -> Result<Reply> {
    let tick = machine.newest()?;
    let s = &tick.sample;
    let text = |key: &str| tick.value[key].as_str().map(str::to_owned);
    Ok(Reply::json(&SystemInfoView {
        hostname: s.identity.hostname.clone(),
        os: text("os"),
        kernel: s.identity.kernel_release.clone(),
        arch: s.identity.arch.clone(),
        cpu_model: s.identity.cpu.model.clone(),
        cpu_cores: s.identity.cpu.threads,
        gpu: text("hwGpu"),
        uptime: text("uptime"),
        load: text("loadavg"),
        ip: text("defaultIp"),
        governor: s.frequency.as_ref().and_then(|f| f.governor.as_ref()).map(ToString::to_string),
        governors: s.frequency.as_ref().map(|f| f.governors.clone()).unwrap_or_default(),
        noba_version: env!("CARGO_PKG_VERSION"),
        version: env!("CARGO_PKG_VERSION"),
        ram_total_gb: s.memory.map(|m| gb(m.total_bytes)),
        ram_available_gb: s.memory.and_then(|m| m.available_bytes).map(gb),
        swap_total_gb: s.memory.and_then(|m| m.swap.total_bytes).map(gb),
        swap_used_gb: s.memory.and_then(|m| m.swap.used_bytes).map(gb),
        hardware_vendor: s.identity.hardware_vendor.clone(),
        hardware_model: s.identity.hardware_model.clone(),
        containment: s.identity.containment.as_ref().and_then(|c| serde_json::to_value(c).ok()),
        boot_time: s.boot_unix_s,
        python: "",
    }))
}

async fn health(machine: Host, _: Req) -> Result<Reply> {
    let tick = machine.newest()?;
    let (score, grade, checks) = judge(&tick.snapshot);
    let own = tick.sample.processes.as_ref().and_then(|p| p.list.iter().find(|p| p.pid == std::process::id()));
    #[expect(clippy::cast_precision_loss, reason = "megabytes with one decimal")]
    let mb = |b: u64| (b as f64 / 104_857.6).round() / 10.0;
    let platform = &machine.platform;
    Ok(Reply::json(&SystemHealthView {
        score,
        grade,
        checks,
        uptime: tick.value["uptime"].as_str().map(str::to_owned),
        hostname: tick.sample.identity.hostname.clone(),
        memory: ProcessMemory { alloc_mb: own.map(|p| mb(p.resident_bytes)), sys_mb: own.map(|p| mb(p.virtual_bytes)), num_gc: 0 },
        goroutines: platform.tasks.status().len(),
        db: own_process::database(platform).await,
        workers: own_process::workers(platform).await,
        scheduler: own_process::scheduler(platform).await,
        uptime_seconds: platform.uptime().as_secs(),
        panel_mode: machine.setting_text("edge.panel_mode"),
        panel_domain: machine.setting_text("edge.panel_domain"),
    }))
}

async fn set_governor(machine: Host, mut req: Req) -> Result<Reply> {
    let body: GovernorBody = req.json().await?;
    if !GOVERNORS.contains(&body.governor.as_str()) {
        let text = format!("Invalid governor: one of {}", GOVERNORS.join(", "));
        return Err(AppError::bad_request(text).code("invalid_field").with("field", "governor"));
    }
    let cx = req.cx().clone();
    let wanted = body.governor;
    let platform = &machine.platform;
    let record = async |status, text: String| {
        let mutation = Mutation::begin(&platform.store.state, platform.clock.clone(), platform.rng.clone(), &cx.actor()).await?;
        mutation.commit(Entry::new("system.cpu_governor", Category::Action).describe(text).status(status)).await
    };
    // The intent is on record before the machine changes: a crash in between leaves no unexplained change.
    record(Status::Pending, format!("CPU governor is being set to {wanted}")).await?;
    let written = tokio::task::spawn_blocking({
        let wanted = wanted.clone();
        move || write_governor(&wanted)
    });
    let written = written.await.map_err(AppError::internal)?;
    machine.forget_facts();
    match written {
        Ok(()) => {
            record(Status::Success, format!("CPU governor set to {wanted}")).await?;
            Ok(Reply::json(&GovernorView { success: true }))
        }
        Err(e) => {
            record(Status::Failure, format!("CPU governor not set to {wanted}: {e}")).await?;
            Err(AppError::bad_request(format!("The governor could not be set: {e}")).code("governor_failed"))
        }
    }
}

/// Writes every policy; the first refusal is the error.
fn write_governor(governor: &str) -> std::io::Result<()> {
    let mut found = false;
    for entry in std::fs::read_dir("/sys/devices/system/cpu/cpufreq")? {
        let file = entry?.path().join("scaling_governor");
        if file.is_file() {
            std::fs::write(&file, governor)?;
            found = true;
        }
    }
    if found { Ok(()) } else { Err(std::io::Error::new(std::io::ErrorKind::NotFound, "this machine has no frequency control")) }
}
