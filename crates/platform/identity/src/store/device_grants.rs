//! Rows of `device_grants`: one device that asks to be let in, from its request to the exchange.

use argos_kernel::{Timestamp, Uid};
use argos_store::{Database, Row, StoreError, Tx, args};

use super::{list_text, read_list};

macro_rules! columns {
    () => {
        "id, uid, user_code, client_id, scopes, status, user_id, client_ip, poll_interval_s, last_polled_at, expires_at"
    };
}

argos_store::statements! {
    state;
    INSERT = "identity.device_grants.insert",
        "insert into device_grants (uid, device_code_hash, user_code, client_id, scopes, status, client_ip, poll_interval_s,
            created_at, expires_at)
         values ($1, $2, $3, $4, $5, 'pending', $6, $7, $8, $9)";
    BY_DEVICE_CODE = "identity.device_grants.by_device_code",
        concat!("select ", columns!(), " from device_grants where device_code_hash = $1");
    BY_USER_CODE = "identity.device_grants.by_user_code", concat!("select ", columns!(), " from device_grants where user_code = $1");
    POLLED = "identity.device_grants.polled",
        "update device_grants set last_polled_at = $1, poll_interval_s = $2 where id = $3";
    DECIDE = "identity.device_grants.decide",
        "update device_grants set status = $1, user_id = $2 where id = $3 and status = 'pending'";
    EXCHANGE = "identity.device_grants.exchange",
        "update device_grants set status = 'exchanged' where id = $1 and status = 'approved'";
    PURGE = "identity.device_grants.purge", "delete from device_grants where expires_at <= $1";
}

/// Where a grant stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Pending,
    Approved,
    Denied,
    Exchanged,
}

impl Status {
    fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "pending" => Self::Pending,
            "approved" => Self::Approved,
            "denied" => Self::Denied,
            "exchanged" => Self::Exchanged,
            _ => return None,
        })
    }
}

pub(crate) struct Grant {
    pub(crate) id: i64,
    pub(crate) uid: Uid,
    pub(crate) user_code: String,
    pub(crate) client_id: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) status: Status,
    pub(crate) user_id: Option<i64>,
    pub(crate) client_ip: Option<String>,
    pub(crate) poll_interval_s: i64,
    pub(crate) last_polled_at: Option<Timestamp>,
    pub(crate) expires_at: Timestamp,
}

fn read(row: &Row) -> Result<Grant, StoreError> {
    let status: String = row.get(5)?;
    Ok(Grant {
        id: row.get(0)?,
        uid: row.get(1)?,
        user_code: row.get(2)?,
        client_id: row.get(3)?,
        scopes: read_list(&row.get::<String>(4)?, 4)?,
        status: Status::parse(&status).ok_or(StoreError::Column { index: 5, wanted: "a state of a device grant" })?,
        user_id: row.get(6)?,
        client_ip: row.get(7)?,
        poll_interval_s: row.get(8)?,
        last_polled_at: row.get(9)?,
        expires_at: row.get(10)?,
    })
}

/// A row to be written.
pub(crate) struct NewGrant<'a> {
    pub(crate) uid: Uid,
    pub(crate) device_code_hash: String,
    pub(crate) user_code: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) scopes: &'a [String],
    pub(crate) client_ip: Option<&'a str>,
    pub(crate) poll_interval_s: i64,
    pub(crate) now: Timestamp,
    pub(crate) expires_at: Timestamp,
}

pub(crate) async fn insert(db: &Database, new: NewGrant<'_>) -> Result<(), StoreError> {
    let args = args![
        new.uid,
        new.device_code_hash,
        new.user_code,
        new.client_id,
        list_text(new.scopes),
        new.client_ip,
        new.poll_interval_s,
        new.now,
        new.expires_at,
    ];
    db.exec(INSERT, args).await.map(drop)
}

pub(crate) async fn by_device_code(db: &Database, hash: &str) -> Result<Option<Grant>, StoreError> {
    db.find(BY_DEVICE_CODE, args![hash]).await?.as_ref().map(read).transpose()
}

pub(crate) async fn by_user_code(db: &Database, code: &str) -> Result<Option<Grant>, StoreError> {
    db.find(BY_USER_CODE, args![code]).await?.as_ref().map(read).transpose()
}

pub(crate) async fn note_poll(db: &Database, id: i64, now: Timestamp, interval_s: i64) -> Result<(), StoreError> {
    db.exec(POLLED, args![now, interval_s, id]).await.map(drop)
}

/// Approves or denies; false when somebody decided before.
pub(crate) async fn decide(tx: &mut Tx, id: i64, user_id: i64, approve: bool) -> Result<bool, StoreError> {
    let status = if approve { "approved" } else { "denied" };
    Ok(tx.exec(DECIDE, args![status, user_id, id]).await? == 1)
}

/// Uses an approved grant up; false when it was used before.
pub(crate) async fn exchange(tx: &mut Tx, id: i64) -> Result<bool, StoreError> {
    Ok(tx.exec(EXCHANGE, args![id]).await? == 1)
}

pub(crate) async fn purge(db: &Database, now: Timestamp) -> Result<u64, StoreError> {
    db.exec(PURGE, args![now]).await
}
