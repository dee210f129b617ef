//! `thing_changes`: when a thing came, went, and how its state changed.

use argos_kernel::Timestamp;
use argos_store::{Database, StoreError, Tx, args};

argos_store::statements! {
    state;
    ADD = "inventory.changes.add", "insert into thing_changes (ref, change, before, after, word, at) values ($1,$2,$3,$4,$5,$6)";
    OF_THING = "inventory.changes.of_thing",
        "select id, change, before, after, word, at from thing_changes where ref = $1 and (cast($2 as bigint) is null or at < $2) order by id desc limit $3";
    // Of things that are no more.
    FORGET = "inventory.changes.forget",
        "delete from thing_changes where ref like $1 || ':%' and not exists (select 1 from things t where t.ref = thing_changes.ref)";
    PRUNE = "inventory.changes.prune", "delete from thing_changes where at < $1";
}

/// One step in a thing's life.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) id: i64,
    /// `appeared`, `status`, `gone`
    pub(crate) change: String,
    pub(crate) before: Option<String>,
    pub(crate) after: Option<String>,
    pub(crate) word: Option<String>,
    pub(crate) at: Timestamp,
}

/// Of every thing of a kind that is not there any more.
pub(crate) async fn forget(db: &Database, kind: &str) -> Result<u64, StoreError> {
    db.exec(FORGET, args![kind]).await
}

pub(crate) async fn add(tx: &mut Tx, reference: &str, c: &Change) -> Result<(), StoreError> {
    tx.exec(ADD, args![reference, &c.change, c.before.clone(), c.after.clone(), c.word.clone(), c.at]).await.map(drop)
}
/// Newest first.
pub(crate) async fn of_thing(db: &Database, reference: &str, before: Option<Timestamp>, limit: i64) -> Result<Vec<Change>, StoreError> {
    let read = |r: &argos_store::Row| {
        Ok(Change { id: r.get(0)?, change: r.get(1)?, before: r.get(2)?, after: r.get(3)?, word: r.get(4)?, at: r.get(5)? })
    };
    db.query(OF_THING, args![reference, before, limit]).await?.iter().map(read).collect()
}
pub(crate) async fn prune(db: &Database, before: Timestamp) -> Result<u64, StoreError> {
    db.exec(PRUNE, args![before]).await
}
