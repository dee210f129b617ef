//! SQL of identity and the mapping of rows, nothing else: no rule, no clock, no transaction of its own.

pub(crate) mod api_keys;
pub(crate) mod attempts;
pub(crate) mod avatars;
pub(crate) mod carry;
pub(crate) mod device_grants;
pub(crate) mod ephemeral;
pub(crate) mod identities;
pub(crate) mod invitations;
pub(crate) mod kv;
pub(crate) mod members;
pub(crate) mod organizations;
pub(crate) mod passkeys;
pub(crate) mod projects;
pub(crate) mod replays;
pub(crate) mod sealed;
pub(crate) mod sessions;
pub(crate) mod tool_accounts;
pub(crate) mod users;

use argos_store::{Stmt, StoreError};

pub(crate) const STATEMENTS: &[&[Stmt]] = &[
    users::ALL,
    organizations::ALL,
    members::ALL,
    invitations::ALL,
    projects::ALL,
    kv::ALL,
    sessions::ALL,
    attempts::ALL,
    avatars::ALL,
    carry::ALL,
    ephemeral::ALL,
    api_keys::ALL,
    device_grants::ALL,
    identities::ALL,
    passkeys::ALL,
    replays::ALL,
    sealed::ALL,
    tool_accounts::ALL,
];

/// A JSON list of strings as a column holds it.
fn list_text(list: &[String]) -> String {
    serde_json::to_string(list).unwrap_or_else(|_| "[]".to_owned())
}

fn read_list(text: &str, index: usize) -> Result<Vec<String>, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::Column { index, wanted: "a JSON list of strings" })
}
