//! PostgreSQL: a pool of connections with cached prepared statements.
//!
//! Parameters are sent in the type the server inferred, so one `Value::Int` fits smallint, integer, bigint and
//! double precision. `sum(bigint)` is numeric there: cast it back (`cast(sum(x) as bigint)`).

use std::error::Error;
use std::str::FromStr;

use argos_kernel::Secret;
use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod};
use futures_util::StreamExt as _;
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

use crate::{Row, Stmt, StoreError, Value};

const MAX_CONNECTIONS: usize = 16;
/// Statements of a batch on their way at once.
const PIPELINED: usize = 256;

#[derive(Clone)]
pub(crate) struct PostgresDatabase {
    pool: Pool,
    config: std::sync::Arc<tokio_postgres::Config>,
}

/// A connection beside the pool, driven by whoever asked for it.
type Session = (
    tokio_postgres::Client,
    tokio_postgres::Connection<
        tokio_postgres::Socket,
        <tokio_postgres_rustls::MakeRustlsConnect as tokio_postgres::tls::MakeTlsConnect<tokio_postgres::Socket>>::Stream,
    >,
);

impl PostgresDatabase {
    pub(crate) async fn connect(url: &Secret<String>) -> Result<Self, StoreError> {
        let mut config =
            tokio_postgres::Config::from_str(url.reveal()).map_err(|e| StoreError::Unavailable(format!("database.url: {e}")))?;
        let place = place(&config);
        config.application_name("argos").options("-c search_path=public,telemetry -c timezone=UTC");
        config.connect_timeout(std::time::Duration::from_secs(10)).keepalives(true);
        let kept = std::sync::Arc::new(config.clone());
        let manager = Manager::from_config(config, tls()?, ManagerConfig { recycling_method: RecyclingMethod::Fast });
        let pool = Pool::builder(manager).max_size(MAX_CONNECTIONS).build().map_err(|e| StoreError::Unavailable(e.to_string()))?;
        let db = Self { pool, config: kept };
        db.script("create schema if not exists telemetry").await.map_err(|e| match e {
            StoreError::Unavailable(why) => StoreError::Unavailable(format!("{place}: {why}")),
            other => other,
        })?;
        Ok(db)
    }

    pub(crate) fn pool_facts(&self) -> crate::PoolFacts {
        let status = self.pool.status();
        let idle = status.available.min(status.size);
        crate::PoolFacts { size: status.size, in_use: status.size - idle, idle }
    }

    pub(crate) async fn client(&self) -> Result<Object, StoreError> {
        self.pool.get().await.map_err(|e| match e {
            PoolError::Backend(e) => StoreError::Unavailable(chain(&e)),
            other => StoreError::Unavailable(other.to_string()),
        })
    }

    /// A session of its own, for what must not go back to the pool.
    pub(crate) async fn session(&self) -> Result<Session, StoreError> {
        self.config.connect(tls()?).await.map_err(|e| map("connect", &e))
    }

    pub(crate) async fn query(&self, stmt: Stmt, args: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        select(&self.client().await?, stmt, &args).await
    }

    pub(crate) async fn batch(&self, work: Vec<(Stmt, Vec<Value>)>) -> Result<u64, StoreError> {
        let mut client = self.client().await?;
        let tx = client.transaction().await.map_err(|e| map("begin", &e))?;
        let mut touched = 0;
        for part in work.chunks(PIPELINED) {
            touched += execute_all(&tx, part).await?;
        }
        tx.commit().await.map_err(|e| map("commit", &e))?;
        Ok(touched)
    }

    pub(crate) async fn begin(&self) -> Result<PostgresTx, StoreError> {
        let client = self.client().await?;
        client.batch_execute("begin").await.map_err(|e| map("begin", &e))?;
        Ok(PostgresTx(Some(client)))
    }

    pub(crate) async fn prepare(&self, stmt: Stmt) -> Result<(), StoreError> {
        self.client().await?.prepare(stmt.postgres).await.map(drop).map_err(|e| map(stmt.name, &e))
    }

