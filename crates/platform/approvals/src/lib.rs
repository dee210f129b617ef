//! The one inbox of decisions (platform spec 7.4): jobs that wait until somebody says yes, who may say it, and by when.
//!
//! It owns `approvals` and `approval_votes`. A decision is stored in the transaction that lets the job run or ends it, so
//! what was approved runs once. It must never run anything itself, nor let anybody approve what they may not do.

mod actions;
mod model;
mod routes;
mod store;
mod workers;

use std::sync::Arc;

use argos_audit::Audit;
use argos_events::Events;
use argos_jobs::Jobs;
use argos_kernel::{Clock, Result, Rng, Tasks};
use argos_store::{Database, Migration, Part, Stmt, Tx};
use argos_web::{BoxFuture, Organizations};

pub use actions::Asked;
pub use model::{Approval, Approver, Status, Vote};
pub use routes::routes;

/// Every statement of this crate.
pub const STATEMENTS: &[&[Stmt]] = &[store::ALL];

/// The schema of this crate.
pub const MIGRATIONS: &[Migration] = &[Migration {
    module: "approvals",
    part: Part::State,
    version: 1,
    name: "approvals",
    sqlite: include_str!("../migrations/sqlite/0001_approvals.sql"),
    postgres: include_str!("../migrations/postgres/0001_approvals.sql"),
}];

/// What the inbox is made of. `db` is the state database.
#[derive(Clone)]
pub struct ApprovalParts {
    pub db: Database,
    pub clock: Arc<dyn Clock>,
    pub rng: Arc<dyn Rng>,
    pub events: Events,
    pub audit: Audit,
    pub jobs: Jobs,
    pub people: Arc<dyn People>,
}

/// A handle to the inbox. Clones share everything.
#[derive(Clone)]
pub struct Approvals(pub(crate) Arc<ApprovalParts>);

impl Approvals {
    /// Also makes itself the gate of the queue: from now on jobs can wait.
    pub fn new(parts: ApprovalParts) -> Self {
        let approvals = Self(Arc::new(parts));
        approvals.0.jobs.set_gate(Arc::new(approvals.clone()));
        approvals
    }

    /// Starts what watches the deadlines. Only on the leader.
    pub fn start(&self, tasks: &Tasks) {
        workers::start(self, tasks);
    }
}

/// Who the people are. Whoever knows them comes in as a trait.
pub trait People: Organizations {
    /// Everybody who may decide and holds `permission`, read inside `tx`.
    fn approvers<'a>(&'a self, tx: &'a mut Tx, permission: &'a str) -> BoxFuture<'a, Result<Vec<Approver>>>;
}
