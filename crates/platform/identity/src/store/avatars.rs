//! Rows of `avatars`: one checked picture per user.

use argos_kernel::{Timestamp, Uid};
use argos_store::{Database, StoreError, Tx, args};

argos_store::statements! {
    state;
    GET = "identity.avatars.get",
        "select a.content_type, a.image, a.updated_at from avatars a join users u on u.id = a.user_id where u.uid = $1";
    PUT = "identity.avatars.put",
        "insert into avatars (user_id, content_type, image, updated_at) values ($1, $2, $3, $4)
         on conflict (user_id) do update set content_type = excluded.content_type, image = excluded.image, updated_at = excluded.updated_at";
    DELETE = "identity.avatars.delete", "delete from avatars where user_id = $1";
}

/// Type, bytes and when it was written.
pub(crate) async fn get(db: &Database, user: Uid) -> Result<Option<(String, Vec<u8>, Timestamp)>, StoreError> {
    let row = db.find(GET, args![user]).await?;
    row.map(|r| Ok((r.get(0)?, r.get(1)?, r.get(2)?))).transpose()
}

pub(crate) async fn put(tx: &mut Tx, user_id: i64, content_type: &str, image: Vec<u8>, now: Timestamp) -> Result<(), StoreError> {
    tx.exec(PUT, args![user_id, content_type, image, now]).await.map(drop)
}

pub(crate) async fn delete(tx: &mut Tx, user_id: i64) -> Result<bool, StoreError> {
    Ok(tx.exec(DELETE, args![user_id]).await? > 0)
}
