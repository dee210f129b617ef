//! The domain `host`: the machine Argos runs on. Live snapshot and stream, processes, services, journal, disks,
//! network, health score, Prometheus exposition. It owns no table: what it measures goes to the metrics, what happens
//! goes to the events.
//!
//! Rooms: `model` pure rules, `probes` commands and pings, `workers` the sampler, `routes` one file per route group.
//! It must never block a request on a slow probe: handlers read what the workers saw last, or say so.

mod alerting;
mod machine;
mod model;
mod probes;
mod routes;
mod workers;

use std::sync::Arc;

use argos_platform::{Domain, Platform};

pub use machine::Machine;
pub use model::snapshot::{AlertLine, Snapshot};

/// What this domain hands to the application.
pub fn domain() -> Domain {
    Domain::new("host", |platform: &Platform| {
        let machine = Arc::new(Machine::new(platform));
        platform.inventory.declare(model::things::KINDS);
        let for_workers = Arc::clone(&machine);
        argos_platform::Started::new(routes::routes(&machine)).on_ready(move || workers::start(&for_workers))
    })
}
