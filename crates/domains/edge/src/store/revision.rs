//! `edge_revision`, which grows with every change of what is served, and `edge_snapshot`, the newest state that the
//! engine took.

use argos_kernel::Timestamp;
use argos_store::{Database, StoreError, Tx, args};

use super::{json, text};
use crate::model::desired::Desired;

argos_store::statements! {
    state;
    GET = "edge.revision.get", "select revision from edge_revision where id = 1";
    BUMP = "edge.revision.bump", "update edge_revision set revision = revision + 1 where id = 1";
    LOCK = "edge.revision.lock", "update edge_revision set revision = revision where id = 1";
    SNAPSHOT = "edge.snapshot.get", "select revision, document from edge_snapshot where id = 1";
    KEEP = "edge.snapshot.keep",
        "insert into edge_snapshot (id, revision, document, applied_at) values (1, $1, $2, $3)
         on conflict (id) do update set revision = excluded.revision, document = excluded.document, applied_at = excluded.applied_at
         where excluded.revision > edge_snapshot.revision";
}

pub(crate) async fn current(db: &Database) -> Result<i64, StoreError> {
    db.one(GET, args![]).await?.get(0)
}

pub(crate) async fn bump(tx: &mut Tx) -> Result<(), StoreError> {
    tx.exec(BUMP, args![]).await.map(drop)
}

/// Keeps every other change of what is served waiting until this one ends.
pub(crate) async fn lock(tx: &mut Tx) -> Result<(), StoreError> {
    tx.exec(LOCK, args![]).await.map(drop)
}

/// The newest state that was served, with its revision.
pub(crate) async fn snapshot(db: &Database) -> Result<Option<(i64, Desired)>, StoreError> {
    let row = db.find(SNAPSHOT, args![]).await?;
    row.map(|row| Ok((row.get(0)?, json(&row.get::<String>(1)?, 1)?))).transpose()
}

/// Remembers a served state, unless a newer one is remembered.
pub(crate) async fn keep(tx: &mut Tx, revision: i64, desired: &Desired, now: Timestamp) -> Result<(), StoreError> {
    tx.exec(KEEP, args![revision, text(desired), now]).await.map(drop)
}
