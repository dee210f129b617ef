//! SQL of the tables `testing_*` and the mapping of their rows, nothing else.

pub(crate) mod alternatives;
pub(crate) mod artifacts;
pub(crate) mod chats;
pub(crate) mod data_tests;
pub(crate) mod elements;
pub(crate) mod files;
pub(crate) mod patterns;
pub(crate) mod recordings;
pub(crate) mod results;
pub(crate) mod run_events;
pub(crate) mod runs;
pub(crate) mod suggestions;
pub(crate) mod tests;
pub(crate) mod versions;

#[cfg(test)]
mod heal_story;
#[cfg(test)]
pub(crate) mod story;

use argos_store::StoreError;
use serde::de::DeserializeOwned;

/// JSON text of a column.
pub(crate) fn json<T: DeserializeOwned>(text: &str, index: usize) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::Column { index, wanted: "the JSON this column holds" })
}

/// A word of a column.
pub(crate) fn word<T>(found: Option<T>, index: usize) -> Result<T, StoreError> {
    found.ok_or(StoreError::Column { index, wanted: "a known word" })
}

/// What is written is always JSON.
pub(crate) fn text<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
