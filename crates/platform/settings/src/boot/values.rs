//! Typed reading of bootstrap values: paths against the data directory, listen addresses with their on/off rule, and
//! the database target. Asking for a key the registry does not have gives nothing, and a test catches it.

use std::fmt;
use std::path::{Path, PathBuf};

use argos_kernel::Secret;
use serde_json::Value;

use super::{Boot, BootError};
use crate::text::to_text;
use crate::view::{EffectiveLine, shown};
use crate::{Class, Kind, registry};

/// A listen address. An empty host means every address of the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenAddr {
    pub host: String,
    /// 0 = pick one and print it.
    pub port: u16,
}

impl ListenAddr {
    fn parse(text: &str) -> Option<Self> {
        let (host, port) = text.rsplit_once(':')?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        Some(Self { host: if host == "*" { String::new() } else { host.to_owned() }, port: port.parse().ok()? })
    }
    /// What to bind: the wildcard address when no host is given.
    pub fn bind_host(&self) -> &str {
        if self.host.is_empty() { "0.0.0.0" } else { &self.host }
    }
}

impl fmt::Display for ListenAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') { write!(f, "[{}]:{}", self.host, self.port) } else { write!(f, "{}:{}", self.host, self.port) }
    }
}

/// Where the state is kept.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseTarget {
    /// The directory of `argos.db` and `telemetry.db`.
    Sqlite(PathBuf),
    Postgres(Secret<String>),
}

/// Listeners that `--listen` alone switches off, so that two instances never share a port.
const EXTRA_LISTENERS: [&str; 4] = ["https.listen", "edge.http_listen", "edge.https_listen", "nut_server.listen"];

impl Boot {
    /// The given value or the default.
    pub fn value(&self, key: &str) -> Option<Value> {
        let given = self.given(key).map(|g| g.value.clone());
        given.or_else(|| registry().find(key).and_then(|spec| spec.default.clone()))
    }
    /// Text form; `None` when there is no value.
    pub fn text(&self, key: &str) -> Option<String> {
        let text = to_text(self.value(key).as_ref());
        if text.is_empty() { None } else { Some(text) }
    }
    pub fn int(&self, key: &str) -> Option<i64> {
        self.value(key).and_then(|v| v.as_i64())
    }
    /// False when there is no value.
    pub fn bool(&self, key: &str) -> bool {
        self.value(key).and_then(|v| v.as_bool()).unwrap_or(false)
    }
    pub fn list(&self, key: &str) -> Vec<String> {
        let items = self.value(key).and_then(|v| v.as_array().cloned()).unwrap_or_default();
        items.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect()
    }
    /// A secret; `None` when it was not given.
    pub fn secret(&self, key: &str) -> Option<Secret<String>> {
        self.text(key).map(Secret::new)
    }

    /// The data directory, against the working directory when relative.
    pub fn data_dir(&self) -> PathBuf {
        PathBuf::from(self.text("data_dir").unwrap_or_else(|| "./data".to_owned()))
    }
    /// A path, against the data directory when relative; `<data>` in a default is the data directory.
    pub fn path(&self, key: &str) -> Option<PathBuf> {
        let text = self.text(key)?;
        let relative = text.strip_prefix("<data>/").unwrap_or(&text);
        Some(self.data_dir().join(relative))
    }

    /// A listener; `None` = off. With the flag `--listen`, every other listener is off unless it is given too.
    pub fn listener(&self, key: &str) -> Option<ListenAddr> {
        let only_listen = matches!(self.source("http.listen"), Some(super::Given::CommandLine(_)));
        if only_listen && EXTRA_LISTENERS.contains(&key) && self.given(key).is_none() {
            return None;
        }
        // `off` is no address.
        ListenAddr::parse(&self.text(key)?)
    }

    /// `sqlite` (the data directory), the path of an `argos.db`, or a `postgres://` URL.
    pub fn database(&self) -> Result<DatabaseTarget, BootError> {
        let text = self.text("database.url").unwrap_or_else(|| "sqlite".to_owned());
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(DatabaseTarget::Postgres(Secret::new(text)));
        }
        if text == "sqlite" {
            return Ok(DatabaseTarget::Sqlite(self.data_dir()));
        }
        let path = text.strip_prefix("sqlite://").or_else(|| text.strip_prefix("sqlite:")).unwrap_or(&text);
        let full = self.data_dir().join(path);
        match (full.file_name().and_then(|n| n.to_str()), full.parent()) {
            (Some("argos.db"), Some(dir)) => Ok(DatabaseTarget::Sqlite(dir.to_owned())),
            (Some(name), _) if !path.contains("://") && Path::new(name).extension().is_none() => Ok(DatabaseTarget::Sqlite(full)),
            _ => {
                let name = self.source("database.url").map_or_else(|| "database.url".to_owned(), super::Given::name);
                Err(BootError::invalid(&name, "must be sqlite, a directory, a path ending in argos.db, or postgres://"))
            }
        }
    }

    /// All bootstrap values with their origin, secrets masked.
    pub fn effective(&self) -> Vec<EffectiveLine> {
        let specs = registry().specs().iter().filter(|s| s.class == Class::Bootstrap);
        specs
            .map(|spec| {
                let value = if spec.kind == Kind::Path && spec.key != "data_dir" {
                    self.path(spec.key).map(|p| Value::String(p.display().to_string()))
                } else {
                    self.value(spec.key)
                };
                let source = self.source(spec.key);
                EffectiveLine {
                    key: spec.key,
                    value: shown(spec, value.as_ref()),
                    source: source.map_or("default", super::Given::kind),
                    name: source.map(super::Given::name),
                }
            })
            .collect()
    }
}
