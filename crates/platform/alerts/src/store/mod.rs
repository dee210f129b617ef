//! SQL and row mapping of the tables of this crate. No rules, no decisions.

pub(crate) mod components;
pub(crate) mod firings;
pub(crate) mod incidents;
pub(crate) mod rules;
pub(crate) mod states;
pub(crate) mod watch;
pub(crate) mod windows;

/// The text of a JSON column.
pub(crate) fn json_text<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned())
}

/// A JSON column.
pub(crate) fn json_of<T: serde::de::DeserializeOwned>(row: &argos_store::Row, index: usize) -> Result<T, argos_store::StoreError> {
    let text: String = row.get(index)?;
    serde_json::from_str(&text).map_err(|_| argos_store::StoreError::Column { index, wanted: "JSON of the documented shape" })
}
