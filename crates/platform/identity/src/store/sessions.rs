//! Rows of `sessions`. A revoked row stays until the hourly purge, so that lists and audit can still name it.

use argos_kernel::{Role, Timestamp, Uid};
use argos_store::{Database, Row, StoreError, Tx, args};

use super::{list_text, read_list};
use crate::model::session::{Session, SessionKind};

macro_rules! columns {
    () => {
        "s.id, s.uid, s.user_id, s.kind, s.prefix, s.auth_methods, s.setup_only, s.stepped_up_at, s.client_ip, s.user_agent,
         s.created_at, s.last_seen_at, s.expires_at, s.family, s.scopes"
    };
}

argos_store::statements! {
    state;
    BY_HASH = "identity.sessions.by_hash",
        concat!("select ", columns!(), " from sessions s where s.token_hash = $1 and s.revoked_at is null and s.expires_at > $2");
    BY_UID = "identity.sessions.by_uid",
        concat!("select ", columns!(), " from sessions s where s.uid = $1 and s.revoked_at is null and s.expires_at > $2");
    LIST = "identity.sessions.list",
        concat!("select ", columns!(), ", u.username, u.role from sessions s join users u on u.id = s.user_id
            where s.revoked_at is null and s.expires_at > $1 and (cast($2 as bigint) is null or s.user_id = $2)
            order by s.created_at desc, s.id desc limit 10000");
    OPEN = "identity.sessions.open", "select count(*) from sessions where revoked_at is null and expires_at > $1";
    LAST_SEEN = "identity.sessions.last_seen", "select max(last_seen_at) from sessions where user_id = $1";
    INSERT = "identity.sessions.insert",
        "insert into sessions (uid, user_id, kind, token_hash, prefix, auth_methods, setup_only, stepped_up_at, client_ip,
            xff_chain, user_agent, created_at, last_seen_at, expires_at, family, scopes)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, $13, $14, $15) returning id";
    TOUCH = "identity.sessions.touch", "update sessions set last_seen_at = $1 where id = $2 and last_seen_at < $1";
    STEP_UP = "identity.sessions.step_up", "update sessions set stepped_up_at = $1 where id = $2";
    UNLOCK = "identity.sessions.unlock", "update sessions set setup_only = false where id = $1";
    // Whoever opens a session locks its user first, so that none is opened beside a revocation.
    LOCK_USERS = "identity.sessions.lock_users",
        sqlite "select id from sessions where id = $1 and prefix = $2",
        postgres "select u.id from users u where u.id in (select s.user_id from sessions s where s.id = $1 or s.prefix = $2)
            order by u.id for update";
    RENEW = "identity.sessions.renew", "update sessions set last_seen_at = $1 where id = $2 and revoked_at is null";
    REVOKE = "identity.sessions.revoke",
        "update sessions set revoked_at = $1, reason = $2
         where revoked_at is null and (id = $3 or family = (select f.family from sessions f where f.id = $3))";
    REVOKE_PREFIX = "identity.sessions.revoke_prefix",
        "update sessions set revoked_at = $1, reason = $2 where prefix = $3 and revoked_at is null and expires_at > $1";
    REVOKE_USER = "identity.sessions.revoke_user",
        "update sessions set revoked_at = $1, reason = $2
         where user_id = $3 and revoked_at is null and expires_at > $1 and (cast($4 as bigint) is null
              or (id <> $4 and coalesce(family, '') <> coalesce((select f.family from sessions f where f.id = $4), '-')))";
    REVOKE_FAMILY = "identity.sessions.revoke_family",
        "update sessions set revoked_at = $1, reason = $2 where family = $3 and revoked_at is null";
    RETIRE = "identity.sessions.retire",
        "update sessions set revoked_at = $1, reason = 'rotated' where id = $2 and revoked_at is null";
    JOIN_FAMILY = "identity.sessions.join_family", "update sessions set family = $1 where uid = $2";
    TRIM_USER = "identity.sessions.trim_user",
        "delete from sessions where id in (select id from sessions where user_id = $1 and revoked_at is null order by created_at desc, id desc limit 1000000 offset $2)";
    TRIM_ALL = "identity.sessions.trim_all",
        "delete from sessions where id in (select id from sessions where revoked_at is null order by created_at desc, id desc limit 1000000 offset $1)";
    PURGE = "identity.sessions.purge",
        "delete from sessions where expires_at <= $1 or revoked_at <= $1 or (kind = 'web' and last_seen_at <= $2)";
}

fn read(row: &Row) -> Result<Session, StoreError> {
    let kind: String = row.get(3)?;
    Ok(Session {
        id: row.get(0)?,
        uid: row.get(1)?,
        user_id: row.get(2)?,
        kind: SessionKind::parse(&kind).ok_or(StoreError::Column { index: 3, wanted: "a session kind" })?,
        prefix: row.get(4)?,
        auth_methods: read_list(&row.get::<String>(5)?, 5)?,
        setup_only: row.get(6)?,
        stepped_up_at: row.get(7)?,
        client_ip: row.get(8)?,
        user_agent: row.get(9)?,
        created_at: row.get(10)?,
        last_seen_at: row.get(11)?,
        expires_at: row.get(12)?,
        family: row.get(13)?,
        scopes: row.get::<Option<String>>(14)?.map(|text| read_list(&text, 14)).transpose()?,
    })
}

/// When somebody was last seen, of the sessions that are still kept.
pub(crate) async fn last_seen(db: &Database, user_id: i64) -> Result<Option<Timestamp>, StoreError> {
    db.one(LAST_SEEN, args![user_id]).await?.get(0)
}

/// A live row; whether it is idle is the model's to say.
/// Sessions that are neither revoked nor over.
pub(crate) async fn open(db: &Database, now: Timestamp) -> Result<i64, StoreError> {
    db.one(OPEN, args![now]).await?.get(0)
}

