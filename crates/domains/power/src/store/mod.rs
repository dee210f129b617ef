//! SQL and row mapping of the tables `power_*`, nothing else.

pub(crate) mod devices;
pub(crate) mod dismissed;
pub(crate) mod energy;
pub(crate) mod export_queue;
pub(crate) mod marks;
#[cfg(test)]
mod meter_tests;
pub(crate) mod outages;
pub(crate) mod outlets;
pub(crate) mod phases;
pub(crate) mod plan_runs;
pub(crate) mod plans;
pub(crate) mod sealed;
pub(crate) mod snapshots;
pub(crate) mod states;
pub(crate) mod tariffs;
#[cfg(test)]
mod tests;

use argos_store::StoreError;
use serde::Serialize;
use serde::de::DeserializeOwned;

fn text<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn json<T: DeserializeOwned>(text: &str, index: usize) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::Column { index, wanted: "JSON of this version" })
}
