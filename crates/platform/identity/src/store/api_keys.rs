//! Rows of `api_keys`.

use argos_kernel::{Role, Timestamp, Uid};
use argos_store::{Database, Row, StoreError, Tx, args};

use super::{list_text, read_list};
use crate::model::api_key::ApiKey;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select id, uid, name, key_prefix, owner_id, organization_id, role_cap, scopes, node_ids, created_by, created_at,
                    expires_at, revoked_at, last_used_at, request_count, rotated_from, origin from api_keys ",
            $rest
        )
    };
}

argos_store::statements! {
    state;
    BY_HASH = "identity.api_keys.by_hash", select!("where key_hash = $1");
    BY_ID = "identity.api_keys.by_id", select!("where id = $1");
    BY_UID = "identity.api_keys.by_uid", select!("where uid = $1");
    // The last 12 hexadecimal digits are the last group of a UUID.
    BY_SHORT = "identity.api_keys.by_short", select!("where substr(uid, 25) = $1 order by id limit 1");
    OF_ORIGINS = "identity.api_keys.of_origins", select!("where (origin = $1 or origin = $2) and (revoked_at is null or revoked_at > $3) order by id desc limit 1000");
    OF_ORGANIZATION = "identity.api_keys.of_organization",
        select!("where organization_id = $1 and (revoked_at is null or revoked_at > $2 or $3 = true) order by id desc limit 1000");
    EVERY = "identity.api_keys.every", select!("order by id desc limit 10000");
    EXPIRING = "identity.api_keys.expiring",
        select!("where revoked_at is null and expires_at > $1 and expires_at <= $2 and created_at < expires_at - $3
                 and (warned_days is null or warned_days > $4) order by id limit 1000");
    // Whoever changes it announces: replicas look at the same time.
    WARNED = "identity.api_keys.warned", "update api_keys set warned_days = $1 where id = $2 and (warned_days is null or warned_days > $1)";
    INSERT = "identity.api_keys.insert",
        "insert into api_keys (uid, name, key_hash, key_prefix, owner_id, organization_id, role_cap, scopes, node_ids, created_by,
            created_at, expires_at, request_count, rotated_from, origin)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, $13, $14) returning id";
    REVOKE = "identity.api_keys.revoke",
        "update api_keys set revoked_at = $1 where id = $2 and (revoked_at is null or revoked_at > $1)";
    REPLACE = "identity.api_keys.replace", "update api_keys set revoked_at = $1 where id = $2 and revoked_at is null";
    OF_OWNER = "identity.api_keys.of_owner", select!("where owner_id = $1 order by id desc limit 1000");
    USED = "identity.api_keys.used",
        "update api_keys set last_used_at = $1, request_count = request_count + $2 where id = $3";
}

fn read(row: &Row) -> Result<ApiKey, StoreError> {
    Ok(ApiKey {
        id: row.get(0)?,
        uid: row.get(1)?,
        name: row.get(2)?,
        key_prefix: row.get(3)?,
        owner_id: row.get(4)?,
        organization_id: row.get(5)?,
        role_cap: row.get(6)?,
        scopes: read_list(&row.get::<String>(7)?, 7)?,
        node_ids: row.get::<Option<String>>(8)?.map(|text| read_list(&text, 8)).transpose()?,
        created_by: row.get(9)?,
        created_at: row.get(10)?,
        expires_at: row.get(11)?,
        revoked_at: row.get(12)?,
        last_used_at: row.get(13)?,
        request_count: row.get(14)?,
        rotated_from: row.get(15)?,
        origin: row.get(16)?,
    })
}

pub(crate) async fn by_hash(db: &Database, key_hash: &str) -> Result<Option<ApiKey>, StoreError> {
    db.find(BY_HASH, args![key_hash]).await?.as_ref().map(read).transpose()
}

/// How a caller names a key.
#[derive(Clone, Copy, Debug)]
pub(crate) enum By<'a> {
    Id(i64),
    Uid(Uid),
    /// The last 12 hexadecimal digits of the uid.
    Short(&'a str),
}

