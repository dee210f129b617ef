//! `edge_delivery`: a missing row reads as the defaults.

use argos_kernel::Timestamp;
use argos_store::{Database, StoreError, Tx, args};

use super::{json, text};
use crate::model::delivery::Delivery;

argos_store::statements! {
    state;
    LIST = "edge.delivery.list", "select host_id, body from edge_delivery order by host_id";
    GET = "edge.delivery.get", "select body, updated_at from edge_delivery where host_id = $1";
    PUT = "edge.delivery.put",
        "insert into edge_delivery (host_id, body, updated_at) values ($1, $2, $3)
         on conflict (host_id) do update set body = excluded.body, updated_at = excluded.updated_at";
}

pub(crate) async fn list(db: &Database) -> Result<Vec<(i64, Delivery)>, StoreError> {
    db.query(LIST, args![]).await?.iter().map(|row| Ok((row.get(0)?, json(&row.get::<String>(1)?, 1)?))).collect()
}

/// With the time of the last change.
pub(crate) async fn find(db: &Database, host_id: i64) -> Result<Option<(Delivery, Timestamp)>, StoreError> {
    let row = db.find(GET, args![host_id]).await?;
    row.map(|row| Ok((json(&row.get::<String>(0)?, 0)?, row.get(1)?))).transpose()
}

pub(crate) async fn find_in(tx: &mut Tx, host_id: i64) -> Result<Option<Delivery>, StoreError> {
    let row = tx.find(GET, args![host_id]).await?;
    row.map(|row| json(&row.get::<String>(0)?, 0)).transpose()
}

pub(crate) async fn put(tx: &mut Tx, host_id: i64, delivery: &Delivery, now: Timestamp) -> Result<(), StoreError> {
    tx.exec(PUT, args![host_id, text(delivery), now]).await.map(drop)
}
