//! The inventory: every thing the product knows of, whatever job found it, with typed links between things, the evidence
//! for each link, and a short history. It also answers the search over all of it and keeps the offers to undo.
//!
//! It owns `things`, `thing_texts`, `thing_words`, `thing_links`, `thing_changes`, `undo_offers`, `ui_views`, `ui_drafts` and `dashboards`. Domains declare the
//! kinds of things they feed and hand over complete lists; what people add (tags, notes, links) survives every feed.
//! It must never show a thing whose kind the caller may not read, nor measure or judge a thing itself.

mod actions;
mod inventory;
mod model;
mod routes;
mod store;

use argos_store::{Migration, Part, Rollback, Stmt};

pub use actions::read::Trouble;
pub use inventory::Inventory;
pub use model::kind::Kind;
pub use model::link::{LinkType, NewLink};
pub use model::scope::Scope;
pub use model::status::Status;
pub use model::thing::{Fact, Feed, NewThing, Thing};
pub use routes::{ThingView, routes};

/// Every statement of this crate.
pub const STATEMENTS: &[&[Stmt]] = &[
    store::things::ALL,
    store::lists::ALL,
    store::search::ALL,
    store::links::ALL,
    store::changes::ALL,
    store::undo::ALL,
    store::workspace::ALL,
    store::dashboards::ALL,
];

/// Steps that can be taken back.
pub const ROLLBACKS: &[Rollback] = &[
    Rollback {
        module: "inventory",
        part: Part::State,
        version: 3,
        loses: "every dashboard",
        sqlite: "drop table dashboards",
        postgres: "drop table dashboards",
    },
    Rollback {
        module: "inventory",
        part: Part::State,
        version: 4,
        loses: "which offer to undo is the newest for its thing",
        sqlite: "drop index undo_offers_subject; alter table undo_offers drop column subject",
        postgres: "drop index undo_offers_subject; alter table undo_offers drop column subject",
    },
];

/// The schema of this crate.
pub const MIGRATIONS: &[Migration] = &[
    Migration {
        module: "inventory",
        part: Part::State,
        version: 1,
        name: "inventory",
        sqlite: include_str!("../migrations/sqlite/0001_inventory.sql"),
        postgres: include_str!("../migrations/postgres/0001_inventory.sql"),
    },
    Migration {
        module: "inventory",
        part: Part::State,
        version: 2,
        name: "workspace",
        sqlite: include_str!("../migrations/sqlite/0002_workspace.sql"),
        postgres: include_str!("../migrations/postgres/0002_workspace.sql"),
    },
    Migration {
        module: "inventory",
        part: Part::State,
        version: 3,
        name: "dashboards",
        sqlite: include_str!("../migrations/sqlite/0003_dashboards.sql"),
        postgres: include_str!("../migrations/postgres/0003_dashboards.sql"),
    },
    Migration {
        module: "inventory",
        part: Part::State,
        version: 4,
        name: "undo_subjects",
        sqlite: include_str!("../migrations/sqlite/0004_undo_subjects.sql"),
        postgres: include_str!("../migrations/postgres/0004_undo_subjects.sql"),
    },
];