    pub(crate) async fn script(&self, sql: &str) -> Result<(), StoreError> {
        let mut client = self.client().await?;
        let tx = client.transaction().await.map_err(|e| map("begin", &e))?;
        // Two replicas that start together migrate one after the other.
        tx.batch_execute("select pg_advisory_xact_lock(280267669843)").await.map_err(|e| map("lock", &e))?;
        tx.batch_execute(sql).await.map_err(|e| map("script", &e))?;
        tx.commit().await.map_err(|e| map("commit", &e))
    }

    /// Runs one statement outside any transaction, as `create database` demands.
    pub(crate) async fn unwrapped(&self, sql: &str) -> Result<(), StoreError> {
        self.client().await?.batch_execute(sql).await.map_err(|e| map("statement", &e))
    }

    pub(crate) fn close(&self) {
        self.pool.close();
    }
}

/// Sends every statement before the answer to the first is there: a batch costs one round trip, not one for each.
async fn execute_all(tx: &deadpool_postgres::Transaction<'_>, work: &[(Stmt, Vec<Value>)]) -> Result<u64, StoreError> {
    let mut ready = Vec::with_capacity(work.len());
    for (stmt, args) in work {
        let prepared = tx.prepare_cached(stmt.postgres).await.map_err(|e| map(stmt.name, &e))?;
        ready.push(async move { tx.execute(&prepared, &params(args)).await.map_err(|e| map(stmt.name, &e)) });
    }
    // `buffered` starts them in their order and answers in it, so the first error is the one that caused the others.
    let mut answers = futures_util::stream::iter(ready).buffered(PIPELINED);
    let mut touched = 0;
    while let Some(answer) = answers.next().await {
        touched += answer?;
    }
    Ok(touched)
}

/// Host and port without user and password, for error texts.
fn place(config: &tokio_postgres::Config) -> String {
    let host = config.get_hosts().first().map_or_else(String::new, |h| match h {
        tokio_postgres::config::Host::Tcp(name) => name.clone(),
        tokio_postgres::config::Host::Unix(path) => path.display().to_string(),
    });
    format!("{host}:{}", config.get_ports().first().copied().unwrap_or(5432))
}

