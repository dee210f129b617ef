//! The members of `connection_config`, judged per poller (power spec B.2). Unknown members are kept and ignored.

use serde_json::{Map, Value};

use super::device::Poller;
use super::fields;
use super::input::SecretChange;
use super::registers;
use super::snmp::{AUTH_WORDS, PRIV_WORDS};

/// A fault: member, kind, text.
pub type Fault = (String, &'static str, String);

struct Check<'a> {
    config: &'a Map<String, Value>,
    faults: Vec<Fault>,
}

impl Check<'_> {
    fn fault(&mut self, member: &str, kind: &'static str, text: impl Into<String>) {
        self.faults.push((format!("connection_config.{member}"), kind, text.into()));
    }
    fn one_of(&mut self, member: &str, words: &[&str]) {
        if self.config.get(member).is_some_and(|v| !v.as_str().is_some_and(|t| t.is_empty() || words.contains(&t))) {
            self.fault(member, "enum", format!("{member} must be one of {}", words.join(", ")));
        }
    }
    fn whole(&mut self, member: &str, range: std::ops::RangeInclusive<u64>) {
        if self.config.get(member).is_some_and(|v| !v.as_u64().is_some_and(|n| range.contains(&n))) {
            self.fault(member, "value_error", format!("{member} must be a whole number from {} to {}", range.start(), range.end()));
        }
    }
    fn switch(&mut self, member: &str) {
        if self.config.get(member).is_some_and(|v| !v.is_boolean()) {
            self.fault(member, "bool_type", format!("{member} must be true or false"));
        }
    }
    fn text(&mut self, member: &str, max: usize) {
        let fits = |v: &Value| v.as_str().is_some_and(|t| t.chars().count() <= max && !t.chars().any(char::is_control));
        if self.config.get(member).is_some_and(|v| !fits(v)) {
            self.fault(member, "value_error", format!("{member} must be a text of at most {max} characters"));
        }
    }
}

/// What is wrong with the connection of a device.
pub fn faults(poller: Poller, config: &Map<String, Value>, secrets: &[SecretChange]) -> Vec<Fault> {
    let mut c = Check { config, faults: Vec::new() };
    match poller {
        Poller::Nut => {
            if config.get("ups_name").is_some_and(|n| !n.as_str().is_some_and(|t| t.is_empty() || argos_nut::is_name(t))) {
                c.fault("ups_name", "value_error", "ups_name may hold letters, digits, dots, dashes and underscores only");
            }
            c.one_of("tls", &["off", "prefer", "require"]);
        }
        Poller::Snmp => snmp(&mut c),
        Poller::Http => http(&mut c),
        Poller::Modbus => modbus(&mut c),
        Poller::Redfish => {
            c.switch("tls_verify");
            c.one_of("scheme", &["http", "https"]);
            c.text("username", 128);
            c.text("chassis", 128);
        }
        Poller::Ipmi => {
            c.text("username", 16);
            if config.get("cipher_suite").is_some_and(|n| !matches!(n.as_u64(), Some(3 | 17))) {
                c.fault("cipher_suite", "value_error", "cipher_suite must be 3 or 17");
            }
        }
        Poller::Apcupsd => {}
    }
    for change in secrets {
        if let SecretChange::Set(member, value) = change {
            secret(&mut c, member, value);
        }
    }
    c.faults
}

fn snmp(c: &mut Check<'_>) {
    c.one_of("version", &["1", "2c", "3"]);
    let mut profiles: Vec<&str> = argos_powermib::Profile::ALL.iter().map(|p| p.name()).collect();
    profiles.extend(["auto", "custom"]);
    c.one_of("profile", &profiles);
    c.whole("timeout", 1..=60);
    c.whole("retries", 0..=10);
    c.whole("max_repetitions", 1..=200);
    c.one_of("v3_auth_protocol", &AUTH_WORDS);
    c.one_of("v3_priv_protocol", &PRIV_WORDS);
    c.text("v3_username", 32);
    c.text("v3_context", 255);
    if c.config.get("profile").is_some_and(|p| p == "custom")
        && let Err(why) = fields::oids(c.config.get("oids").unwrap_or(&Value::Null))
    {
        c.fault("oids", "value_error", why);
    }
}

fn http(c: &mut Check<'_>) {
    c.one_of("method", &["GET", "POST"]);
    c.one_of("scheme", &["http", "https"]);
    c.switch("tls_verify");
    c.text("username", 128);
    let path = |t: &str| t.starts_with('/') || t.starts_with("http://") || t.starts_with("https://");
    if c.config.get("url").is_some_and(|v| !v.as_str().is_some_and(|t| path(t) && t.len() <= 2048)) {
        c.fault("url", "value_error", "url must be a path or an http or https address");
    }
    let table = c.config.get("json").map(Value::as_object);
    match table {
        None => {}
        Some(Some(table)) => {
            for (field, pointer) in table {
                if fields::variable(field).is_none() || !pointer.as_str().is_some_and(|p| p.is_empty() || p.starts_with('/')) {
                    c.fault("json", "value_error", format!("{field}: a known field with a JSON pointer is expected"));
                }
            }
        }
        Some(None) => c.fault("json", "dict_type", "json must map fields to JSON pointers"),
    }
    let scales = c.config.get("scale").map(|v| v.as_object().is_some_and(|m| m.values().all(Value::is_number)));
    if scales == Some(false) {
        c.fault("scale", "dict_type", "scale must map fields to numbers");
    }
}

fn modbus(c: &mut Check<'_>) {
    c.whole("unit_id", 0..=255);
    c.one_of("profile", &["apc_ups", "sdm230", "custom"]);
    if c.config.get("profile").is_some_and(|p| p == "custom")
        && let Err(why) = registers::registers(c.config.get("registers").unwrap_or(&Value::Null))
    {
        c.fault("registers", "value_error", why);
    }
}

fn secret(c: &mut Check<'_>, member: &str, value: &Value) {
    if member == "headers" {
        if !value.as_object().is_some_and(|m| m.len() <= 32 && m.values().all(Value::is_string)) {
            c.fault(member, "dict_type", "headers must map names to texts");
        }
        return;
    }
    let Some(text) = value.as_str() else {
        return c.fault(member, "string_type", format!("{member} must be a text"));
    };
    if matches!(member, "v3_auth_key" | "v3_priv_key") && text.len() < 8 {
        c.fault(member, "value_error", format!("{member} must have at least 8 characters"));
    }
    if matches!(member, "community" | "write_community") && text.len() > 255 {
        c.fault(member, "value_error", format!("{member} must have at most 255 characters"));
    }
}
