//! Rows of `testing_data_tests` and `testing_parameter_sets`.

use argos_kernel::{PageRequest, Uid};
use argos_store::{Database, Row, StoreError, Tx, args};
use argos_webtest::sets::ParameterSet;

use super::{json, text};
use crate::model::data_test::{DataTest, StoredSet};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select id, uid, organization_id, project_id, project_uid, document, created_by, created_at, updated_at from testing_data_tests ",
            $rest
        )
    };
}

argos_store::statements! {
    state;
    BY_UID = "testing.data_tests.by_uid", select!("where uid = $1");
    LIST = "testing.data_tests.list", select!("where project_id = $1 order by id desc limit $2 offset $3");
    COUNT = "testing.data_tests.count", "select count(*) from testing_data_tests where project_id = $1";
    INSERT = "testing.data_tests.insert",
        "insert into testing_data_tests (uid, organization_id, project_id, project_uid, name, document, created_by, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $8) returning id";
    UPDATE = "testing.data_tests.update",
        "update testing_data_tests set name = $3, document = $4, updated_at = $5 where id = $1 and updated_at = $2";
    DELETE = "testing.data_tests.delete", "delete from testing_data_tests where id = $1";
    SETS = "testing.parameter_sets.of_test",
        "select uid, document, order_index, created_at from testing_parameter_sets where data_test_id = $1 order by order_index, id";
    SETS_PLACE = "testing.parameter_sets.place",
        "select count(*), cast(coalesce(max(order_index), -1) as bigint), cast(coalesce(sum(length(document)), 0) as bigint)
         from testing_parameter_sets where data_test_id = $1";
    SETS_INSERT = "testing.parameter_sets.insert",
        "insert into testing_parameter_sets (uid, data_test_id, document, order_index, created_at) values ($1, $2, $3, $4, $5)";
    SETS_CLEAR = "testing.parameter_sets.clear", "delete from testing_parameter_sets where data_test_id = $1";
}

fn read(row: &Row) -> Result<DataTest, StoreError> {
    Ok(DataTest {
        id: row.get(0)?,
        uid: row.get(1)?,
        organization_id: row.get(2)?,
        project_id: row.get(3)?,
        project_uid: row.get(4)?,
        document: json(&row.get::<String>(5)?, 5)?,
        created_by: row.get(6)?,
        created_at: row.get(7)?,
        updated_at: row.get(8)?,
    })
}

pub(crate) async fn find(db: &Database, uid: Uid) -> Result<Option<DataTest>, StoreError> {
    db.find(BY_UID, args![uid]).await?.as_ref().map(read).transpose()
}

/// Newest first, with how many there are.
pub(crate) async fn list(db: &Database, project_id: i64, page: PageRequest) -> Result<(Vec<DataTest>, i64), StoreError> {
    let total = db.one(COUNT, args![project_id]).await?.get(0)?;
    let rows = db.query(LIST, args![project_id, page.limit, page.offset]).await?;
    Ok((rows.iter().map(read).collect::<Result<_, _>>()?, total))
}

pub(crate) async fn insert(tx: &mut Tx, t: &DataTest) -> Result<i64, StoreError> {
    let args = args![
        t.uid,
        t.organization_id,
        t.project_id,
        t.project_uid,
        t.document.name.as_str(),
        text(&t.document),
        t.created_by.as_str(),
        t.created_at,
    ];
    tx.one(INSERT, args).await?.get(0)
}

/// False when it was changed since `old` was read, or is gone.
pub(crate) async fn update(tx: &mut Tx, old: &DataTest, new: &DataTest) -> Result<bool, StoreError> {
    let args = args![old.id, old.updated_at, new.document.name.as_str(), text(&new.document), new.updated_at];
    Ok(tx.exec(UPDATE, args).await? == 1)
}

/// With its rows. False when it was gone.
pub(crate) async fn delete(tx: &mut Tx, id: i64) -> Result<bool, StoreError> {
    tx.exec(SETS_CLEAR, args![id]).await?;
    Ok(tx.exec(DELETE, args![id]).await? == 1)
}

