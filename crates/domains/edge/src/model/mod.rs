//! Types and pure rules of the edge: what may be wanted, and what it means for the engine.

pub(crate) mod access;
pub(crate) mod ban;
pub(crate) mod bursts;
pub(crate) mod caddy;
pub(crate) mod caddy_rows;
pub(crate) mod certificate;
pub(crate) mod change;
pub(crate) mod compile;
pub(crate) mod country;
pub(crate) mod crs;
pub(crate) mod delivery;
pub(crate) mod desired;
pub(crate) mod dns_provider;
pub(crate) mod drift;
pub(crate) mod durations;
pub(crate) mod firewall;
pub(crate) mod group;
pub(crate) mod host;
pub(crate) mod kept;
pub(crate) mod machine_account;
pub(crate) mod manual_certificate;
pub(crate) mod name;
pub(crate) mod obstacle;
pub(crate) mod origin;
pub(crate) mod replay;
pub(crate) mod rule;
pub(crate) mod secrule;
pub(crate) mod security;
pub(crate) mod sentinel;
pub(crate) mod sign_in;
pub(crate) mod things;
pub(crate) mod traffic;

use argos_kernel::AppError;

/// A refused member of a body.
pub(crate) fn bad(field: &str, text: impl Into<String>) -> AppError {
    AppError::bad_request(text).code("invalid_field").with("field", field)
}
