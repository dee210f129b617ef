//! Alert providers (power spec C.4) as views of the notifier's channels: other member names, severities in the words of
//! this part, and a rule about where an address may lead. Pure.

use argos_kernel::{FieldError, Severity};
use argos_notify::OwnChannel;
use serde_json::{Map, Value, json};

/// Documented types, and what their members are called in a channel.
const TYPES: [(&str, &[(&str, &str)]); 10] = [
    ("webhook", &[]),
    ("gotify", &[("token", "app_token")]),
    ("ntfy", &[]),
    ("apprise", &[]),
    ("email", &[("host", "smtp_host"), ("port", "smtp_port"), ("username", "smtp_username"), ("password", "smtp_password")]),
    ("discord", &[("url", "webhook_url")]),
    ("slack", &[("url", "webhook_url")]),
    ("telegram", &[("token", "bot_token")]),
    ("pushover", &[("token", "app_token"), ("user", "user_key")]),
    ("mqtt", &[]),
];
const COMMON: [&str; 8] = ["type", "id", "name", "enabled", "min_severity", "device_ids", "event_types", "quiet_hours"];
const SEVERITIES: [(&str, Severity); 4] =
    [("low", Severity::Info), ("medium", Severity::Warning), ("high", Severity::Error), ("critical", Severity::Critical)];

fn renames(kind: &str) -> Option<&'static [(&'static str, &'static str)]> {
    TYPES.iter().find(|(name, _)| *name == kind).map(|(_, names)| *names)
}

/// A fault of a provider, by its place in the list.
pub fn fault(index: usize, member: &str, text: impl Into<String>) -> FieldError {
    let mut fault = FieldError::new(member, text);
    fault.loc = vec!["body".to_owned(), "providers".to_owned(), index.to_string()];
    fault.loc.extend((!member.is_empty()).then(|| member.to_owned()));
    fault
}

/// A provider as it is shown; secrets blank.
pub fn shown(channel: &OwnChannel) -> Value {
    let names = renames(&channel.kind).unwrap_or_default();
    let least = SEVERITIES.iter().find(|(_, s)| Some(*s) == channel.min_severity).map_or("low", |(word, _)| word);
    let types: Vec<&str> = channel.kinds.iter().filter(|k| *k != "power.*").map(|k| k.strip_prefix("power.").unwrap_or(k)).collect();
    let mut out = json!({
        "type": channel.kind, "id": channel.id, "name": channel.name, "enabled": channel.enabled, "min_severity": least,
        "device_ids": channel.device_ids, "event_types": types, "quiet_hours": channel.quiet_hours,
    });
    if let Some(map) = out.as_object_mut() {
        for (member, value) in &channel.config {
            let name = names.iter().find(|(_, own)| own == member).map_or(member.as_str(), |(theirs, _)| theirs);
            // Published clients know the tags as one text.
            let value = if name == "tags" { json!(texts(value).join(",")) } else { value.clone() };
            map.insert(name.to_owned(), value);
        }
    }
    out
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(|v| v.as_str().map(str::to_owned)).collect()
}

