//! `watch_spans`: when the engine was looking. Outside of them nobody knows whether anything was down.

use argos_kernel::Timestamp;
use argos_store::{Database, StoreError, args};

use crate::model::window::Period;

argos_store::statements! {
    state;
    BEGIN = "alerts.watch.begin", "insert into watch_spans (started_at, ended_at) values ($1, $1) returning id";
    EXTEND = "alerts.watch.extend", "update watch_spans set ended_at = $1 where id = $2";
    LIST = "alerts.watch.list", "select started_at, ended_at from watch_spans where ended_at > $1 and started_at < $2 order by started_at";
    PRUNE = "alerts.watch.prune", "delete from watch_spans where ended_at < $1";
}

pub(crate) async fn begin(db: &Database, now: Timestamp) -> Result<i64, StoreError> {
    let mut tx = db.begin().await?;
    let id = tx.one(BEGIN, args![now]).await?.get(0)?;
    tx.commit().await?;
    Ok(id)
}

pub(crate) async fn extend(db: &Database, id: i64, now: Timestamp) -> Result<(), StoreError> {
    db.exec(EXTEND, args![now, id]).await.map(drop)
}

/// Start and end in microseconds of every span that touches `[from, to)`.
pub(crate) async fn list(db: &Database, (from, to): Period) -> Result<Vec<(i64, i64)>, StoreError> {
    db.query(LIST, args![from, to]).await?.iter().map(|r| Ok((r.get(0)?, r.get(1)?))).collect()
}

pub(crate) async fn prune(db: &Database, before: Timestamp) -> Result<u64, StoreError> {
    db.exec(PRUNE, args![before]).await
}
