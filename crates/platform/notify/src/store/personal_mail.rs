//! `personal_mail`: what waits to be sent to a person, by mail or Slack. A row goes when its letter was taken.

use argos_kernel::Timestamp;
use argos_store::{Database, StoreError, Tx, args};

argos_store::statements! {
    state;
    ADD = "notify.personal_mail.add",
        "insert into personal_mail (user_id, event_id, via, title, message, due_at, attempts, created_at) values ($1,$2,$3,$4,$5,$6,0,$7)
         on conflict (user_id, event_id, via) do nothing";
    DUE = "notify.personal_mail.due", "select distinct user_id, via from personal_mail where due_at <= $1 order by user_id, via limit 500";
    OF_USER = "notify.personal_mail.of_user",
        "select id, title, message, attempts, created_at from personal_mail where user_id = $1 and via = $2 and due_at <= $3 order by id limit $4";
    LATER = "notify.personal_mail.later", "update personal_mail set due_at = $1, attempts = attempts + 1
         where user_id = $2 and via = $3 and id <= $4 and due_at <= $5";
    REMOVE = "notify.personal_mail.remove", "delete from personal_mail where user_id = $1 and via = $2 and id <= $3 and due_at <= $4";
    FORGET = "notify.personal_mail.forget", "delete from personal_mail where user_id = $1 and via = $2";
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

/// The way to a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Via {
    Email,
    Slack,
}

impl Via {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Slack => "slack",
        }
    }
}

/// What is sent to one person one way, up to the row `last`, of what was due at `now`.
#[derive(Clone, Copy)]
pub(crate) struct Letter {
    pub(crate) user_id: i64,
    pub(crate) via: Via,
    pub(crate) last: i64,
    pub(crate) now: Timestamp,
}

/// Once per person, way and event.
pub(crate) async fn add(
    tx: &mut Tx,
    (user_id, via): (i64, Via),
    (event_id, title, message): (i64, &str, &str),
    due: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.exec(ADD, args![user_id, event_id, via.as_str(), title, message, due, now]).await.map(drop)
}
/// To whom something is due, and how.
pub(crate) async fn due(db: &Database, now: Timestamp) -> Result<Vec<(i64, Via)>, StoreError> {
    let read = |r: &argos_store::Row| {
        let via: String = r.get(1)?;
        Ok((r.get(0)?, if via == Via::Slack.as_str() { Via::Slack } else { Via::Email }))
    };
    db.query(DUE, args![now]).await?.iter().map(read).collect()
}
/// Oldest first.
pub(crate) async fn of_user(db: &Database, (user_id, via): (i64, Via), now: Timestamp, limit: i64) -> Result<Vec<Line>, StoreError> {
    let read =
        |r: &argos_store::Row| Ok(Line { id: r.get(0)?, title: r.get(1)?, message: r.get(2)?, attempts: r.get(3)?, created_at: r.get(4)? });
    db.query(OF_USER, args![user_id, via.as_str(), now, limit]).await?.iter().map(read).collect()
}
/// Tries a letter again at `at`.
pub(crate) async fn later(db: &Database, at: Timestamp, letter: Letter) -> Result<(), StoreError> {
    db.exec(LATER, args![at, letter.user_id, letter.via.as_str(), letter.last, letter.now]).await.map(drop)
}
/// The letter was taken, or never will be.
pub(crate) async fn remove(db: &Database, letter: Letter) -> Result<(), StoreError> {
    db.exec(REMOVE, args![letter.user_id, letter.via.as_str(), letter.last, letter.now]).await.map(drop)
}
pub(crate) async fn forget(db: &Database, user_id: i64, via: Via) -> Result<(), StoreError> {
    db.exec(FORGET, args![user_id, via.as_str()]).await.map(drop)
}
pub(crate) async fn next(db: &Database) -> Result<Option<Timestamp>, StoreError> {
    db.one(NEXT, args![]).await?.get(0)
}
pub(crate) async fn prune(db: &Database, before: Timestamp) -> Result<u64, StoreError> {
    db.exec(PRUNE, args![before]).await
}
