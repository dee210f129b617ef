//! `edge_self_signed`: certificates of our own making, with sealed keys.

use argos_kernel::Timestamp;
use argos_store::{Database, StoreError, args};

argos_store::statements! {
    state;
    LIST = "edge.self_signed.list", "select host_id, domain, cert_pem, key_enc, not_after, created_at from edge_self_signed order by host_id";
    PUT = "edge.self_signed.put",
        "insert into edge_self_signed (host_id, domain, cert_pem, key_enc, not_after, created_at) values ($1, $2, $3, $4, $5, $6)
         on conflict (host_id) do update set domain = excluded.domain, cert_pem = excluded.cert_pem, key_enc = excluded.key_enc,
           not_after = excluded.not_after, created_at = excluded.created_at";
}

pub(crate) struct Row {
    pub(crate) host_id: i64,
    pub(crate) domain: String,
    pub(crate) cert_pem: String,
    pub(crate) key_enc: String,
    pub(crate) not_after: Timestamp,
    pub(crate) created_at: Timestamp,
}

pub(crate) async fn list(db: &Database) -> Result<Vec<Row>, StoreError> {
    let read = |row: &argos_store::Row| {
        Ok(Row {
            host_id: row.get(0)?,
            domain: row.get(1)?,
            cert_pem: row.get(2)?,
            key_enc: row.get(3)?,
            not_after: row.get(4)?,
            created_at: row.get(5)?,
        })
    };
    db.query(LIST, args![]).await?.iter().map(read).collect()
}

pub(crate) async fn put(db: &Database, r: &Row) -> Result<(), StoreError> {
    db.exec(PUT, args![r.host_id, &r.domain, &r.cert_pem, &r.key_enc, r.not_after, r.created_at]).await.map(drop)
}
