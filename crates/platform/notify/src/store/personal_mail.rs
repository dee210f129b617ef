//! `personal_mail`: what waits to be mailed to a person. A row goes when its letter was taken.

use argos_kernel::Timestamp;
use argos_store::{Database, StoreError, Tx, args};

argos_store::statements! {
    state;
    ADD = "notify.personal_mail.add",
        "insert into personal_mail (user_id, event_id, title, message, due_at, attempts, created_at) values ($1,$2,$3,$4,$5,0,$6)
         on conflict (user_id, event_id) do nothing";
    DUE = "notify.personal_mail.due", "select distinct user_id from personal_mail where due_at <= $1 order by user_id limit 500";
    OF_USER = "notify.personal_mail.of_user",
        "select id, title, message, attempts, created_at from personal_mail where user_id = $1 and due_at <= $2 order by id limit $3";
    LATER = "notify.personal_mail.later", "update personal_mail set due_at = $1, attempts = attempts + 1 where user_id = $2 and id <= $3 and due_at <= $4";
    REMOVE = "notify.personal_mail.remove", "delete from personal_mail where user_id = $1 and id <= $2 and due_at <= $3";
    FORGET = "notify.personal_mail.forget", "delete from personal_mail where user_id = $1";
    NEXT = "notify.personal_mail.next", "select min(due_at) from personal_mail";
    PRUNE = "notify.personal_mail.prune", "delete from personal_mail where created_at < $1";
}

/// What a person shall read.
pub(crate) struct Line {
    pub(crate) id: i64,
    pub(crate) title: String,
    pub(crate) message: String,
    pub(crate) attempts: i64,
    pub(crate) created_at: Timestamp,
}

/// Once per person and event.
pub(crate) async fn add(
    tx: &mut Tx,
    user_id: i64,
    event: &argos_events::Event,
    title: &str,
    due: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.exec(ADD, args![user_id, event.id, title, event.message.as_str(), due, now]).await.map(drop)
}
/// Whom something is due to.
pub(crate) async fn due(db: &Database, now: Timestamp) -> Result<Vec<i64>, StoreError> {
    db.query(DUE, args![now]).await?.iter().map(|r| r.get(0)).collect()
}
/// Oldest first.
pub(crate) async fn of_user(db: &Database, user_id: i64, now: Timestamp, limit: i64) -> Result<Vec<Line>, StoreError> {
    let read =
        |r: &argos_store::Row| Ok(Line { id: r.get(0)?, title: r.get(1)?, message: r.get(2)?, attempts: r.get(3)?, created_at: r.get(4)? });
    db.query(OF_USER, args![user_id, now, limit]).await?.iter().map(read).collect()
}
/// Tries those up to `last` that were due at `now` again at `at`.
pub(crate) async fn later(db: &Database, at: Timestamp, user_id: i64, last: i64, now: Timestamp) -> Result<(), StoreError> {
    db.exec(LATER, args![at, user_id, last, now]).await.map(drop)
}
/// The letter with those up to `last` that were due at `now` was taken.
pub(crate) async fn remove(db: &Database, user_id: i64, last: i64, now: Timestamp) -> Result<(), StoreError> {
    db.exec(REMOVE, args![user_id, last, now]).await.map(drop)
}
pub(crate) async fn forget(db: &Database, user_id: i64) -> Result<(), StoreError> {
    db.exec(FORGET, args![user_id]).await.map(drop)
}
pub(crate) async fn next(db: &Database) -> Result<Option<Timestamp>, StoreError> {
    db.one(NEXT, args![]).await?.get(0)
}
pub(crate) async fn prune(db: &Database, before: Timestamp) -> Result<u64, StoreError> {
    db.exec(PRUNE, args![before]).await
}
