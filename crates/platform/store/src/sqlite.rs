//! SQLite: one writer thread that owns the only writing connection, a few reader threads, WAL.
//!
//! A deferred transaction that upgrades to a write fails busy at once whatever the timeout, so every write
//! transaction is `BEGIN IMMEDIATE` on the one writer, and a tokio mutex hands it out in order.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags};
use tokio::sync::{OwnedMutexGuard, mpsc, oneshot};

use crate::{Row, Stmt, StoreError, Value};

const READERS: usize = 3;
const QUEUE: usize = 1024;
const STATEMENT_CACHE: usize = 256;
/// Databases below this size are checked page by page at start.
const QUICK_CHECK_MAX_BYTES: u64 = 32 << 20;

/// How hard a commit presses for the platter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Durability {
    /// fsync on every commit: what was answered survives a power cut.
    Full,
    /// fsync at checkpoints: a power cut may lose the last commits, never consistency.
    Normal,
}

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

#[derive(Clone)]
pub(crate) struct SqliteDatabase {
    path: Arc<PathBuf>,
    writer: mpsc::Sender<Job>,
    readers: mpsc::Sender<Job>,
    turn: Arc<tokio::sync::Mutex<()>>,
    threads: Arc<Mutex<Vec<std::thread::JoinHandle<()>>>>,
}

impl SqliteDatabase {
    pub(crate) async fn open(path: &Path, durability: Durability) -> Result<Self, StoreError> {
        let (path, closing) = (path.to_owned(), Arc::new(Mutex::new(Vec::new())));
        let place = Arc::new(path.clone());
        let opened = tokio::task::spawn_blocking(move || {
            let writer = open_writer(&path, durability)?;
            let readers = (0..READERS).map(|_| open_reader(&path)).collect::<Result<Vec<_>, _>>()?;
            Ok::<_, StoreError>((writer, readers))
        });
        let (writer, readers) = opened.await.map_err(|e| StoreError::Unavailable(e.to_string()))??;
        let (writer_tx, writer_rx) = mpsc::channel(QUEUE);
        let (reader_tx, reader_rx) = mpsc::channel(QUEUE);
        let mut threads = vec![serve("store-writer", writer, Arc::new(Mutex::new(writer_rx)))?];
        let reader_rx = Arc::new(Mutex::new(reader_rx));
        for connection in readers {
            threads.push(serve("store-reader", connection, Arc::clone(&reader_rx))?);
        }
        *closing.lock().unwrap_or_else(PoisonError::into_inner) = threads;
        Ok(Self { path: place, writer: writer_tx, readers: reader_tx, turn: Arc::default(), threads: closing })
    }

    pub(crate) async fn read(&self, stmt: Stmt, args: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        run(&self.readers, move |c| select(c, stmt, &args)).await
    }

