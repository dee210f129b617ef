//! What a plan must fulfil to be stored: limits, known devices, members that fit each other. Pure.

use argos_kernel::FieldError;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::plan::{Action, CheckKind, ProxmoxApi, Restore, Step, Triggers, WakeKind};
use super::plan_input::WantedPlan;

const NAME_MAX: usize = 128;
const STEPS_MAX: usize = 200;
const COMMAND_MAX: usize = 2_000;

/// What is wrong with a plan, each fault with its place.
#[derive(Default)]
pub(super) struct Faults(pub(super) Vec<FieldError>);

impl Faults {
    pub(super) fn add(&mut self, path: &[&str], message: impl Into<String>) {
        let mut fault = FieldError::new("", message);
        fault.loc = std::iter::once("body").chain(path.iter().copied()).map(str::to_owned).collect();
        self.0.push(fault);
    }

    pub(super) fn parse<T: DeserializeOwned>(&mut self, path: &[&str], value: Value) -> Option<T> {
        serde_json::from_value(value).map_err(|e| self.add(path, e.to_string())).ok()
    }

    pub(super) fn range(&mut self, path: &[&str], value: i64, from: i64, to: i64) {
        if !(from..=to).contains(&value) {
            self.add(path, format!("{} must be between {from} and {to}", path.last().copied().unwrap_or_default()));
        }
    }
}

/// Judges a whole plan. `knows_device`: whether a device of this id exists.
pub(super) fn judge(wanted: &WantedPlan, f: &mut Faults, knows_device: impl Fn(&str) -> bool) {
    let body = &wanted.body;
    if wanted.name.is_empty() || wanted.name.chars().count() > NAME_MAX || wanted.name.chars().any(char::is_control) {
        f.add(&["name"], format!("name must be 1 to {NAME_MAX} characters without control characters"));
    }
    for (i, source) in body.sources.iter().enumerate() {
        let i = i.to_string();
        if !knows_device(&source.device_id) {
            f.add(&["sources", &i, "device_id"], format!("there is no device {}", source.device_id));
        }
        if body.sources.iter().filter(|s| s.device_id == source.device_id).count() > 1 {
            f.add(&["sources", &i, "device_id"], "a source stands twice");
        }
    }
    for (i, group) in body.groups.iter().enumerate() {
        let i = i.to_string();
        let members = body.sources.iter().filter(|s| s.group == group.name).count();
        let most = i64::try_from(members).unwrap_or(i64::MAX).max(1);
        f.range(&["groups", &i, "min_healthy"], group.min_healthy, 1, most);
        if body.groups.iter().filter(|g| g.name == group.name).count() > 1 {
            f.add(&["groups", &i, "name"], "a group stands twice");
        }
    }
    triggers(&body.triggers, f);
    restore(&body.restore, f);
    if body.steps().count() > STEPS_MAX {
        f.add(&["phases"], format!("at most {STEPS_MAX} actions"));
    }
    for (p, phase) in body.phases.iter().enumerate() {
        let p = p.to_string();
        if let Some(seconds) = phase.verify_seconds {
            f.range(&["phases", &p, "verify_seconds"], seconds, 1, 3_600);
        }
        for (a, step) in phase.actions.iter().enumerate() {
            judge_step(step, &["phases", &p, "actions", &a.to_string()], f, &knows_device);
        }
    }
    if wanted.armed {
        if body.sources.is_empty() {
            f.add(&["armed"], "a plan without sources cannot be armed");
        }
        if body.steps().next().is_none() {
            f.add(&["armed"], "a plan without actions cannot be armed");
        }
    }
}

fn triggers(t: &Triggers, f: &mut Faults) {
    for (member, value, most) in [
        ("lb_hold_seconds", t.lb_hold_seconds, 300),
        ("on_battery_seconds", t.on_battery_seconds, 86_400),
        ("lost_polls", t.lost_polls, 1_000),
        ("stabilise_seconds", t.stabilise_seconds, 600),
        ("grace_seconds", t.grace_seconds, 600),
    ] {
        f.range(&["triggers", member], value, 0, most);
    }
    for (member, value, most) in [
        ("battery_percent", t.battery_percent, 100.0),
        ("runtime_seconds", t.runtime_seconds, 86_400.0),
        ("percent_per_minute", t.percent_per_minute, 100.0),
    ] {
        if value.is_some_and(|v| !(0.0..=most).contains(&v)) {
            f.add(&["triggers", member], format!("{member} must be between 0 and {most}"));
        }
    }
}

