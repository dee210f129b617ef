//! The environment: captured once, then read by the registry's names, their `NOBA_` twins and `<NAME>_FILE` of secrets.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value};

use super::{BootError, Given, GivenValue};
use crate::env_names::{EnvForm, EnvName};
use crate::text::{boolean, parse_text, same};
use crate::{Kind, Spec, registry};

/// The variables of the process, as they were at start.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// The one place that reads the process environment.
    pub fn of_process() -> Self {
        // Variables that are not Unicode cannot be any of ours.
        Self(std::env::vars_os().filter_map(|(n, v)| Some((n.into_string().ok()?, v.into_string().ok()?))).collect())
    }

    pub fn from_pairs<N: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        Self(pairs.into_iter().map(|(n, v)| (n.into(), v.into())).collect())
    }

    /// Every key that some variable gives.
    pub(super) fn values(&self) -> Result<BTreeMap<&'static str, GivenValue>, BootError> {
        let mut given: BTreeMap<&'static str, GivenValue> = BTreeMap::new();
        let mut members: BTreeMap<&'static str, (String, Map<String, Value>)> = BTreeMap::new();
        for (variable, raw) in &self.0 {
            let Some((spec, name, text)) = self.find(variable, raw)? else {
                continue;
            };
            let value = match &name.form {
                EnvForm::Whole => Some(parse(spec, variable, &text)?),
                EnvForm::Host { port } => self.host(spec, variable, &text, port)?,
                EnvForm::Port { host } => Some(self.port(spec, variable, &text, host)?),
                EnvForm::Flag { value } => flag(spec, variable, &text, value)?,
                EnvForm::Member(member) => {
                    let (_, set) = members.entry(spec.key).or_insert_with(|| (variable.clone(), Map::new()));
                    set.insert(member.clone(), Value::String(text));
                    None
                }
            };
            if let Some(value) = value {
                merge(&mut given, spec.key, value, variable)?;
            }
        }
        for (key, (variable, set)) in members {
            merge(&mut given, key, Value::Object(set), &variable)?;
        }
        Ok(given)
    }

    /// The key a variable stands for and its text, read from a file for `<NAME>_FILE`. Empty variables count as unset,
    /// except the master key, where an empty one is a mistake worth a refusal.
    fn find(&self, variable: &str, raw: &str) -> Result<Option<(&'static Spec, &'static EnvName, String)>, BootError> {
        let direct = registry().find_env(variable);
        let by_file = || variable.strip_suffix("_FILE").and_then(|name| registry().find_env(name)).filter(|(s, n)| secret(s, n));
        let (spec, name, text) = match (direct, by_file()) {
            (Some((spec, name)), _) => (spec, name, raw.to_owned()),
            (None, Some((spec, name))) if !raw.trim().is_empty() => (spec, name, read_secret(variable, raw)?),
            _ => return Ok(None),
        };
        if text.trim().is_empty() && spec.key != "master_key" {
            return Ok(None);
        }
        // Container platforms set <SERVICE>_PORT=tcp://address:port for a service of our name.
        if matches!(variable, "ARGOS_PORT" | "NOBA_PORT") && text.starts_with("tcp://") {
            tracing::warn!(variable, "ignored: it was set by the container platform, not by an operator");
            return Ok(None);
        }
        Ok(Some((spec, name, text)))
    }

    /// The host of a pair. With a port beside it the two are read together, when the port's turn comes. Shells export
    /// HOST as the machine's name, so alone it counts only when it is an address and the key has a port of its own.
    fn host(&self, spec: &Spec, variable: &str, host: &str, port: &str) -> Result<Option<Value>, BootError> {
        let alone = self.0.get(port).is_none_or(|p| p.trim().is_empty()) && host.parse::<std::net::IpAddr>().is_ok();
        let default = spec.default.as_ref().and_then(Value::as_str).and_then(|d| d.rsplit_once(':'));
        match default {
            Some((_, port)) if alone => parse(spec, variable, &join(host, port)).map(Some),
            _ => Ok(None),
        }
    }

    fn port(&self, spec: &Spec, variable: &str, port: &str, host: &str) -> Result<Value, BootError> {
        let host = self.0.get(host).map(|h| h.trim()).filter(|h| !h.is_empty()).unwrap_or("0.0.0.0");
        parse(spec, variable, &join(host, port.trim()))
    }
}

fn join(host: &str, port: &str) -> String {
    if host.contains(':') && !host.starts_with('[') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

fn parse(spec: &Spec, variable: &str, text: &str) -> Result<Value, BootError> {
    parse_text(spec, text).map_err(|why| BootError::invalid(variable, why))
}

/// A switch that stands for a fixed value; some hold the value itself when they are not a plain yes or no.
fn flag(spec: &Spec, variable: &str, text: &str, value: &str) -> Result<Option<Value>, BootError> {
    match boolean(text.trim()) {
        Some(true) => parse(spec, variable, value).map(Some),
        Some(false) => Ok(None),
        None => parse(spec, variable, text).map(Some),
    }
}

fn merge(given: &mut BTreeMap<&'static str, GivenValue>, key: &'static str, value: Value, variable: &str) -> Result<(), BootError> {
    if let Some(first) = given.get(key) {
        if same(Some(&first.value), Some(&value)) {
            return Ok(());
        }
        return Err(BootError::Conflict { key, first: first.from.name(), second: variable.to_owned() });
    }
    given.insert(key, GivenValue { value, from: Given::Environment(variable.to_owned()) });
    Ok(())
}

/// Secrets can be handed over in a file. A secret that is itself a path already is.
fn secret(spec: &Spec, name: &EnvName) -> bool {
    let member_secret = matches!(&name.form, EnvForm::Member(member) if member == "token");
    (spec.secret && spec.kind != Kind::Path) || member_secret
}

fn read_secret(variable: &str, path: &str) -> Result<String, BootError> {
    let text = std::fs::read_to_string(Path::new(path.trim()))
        .map_err(|e| BootError::invalid(variable, format!("the file cannot be read: {e}")))?;
    Ok(text.trim_end_matches(['\n', '\r']).to_owned())
}
