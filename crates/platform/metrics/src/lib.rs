//! The one time-series store (platform spec 8): open heads in memory behind a write-ahead table, sealed compressed
//! chunks, 1-minute and 1-hour rollups, queries on any grid.
//!
//! What is promised: a point is in the write-ahead table within a second and from then on survives a crash, once and
//! not twice; a query sees a point as soon as it was appended; counters survive resets; late points are taken in.
//! Replicas that share a PostgreSQL each write their points; every one takes in what the others wrote within two
//! seconds, and the leader alone makes chunks.

mod engine;
mod follow;
mod heads;
mod maintenance;
mod names;
mod query;
mod registry;
mod routes;
mod sealing;
mod sources;
mod startup;
mod store;
mod wal;
mod window;

use argos_store::{Migration, Part, Stmt};

pub use argos_tschunk::{Function, Kind, Point};
pub use engine::{Metrics, MetricsStats};
pub use maintenance::Retention;
pub use names::{DocumentedName, Join, documented};
pub use query::{QueryError, QueryResult, SeriesValues};
pub use registry::{Labels, ORGANIZATION, Sample, SeriesId, SeriesInfo, SeriesSpec};
pub use routes::routes;

/// Every statement of this crate.
pub const STATEMENTS: &[&[Stmt]] = &[store::series::ALL, store::points::ALL, store::rollups::ALL];

/// The schema of this crate.
pub const MIGRATIONS: &[Migration] = &[
    Migration {
        module: "metrics",
        part: Part::Telemetry,
        version: 1,
        name: "metrics",
        sqlite: include_str!("../migrations/sqlite/0001_metrics.sql"),
        postgres: include_str!("../migrations/postgres/0001_metrics.sql"),
    },
    Migration {
        module: "metrics",
        part: Part::Telemetry,
        version: 2,
        name: "replicas",
        sqlite: include_str!("../migrations/sqlite/0002_replicas.sql"),
        postgres: include_str!("../migrations/postgres/0002_replicas.sql"),
    },
];
