//! SQL and row mapping of channels, rules, deliveries and the inbox. No rules, no decisions. Parameters appear in
//! ascending order in every statement: SQLite numbers `$n` by first appearance.

pub(crate) mod channels;
pub(crate) mod deliveries;
pub(crate) mod inbox;
pub(crate) mod people;
pub(crate) mod personal_mail;
pub(crate) mod push;
pub(crate) mod rules;

use argos_store::{Row, StoreError};

/// The text of a JSON column.
pub(crate) fn json_text<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned())
}

/// A JSON column.
pub(crate) fn json_of<T: serde::de::DeserializeOwned>(row: &Row, index: usize) -> Result<T, StoreError> {
    let text: String = row.get(index)?;
    serde_json::from_str(&text).map_err(|_| StoreError::Column { index, wanted: "JSON of the documented shape" })
}
