//! Notifying people: channels, rules, one durable queue per channel, and the inbox (platform spec 6).
//!
//! It owns `notification_channels`, `notification_rules`, `notification_deliveries`, `inbox` and `inbox_reads`. What is
//! to be told comes from the event log and, inside the transaction of a firing, from alerting. Nothing is sent that has
//! no row, nothing suppressed goes without one, and no secret of a channel leaves the vault but to its target.

mod actions;
mod delivery;
mod letter;
mod model;
mod notify;
mod pipeline;
mod providers;
mod push;
mod reseal;
mod routes;
mod send;
mod sink;
mod store;
mod workers;

use argos_store::{Migration, Part, Stmt};

pub use actions::inspect::{Inspected, KeptChannel};
pub use actions::letters::{Told, Ways};
pub use actions::messages::Message;
pub use actions::own_channels::{OwnChannel, OwnTest, Refused};
pub use actions::portable_owned::OrganizationNotifications;
pub use actions::set_channels::SetChannel;
pub use actions::wishes::Edit;
pub use letter::Posted;
pub use model::power_policy::PowerPolicy;
pub use model::retry::Retry;
pub use notify::{Notify, NotifyParts, QueueDepth, Readers, Retention};
pub use providers::{Providers, Security, Smtp};
pub use push::PushKeys;
pub use routes::routes;

/// Every statement of this crate.
pub const STATEMENTS: &[&[Stmt]] = &[
    store::channels::ALL,
    store::rules::ALL,
    store::deliveries::ALL,
    store::inbox::ALL,
    store::push::ALL,
    store::people::ALL,
    store::personal_mail::ALL,
];

/// The schema of this crate.
pub const MIGRATIONS: &[Migration] = &[MAIN, PEOPLE, PREFERENCES, PERSONAL_MAIL, PERSONAL_SLACK, ORGANIZATIONS, DELIVERY_OWNERS];

const PERSONAL_MAIL: Migration = Migration {
    module: "notify",
    part: Part::State,
    version: 4,
    name: "personal_mail",
    sqlite: include_str!("../migrations/sqlite/0004_personal_mail.sql"),
    postgres: include_str!("../migrations/postgres/0004_personal_mail.sql"),
};

const PERSONAL_SLACK: Migration = Migration {
    module: "notify",
    part: Part::State,
    version: 5,
    name: "personal_slack",
    sqlite: include_str!("../migrations/sqlite/0005_personal_slack.sql"),
    postgres: include_str!("../migrations/postgres/0005_personal_slack.sql"),
};

const ORGANIZATIONS: Migration = Migration {
    module: "notify",
    part: Part::State,
    version: 6,
    name: "organizations",
    sqlite: include_str!("../migrations/sqlite/0006_organizations.sql"),
    postgres: include_str!("../migrations/postgres/0006_organizations.sql"),
};

const DELIVERY_OWNERS: Migration = Migration {
    module: "notify",
    part: Part::State,
    version: 7,
    name: "delivery_owners",
    sqlite: include_str!("../migrations/sqlite/0007_delivery_owners.sql"),
    postgres: include_str!("../migrations/postgres/0007_delivery_owners.sql"),
};

const MAIN: Migration = Migration {
    module: "notify",
    part: Part::State,
    version: 1,
    name: "notify",
    sqlite: include_str!("../migrations/sqlite/0001_notify.sql"),
    postgres: include_str!("../migrations/postgres/0001_notify.sql"),
};

const PREFERENCES: Migration = Migration {
    module: "notify",
    part: Part::State,
    version: 3,
    name: "preferences",
    sqlite: include_str!("../migrations/sqlite/0003_preferences.sql"),
    postgres: include_str!("../migrations/postgres/0003_preferences.sql"),
};

const PEOPLE: Migration = Migration {
    module: "notify",
    part: Part::State,
    version: 2,
    name: "people",
    sqlite: include_str!("../migrations/sqlite/0002_people.sql"),
    postgres: include_str!("../migrations/postgres/0002_people.sql"),
};
