//! Types and pure rules of this machine: no I/O, no async, no HTTP.

pub(crate) mod capacity;
pub(crate) mod exposition;
pub(crate) mod health;
pub(crate) mod parts;
pub(crate) mod probes;
pub(crate) mod processes;
pub(crate) mod samples;
pub(crate) mod snapshot;
pub(crate) mod things;
pub(crate) mod values;
