//! Settings and configuration (platform spec 11). `contract/settings.tsv` is the registry: it is compiled in and
//! everything here is driven by it: environment names, types, rules, defaults, views.
//!
//! [`boot`] reads command line, environment and file before anything else runs; [`Settings`] holds the runtime values
//! with a snapshot in memory and a generation to watch. No other crate reads the environment, and nothing here prints
//! or returns a secret unmasked except [`Settings::secret`] and [`boot::Boot::secret`].

pub mod boot;
mod change;
mod document;
mod env_names;
mod kept;
mod nested;
mod registry;
mod reseal;
mod routes;
mod rule;
mod settings;
mod snapshot;
mod store;
mod text;
mod view;
mod write;

use argos_store::{Migration, Part, Stmt};

pub use argos_kernel::BoxFuture;
pub use change::{Change, ChangeSink};
pub use document::{Difference, ImportMode, ImportPlan, Skipped};
pub use kept::{Elsewhere, KEPT_ELSEWHERE};
pub use registry::{Class, Kind, Registry, Spec, registry};
pub use routes::{NODE_KEYS, routes};
pub use settings::Settings;
pub use view::{EffectiveLine, SettingView, VersionView, render_effective};
pub use write::{Input, Write};

/// Every statement of this crate.
pub const STATEMENTS: &[&[Stmt]] = &[store::ALL];

/// The schema of this crate.
pub const MIGRATIONS: &[Migration] = &[
    Migration {
        module: "settings",
        part: Part::State,
        version: 1,
        name: "settings",
        sqlite: include_str!("../migrations/sqlite/0001_settings.sql"),
        postgres: include_str!("../migrations/postgres/0001_settings.sql"),
    },
    Migration {
        module: "settings",
        part: Part::State,
        version: 20,
        name: "signal",
        sqlite: include_str!("../migrations/sqlite/0020_signal.sql"),
        postgres: include_str!("../migrations/postgres/0020_signal.sql"),
    },
];
