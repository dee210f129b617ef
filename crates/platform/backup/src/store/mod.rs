//! Rows of `backups`: SQL and mapping, nothing else.

use argos_kernel::{Timestamp, Uid};
use argos_store::{Database, Row, StoreError, Tx, args};

macro_rules! columns {
    () => {
        "id, uid, filename, size_bytes, sha256, kind, trigger_user_id, trigger_name, created_at, note, encrypted, engine, version, \
         key_fingerprint, row_count, verify_state, verified_at, verify_detail, remote_state, remote_place, remote_error"
    };
}

argos_store::statements! {
    state;
    LIST = "backups.list", concat!("select ", columns!(), " from backups order by created_at desc, id desc limit $1");
    GET = "backups.get", concat!("select ", columns!(), " from backups where id = $1");
    INSERT = "backups.insert",
        "insert into backups (uid, filename, size_bytes, sha256, kind, trigger_user_id, trigger_name, created_at, note, encrypted, engine, version,
           key_fingerprint, row_count, verify_state, verified_at, verify_detail)
         values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17) on conflict (filename) do nothing returning id";
    VERIFIED = "backups.verified", "update backups set verify_state = $1, verified_at = $2, verify_detail = $3 where id = $4";
    REMOTE = "backups.remote", "update backups set remote_state = $1, remote_place = $2, remote_error = $3 where id = $4";
    DELETE = "backups.delete", "delete from backups where id = $1";
}

/// One archive.
#[derive(Clone, Debug, PartialEq)]
pub struct Backup {
    pub id: i64,
    pub uid: Uid,
    pub filename: String,
    pub size_bytes: i64,
    pub sha256: String,
    /// `manual`, `scheduled`, `upgrade` (made before the first step of one), `uploaded` or `orphan`.
    pub kind: String,
    pub trigger_user_id: Option<i64>,
    pub trigger_name: String,
    pub created_at: Timestamp,
    pub note: Option<String>,
    pub encrypted: bool,
    /// What the archive says about itself; unknown for an encrypted one that was found.
    pub engine: Option<String>,
    pub version: Option<String>,
    pub key_fingerprint: Option<String>,
    pub row_count: Option<i64>,
    /// `ok` or `failed`; unknown until it was verified.
    pub verify_state: Option<String>,
    pub verified_at: Option<Timestamp>,
    pub verify_detail: Option<String>,
    /// `uploaded` or `failed`; unknown without a target.
    pub remote_state: Option<String>,
    pub remote_place: Option<String>,
    pub remote_error: Option<String>,
}

/// The verdict of a verification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verified {
    pub(crate) ok: bool,
    pub(crate) at: Timestamp,
    pub(crate) detail: String,
}

impl Verified {
    pub(crate) const fn word(&self) -> &'static str {
        if self.ok { "ok" } else { "failed" }
    }
}

fn read(row: &Row) -> Result<Backup, StoreError> {
    Ok(Backup {
        id: row.get(0)?,
        uid: row.get(1)?,
        filename: row.get(2)?,
        size_bytes: row.get(3)?,
        sha256: row.get(4)?,
        kind: row.get(5)?,
        trigger_user_id: row.get(6)?,
        trigger_name: row.get(7)?,
        created_at: row.get(8)?,
        note: row.get(9)?,
        encrypted: row.get(10)?,
        engine: row.get(11)?,
        version: row.get(12)?,
        key_fingerprint: row.get(13)?,
        row_count: row.get(14)?,
        verify_state: row.get(15)?,
        verified_at: row.get(16)?,
        verify_detail: row.get(17)?,
        remote_state: row.get(18)?,
        remote_place: row.get(19)?,
        remote_error: row.get(20)?,
    })
}

/// Newest first.
pub(crate) async fn list(db: &Database, limit: i64) -> Result<Vec<Backup>, StoreError> {
    db.query(LIST, args![limit]).await?.iter().map(read).collect()
}

pub(crate) async fn get(db: &Database, id: i64) -> Result<Option<Backup>, StoreError> {
    db.find(GET, args![id]).await?.as_ref().map(read).transpose()
}

/// The new id; `None` when the file name is known already.
pub(crate) async fn insert(tx: &mut Tx, b: &Backup) -> Result<Option<i64>, StoreError> {
    let b = b.clone();
    let values = args![
        b.uid,
        b.filename,
        b.size_bytes,
        b.sha256,
        b.kind,
        b.trigger_user_id,
        b.trigger_name,
        b.created_at,
        b.note,
        b.encrypted,
        b.engine,
        b.version,
        b.key_fingerprint,
        b.row_count,
        b.verify_state,
        b.verified_at,
        b.verify_detail,
    ];
    tx.find(INSERT, values).await?.map(|r| r.get(0)).transpose()
}

pub(crate) async fn verified(tx: &mut Tx, id: i64, verdict: &Verified) -> Result<u64, StoreError> {
    tx.exec(VERIFIED, args![verdict.word(), verdict.at, verdict.detail.as_str(), id]).await
}

pub(crate) async fn remote(db: &Database, id: i64, place: &str, error: Option<&str>) -> Result<u64, StoreError> {
    let state = if error.is_some() { "failed" } else { "uploaded" };
    db.exec(REMOTE, args![state, place, error, id]).await
}

pub(crate) async fn delete(tx: &mut Tx, id: i64) -> Result<u64, StoreError> {
    tx.exec(DELETE, args![id]).await
}
