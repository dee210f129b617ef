//! The configuration file: TOML, or YAML by its extension. Keys may be nested or dotted; one that the registry does
//! not know is an error, so that a typing mistake is not a silent default.

use std::path::Path;

use serde_json::{Map, Value};

use super::BootError;
use crate::{Class, Spec, registry, text};

const SIZE_MAX: u64 = 1 << 20;

/// Whether a file of this name is read as YAML.
pub fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|e| e.eq_ignore_ascii_case("yaml") || e.eq_ignore_ascii_case("yml"))
}

/// Every key of the file with its judged value.
pub(super) fn read(path: &Path) -> Result<Vec<(&'static Spec, Value)>, BootError> {
    let meta = std::fs::metadata(path).map_err(|e| BootError::file(path, e.to_string()))?;
    if meta.len() > SIZE_MAX {
        return Err(BootError::file(path, "larger than 1 MiB"));
    }
    let raw = std::fs::read_to_string(path).map_err(|e| BootError::file(path, e.to_string()))?;
    let document = parse(&raw, is_yaml(path)).map_err(|why| BootError::file(path, why))?;
    let mut found = Vec::new();
    walk(path, "", document, &mut found)?;
    Ok(found)
}

/// The document as a JSON object. The faults name a place, not the content.
pub(super) fn parse(raw: &str, yaml: bool) -> Result<Map<String, Value>, String> {
    let value = if yaml {
        if raw.trim().is_empty() {
            return Ok(Map::new());
        }
        serde_saphyr::from_str::<Value>(raw).map_err(|e| match e.location() {
            Some(at) => format!("not valid YAML at line {}, column {}", at.line(), at.column()),
            None => "not valid YAML".to_owned(),
        })?
    } else {
        toml::from_str::<Value>(raw).map_err(|e| {
            let line = e.span().and_then(|s| raw.get(..s.start)).map_or(1, |before| before.matches('\n').count() + 1);
            format!("not valid TOML at line {line}: {}", e.message())
        })?
    };
    match value {
        Value::Object(members) => Ok(members),
        Value::Null => Ok(Map::new()),
        _ => Err("must be a mapping of keys".to_owned()),
    }
}

fn walk(path: &Path, prefix: &str, members: Map<String, Value>, found: &mut Vec<(&'static Spec, Value)>) -> Result<(), BootError> {
    for (name, value) in members {
        let key = if prefix.is_empty() { name } else { format!("{prefix}.{name}") };
        let spec = registry().find(&key).filter(|s| s.class != Class::ReadOnly);
        match (spec, value) {
            (_, Value::Null) => {}
            (Some(spec), value) => {
                let value = text::parse_json(spec, value).map_err(|why| BootError::file(path, format!("{key}: {why}")))?;
                if found.iter().any(|(s, _)| s.key == spec.key) {
                    return Err(BootError::file(path, format!("{key}: given twice")));
                }
                found.push((spec, value));
            }
            (None, Value::Object(inner)) => walk(path, &key, inner, found)?,
            (None, _) => return Err(BootError::UnknownKey { key, file: Some(path.to_owned()) }),
        }
    }
    Ok(())
}
