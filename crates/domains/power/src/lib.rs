//! The domain `power`: UPSes and what hangs on them. It knows within seconds that the mains failed, remembers it
//! across a restart, keeps outages and energy, and shows all of it.
//!
//! It owns the tables `power_*`. Rooms: `model` pure rules, `store` SQL, `actions` use cases, `workers` pollers and
//! cycle, `routes` one file per route group. It must never let one device delay another, nor act on stale data.

pub mod model;

mod actions;
mod routes;
mod service;
mod shutdown;
mod store;
mod workers;

use std::sync::Arc;

use argos_platform::{Domain, Platform, Started};
use argos_store::{Migration, Part, Stmt};

pub use service::Power;

/// Every statement of this crate.
pub const STATEMENTS: &[&[Stmt]] = &[
    store::devices::ALL,
    store::dismissed::ALL,
    store::energy::ALL,
    store::export_queue::ALL,
    store::export_queue::mqtt_devices::ALL,
    store::marks::ALL,
    store::outages::ALL,
    store::outlets::ALL,
    store::phases::ALL,
    store::plan_runs::ALL,
    store::plans::ALL,
    store::sealed::ALL,
    store::snapshots::ALL,
    store::states::ALL,
    store::tariffs::ALL,
];

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
    Migration {
        module: "power",
        part: Part::State,
        version: 10,
        name: "outlets",
        sqlite: include_str!("../migrations/sqlite/0010_outlets.sql"),
        postgres: include_str!("../migrations/postgres/0010_outlets.sql"),
    },
    Migration {
        module: "power",
        part: Part::Telemetry,
        version: 11,
        name: "phases",
        sqlite: include_str!("../migrations/sqlite/0011_phases.sql"),
        postgres: include_str!("../migrations/postgres/0011_phases.sql"),
    },
    Migration {
        module: "power",
        part: Part::State,
        version: 12,
        name: "dismissed",
        sqlite: include_str!("../migrations/sqlite/0012_dismissed.sql"),
        postgres: include_str!("../migrations/postgres/0012_dismissed.sql"),
    },
    Migration {
        module: "power",
        part: Part::State,
        version: 20,
        name: "shutdown",
        sqlite: include_str!("../migrations/sqlite/0020_shutdown.sql"),
        postgres: include_str!("../migrations/postgres/0020_shutdown.sql"),
    },
    Migration {
        module: "power",
        part: Part::Telemetry,
        version: 30,
        name: "export_queue",
        sqlite: include_str!("../migrations/sqlite/0030_export_queue.sql"),
        postgres: include_str!("../migrations/postgres/0030_export_queue.sql"),
    },
    Migration {
        module: "power",
        part: Part::State,
        version: 31,
        name: "mqtt_devices",
        sqlite: include_str!("../migrations/sqlite/0031_mqtt_devices.sql"),
        postgres: include_str!("../migrations/postgres/0031_mqtt_devices.sql"),
    },
    Migration {
        module: "power",
        part: Part::State,
        version: 40,
        name: "outlet_energy",
        sqlite: include_str!("../migrations/sqlite/0040_outlet_energy.sql"),
        postgres: include_str!("../migrations/postgres/0040_outlet_energy.sql"),
    },
    Migration {
        module: "power",
        part: Part::State,
        version: 45,
        name: "shutdown_orders",
        sqlite: include_str!("../migrations/sqlite/0045_shutdown_orders.sql"),
        postgres: include_str!("../migrations/postgres/0045_shutdown_orders.sql"),
    },
    Migration {
        module: "power",
        part: Part::State,
        version: 46,
        name: "marks",
        sqlite: include_str!("../migrations/sqlite/0046_marks.sql"),
        postgres: include_str!("../migrations/postgres/0046_marks.sql"),
    },
];

/// What this domain hands to the application.
pub fn domain() -> Domain {
    let build = |platform: &Platform| {
        let power = Arc::new(Power::new(platform));
        platform.portable.add(Arc::new(actions::portable::PowerSection::new(&power)));
        platform.inventory.declare(model::things::KINDS);
        platform.desk.add(actions::desk::PowerDesk(platform.store.state.clone()));
        power.register_outlet_job();
        platform.alerts.offer_action(Arc::new(actions::outlet_action::OutletAction(Arc::clone(&power))));
        power.register_search_job();
        power.share_policy();
        power.offer_plan_undo();
        power.share_polling();
        let for_workers = Arc::clone(&power);
        Started::new(routes::routes(&power)).on_ready(move || workers::start(&for_workers))
    };
    Domain::new("power", build).tables(MIGRATIONS, STATEMENTS).sealed(store::sealed::SEALED)
}
