//! Use cases: make, verify, keep, delete, restore.

pub(crate) mod create;
pub(crate) mod files;
pub(crate) mod preview;
pub(crate) mod restore;
pub(crate) mod upgrade;
pub(crate) mod verify;
