//! `undo_offers`: what can be taken back for a moment. Only the digest of a token is kept.

use argos_kernel::Timestamp;
use argos_store::{Database, Row, StoreError, Tx, args};

argos_store::statements! {
    state;
    ADD = "inventory.undo.add", "insert into undo_offers (token_digest, user_name, action, subject, payload, expires_at) values ($1,$2,$3,$4,$5,$6)";
    // What somebody changed since is not written over: the newest offer for a thing is the one that stands.
    TAKE = "inventory.undo.take",
        "delete from undo_offers where token_digest = $1 and user_name = $2 and expires_at > $3
           and not exists (select 1 from undo_offers n
             where n.subject <> '' and n.subject = undo_offers.subject and n.expires_at > undo_offers.expires_at)
         returning action, subject, payload, expires_at";
    PRUNE = "inventory.undo.prune", "delete from undo_offers where expires_at <= $1";
}

/// What can be taken back, and how.
pub(crate) struct Offer {
    pub(crate) action: String,
    /// Names what was changed.
    pub(crate) subject: String,
    pub(crate) payload: String,
    pub(crate) until: Timestamp,
}

pub(crate) async fn add(tx: &mut Tx, digest: &str, user: &str, offer: &Offer) -> Result<(), StoreError> {
    tx.exec(ADD, args![digest, user, &offer.action, &offer.subject, &offer.payload, offer.until]).await.map(drop)
}
/// An offer can be taken once, and only while no newer one for the same stands.
pub(crate) async fn take(tx: &mut Tx, digest: &str, user: &str, now: Timestamp) -> Result<Option<Offer>, StoreError> {
    let read = |r: Row| Ok(Offer { action: r.get(0)?, subject: r.get(1)?, payload: r.get(2)?, until: r.get(3)? });
    tx.find(TAKE, args![digest, user, now]).await?.map(read).transpose()
}
pub(crate) async fn prune(db: &Database, now: Timestamp) -> Result<u64, StoreError> {
    db.exec(PRUNE, args![now]).await
}
