//! What clients send for a device: merged over what is stored, judged field by field. Every fault is named.

use argos_kernel::{AppError, FieldError, Result, Timestamp};
use serde_json::{Map, Value};

use super::connection;
use super::device::{Device, DeviceType, Poller, Thresholds};

const ID_MAX: usize = 128;
const HOST_MAX: usize = 253;
const TEXT_MAX: usize = 256;
const LIST_MAX: usize = 100;

/// What becomes of one secret member.
#[derive(Clone, Debug, PartialEq)]
pub enum SecretChange {
    Set(String, Value),
    Clear(String),
}

/// A device as wanted, and the changes of its secrets.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub device: Device,
    pub secrets: Vec<SecretChange>,
}

/// The id inside a body, when it is a text.
pub fn id_of(body: &Map<String, Value>) -> Option<&str> {
    body.get("id").and_then(Value::as_str)
}

struct Faults {
    prefix: Vec<String>,
    list: Vec<FieldError>,
}

impl Faults {
    fn add(&mut self, field: &str, kind: &str, message: impl Into<String>) {
        let mut error = FieldError::new(field, message);
        error.loc.clone_from(&self.prefix);
        error.loc.push(field.to_owned());
        error.kind = kind.to_owned();
        self.list.push(error);
    }
}

/// Merges `body` over `stored` (or over the defaults of a new device). `index`: its place in an array, for error paths.
pub fn merge(stored: Option<&Device>, body: &Map<String, Value>, index: Option<usize>, now: Timestamp, source: &str) -> Result<Wanted> {
    let prefix = std::iter::once("body".to_owned()).chain(index.map(|i| i.to_string())).collect();
    let mut f = Faults { prefix, list: Vec::new() };
    let mut d = stored.cloned().unwrap_or_else(|| blank(now, source));
    if stored.is_none() {
        for field in ["id", "name", "type", "poller", "host"] {
            if body.get(field).is_none_or(Value::is_null) {
                f.add(field, "missing", format!("{field} is required"));
            }
        }
        if let Some(poller) = body.get("poller").and_then(Value::as_str).and_then(Poller::parse) {
            d.port = poller.default_port();
        }
    }
    let mut secrets = Vec::new();
    for (field, value) in body.iter().filter(|(_, v)| !v.is_null()) {
        set(&mut d, field, value, &mut f);
    }
    if let Some(Value::Object(config)) = body.get("connection_config") {
        secrets = connection(&mut d, config, &mut f);
    }
    if !f.list.is_empty() {
        return Err(AppError::invalid(f.list));
    }
    d.updated_at = now;
    Ok(Wanted { device: d, secrets })
}

fn blank(now: Timestamp, source: &str) -> Device {
    Device {
        id: String::new(),
        name: String::new(),
        kind: DeviceType::Ups,
        poller: Poller::Nut,
        host: String::new(),
        port: Poller::Nut.default_port(),
        enabled: true,
        connection_config: Map::new(),
        secrets_enc: None,
        model: None,
        firmware: None,
        serial: None,
        manufacturer: None,
        last_seen: None,
        tags: Vec::new(),
        group: None,
        location: None,
        rated_power_watts: None,
        nominal_power_factor: 0.6,
        thresholds: Thresholds::default(),
        poll_seconds: None,
        feeds: Vec::new(),
        source: source.to_owned(),
        created_at: now,
        updated_at: now,
    }
}

