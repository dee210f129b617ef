//! `edge_manual_certificates`: what people uploaded, with sealed keys.

use argos_kernel::Timestamp;
use argos_store::{Database, Row, StoreError, Tx, args};

use super::{json, text};

macro_rules! columns {
    () => {
        "host_id, cert_pem, key_enc, chain_pem, fingerprint, issuer, subject_cn, sans, not_before, not_after, uploaded_at, uploaded_by, told_days"
    };
}

argos_store::statements! {
    state;
    LIST = "edge.manual_certificates.list", concat!("select ", columns!(), " from edge_manual_certificates order by host_id");
    OUTLINES = "edge.manual_certificates.outlines",
        "select host_id, fingerprint, not_after, told_days from edge_manual_certificates order by host_id";
    GET = "edge.manual_certificates.get", concat!("select ", columns!(), " from edge_manual_certificates where host_id = $1");
    PUT = "edge.manual_certificates.put",
        concat!("insert into edge_manual_certificates (", columns!(), ") values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13)
         on conflict (host_id) do update set cert_pem = excluded.cert_pem, key_enc = excluded.key_enc, chain_pem = excluded.chain_pem,
           fingerprint = excluded.fingerprint, issuer = excluded.issuer, subject_cn = excluded.subject_cn, sans = excluded.sans,
           not_before = excluded.not_before, not_after = excluded.not_after, uploaded_at = excluded.uploaded_at,
           uploaded_by = excluded.uploaded_by, told_days = excluded.told_days");
    DELETE = "edge.manual_certificates.delete", "delete from edge_manual_certificates where host_id = $1";
    TOLD = "edge.manual_certificates.told", "update edge_manual_certificates set told_days = $2 where host_id = $1 and fingerprint = $3";
}

/// An uploaded certificate.
#[derive(Clone, Debug)]
pub(crate) struct Manual {
    pub(crate) host_id: i64,
    pub(crate) cert_pem: String,
    pub(crate) key_enc: String,
    pub(crate) chain_pem: String,
    pub(crate) fingerprint: String,
    pub(crate) issuer: String,
    pub(crate) subject_cn: String,
    pub(crate) sans: Vec<String>,
    pub(crate) not_before: Timestamp,
    pub(crate) not_after: Timestamp,
    pub(crate) uploaded_at: Timestamp,
    pub(crate) uploaded_by: String,
    pub(crate) told_days: Option<i64>,
}

fn read(row: &Row) -> Result<Manual, StoreError> {
    Ok(Manual {
        host_id: row.get(0)?,
        cert_pem: row.get(1)?,
        key_enc: row.get(2)?,
        chain_pem: row.get(3)?,
        fingerprint: row.get(4)?,
        issuer: row.get(5)?,
        subject_cn: row.get(6)?,
        sans: json(&row.get::<String>(7)?, 7)?,
        not_before: row.get(8)?,
        not_after: row.get(9)?,
        uploaded_at: row.get(10)?,
        uploaded_by: row.get(11)?,
        told_days: row.get(12)?,
    })
}

pub(crate) async fn list(db: &Database) -> Result<Vec<Manual>, StoreError> {
    db.query(LIST, args![]).await?.iter().map(read).collect()
}

/// What is looked at often: when it ends.
#[derive(Clone, Debug)]
pub(crate) struct Outline {
    pub(crate) host_id: i64,
    pub(crate) fingerprint: String,
    pub(crate) not_after: Timestamp,
    pub(crate) told_days: Option<i64>,
}

pub(crate) async fn outlines(db: &Database) -> Result<Vec<Outline>, StoreError> {
    let read = |row: &Row| Ok(Outline { host_id: row.get(0)?, fingerprint: row.get(1)?, not_after: row.get(2)?, told_days: row.get(3)? });
    db.query(OUTLINES, args![]).await?.iter().map(read).collect()
}

pub(crate) async fn find(db: &Database, host_id: i64) -> Result<Option<Manual>, StoreError> {
    db.find(GET, args![host_id]).await?.as_ref().map(read).transpose()
}

pub(crate) async fn find_in(tx: &mut Tx, host_id: i64) -> Result<Option<Manual>, StoreError> {
    tx.find(GET, args![host_id]).await?.as_ref().map(read).transpose()
}

pub(crate) async fn put(tx: &mut Tx, c: &Manual) -> Result<(), StoreError> {
    let values = args![
        c.host_id,
        &c.cert_pem,
        &c.key_enc,
        &c.chain_pem,
        &c.fingerprint,
        &c.issuer,
        &c.subject_cn,
        text(&c.sans),
        c.not_before,
        c.not_after,
        c.uploaded_at,
        &c.uploaded_by,
        c.told_days
    ];
    tx.exec(PUT, values).await.map(drop)
}

/// Whether there was one.
pub(crate) async fn delete(tx: &mut Tx, host_id: i64) -> Result<bool, StoreError> {
    Ok(tx.exec(DELETE, args![host_id]).await? > 0)
}

pub(crate) async fn told(tx: &mut Tx, host_id: i64, days: i64, fingerprint: &str) -> Result<(), StoreError> {
    tx.exec(TOLD, args![host_id, days, fingerprint]).await.map(drop)
}
