//! SQL and row mapping of the gateway, nothing else.

pub(crate) mod keys;
pub(crate) mod my_usage;
pub(crate) mod reservations;
pub(crate) mod usage;
