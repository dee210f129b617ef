//! Use cases: load, decide, write, record, commit, then let the pollers know.

pub(crate) mod alerts;
pub(crate) mod control;
pub(crate) mod devices;
pub(crate) mod discovery;
pub(crate) mod energy;
pub(crate) mod exporters;
pub(crate) mod facade;
pub(crate) mod metering;
pub(crate) mod monitoring;
pub(crate) mod observe;
pub(crate) mod outlets;
pub(crate) mod points;
pub(crate) mod portable;
pub(crate) mod retention;
pub(crate) mod rows;
pub(crate) mod search;
pub(crate) mod shutdown_kinds;
pub(crate) mod shutdown_plans;
pub(crate) mod shutdown_redfish;
pub(crate) mod shutdown_restore;
pub(crate) mod shutdown_runs;
pub(crate) mod shutdown_steps;
pub(crate) mod shutdown_test;
pub(crate) mod standing;
