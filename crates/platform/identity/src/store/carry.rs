//! What a restore carries over or takes away: revocations made after the backup, and second factors whose secret is
//! lost. It works on stores nobody uses.

use std::collections::HashSet;

use argos_kernel::Timestamp;
use argos_store::{Database, StoreError, args};

argos_store::statements! {
    state;
    LIVE_SESSIONS = "identity.carry.live_sessions", "select token_hash from sessions where revoked_at is null";
    OPEN_SESSIONS = "identity.carry.open_sessions", "select id, token_hash from sessions where revoked_at is null";
    REVOKE_SESSION = "identity.carry.revoke_session", "update sessions set revoked_at = $1, reason = 'revoked_before_restore' where id = $2";
    REVOKED_KEYS = "identity.carry.revoked_keys", "select key_hash, revoked_at from api_keys where revoked_at is not null";
    REVOKE_KEY = "identity.carry.revoke_key", "update api_keys set revoked_at = $1 where key_hash = $2 and revoked_at is null";
    DROP_FACTORS = "identity.carry.drop_factors",
        "update users set totp_secret_enc = null, recovery_enc = null, totp_enabled_at = null where totp_secret_enc is not null or totp_enabled_at is not null";
    DROP_EPHEMERAL = "identity.carry.drop_ephemeral", "delete from ephemeral";
}

/// Revokes in `to` (a backup) the sessions and keys that are gone or revoked in `from` (the store it replaces). The
/// number of credentials revoked.
pub async fn carry_revocations(from: &Database, to: &Database, now: Timestamp) -> Result<u64, StoreError> {
    let live = from.query(LIVE_SESSIONS, args![]).await?;
    let live: HashSet<String> = live.iter().map(|r| r.get(0)).collect::<Result<_, _>>()?;
    let mut work = Vec::new();
    for row in to.query(OPEN_SESSIONS, args![]).await? {
        let (id, hash): (i64, String) = (row.get(0)?, row.get(1)?);
        if !live.contains(&hash) {
            work.push((REVOKE_SESSION, args![now, id]));
        }
    }
    for row in from.query(REVOKED_KEYS, args![]).await? {
        let (hash, at): (String, Timestamp) = (row.get(0)?, row.get(1)?);
        work.push((REVOKE_KEY, args![at, hash]));
    }
    if work.is_empty() { Ok(0) } else { to.batch(work).await }
}

/// Takes away second factors whose secrets cannot be read any more; the number of users. Otherwise nobody could sign in.
pub async fn drop_second_factors(db: &Database) -> Result<u64, StoreError> {
    db.exec(DROP_EPHEMERAL, args![]).await?;
    db.exec(DROP_FACTORS, args![]).await
}
