//! Small JSON documents of one user: preferences, layouts.

use argos_kernel::Timestamp;
use argos_store::{Database, StoreError, Tx, args};

argos_store::statements! {
    state;
    GET = "identity.kv.get", "select value, updated_at from user_kv where user_id = $1 and namespace = $2 and key = $3";
    PUT = "identity.kv.put",
        "insert into user_kv (user_id, namespace, key, value, updated_at) values ($1, $2, $3, $4, $5)
         on conflict (user_id, namespace, key) do update set value = excluded.value, updated_at = excluded.updated_at";
    DELETE = "identity.kv.delete", "delete from user_kv where user_id = $1 and namespace = $2 and key = $3";
}

/// Which document of a user.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    pub(crate) user_id: i64,
    pub(crate) namespace: &'static str,
    pub(crate) key: &'static str,
}

/// The JSON text and when it was written.
pub(crate) async fn get(db: &Database, key: Key) -> Result<Option<(String, Timestamp)>, StoreError> {
    let row = db.find(GET, args![key.user_id, key.namespace, key.key]).await?;
    row.map(|r| Ok((r.get(0)?, r.get(1)?))).transpose()
}

/// The JSON text inside a change.
pub(crate) async fn get_in(tx: &mut Tx, key: Key) -> Result<Option<String>, StoreError> {
    tx.find(GET, args![key.user_id, key.namespace, key.key]).await?.map(|r| r.get(0)).transpose()
}

pub(crate) async fn put(tx: &mut Tx, key: Key, value: &str, now: Timestamp) -> Result<(), StoreError> {
    tx.exec(PUT, args![key.user_id, key.namespace, key.key, value, now]).await.map(drop)
}

pub(crate) async fn delete(tx: &mut Tx, key: Key) -> Result<bool, StoreError> {
    Ok(tx.exec(DELETE, args![key.user_id, key.namespace, key.key]).await? > 0)
}
