//! The YAML of the edge part (edge spec C16, E.8) as a projection of the configuration document: sites, pools and rules,
//! channels and the settings it names. Secrets are `__REDACTED__`. A part that is not there is named in a warning.

use argos_identity::Authority;
use argos_kernel::{AppError, Clock, Result};
use argos_settings::ImportMode;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::portable::{Modes, Plan, Portable, Sections};

const REDACTED: &str = "__REDACTED__";
const KEPT: &str = "__UNCHANGED__";
const NOTIFICATIONS: &str = "notifications";
/// The section of sites and pools, where there is one.
const EDGE: &str = "edge";
/// Settings the document carries.
const PREFIXES: [&str; 3] = ["logs.", "backup.", "notifications."];
/// Lists of the edge part itself.
const EDGE_LISTS: [&str; 6] = ["hosts", "target_groups", "rules", "host_security", "dns_providers", "whitelist"];

/// What an import does, in the words of the edge part.
#[derive(Serialize, JsonSchema)]
pub(crate) struct EdgePlan {
    pub(crate) mode: &'static str,
    /// Objects of the document by kind.
    pub(crate) counts: Map<String, Value>,
    pub(crate) creates: Vec<String>,
    pub(crate) updates: Vec<String>,
    pub(crate) removes: Vec<String>,
    /// Why it cannot be applied.
    pub(crate) conflicts: Vec<String>,
    pub(crate) warnings: Vec<String>,
}

fn is_ours(key: &str) -> bool {
    PREFIXES.iter().any(|p| key.starts_with(p))
}

/// Every `from` inside becomes `to`.
fn swap(value: &mut Value, from: &str, to: &str) {
    match value {
        Value::String(text) if text == from => to.clone_into(text),
        Value::Array(items) => items.iter_mut().for_each(|v| swap(v, from, to)),
        Value::Object(members) => members.values_mut().for_each(|v| swap(v, from, to)),
        _ => {}
    }
}

fn pick(object: &Value, members: &[(&str, &str)]) -> Value {
    let taken = members.iter().filter_map(|(name, shown)| object.get(name).map(|v| ((*shown).to_owned(), v.clone())));
    Value::Object(taken.collect())
}

const CHANNEL: [(&str, &str); 6] = [
    ("name", "name"),
    ("type", "type"),
    ("enabled", "enabled"),
    ("config", "config"),
    ("template", "template"),
    ("rate_limit_per_minute", "rate_limit_per_minute"),
];
const RULE: [(&str, &str); 7] = [
    ("name", "name"),
    ("channel", "channel"),
    ("event_type", "event_type"),
    ("filter_host_ids", "filter_hosts"),
    ("filter_severities", "filter_severities"),
    ("enabled", "enabled"),
    ("throttle_window_seconds", "throttle_window_seconds"),
];

/// The document.
pub(crate) async fn export(portable: &Portable, clock: &dyn Clock) -> Result<String> {
    let section = portable.section(NOTIFICATIONS).await?;
    let list = |name: &str, members: &[(&str, &str)]| -> Vec<Value> {
        section.get(name).and_then(Value::as_array).into_iter().flatten().map(|object| pick(object, members)).collect()
    };
    let mut channels = Value::Array(list("channels", &CHANNEL));
    swap(&mut channels, KEPT, REDACTED);
    let mut settings = portable.settings().document()?;
    settings.retain(|key, _| is_ours(key));
    for value in settings.values_mut().filter(|v| v.as_str().is_some_and(|t| t.starts_with("ENC:"))) {
        *value = json!(REDACTED);
    }
    let mut document = json!({ "version": "1", "exported_at": clock.now().rfc3339(), "argos_version": portable.version() });
    let edge = portable.section(EDGE).await?;
    for name in EDGE_LISTS {
        if let Some(items) = edge.get(name) {
            let mut items = items.clone();
            if name == "dns_providers" {
                // What is sealed opens here only; the document is read elsewhere too.
                items.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut).for_each(|p| drop(p.shift_remove("sealed")));
                swap(&mut items, KEPT, REDACTED);
            }
            document[name] = items;
        }
    }
    document["notification_channels"] = channels;
    document["notification_rules"] = json!(list("rules", &RULE));
    document["settings"] = json!(settings);
    serde_saphyr::to_string(&document).map_err(AppError::internal)
}

fn bad(text: String) -> AppError {
    AppError::bad_request(text).code("invalid_document")
}

