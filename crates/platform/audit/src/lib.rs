//! The one audit log: an append-only hash chain of who changed what, written in the transaction of the change.
//!
//! It owns `audit_log` and its chain, and [`Mutation`], the only way product code commits a write transaction that
//! a person or rule caused. It must never know what the changed objects are, nor keep a secret.

mod ack;
mod chain;
pub mod csv;
mod edge_view;
mod entry;
mod figures;
mod filter;
mod log;
mod mutation;
mod portable;
mod redact;
mod requests;
mod routes;
mod row;
mod store;
mod undo;
mod walk;

use argos_store::{Migration, Part, Stmt};

pub use edge_view::{AuditSource, SourceRow};
pub use entry::{Category, Entry, Status};
pub use figures::{Alike, Counts};
pub use filter::{Column, Filter, Order};
pub use log::{Audit, Verdict};
pub use mutation::Mutation;
pub use portable::{House, Houses, PortableSection, SectionPermissions, SectionPlan, of_houses, read_section};
pub use redact::{MASK, Redact, is_secret_name, redact_names};
pub use requests::{API_REQUEST, RequestLog};
pub use routes::routes;
pub use row::AuditRow;
pub use undo::{OfferUndo, UndoHandler};
pub use walk::Walk;

/// Every statement of this crate.
pub const STATEMENTS: &[&[Stmt]] = &[store::ALL];

/// The schema of this crate.
pub const MIGRATIONS: &[Migration] = &[Migration {
    module: "audit",
    part: Part::State,
    version: 1,
    name: "audit",
    sqlite: include_str!("../migrations/sqlite/0001_audit.sql"),
    postgres: include_str!("../migrations/postgres/0001_audit.sql"),
}];
