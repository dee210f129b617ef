//! The thin store layer: SQL text with `$1` parameters in, rows out, on SQLite and PostgreSQL alike.
//!
//! It owns connections, transactions and migrations. It knows no table of anybody: each crate brings its own
//! migrations and statements (see [`statements!`]). Only this crate names a database driver.
//!
//! One text serves both engines; where it cannot, a [`Stmt`] carries one text per engine.

mod database;
mod error;
mod facts;
mod foreign;
mod migrate;
mod postgres;
mod rollback;
mod row;
mod signals;
mod sqlite;
mod statement;
pub mod testing;
mod transaction;
pub mod transfer;
mod value;

use std::path::Path;

use argos_kernel::Secret;

pub use database::{Database, DatabaseStats};
pub use error::StoreError;
pub use facts::PoolFacts;
pub use foreign::{ForeignDatabase, ForeignLimits};
pub use migrate::{AppliedMigration, MigrateError, Migration, Part};
pub use rollback::Rollback;
pub use row::{FromValue, Row};
pub use signals::{Signal, replica_name};
pub use statement::Stmt;
pub use transaction::Tx;
pub use value::Value;

/// Every statement of this crate. Each crate with SQL exports such a list; a module left out of it is dead code,
/// which the lints refuse, so no statement escapes the prepare-everything test.
pub const STATEMENTS: &[&[Stmt]] = migrate::STATEMENTS;

/// Which engine a database runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// The two databases of one installation. On SQLite they are two files, so that a flood of telemetry never
/// holds up state; on PostgreSQL they are two schemas of one database.
#[derive(Clone)]
pub struct Store {
    /// Durable state: users, settings, events, rules, jobs. `synchronous=FULL` on SQLite.
    pub state: Database,
    /// Logs, points, snapshots. `synchronous=NORMAL` on SQLite.
    pub telemetry: Database,
}

impl Store {
    /// Opens `argos.db` and `telemetry.db` in `dir`, creating them when absent.
    pub async fn open_sqlite(dir: &Path) -> Result<Self, StoreError> {
        let state = sqlite::SqliteDatabase::open(&dir.join("argos.db"), sqlite::Durability::Full).await?;
        let telemetry = sqlite::SqliteDatabase::open(&dir.join("telemetry.db"), sqlite::Durability::Normal).await?;
        Ok(Self { state: Database::sqlite(state), telemetry: Database::sqlite(telemetry) })
    }

    /// Connects to a `postgres://` URL. Both parts share one pool; telemetry tables live in the schema `telemetry`.
    pub async fn open_postgres(url: &Secret<String>) -> Result<Self, StoreError> {
        let pool = postgres::PostgresDatabase::connect(url).await?;
        Ok(Self { state: Database::postgres(pool.clone()), telemetry: Database::postgres(pool) })
    }

    pub fn engine(&self) -> Engine {
        self.state.engine()
    }

    /// The database that holds `part`.
    pub fn part(&self, part: Part) -> &Database {
        match part {
            Part::State => &self.state,
            Part::Telemetry => &self.telemetry,
        }
    }

    /// Writes back and closes. Nothing may use the store afterwards.
    pub async fn close(&self) {
        self.state.close().await;
        self.telemetry.close().await;
    }
}
