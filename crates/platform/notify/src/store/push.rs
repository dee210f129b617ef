//! `push_subscriptions`.

use argos_kernel::Timestamp;
use argos_store::{Database, Row, StoreError, Tx, args};

argos_store::statements! {
    state;
    LIST = "notify.push.list", "select id, user_id, endpoint, p256dh_key, auth_key, user_agent, created_at from push_subscriptions order by id desc";
    UPSERT = "notify.push.upsert",
        "insert into push_subscriptions (user_id, endpoint, p256dh_key, auth_key, user_agent, created_at) values ($1,$2,$3,$4,$5,$6)
         on conflict (user_id, endpoint) do update set p256dh_key = excluded.p256dh_key, auth_key = excluded.auth_key, user_agent = excluded.user_agent
         returning id, created_at";
    COUNT = "notify.push.count", "select count(*) from push_subscriptions where user_id = $1";
    DELETE = "notify.push.delete", "delete from push_subscriptions where user_id = $1 and endpoint = $2";
    DELETE_ID = "notify.push.delete_id", "delete from push_subscriptions where id = $1";
}

/// One browser of one user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PushSubscription {
    pub(crate) id: i64,
    pub(crate) user_id: i64,
    pub(crate) endpoint: String,
    pub(crate) p256dh_key: String,
    pub(crate) auth_key: String,
    pub(crate) user_agent: String,
    pub(crate) created_at: Timestamp,
}

fn read(row: &Row) -> Result<PushSubscription, StoreError> {
    Ok(PushSubscription {
        id: row.get(0)?,
        user_id: row.get(1)?,
        endpoint: row.get(2)?,
        p256dh_key: row.get(3)?,
        auth_key: row.get(4)?,
        user_agent: row.get(5)?,
        created_at: row.get(6)?,
    })
}

/// Newest first.
pub(crate) async fn list(db: &Database) -> Result<Vec<PushSubscription>, StoreError> {
    db.query(LIST, args![]).await?.iter().map(read).collect()
}

pub(crate) async fn count(tx: &mut Tx, user_id: i64) -> Result<i64, StoreError> {
    tx.one(COUNT, args![user_id]).await?.get(0)
}

/// Fills in the id and, for one that was there, its age.
pub(crate) async fn upsert(tx: &mut Tx, s: &PushSubscription) -> Result<PushSubscription, StoreError> {
    let row = tx.one(UPSERT, args![s.user_id, &s.endpoint, &s.p256dh_key, &s.auth_key, &s.user_agent, s.created_at]).await?;
    Ok(PushSubscription { id: row.get(0)?, created_at: row.get(1)?, ..s.clone() })
}

pub(crate) async fn delete(tx: &mut Tx, user_id: i64, endpoint: &str) -> Result<u64, StoreError> {
    tx.exec(DELETE, args![user_id, endpoint]).await
}

pub(crate) async fn delete_id(db: &Database, id: i64) -> Result<u64, StoreError> {
    db.exec(DELETE_ID, args![id]).await
}