pub(crate) async fn find(db: &Database, by: By<'_>) -> Result<Option<ApiKey>, StoreError> {
    let row = match by {
        By::Id(id) => db.find(BY_ID, args![id]).await?,
        By::Uid(uid) => db.find(BY_UID, args![uid]).await?,
        By::Short(short) => db.find(BY_SHORT, args![short]).await?,
    };
    row.as_ref().map(read).transpose()
}

/// Keys two views made that still work or expired by themselves, newest first.
pub(crate) async fn of_origins(db: &Database, origin: &str, or: &str, now: Timestamp) -> Result<Vec<ApiKey>, StoreError> {
    db.query(OF_ORIGINS, args![origin, or, now]).await?.iter().map(read).collect()
}

/// Keys of an organization, newest first.
pub(crate) async fn of_organization(db: &Database, organization_id: i64, revoked: bool, now: Timestamp) -> Result<Vec<ApiKey>, StoreError> {
    db.query(OF_ORGANIZATION, args![organization_id, now, revoked]).await?.iter().map(read).collect()
}

/// Keys that act as this user, newest first.
pub(crate) async fn of_owner(db: &Database, owner_id: i64) -> Result<Vec<ApiKey>, StoreError> {
    db.query(OF_OWNER, args![owner_id]).await?.iter().map(read).collect()
}

pub(crate) async fn every(db: &Database) -> Result<Vec<ApiKey>, StoreError> {
    db.query(EVERY, args![]).await?.iter().map(read).collect()
}

/// Live keys that end within so many days, were made before that, and are not announced for it yet.
pub(crate) async fn expiring(db: &Database, now: Timestamp, days: i64) -> Result<Vec<ApiKey>, StoreError> {
    let ahead_s = days * 86_400;
    db.query(EXPIRING, args![now, now.plus_secs(ahead_s), ahead_s * 1_000_000, days]).await?.iter().map(read).collect()
}

/// Marks a key as announced for so many days; false when somebody else did.
pub(crate) async fn warned(tx: &mut Tx, id: i64, days: i64) -> Result<bool, StoreError> {
    Ok(tx.exec(WARNED, args![days, id]).await? > 0)
}

/// A row to be written; the text itself is never stored.
pub(crate) struct NewKey<'a> {
    pub(crate) uid: Uid,
    pub(crate) name: &'a str,
    pub(crate) key_hash: String,
    pub(crate) key_prefix: String,
    pub(crate) owner_id: Option<i64>,
    pub(crate) organization_id: Option<i64>,
    pub(crate) role_cap: Role,
    pub(crate) scopes: &'a [String],
    pub(crate) node_ids: Option<&'a [String]>,
    pub(crate) created_by: &'a str,
    pub(crate) created_at: Timestamp,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) rotated_from: Option<i64>,
    pub(crate) origin: &'a str,
}

pub(crate) async fn insert(tx: &mut Tx, new: NewKey<'_>) -> Result<i64, StoreError> {
    let args = args![
        new.uid,
        new.name,
        new.key_hash,
        new.key_prefix,
        new.owner_id,
        new.organization_id,
        new.role_cap,
        list_text(new.scopes),
        new.node_ids.map(list_text),
        new.created_by,
        new.created_at,
        new.expires_at,
        new.rotated_from,
        new.origin,
    ];
    tx.one(INSERT, args).await?.get(0)
}

/// Ends a key at `at`; false when it had ended by then.
pub(crate) async fn revoke(tx: &mut Tx, id: i64, at: Timestamp) -> Result<bool, StoreError> {
    Ok(tx.exec(REVOKE, args![at, id]).await? == 1)
}

/// Ends a key at `at` because another one takes its place; false when its end was named before.
pub(crate) async fn replace(tx: &mut Tx, id: i64, at: Timestamp) -> Result<bool, StoreError> {
    Ok(tx.exec(REPLACE, args![at, id]).await? == 1)
}

pub(crate) async fn note_use(db: &Database, id: i64, at: Timestamp, requests: i64) -> Result<(), StoreError> {
    db.exec(USED, args![at, requests, id]).await.map(drop)
}
