//! `power_dismissed`: what somebody removed and discovery must not bring back.

use std::collections::HashSet;

use argos_kernel::Timestamp;
use argos_store::{Database, StoreError, Tx, args};

argos_store::statements! {
    state;
    LIST = "power.dismissed.list", "select device_id from power_dismissed";
    PUT = "power.dismissed.put", "insert into power_dismissed (device_id, at) values ($1, $2) on conflict (device_id) do nothing";
    DELETE = "power.dismissed.delete", "delete from power_dismissed where device_id = $1";
}

pub(crate) async fn all(db: &Database) -> Result<HashSet<String>, StoreError> {
    db.query(LIST, args![]).await?.iter().map(|row| row.get(0)).collect()
}

pub(crate) async fn put(tx: &mut Tx, discovered_id: &str, at: Timestamp) -> Result<(), StoreError> {
    tx.exec(PUT, args![discovered_id, at]).await.map(drop)
}

pub(crate) async fn delete(tx: &mut Tx, discovered_id: &str) -> Result<(), StoreError> {
    tx.exec(DELETE, args![discovered_id]).await.map(drop)
}
