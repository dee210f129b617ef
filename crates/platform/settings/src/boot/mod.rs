//! What is known before the store opens: command line over environment over configuration file over default.
//! A value that breaks its rule, and two names that disagree, end the start with exit code 2 and the name at fault.
//! `.env` files are not read.

mod environment;
mod error;
mod file;
mod values;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

pub use environment::Environment;
pub use error::BootError;
pub use file::is_yaml;
pub use values::{DatabaseTarget, ListenAddr};

use crate::{Class, Spec, registry, text};

/// Where a value was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// The flag, e.g. `--listen`.
    CommandLine(String),
    /// The variable.
    Environment(String),
    /// The configuration file.
    File(PathBuf),
}

impl Given {
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::CommandLine(_) => "cli",
            Self::Environment(_) => "env",
            Self::File(_) => "file",
        }
    }
    /// The name an operator looks for.
    pub fn name(&self) -> String {
        match self {
            Self::CommandLine(name) | Self::Environment(name) => name.clone(),
            Self::File(path) => path.display().to_string(),
        }
    }
}

pub(crate) struct GivenValue {
    pub(crate) value: Value,
    pub(crate) from: Given,
}

/// Everything given from outside, judged and typed. It has no `Debug`: it holds secrets.
pub struct Boot {
    given: BTreeMap<&'static str, GivenValue>,
    cli: Arc<BTreeMap<String, String>>,
    env: Arc<Environment>,
    file: Option<PathBuf>,
}

impl Boot {
    /// Reads everything. `cli` holds the command-line overrides by canonical key.
    pub fn load(cli: BTreeMap<String, String>, env: Environment) -> Result<Self, BootError> {
        Self::read(Arc::new(cli), Arc::new(env))
    }

    /// Reads the configuration file again, with the same command line and environment (SIGHUP).
    pub fn reload(&self) -> Result<Self, BootError> {
        Self::read(Arc::clone(&self.cli), Arc::clone(&self.env))
    }

    fn read(cli: Arc<BTreeMap<String, String>>, env: Arc<Environment>) -> Result<Self, BootError> {
        let mut given = BTreeMap::new();
        for (key, raw) in &*cli {
            let spec = registry().find(key).ok_or_else(|| BootError::UnknownKey { key: key.clone(), file: None })?;
            let flag = spec.flag.unwrap_or(spec.key).to_owned();
            let value = text::parse_text(spec, raw).map_err(|why| BootError::invalid(&flag, why))?;
            given.insert(spec.key, GivenValue { value, from: Given::CommandLine(flag) });
        }
        for (key, value) in env.values()? {
            given.entry(key).or_insert(value);
        }
        let file = given.get("config_file").and_then(|g| g.value.as_str()).filter(|p| !p.is_empty()).map(PathBuf::from);
        if let Some(path) = &file {
            for (spec, value) in file::read(path)? {
                given.entry(spec.key).or_insert(GivenValue { value, from: Given::File(path.clone()) });
            }
        }
        let boot = Self { given, cli, env, file };
        boot.check_master_key()?;
        boot.check_kept()?;
        boot.database()?;
        Ok(boot)
    }

    /// What is a view of other rows seeds nothing.
    fn check_kept(&self) -> Result<(), BootError> {
        let given = crate::KEPT_ELSEWHERE.iter().find_map(|(key, place)| Some((self.given.get(key)?, place)));
        given.map_or(Ok(()), |(given, place)| Err(BootError::invalid(&given.from.name(), crate::kept::told(place))))
    }

    fn check_master_key(&self) -> Result<(), BootError> {
        let Some(given) = self.given.get("master_key") else {
            return Ok(());
        };
        let key = given.value.as_str().unwrap_or_default();
        argos_vault::MasterKey::parse(key).map(drop).map_err(|e| BootError::invalid(&given.from.name(), e.to_string()))
    }

    pub(crate) fn given(&self, key: &str) -> Option<&GivenValue> {
        self.given.get(key)
    }

    /// Where a key was given, when it was.
    pub fn source(&self, key: &str) -> Option<&Given> {
        self.given.get(key).map(|g| &g.from)
    }

    /// Every given key that is stored at the first start.
    pub(crate) fn seeds(&self) -> impl Iterator<Item = (&'static Spec, &GivenValue)> {
        self.given.iter().filter_map(|(key, g)| Some((registry().find(key)?, g))).filter(|(s, _)| s.class == Class::Runtime)
    }

    pub fn config_file(&self) -> Option<&Path> {
        self.file.as_deref()
    }
}

#[cfg(test)]
mod tests;
