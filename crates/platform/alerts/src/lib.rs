//! Alerting: one rule engine over metrics and events (platform spec 5), with pending, firing and resolved states that
//! survive a restart, reminders, escalation, incidents, maintenance windows, silences and availability figures.
//!
//! It owns the tables of its migrations. It asks for values through [`LiveValues`] and in the stored series, and tells
//! people through [`FiringSink`]; it must never send anything itself. What a rule wants done is done by a [`RuleAction`].

mod actions;
mod alerts;
mod engine;
mod model;
mod quiet;
mod routes;
mod rule_action;
mod sink;
mod store;
mod stored;
mod values;
mod workers;

use argos_store::{Migration, Part, Stmt};

pub use actions::brief::Brief;
pub use actions::windows::MaintenancePeriod;
pub use alerts::{Alerts, People, StatsAlert, TickReport};
pub use model::attention::OpenFiring;
pub use model::matcher::{Matcher, Op};
pub use model::rule::{AlertRule, Autonomy, ChannelRef, EscalationTier};
pub use quiet::Quiet;
pub use routes::routes;
pub use rule_action::{Deed, Order, RuleAction};
pub use sink::{FiringChange, FiringNotice, FiringSink};
pub use values::{LiveValues, MetricName};

/// Every statement of this crate.
pub const STATEMENTS: &[&[Stmt]] = &[
    store::rules::ALL,
    store::firings::ALL,
    store::states::ALL,
    store::windows::ALL,
    store::watch::ALL,
    store::incidents::ALL,
    store::components::ALL,
];

/// The schema of this crate.
pub const MIGRATIONS: &[Migration] = &[
    Migration {
        module: "alerts",
        part: Part::State,
        version: 1,
        name: "alerts",
        sqlite: include_str!("../migrations/sqlite/0001_alerts.sql"),
        postgres: include_str!("../migrations/postgres/0001_alerts.sql"),
    },
    Migration {
        module: "alerts",
        part: Part::State,
        version: 2,
        name: "incidents",
        sqlite: include_str!("../migrations/sqlite/0002_incidents.sql"),
        postgres: include_str!("../migrations/postgres/0002_incidents.sql"),
    },
];
