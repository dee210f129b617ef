//! Backups of this instance (platform spec 13): made, verified, kept, copied away, restored.
//!
//! It owns the table `backups`, the backup directory and the staging of a restore in the data directory. A backup holds
//! the databases and the files that other parts handed over; the master key is never in it. A restore is only staged
//! here while the server runs: [`pending::apply`] replaces the store before the next start opens it. Beside them stands the configuration as a
//! document ([`Portable`]), which owns nothing. It must never touch data protection of other
//! machines' files, which is another thing.

mod actions;
mod backups;
mod edge_document;
mod file_set;
mod model;
mod named_files;
mod nodes_document;
mod nodes_part;
pub mod pending;
mod portable;
mod remote;
mod routes;
mod store;

use argos_store::{Migration, Part, Stmt};

pub use actions::restore::{Consent, Staged};
pub use backups::{BackupParts, Backups};
pub use file_set::FileSet;
pub use model::metadata::schema_of;
pub use model::metadata::{Metadata, TableEntry};
pub use named_files::NamesIn;
pub use nodes_part::{NodesData, NodesPart, NodesTaken};
pub use portable::{Plan, Portable};
pub use routes::portable::portable_routes;
pub use routes::routes;
pub use store::Backup;

/// The kind of the job that makes a backup.
pub const JOB_KIND: &str = "backup";

/// Every statement of this crate.
pub const STATEMENTS: &[&[Stmt]] = &[store::ALL];

/// The schema of this crate.
pub const MIGRATIONS: &[Migration] = &[Migration {
    module: "backup",
    part: Part::State,
    version: 1,
    name: "backups",
    sqlite: include_str!("../migrations/sqlite/0001_backups.sql"),
    postgres: include_str!("../migrations/postgres/0001_backups.sql"),
}];
