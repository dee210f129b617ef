//! Store failures, told apart as far as a caller can act on them.

use std::fmt;

use argos_kernel::{AppError, ErrorKind};

/// Why a statement or a connection failed.
#[derive(Debug)]
pub enum StoreError {
    /// A unique constraint. The text is SQLite's column list (`users.username`); constraints on PostgreSQL are
    /// named the same way, so that one spelling works for both.
    Unique(String),
    ForeignKey,
    /// A check or not-null constraint.
    Constraint(String),
    /// Exactly one row was expected.
    NoRow,
    /// The disk is full. Nothing was written.
    Full,
    /// The file or directory cannot be written.
    ReadOnly,
    /// The file is not a database or is damaged.
    Corrupt(String),
    /// The other side is busy or unreachable; trying again may help.
    Unavailable(String),
    /// A column did not hold what the code expected: a defect.
    Column {
        index: usize,
        wanted: &'static str,
    },
    /// Anything else the driver said, with the statement's name.
    Driver {
        statement: String,
        message: String,
    },
}

impl StoreError {
    /// True for a violated unique constraint on exactly these columns, e.g. `users.username`.
    pub fn is_unique(&self, columns: &str) -> bool {
        matches!(self, Self::Unique(c) if c == columns)
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unique(columns) => write!(f, "unique constraint on {columns} violated"),
            Self::ForeignKey => f.write_str("foreign key violated"),
            Self::Constraint(what) => write!(f, "constraint violated: {what}"),
            Self::NoRow => f.write_str("no row"),
            Self::Full => f.write_str("the disk is full"),
            Self::ReadOnly => f.write_str("the database cannot be written"),
            Self::Corrupt(what) => write!(f, "the database file is damaged: {what}"),
            Self::Unavailable(what) => write!(f, "the database is unavailable: {what}"),
            Self::Column { index, wanted } => write!(f, "column {index} is not {wanted}"),
            Self::Driver { statement, message } => write!(f, "{statement}: {message}"),
        }
    }
}

impl std::error::Error for StoreError {}

impl From<StoreError> for AppError {
    fn from(e: StoreError) -> Self {
        match e {
            StoreError::Unavailable(_) | StoreError::Full | StoreError::ReadOnly => {
                let code = match e {
                    StoreError::Full => "disk_full",
                    StoreError::ReadOnly => "store_read_only",
                    _ => "store_unavailable",
                };
                Self::new(ErrorKind::Unavailable, format!("Storage is not available: {e}")).code(code).caused_by(e)
            }
            other => Self::internal(other),
        }
    }
}
