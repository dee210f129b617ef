//! What clients send for a plan: merged over what is stored, judged member by member. Every fault names its place, and
//! secrets are taken out before anything else looks at the rest.

use argos_kernel::{AppError, Result};
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::plan::{Action, OnPowerReturn, Phase, PlanBody, PlanGroup, PlanSource, Restore, Step, Triggers};
use super::plan_rules::{Faults, judge};

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
    if let Some((_, lacks)) = Action::LACKING.iter().find(|(name, _)| *name == kind) {
        f.add(&at("kind"), format!("a step of kind {kind} cannot be carried out: {lacks}"));
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

#[cfg(test)]
mod tests;