fn set(d: &mut Device, field: &str, value: &Value, f: &mut Faults) {
    match field {
        "id" => set_text(&mut d.id, field, value, f, valid_id),
        "name" => set_text(&mut d.name, field, value, f, |t| length(t, ID_MAX)),
        "host" => set_text(&mut d.host, field, value, f, valid_host),
        "type" => match value.as_str().and_then(DeviceType::parse) {
            Some(kind) => d.kind = kind,
            None => f.add(field, "enum", "type must be ups, pdu, sensor or host"),
        },
        "poller" => match value.as_str().and_then(Poller::parse) {
            Some(poller) => d.poller = poller,
            None => f.add(field, "enum", "poller must be nut, snmp, http, modbus, redfish, ipmi or apcupsd"),
        },
        "port" => match value.as_u64().and_then(|n| u16::try_from(n).ok()).filter(|n| *n > 0) {
            Some(port) => d.port = port,
            None => f.add(field, "value_error", "port must be a whole number from 1 to 65535"),
        },
        "enabled" => match value {
            Value::Bool(on) => d.enabled = *on,
            _ => f.add(field, "bool_type", "enabled must be true or false"),
        },
        "model" => set_optional(&mut d.model, field, value, f),
        "firmware" => set_optional(&mut d.firmware, field, value, f),
        "serial" => set_optional(&mut d.serial, field, value, f),
        "manufacturer" => set_optional(&mut d.manufacturer, field, value, f),
        "group" => set_optional(&mut d.group, field, value, f),
        "location" => set_optional(&mut d.location, field, value, f),
        "tags" => set_list(&mut d.tags, field, value, f),
        "feeds" => set_list(&mut d.feeds, field, value, f),
        // Null keeps what is stored, so an empty text is what takes a number away.
        "rated_power_watts" if value == "" => d.rated_power_watts = None,
        "poll_seconds" if value == "" => d.poll_seconds = None,
        "rated_power_watts" => match value.as_f64().filter(|n| *n > 0.0 && n.is_finite()) {
            Some(watts) => d.rated_power_watts = Some(watts),
            None => f.add(field, "value_error", "rated_power_watts must be greater than 0"),
        },
        "nominal_power_factor" => match value.as_f64().filter(|n| (0.1..=1.0).contains(n)) {
            Some(factor) => d.nominal_power_factor = factor,
            None => f.add(field, "value_error", "nominal_power_factor must be between 0.1 and 1"),
        },
        "poll_seconds" => match value.as_i64().filter(|n| (2..=3600).contains(n)) {
            Some(seconds) => d.poll_seconds = Some(seconds),
            None => f.add(field, "value_error", "poll_seconds must be between 2 and 3600"),
        },
        "thresholds" => match serde_json::from_value::<Thresholds>(value.clone()) {
            Ok(thresholds) => {
                if let Some((member, most)) = thresholds.out_of_range() {
                    f.add(field, "value_error", format!("thresholds: {member} must be between 0 and {most}"));
                }
                d.thresholds = thresholds;
            }
            Err(e) => f.add(field, "value_error", format!("thresholds: {e}")),
        },
        "connection_config" if !value.is_object() => f.add(field, "dict_type", "connection_config must be an object"),
        // What a client read back and sends again (last_seen, status ...) is not its to set.
        _ => {}
    }
}

fn set_text(into: &mut String, field: &str, value: &Value, f: &mut Faults, valid: impl Fn(&str) -> Option<String>) {
    let Some(text) = value.as_str() else { return f.add(field, "string_type", format!("{field} must be a text")) };
    match valid(text.trim()) {
        Some(fault) => f.add(field, "value_error", format!("{field} {fault}")),
        None => text.trim().clone_into(into),
    }
}

fn set_optional(into: &mut Option<String>, field: &str, value: &Value, f: &mut Faults) {
    let Some(text) = value.as_str() else { return f.add(field, "string_type", format!("{field} must be a text")) };
    match text.trim() {
        "" => *into = None,
        text if text.chars().count() > TEXT_MAX || text.chars().any(char::is_control) => {
            f.add(field, "value_error", format!("{field} must be at most {TEXT_MAX} characters without control characters"));
        }
        text => *into = Some(text.to_owned()),
    }
}

fn set_list(into: &mut Vec<String>, field: &str, value: &Value, f: &mut Faults) {
    let words: Option<Vec<String>> =
        value.as_array().and_then(|list| list.iter().map(|v| v.as_str().map(|s| s.trim().to_owned())).collect());
    match words {
        Some(words) if words.len() <= LIST_MAX && words.iter().all(|w| length(w, ID_MAX).is_none()) => *into = words,
        _ => f.add(field, "list_type", format!("{field} must be a list of at most {LIST_MAX} texts of 1 to {ID_MAX} characters")),
    }
}

fn length(text: &str, max: usize) -> Option<String> {
    let fine = (1..=max).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    (!fine).then(|| format!("must be 1 to {max} characters without control characters"))
}

fn valid_id(id: &str) -> Option<String> {
    if id.contains(['/', '\\']) || matches!(id, "." | "..") {
        return Some("must not be `.` or `..` nor contain a slash or backslash".to_owned());
    }
    length(id, ID_MAX)
}

fn valid_host(host: &str) -> Option<String> {
    if host.contains(|c: char| c.is_whitespace() || matches!(c, '/' | '@' | '?' | '#')) {
        return Some("must be a host name or an address".to_owned());
    }
    length(host, HOST_MAX)
}

