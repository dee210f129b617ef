//! The one event record: what happened, in the words of a registry of kinds, written with the change it reports.
//!
//! It owns `events` and `bus_cursors`. Everything that reacts - alerts, notifier, streams, automations - reads here by
//! cursor, in id order, at least once. It must never call a consumer, and never drop an own event.

mod consumer;
mod edge_kinds;
mod event;
mod events;
mod filter;
mod flood;
mod kinds;
mod node_kinds;
mod power_kinds;
mod quality_kinds;
mod reader;
mod routes;
mod store;
mod tail;
mod view;

use argos_store::{Migration, Part, Stmt};

pub use consumer::{Consumer, StartAt};
pub use edge_kinds::EDGE;
pub use event::{Acknowledger, Event, NewEvent, Source};
pub use events::{Acked, Events, Lag, RetentionDays};
pub use filter::{Filter, Scope};
pub use kinds::{Kind, Kinds, OPS, PLATFORM, Pattern, Retention};
pub use node_kinds::NODES;
pub use power_kinds::POWER;
pub use quality_kinds::QUALITY;
pub use reader::Reader;
pub use routes::{AckAudit, node_event, routes};
pub use view::{EventView, KindView, TimelineView};

/// Every statement of this crate.
pub const STATEMENTS: &[&[Stmt]] = &[store::ALL, store::nodes::ALL];

/// The schema of this crate.
pub const MIGRATIONS: &[Migration] = &[
    Migration {
        module: "events",
        part: Part::State,
        version: 1,
        name: "events",
        sqlite: include_str!("../migrations/sqlite/0001_events.sql"),
        postgres: include_str!("../migrations/postgres/0001_events.sql"),
    },
    Migration {
        module: "events",
        part: Part::State,
        version: 2,
        name: "nodes",
        sqlite: include_str!("../migrations/sqlite/0002_nodes.sql"),
        postgres: include_str!("../migrations/postgres/0002_nodes.sql"),
    },
    Migration {
        module: "events",
        part: Part::State,
        version: 20,
        name: "signal",
        sqlite: include_str!("../migrations/sqlite/0020_signal.sql"),
        postgres: include_str!("../migrations/postgres/0020_signal.sql"),
    },
    Migration {
        module: "events",
        part: Part::State,
        version: 21,
        name: "acknowledgers",
        sqlite: include_str!("../migrations/sqlite/0021_acknowledgers.sql"),
        postgres: include_str!("../migrations/postgres/0021_acknowledgers.sql"),
    },
];
