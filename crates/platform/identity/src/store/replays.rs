//! Rows of `idempotency_keys`: what was answered to a request that may come again.

use argos_kernel::Timestamp;
use argos_store::{Database, StoreError, args};

argos_store::statements! {
    state;
    // A row whose time is over, or whose first request never ended, counts as none.
    CLAIM = "identity.replays.claim",
        "insert into idempotency_keys (key_hash, body_hash, reply_enc, started_at, expires_at) values ($1, $2, null, $3, $4)
         on conflict (key_hash) do update set body_hash = excluded.body_hash, reply_enc = null, started_at = excluded.started_at,
            expires_at = excluded.expires_at
         where idempotency_keys.expires_at <= $3 or (idempotency_keys.reply_enc is null and idempotency_keys.started_at <= $5)";
    FIND = "identity.replays.find", "select body_hash, reply_enc from idempotency_keys where key_hash = $1";
    KEEP = "identity.replays.keep", "update idempotency_keys set reply_enc = $1 where key_hash = $2";
    FORGET = "identity.replays.forget", "delete from idempotency_keys where key_hash = $1";
    PURGE = "identity.replays.purge", "delete from idempotency_keys where expires_at <= $1";
}

/// Takes the key for a request that starts now; false when another one holds it.
pub(crate) async fn claim(
    db: &Database,
    key: &str,
    body: &str,
    now: Timestamp,
    until: Timestamp,
    stale: Timestamp,
) -> Result<bool, StoreError> {
    Ok(db.exec(CLAIM, args![key, body, now, until, stale]).await? == 1)
}

/// The hash of the body and the sealed reply, `None` while the first request runs.
pub(crate) async fn find(db: &Database, key: &str) -> Result<Option<(String, Option<String>)>, StoreError> {
    let row = db.find(FIND, args![key]).await?;
    row.map(|r| Ok((r.get(0)?, r.get(1)?))).transpose()
}

pub(crate) async fn keep(db: &Database, key: &str, reply_enc: &str) -> Result<(), StoreError> {
    db.exec(KEEP, args![reply_enc, key]).await.map(drop)
}

pub(crate) async fn forget(db: &Database, key: &str) -> Result<(), StoreError> {
    db.exec(FORGET, args![key]).await.map(drop)
}

pub(crate) async fn purge(db: &Database, now: Timestamp) -> Result<u64, StoreError> {
    db.exec(PURGE, args![now]).await
}
