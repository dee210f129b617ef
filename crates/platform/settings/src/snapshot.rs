//! The settings in memory: what the table holds, laid over by what was given at start. Immutable; replaced as a whole.

use std::collections::HashMap;
use std::sync::Arc;

use argos_kernel::{AppError, Result, Secret, Timestamp};
use argos_store::Row;
use argos_vault::{Vault, VaultError};
use serde_json::{Value, json};

use crate::boot::Boot;
use crate::text::to_text;
use crate::{Class, Spec, nested, registry};

/// A stored value, opened.
#[derive(Clone)]
pub(crate) enum Held {
    Value(Value),
    /// Back to the default.
    Default,
    /// The blob cannot be opened.
    Unreadable,
}

/// One row of the table.
#[derive(Clone)]
pub(crate) struct Stored {
    pub(crate) held: Held,
    pub(crate) source: String,
    pub(crate) version: i64,
    pub(crate) updated_at: Timestamp,
    pub(crate) updated_by: String,
}

pub(crate) struct Snapshot {
    pub(crate) generation: i64,
    /// Grows with every replacement in this process.
    pub(crate) sequence: u64,
    pub(crate) boot: Arc<Boot>,
    pub(crate) stored: HashMap<&'static str, Stored>,
}

impl Snapshot {
    /// True when the environment, the file or the command line decides this key.
    pub(crate) fn is_locked(&self, spec: &Spec) -> bool {
        match spec.class {
            Class::Bootstrap => true,
            Class::Override => self.boot.given(spec.key).is_some(),
            Class::Runtime => self.boot.bool("settings.lock") && self.boot.given(spec.key).is_some(),
            Class::ReadOnly => false,
        }
    }

    /// The value in force; `None` when there is none. An unreadable secret is an error, never nothing.
    pub(crate) fn value(&self, spec: &Spec) -> Result<Option<Value>, VaultError> {
        if self.is_locked(spec) {
            return Ok(self.boot.value(spec.key));
        }
        match self.stored.get(spec.key).map(|s| &s.held) {
            Some(Held::Value(value)) => Ok(Some(value.clone())),
            Some(Held::Unreadable) => Err(VaultError::Unreadable),
            Some(Held::Default) | None => Ok(spec.default.clone()),
        }
    }

    /// Where the value in force comes from.
    pub(crate) fn source(&self, spec: &Spec) -> String {
        if self.is_locked(spec) {
            return self.boot.source(spec.key).map_or("default", |g| g.kind()).to_owned();
        }
        match self.stored.get(spec.key) {
            Some(Stored { held: Held::Default, .. }) | None => "default".to_owned(),
            Some(stored) => stored.source.clone(),
        }
    }

    /// Every secret text in use, for the redactor.
    pub(crate) fn secrets(&self) -> Vec<Secret<String>> {
        let mut found = Vec::new();
        for spec in registry().specs() {
            let Ok(Some(value)) = self.value(spec) else {
                continue;
            };
            match &value {
                Value::Array(items) if spec.secret => {
                    found.extend(items.iter().filter_map(|v| v.as_str()).map(|s| Secret::new(s.to_owned())));
                }
                // A path to a key is not a secret worth blanking out everywhere.
                _ if spec.secret && spec.kind != crate::Kind::Path => found.push(Secret::new(to_text(Some(&value)))),
                _ if spec.kind.is_structured() => found.extend(nested::secrets(&value)),
                _ => {}
            }
        }
        found
    }
}

pub(crate) fn aad(key: &str) -> String {
    format!("settings.value:{key}")
}

pub(crate) fn history_aad(key: &str, version: i64) -> String {
    format!("settings_history.value:{key}#{version}")
}

/// The column text of a value: JSON, sealed when it is or holds a secret.
pub(crate) fn encode(vault: &Vault, spec: &Spec, aad: &str, value: &Value) -> Result<String> {
    let text = value.to_string();
    if spec.secret || (spec.kind.is_structured() && !nested::secrets(value).is_empty()) {
        return Ok(json!({ "$sealed": vault.seal(aad, text.as_bytes())? }).to_string());
    }
    Ok(text)
}

/// The blob inside a column text, when it is sealed.
pub(crate) fn sealed_blob(column: &str) -> Option<String> {
    let value: Value = serde_json::from_str(column).ok()?;
    value.get("$sealed")?.as_str().map(str::to_owned)
}

/// Reads a column text back.
pub(crate) fn decode(vault: &Vault, aad: &str, column: Option<&str>) -> Held {
    let Some(column) = column else {
        return Held::Default;
    };
    let json = match sealed_blob(column) {
        None => serde_json::from_str(column).ok(),
        Some(blob) => vault.open_blob(aad, &blob).ok().and_then(|plain| serde_json::from_slice(plain.reveal()).ok()),
    };
    json.map_or(Held::Unreadable, Held::Value)
}

/// A row of `settings.list`. Keys of another version of Argos are left alone.
pub(crate) fn stored_row(vault: &Vault, row: &Row) -> Result<Option<(&'static str, Stored)>> {
    let key: String = row.get(0)?;
    let Some(spec) = registry().find(&key) else {
        tracing::warn!(key, "a stored setting is unknown to this version");
        return Ok(None);
    };
    let column: Option<String> = row.get(1)?;
    let stored = Stored {
        held: decode(vault, &aad(spec.key), column.as_deref()),
        source: row.get(2)?,
        updated_at: row.get(3)?,
        updated_by: row.get(4)?,
        version: row.get(5)?,
    };
    Ok(Some((spec.key, stored)))
}

/// A key the code asks for and the registry does not have: a defect, never a panic.
pub(crate) fn unknown(key: &str) -> AppError {
    AppError::internal(format!("the code asks for the unknown setting {key}"))
}
