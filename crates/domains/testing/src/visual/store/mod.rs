//! SQL of the tables of pictures and the mapping of their rows, nothing else.

pub(crate) mod baselines;
pub(crate) mod comparisons;
pub(crate) mod snapshots;

#[cfg(test)]
mod story;

use argos_store::StoreError;
use serde::de::DeserializeOwned;

/// JSON text of a column.
fn json<T: DeserializeOwned>(text: &str, index: usize) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::Column { index, wanted: "the JSON this column holds" })
}

/// What is written is always JSON.
fn text<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
