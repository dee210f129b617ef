//! Alerting on its store: the engine, the rules, the routes.

#![expect(clippy::unwrap_used, clippy::panic, clippy::string_slice, reason = "test code")]

mod alarms;
mod deeds;
mod engine;
mod incidents;
mod maintenance;
mod routes;
mod series;
mod stage;