/// The sections the document stands for, its counts and warnings.
fn read(text: &str) -> Result<(Sections, Map<String, Value>, Vec<String>)> {
    let value: Value = serde_saphyr::from_str(text).map_err(|e| bad(format!("invalid yaml: {e}")))?;
    let Value::Object(mut document) = value else { return Err(bad("invalid yaml: a mapping is expected".to_owned())) };
    let version = document.get("version").map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned)).unwrap_or_default();
    if version != "1" {
        return Err(bad(format!("unsupported version \"{}\"", version.escape_debug())));
    }
    let (mut counts, mut warnings, mut sections) = (Map::new(), Vec::new(), Sections::default());
    let mut edge = Map::new();
    for name in EDGE_LISTS {
        match document.shift_remove(name) {
            None | Some(Value::Null) => {}
            Some(Value::Array(items)) => {
                counts.insert(name.to_owned(), json!(items.len()));
                edge.insert(name.to_owned(), Value::Array(items));
            }
            Some(_) => return Err(bad(format!("{name} must be a list"))),
        }
    }
    if !edge.is_empty() {
        sections.others.insert(EDGE.to_owned(), Value::Object(edge));
    }
    let mut list = |name: &str, members: &[(&str, &str)]| -> Result<Option<Vec<Value>>> {
        let items = match document.shift_remove(name) {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::Array(items)) => items,
            Some(_) => return Err(bad(format!("{name} must be a list"))),
        };
        counts.insert(name.to_owned(), json!(items.len()));
        let back: Vec<(&str, &str)> = members.iter().map(|(ours, theirs)| (*theirs, *ours)).collect();
        Ok(Some(items.iter().map(|item| pick(item, &back)).collect()))
    };
    let (channels, rules) = (list("notification_channels", &CHANNEL)?, list("notification_rules", &RULE)?);
    if channels.is_some() || rules.is_some() {
        let section = json!({ "channels": channels.unwrap_or_default(), "rules": rules.unwrap_or_default() });
        sections.others.insert(NOTIFICATIONS.to_owned(), section);
    }
    if let Some(Value::Object(mut settings)) = document.shift_remove("settings") {
        counts.insert("settings".to_owned(), json!(settings.len()));
        for key in settings.keys().filter(|k| !is_ours(k)) {
            warnings.push(format!("setting {key}: is not written by this import"));
        }
        settings.retain(|key, value| is_ours(key) && value.as_str() != Some(REDACTED));
        sections.settings = Some(settings);
    }
    Ok((sections, counts, warnings))
}

/// Validates the document and, with `write`, applies it in one transaction.
pub(crate) async fn import(portable: &Portable, by: &Authority, text: &str, mode: ImportMode, write: bool) -> Result<EdgePlan> {
    let (mut sections, counts, mut warnings) = read(text)?;
    if mode == ImportMode::Replace && !sections.others.contains_key(NOTIFICATIONS) {
        sections.others.insert(NOTIFICATIONS.to_owned(), json!({}));
    }
    // Settings are always merged: the document carries a part of them.
    let modes = Modes { settings: ImportMode::Merge, others: mode };
    let plan = portable.run(by, &sections, modes, false).await?;
    let told = told(&plan, mode, counts, &mut warnings);
    if let Some(first) = told.conflicts.first().filter(|_| write) {
        return Err(bad(first.clone()));
    }
    if write {
        portable.run(by, &sections, modes, true).await?;
    }
    Ok(told)
}

fn told(plan: &Plan, mode: ImportMode, counts: Map<String, Value>, warnings: &mut Vec<String>) -> EdgePlan {
    let mut out = EdgePlan {
        mode: if mode == ImportMode::Replace { "replace" } else { "merge" },
        counts,
        creates: Vec::new(),
        updates: Vec::new(),
        removes: Vec::new(),
        conflicts: Vec::new(),
        warnings: std::mem::take(warnings),
    };
    for part in [EDGE, NOTIFICATIONS].into_iter().filter_map(|name| plan.sections.get(name).cloned()) {
        out.creates.extend(part.creates);
        out.updates.extend(part.updates);
        out.removes.extend(part.removes);
        out.conflicts.extend(part.faults);
        out.warnings.extend(part.warnings);
    }
    if !plan.sections.contains_key(EDGE) && EDGE_LISTS.iter().any(|name| out.counts.contains_key(*name)) {
        out.warnings.push("sites, pools, rules and their protection are left out: this server has no edge part".to_owned());
    }
    if let Some(settings) = &plan.settings {
        out.updates.extend(settings.changes.iter().map(|c| format!("setting {}", c.key)));
        out.warnings.extend(settings.skipped.iter().map(|s| format!("setting {}: {}", s.key, s.reason)));
        out.conflicts.extend(settings.faults.iter().map(|s| format!("setting {}: {}", s.key, s.reason)));
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn document_of_the_edge_part_is_read_with_what_is_not_ours_named() {
        let text = "version: \"1\"\nhosts:\n  - domain: a.example.com\nnotification_channels:\n  - name: hook\n    type: webhook\n    config: {url: 'https://x', secret: __REDACTED__}\nsettings:\n  logs.retention_days: 9\n  jobs.max: 4\n  backup.passphrase: __REDACTED__\n";
        let (sections, counts, warnings) = read(text).unwrap();
        assert_eq!(sections.settings.unwrap(), *json!({"logs.retention_days": 9}).as_object().unwrap());
        assert_eq!(sections.others["notifications"]["channels"][0]["name"], "hook");
        assert_eq!((&counts["notification_channels"], &counts["settings"]), (&json!(1), &json!(3)));
        assert_eq!(sections.others["edge"], json!({"hosts": [{"domain": "a.example.com"}]}));
        assert_eq!(warnings, ["setting jobs.max: is not written by this import"]);
        for (text, part) in [("version: 2", "unsupported version"), ("- a", "mapping"), ("{", "invalid yaml")] {
            assert!(read(text).err().unwrap().message().contains(part), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_document_or_an_error(text in ".{0,200}") {
            drop(read(&text));
        }
    }
}
