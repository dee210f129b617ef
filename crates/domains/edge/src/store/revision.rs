//! `edge_revision`, which grows with every change of what is served, and `edge_snapshot`, the newest state that the
//! engine took.

use std::sync::Arc;

use argos_kernel::Timestamp;
use argos_store::{Database, StoreError, Tx, args};

use super::{json, text};
use crate::model::desired::Desired;

argos_store::statements! {
    state;
    GET = "edge.revision.get", "select revision from edge_revision where id = 1";
    BUMP = "edge.revision.bump", "update edge_revision set revision = revision + 1 where id = 1";
    LOCK = "edge.revision.lock", "update edge_revision set revision = revision where id = 1";
    SNAPSHOT = "edge.snapshot.get", "select revision, document, applied_at from edge_snapshot where id = 1";
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

/// What is or was wanted.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct State {
    pub(crate) revision: i64,
    pub(crate) desired: Arc<Desired>,
    /// When the tables said so.
    pub(crate) as_of: Timestamp,
}

/// The newest state that was served.
pub(crate) async fn snapshot(db: &Database) -> Result<Option<State>, StoreError> {
    let row = db.find(SNAPSHOT, args![]).await?;
    let read = |row: argos_store::Row| {
        Ok(State { revision: row.get(0)?, desired: Arc::new(json(&row.get::<String>(1)?, 1)?), as_of: row.get(2)? })
    };
    row.map(read).transpose()
}

/// Remembers a served state, unless a newer one is remembered.
pub(crate) async fn keep(tx: &mut Tx, served: &State) -> Result<(), StoreError> {
    tx.exec(KEEP, args![served.revision, text(served.desired.as_ref()), served.as_of]).await.map(drop)
}
