//! Notifying on its store: routes, pipeline, and real HTTP exchanges with a small receiver.

#![expect(clippy::unwrap_used, clippy::panic, clippy::string_slice, reason = "test code")]

mod exchange;
mod limits;
mod pipeline;
mod receiver;
mod routes;
mod set_channels;
mod stage;
mod tenants;
