//! Rows of `testing_page_patterns`.

use argos_kernel::{Page, PageRequest, Timestamp, Uid};
use argos_store::{Database, Row, StoreError, Tx, args};
use serde_json::{Map, Value};

use super::{json, text, word};
use crate::discovery::patterns::{Found, PatternType};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select id, uid, project_id, pattern_type, name, signature, data, times_seen, tests_passed, tests_failed, heals_passed,
                    heals_failed, created_at, updated_at from testing_page_patterns ",
            $rest
        )
    };
}
macro_rules! filtered {
    ($head:expr) => {
        concat!(
            $head,
            "where organization_id = $1 and (cast($2 as bigint) is null or project_id = $2) and (cast($3 as text) is null or pattern_type = $3) "
        )
    };
}

argos_store::statements! {
    state;
    LIST = "testing.page_patterns.list", concat!(filtered!(select!("")), "order by times_seen desc, id desc limit $4 offset $5");
    COUNT = "testing.page_patterns.count", filtered!("select count(*) from testing_page_patterns ");
    SUMS = "testing.page_patterns.sums",
        concat!(
            filtered!(
                "select pattern_type, cast(count(*) as bigint), cast(sum(tests_passed) as bigint), cast(sum(tests_failed) as bigint)
                 from testing_page_patterns "
            ),
            "group by pattern_type order by pattern_type"
        );
    BY_UID = "testing.page_patterns.by_uid", select!("where uid = $1");
    BY_SIGNATURE = "testing.page_patterns.by_signature", select!("where project_id = $1 and signature = $2");
    ELSEWHERE = "testing.page_patterns.elsewhere",
        "select signature, cast(count(*) as bigint) from testing_page_patterns where organization_id = $1 and project_id <> $2 group by signature";
    // An exploration that is read again is the same one.
    PUT = "testing.page_patterns.put",
        "insert into testing_page_patterns (uid, organization_id, project_id, pattern_type, name, signature, data, times_seen, tests_passed,
            tests_failed, heals_passed, heals_failed, last_discovery, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, 1, 0, 0, 0, 0, $8, $9, $9)
         on conflict (project_id, signature) do update set name = excluded.name, data = excluded.data, updated_at = excluded.updated_at,
            times_seen = testing_page_patterns.times_seen
                + case when testing_page_patterns.last_discovery = excluded.last_discovery then 0 else 1 end,
            last_discovery = excluded.last_discovery";
    COUNTED = "testing.page_patterns.counted",
        "update testing_page_patterns set tests_passed = tests_passed + $2, tests_failed = tests_failed + $3,
            heals_passed = heals_passed + $4, heals_failed = heals_failed + $5, updated_at = $6 where id = $1";
    // Those an exploration met, and of whose tests nobody ever told.
    PRUNE = "testing.page_patterns.prune",
        "delete from testing_page_patterns where updated_at < $1 and last_discovery <> ''
            and tests_passed + tests_failed + heals_passed + heals_failed = 0";
}

/// A pattern as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Kept {
    pub(crate) id: i64,
    pub(crate) uid: Uid,
    pub(crate) project_id: i64,
    pub(crate) kind: PatternType,
    pub(crate) name: String,
    pub(crate) signature: String,
    pub(crate) data: Map<String, Value>,
    /// Explorations that met it.
    pub(crate) times_seen: i64,
    /// Of tests of it: passed and failed.
    pub(crate) tests: (i64, i64),
    /// Of those that healed themselves.
    pub(crate) heals: (i64, i64),
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

fn read(row: &Row) -> Result<Kept, StoreError> {
    Ok(Kept {
        id: row.get(0)?,
        uid: row.get(1)?,
        project_id: row.get(2)?,
        kind: word(PatternType::parse(&row.get::<String>(3)?), 3)?,
        name: row.get(4)?,
        signature: row.get(5)?,
        data: json(&row.get::<String>(6)?, 6)?,
        times_seen: row.get(7)?,
        tests: (row.get(8)?, row.get(9)?),
        heals: (row.get(10)?, row.get(11)?),
        created_at: row.get(12)?,
        updated_at: row.get(13)?,
    })
}

/// Which patterns a list wants; `None` = any.
#[derive(Clone, Debug)]
pub(crate) struct Filter {
    pub(crate) organization_id: i64,
    pub(crate) project_id: Option<i64>,
    pub(crate) kind: Option<PatternType>,
}

/// The most often seen first.
pub(crate) async fn list(db: &Database, filter: &Filter, page: PageRequest) -> Result<Page<Kept>, StoreError> {
    let mut args = args![filter.organization_id, filter.project_id, filter.kind.map(PatternType::as_str)];
    let total = db.one(COUNT, args.clone()).await?.get(0)?;
    args.extend(args![page.limit, page.offset]);
    Ok(Page { items: db.query(LIST, args).await?.iter().map(read).collect::<Result<_, _>>()?, total })
}

/// The patterns of one kind together.
#[derive(Debug, PartialEq)]
pub(crate) struct Sum {
    pub(crate) kind: String,
    pub(crate) count: i64,
    /// Of tests of them: passed and failed.
    pub(crate) tests: (i64, i64),
}

