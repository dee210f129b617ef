//! Write-ahead rows and sealed raw chunks.

use argos_kernel::Timestamp;
use argos_store::{Database, StoreError, Value, args};

argos_store::statements! {
    telemetry;
    WAL_INSERT = "metrics.wal.insert", "insert into metric_wal (created_at, points, body) values ($1, $2, $3)";
    WAL_LIST = "metrics.wal.list", "select body from metric_wal order by id";
    WAL_CLEAR = "metrics.wal.clear", "delete from metric_wal";
    CHUNK_INSERT = "metrics.chunks.insert", "insert into metric_chunks (series_id, t_min, t_max, points, body) values ($1, $2, $3, $4, $5)";
    CHUNKS_IN = "metrics.chunks.in",
        "select body from metric_chunks where series_id = $1 and t_max >= $2 and t_min < $3 order by t_min";
    SEALED_UNTIL = "metrics.chunks.sealed_until", "select series_id, max(t_max) from metric_chunks group by series_id";
    CHUNKS_PRUNE = "metrics.chunks.prune", "delete from metric_chunks where t_max < $1";
    TOTALS = "metrics.chunks.totals",
        "select cast(coalesce(sum(points), 0) as bigint), cast(coalesce(sum(length(body)), 0) as bigint), count(*) from metric_chunks";
}

pub(crate) async fn wal_insert(db: &Database, now: Timestamp, points: usize, body: Vec<u8>) -> Result<(), StoreError> {
    db.exec(WAL_INSERT, args![now, i64::try_from(points).unwrap_or(i64::MAX), body]).await.map(drop)
}

pub(crate) async fn wal_bodies(db: &Database) -> Result<Vec<Vec<u8>>, StoreError> {
    db.query(WAL_LIST, args![]).await?.iter().map(|r| r.get(0)).collect()
}

/// Sealed raw chunks that overlap `[from, to)`.
pub(crate) async fn chunks_in(db: &Database, series: i64, from: i64, to: i64) -> Result<Vec<Vec<u8>>, StoreError> {
    bodies(db, CHUNKS_IN, args![series, from, to]).await
}

pub(crate) async fn sealed_until(db: &Database) -> Result<Vec<(i64, i64)>, StoreError> {
    db.query(SEALED_UNTIL, args![]).await?.iter().map(|r| Ok((r.get(0)?, r.get(1)?))).collect()
}

pub(crate) async fn prune(db: &Database, before: i64) -> Result<u64, StoreError> {
    db.exec(CHUNKS_PRUNE, args![before]).await
}

/// Points, bytes and rows of sealed raw chunks.
pub(crate) async fn totals(db: &Database) -> Result<(i64, i64, i64), StoreError> {
    let row = db.one(TOTALS, args![]).await?;
    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
}

pub(crate) async fn bodies(db: &Database, stmt: argos_store::Stmt, args: Vec<Value>) -> Result<Vec<Vec<u8>>, StoreError> {
    let rows = db.query(stmt, args).await?;
    rows.into_iter()
        .map(|mut r| match r.take(0) {
            Value::Blob(b) => Ok(b),
            _ => Err(StoreError::Column { index: 0, wanted: "a blob" }),
        })
        .collect()
}
