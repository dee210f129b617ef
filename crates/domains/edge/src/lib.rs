//! The domain `edge`: sites, the pools behind them, their rules and protection, served by the embedded reverse proxy.
//!
//! It owns the tables `edge_*` and the data plane. Rooms: `model` types and pure rules, `store` SQL, `actions` use cases,
//! `routes` one file per route group, `workers` loops, `certificates` what sites are served with, `plane` the running
//! engine. It must never let a change of the wanted state break what is served: the engine takes a new state whole or
//! keeps the old one, and the newest state it took comes back first after a crash.

mod actions;
mod auth;
mod caddy;
mod certificates;
mod crowdsec;
mod firewall;
mod fresh;
mod gate;
mod geoip;
mod model;
mod plane;
mod routes;
mod service;
mod store;
mod workers;

use std::sync::Arc;

use argos_platform::{Domain, Platform, Started};
use argos_store::{Migration, Part, Stmt};

pub use service::Edge;

/// Every statement of this crate.
pub const STATEMENTS: &[&[Stmt]] = &[
    store::acme_orders::ALL,
    store::bans::ALL,
    store::bursts::ALL,
    store::certificates::ALL,
    store::delivery::ALL,
    store::countries::ALL,
    store::dns_providers::ALL,
    store::groups::ALL,
    store::hosts::ALL,
    store::log_positions::ALL,
    store::manual_certificates::ALL,
    store::notices::ALL,
    store::proofs::ALL,
    store::protection::ALL,
    store::revision::ALL,
    store::rules::ALL,
    store::sealed::ALL,
    store::security::ALL,
    store::self_signed::ALL,
    store::states::ALL,
    store::traffic::ALL,
    store::troubles::ALL,
    store::whitelist::ALL,
];

/// The schema of this crate.
pub const MIGRATIONS: &[Migration] = &[
    Migration {
        module: "edge",
        part: Part::State,
        version: 1,
        name: "edge",
        sqlite: include_str!("../migrations/sqlite/0001_edge.sql"),
        postgres: include_str!("../migrations/postgres/0001_edge.sql"),
    },
    Migration {
        module: "edge",
        part: Part::State,
        version: 10,
        name: "certificates",
        sqlite: include_str!("../migrations/sqlite/0010_certificates.sql"),
        postgres: include_str!("../migrations/postgres/0010_certificates.sql"),
    },
    Migration {
        module: "edge",
        part: Part::State,
        version: 20,
        name: "bans",
        sqlite: include_str!("../migrations/sqlite/0020_bans.sql"),
        postgres: include_str!("../migrations/postgres/0020_bans.sql"),
    },
    Migration {
        module: "edge",
        part: Part::State,
        version: 30,
        name: "proofs",
        sqlite: include_str!("../migrations/sqlite/0030_proofs.sql"),
        postgres: include_str!("../migrations/postgres/0030_proofs.sql"),
    },
    Migration {
        module: "edge",
        part: Part::State,
        version: 31,
        name: "delivery",
        sqlite: include_str!("../migrations/sqlite/0031_delivery.sql"),
        postgres: include_str!("../migrations/postgres/0031_delivery.sql"),
    },
    Migration {
        module: "edge",
        part: Part::State,
        version: 21,
        name: "countries",
        sqlite: include_str!("../migrations/sqlite/0021_countries.sql"),
        postgres: include_str!("../migrations/postgres/0021_countries.sql"),
    },
    Migration {
        module: "edge",
        part: Part::Telemetry,
        version: 40,
        name: "log_positions",
        sqlite: include_str!("../migrations/sqlite/0040_log_positions.sql"),
        postgres: include_str!("../migrations/postgres/0040_log_positions.sql"),
    },
    Migration {
        module: "edge",
        part: Part::State,
        version: 50,
        name: "notices",
        sqlite: include_str!("../migrations/sqlite/0050_notices.sql"),
        postgres: include_str!("../migrations/postgres/0050_notices.sql"),
    },
    Migration {
        module: "edge",
        part: Part::State,
        version: 51,
        name: "told",
        sqlite: include_str!("../migrations/sqlite/0051_told.sql"),
        postgres: include_str!("../migrations/postgres/0051_told.sql"),
    },
    Migration {
        module: "edge",
        part: Part::State,
        version: 52,
        name: "certificate_troubles",
        sqlite: include_str!("../migrations/sqlite/0052_certificate_troubles.sql"),
        postgres: include_str!("../migrations/postgres/0052_certificate_troubles.sql"),
    },
    Migration {
        module: "edge",
        part: Part::Telemetry,
        version: 60,
        name: "traffic",
        sqlite: include_str!("../migrations/sqlite/0060_traffic.sql"),
        postgres: include_str!("../migrations/postgres/0060_traffic.sql"),
    },
    Migration {
        module: "edge",
        part: Part::State,
        version: 61,
        name: "bursts",
        sqlite: include_str!("../migrations/sqlite/0061_bursts.sql"),
        postgres: include_str!("../migrations/postgres/0061_bursts.sql"),
    },
    Migration {
        module: "edge",
        part: Part::State,
        version: 62,
        name: "rule_concurrency",
        sqlite: include_str!("../migrations/sqlite/0062_rule_concurrency.sql"),
        postgres: include_str!("../migrations/postgres/0062_rule_concurrency.sql"),
    },
];

/// What this domain hands to the application.
pub fn domain() -> Domain {
    let build = |platform: &Platform| {
        let edge = Arc::new(Edge::new(platform));
        platform.inventory.declare(model::things::KINDS);
        platform.portable.add(Arc::new(actions::portable::EdgeSection::new(&edge)));
        platform.audit.add_source(Arc::new(actions::audit_sources::Findings::new(platform)));
        platform.audit.add_source(Arc::new(actions::audit_sources::Bans::new(platform)));
        platform.desk.add(actions::desk::EdgeDesk::new(&edge));
        actions::countries::register(&edge);
        edge.offer_undos();
        if let Some(storage) = caddy::storage(&platform.settings.boot()) {
            platform.backups.add_files(storage);
        }
        let (first, leading) = (Arc::clone(&edge), Arc::clone(&edge));
        Started::new(routes::routes(&edge))
            .before_ready(move || Box::pin(async move { first.start().await }))
            .on_ready(move || workers::lead(&leading))
    };
    Domain::new("edge", build).tables(MIGRATIONS, STATEMENTS).sealed(store::sealed::SEALED)
}