fn restore(r: &Restore, f: &mut Faults) {
    f.range(&["restore", "stable_seconds"], r.stable_seconds, 0, 86_400);
    f.range(&["restore", "delay_seconds"], r.delay_seconds, 0, 3_600);
    f.range(&["restore", "boot_timeout_seconds"], r.boot_timeout_seconds, 0, 7_200);
    if !(0.0..=100.0).contains(&r.min_charge_percent) {
        f.add(&["restore", "min_charge_percent"], "min_charge_percent must be between 0 and 100");
    }
}

fn judge_step(step: &Step, path: &[&str], f: &mut Faults, knows_device: &impl Fn(&str) -> bool) {
    let at = |member: &'static str| path.iter().copied().chain([member]).collect::<Vec<_>>();
    f.range(&at("timeout_seconds"), step.timeout_seconds, 1, 3_600);
    f.range(&at("retries"), step.retries, 0, 10);
    if step.name.chars().count() > NAME_MAX || step.name.chars().any(char::is_control) {
        f.add(&at("name"), format!("name must be at most {NAME_MAX} characters without control characters"));
    }
    let web = |url: &str| url.starts_with("https://") || url.starts_with("http://");
    match &step.action {
        Action::Ssh { host, port, user, command, host_key, .. } => {
            judge_host(host, *port, path, f);
            if user.is_empty() || user.len() > 64 || user.contains(|c: char| c.is_whitespace() || c.is_control()) {
                f.add(&at("user"), "user must be 1 to 64 characters without blanks");
            }
            if command.trim().is_empty() || command.chars().count() > COMMAND_MAX || command.contains(['\0', '\n', '\r']) {
                f.add(&at("command"), format!("command must be one line of 1 to {COMMAND_MAX} characters"));
            }
            if host_key.as_ref().is_some_and(|k| !k.starts_with("SHA256:") || k.len() > 100) {
                f.add(&at("host_key"), "host_key must be a fingerprint as ssh-keygen -l shows it (SHA256:...)");
            }
        }
        Action::Http { url, method, body, expected_status, .. } => {
            if !web(url) {
                f.add(&at("url"), "url must begin with https:// or http://");
            }
            if !["GET", "POST", "PUT", "PATCH", "DELETE"].contains(&method.as_str()) {
                f.add(&at("method"), "method must be GET, POST, PUT, PATCH or DELETE");
            }
            if body.len() > 64 << 10 {
                f.add(&at("body"), "body is too large");
            }
            if expected_status.is_some_and(|s| !(100..=599).contains(&s)) {
                f.add(&at("expected_status"), "expected_status must be between 100 and 599");
            }
        }
        Action::Webhook { url, .. } | Action::Redfish { url, .. } if !web(url) => {
            f.add(&at("url"), "url must begin with https:// or http://");
        }
        Action::Ipmi { host, port, user, cipher_suite, .. } => {
            judge_host(host, *port, path, f);
            if user.len() > 16 || user.contains(char::is_control) {
                f.add(&at("user"), "user must be at most 16 bytes, as IPMI has it");
            }
            if ![3, 17].contains(cipher_suite) {
                f.add(&at("cipher_suite"), "cipher_suite must be 3 or 17");
            }
        }
        Action::Proxmox { api } | Action::Guest { api, .. } => judge_proxmox(api, &step.action, path, f),
        Action::NutFsd { hostsync_seconds } | Action::FacadeFsd { hostsync_seconds } => {
            f.range(&at("hostsync_seconds"), *hostsync_seconds, 0, 600);
        }
        Action::UpsOff { device_ids, outlets, command, delay_seconds } => {
            if outlets.len() > 100 || outlets.iter().any(|o| !argos_nut::is_name(o)) {
                f.add(&at("outlets"), "outlets must be numbers of outlets, or group.1 for an outlet group");
            }
            f.range(&at("delay_seconds"), *delay_seconds, 20, 600);
            if !argos_nut::is_name(command) {
                f.add(&at("command"), "command may hold letters, digits, dots, dashes and underscores only");
            }
            for id in device_ids.iter().filter(|id| !knows_device(id)) {
                f.add(&at("device_ids"), format!("there is no device {id}"));
            }
        }
        _ => {}
    }
    judge_wake(step, path, f, knows_device);
    judge_check(step, path, f);
}

