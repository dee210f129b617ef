//! `edge_bursts`: the last hits of sites and addresses, shared by all processes.

use argos_store::{Database, StoreError, Tx, args};

use super::{json, text};
use crate::model::bursts::Burst;

argos_store::statements! {
    state;
    // Whoever else counts the same name waits until this transaction is over.
    HOLD = "edge.bursts.hold",
        "insert into edge_bursts (kind, name, hits, told, last) values ($1, $2, '[]', '[]', $3)
         on conflict (kind, name) do update set last = edge_bursts.last returning hits, told";
    PUT = "edge.bursts.put", "update edge_bursts set hits = $3, told = $4, last = $5 where kind = $1 and name = $2";
    PRUNE = "edge.bursts.prune", "delete from edge_bursts where last < $1";
}

/// What is remembered of a name, held until the transaction ends.
pub(crate) async fn hold(tx: &mut Tx, kind: &str, name: &str, at_s: i64) -> Result<Burst, StoreError> {
    let row = tx.one(HOLD, args![kind, name, at_s]).await?;
    Ok(Burst { hits: json(&row.get::<String>(0)?, 0)?, told: json(&row.get::<String>(1)?, 1)? })
}

pub(crate) async fn put(tx: &mut Tx, kind: &str, name: &str, burst: &Burst) -> Result<(), StoreError> {
    let last = burst.hits.last().copied().unwrap_or(0);
    tx.exec(PUT, args![kind, name, text(&burst.hits), text(&burst.told), last]).await.map(drop)
}

/// Forgets whose last hit is older.
pub(crate) async fn prune(db: &Database, before_s: i64) -> Result<u64, StoreError> {
    db.exec(PRUNE, args![before_s]).await
}
