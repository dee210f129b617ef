//! Alerting on its store: the engine, the rules, the routes.

mod engine;
mod routes;
mod stage;
