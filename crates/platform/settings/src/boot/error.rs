//! Faults of the configuration. Each names what the operator has to change and ends the start with exit code 2; none
//! shows a value, which may be a secret.

use std::fmt;
use std::path::{Path, PathBuf};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BootError {
    /// A variable, flag or file key whose value breaks its rule.
    Invalid { name: String, why: String },
    /// Two names of one key with different values.
    Conflict { key: &'static str, first: String, second: String },
    /// A key the registry does not have, or that cannot be given this way. `file` is where it stands, if in a file.
    UnknownKey { key: String, file: Option<PathBuf> },
    /// The configuration file cannot be read or is not TOML or YAML.
    File { path: PathBuf, why: String },
}

impl BootError {
    pub(crate) fn invalid(name: &str, why: impl Into<String>) -> Self {
        Self::Invalid { name: name.to_owned(), why: why.into() }
    }
    pub(crate) fn file(path: &Path, why: impl Into<String>) -> Self {
        Self::File { path: path.to_owned(), why: why.into() }
    }
}

impl fmt::Display for BootError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid { name, why } => write!(f, "{name}: {why}"),
            Self::Conflict { key, first, second } => write!(f, "{first} and {second} give different values for {key}"),
            Self::UnknownKey { key, file: Some(file) } => write!(f, "{}: unknown key {key}", file.display()),
            Self::UnknownKey { key, file: None } => write!(f, "unknown key {key}"),
            Self::File { path, why } => write!(f, "{}: {why}", path.display()),
        }
    }
}

impl std::error::Error for BootError {}
