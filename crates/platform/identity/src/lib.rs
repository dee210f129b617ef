//! Identity: who somebody is and what they may do. Users, passwords, second factors, sessions, API keys, the login
//! limiter and the permission table; it recognises callers for the web kit.
//!
//! It owns the tables named in its migrations. It must never log or return a password, a token or a key after the
//! one time it is shown, and no other crate judges a credential.

mod actions;
mod authenticator;
mod cache;
mod hasher;
pub mod model;
mod policy;
mod replays;
mod routes;
mod service;
mod sign_on;
mod store;
mod windows;
mod workers;

use argos_events::{Kind, Retention, Source};
use argos_kernel::Severity;
use argos_store::{Migration, Part, Stmt};

pub use actions::{
    Authority, FirstUser, KeptAccount, ModelBudget, ModelChoices, ModelSpend, NewAccount, NewApiKey, OrganizationAccess, PeoplePlan,
    Person, ProjectAccess, ProjectValues, UserChange,
};
pub use model::project::Project;
pub use model::ssh_key::SshKey;
pub use policy::{Policy, PolicySource, policy_of};
pub use service::{BootOptions, Identity, IdentityDeps, Post, Posted, ProjectFigures, ProjectTests, WishEdit, Wishes};
pub use sign_on::SignOn;
pub use store::carry::{carry_revocations, drop_second_factors};
pub use store::sealed::SEALED;

/// Whether the first start of a store was finished: it has a user. The oldest schema of this crate must be there.
pub async fn is_lived_in(db: &argos_store::Database) -> Result<bool, argos_store::StoreError> {
    Ok(store::users::count(db).await? > 0)
}

/// Every statement of this crate.
pub const STATEMENTS: &[&[Stmt]] = store::STATEMENTS;

/// The schema of this crate.
pub const MIGRATIONS: &[Migration] = &[
    Migration {
        module: "identity",
        part: Part::State,
        version: 1,
        name: "identity",
        sqlite: include_str!("../migrations/sqlite/0001_identity.sql"),
        postgres: include_str!("../migrations/postgres/0001_identity.sql"),
    },
    Migration {
        module: "identity",
        part: Part::State,
        version: 10,
        name: "sign_in",
        sqlite: include_str!("../migrations/sqlite/0010_sign_in.sql"),
        postgres: include_str!("../migrations/postgres/0010_sign_in.sql"),
    },
    Migration {
        module: "identity",
        part: Part::State,
        version: 20,
        name: "organizations",
        sqlite: include_str!("../migrations/sqlite/0020_organizations.sql"),
        postgres: include_str!("../migrations/postgres/0020_organizations.sql"),
    },
    Migration {
        module: "identity",
        part: Part::State,
        version: 21,
        name: "idempotency",
        sqlite: include_str!("../migrations/sqlite/0021_idempotency.sql"),
        postgres: include_str!("../migrations/postgres/0021_idempotency.sql"),
    },
    Migration {
        module: "identity",
        part: Part::State,
        version: 22,
        name: "avatars",
        sqlite: include_str!("../migrations/sqlite/0022_avatars.sql"),
        postgres: include_str!("../migrations/postgres/0022_avatars.sql"),
    },
    Migration {
        module: "identity",
        part: Part::State,
        version: 30,
        name: "tool_accounts",
        sqlite: include_str!("../migrations/sqlite/0030_tool_accounts.sql"),
        postgres: include_str!("../migrations/postgres/0030_tool_accounts.sql"),
    },
    Migration {
        module: "identity",
        part: Part::State,
        version: 31,
        name: "issuers",
        sqlite: include_str!("../migrations/sqlite/0031_issuers.sql"),
        postgres: include_str!("../migrations/postgres/0031_issuers.sql"),
    },
    Migration {
        module: "identity",
        part: Part::State,
        version: 32,
        name: "tool_refresh",
        sqlite: include_str!("../migrations/sqlite/0032_tool_refresh.sql"),
        postgres: include_str!("../migrations/postgres/0032_tool_refresh.sql"),
    },
    Migration {
        module: "identity",
        part: Part::State,
        version: 23,
        name: "signal",
        sqlite: include_str!("../migrations/sqlite/0023_signal.sql"),
        postgres: include_str!("../migrations/postgres/0023_signal.sql"),
    },
];

/// Kinds of events this crate publishes beside the platform's `auth.*` and `security.*`.
pub const KINDS: &[Kind] = &[
    Kind {
        retention: Retention::Audit,
        ..Kind::new(
            "security.brute_force",
            Source::Platform,
            Severity::Error,
            "An address tried many wrong API keys.",
            r#"{"ip":"192.0.2.7"}"#,
        )
    },
    Kind::new(
        "organization.changed",
        Source::Platform,
        Severity::Info,
        "An organization was made, changed or deleted.",
        r#"{"name":"Acme","change":"created"}"#,
    ),
    Kind::new(
        "organization.member_changed",
        Source::Platform,
        Severity::Info,
        "Somebody was invited to an organization, joined it, left it or has another role in it.",
        r#"{"organization":"Acme","who":"nora","change":"joined"}"#,
    ),
    Kind::new(
        "api_key.expiring",
        Source::Platform,
        Severity::Warning,
        "An API key ends in seven days or in one.",
        r#"{"name":"ci","expires_at":"2030-01-01T00:00:00Z","days":7}"#,
    ),
];
