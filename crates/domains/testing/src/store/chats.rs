//! Rows of `testing_chats`: threads of a chat. What was said in them is among the events.

use argos_kernel::{Timestamp, Uid};
use argos_store::{Database, Row, StoreError, Tx, args};

argos_store::statements! {
    state;
    FIND = "testing.chats.find",
        "select id, uid, messages, status, updated_at, app_url from testing_chats where organization_id = $1 and owner = $2 and thread_key = $3";
    BY_UID = "testing.chats.by_uid", "select id, uid, messages, status, updated_at, app_url from testing_chats where uid = $1";
    // A turn that never ended, because its process died, holds nobody up.
    BEGIN = "testing.chats.begin",
        "insert into testing_chats (uid, organization_id, project_id, owner, thread_key, app_url, messages, status, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, 1, 'running', $7, $7)
         on conflict (organization_id, owner, thread_key) do update set status = 'running', messages = testing_chats.messages + 1,
           updated_at = $7, project_id = $3,
           app_url = coalesce($6, case when testing_chats.project_id = $3 then testing_chats.app_url end)
         where testing_chats.status <> 'running' or testing_chats.updated_at < $8 returning id, uid, messages, status, updated_at, app_url";
    END = "testing.chats.end", "update testing_chats set status = 'idle', messages = messages + 1, updated_at = $2 where id = $1";
    PRUNE = "testing.chats.prune", "delete from testing_chats where updated_at < $1";
}

/// A thread.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Chat {
    pub(crate) id: i64,
    pub(crate) uid: Uid,
    /// Of both sides.
    pub(crate) messages: i64,
    pub(crate) running: bool,
    pub(crate) updated_at: Timestamp,
    /// The address it is about, since somebody named one for the project it is about.
    pub(crate) app_url: Option<String>,
}

/// Whose thread it is and how it begins.
pub(crate) struct NewChat<'a> {
    pub(crate) uid: Uid,
    pub(crate) organization_id: i64,
    pub(crate) project_id: i64,
    pub(crate) owner: &'a str,
    pub(crate) key: &'a str,
    pub(crate) app_url: Option<&'a str>,
}

fn read(row: &Row) -> Result<Chat, StoreError> {
    let status: String = row.get(3)?;
    Ok(Chat {
        id: row.get(0)?,
        uid: row.get(1)?,
        messages: row.get(2)?,
        running: status == "running",
        updated_at: row.get(4)?,
        app_url: row.get(5)?,
    })
}

pub(crate) async fn find(db: &Database, organization_id: i64, owner: &str, key: &str) -> Result<Option<Chat>, StoreError> {
    db.find(FIND, args![organization_id, owner, key]).await?.as_ref().map(read).transpose()
}

pub(crate) async fn by_uid(db: &Database, uid: Uid) -> Result<Option<Chat>, StoreError> {
    db.find(BY_UID, args![uid]).await?.as_ref().map(read).transpose()
}

/// Begins a turn, in a new thread where there is none of this name; `None` while another one goes on that began after `dead`.
pub(crate) async fn begin(tx: &mut Tx, new: &NewChat<'_>, now: Timestamp, dead: Timestamp) -> Result<Option<Chat>, StoreError> {
    let args = args![new.uid, new.organization_id, new.project_id, new.owner, new.key, new.app_url, now, dead];
    tx.find(BEGIN, args).await?.as_ref().map(read).transpose()
}

/// The turn is over and was answered.
pub(crate) async fn end(db: &Database, id: i64, now: Timestamp) -> Result<(), StoreError> {
    db.exec(END, args![id, now]).await.map(drop)
}

/// Removes threads nobody used since.
pub(crate) async fn prune(db: &Database, before: Timestamp) -> Result<u64, StoreError> {
    db.exec(PRUNE, args![before]).await
}

#[cfg(test)]
mod tests {
    use argos_kernel::{ManualClock, SeededRng};

    use super::*;
    use crate::store::story::stores;

    const NOW: Timestamp = Timestamp::from_secs(1_700_000_000);

    #[tokio::test]
    async fn thread_has_one_turn_at_a_time_and_one_that_died_holds_nobody_up() {
        for t in stores().await {
            let db = &t.store.state;
            let begin = async |n: u64, owner: &str, app_url: Option<&str>, now: Timestamp| {
                let uid = Uid::mint(&ManualClock::at(NOW), &SeededRng::new(n));
                let new = NewChat { uid, organization_id: 1, project_id: 1, owner, key: "t1", app_url };
                let mut tx = db.begin().await.unwrap();
                let begun = super::begin(&mut tx, &new, now, now.minus_secs(300)).await.unwrap();
                tx.commit().await.unwrap();
                begun
            };
            let first = begin(1, "ada", Some("http://a.test"), NOW).await.unwrap();
            assert!(first.running && first.messages == 1);
            assert_eq!(begin(2, "ada", None, NOW.plus_secs(1)).await, None);
            end(db, first.id, NOW.plus_secs(2)).await.unwrap();
            let second = begin(3, "ada", None, NOW.plus_secs(3)).await.unwrap();
            assert_eq!((second.id, second.uid, second.messages), (first.id, first.uid, 3));
            assert_eq!(second.app_url.as_deref(), Some("http://a.test"), "the thread is still about it");
            assert!(begin(4, "ada", None, NOW.plus_secs(900)).await.is_some(), "its process died");
            assert_ne!(begin(5, "bob", None, NOW).await.unwrap().id, first.id);
            assert!(find(db, 1, "eve", "t1").await.unwrap().is_none() && by_uid(db, first.uid).await.unwrap().is_some());
            assert_eq!(prune(db, NOW.plus_secs(1)).await.unwrap(), 1);
        }
    }
}
