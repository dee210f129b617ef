//! Why the process ends, as its exit status (platform spec 20).

use std::fmt;

use argos_store::{MigrateError, StoreError};

/// The documented exit statuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Runtime = 1,
    /// A configuration value is wrong; the text names it.
    Configuration = 2,
    /// The store was written by a newer binary.
    NewerStore = 3,
    /// Another server holds the data directory, or the port is taken.
    InUse = 4,
}

/// A reason to stop, for the operator to read.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(crate) message: String,
}

impl Failure {
    pub(crate) fn new(exit: Exit, message: impl fmt::Display) -> Self {
        Self { exit, message: message.to_string() }
    }
    pub(crate) fn runtime(message: impl fmt::Display) -> Self {
        Self::new(Exit::Runtime, message)
    }
    pub(crate) fn configuration(message: impl fmt::Display) -> Self {
        Self::new(Exit::Configuration, message)
    }
}

impl From<StoreError> for Failure {
    fn from(e: StoreError) -> Self {
        Self::runtime(format!("store: {e}"))
    }
}

impl From<MigrateError> for Failure {
    fn from(e: MigrateError) -> Self {
        let exit = if matches!(e, MigrateError::Newer { .. }) { Exit::NewerStore } else { Exit::Runtime };
        Self::new(exit, e)
    }
}

impl From<argos_kernel::AppError> for Failure {
    fn from(e: argos_kernel::AppError) -> Self {
        Self::runtime(format!("{e:?}"))
    }
}
