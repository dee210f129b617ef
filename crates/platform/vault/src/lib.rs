//! The secrets vault (platform spec 10): the master key, data keys wrapped by it, sealed blobs, derived signing keys,
//! masks and placeholders, and the redactor that keeps secrets in use out of every written record.
//!
//! It owns the table `vault_keys` and nothing else; the sealed blobs live in their owners' columns. It never prints,
//! logs or returns a secret other than as [`argos_kernel::Secret`].

mod cipher;
mod error;
mod foreign;
mod keyring;
mod mask;
mod master_key;
mod redact;
mod rekey;
mod store;

use argos_store::{Migration, Part, Stmt};

pub use error::VaultError;
pub use foreign::open_foreign;
pub use keyring::Vault;
pub use mask::{Family, SecretInput, is_placeholder, mask, mask_bullets, mask_key, secret_input};
pub use master_key::{KeyFile, MasterKey};
pub use redact::{REDACTED, Redactor, is_secret_field};
pub use rekey::{RekeyReport, RekeyStep, RekeyWatch, ResealBatch, Resealer, RowKey, SealedColumn, rekey, rekey_watched, rotate};

/// Every statement of this crate.
pub const STATEMENTS: &[&[Stmt]] = &[store::ALL];

/// The schema of this crate.
pub const MIGRATIONS: &[Migration] = &[Migration {
    module: "vault",
    part: Part::State,
    version: 1,
    name: "vault",
    sqlite: include_str!("../migrations/sqlite/0001_vault.sql"),
    postgres: include_str!("../migrations/postgres/0001_vault.sql"),
}];