fn judge_host(host: &str, port: u16, path: &[&str], f: &mut Faults) {
    let at = |member: &'static str| path.iter().copied().chain([member]).collect::<Vec<_>>();
    if host.is_empty() || host.chars().count() > 253 || host.contains(odd_in_host) {
        f.add(&at("host"), "host must be a host name or an address");
    }
    if port == 0 {
        f.add(&at("port"), "port must be between 1 and 65535");
    }
}

fn odd_in_host(c: char) -> bool {
    c.is_whitespace() || c.is_control() || matches!(c, '/' | '@' | '?' | '#')
}

fn judge_proxmox(api: &ProxmoxApi, action: &Action, path: &[&str], f: &mut Faults) {
    let at = |member: &'static str| path.iter().copied().chain([member]).collect::<Vec<_>>();
    if !api.url.starts_with("https://") && !api.url.starts_with("http://") {
        f.add(&at("url"), "url must begin with https:// or http://");
    }
    if api.node.is_empty() || api.node.len() > 63 || !api.node.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.') {
        f.add(&at("node"), "node must be the name of a Proxmox VE node");
    }
    let whole = api
        .token_id
        .split_once('@')
        .and_then(|(_, rest)| rest.split_once('!'))
        .is_some_and(|(realm, name)| !realm.is_empty() && !name.is_empty());
    if !whole || api.token_id.contains(|c: char| c.is_whitespace() || c.is_control() || c == '=') {
        f.add(&at("token_id"), "token_id must be user@realm!name");
    }
    if let Action::Guest { vmid, .. } = action
        && !(100..=999_999_999).contains(vmid)
    {
        f.add(&at("vmid"), "vmid must be between 100 and 999999999");
    }
}

fn judge_wake(step: &Step, path: &[&str], f: &mut Faults, knows_device: &impl Fn(&str) -> bool) {
    let Some(wake) = &step.restore else { return };
    let at: Vec<&str> = path.iter().copied().chain(["restore"]).collect();
    match wake.kind {
        WakeKind::Wol if super::wake::parse_mac(&wake.mac).is_none() => f.add(&at, "mac must be six bytes, as aa:bb:cc:dd:ee:ff"),
        WakeKind::Wol if wake.broadcast.parse::<std::net::IpAddr>().is_err() => f.add(&at, "broadcast must be an address"),
        WakeKind::Redfish if step.action.kind() != "redfish" => f.add(&at, "only a redfish action is restored by redfish"),
        WakeKind::Ipmi if step.action.kind() != "ipmi" => f.add(&at, "only an ipmi action is restored by ipmi"),
        WakeKind::Guest if step.action.kind() != "guest" => f.add(&at, "only a guest action is restored by its hypervisor"),
        WakeKind::Outlet if !knows_device(&wake.device_id) => f.add(&at, format!("there is no device {}", wake.device_id)),
        WakeKind::Outlet if !argos_nut::is_name(&wake.outlet) => f.add(&at, "outlet must be the number of an outlet"),
        _ => {}
    }
}

fn judge_check(step: &Step, path: &[&str], f: &mut Faults) {
    let Some(check) = &step.check else { return };
    let at: Vec<&str> = path.iter().copied().chain(["check"]).collect();
    let own_host = matches!(step.action, Action::Ssh { .. });
    match check.kind {
        CheckKind::Http if !check.url.starts_with("https://") && !check.url.starts_with("http://") => {
            f.add(&at, "url must begin with https:// or http://");
        }
        CheckKind::Http => {}
        _ if check.host.is_empty() && !own_host => f.add(&at, "host is needed: this action names no host"),
        _ if check.host.contains(odd_in_host) || check.host.starts_with('-') || check.host.len() > 253 => {
            f.add(&at, "host must be a host name or an address");
        }
        CheckKind::Tcp if check.port.is_none_or(|p| p == 0) => f.add(&at, "port must be between 1 and 65535"),
        _ => {}
    }
}
