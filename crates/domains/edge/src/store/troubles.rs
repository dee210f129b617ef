//! `edge_certificate_troubles`: sites whose failure to have a certificate was told and is not over.

use argos_store::{Database, StoreError, Tx, args};

argos_store::statements! {
    state;
    LIST = "edge.troubles.list", "select host_id, domain from edge_certificate_troubles order by host_id";
    PUT = "edge.troubles.put",
        "insert into edge_certificate_troubles (host_id, domain) values ($1, $2) on conflict (host_id) do update set domain = excluded.domain";
    FORGET = "edge.troubles.forget", "delete from edge_certificate_troubles where host_id = $1";
}

/// Ids and names of the sites.
pub(crate) async fn list(db: &Database) -> Result<Vec<(i64, String)>, StoreError> {
    db.query(LIST, args![]).await?.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

pub(crate) async fn put(tx: &mut Tx, host_id: i64, domain: &str) -> Result<(), StoreError> {
    tx.exec(PUT, args![host_id, domain]).await.map(drop)
}

/// Forgets it; false when there was none.
pub(crate) async fn forget(tx: &mut Tx, host_id: i64) -> Result<bool, StoreError> {
    Ok(tx.exec(FORGET, args![host_id]).await? == 1)
}