/// The rows of a test, in their order.
pub(crate) async fn sets(db: &Database, id: i64) -> Result<Vec<StoredSet>, StoreError> {
    let rows = db.query(SETS, args![id]).await?;
    let read = |row: &Row| {
        let (uid, set): (Uid, ParameterSet) = (row.get(0)?, json(&row.get::<String>(1)?, 1)?);
        Ok(StoredSet { uid, set: ParameterSet { id: Some(uid.to_string()), ..set }, order_index: row.get(2)?, created_at: row.get(3)? })
    };
    rows.iter().map(read).collect()
}

/// How many rows a test has and how long they are together, and the place of the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NextSet {
    pub(crate) count: i64,
    pub(crate) length: i64,
    pub(crate) order_index: i64,
}

pub(crate) async fn next_set(tx: &mut Tx, id: i64) -> Result<NextSet, StoreError> {
    let row = tx.one(SETS_PLACE, args![id]).await?;
    Ok(NextSet { count: row.get(0)?, order_index: row.get::<i64>(1)?.saturating_add(1), length: row.get(2)? })
}

pub(crate) async fn insert_set(tx: &mut Tx, id: i64, new: &StoredSet) -> Result<(), StoreError> {
    tx.exec(SETS_INSERT, args![new.uid, id, text(&new.set), new.order_index, new.created_at]).await.map(drop)
}

pub(crate) async fn clear_sets(tx: &mut Tx, id: i64) -> Result<u64, StoreError> {
    tx.exec(SETS_CLEAR, args![id]).await
}

#[cfg(test)]
mod tests {
    use argos_kernel::{ManualClock, SeededRng, Timestamp};

    use super::*;
    use crate::model::data_test::DataDocument;

    const NOW: Timestamp = Timestamp::from_secs(1_700_000_000);

    fn uid(n: u64) -> Uid {
        Uid::mint(&ManualClock::at(NOW), &SeededRng::new(n))
    }

    #[tokio::test]
    async fn test_with_rows_keeps_them_in_order_and_is_changed_by_who_knows_it() {
        for t in crate::store::story::stores().await {
            let db = &t.store.state;
            let document = DataDocument { name: "Sign in".into(), ..DataDocument::default() };
            let (organization_id, project_id, project_uid) = (1, 1, uid(99));
            let mut test = DataTest {
                id: 0,
                uid: uid(1),
                organization_id,
                project_id,
                project_uid,
                document,
                created_by: "ada".into(),
                created_at: NOW,
                updated_at: NOW,
            };
            let mut tx = db.begin().await.unwrap();
            test.id = insert(&mut tx, &test).await.unwrap();
            let mut length = 0;
            for (n, name) in [(2, "wrong"), (3, "right")] {
                let NextSet { order_index, .. } = next_set(&mut tx, test.id).await.unwrap();
                let set = ParameterSet { name: name.into(), ..ParameterSet::default() };
                length += i64::try_from(text(&set).len()).unwrap();
                insert_set(&mut tx, test.id, &StoredSet { uid: uid(n), set, order_index, created_at: NOW }).await.unwrap();
            }
            assert_eq!(next_set(&mut tx, test.id).await.unwrap(), NextSet { count: 2, length, order_index: 2 });
            tx.commit().await.unwrap();
            let names =
                |sets: &[StoredSet]| sets.iter().map(|s| (s.set.name.clone(), s.order_index, s.set.id.is_some())).collect::<Vec<_>>();
            assert_eq!(names(&sets(db, test.id).await.unwrap()), [("wrong".into(), 0, true), ("right".into(), 1, true)]);
            assert_eq!(list(db, 1, PageRequest { limit: 10, offset: 0 }).await.unwrap(), (vec![test.clone()], 1));
            let mut tx = db.begin().await.unwrap();
            let newer = DataTest { updated_at: NOW.plus_secs(1), ..test.clone() };
            assert!(update(&mut tx, &test, &newer).await.unwrap() && !update(&mut tx, &test, &newer).await.unwrap());
            assert!(delete(&mut tx, test.id).await.unwrap() && !delete(&mut tx, test.id).await.unwrap());
            tx.commit().await.unwrap();
            assert_eq!((find(db, test.uid).await.unwrap(), sets(db, test.id).await.unwrap()), (None, vec![]));
        }
    }
}