    pub(crate) async fn batch(&self, work: Vec<(Stmt, Vec<Value>)>) -> Result<u64, StoreError> {
        let _turn = self.turn.lock().await;
        run(&self.writer, move |c| {
            let tx = c.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).map_err(|e| map("begin", e))?;
            let mut touched = 0;
            for (stmt, args) in &work {
                touched += change(&tx, *stmt, args)?;
            }
            tx.commit().map_err(|e| map("commit", e))?;
            Ok(touched)
        })
        .await
    }

    pub(crate) async fn begin(&self) -> Result<SqliteTx, StoreError> {
        let turn = Arc::clone(&self.turn).lock_owned().await;
        run(&self.writer, |c| c.execute_batch("begin immediate").map_err(|e| map("begin", e))).await?;
        Ok(SqliteTx { writer: self.writer.clone(), open: true, _turn: turn })
    }

    pub(crate) async fn prepare(&self, stmt: Stmt) -> Result<(), StoreError> {
        run(&self.writer, move |c| c.prepare_cached(stmt.sqlite).map(drop).map_err(|e| map(stmt.name, e))).await
    }

    pub(crate) async fn script(&self, sql: String) -> Result<(), StoreError> {
        let _turn = self.turn.lock().await;
        run(&self.writer, move |c| {
            let tx = c.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).map_err(|e| map("begin", e))?;
            tx.execute_batch(&sql).map_err(|e| map("script", e))?;
            tx.commit().map_err(|e| map("commit", e))
        })
        .await
    }

    pub(crate) async fn checkpoint(&self) -> Result<(), StoreError> {
        let _turn = self.turn.lock().await;
        run(&self.writer, |c| {
            c.execute_batch("pragma incremental_vacuum(2000); pragma optimize;").map_err(|e| map("vacuum", e))?;
            c.query_row("pragma wal_checkpoint(truncate)", [], |_| Ok(())).map_err(|e| map("checkpoint", e))
        })
        .await
    }

    pub(crate) async fn copy_to(&self, path: &Path) -> Result<(), StoreError> {
        let path = path.to_owned();
        run(&self.readers, move |c| {
            let mut target = Connection::open(&path).map_err(|e| map("copy", e))?;
            {
                let backup = rusqlite::backup::Backup::new(c, &mut target).map_err(|e| map("copy", e))?;
                // All pages in one step: one read transaction, which no writer can make begin again.
                backup.step(-1).map_err(|e| map("copy", e))?;
            }
            // A copy is one file; it brings no log of its own.
            target.query_row("pragma journal_mode = delete", [], |_| Ok(())).map_err(|e| map("copy", e))
        })
        .await
    }

    /// Size of the write-ahead log beside the file.
    pub(crate) fn wal_bytes(&self) -> u64 {
        std::fs::metadata(format!("{}-wal", self.path.display())).map_or(0, |m| m.len())
    }

    /// A connection of its own in a thread of its own, for work that reads or writes whole tables.
    pub(crate) async fn session(&self, read_only: bool) -> Result<Session, StoreError> {
        let path = Arc::clone(&self.path);
        let opened = tokio::task::spawn_blocking(move || if read_only { open_reader(&path) } else { open_writer(&path, Durability::Full) });
        let connection = opened.await.map_err(|e| StoreError::Unavailable(e.to_string()))??;
        let (queue, jobs) = mpsc::channel(4);
        // The thread ends with the session.
        serve("store-transfer", connection, Arc::new(Mutex::new(jobs)))?;
        Ok(Session(queue))
    }

    /// Waits for the last write, checkpoints and ends the threads.
    pub(crate) async fn close(&self) {
        if let Err(error) = self.checkpoint().await {
            tracing::warn!(%error, "checkpoint at close failed");
        }
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for queue in [&self.writer].into_iter().chain(std::iter::repeat_n(&self.readers, READERS)) {
            // An already closed queue means that the thread is gone, which is what is wanted.
            drop(queue.send(Box::new(|_| std::panic::resume_unwind(Box::new(EndOfThread)))).await);
        }
        let joined = tokio::task::spawn_blocking(move || {
            for thread in threads {
                drop(thread.join());
            }
        });
        drop(joined.await);
    }
}

/// A connection that only its holder uses. Dropped, it rolls back what is open and closes.
pub(crate) struct Session(mpsc::Sender<Job>);

impl Session {
    /// One that is closed already.
    pub(crate) fn closed() -> Self {
        Self(mpsc::channel(1).0)
    }
    pub(crate) async fn run<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    {
        run(&self.0, work).await
    }
    /// Begins work without waiting for its end.
    pub(crate) async fn start(&self, work: impl FnOnce(&mut Connection) + Send + 'static) -> Result<(), StoreError> {
        let job: Job = Box::new(work);
        self.0.send(job).await.map_err(|_| StoreError::Unavailable("the store is closed".to_owned()))
    }
}

/// The payload that ends a store thread from inside a job.
struct EndOfThread;

fn serve(
    name: &str,
    mut connection: Connection,
    queue: Arc<Mutex<mpsc::Receiver<Job>>>,
) -> Result<std::thread::JoinHandle<()>, StoreError> {
    let work = move || {
        loop {
            let job = queue.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv();
            let Some(job) = job else { return };
            let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| job(&mut connection)));
            if let Err(payload) = outcome {
                if payload.is::<EndOfThread>() {
                    return;
                }
                tracing::error!("a store job panicked");
                if !connection.is_autocommit() {
                    drop(connection.execute_batch("rollback"));
                }
            }
        }
    };
    std::thread::Builder::new().name(name.to_owned()).spawn(work).map_err(|e| StoreError::Unavailable(e.to_string()))
}

