//! Use cases: load, decide, write, record, commit. The only place besides the engine that opens write transactions.

pub(crate) mod attention;
pub(crate) mod brief;
pub(crate) mod components;
pub(crate) mod incidents;
mod portable;
mod portable_windows;
pub(crate) mod preview;
pub(crate) mod rule_test;
pub(crate) mod rules;
pub(crate) mod sla;
mod undo;
pub(crate) mod windows;
