//! The platform as one value: everything a domain may use, and what a domain hands back to the application.
//!
//! This crate holds no rule and no table; it only ties the platform crates together, so that the composition root can
//! be read as a list.

mod desk;
mod diagnostics;
mod health;
mod judgement;
mod listeners;
mod observation;
mod observed;
mod signals;
mod trouble;

use std::sync::Arc;
use std::time::Duration;

use argos_alerts::Alerts;
use argos_approvals::Approvals;
use argos_audit::{Audit, RequestLog};
use argos_backup::{Backups, Portable};
use argos_events::Events;
use argos_identity::Identity;
use argos_inventory::Inventory;
use argos_jobs::{Jobs, Schedules};
use argos_kernel::{Clock, Result, Rng, Tasks};
use argos_llm::Llm;
use argos_logs::Logs;
use argos_metrics::Metrics;
use argos_net::Net;
use argos_notify::Notify;
use argos_settings::Settings;
use argos_store::{Migration, Stmt, Store};
use argos_vault::{SealedColumn, Vault};
use argos_web::{BoxFuture, Routes};
use argos_webhooks::Webhooks;
use tokio::time::Instant;

pub use desk::{Credential, Desk, DeskPart, Due, Joined, Queue, Renewal, Said, Waiting, Word, absent};
pub use diagnostics::diagnostics;
pub use health::{Component, ComponentStatus, Health, Polling};
pub use listeners::{Listeners, OwnCertificate};
pub use observed::{Family, Observed, Sample};
pub use signals::Signals;

/// Handles to every shared capability. Clones share them.
#[derive(Clone)]
pub struct Platform {
    pub clock: Arc<dyn Clock>,
    pub rng: Arc<dyn Rng>,
    pub tasks: Tasks,
    pub store: Store,
    /// Every step of the schema this binary knows.
    pub migrations: Arc<[Migration]>,
    pub vault: Vault,
    pub settings: Settings,
    pub net: Net,
    pub events: Events,
    pub audit: Audit,
    /// Hears of the requests of programs.
    pub requests: RequestLog,
    pub jobs: Jobs,
    pub schedules: Schedules,
    pub identity: Identity,
    pub approvals: Approvals,
    pub metrics: Metrics,
    pub logs: Logs,
    pub inventory: Inventory,
    pub alerts: Alerts,
    pub notify: Notify,
    pub webhooks: Webhooks,
    pub llm: Llm,
    pub backups: Backups,
    /// Where a part hands over its section of the configuration document.
    pub portable: Portable,
    pub health: Health,
    /// Where a part hands over its share of the lists that all have one in.
    pub desk: Desk,
    pub observed: Observed,
    pub listeners: Listeners,
    /// Hints from other processes of the same store, for the topics no platform part owns.
    pub signals: Signals,
    pub started: Instant,
}

impl Platform {
    /// Starts the worker that tells of components which fail. One process of all.
    pub fn tell_of_trouble(&self) {
        trouble::start(self);
    }

    /// Starts the worker that looks at every part.
    pub fn observe(&self) {
        observation::start(self);
    }

    /// Time since the process started.
    pub fn uptime(&self) -> Duration {
        self.started.elapsed()
    }
}

type Build = Box<dyn FnOnce(&Platform) -> Started + Send>;
/// Work that must be done before the process is ready.
pub type First = Box<dyn FnOnce() -> BoxFuture<'static, Result<()>> + Send>;

/// One job of the product, as the application mounts it.
pub struct Domain {
    pub name: &'static str,
    pub migrations: &'static [Migration],
    pub statements: &'static [&'static [Stmt]],
    /// Its columns with sealed values, for `argos vault rekey`.
    pub sealed: &'static [SealedColumn],
    build: Build,
}

impl Domain {
    pub fn new(name: &'static str, build: impl FnOnce(&Platform) -> Started + Send + 'static) -> Self {
        Self { name, migrations: &[], statements: &[], sealed: &[], build: Box::new(build) }
    }
    #[must_use]
    pub fn tables(mut self, migrations: &'static [Migration], statements: &'static [&'static [Stmt]]) -> Self {
        (self.migrations, self.statements) = (migrations, statements);
        self
    }
    /// Columns with values that the vault sealed.
    #[must_use]
    pub fn sealed(mut self, columns: &'static [SealedColumn]) -> Self {
        self.sealed = columns;
        self
    }
    /// Builds the domain over the platform. Nothing runs yet.
    pub fn build(self, platform: &Platform) -> Started {
        (self.build)(platform)
    }
}

/// A built domain: its routes, and what starts once the listeners are bound.
pub struct Started {
    pub routes: Routes,
    pub before_ready: Vec<First>,
    pub on_ready: Vec<Box<dyn FnOnce() + Send>>,
}

impl Started {
    pub fn new(routes: Routes) -> Self {
        Self { routes, before_ready: Vec::new(), on_ready: Vec::new() }
    }
    /// Runs in every process, leading or not, before the server is ready; an error ends the start.
    #[must_use]
    pub fn before_ready(mut self, work: impl FnOnce() -> BoxFuture<'static, Result<()>> + Send + 'static) -> Self {
        self.before_ready.push(Box::new(work));
        self
    }
    /// Work that begins when the server is ready: pollers, reconcilers.
    #[must_use]
    pub fn on_ready(mut self, work: impl FnOnce() + Send + 'static) -> Self {
        self.on_ready.push(Box::new(work));
        self
    }
}
