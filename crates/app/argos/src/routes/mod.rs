//! Routes of the process itself: probes, health, API documents, set-up.

pub(crate) mod desk;
pub(crate) mod diagnostics;
pub(crate) mod docs;
mod foresight;
pub(crate) mod health;
pub(crate) mod preview;
pub(crate) mod setup;
pub(crate) mod tls;
pub(crate) mod vault;
