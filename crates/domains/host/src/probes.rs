//! Slow questions to the machine: systemd, the container runtime, pings, disks' own health. Each runs one command with
//! a time limit; a missing tool is an empty answer, never an error page.

use std::collections::BTreeMap;
use std::time::Duration;

use argos_hostinfo::systemd::{SHOW_PROPERTIES, parse_show};
use argos_hostinfo::{container, smart};
use argos_net::process::{Limits, Output, ProcessError, run};

use crate::model::probes::{ContainerView, NetHealth, RadarView, ServiceView, ping_ms};

/// Everything a probe round asks must be back within this time.
pub(crate) const DEADLINE: Duration = Duration::from_millis(4_500);

fn limits(timeout: Duration) -> Limits {
    Limits { timeout, ..Limits::default() }
}

/// The states of the watched services; first as the user's unit, then as the system's.
pub(crate) async fn services(names: &[String]) -> Vec<ServiceView> {
    if names.is_empty() {
        return Vec::new();
    }
    let system = units(names, false).await;
    let user = units(names, true).await;
    let mut out = Vec::with_capacity(names.len());
    for name in names {
        let of = |map: &Result<BTreeMap<String, ServiceView>, String>| map.as_ref().ok().and_then(|m| m.get(name).cloned());
        let found = of(&user).filter(|v| v.status != "not-found").or_else(|| of(&system));
        let status = if system.is_err() { "error" } else { "not-found" };
        out.push(found.unwrap_or_else(|| ServiceView::bare(name, status)));
    }
    out
}

async fn units(names: &[String], user: bool) -> Result<BTreeMap<String, ServiceView>, String> {
    let mut args = vec!["show".to_owned(), format!("--property={SHOW_PROPERTIES}"), "--no-pager".to_owned()];
    if user {
        args.insert(0, "--user".to_owned());
    }
    args.push("--".to_owned());
    for name in names {
        let unit = if name.contains('.') { name.clone() } else { format!("{name}.service") };
        let timer = unit.replace(".service", ".timer");
        args.extend([unit, timer]);
    }
    let output = run("systemctl", args, limits(DEADLINE)).await.map_err(|e| e.to_string())?;
    if !output.success() {
        return Err(output.stderr_text());
    }
    let all = parse_show(&output.stdout_text());
    let timers: Vec<&str> = all.iter().filter(|u| u.name.ends_with(".timer") && u.active == "active").map(|u| u.name.as_str()).collect();
    let mut out = BTreeMap::new();
    for name in names {
        let unit = if name.contains('.') { name.clone() } else { format!("{name}.service") };
        let timer = unit.replace(".service", ".timer");
        if let Some(u) = all.iter().find(|u| u.name == unit) {
            let mut view = ServiceView::of(u, user, timer != unit && timers.contains(&timer.as_str()));
            view.name.clone_from(name);
            out.insert(name.clone(), view);
        }
    }
    Ok(out)
}

/// Containers of docker, else podman; empty without a runtime.
pub(crate) async fn containers() -> Vec<ContainerView> {
    for runtime in ["docker", "podman"] {
        match run(runtime, ["ps", "--all", "--format", "json"], limits(DEADLINE)).await {
            Ok(output) if output.success() => {
                return container::parse_list(&output.stdout_text()).into_iter().map(ContainerView::from).collect();
            }
            Ok(_) | Err(_) => {}
        }
    }
    Vec::new()
}

/// One ICMP echo with a second to answer; `None` = this machine cannot ping.
pub(crate) async fn ping(address: &str) -> RadarView {
    let output = run("ping", ["-n", "-c", "1", "-W", "1", "--", address], limits(Duration::from_millis(2_500))).await;
    match output {
        Ok(o) if o.success() => RadarView::new(address, Some(true), ping_ms(&o.stdout_text())),
        // 1 = no reply; anything else is ping's own trouble.
        Ok(o) if o.status == Some(1) => RadarView::new(address, Some(false), None),
        Ok(_) | Err(_) => RadarView::new(address, None, None),
    }
}

/// Whether the two configured addresses answer.
pub(crate) async fn net_health(wan: Option<String>, lan: Option<String>) -> NetHealth {
    let word = |v: &RadarView| v.up.map(|up| if up { "Up".to_owned() } else { "Down".to_owned() });
    let configured = wan.is_some() || lan.is_some();
    let ask = |address: Option<String>| async move {
        match address {
            Some(a) => word(&ping(&a).await),
            None => None,
        }
    };
    let (wan, lan) = tokio::join!(ask(wan), ask(lan));
    NetHealth { wan, lan, configured }
}

/// SMART of every disk that `smartctl` finds; empty without the tool.
pub(crate) async fn smart_disks() -> Vec<serde_json::Value> {
    let scan = match run("smartctl", smart::SMARTCTL_SCAN_ARGUMENTS, Limits::seconds(10)).await {
        Ok(output) => smart::parse_scan(&output.stdout_text()),
        Err(_) => return Vec::new(),
    };
    let devices = match scan {
        Ok(devices) => devices,
        Err(failure) => return vec![serde_json::json!({ "device": failure.device, "error": failure.error })],
    };
    let mut out = Vec::with_capacity(devices.len());
    for device in devices {
        let mut args: Vec<String> = smart::SMARTCTL_ARGUMENTS.iter().map(|a| (*a).to_owned()).collect();
        if let Some(kind) = &device.kind {
            args.extend(["-d".to_owned(), kind.clone()]);
        }
        args.push(device.name.clone());
        let report = match run("smartctl", args, Limits::seconds(20)).await {
            Ok(output) => smart::parse_report(&output.stdout_text()).map_err(|f| f.error),
            Err(e) => Err(e.to_string()),
        };
        out.push(match report {
            Ok(disk) => serde_json::to_value(disk).unwrap_or_default(),
            Err(error) => serde_json::json!({ "device": device.name, "error": error }),
        });
    }
    out
}

/// `journalctl` or `systemctl` as a route wants it, with ten seconds to answer.
pub(crate) async fn ask(program: &str, args: Vec<String>) -> Result<Output, ProcessError> {
    run(program, args, Limits::seconds(10)).await
}
