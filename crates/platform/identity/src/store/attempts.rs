//! Login attempts of the last 24 hours, and the bans and locks that followed from them.

use argos_kernel::Timestamp;
use argos_store::{Database, Row, StoreError, Tx, args};

use crate::model::limiter::Ban;

argos_store::statements! {
    state;
    INSERT = "identity.attempts.insert",
        "insert into login_attempts (ip, username, route, kind, success, at) values ($1, $2, $3, $4, $5, $6)";
    FAILURES_OF_IP = "identity.attempts.of_ip",
        "select count(*) from login_attempts where ip = $1 and success = false and at >= $2";
    FAILURES_OF_NAME = "identity.attempts.of_name",
        "select count(*) from login_attempts where username = $1 and success = false and at >= $2";
    CODE_FAILURES = "identity.attempts.of_pair",
        "select count(*) from login_attempts where username = $1 and ip = $2 and kind = 'totp' and success = false and at >= $3";
    BAN = "identity.bans.find", "select level, since, until from login_bans where subject = $1";
    PUT_BAN = "identity.bans.put",
        "insert into login_bans (subject, level, since, until) values ($1, $2, $3, $4)
         on conflict (subject) do update set level = excluded.level, since = excluded.since, until = excluded.until";
    DELETE_BAN = "identity.bans.delete", "delete from login_bans where (cast($1 as text) is null or subject = $1)";
    FORGET = "identity.attempts.forget",
        "delete from login_attempts where success = false and (cast($1 as text) is null or ip = $1)";
    PURGE = "identity.attempts.purge", "delete from login_attempts where at < $1";
    PURGE_BANS = "identity.bans.purge", "delete from login_bans where until < $1";
}

/// What was tried: `password`, `totp`, `key` ...
pub(crate) struct Attempt<'a> {
    /// The network its sender is counted on.
    pub(crate) ip: Option<&'a str>,
    /// Lower case; for codes the user's name.
    pub(crate) username: Option<&'a str>,
    pub(crate) route: &'a str,
    pub(crate) kind: &'a str,
    pub(crate) success: bool,
    pub(crate) at: Timestamp,
}

pub(crate) async fn insert(tx: &mut Tx, a: &Attempt<'_>) -> Result<(), StoreError> {
    tx.exec(INSERT, args![a.ip, a.username, a.route, a.kind, a.success, a.at]).await.map(drop)
}

pub(crate) async fn failures_of_ip(tx: &mut Tx, ip: &str, since: Timestamp) -> Result<i64, StoreError> {
    tx.one(FAILURES_OF_IP, args![ip, since]).await?.get(0)
}

pub(crate) async fn failures_of_name(db: &Database, username: &str, since: Timestamp) -> Result<i64, StoreError> {
    db.one(FAILURES_OF_NAME, args![username, since]).await?.get(0)
}

pub(crate) async fn code_failures(tx: &mut Tx, username: &str, ip: &str, since: Timestamp) -> Result<i64, StoreError> {
    tx.one(CODE_FAILURES, args![username, ip, since]).await?.get(0)
}

fn read_ban(row: &Row) -> Result<Ban, StoreError> {
    Ok(Ban { level: row.get(0)?, since: row.get(1)?, until: row.get(2)? })
}

pub(crate) async fn ban(db: &Database, subject: &str) -> Result<Option<Ban>, StoreError> {
    db.find(BAN, args![subject]).await?.as_ref().map(read_ban).transpose()
}

pub(crate) async fn ban_in(tx: &mut Tx, subject: &str) -> Result<Option<Ban>, StoreError> {
    tx.find(BAN, args![subject]).await?.as_ref().map(read_ban).transpose()
}

pub(crate) async fn put_ban(tx: &mut Tx, subject: &str, ban: Ban) -> Result<(), StoreError> {
    tx.exec(PUT_BAN, args![subject, ban.level, ban.since, ban.until]).await.map(drop)
}

/// Forgets the ban and the failures of one address, or of all; how many bans it were.
pub(crate) async fn unban(tx: &mut Tx, ip: Option<&str>) -> Result<u64, StoreError> {
    let bans = tx.exec(DELETE_BAN, args![ip.map(ip_subject)]).await?;
    tx.exec(FORGET, args![ip]).await?;
    Ok(bans)
}

/// Attempts are kept 24 hours, bans until they no longer lengthen the next one.
pub(crate) async fn purge(db: &Database, now: Timestamp) -> Result<u64, StoreError> {
    let day_ago = now.minus_secs(86_400);
    db.batch(vec![(PURGE, args![day_ago]), (PURGE_BANS, args![day_ago])]).await
}

/// The subject of an address's ban.
pub(crate) fn ip_subject(ip: &str) -> String {
    format!("ip:{ip}")
}

/// The subject of the code lock of one user from one address.
pub(crate) fn code_subject(user_id: i64, ip: &str) -> String {
    format!("totp:{user_id}:{ip}")
}
