//! The gateway to language models (platform spec 15): providers and their wire formats, keys of users and of the instance,
//! budgets, redaction, usage rows. Off by default; every feature has a result without a model.
//!
//! It owns `llm_keys`, `llm_usage` and `llm_reservations`. What a model says is data: nothing here runs it. It must never send a secret, nor
//! data its caller may not read, nor log or audit what was said or shown.

mod actions;
mod llm;
mod model;
mod plan;
mod routes;
mod store;

use argos_store::{Migration, Part, Stmt};

pub use actions::keys::KeptKey;
pub use llm::{About, Answer, Asker, FleetFacts, Llm, LlmParts, NoModel, Prompt};
pub use model::picture::Picture;
pub use model::prompt::{fenced_data, object_in};
pub use model::provider::Provider;
pub use model::wire::{Role, Turn};
pub use routes::routes;
pub use store::keys::SEALED;

/// Every statement of this crate.
pub const STATEMENTS: &[&[Stmt]] = &[store::keys::ALL, store::usage::ALL, store::my_usage::ALL, store::reservations::ALL];

/// The schema of this crate.
pub const MIGRATIONS: &[Migration] = &[
    Migration {
        module: "llm",
        part: Part::State,
        version: 1,
        name: "llm",
        sqlite: include_str!("../migrations/sqlite/0001_llm.sql"),
        postgres: include_str!("../migrations/postgres/0001_llm.sql"),
    },
    Migration {
        module: "llm",
        part: Part::State,
        version: 2,
        name: "about",
        sqlite: include_str!("../migrations/sqlite/0002_about.sql"),
        postgres: include_str!("../migrations/postgres/0002_about.sql"),
    },
    Migration {
        module: "llm",
        part: Part::State,
        version: 3,
        name: "reservations",
        sqlite: include_str!("../migrations/sqlite/0003_reservations.sql"),
        postgres: include_str!("../migrations/postgres/0003_reservations.sql"),
    },
];
