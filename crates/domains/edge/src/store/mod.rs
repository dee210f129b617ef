//! SQL and row mapping of the tables `edge_*`, nothing else.

pub(crate) mod acme_orders;
#[cfg(test)]
mod ban_tests;
pub(crate) mod bans;
pub(crate) mod bursts;
pub(crate) mod certificates;
pub(crate) mod countries;
pub(crate) mod delivery;
pub(crate) mod desired;
pub(crate) mod dns_providers;
pub(crate) mod groups;
pub(crate) mod hosts;
pub(crate) mod log_positions;
pub(crate) mod manual_certificates;
pub(crate) mod notices;
pub(crate) mod proofs;
pub(crate) mod protection;
pub(crate) mod revision;
pub(crate) mod rules;
pub(crate) mod sealed;
pub(crate) mod security;
pub(crate) mod self_signed;
pub(crate) mod states;
#[cfg(test)]
mod tests;
pub(crate) mod traffic;
#[cfg(test)]
mod traffic_tests;
pub(crate) mod troubles;
pub(crate) mod whitelist;

use argos_store::StoreError;
use serde::Serialize;
use serde::de::DeserializeOwned;

fn text<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn json<T: DeserializeOwned>(text: &str, index: usize) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::Column { index, wanted: "JSON of this version" })
}

fn port(n: i64, index: usize) -> Result<u16, StoreError> {
    u16::try_from(n).map_err(|_| StoreError::Column { index, wanted: "a number of 16 bits" })
}
