//! A write transaction, one enum over both drivers.

use argos_kernel::BoxFuture;

use crate::postgres::PostgresTx;
use crate::sqlite::SqliteTx;
use crate::{Engine, Row, Stmt, StoreError, Value};

pub(crate) enum TxInner {
    Sqlite(SqliteTx),
    Postgres(Box<PostgresTx>),
}

/// An open write transaction. Dropped without [`Tx::commit`] it rolls back.
pub struct Tx {
    inner: TxInner,
    after_commit: Vec<Box<dyn FnOnce() + Send>>,
}

impl Tx {
    pub(crate) fn new(inner: TxInner) -> Self {
        Self { inner, after_commit: Vec::new() }
    }

    pub fn engine(&self) -> Engine {
        match self.inner {
            TxInner::Sqlite(_) => Engine::Sqlite,
            TxInner::Postgres(_) => Engine::Postgres,
        }
    }

    pub fn query(&mut self, stmt: Stmt, args: Vec<Value>) -> BoxFuture<'_, Result<Vec<Row>, StoreError>> {
        Box::pin(async move {
            match &mut self.inner {
                TxInner::Sqlite(tx) => tx.query(stmt, args).await,
                TxInner::Postgres(tx) => tx.query(stmt, args).await,
            }
        })
    }

    pub fn find(&mut self, stmt: Stmt, args: Vec<Value>) -> BoxFuture<'_, Result<Option<Row>, StoreError>> {
        Box::pin(async move { Ok(self.query(stmt, args).await?.into_iter().next()) })
    }

    pub fn one(&mut self, stmt: Stmt, args: Vec<Value>) -> BoxFuture<'_, Result<Row, StoreError>> {
        Box::pin(async move { self.find(stmt, args).await?.ok_or(StoreError::NoRow) })
    }

    /// The number of rows touched.
    pub fn exec(&mut self, stmt: Stmt, args: Vec<Value>) -> BoxFuture<'_, Result<u64, StoreError>> {
        Box::pin(async move {
            match &mut self.inner {
                TxInner::Sqlite(tx) => tx.exec(stmt, args).await,
                TxInner::Postgres(tx) => tx.exec(stmt, args).await,
            }
        })
    }

    /// Runs `work` once the transaction is durable: kicks, cache evictions, bus publication. Not run on rollback.
    pub fn on_commit(&mut self, work: impl FnOnce() + Send + 'static) {
        self.after_commit.push(Box::new(work));
    }

    /// Makes everything durable, then runs the `on_commit` work in order.
    pub fn commit(self) -> BoxFuture<'static, Result<(), StoreError>> {
        Box::pin(async move {
            match self.inner {
                TxInner::Sqlite(tx) => tx.commit().await?,
                TxInner::Postgres(tx) => (*tx).commit().await?,
            }
            for work in self.after_commit {
                work();
            }
            Ok(())
        })
    }
}
