//! `power_tariffs`: every version, so that old cost never changes.

use argos_kernel::Timestamp;
use argos_store::{Database, StoreError, Tx, args};

use super::{json, text};
use crate::model::tariff::Tariff;

argos_store::statements! {
    state;
    LIST = "power.tariffs.list", "select valid_from, body from power_tariffs order by valid_from";
    PUT = "power.tariffs.put",
        "insert into power_tariffs (valid_from, body, created_at) values ($1, $2, $3)
         on conflict (valid_from) do update set body = excluded.body, created_at = excluded.created_at";
}

/// Oldest first.
pub(crate) async fn list(db: &Database) -> Result<Vec<(Timestamp, Tariff)>, StoreError> {
    db.query(LIST, args![]).await?.iter().map(|row| Ok((row.get(0)?, json(&row.get::<String>(1)?, 1)?))).collect()
}

pub(crate) async fn list_in(tx: &mut Tx) -> Result<Vec<(Timestamp, Tariff)>, StoreError> {
    tx.query(LIST, args![]).await?.iter().map(|row| Ok((row.get(0)?, json(&row.get::<String>(1)?, 1)?))).collect()
}

pub(crate) async fn put(tx: &mut Tx, from: Timestamp, tariff: &Tariff, now: Timestamp) -> Result<(), StoreError> {
    tx.exec(PUT, args![from, text(tariff), now]).await.map(drop)
}
