//! Alerting: one rule engine over metrics and events (platform spec 5), with pending, firing and resolved states that
//! survive a restart, reminders, escalation, availability figures and the list of problems that want attention.
//!
//! It owns `alert_rules`, `alert_firings` and `rule_states`. It asks for values through [`LiveValues`] and tells people
//! through [`FiringSink`]; it must never send anything itself, nor run a rule's action.

mod actions;
mod alerts;
mod engine;
mod model;
mod routes;
mod sink;
mod store;
mod values;
mod workers;

use argos_store::{Migration, Part, Stmt};

pub use alerts::{Alerts, StatsAlert, TickReport};
pub use argos_condition::WindowFunction;
pub use model::attention::OpenFiring;
pub use model::rule::{AlertRule, Autonomy, ChannelRef, EscalationTier};
pub use routes::routes;
pub use sink::{FiringChange, FiringNotice, FiringSink};
pub use values::{Ask, History, LiveValues, MetricName, Wanted};

/// Every statement of this crate.
pub const STATEMENTS: &[&[Stmt]] = &[store::rules::ALL, store::firings::ALL, store::states::ALL];

/// The schema of this crate.
pub const MIGRATIONS: &[Migration] = &[Migration {
    module: "alerts",
    part: Part::State,
    version: 1,
    name: "alerts",
    sqlite: include_str!("../migrations/sqlite/0001_alerts.sql"),
    postgres: include_str!("../migrations/postgres/0001_alerts.sql"),
}];