/// Merges the connection members; returns what becomes of the secret ones.
fn connection(d: &mut Device, config: &Map<String, Value>, f: &mut Faults) -> Vec<SecretChange> {
    let secret = d.poller.secret_members();
    let mut changes = Vec::new();
    for (name, value) in config {
        match value {
            _ if name == "secrets_set" => {}
            Value::Null if secret.contains(&name.as_str()) => changes.push(SecretChange::Clear(name.clone())),
            Value::Null => drop(d.connection_config.remove(name)),
            Value::String(text) if secret.contains(&name.as_str()) && (text.is_empty() || argos_vault::is_placeholder(text)) => {}
            value if secret.contains(&name.as_str()) => changes.push(SecretChange::Set(name.clone(), value.clone())),
            value => drop(d.connection_config.insert(name.clone(), value.clone())),
        }
    }
    if serde_json::to_string(&d.connection_config).map_or(0, |t| t.len()) > 64 << 10 {
        f.add("connection_config", "value_error", "connection_config is too large");
    }
    for (member, kind, text) in connection::faults(d.poller, &d.connection_config, &changes) {
        f.add(&member, kind, text);
    }
    changes
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn merged(body: &Value) -> Result<Wanted> {
        merge(None, body.as_object().unwrap(), None, Timestamp::from_secs(1), "manual")
    }

    #[test]
    fn new_device_gets_the_documented_defaults() {
        let w = merged(&json!({"id": "snmp:a:161", "name": "A", "type": "pdu", "poller": "snmp", "host": "10.0.0.1"})).unwrap();
        assert_eq!((w.device.port, w.device.enabled, w.device.nominal_power_factor), (161, true, 0.6));
    }

    #[test]
    fn every_fault_is_named_at_once() {
        let e = merged(&json!({"id": "a/b", "type": "boat", "poller": "nut", "host": "x", "port": 0})).unwrap_err();
        let mut fields: Vec<&str> = e.fields().iter().map(|f| f.loc.last().unwrap().as_str()).collect();
        fields.sort_unstable();
        assert_eq!(fields, ["id", "name", "port", "type"]);
    }

    #[test]
    fn numbers_are_taken_away_by_an_empty_text_and_limits_stay_within_reason() {
        let body = json!({"id": "a", "name": "A", "type": "ups", "poller": "nut", "host": "h", "rated_power_watts": 900, "poll_seconds": 10,
            "thresholds": {"load_percent": 120, "runtime_seconds": 300}});
        let first = merged(&body).unwrap().device;
        assert_eq!((first.rated_power_watts, first.poll_seconds, first.thresholds.runtime_seconds), (Some(900.0), Some(10), Some(300.0)));
        let change = |patch: Value| merge(Some(&first), patch.as_object().unwrap(), None, Timestamp::from_secs(2), "manual");
        let next = change(json!({"rated_power_watts": "", "poll_seconds": "", "thresholds": {}})).unwrap().device;
        assert_eq!((next.rated_power_watts, next.poll_seconds, next.thresholds), (None, None, Thresholds::default()));
        for (member, value) in [("load_percent", 151.0), ("temperature_c", -1.0), ("battery_percent", 101.0), ("runtime_seconds", -5.0)] {
            let refused = change(json!({"thresholds": {member: value}})).unwrap_err();
            assert!(refused.fields()[0].msg.contains(member), "{refused:?}");
        }
    }

    #[test]
    fn null_and_blank_secret_keep_what_is_stored() {
        let body = json!({"id": "a", "name": "A", "type": "ups", "poller": "nut", "host": "h", "model": "X",
            "connection_config": {"username": "u", "password": "p"}});
        let first = merged(&body).unwrap();
        assert_eq!(first.secrets, [SecretChange::Set("password".to_owned(), json!("p"))]);
        assert!(first.device.connection_config.get("password").is_none());
        let patch = json!({"model": null, "name": "B", "connection_config": {"password": ""}});
        let next = merge(Some(&first.device), patch.as_object().unwrap(), None, Timestamp::from_secs(2), "manual").unwrap();
        assert_eq!((next.device.name.as_str(), next.device.model.as_deref()), ("B", Some("X")));
        assert!(next.secrets.is_empty() && next.device.connection_config["username"] == "u");
    }
}