/// Reads a provider; every fault names its member.
pub fn read(index: usize, input: &Value) -> Result<OwnChannel, FieldError> {
    let map = input.as_object().ok_or_else(|| fault(index, "", "a provider must be an object"))?;
    let kind = map.get("type").and_then(Value::as_str).ok_or_else(|| fault(index, "type", "type is required"))?;
    let names = renames(kind).ok_or_else(|| {
        let known: Vec<&str> = TYPES.iter().map(|(name, _)| *name).collect();
        fault(index, "type", format!("type must be one of {}", known.join(", ")))
    })?;
    let given = |name: &str| map.get(name).filter(|v| !v.is_null());
    let text = |name: &'static str| match given(name) {
        None => Ok(None),
        Some(value) => value.as_str().map(Some).ok_or_else(|| fault(index, name, format!("{name} must be a text"))),
    };
    let list = |name: &'static str| match given(name) {
        None => Ok(Vec::new()),
        Some(Value::Array(items)) if items.iter().all(Value::is_string) && items.len() <= 1_000 => Ok(texts(&Value::Array(items.clone()))),
        Some(_) => Err(fault(index, name, format!("{name} must be a list of texts"))),
    };
    let enabled = match given("enabled") {
        None => true,
        Some(value) => value.as_bool().ok_or_else(|| fault(index, "enabled", "enabled must be true or false"))?,
    };
    let least = text("min_severity")?.unwrap_or("low");
    let least = SEVERITIES.iter().find(|(word, _)| *word == least).map(|(_, severity)| *severity);
    let least = least.ok_or_else(|| fault(index, "min_severity", "min_severity must be low, medium, high or critical"))?;
    let id = match given("id") {
        None => None,
        Some(value) => {
            let id = value.as_i64().or_else(|| value.as_str().and_then(|t| t.parse().ok()));
            Some(id.ok_or_else(|| fault(index, "id", "id must be a number"))?)
        }
    };
    let kinds: Vec<String> = list("event_types")?.iter().map(|t| format!("power.{}", t.strip_prefix("power.").unwrap_or(t))).collect();
    let mut config = Map::new();
    for (member, value) in map.iter().filter(|(name, _)| !COMMON.contains(&name.as_str())) {
        let own = names.iter().find(|(theirs, _)| theirs == member).map_or(member.as_str(), |(_, own)| own);
        config.insert(own.to_owned(), value.clone());
    }
    Ok(OwnChannel {
        id,
        name: text("name")?.unwrap_or_default().to_owned(),
        kind: kind.to_owned(),
        enabled,
        config,
        quiet_hours: given("quiet_hours").cloned(),
        min_severity: Some(least),
        kinds: if kinds.is_empty() { vec!["power.*".to_owned()] } else { kinds },
        device_ids: list("device_ids")?,
    })
}

/// The address a provider leads to, where it names one.
pub fn address(channel: &OwnChannel) -> Option<(&'static str, &str)> {
    let of = |name: &str| channel.config.get(name).and_then(Value::as_str).filter(|t| !t.is_empty());
    of("url").or_else(|| of("webhook_url")).map(|text| ("url", text))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn providers_are_read_under_their_documented_names_and_shown_so() {
        let given = json!({"type": "gotify", "url": "https://g.test", "token": "t", "priority": 0, "min_severity": "high",
            "event_types": ["on_battery", "power.battery_low"], "device_ids": ["a"]});
        let own = read(0, &given).unwrap();
        assert_eq!(
            (own.min_severity, own.kinds.as_slice()),
            (Some(Severity::Error), &["power.on_battery".to_owned(), "power.battery_low".to_owned()][..])
        );
        assert_eq!(own.config["app_token"], "t");
        let view = shown(&own);
        for member in ["type", "url", "token", "priority", "min_severity", "device_ids"] {
            assert_eq!(view[member], given[member], "{member}");
        }
        assert_eq!(view["event_types"], json!(["on_battery", "battery_low"]));
        assert_eq!(shown(&read(0, &json!({"type": "webhook", "url": "https://x"})).unwrap())["event_types"], json!([]));
    }

    #[test]
    fn faults_name_the_provider_and_its_member() {
        for (input, member) in [
            (json!({}), "type"),
            (json!({"type": "fax"}), "type"),
            (json!({"type": "webhook", "min_severity": "loud"}), "min_severity"),
            (json!({"type": "webhook", "enabled": "yes"}), "enabled"),
            (json!({"type": "webhook", "device_ids": "a"}), "device_ids"),
        ] {
            assert_eq!(read(3, &input).unwrap_err().loc, ["body", "providers", "3", member], "{input}");
        }
    }

    proptest! {
        #[test]
        fn any_member_is_kept_or_refused(name in "[a-z_]{1,10}", text in "\\PC{0,20}") {
            let mut input = json!({"type": "ntfy"});
            input[&name] = json!(text);
            if let Ok(own) = read(0, &input) {
                prop_assert!(COMMON.contains(&name.as_str()) || own.config.get(&name) == Some(&json!(text)));
            }
        }
    }
}
