//! Identity: who somebody is and what they may do. Users, passwords, second factors, sessions, API keys, the login
//! limiter and the permission table; it recognises callers for the web kit.
//!
//! It owns the tables named in its migrations. It must never log or return a password, a token or a key after the
//! one time it is shown, and no other crate judges a credential.

mod actions;
mod authenticator;
mod cache;
mod hasher;
pub mod model;
mod policy;
mod routes;
mod service;
mod store;
mod windows;
mod workers;

use argos_store::{Migration, Part, Stmt};

pub use actions::{Authority, FirstUser, NewAccount, NewApiKey, UserChange};
pub use policy::{Policy, PolicySource};
pub use service::{BootOptions, Identity, IdentityDeps};

/// Every statement of this crate.
pub const STATEMENTS: &[&[Stmt]] = store::STATEMENTS;

/// The schema of this crate.
pub const MIGRATIONS: &[Migration] = &[Migration {
    module: "identity",
    part: Part::State,
    version: 1,
    name: "identity",
    sqlite: include_str!("../migrations/sqlite/0001_identity.sql"),
    postgres: include_str!("../migrations/postgres/0001_identity.sql"),
}];
