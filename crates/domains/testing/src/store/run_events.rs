//! Rows of `testing_run_events`: what a run said while it went on, for streams that connect late.

use argos_kernel::{Timestamp, Uid};
use argos_store::{Database, StoreError, args};
use serde_json::Value;

argos_store::statements! {
    telemetry;
    AFTER = "testing.run_events.after",
        "select seq, name, data from testing_run_events where run_uid = $1 and seq > $2 order by seq limit $3";
    INSERT = "testing.run_events.insert",
        "insert into testing_run_events (run_uid, seq, name, data, at) values ($1, $2, $3, $4, $5) on conflict (run_uid, seq) do nothing";
    LAST = "testing.run_events.last", "select max(seq) from testing_run_events where run_uid = $1";
    PRUNE = "testing.run_events.prune", "delete from testing_run_events where at < $1";
}

/// Something a run said.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RunEvent {
    pub(crate) seq: i64,
    pub(crate) name: String,
    pub(crate) data: Value,
}

/// In order, at most `limit`, from after `seq` on.
pub(crate) async fn after(db: &Database, run: Uid, seq: i64, limit: i64) -> Result<Vec<RunEvent>, StoreError> {
    let rows = db.query(AFTER, args![run, seq, limit]).await?;
    let read = |row: &argos_store::Row| -> Result<RunEvent, StoreError> {
        Ok(RunEvent { seq: row.get(0)?, name: row.get(1)?, data: super::json(&row.get::<String>(2)?, 2)? })
    };
    rows.iter().map(read).collect()
}

/// The number of the last one; 0 when there is none.
pub(crate) async fn last(db: &Database, run: Uid) -> Result<i64, StoreError> {
    Ok(db.one(LAST, args![run]).await?.get::<Option<i64>>(0)?.unwrap_or(0))
}

pub(crate) async fn insert(db: &Database, run: Uid, events: &[RunEvent], now: Timestamp) -> Result<(), StoreError> {
    let row = |e: &RunEvent| (INSERT, args![run, e.seq, e.name.as_str(), e.data.to_string(), now]);
    db.batch(events.iter().map(row).collect()).await.map(drop)
}

pub(crate) async fn prune(db: &Database, before: Timestamp) -> Result<u64, StoreError> {
    db.exec(PRUNE, args![before]).await
}