async fn run<T, F>(queue: &mpsc::Sender<Job>, work: F) -> Result<T, StoreError>
where
    T: Send + 'static,
    F: FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
{
    let (reply, answer) = oneshot::channel();
    let job: Job = Box::new(move |c| drop(reply.send(work(c))));
    let gone = || StoreError::Unavailable("the store is closed".to_owned());
    queue.send(job).await.map_err(|_| gone())?;
    answer.await.map_err(|_| gone())?
}

/// The writer's turn, between `begin immediate` and commit.
pub(crate) struct SqliteTx {
    writer: mpsc::Sender<Job>,
    open: bool,
    _turn: OwnedMutexGuard<()>,
}

impl SqliteTx {
    pub(crate) async fn query(&mut self, stmt: Stmt, args: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        run(&self.writer, move |c| select(c, stmt, &args)).await
    }
    pub(crate) async fn exec(&mut self, stmt: Stmt, args: Vec<Value>) -> Result<u64, StoreError> {
        run(&self.writer, move |c| change(c, stmt, &args)).await
    }
    pub(crate) async fn commit(mut self) -> Result<(), StoreError> {
        run(&self.writer, |c| c.execute_batch("commit").map_err(|e| map("commit", e))).await?;
        self.open = false;
        Ok(())
    }
}

impl Drop for SqliteTx {
    fn drop(&mut self) {
        if self.open {
            // The queue is in order and this holder still has the turn, so the rollback runs before the next begin.
            let rollback: Job = Box::new(|c| {
                if !c.is_autocommit()
                    && let Err(error) = c.execute_batch("rollback")
                {
                    tracing::error!(%error, "rollback failed");
                }
            });
            if self.writer.try_send(rollback).is_err() {
                tracing::error!("the store is closed inside a transaction");
            }
        }
    }
}

fn open_writer(path: &Path, durability: Durability) -> Result<Connection, StoreError> {
    let size = std::fs::metadata(path).map(|m| m.len()).unwrap_or(0);
    let c = Connection::open(path).map_err(|e| map("open", e))?;
    let sync = if durability == Durability::Full { "full" } else { "normal" };
    c.busy_timeout(std::time::Duration::from_secs(5)).map_err(|e| map("open", e))?;
    if size == 0 {
        c.execute_batch("pragma auto_vacuum = incremental").map_err(|e| map("open", e))?;
    }
    let pragmas = format!(
        "pragma journal_mode = wal; pragma synchronous = {sync}; pragma foreign_keys = on; pragma cache_size = -4096;
         pragma wal_autocheckpoint = 1000; pragma journal_size_limit = 16777216; pragma temp_store = memory;"
    );
    c.execute_batch(&pragmas).map_err(|e| map("open", e))?;
    c.set_prepared_statement_cache_capacity(STATEMENT_CACHE);
    if size > 0 && size < QUICK_CHECK_MAX_BYTES {
        let verdict: String = c.query_row("pragma quick_check(1)", [], |r| r.get(0)).map_err(|e| map("quick_check", e))?;
        if verdict != "ok" {
            return Err(StoreError::Corrupt(format!("{}: {verdict}", path.display())));
        }
    }
    // The header is only judged when something is read or written.
    c.query_row("select count(*) from sqlite_master", [], |_| Ok(())).map_err(|e| map("open", e))?;
    c.execute_batch("begin immediate; commit").map_err(|e| map("open", e))?;
    Ok(c)
}

fn open_reader(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let c = Connection::open_with_flags(path, flags).map_err(|e| map("open", e))?;
    c.busy_timeout(std::time::Duration::from_secs(5)).map_err(|e| map("open", e))?;
    c.execute_batch("pragma query_only = on; pragma cache_size = -2048; pragma temp_store = memory;").map_err(|e| map("open", e))?;
    c.set_prepared_statement_cache_capacity(STATEMENT_CACHE);
    Ok(c)
}

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Bool(b) => ValueRef::Integer(i64::from(*b)),
            Self::Int(n) => ValueRef::Integer(*n),
            Self::Real(x) => ValueRef::Real(*x),
            Self::Text(t) => ValueRef::Text(t.as_bytes()),
            Self::Blob(b) => ValueRef::Blob(b),
        }))
    }
}

