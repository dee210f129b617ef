//! Rows of `testing_discovery_addresses`: every address that was met, and what became of it.

use argos_store::{Database, Row, StoreError, Tx, args};

use super::word;
use crate::discovery::model::{Address, AddressState};

argos_store::statements! {
    state;
    OF = "testing.discovery.addresses.of",
        "select url, depth, seq, state, reason, label, from_url from testing_discovery_addresses
         where discovery_id = $1 and (cast($2 as text) is null or state = $2) order by seq limit $3";
    INSERT = "testing.discovery.addresses.insert",
        "insert into testing_discovery_addresses (discovery_id, url, depth, seq, state, reason, label, from_url)
         values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (discovery_id, url) do nothing";
    SET = "testing.discovery.addresses.set",
        "update testing_discovery_addresses set state = $3, reason = $4 where discovery_id = $1 and url = $2";
}

fn read(row: &Row) -> Result<Address, StoreError> {
    Ok(Address {
        url: row.get(0)?,
        depth: row.get(1)?,
        seq: row.get(2)?,
        state: word(AddressState::parse(&row.get::<String>(3)?), 3)?,
        reason: row.get(4)?,
        label: row.get(5)?,
        from_url: row.get(6)?,
    })
}

/// In the order they were met.
pub(crate) async fn of(db: &Database, discovery: i64, state: Option<AddressState>, limit: i64) -> Result<Vec<Address>, StoreError> {
    db.query(OF, args![discovery, state.map(AddressState::as_str), limit]).await?.iter().map(read).collect()
}

/// False when it was met before.
pub(crate) async fn insert(tx: &mut Tx, discovery: i64, a: &Address) -> Result<bool, StoreError> {
    let args = args![discovery, a.url.as_str(), a.depth, a.seq, a.state.as_str(), a.reason.clone(), a.label.as_str(), a.from_url.clone()];
    Ok(tx.exec(INSERT, args).await? == 1)
}

pub(crate) async fn set(tx: &mut Tx, discovery: i64, url: &str, state: AddressState, reason: Option<&str>) -> Result<(), StoreError> {
    tx.exec(SET, args![discovery, url, state.as_str(), reason]).await.map(drop)
}
