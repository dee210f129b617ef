//! Write-ahead rows and sealed raw chunks. A chunk never reaches over the end of a day, so the chunks of a finished day
//! can be joined into one: a row has room for 4 KB before it needs pages of its own, and a day fills those.

use argos_kernel::Timestamp;
use argos_store::{Database, Stmt, StoreError, Value, args};
use argos_tschunk::Point;

argos_store::statements! {
    telemetry;
    WAL_INSERT = "metrics.wal.insert", "insert into metric_wal (seq, created_at, points, body) values ($1, $2, $3, $4)";
    WAL_BETWEEN = "metrics.wal.between", "select seq, body from metric_wal where seq > $1 and seq <= $2 order by seq";
    MARK = "metrics.wal.mark", "select last, sealed from metric_wal_mark";
    // Null is refused: the whole transaction fails when another process was first.
    WROTE = "metrics.wal.wrote", "update metric_wal_mark set last = case when last = $1 then last + 1 end";
    SEALED = "metrics.wal.sealed",
        "update metric_wal_mark set last = case when last = $1 then last + 1 end, sealed = $1 + 1";
    WAL_TRIM = "metrics.wal.trim", "delete from metric_wal where seq < $1";
    CHUNK_INSERT = "metrics.chunks.insert", "insert into metric_chunks (series_id, t_min, t_max, points, body) values ($1, $2, $3, $4, $5)";
    CHUNKS_IN = "metrics.chunks.in",
        "select body from metric_chunks where series_id = $1 and t_max >= $2 and t_min < $3 order by id";
    CHUNK_BEFORE = "metrics.chunks.before",
        "select body from metric_chunks where series_id = $1 and t_max < $2 order by t_max desc limit 1";
    CHUNKS_PRUNE = "metrics.chunks.prune", "delete from metric_chunks where t_max < $1";
    SCATTERED = "metrics.chunks.scattered",
        "select series_id, t_min / $1 from metric_chunks where t_max < $2 group by series_id, t_min / $1 having count(*) > 1 limit 500";
    PERIOD = "metrics.chunks.period",
        "select id, body from metric_chunks where series_id = $1 and t_min >= $2 and t_max < $3 order by id";
    DELETE = "metrics.chunks.delete", "delete from metric_chunks where id = $1";
    TOTALS = "metrics.chunks.totals",
        "select cast(coalesce(sum(points), 0) as bigint), cast(coalesce(sum(length(body)), 0) as bigint), count(*) from metric_chunks";
}

/// How far the write-ahead rows go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Number of the newest row.
    pub(crate) last: i64,
    /// Number of the newest sealing.
    pub(crate) sealed: i64,
}

/// One write-ahead row.
pub(crate) fn wal_row(seq: i64, now: Timestamp, points: usize, body: Vec<u8>) -> (Stmt, Vec<Value>) {
    (WAL_INSERT, args![seq, now, i64::try_from(points).unwrap_or(i64::MAX), body])
}

/// Number and body of the write-ahead rows after `after` up to `upto`, oldest first.
pub(crate) async fn wal_rows(db: &Database, after: i64, upto: i64) -> Result<Vec<(i64, Vec<u8>)>, StoreError> {
    db.query(WAL_BETWEEN, args![after, upto]).await?.into_iter().map(|mut r| Ok((r.get(0)?, blob(r.take(1))?))).collect()
}

/// Numbers of the newest row and of the newest sealing.
pub(crate) async fn mark(db: &Database) -> Result<Mark, StoreError> {
    let row = db.one(MARK, args![]).await?;
    Ok(Mark { last: row.get(0)?, sealed: row.get(1)? })
}

/// Sealed raw chunks that overlap `[from, to)`, in the order they were written.
pub(crate) async fn chunks_in(db: &Database, series: i64, from: i64, to: i64) -> Result<Vec<Vec<u8>>, StoreError> {
    bodies(db, CHUNKS_IN, args![series, from, to]).await
}

/// The chunk that ends last before `t`.
pub(crate) async fn chunk_before(db: &Database, series: i64, t: i64) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(bodies(db, CHUNK_BEFORE, args![series, t]).await?.pop())
}

pub(crate) async fn prune(db: &Database, before: i64) -> Result<u64, StoreError> {
    db.exec(CHUNKS_PRUNE, args![before]).await
}

/// One raw chunk.
pub(crate) fn chunk_row(series: i64, points: &[Point], body: Vec<u8>) -> Option<(Stmt, Vec<Value>)> {
    let (first, last) = (points.first()?, points.last()?);
    Some((CHUNK_INSERT, args![series, first.t, last.t, i64::try_from(points.len()).unwrap_or(i64::MAX), body]))
}

/// Series and period numbers with more than one chunk that ended before `before`.
pub(crate) async fn scattered(db: &Database, period: i64, before: i64) -> Result<Vec<(i64, i64)>, StoreError> {
    let rows = db.query(SCATTERED, args![period, before]).await?;
    rows.iter().map(|r| Ok((r.get(0)?, r.get(1)?))).collect()
}

/// Ids and bodies of the chunks inside `[from, to)`, in the order they were written.
pub(crate) async fn rows_in(db: &Database, series: i64, from: i64, to: i64) -> Result<Vec<(i64, Vec<u8>)>, StoreError> {
    let rows = db.query(PERIOD, args![series, from, to]).await?;
    rows.into_iter().map(|mut r| Ok((r.get(0)?, blob(r.take(1))?))).collect()
}

/// Points, bytes and rows of sealed raw chunks.
pub(crate) async fn totals(db: &Database) -> Result<(i64, i64, i64), StoreError> {
    let row = db.one(TOTALS, args![]).await?;
    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
}

/// The first column of every row, a blob.
pub(crate) async fn bodies(db: &Database, stmt: Stmt, args: Vec<Value>) -> Result<Vec<Vec<u8>>, StoreError> {
    db.query(stmt, args).await?.into_iter().map(|mut r| blob(r.take(0))).collect()
}

/// The bytes without a copy.
pub(crate) fn blob(value: Value) -> Result<Vec<u8>, StoreError> {
    match value {
        Value::Blob(bytes) => Ok(bytes),
        _ => Err(StoreError::Column { index: 0, wanted: "a blob" }),
    }
}
