//! The one log store: access, error, WAF, audit, agent, job and own lines in one table with one writer.
//!
//! It owns `log_entries` in the telemetry database and the bounded way into it. It must never make a caller wait for
//! the disk, and never log about itself into itself.

mod audit_copy;
mod endings;
mod entry;
mod figures;
mod filter;
mod layer;
mod logs;
mod place;
mod queue;
mod routes;
mod stats;
mod store;
mod tail;
mod walk;
mod writer;

use argos_store::{Migration, Part, Stmt};

pub use endings::{Ending, OfClient, OfPath};
pub use entry::{LogEntry, Source};
pub use filter::{IpMatch, LogFilter, PathMatch, parse_statuses};
pub use layer::LogLayer;
pub use logs::{Counter, Logs, Order, Retention};
pub use place::{Locate, Place};
pub use queue::{Intake, LogQueue, RedactText};
pub use routes::{RetentionNow, routes};
pub use tail::Tail;
pub use walk::Walk;

/// Every statement of this crate.
pub const STATEMENTS: &[&[Stmt]] = &[store::ALL];

/// The schema of this crate.
pub const MIGRATIONS: &[Migration] = &[
    Migration {
        module: "logs",
        part: Part::Telemetry,
        version: 1,
        name: "logs",
        sqlite: include_str!("../migrations/sqlite/0001_logs.sql"),
        postgres: include_str!("../migrations/postgres/0001_logs.sql"),
    },
    Migration {
        module: "logs",
        part: Part::Telemetry,
        version: 20,
        name: "signal",
        sqlite: include_str!("../migrations/sqlite/0020_signal.sql"),
        postgres: include_str!("../migrations/postgres/0020_signal.sql"),
    },
    Migration {
        module: "logs",
        part: Part::Telemetry,
        version: 21,
        name: "text",
        sqlite: include_str!("../migrations/sqlite/0021_text.sql"),
        postgres: include_str!("../migrations/postgres/0021_text.sql"),
    },
    Migration {
        module: "logs",
        part: Part::Telemetry,
        version: 22,
        name: "places",
        sqlite: include_str!("../migrations/sqlite/0022_places.sql"),
        postgres: include_str!("../migrations/postgres/0022_places.sql"),
    },
];
