//! Rows of `testing_extensions`.

use argos_kernel::{Timestamp, Uid};
use argos_store::{Database, Row, StoreError, Tx, args};
use schemars::JsonSchema;
use serde::Serialize;

use crate::model::test::words;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select id, uid, origin, organization_id, status, decided_by, decided_at, created_at, seen_at from testing_extensions ",
            $rest
        )
    };
}

argos_store::statements! {
    state;
    BY_UID = "testing.extensions.by_uid", select!("where uid = $1");
    BY_ORIGIN = "testing.extensions.by_origin", select!("where origin = $1");
    OF = "testing.extensions.of", select!("where organization_id = $1 order by id desc limit 100");
    WAITING = "testing.extensions.waiting", select!("where status = 'pending' order by id desc limit 100");
    // At most so many wait for somebody to decide.
    SEEN = "testing.extensions.seen",
        "insert into testing_extensions (uid, origin, status, created_at, seen_at)
         select cast($1 as text), cast($2 as text), 'pending', cast($3 as bigint), cast($3 as bigint) where exists (select 1 from testing_extensions where origin = $2)
            or (select count(*) from testing_extensions where status = 'pending') < cast($4 as bigint)
         on conflict (origin) do update set seen_at = excluded.seen_at";
    DECIDE = "testing.extensions.decide",
        "update testing_extensions set status = $2, organization_id = $3, decided_by = $4, decided_at = $5 where id = $1 and status = $6";
    DELETE = "testing.extensions.delete", "delete from testing_extensions where id = $1";
}

/// Whether an extension may be asked things.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    Pending,
    Approved,
    Denied,
}

words!(Standing: Pending = "pending", Approved = "approved", Denied = "denied");

/// An extension that came.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Extension {
    pub(crate) id: i64,
    pub(crate) uid: Uid,
    pub(crate) origin: String,
    /// Whose it is, since somebody decided.
    pub(crate) organization_id: Option<i64>,
    pub(crate) standing: Standing,
    pub(crate) decided_by: Option<String>,
    pub(crate) decided_at: Option<Timestamp>,
    pub(crate) created_at: Timestamp,
    /// When it connected last.
    pub(crate) seen_at: Timestamp,
}

fn read(row: &Row) -> Result<Extension, StoreError> {
    Ok(Extension {
        id: row.get(0)?,
        uid: row.get(1)?,
        origin: row.get(2)?,
        organization_id: row.get(3)?,
        standing: crate::store::word(Standing::parse(&row.get::<String>(4)?), 4)?,
        decided_by: row.get(5)?,
        decided_at: row.get(6)?,
        created_at: row.get(7)?,
        seen_at: row.get(8)?,
    })
}

pub(crate) async fn find(db: &Database, uid: Uid) -> Result<Option<Extension>, StoreError> {
    db.find(BY_UID, args![uid]).await?.as_ref().map(read).transpose()
}

/// Those of an organization, newest first.
pub(crate) async fn of(db: &Database, organization_id: i64) -> Result<Vec<Extension>, StoreError> {
    db.query(OF, args![organization_id]).await?.iter().map(read).collect()
}

/// Those nobody decided about, newest first.
pub(crate) async fn waiting(db: &Database) -> Result<Vec<Extension>, StoreError> {
    db.query(WAITING, args![]).await?.iter().map(read).collect()
}

/// Notes that an extension came; `None` when too many wait already.
pub(crate) async fn seen(db: &Database, uid: Uid, origin: &str, most: i64, now: Timestamp) -> Result<Option<Extension>, StoreError> {
    db.exec(SEEN, args![uid, origin, now, most]).await?;
    db.find(BY_ORIGIN, args![origin]).await?.as_ref().map(read).transpose()
}

/// From what it was to what it is; false when somebody else was quicker.
pub(crate) async fn decide(tx: &mut Tx, e: &Extension, was: Standing) -> Result<bool, StoreError> {
    let args = args![e.id, e.standing.as_str(), e.organization_id, e.decided_by.clone(), e.decided_at, was.as_str()];
    Ok(tx.exec(DECIDE, args).await? == 1)
}

pub(crate) async fn delete(tx: &mut Tx, id: i64) -> Result<bool, StoreError> {
    Ok(tx.exec(DELETE, args![id]).await? == 1)
}

#[cfg(test)]
mod tests {
    use argos_kernel::{ManualClock, SeededRng};

    use super::*;
    use crate::store::story::stores;

    #[tokio::test]
    async fn extension_is_known_by_its_origin_and_decided_once() {
        let now = Timestamp::from_secs(1_700_000_000);
        let uid = |n| Uid::mint(&ManualClock::at(now), &SeededRng::new(n));
        for t in stores().await {
            let db = &t.store.state;
            let first = seen(db, uid(1), "chrome-extension://a", 2, now).await.unwrap().unwrap();
            let again = seen(db, uid(2), "chrome-extension://a", 2, now.plus_secs(9)).await.unwrap().unwrap();
            assert_eq!((again.id, again.uid, again.seen_at), (first.id, first.uid, now.plus_secs(9)));
            seen(db, uid(3), "chrome-extension://b", 2, now).await.unwrap().unwrap();
            assert_eq!(seen(db, uid(4), "chrome-extension://c", 2, now).await.unwrap(), None, "too many wait");
            let approved = Extension { standing: Standing::Approved, organization_id: Some(1), decided_by: Some("ada".into()), ..again };
            let mut tx = db.begin().await.unwrap();
            assert!(decide(&mut tx, &approved, Standing::Pending).await.unwrap());
            assert!(!decide(&mut tx, &approved, Standing::Pending).await.unwrap());
            tx.commit().await.unwrap();
            assert_eq!((waiting(db).await.unwrap().len(), of(db, 1).await.unwrap().len(), of(db, 2).await.unwrap().len()), (1, 1, 0));
            assert_eq!(seen(db, uid(5), "chrome-extension://c", 2, now).await.unwrap().unwrap().standing, Standing::Pending);
            let mut tx = db.begin().await.unwrap();
            assert!(delete(&mut tx, first.id).await.unwrap() && !delete(&mut tx, first.id).await.unwrap());
            tx.commit().await.unwrap();
        }
    }
}
