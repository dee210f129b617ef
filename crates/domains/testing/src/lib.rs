//! The domain `testing`: what people see in the browser, checked like everything else. Tests with their versions, runs in
//! real browsers, results with evidence, what healing proposes for elements that changed, and recordings that become tests.
//!
//! It owns the tables `testing_*` and the directories `artifacts` and `browser`. Rooms: `model` pure rules, `store` SQL,
//! `actions` use cases, `browser` the pool and what it may reach, `workers` loops, `routes` one file per route group. It
//! must never let a browser reach what the address rules forbid, nor repeat a run that was cut off.

pub mod discovery;
pub mod extension;
pub mod model;

mod actions;
mod browser;
mod routes;
mod service;
mod store;
pub mod visual;
mod workers;

use std::sync::Arc;

use argos_platform::{Domain, Platform, Started};
use argos_store::{Migration, Part, Stmt};

pub use service::Testing;

/// Every statement of this crate.
pub const STATEMENTS: &[&[Stmt]] = &[
    store::alternatives::ALL,
    store::artifacts::ALL,
    store::chats::ALL,
    store::data_tests::ALL,
    store::elements::ALL,
    store::files::ALL,
    store::patterns::ALL,
    store::recordings::ALL,
    store::results::ALL,
    store::run_events::ALL,
    store::runs::ALL,
    store::suggestions::ALL,
    store::tests::ALL,
    store::versions::ALL,
    visual::store::baselines::ALL,
    visual::store::comparisons::ALL,
    visual::store::snapshots::ALL,
    discovery::store::addresses::ALL,
    discovery::store::flows::ALL,
    discovery::store::pages::ALL,
    discovery::store::patterns::ALL,
    discovery::store::sealed::ALL,
    discovery::store::sessions::ALL,
    extension::store::ALL,
];

/// The schema of this crate.
pub const MIGRATIONS: &[Migration] = &[
    Migration {
        module: "testing",
        part: Part::State,
        version: 1,
        name: "testing",
        sqlite: include_str!("../migrations/sqlite/0001_testing.sql"),
        postgres: include_str!("../migrations/postgres/0001_testing.sql"),
    },
    Migration {
        module: "testing",
        part: Part::Telemetry,
        version: 2,
        name: "run_events",
        sqlite: include_str!("../migrations/sqlite/0002_run_events.sql"),
        postgres: include_str!("../migrations/postgres/0002_run_events.sql"),
    },
    Migration {
        module: "testing",
        part: Part::State,
        version: 3,
        name: "elements",
        sqlite: include_str!("../migrations/sqlite/0003_elements.sql"),
        postgres: include_str!("../migrations/postgres/0003_elements.sql"),
    },
    Migration {
        module: "testing",
        part: Part::State,
        version: 10,
        name: "healing",
        sqlite: include_str!("../migrations/sqlite/0010_healing.sql"),
        postgres: include_str!("../migrations/postgres/0010_healing.sql"),
    },
    Migration {
        module: "testing",
        part: Part::State,
        version: 15,
        name: "recordings",
        sqlite: include_str!("../migrations/sqlite/0015_recordings.sql"),
        postgres: include_str!("../migrations/postgres/0015_recordings.sql"),
    },
    Migration {
        module: "testing",
        part: Part::State,
        version: 20,
        name: "visual",
        sqlite: include_str!("../migrations/sqlite/0020_visual.sql"),
        postgres: include_str!("../migrations/postgres/0020_visual.sql"),
    },
    Migration {
        module: "testing",
        part: Part::State,
        version: 30,
        name: "discovery",
        sqlite: include_str!("../migrations/sqlite/0030_discovery.sql"),
        postgres: include_str!("../migrations/postgres/0030_discovery.sql"),
    },
    Migration {
        module: "testing",
        part: Part::State,
        version: 31,
        name: "baseline_taken",
        sqlite: include_str!("../migrations/sqlite/0031_baseline_taken.sql"),
        postgres: include_str!("../migrations/postgres/0031_baseline_taken.sql"),
    },
    Migration {
        module: "testing",
        part: Part::State,
        version: 33,
        name: "version_taken",
        sqlite: include_str!("../migrations/sqlite/0033_version_taken.sql"),
        postgres: include_str!("../migrations/postgres/0033_version_taken.sql"),
    },
    Migration {
        module: "testing",
        part: Part::State,
        version: 34,
        name: "files",
        sqlite: include_str!("../migrations/sqlite/0034_files.sql"),
        postgres: include_str!("../migrations/postgres/0034_files.sql"),
    },
    Migration {
        module: "testing",
        part: Part::State,
        version: 37,
        name: "data_tests",
        sqlite: include_str!("../migrations/sqlite/0037_data_tests.sql"),
        postgres: include_str!("../migrations/postgres/0037_data_tests.sql"),
    },
    Migration {
        module: "testing",
        part: Part::State,
        version: 41,
        name: "run_threads",
        sqlite: include_str!("../migrations/sqlite/0041_run_threads.sql"),
        postgres: include_str!("../migrations/postgres/0041_run_threads.sql"),
    },
    Migration {
        module: "testing",
        part: Part::State,
        version: 42,
        name: "run_cost",
        sqlite: include_str!("../migrations/sqlite/0042_run_cost.sql"),
        postgres: include_str!("../migrations/postgres/0042_run_cost.sql"),
    },
    Migration {
        module: "testing",
        part: Part::State,
        version: 43,
        name: "chats",
        sqlite: include_str!("../migrations/sqlite/0043_chats.sql"),
        postgres: include_str!("../migrations/postgres/0043_chats.sql"),
    },
    Migration {
        module: "testing",
        part: Part::State,
        version: 44,
        name: "learned",
        sqlite: include_str!("../migrations/sqlite/0044_learned.sql"),
        postgres: include_str!("../migrations/postgres/0044_learned.sql"),
    },
];

/// What this domain hands to the application.
pub fn domain() -> Domain {
    let build = |platform: &Platform| {
        let testing = Arc::new(Testing::new(platform));
        testing.register_run_job();
        testing.register_discovery_job();
        platform.backups.add_files(testing.evidence());
        platform.desk.add(actions::desk::Pictures(Arc::downgrade(&testing)));
        platform.desk.add(actions::desk::Fixes(Arc::downgrade(&testing)));
        platform.desk.add(actions::foresight::Foresight(Arc::downgrade(&testing)));
        platform.desk.add(extension::desk::Extensions(Arc::downgrade(&testing)));
        platform.portable.add(Arc::new(actions::portable::QualitySection::new(&testing)));
        platform.identity.set_project_tests(Arc::<Testing>::clone(&testing));
        let (everywhere, leading) = (Arc::clone(&testing), Arc::clone(&testing));
        Started::new(routes::routes(&testing))
            .before_ready(move || {
                workers::start_everywhere(&everywhere);
                Box::pin(async { Ok(()) })
            })
            .on_ready(move || workers::start(&leading))
    };
    Domain::new("testing", build).tables(MIGRATIONS, STATEMENTS).sealed(discovery::store::sealed::SEALED)
}
