//! The pure part of alerting: rules and their checks, the state machine, names of metrics, intervals, folding.
//! No clock, no SQL, no HTTP.

pub(crate) mod action;
pub(crate) mod attention;
pub(crate) mod builtin;
pub(crate) mod incident;
pub(crate) mod instance;
pub(crate) mod interval;
pub(crate) mod matcher;
pub(crate) mod metric;
pub(crate) mod pairs;
pub(crate) mod preview;
pub(crate) mod rule;
pub(crate) mod rule_fields;
pub(crate) mod series;
pub(crate) mod sight;
pub(crate) mod sla;
pub(crate) mod state;
pub(crate) mod status_page;
pub(crate) mod window;
pub(crate) mod window_fields;
