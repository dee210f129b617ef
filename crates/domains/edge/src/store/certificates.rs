//! `edge_certificates` and `edge_certificate_attempts`: what authorities issued, and how the attempts go.

use argos_kernel::Timestamp;
use argos_store::{Database, Row, StoreError, Tx, args};

macro_rules! columns {
    () => {
        "host_id, domain, directory, chain_pem, key_enc, fingerprint, issuer, not_before, not_after, renew_at, ari_at, issued_at, told_days"
    };
}

argos_store::statements! {
    state;
    LIST = "edge.certificates.list", concat!("select ", columns!(), " from edge_certificates order by host_id");
    OUTLINES = "edge.certificates.outlines",
        "select host_id, domain, fingerprint, not_after, renew_at, ari_at, told_days from edge_certificates order by host_id";
    GET = "edge.certificates.get", concat!("select ", columns!(), " from edge_certificates where host_id = $1");
    PUT = "edge.certificates.put",
        concat!("insert into edge_certificates (", columns!(), ") values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13)
         on conflict (host_id) do update set domain = excluded.domain, directory = excluded.directory, chain_pem = excluded.chain_pem,
           key_enc = excluded.key_enc, fingerprint = excluded.fingerprint, issuer = excluded.issuer, not_before = excluded.not_before,
           not_after = excluded.not_after, renew_at = excluded.renew_at, ari_at = excluded.ari_at, issued_at = excluded.issued_at,
           told_days = excluded.told_days");
    RENEW_AT = "edge.certificates.renew_at", "update edge_certificates set renew_at = $2, ari_at = $3 where host_id = $1 and fingerprint = $4";
    TOLD = "edge.certificates.told", "update edge_certificates set told_days = $2 where host_id = $1 and fingerprint = $3";
    ATTEMPTS = "edge.certificates.attempts",
        "select host_id, failures, next_at, at, ok, code, message from edge_certificate_attempts order by host_id";
    PUT_ATTEMPT = "edge.certificates.put_attempt",
        "insert into edge_certificate_attempts (host_id, failures, next_at, at, ok, code, message) values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (host_id) do update set failures = excluded.failures, next_at = excluded.next_at, at = excluded.at, ok = excluded.ok,
           code = excluded.code, message = excluded.message";
    RETRY_NOW = "edge.certificates.retry_now", "update edge_certificate_attempts set next_at = null where host_id = $1";
}

/// A certificate of an authority.
#[derive(Clone, Debug)]
pub(crate) struct Issued {
    pub(crate) host_id: i64,
    pub(crate) domain: String,
    pub(crate) directory: String,
    pub(crate) chain_pem: String,
    pub(crate) key_enc: String,
    pub(crate) fingerprint: String,
    pub(crate) issuer: String,
    pub(crate) not_before: Timestamp,
    pub(crate) not_after: Timestamp,
    pub(crate) renew_at: Timestamp,
    pub(crate) ari_at: Option<Timestamp>,
    pub(crate) issued_at: Timestamp,
    pub(crate) told_days: Option<i64>,
}

/// What is looked at often: when it ends and what is to be done with it.
#[derive(Clone, Debug)]
pub(crate) struct Outline {
    pub(crate) host_id: i64,
    pub(crate) domain: String,
    pub(crate) fingerprint: String,
    pub(crate) not_after: Timestamp,
    pub(crate) renew_at: Timestamp,
    pub(crate) ari_at: Option<Timestamp>,
    pub(crate) told_days: Option<i64>,
}

/// How the last attempt went and when the next one is.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    pub(crate) host_id: i64,
    /// In a row.
    pub(crate) failures: i64,
    pub(crate) next_at: Option<Timestamp>,
    pub(crate) at: Timestamp,
    pub(crate) ok: bool,
    /// A word for programs; empty when it went well.
    pub(crate) code: String,
    pub(crate) message: String,
}

fn read(row: &Row) -> Result<Issued, StoreError> {
    Ok(Issued {
        host_id: row.get(0)?,
        domain: row.get(1)?,
        directory: row.get(2)?,
        chain_pem: row.get(3)?,
        key_enc: row.get(4)?,
        fingerprint: row.get(5)?,
        issuer: row.get(6)?,
        not_before: row.get(7)?,
        not_after: row.get(8)?,
        renew_at: row.get(9)?,
        ari_at: row.get(10)?,
        issued_at: row.get(11)?,
        told_days: row.get(12)?,
    })
}

pub(crate) async fn list(db: &Database) -> Result<Vec<Issued>, StoreError> {
    db.query(LIST, args![]).await?.iter().map(read).collect()
}

pub(crate) async fn outlines(db: &Database) -> Result<Vec<Outline>, StoreError> {
    let read = |row: &Row| {
        Ok(Outline {
            host_id: row.get(0)?,
            domain: row.get(1)?,
            fingerprint: row.get(2)?,
            not_after: row.get(3)?,
            renew_at: row.get(4)?,
            ari_at: row.get(5)?,
            told_days: row.get(6)?,
        })
    };
    db.query(OUTLINES, args![]).await?.iter().map(read).collect()
}

pub(crate) async fn find(db: &Database, host_id: i64) -> Result<Option<Issued>, StoreError> {
    db.find(GET, args![host_id]).await?.as_ref().map(read).transpose()
}

pub(crate) async fn find_in(tx: &mut Tx, host_id: i64) -> Result<Option<Issued>, StoreError> {
    tx.find(GET, args![host_id]).await?.as_ref().map(read).transpose()
}

pub(crate) async fn put(tx: &mut Tx, c: &Issued) -> Result<(), StoreError> {
    let values = args![
        c.host_id,
        &c.domain,
        &c.directory,
        &c.chain_pem,
        &c.key_enc,
        &c.fingerprint,
        &c.issuer,
        c.not_before,
        c.not_after,
        c.renew_at,
        c.ari_at,
        c.issued_at,
        c.told_days
    ];
    tx.exec(PUT, values).await.map(drop)
}

/// Moves the renewal of exactly this certificate.
pub(crate) async fn set_renewal(db: &Database, c: &Issued, at: Timestamp, ari_at: Option<Timestamp>) -> Result<(), StoreError> {
    db.exec(RENEW_AT, args![c.host_id, at, ari_at, &c.fingerprint]).await.map(drop)
}

pub(crate) async fn told(tx: &mut Tx, host_id: i64, days: i64, fingerprint: &str) -> Result<(), StoreError> {
    tx.exec(TOLD, args![host_id, days, fingerprint]).await.map(drop)
}

pub(crate) async fn attempts(db: &Database) -> Result<Vec<Attempt>, StoreError> {
    let read = |row: &Row| {
        Ok(Attempt {
            host_id: row.get(0)?,
            failures: row.get(1)?,
            next_at: row.get(2)?,
            at: row.get(3)?,
            ok: row.get(4)?,
            code: row.get(5)?,
            message: row.get(6)?,
        })
    };
    db.query(ATTEMPTS, args![]).await?.iter().map(read).collect()
}

pub(crate) async fn put_attempt(tx: &mut Tx, a: &Attempt) -> Result<(), StoreError> {
    tx.exec(PUT_ATTEMPT, args![a.host_id, a.failures, a.next_at, a.at, a.ok, &a.code, &a.message]).await.map(drop)
}

pub(crate) async fn retry_now(tx: &mut Tx, host_id: i64) -> Result<(), StoreError> {
    tx.exec(RETRY_NOW, args![host_id]).await.map(drop)
}
