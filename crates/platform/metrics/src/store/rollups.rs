//! Rollup chunks: buckets of one step of one series. A row never reaches over the end of its period, a day of minutes
//! or 30 days of hours, so the rows of a finished period can be joined into one.

use argos_store::{Database, Stmt, StoreError, Value, args};
use argos_tschunk::Bucket;

use super::points::{blob, bodies};

argos_store::statements! {
    telemetry;
    INSERT = "metrics.rollups.insert",
        "insert into metric_rollups (series_id, step_s, t_min, t_max, buckets, body) values ($1, $2, $3, $4, $5, $6)";
    IN = "metrics.rollups.in",
        "select body from metric_rollups where series_id = $1 and step_s = $2 and t_max >= $3 and t_min < $4 order by t_min, id";
    BEFORE = "metrics.rollups.before",
        "select body from metric_rollups where series_id = $1 and step_s = $2 and t_max < $3 order by t_max desc limit 1";
    PRUNE = "metrics.rollups.prune", "delete from metric_rollups where step_s = $1 and t_max < $2";
    SCATTERED = "metrics.rollups.scattered",
        "select series_id, t_min / $2 from metric_rollups where step_s = $1 and t_max < $3 group by series_id, t_min / $2 having count(*) > 1 limit 500";
    PERIOD = "metrics.rollups.period",
        "select id, body from metric_rollups where series_id = $1 and step_s = $2 and t_min >= $3 and t_max < $4 order by t_min, id";
    DELETE = "metrics.rollups.delete", "delete from metric_rollups where id = $1";
}

/// One chunk of buckets.
pub(crate) fn row(series: i64, step_s: i64, buckets: &[Bucket], body: Vec<u8>) -> Option<(Stmt, Vec<Value>)> {
    let (first, last) = (buckets.first()?, buckets.last()?);
    Some((INSERT, args![series, step_s, first.start, last.start, i64::try_from(buckets.len()).unwrap_or(i64::MAX), body]))
}

/// Rollup chunks of one step that overlap `[from, to)`.
pub(crate) async fn chunks_in(db: &Database, series: i64, step_s: i64, from: i64, to: i64) -> Result<Vec<Vec<u8>>, StoreError> {
    bodies(db, IN, args![series, step_s, from, to]).await
}

/// The chunk whose last bucket starts last before `t`.
pub(crate) async fn chunk_before(db: &Database, series: i64, step_s: i64, t: i64) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(bodies(db, BEFORE, args![series, step_s, t]).await?.pop())
}

pub(crate) async fn prune(db: &Database, step_s: i64, before: i64) -> Result<u64, StoreError> {
    db.exec(PRUNE, args![step_s, before]).await
}

/// Series and period numbers with more than one row that ended before `before`.
pub(crate) async fn scattered(db: &Database, step_s: i64, period: i64, before: i64) -> Result<Vec<(i64, i64)>, StoreError> {
    let rows = db.query(SCATTERED, args![step_s, period, before]).await?;
    rows.iter().map(|r| Ok((r.get(0)?, r.get(1)?))).collect()
}

/// Ids and bodies of the rows inside `[from, to)`.
pub(crate) async fn rows_in(db: &Database, series: i64, step_s: i64, from: i64, to: i64) -> Result<Vec<(i64, Vec<u8>)>, StoreError> {
    let rows = db.query(PERIOD, args![series, step_s, from, to]).await?;
    rows.into_iter().map(|mut r| Ok((r.get(0)?, blob(r.take(1))?))).collect()
}
