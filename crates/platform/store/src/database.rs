//! One database, whatever its engine: single statements and write transactions.
//!
//! What every crate calls is boxed: the state machines of two drivers are compiled here once, not into each caller.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use argos_kernel::BoxFuture;

use crate::postgres::PostgresDatabase;
use crate::sqlite::SqliteDatabase;
use crate::transaction::{Tx, TxInner};
use crate::{Engine, Row, Stmt, StoreError, Value};

#[derive(Clone)]
pub(crate) enum Inner {
    Sqlite(SqliteDatabase),
    Postgres(PostgresDatabase),
}

/// Totals since start, for self-observation.
#[derive(Clone, Copy, Debug, Default)]
pub struct DatabaseStats {
    pub statements: u64,
    pub errors: u64,
    /// Sum of statement times in microseconds.
    pub busy_us: u64,
}

#[derive(Default)]
pub(crate) struct Counters {
    statements: AtomicU64,
    errors: AtomicU64,
    busy_us: AtomicU64,
}

/// A handle to one database. Clones share connections.
#[derive(Clone)]
pub struct Database {
    pub(crate) inner: Inner,
    counters: Arc<Counters>,
}

impl Database {
    pub(crate) fn sqlite(db: SqliteDatabase) -> Self {
        Self { inner: Inner::Sqlite(db), counters: Arc::default() }
    }
    pub(crate) fn postgres(db: PostgresDatabase) -> Self {
        Self { inner: Inner::Postgres(db), counters: Arc::default() }
    }

    pub fn engine(&self) -> Engine {
        match self.inner {
            Inner::Sqlite(_) => Engine::Sqlite,
            Inner::Postgres(_) => Engine::Postgres,
        }
    }

    /// All rows of a read. It sees what was committed before it began.
    pub fn query(&self, stmt: Stmt, args: Vec<Value>) -> BoxFuture<'_, Result<Vec<Row>, StoreError>> {
        Box::pin(async move {
            let started = tokio::time::Instant::now();
            let result = match &self.inner {
                Inner::Sqlite(db) => db.read(stmt, args).await,
                Inner::Postgres(db) => db.query(stmt, args).await,
            };
            self.counters.note(started, result.is_err());
            result
        })
    }

    /// The first row, if there is one.
    pub fn find(&self, stmt: Stmt, args: Vec<Value>) -> BoxFuture<'_, Result<Option<Row>, StoreError>> {
        Box::pin(async move { Ok(self.query(stmt, args).await?.into_iter().next()) })
    }

    /// The one row; [`StoreError::NoRow`] when there is none.
    pub fn one(&self, stmt: Stmt, args: Vec<Value>) -> BoxFuture<'_, Result<Row, StoreError>> {
        Box::pin(async move { self.find(stmt, args).await?.ok_or(StoreError::NoRow) })
    }

    /// One write in its own transaction; the number of rows it touched.
    pub fn exec(&self, stmt: Stmt, args: Vec<Value>) -> BoxFuture<'_, Result<u64, StoreError>> {
        Box::pin(async move { self.batch(vec![(stmt, args)]).await })
    }

    /// Several writes in one transaction and one hop; the number of rows touched in all.
    pub fn batch(&self, work: Vec<(Stmt, Vec<Value>)>) -> BoxFuture<'_, Result<u64, StoreError>> {
        Box::pin(async move {
            let started = tokio::time::Instant::now();
            let result = match &self.inner {
                Inner::Sqlite(db) => db.batch(work).await,
                Inner::Postgres(db) => db.batch(work).await,
            };
            self.counters.note(started, result.is_err());
            result
        })
    }

    /// Begins a write transaction. On SQLite it is the only one (`BEGIN IMMEDIATE`): no network call and no long
    /// computation between begin and commit. Dropping it rolls back.
    pub fn begin(&self) -> BoxFuture<'_, Result<Tx, StoreError>> {
        Box::pin(async move {
            let inner = match &self.inner {
                Inner::Sqlite(db) => TxInner::Sqlite(db.begin().await?),
                Inner::Postgres(db) => TxInner::Postgres(Box::new(db.begin().await?)),
            };
            Ok(Tx::new(inner))
        })
    }

    /// Prepares a statement without running it; used by the test that checks them all.
    pub async fn prepare(&self, stmt: Stmt) -> Result<(), StoreError> {
        match &self.inner {
            Inner::Sqlite(db) => db.prepare(stmt).await,
            Inner::Postgres(db) => db.prepare(stmt).await,
        }
    }

    /// Runs a script of several statements (migrations).
    pub async fn script(&self, sql: &str) -> Result<(), StoreError> {
        match &self.inner {
            Inner::Sqlite(db) => db.script(sql.to_owned()).await,
            Inner::Postgres(db) => db.script(sql).await,
        }
    }

    /// A cheap round trip: is the database answering?
    pub async fn ping(&self) -> Result<(), StoreError> {
        const PING: Stmt = Stmt { name: "store.ping", sqlite: "select 1", postgres: "select 1", part: crate::Part::State };
        self.query(PING, Vec::new()).await.map(drop)
    }

    /// Bytes on disk.
    pub async fn size_bytes(&self) -> Result<i64, StoreError> {
        const SIZE: Stmt = Stmt {
            name: "store.size",
            sqlite: "select page_count * page_size from pragma_page_count(), pragma_page_size()",
            postgres: "select pg_database_size(current_database())",
            part: crate::Part::State,
        };
        self.one(SIZE, Vec::new()).await?.get(0)
    }

    /// SQLite: folds the write-ahead log back and gives free pages back to the file system.
    pub async fn checkpoint(&self) -> Result<(), StoreError> {
        match &self.inner {
            Inner::Sqlite(db) => db.checkpoint().await,
            Inner::Postgres(_) => Ok(()),
        }
    }

    /// SQLite: a consistent copy of the live file.
    pub async fn copy_to(&self, path: &std::path::Path) -> Result<(), StoreError> {
        match &self.inner {
            Inner::Sqlite(db) => db.copy_to(path).await,
            Inner::Postgres(_) => Err(StoreError::Unavailable("a file copy exists on SQLite only".to_owned())),
        }
    }

    pub fn stats(&self) -> DatabaseStats {
        DatabaseStats {
            statements: self.counters.statements.load(Ordering::Relaxed),
            errors: self.counters.errors.load(Ordering::Relaxed),
            busy_us: self.counters.busy_us.load(Ordering::Relaxed),
        }
    }

    pub(crate) async fn close(&self) {
        match &self.inner {
            Inner::Sqlite(db) => db.close().await,
            Inner::Postgres(db) => db.close(),
        }
    }
}

impl Counters {
    fn note(&self, started: tokio::time::Instant, failed: bool) {
        self.statements.fetch_add(1, Ordering::Relaxed);
        self.busy_us.fetch_add(u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
        if failed {
            self.errors.fetch_add(1, Ordering::Relaxed);
        }
    }
}