pub(crate) async fn by_hash(db: &Database, token_hash: &str, now: Timestamp) -> Result<Option<Session>, StoreError> {
    db.find(BY_HASH, args![token_hash, now]).await?.as_ref().map(read).transpose()
}

pub(crate) async fn by_uid(db: &Database, uid: Uid, now: Timestamp) -> Result<Option<Session>, StoreError> {
    db.find(BY_UID, args![uid, now]).await?.as_ref().map(read).transpose()
}

/// Live sessions, newest first, with the name and role of their user; of one user when named.
pub(crate) async fn list(db: &Database, user_id: Option<i64>, now: Timestamp) -> Result<Vec<(Session, String, Role)>, StoreError> {
    db.query(LIST, args![now, user_id]).await?.iter().map(|r| Ok((read(r)?, r.get(15)?, r.get(16)?))).collect()
}

/// A row to be written.
pub(crate) struct NewSession<'a> {
    pub(crate) uid: Uid,
    pub(crate) user_id: i64,
    pub(crate) kind: SessionKind,
    pub(crate) token_hash: String,
    pub(crate) prefix: String,
    pub(crate) auth_methods: &'a [String],
    pub(crate) setup_only: bool,
    pub(crate) client_ip: Option<&'a str>,
    pub(crate) xff_chain: Option<&'a str>,
    pub(crate) user_agent: Option<&'a str>,
    pub(crate) now: Timestamp,
    pub(crate) expires_at: Timestamp,
    pub(crate) family: Option<Uid>,
    pub(crate) scopes: Option<&'a [String]>,
    /// Whether the moment counts as a step-up: a login does, a renewed token does not.
    pub(crate) stepped_up: bool,
}

pub(crate) async fn insert(tx: &mut Tx, new: NewSession<'_>) -> Result<i64, StoreError> {
    let args = args![
        new.uid,
        new.user_id,
        new.kind.as_str(),
        new.token_hash,
        new.prefix,
        list_text(new.auth_methods),
        new.setup_only,
        new.stepped_up.then_some(new.now),
        new.client_ip,
        new.xff_chain,
        new.user_agent,
        new.now,
        new.expires_at,
        new.family,
        new.scopes.map(list_text),
    ];
    tx.one(INSERT, args).await?.get(0)
}

pub(crate) async fn touch(db: &Database, id: i64, now: Timestamp) -> Result<(), StoreError> {
    db.exec(TOUCH, args![now, id]).await.map(drop)
}

pub(crate) async fn step_up(tx: &mut Tx, id: i64, now: Timestamp) -> Result<(), StoreError> {
    tx.exec(STEP_UP, args![now, id]).await.map(drop)
}

/// Lifts the restriction to second-factor set-up.
pub(crate) async fn unlock(tx: &mut Tx, id: i64) -> Result<(), StoreError> {
    tx.exec(UNLOCK, args![id]).await.map(drop)
}

/// Ends a session and what belongs to its family; false when it was over before.
pub(crate) async fn revoke(tx: &mut Tx, id: i64, now: Timestamp, reason: &str) -> Result<bool, StoreError> {
    tx.query(LOCK_USERS, args![id, Option::<String>::None]).await?;
    Ok(tx.exec(REVOKE, args![now, reason, id]).await? > 0)
}

pub(crate) async fn revoke_prefix(tx: &mut Tx, prefix: &str, now: Timestamp, reason: &str) -> Result<u64, StoreError> {
    tx.query(LOCK_USERS, args![Option::<i64>::None, prefix]).await?;
    tx.exec(REVOKE_PREFIX, args![now, reason, prefix]).await
}

/// Marks a session as used now; false when it is over.
pub(crate) async fn renew(tx: &mut Tx, id: i64, now: Timestamp) -> Result<bool, StoreError> {
    Ok(tx.exec(RENEW, args![now, id]).await? == 1)
}

/// Ends everything of a family; how many it were. The caller holds its user.
pub(crate) async fn revoke_family(tx: &mut Tx, family: Uid, now: Timestamp, reason: &str) -> Result<u64, StoreError> {
    tx.exec(REVOKE_FAMILY, args![now, reason, family]).await
}

/// Ends one refresh token that was exchanged; false when somebody else exchanged it before.
pub(crate) async fn retire(tx: &mut Tx, id: i64, now: Timestamp) -> Result<bool, StoreError> {
    Ok(tx.exec(RETIRE, args![now, id]).await? == 1)
}

pub(crate) async fn join_family(tx: &mut Tx, uid: Uid, family: Uid) -> Result<(), StoreError> {
    tx.exec(JOIN_FAMILY, args![family, uid]).await.map(drop)
}

/// Ends every session of a user but `except` and its family; how many it were. The caller holds the user.
pub(crate) async fn revoke_user(tx: &mut Tx, user_id: i64, except: Option<i64>, now: Timestamp, reason: &str) -> Result<u64, StoreError> {
    tx.exec(REVOKE_USER, args![now, reason, user_id, except]).await
}

/// Keeps the newest `per_user` of one user and the newest `all` in all; how many went.
pub(crate) async fn trim(tx: &mut Tx, user_id: i64, per_user: i64, all: i64) -> Result<u64, StoreError> {
    Ok(tx.exec(TRIM_USER, args![user_id, per_user]).await? + tx.exec(TRIM_ALL, args![all]).await?)
}

/// Removes what is over: expired, revoked, or idle since before `idle_before`.
pub(crate) async fn purge(db: &Database, now: Timestamp, idle_before: Timestamp) -> Result<u64, StoreError> {
    db.exec(PURGE, args![now, idle_before]).await
}
