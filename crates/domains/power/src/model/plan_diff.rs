//! What a change of a plan changes, member by member, for whoever is about to save it. Steps are recognised by their id,
//! so a step that only moved is not shown as new. Pure.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::plan_input::WantedPlan;

const CHANGES_MAX: usize = 200;

/// One member that differs. Null stands for absent.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Change {
    /// `triggers.battery_percent`, `steps.s3.command`.
    pub path: String,
    /// The name of the step, where it is one.
    pub step: Option<String>,
    pub before: Value,
    pub after: Value,
}

type Leaves = BTreeMap<String, Value>;

fn flatten(path: &str, value: &Value, out: &mut Leaves) {
    match value {
        Value::Object(members) => {
            for (name, member) in members.iter().filter(|(name, _)| *name != "secrets_set") {
                flatten(&format!("{path}.{name}"), member, out);
            }
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            for (index, item) in items.iter().enumerate() {
                flatten(&format!("{path}.{index}"), item, out);
            }
        }
        Value::Null => {}
        leaf => drop(out.insert(path.to_owned(), leaf.clone())),
    }
}

fn leaves(plan: &WantedPlan) -> (Leaves, BTreeMap<String, String>) {
    let mut out = Leaves::new();
    let mut names = BTreeMap::new();
    let b = &plan.body;
    let json = |value: Result<Value, serde_json::Error>| value.unwrap_or_default();
    for (name, value) in [
        ("name", Value::from(plan.name.clone())),
        ("enabled", Value::from(plan.enabled)),
        ("armed", Value::from(plan.armed)),
        ("dry_run", Value::from(b.dry_run)),
        ("on_power_return", json(serde_json::to_value(b.on_power_return))),
        ("triggers", json(serde_json::to_value(&b.triggers))),
        ("restore", json(serde_json::to_value(&b.restore))),
    ] {
        flatten(name, &value, &mut out);
    }
    for source in &b.sources {
        out.insert(format!("sources.{}", source.device_id), Value::from(source.group.clone()));
    }
    for group in &b.groups {
        out.insert(format!("groups.{}", group.name), Value::from(group.min_healthy));
    }
    for (phase, step) in b.steps() {
        let at = format!("steps.{}", step.id);
        let title = if step.name.is_empty() { step.action.target() } else { step.name.clone() };
        names.insert(step.id.clone(), title);
        out.insert(format!("{at}.order"), Value::from(phase.order));
        if let Some(seconds) = phase.verify_seconds {
            out.insert(format!("{at}.verify_seconds"), Value::from(seconds));
        }
        flatten(&at, &json(serde_json::to_value(step)), &mut out);
        out.remove(&format!("{at}.id"));
    }
    (out, names)
}

/// Every member that differs between what is stored and what is wanted; which secrets are given anew among them.
pub fn diff(stored: &WantedPlan, wanted: &WantedPlan) -> Vec<Change> {
    let ((before, old_names), (after, names)) = (leaves(stored), leaves(wanted));
    let name_of = |path: &str| {
        let id = path.strip_prefix("steps.")?.split('.').next()?;
        names.get(id).or_else(|| old_names.get(id)).cloned()
    };
    let mut paths: Vec<&String> = before.keys().chain(after.keys().filter(|p| !before.contains_key(*p))).collect();
    paths.sort_unstable();
    let differs = |path: &&String| before.get(*path) != after.get(*path);
    let of = |path: &String| Change {
        path: path.clone(),
        step: name_of(path),
        before: before.get(path).cloned().unwrap_or_default(),
        after: after.get(path).cloned().unwrap_or_default(),
    };
    let mut out: Vec<Change> = paths.into_iter().filter(differs).map(of).collect();
    // The values themselves are shown to nobody.
    out.extend(wanted.secrets.iter().map(|secret| {
        let path = format!("steps.{}.{}", secret.step, secret.member);
        let after = if secret.value.is_some() { Value::from("given anew") } else { Value::Null };
        Change { step: name_of(&path), path, before: Value::from("stored"), after }
    }));
    out.truncate(CHANGES_MAX);
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::plan_input::merge;

    fn plan(stored: Option<&WantedPlan>, sent: &Value) -> WantedPlan {
        merge(stored, sent.as_object().expect("an object"), |_| true).expect("a plan")
    }

    #[test]
    fn changed_members_are_named_with_their_step_and_secrets_never_shown() {
        let step = |more: &[(&str, Value)]| {
            let mut step = json!({"kind": "ssh", "host": "nas", "user": "root", "name": "nas"});
            for (name, value) in more {
                step[*name] = value.clone();
            }
            step
        };
        let sent = json!({"name": "rack", "sources": [{"device_id": "a"}], "phases": [{"order": 10, "actions": [step(&[("password", json!("old"))])]}]});
        let stored = WantedPlan { secrets: Vec::new(), ..plan(None, &sent) };
        assert!(diff(&stored, &stored).is_empty());
        let moved = json!({"sources": [{"device_id": "b"}], "triggers": {"battery_percent": 35}, "phases": [
            {"order": 5, "actions": [step(&[("name", json!("db"))])]},
            {"order": 20, "actions": [step(&[("id", json!("s1")), ("command", json!("halt")), ("password", json!("new"))])]}]});
        let wanted = plan(Some(&stored), &moved);
        let changes = diff(&stored, &wanted);
        let of = |path: &str| changes.iter().find(|c| c.path == path).map(|c| (c.step.as_deref(), c.before.clone(), c.after.clone()));
        assert_eq!(of("triggers.battery_percent"), Some((None, json!(20.0), json!(35.0))));
        assert_eq!(of("sources.a"), Some((None, json!("default"), Value::Null)));
        assert_eq!(of("steps.s1.order"), Some((Some("nas"), json!(10), json!(20))));
        assert_eq!(of("steps.s1.command"), Some((Some("nas"), json!("sudo -n systemctl poweroff"), json!("halt"))));
        assert_eq!(of("steps.s2.name"), Some((Some("db"), Value::Null, json!("db"))));
        assert_eq!(of("steps.s1.password"), Some((Some("nas"), json!("stored"), json!("given anew"))));
        assert!(changes.iter().all(|c| !c.after.to_string().contains("new\"") || c.path.ends_with("password")));
        assert!(of("name").is_none() && of("steps.s1.host").is_none());
    }
}