pub(crate) fn tls() -> Result<tokio_postgres_rustls::MakeRustlsConnect, StoreError> {
    let mut roots = rustls::RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(found.certs);
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| StoreError::Unavailable(e.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(tokio_postgres_rustls::MakeRustlsConnect::new(config))
}

/// A connection inside `begin`. Dropped without commit it is closed, which rolls back on the server.
pub(crate) struct PostgresTx(Option<Object>);

impl PostgresTx {
    fn client(&self) -> Result<&Object, StoreError> {
        self.0.as_ref().ok_or_else(|| StoreError::Unavailable("the transaction has ended".to_owned()))
    }
    pub(crate) async fn query(&mut self, stmt: Stmt, args: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        select(self.client()?, stmt, &args).await
    }
    pub(crate) async fn exec(&mut self, stmt: Stmt, args: Vec<Value>) -> Result<u64, StoreError> {
        let client = self.client()?;
        let prepared = client.prepare_cached(stmt.postgres).await.map_err(|e| map(stmt.name, &e))?;
        client.execute(&prepared, &params(&args)).await.map_err(|e| map(stmt.name, &e))
    }
    pub(crate) async fn commit(mut self) -> Result<(), StoreError> {
        self.client()?.batch_execute("commit").await.map_err(|e| map("commit", &e))?;
        // Only a cleanly committed connection goes back to the pool.
        drop(self.0.take());
        Ok(())
    }
}

impl Drop for PostgresTx {
    fn drop(&mut self) {
        if let Some(client) = self.0.take() {
            drop(Object::take(client));
        }
    }
}

fn params(args: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    args.iter().map(|v| v as &(dyn ToSql + Sync)).collect()
}

async fn select(client: &Object, stmt: Stmt, args: &[Value]) -> Result<Vec<Row>, StoreError> {
    let prepared = client.prepare_cached(stmt.postgres).await.map_err(|e| map(stmt.name, &e))?;
    let rows = client.query(&prepared, &params(args)).await.map_err(|e| map(stmt.name, &e))?;
    rows.iter().map(|row| read(row, stmt.name)).collect()
}

pub(crate) fn read(row: &tokio_postgres::Row, statement: &str) -> Result<Row, StoreError> {
    let mut values = Vec::with_capacity(row.len());
    for (i, column) in row.columns().iter().enumerate() {
        let value = match *column.type_() {
            Type::BOOL => row.try_get::<_, Option<bool>>(i).map(Value::from),
            Type::INT2 => row.try_get::<_, Option<i16>>(i).map(|v| Value::from(v.map(i64::from))),
            Type::INT4 => row.try_get::<_, Option<i32>>(i).map(Value::from),
            Type::INT8 => row.try_get::<_, Option<i64>>(i).map(Value::from),
            Type::FLOAT4 => row.try_get::<_, Option<f32>>(i).map(|v| Value::from(v.map(f64::from))),
            Type::FLOAT8 => row.try_get::<_, Option<f64>>(i).map(Value::from),
            Type::TEXT | Type::VARCHAR | Type::NAME | Type::BPCHAR | Type::UNKNOWN => row.try_get::<_, Option<String>>(i).map(Value::from),
            Type::BYTEA => row.try_get::<_, Option<Vec<u8>>>(i).map(Value::from),
            _ => {
                return Err(StoreError::Driver {
                    statement: statement.to_owned(),
                    message: format!("column {} has type {}", column.name(), column.type_()),
                });
            }
        };
        values.push(value.map_err(|e| map(statement, &e))?);
    }
    Ok(Row(values))
}

impl ToSql for Value {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Bool(b) => match *ty {
                Type::BOOL => b.to_sql(ty, out),
                _ => Self::Int(i64::from(*b)).to_sql(ty, out),
            },
            Self::Int(n) => match *ty {
                Type::INT8 => n.to_sql(ty, out),
                Type::INT4 => i32::try_from(*n)?.to_sql(ty, out),
                Type::INT2 => i16::try_from(*n)?.to_sql(ty, out),
                #[expect(clippy::cast_precision_loss, reason = "an integer bound to a float column")]
                Type::FLOAT8 => (*n as f64).to_sql(ty, out),
                Type::BOOL => (*n != 0).to_sql(ty, out),
                _ => Err(format!("an integer cannot be bound to {ty}").into()),
            },
            Self::Real(x) => match *ty {
                Type::FLOAT8 => x.to_sql(ty, out),
                #[expect(clippy::cast_possible_truncation, reason = "a float bound to a single-precision column")]
                Type::FLOAT4 => (*x as f32).to_sql(ty, out),
                _ => Err(format!("a number cannot be bound to {ty}").into()),
            },
            Self::Text(t) => match *ty {
                Type::BYTEA => t.as_bytes().to_sql(ty, out),
                _ => t.as_str().to_sql(ty, out),
            },
            Self::Blob(b) => b.as_slice().to_sql(ty, out),
        }
    }
    fn accepts(_: &Type) -> bool {
        true
    }
    to_sql_checked!();
}

fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(e) = cause {
        text = format!("{text}: {e}");
        cause = e.source();
    }
    text
}

pub(crate) fn map(statement: &str, error: &tokio_postgres::Error) -> StoreError {
    let Some(db) = error.as_db_error() else {
        let message = chain(error);
        return if error.is_closed() || error.source().is_some_and(<dyn Error>::is::<std::io::Error>) {
            StoreError::Unavailable(message)
        } else {
            StoreError::Driver { statement: statement.to_owned(), message }
        };
    };
    match db.code().code() {
        "23505" => StoreError::Unique(db.constraint().unwrap_or_default().to_owned()),
        "23503" => StoreError::ForeignKey,
        code if code.starts_with("23") => StoreError::Constraint(format!("{statement}: {}", db.message())),
        "53100" => StoreError::Full,
        "25006" => StoreError::ReadOnly,
        code if code.starts_with("08") || code.starts_with("57P") || code.starts_with("53") || code == "40001" || code == "40P01" => {
            StoreError::Unavailable(db.message().to_owned())
        }
        _ => StoreError::Driver { statement: statement.to_owned(), message: db.message().to_owned() },
    }
}
