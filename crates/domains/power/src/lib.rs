//! The domain `power`: UPSes and what hangs on them. It knows within seconds that the mains failed, remembers it
//! across a restart, keeps outages and energy, and shows all of it.
//!
//! It owns the tables `power_*`. Rooms: `model` pure rules, `store` SQL, `actions` use cases, `workers` pollers and
//! cycle, `routes` one file per route group. It must never let one device delay another, nor act on stale data.

pub mod model;

mod actions;
mod routes;
mod service;
mod store;
mod workers;

use std::sync::Arc;

use argos_platform::{Domain, Platform, Started};
use argos_store::{Migration, Part, Stmt};

pub use service::Power;

/// Every statement of this crate.
pub const STATEMENTS: &[&[Stmt]] =
    &[store::devices::ALL, store::states::ALL, store::outages::ALL, store::snapshots::ALL, store::energy::ALL, store::tariffs::ALL];

/// The schema of this crate.
pub const MIGRATIONS: &[Migration] = &[
    Migration {
        module: "power",
        part: Part::State,
        version: 1,
        name: "power",
        sqlite: include_str!("../migrations/sqlite/0001_power.sql"),
        postgres: include_str!("../migrations/postgres/0001_power.sql"),
    },
    Migration {
        module: "power",
        part: Part::Telemetry,
        version: 2,
        name: "snapshots",
        sqlite: include_str!("../migrations/sqlite/0002_snapshots.sql"),
        postgres: include_str!("../migrations/postgres/0002_snapshots.sql"),
    },
];

/// What this domain hands to the application.
pub fn domain() -> Domain {
    let build = |platform: &Platform| {
        let power = Arc::new(Power::new(platform));
        let for_workers = Arc::clone(&power);
        Started::new(routes::routes(&power)).on_ready(move || workers::start(&for_workers))
    };
    Domain::new("power", build).tables(MIGRATIONS, STATEMENTS).sealed(store::devices::SEALED)
}
