//! What clients send for a plan: merged over what is stored, judged member by member. Every fault names its place, and
//! secrets are taken out before anything else looks at the rest.

use argos_kernel::{AppError, FieldError, Result};
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::plan::{Action, OnPowerReturn, Phase, PlanBody, PlanGroup, PlanSource, Restore, Step, Triggers, WakeKind};

const NAME_MAX: usize = 128;
const STEPS_MAX: usize = 200;
const COMMAND_MAX: usize = 2_000;

/// A plan as clients send it. Absent members stay as they are; a new plan takes the defaults.
#[derive(Deserialize, JsonSchema)]
pub struct PlanInput {
    pub name: Option<String>,
    pub enabled: Option<bool>,
    pub armed: Option<bool>,
    pub sources: Option<Vec<PlanSource>>,
    pub groups: Option<Vec<PlanGroup>>,
    pub triggers: Option<Triggers>,
    pub phases: Option<Vec<Phase>>,
    pub restore: Option<Restore>,
    pub on_power_return: Option<OnPowerReturn>,
    pub dry_run: Option<bool>,
}

/// What becomes of one secret member of a step.
#[derive(Clone, Debug, PartialEq)]
pub struct StepSecret {
    pub step: String,
    pub member: &'static str,
    /// `None` clears it.
    pub value: Option<Value>,
}

/// A plan as wanted.
#[derive(Clone, Debug, PartialEq)]
pub struct WantedPlan {
    pub name: String,
    pub enabled: bool,
    pub armed: bool,
    pub body: PlanBody,
    pub secrets: Vec<StepSecret>,
}

#[derive(Default)]
struct Faults(Vec<FieldError>);

impl Faults {
    fn add(&mut self, path: &[&str], message: impl Into<String>) {
        let mut fault = FieldError::new("", message);
        fault.loc = std::iter::once("body").chain(path.iter().copied()).map(str::to_owned).collect();
        self.0.push(fault);
    }

    fn parse<T: DeserializeOwned>(&mut self, path: &[&str], value: Value) -> Option<T> {
        serde_json::from_value(value).map_err(|e| self.add(path, e.to_string())).ok()
    }

    fn range(&mut self, path: &[&str], value: i64, from: i64, to: i64) {
        if !(from..=to).contains(&value) {
            self.add(path, format!("{} must be between {from} and {to}", path.last().copied().unwrap_or_default()));
        }
    }
}

/// Merges `sent` over `stored`. `knows_device`: whether a device of this id exists.
pub fn merge(stored: Option<&WantedPlan>, sent: &Map<String, Value>, knows_device: impl Fn(&str) -> bool) -> Result<WantedPlan> {
    let mut f = Faults::default();
    let blank = WantedPlan { name: String::new(), enabled: true, armed: false, body: PlanBody::default(), secrets: Vec::new() };
    let mut wanted = stored.cloned().unwrap_or(blank);
    for (member, value) in sent.iter().filter(|(_, v)| !v.is_null()) {
        set(&mut wanted, member, value.clone(), &mut f);
    }
    judge(&wanted, &mut f, knows_device);
    if f.0.is_empty() { Ok(wanted) } else { Err(AppError::invalid(f.0)) }
}

fn set(wanted: &mut WantedPlan, member: &str, value: Value, f: &mut Faults) {
    fn into<T: DeserializeOwned>(target: &mut T, member: &str, value: Value, f: &mut Faults) {
        if let Some(parsed) = f.parse(&[member], value) {
            *target = parsed;
        }
    }
    match member {
        "name" => {
            into(&mut wanted.name, member, value, f);
            wanted.name = wanted.name.trim().to_owned();
        }
        "enabled" => into(&mut wanted.enabled, member, value, f),
        "armed" => into(&mut wanted.armed, member, value, f),
        "sources" => into(&mut wanted.body.sources, member, value, f),
        "groups" => into(&mut wanted.body.groups, member, value, f),
        "triggers" => into(&mut wanted.body.triggers, member, value, f),
        "restore" => into(&mut wanted.body.restore, member, value, f),
        "on_power_return" => into(&mut wanted.body.on_power_return, member, value, f),
        "dry_run" => into(&mut wanted.body.dry_run, member, value, f),
        "phases" => phases(wanted, value, f),
        // What a client read back and sends again (id, warnings, status ...) is not its to set.
        _ => {}
    }
}