/// Binds by number: to SQLite `$2` is a name, and positions follow first appearance, not the number.
fn bind(prepared: &mut rusqlite::CachedStatement<'_>, stmt: Stmt, args: &[Value]) -> Result<(), StoreError> {
    let wrong = |message: String| StoreError::Driver { statement: stmt.name.to_owned(), message };
    for position in 1..=prepared.parameter_count() {
        let name = prepared.parameter_name(position).unwrap_or_default();
        let number: usize = name.trim_start_matches(['$', '?']).parse().map_err(|_| wrong(format!("parameter {name} is no $number")))?;
        let value = number.checked_sub(1).and_then(|i| args.get(i)).ok_or_else(|| wrong(format!("no argument for {name}")))?;
        prepared.raw_bind_parameter(position, value).map_err(|e| map(stmt.name, e))?;
    }
    Ok(())
}

fn select(c: &Connection, stmt: Stmt, args: &[Value]) -> Result<Vec<Row>, StoreError> {
    let fail = |e| map(stmt.name, e);
    let mut prepared = c.prepare_cached(stmt.sqlite).map_err(fail)?;
    let columns = prepared.column_count();
    bind(&mut prepared, stmt, args)?;
    let mut rows = prepared.raw_query();
    let mut out = Vec::new();
    while let Some(row) = rows.next().map_err(fail)? {
        out.push(read(row, columns).map_err(fail)?);
    }
    Ok(out)
}

pub(crate) fn read(row: &rusqlite::Row<'_>, columns: usize) -> rusqlite::Result<Row> {
    let mut values = Vec::with_capacity(columns);
    for i in 0..columns {
        values.push(match row.get_ref(i)? {
            ValueRef::Null => Value::Null,
            ValueRef::Integer(n) => Value::Int(n),
            ValueRef::Real(x) => Value::Real(x),
            ValueRef::Text(t) => Value::Text(String::from_utf8_lossy(t).into_owned()),
            ValueRef::Blob(b) => Value::Blob(b.to_vec()),
        });
    }
    Ok(Row(values))
}

fn change(c: &Connection, stmt: Stmt, args: &[Value]) -> Result<u64, StoreError> {
    let mut prepared = c.prepare_cached(stmt.sqlite).map_err(|e| map(stmt.name, e))?;
    let columns = prepared.column_count();
    bind(&mut prepared, stmt, args)?;
    if columns == 0 {
        return prepared.raw_execute().map(|n| n as u64).map_err(|e| map(stmt.name, e));
    }
    // A `returning` clause makes rows; here only their number matters.
    let mut rows = prepared.raw_query();
    let mut touched = 0;
    while rows.next().map_err(|e| map(stmt.name, e))?.is_some() {
        touched += 1;
    }
    Ok(touched)
}

#[expect(clippy::needless_pass_by_value, reason = "called from map_err")]
pub(crate) fn map(statement: &str, error: rusqlite::Error) -> StoreError {
    use rusqlite::ErrorCode as Code;
    let message = error.to_string();
    let driver = || StoreError::Driver { statement: statement.to_owned(), message: message.clone() };
    let Some(code) = error.sqlite_error() else { return driver() };
    match code.code {
        Code::ConstraintViolation => match code.extended_code {
            rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE
            | rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY
            | rusqlite::ffi::SQLITE_CONSTRAINT_ROWID => {
                let columns = message.split_once("failed: ").map_or(message.as_str(), |(_, c)| c);
                StoreError::Unique(columns.trim_start_matches("index '").trim_end_matches('\'').to_owned())
            }
            rusqlite::ffi::SQLITE_CONSTRAINT_FOREIGNKEY => StoreError::ForeignKey,
            _ => StoreError::Constraint(format!("{statement}: {message}")),
        },
        Code::DiskFull => StoreError::Full,
        Code::ReadOnly | Code::PermissionDenied | Code::CannotOpen => {
            tracing::debug!(statement, message, "store not writable");
            StoreError::ReadOnly
        }
        Code::NotADatabase | Code::DatabaseCorrupt => StoreError::Corrupt(message),
        Code::DatabaseBusy | Code::DatabaseLocked | Code::SystemIoFailure => StoreError::Unavailable(message),
        _ => driver(),
    }
}