/// All of them by kind.
pub(crate) async fn sums(db: &Database, filter: &Filter) -> Result<Vec<Sum>, StoreError> {
    let args = args![filter.organization_id, filter.project_id, filter.kind.map(PatternType::as_str)];
    let sum = |row: &Row| Ok(Sum { kind: row.get(0)?, count: row.get(1)?, tests: (row.get(2)?, row.get(3)?) });
    db.query(SUMS, args).await?.iter().map(sum).collect()
}

pub(crate) async fn find(db: &Database, uid: Uid) -> Result<Option<Kept>, StoreError> {
    db.find(BY_UID, args![uid]).await?.as_ref().map(read).transpose()
}

pub(crate) async fn by_signature(db: &Database, project_id: i64, signature: &str) -> Result<Option<Kept>, StoreError> {
    db.find(BY_SIGNATURE, args![project_id, signature]).await?.as_ref().map(read).transpose()
}

/// Signatures that other projects of the organization have too, and how many do.
pub(crate) async fn elsewhere(db: &Database, organization_id: i64, project_id: i64) -> Result<Vec<(String, i64)>, StoreError> {
    db.query(ELSEWHERE, args![organization_id, project_id]).await?.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// Notes that an exploration met it; `discovery` is its name, or nothing for what a person wrote.
pub(crate) async fn put(
    tx: &mut Tx,
    (organization_id, project_id): (i64, i64),
    (uid, found): (Uid, &Found),
    discovery: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let args = args![
        uid,
        organization_id,
        project_id,
        found.kind.as_str(),
        found.name.as_str(),
        found.signature.as_str(),
        text(&found.data),
        discovery,
        now
    ];
    tx.exec(PUT, args).await.map(drop)
}

/// Counts how a test of it ended.
pub(crate) async fn counted(tx: &mut Tx, id: i64, tests: (i64, i64), heals: (i64, i64), now: Timestamp) -> Result<(), StoreError> {
    tx.exec(COUNTED, args![id, tests.0, tests.1, heals.0, heals.1, now]).await.map(drop)
}

/// Forgets those no exploration met since then; what a person wrote or tests tell of stays.
pub(crate) async fn prune(db: &Database, before: Timestamp) -> Result<u64, StoreError> {
    db.exec(PRUNE, args![before]).await
}

#[cfg(test)]
mod tests {
    use argos_kernel::{ManualClock, SeededRng};

    use super::*;
    use crate::store::story::stores;

    #[tokio::test]
    async fn pattern_is_seen_once_by_an_exploration_however_often_it_is_read() {
        let now = Timestamp::from_secs(1_700_000_000);
        let uid = |n| Uid::mint(&ManualClock::at(now), &SeededRng::new(n));
        let found = Found { kind: PatternType::Form, name: "Join".into(), signature: "s1".into(), data: Map::new() };
        for t in stores().await {
            let db = &t.store.state;
            let mut tx = db.begin().await.unwrap();
            for (n, discovery) in [(1, "d1"), (2, "d1"), (3, "d2")] {
                put(&mut tx, (1, 1), (uid(n), &found), discovery, now).await.unwrap();
            }
            tx.commit().await.unwrap();
            let filter = |kind| Filter { organization_id: 1, project_id: Some(1), kind };
            let all = list(db, &filter(Some(PatternType::Form)), PageRequest { limit: 9, offset: 0 }).await.unwrap();
            assert_eq!((all.total, all.items[0].uid, all.items[0].times_seen), (1, uid(1), 2));
            assert_eq!(list(db, &filter(Some(PatternType::Search)), PageRequest { limit: 9, offset: 0 }).await.unwrap().total, 0);
            let mut tx = db.begin().await.unwrap();
            counted(&mut tx, all.items[0].id, (1, 0), (0, 1), now).await.unwrap();
            tx.commit().await.unwrap();
            let kept = by_signature(db, 1, "s1").await.unwrap().unwrap();
            assert_eq!((kept.tests, kept.heals), ((1, 0), (0, 1)));
            assert_eq!(sums(db, &filter(None)).await.unwrap(), [Sum { kind: "form".into(), count: 1, tests: (1, 0) }]);
            assert!(find(db, uid(9)).await.unwrap().is_none());
            assert_eq!(elsewhere(db, 1, 2).await.unwrap(), [("s1".to_owned(), 1)]);
            assert!(elsewhere(db, 1, 1).await.unwrap().is_empty());
            let mut tx = db.begin().await.unwrap();
            for (n, discovery) in [(4, "d2"), (5, "")] {
                let other = Found { signature: format!("s{n}"), ..found.clone() };
                put(&mut tx, (1, 1), (uid(n), &other), discovery, now).await.unwrap();
            }
            tx.commit().await.unwrap();
            assert_eq!(prune(db, now).await.unwrap(), 0);
            assert_eq!(prune(db, now.plus_secs(1)).await.unwrap(), 1);
            assert!(by_signature(db, 1, "s4").await.unwrap().is_none(), "the others are told of, or were written");
        }
    }
}