fn phases(wanted: &mut WantedPlan, value: Value, f: &mut Faults) {
    let Value::Array(list) = value else { return f.add(&["phases"], "phases must be a list") };
    let before: Vec<Step> = wanted.body.steps().map(|(_, s)| s.clone()).collect();
    let mut next_id = before.iter().filter_map(|s| s.id.strip_prefix('s')?.parse::<u32>().ok()).max().unwrap_or(0);
    let mut out: Vec<Phase> = Vec::new();
    for (p, mut phase) in list.into_iter().enumerate() {
        let p = p.to_string();
        let actions = phase.get_mut("actions").map(Value::take).unwrap_or(Value::Array(Vec::new()));
        let Value::Array(actions) = actions else { return f.add(&["phases", &p, "actions"], "actions must be a list") };
        if let Some(members) = phase.as_object_mut() {
            members.insert("actions".to_owned(), Value::Array(Vec::new()));
        }
        let Some(mut phase) = f.parse::<Phase>(&["phases", &p], phase) else { continue };
        for (a, action) in actions.into_iter().enumerate() {
            let a = a.to_string();
            let path = ["phases", p.as_str(), "actions", a.as_str()];
            let known_ids: Vec<String> = out.iter().chain([&phase]).flat_map(|p| &p.actions).map(|s| s.id.clone()).collect();
            if let Some(step) = step(action, &before, &known_ids, &mut next_id, &mut wanted.secrets, &path, f) {
                phase.actions.push(step);
            }
        }
        out.push(phase);
    }
    wanted.body.phases = out;
}

fn step(
    sent: Value,
    before: &[Step],
    known_ids: &[String],
    next_id: &mut u32,
    secrets: &mut Vec<StepSecret>,
    path: &[&str],
    f: &mut Faults,
) -> Option<Step> {
    let Value::Object(mut members) = sent else {
        f.add(path, "an action must be an object");
        return None;
    };
    let kind = members.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
    let at = |member: &'static str| path.iter().copied().chain([member]).collect::<Vec<_>>();
    if Action::LATER.contains(&kind.as_str()) {
        f.add(&at("kind"), format!("the kind {kind} is not available yet"));
        return None;
    }
    if !Action::KINDS.contains(&kind.as_str()) {
        f.add(&at("kind"), format!("kind must be one of {}", Action::KINDS.join(", ")));
        return None;
    }
    let taken: Vec<(&'static str, Value)> = Action::secret_members(&kind).iter().filter_map(|m| Some((*m, members.remove(*m)?))).collect();
    members.remove("secrets_set");
    let mut step: Step = f.parse(path, Value::Object(members))?;
    let same_kind = before.iter().find(|s| s.id == step.id && !s.id.is_empty() && s.action.kind() == kind);
    if same_kind.is_none() || known_ids.contains(&step.id) {
        *next_id += 1;
        step.id = format!("s{next_id}");
    }
    step.secrets_set = same_kind.map(|s| s.secrets_set.clone()).unwrap_or_default();
    // A key pinned for one host says nothing about another.
    if let (Some(Action::Ssh { host: old, port: old_port, host_key: pinned, .. }), Action::Ssh { host, port, host_key, .. }) =
        (same_kind.map(|s| &s.action), &mut step.action)
        && host_key.is_none()
        && (old.as_str(), *old_port) == (host.as_str(), *port)
    {
        host_key.clone_from(pinned);
    }
    for (member, value) in taken {
        let blank = match &value {
            Value::String(text) => text.is_empty() || argos_vault::is_placeholder(text),
            Value::Object(map) => map.is_empty(),
            _ => false,
        };
        let fits =
            if member == "headers" { value.as_object().is_some_and(|m| m.values().all(Value::is_string)) } else { value.is_string() };
        if value.is_null() {
            step.secrets_set.retain(|m| m != member);
            secrets.push(StepSecret { step: step.id.clone(), member, value: None });
        } else if !fits {
            f.add(&at(member), format!("{member} must be {}", if member == "headers" { "an object of texts" } else { "a text" }));
        } else if !blank {
            if !step.secrets_set.iter().any(|m| m == member) {
                step.secrets_set.push(member.to_owned());
            }
            secrets.push(StepSecret { step: step.id.clone(), member, value: Some(value) });
        }
    }
    Some(step)
}

fn judge(wanted: &WantedPlan, f: &mut Faults, knows_device: impl Fn(&str) -> bool) {
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
            let odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '/' | '@' | '?' | '#');
            if host.is_empty() || host.chars().count() > 253 || host.contains(odd) {
                f.add(&at("host"), "host must be a host name or an address");
            }
            if *port == 0 {
                f.add(&at("port"), "port must be between 1 and 65535");
            }
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
        Action::NutFsd { hostsync_seconds } | Action::FacadeFsd { hostsync_seconds } => {
            f.range(&at("hostsync_seconds"), *hostsync_seconds, 0, 600);
        }
        Action::UpsOff { device_ids, command, delay_seconds } => {
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
    if let Some(wake) = &step.restore {
        match wake.kind {
            WakeKind::Wol if super::wake::parse_mac(&wake.mac).is_none() => {
                f.add(&at("restore"), "mac must be six bytes, as aa:bb:cc:dd:ee:ff");
            }
            WakeKind::Wol if wake.broadcast.parse::<std::net::IpAddr>().is_err() => f.add(&at("restore"), "broadcast must be an address"),
            WakeKind::Redfish if step.action.kind() != "redfish" => f.add(&at("restore"), "only a redfish action is restored by redfish"),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
