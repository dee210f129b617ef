//! The one queue and the one scheduler: everything that must survive a crash, take its time or come back later.
//!
//! It owns `jobs` and `schedules`. Jobs are queued in the caller's transaction, claimed by lease, run at least once.
//! It must never know what a job does: handlers are registered by whoever owns the work.

mod asks;
mod cron;
mod handler;
mod hold;
mod job;
mod jobs;
mod newest;
mod overlap;
mod pools;
mod portable;
mod portable_owned;
mod quality;
mod routes;
mod run_stream;
mod runs;
mod schedule;
mod schedule_health;
mod schedule_preview;
mod schedule_routes;
mod schedule_view;
mod scheduler;
mod store;
mod undo;
mod worker;

use argos_store::{Migration, Part, Stmt};

pub use cron::{Cron, CronError};
pub use handler::{Announce, Cut, Handler, JobContext, JobLog, KindSpec, LogLine, NoLog, OUTPUT_BYTES_MAX, Restart, Verdict};
pub use hold::{Gate, Held, Hold, HoldPolicy, OnTimeout};
pub use job::{Job, JobFilter, NewJob, State};
pub use jobs::{Cancelled, Jobs};
pub use pools::PoolLoad;
pub use portable_owned::OrganizationSchedules;
pub use quality::{TEST_RUN, quality_routes, schedule_variables};
pub use routes::routes;
pub use runs::run_routes;
pub use schedule::{Misfire, Overlap, Schedule, ScheduleSpec};
pub use schedule_routes::schedule_routes;
pub use scheduler::{Schedules, SlotGate};
pub use store::SEALED;

/// Every statement of this crate.
pub const STATEMENTS: &[&[Stmt]] = &[store::ALL];

/// The schema of this crate.
pub const MIGRATIONS: &[Migration] = &[
    Migration {
        module: "jobs",
        part: Part::State,
        version: 1,
        name: "jobs",
        sqlite: include_str!("../migrations/sqlite/0001_jobs.sql"),
        postgres: include_str!("../migrations/postgres/0001_jobs.sql"),
    },
    Migration {
        module: "jobs",
        part: Part::State,
        version: 2,
        name: "holds",
        sqlite: include_str!("../migrations/sqlite/0002_holds.sql"),
        postgres: include_str!("../migrations/postgres/0002_holds.sql"),
    },
    Migration {
        module: "jobs",
        part: Part::State,
        version: 3,
        name: "quality",
        sqlite: include_str!("../migrations/sqlite/0003_quality.sql"),
        postgres: include_str!("../migrations/postgres/0003_quality.sql"),
    },
    Migration {
        module: "jobs",
        part: Part::State,
        version: 20,
        name: "signal",
        sqlite: include_str!("../migrations/sqlite/0020_signal.sql"),
        postgres: include_str!("../migrations/postgres/0020_signal.sql"),
    },
    Migration {
        module: "jobs",
        part: Part::State,
        version: 22,
        name: "skip reason",
        sqlite: include_str!("../migrations/sqlite/0022_skip_reason.sql"),
        postgres: include_str!("../migrations/postgres/0022_skip_reason.sql"),
    },
];
