//! `undo_offers`: what can be taken back for a moment. Only the digest of a token is kept.

use argos_kernel::Timestamp;
use argos_store::{Database, StoreError, Tx, args};

argos_store::statements! {
    state;
    ADD = "inventory.undo.add", "insert into undo_offers (token_digest, user_name, action, payload, expires_at) values ($1,$2,$3,$4,$5)";
    TAKE = "inventory.undo.take", "delete from undo_offers where token_digest = $1 and user_name = $2 and expires_at > $3 returning action, payload";
    PRUNE = "inventory.undo.prune", "delete from undo_offers where expires_at <= $1";
}

pub(crate) async fn add(tx: &mut Tx, digest: &str, user: &str, action: &str, payload: &str, until: Timestamp) -> Result<(), StoreError> {
    tx.exec(ADD, args![digest, user, action, payload, until]).await.map(drop)
}
/// Action and payload; an offer can be taken once.
pub(crate) async fn take(tx: &mut Tx, digest: &str, user: &str, now: Timestamp) -> Result<Option<(String, String)>, StoreError> {
    tx.find(TAKE, args![digest, user, now]).await?.map(|r| Ok((r.get(0)?, r.get(1)?))).transpose()
}
pub(crate) async fn prune(db: &Database, now: Timestamp) -> Result<u64, StoreError> {
    db.exec(PRUNE, args![now]).await
}
