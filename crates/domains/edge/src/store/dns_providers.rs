//! `edge_dns_providers`: which providers are on, with their sealed credentials.

use argos_kernel::Timestamp;
use argos_store::{Database, Row, StoreError, Tx, args};

argos_store::statements! {
    state;
    LIST = "edge.dns_providers.list", "select name, enabled, credentials_enc, updated_at from edge_dns_providers order by name";
    GET = "edge.dns_providers.get", "select name, enabled, credentials_enc, updated_at from edge_dns_providers where name = $1";
    PUT = "edge.dns_providers.put",
        "insert into edge_dns_providers (name, enabled, credentials_enc, updated_at) values ($1, $2, $3, $4)
         on conflict (name) do update set enabled = excluded.enabled, credentials_enc = excluded.credentials_enc,
           updated_at = excluded.updated_at";
}

#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) name: String,
    pub(crate) enabled: bool,
    pub(crate) credentials_enc: Option<String>,
    pub(crate) updated_at: Timestamp,
}

fn read(row: &Row) -> Result<Stored, StoreError> {
    Ok(Stored { name: row.get(0)?, enabled: row.get(1)?, credentials_enc: row.get(2)?, updated_at: row.get(3)? })
}

pub(crate) async fn list(db: &Database) -> Result<Vec<Stored>, StoreError> {
    db.query(LIST, args![]).await?.iter().map(read).collect()
}

pub(crate) async fn find(db: &Database, name: &str) -> Result<Option<Stored>, StoreError> {
    db.find(GET, args![name]).await?.as_ref().map(read).transpose()
}

pub(crate) async fn find_in(tx: &mut Tx, name: &str) -> Result<Option<Stored>, StoreError> {
    tx.find(GET, args![name]).await?.as_ref().map(read).transpose()
}

pub(crate) async fn put(tx: &mut Tx, p: &Stored) -> Result<(), StoreError> {
    tx.exec(PUT, args![&p.name, p.enabled, p.credentials_enc.as_deref(), p.updated_at]).await.map(drop)
}
