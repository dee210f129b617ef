//! The time-series store on each engine: durability, values against naive models, upkeep, routes.

#![expect(clippy::unwrap_used, reason = "test code")]

mod durability;
mod model;
mod names;
mod replicas;
mod reports;
mod routes;
mod stage;
mod upkeep;
mod window;
