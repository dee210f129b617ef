//! `edge_bursts`: the last hits of sites and addresses, shared by all processes.

use argos_store::{Database, StoreError, Tx, args};

use super::{json, text};
use crate::model::bursts::Burst;

argos_store::statements! {
    state;
    // Whoever else counts the same name waits until this transaction is over.
    HOLD = "edge.bursts.hold",
        "insert into edge_bursts (kind, name, hits, told, last)
         select cast($1 as text), cast($2 as text), '[]', '[]', cast($3 as bigint)
         where cast($4 as bigint) = 1 or exists (select 1 from edge_bursts where kind = cast($1 as text) and name = cast($2 as text))
         on conflict (kind, name) do update set last = edge_bursts.last returning hits, told";
    PUT = "edge.bursts.put", "update edge_bursts set hits = $3, told = $4, last = $5 where kind = $1 and name = $2";
    PRUNE = "edge.bursts.prune", "delete from edge_bursts where last < $1 or (told = '[]' and last < $2)";
    UNTOLD = "edge.bursts.untold", "select count(*) from edge_bursts where kind = $1 and told = '[]'";
}

/// What is remembered of a name, held until the transaction ends; `None` for a new name when there is no room for one.
pub(crate) async fn hold(tx: &mut Tx, kind: &str, name: &str, at_s: i64, has_room: bool) -> Result<Option<Burst>, StoreError> {
    let Some(row) = tx.find(HOLD, args![kind, name, at_s, i64::from(has_room)]).await? else { return Ok(None) };
    Ok(Some(Burst { hits: json(&row.get::<String>(0)?, 0)?, told: json(&row.get::<String>(1)?, 1)? }))
}

/// How many names of a kind made no burst that was told.
pub(crate) async fn untold(tx: &mut Tx, kind: &str) -> Result<i64, StoreError> {
    tx.one(UNTOLD, args![kind]).await?.get(0)
}

pub(crate) async fn put(tx: &mut Tx, kind: &str, name: &str, burst: &Burst) -> Result<(), StoreError> {
    let last = burst.hits.last().copied().unwrap_or(0);
    tx.exec(PUT, args![kind, name, text(&burst.hits), text(&burst.told), last]).await.map(drop)
}

/// Forgets whose last hit is older; sooner who made no burst that was told.
pub(crate) async fn prune(db: &Database, before_s: i64, untold_before_s: i64) -> Result<u64, StoreError> {
    db.exec(PRUNE, args![before_s, untold_before_s]).await
}
