//! Rows of `testing_alternatives`: other selectors of elements, and how often each was right.

use argos_kernel::Timestamp;
use argos_store::{Database, Row, StoreError, Tx, args};

use crate::model::alternative::Feedback;

argos_store::statements! {
    state;
    OF_TEST = "testing.alternatives.of_test",
        "select a.primary_selector, a.selector, a.strategy, a.source, a.success_count, a.failure_count from testing_alternatives a
         join testing_elements e on e.selector = a.primary_selector and e.test_id = $2
         where a.project_id = $1 order by a.primary_selector, a.selector limit 5000";
    OF_SELECTOR = "testing.alternatives.of_selector",
        "select primary_selector, selector, strategy, source, success_count, failure_count from testing_alternatives
         where project_id = $1 and primary_selector = $2 order by selector limit 200";
    // What is known of one stays when it is seen again.
    PUT = "testing.alternatives.put",
        "insert into testing_alternatives (project_id, primary_selector, selector, strategy, source, success_count, failure_count, updated_at)
         values ($1, $2, $3, $4, $5, 0, 0, $6)
         on conflict (project_id, primary_selector, selector) do update set updated_at = excluded.updated_at";
    COUNTED = "testing.alternatives.counted",
        "update testing_alternatives set updated_at = $6,
            success_count = case when success_count + $4 < 0 then 0 else success_count + $4 end,
            failure_count = case when failure_count + $5 < 0 then 0 else failure_count + $5 end
         where project_id = $1 and primary_selector = $2 and selector = $3";
    PRUNE = "testing.alternatives.prune",
        "delete from testing_alternatives where updated_at < $1 and success_count = 0 and failure_count = 0";
}

/// Another selector of an element.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Known {
    pub(crate) primary: String,
    pub(crate) selector: String,
    pub(crate) kind: String,
    /// `discovery`, `manual` or `healing`.
    pub(crate) source: String,
    pub(crate) feedback: Feedback,
}

fn read(row: &Row) -> Result<Known, StoreError> {
    Ok(Known {
        primary: row.get(0)?,
        selector: row.get(1)?,
        kind: row.get(2)?,
        source: row.get(3)?,
        feedback: Feedback { right: row.get(4)?, wrong: row.get(5)? },
    })
}

/// Those of the elements a test is known to use.
pub(crate) async fn of_test(db: &Database, project_id: i64, test_id: i64) -> Result<Vec<Known>, StoreError> {
    db.query(OF_TEST, args![project_id, test_id]).await?.iter().map(read).collect()
}

pub(crate) async fn of_selector(db: &Database, project_id: i64, primary: &str) -> Result<Vec<Known>, StoreError> {
    db.query(OF_SELECTOR, args![project_id, primary]).await?.iter().map(read).collect()
}

/// Notes one that was seen.
pub(crate) async fn put(tx: &mut Tx, project_id: i64, k: &Known, now: Timestamp) -> Result<(), StoreError> {
    let args = args![project_id, k.primary.as_str(), k.selector.as_str(), k.kind.as_str(), k.source.as_str(), now];
    tx.exec(PUT, args).await.map(drop)
}

/// Counts what became of one: (right, wrong), which may be negative.
pub(crate) async fn counted(tx: &mut Tx, project_id: i64, k: &Known, (right, wrong): (i64, i64), now: Timestamp) -> Result<(), StoreError> {
    put(tx, project_id, k, now).await?;
    tx.exec(COUNTED, args![project_id, k.primary.as_str(), k.selector.as_str(), right, wrong, now]).await.map(drop)
}

/// Forgets what was only seen and not for long.
pub(crate) async fn prune(db: &Database, before: Timestamp) -> Result<u64, StoreError> {
    db.exec(PRUNE, args![before]).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::story::stores;

    #[tokio::test]
    async fn what_became_of_an_alternative_is_counted_and_never_below_nothing() {
        let now = Timestamp::from_secs(1_700_000_000);
        for t in stores().await {
            let db = &t.store.state;
            let known = Known {
                primary: "#save".into(),
                selector: "testid=\"save\"".into(),
                kind: "data".into(),
                source: "discovery".into(),
                feedback: Feedback::default(),
            };
            let mut tx = db.begin().await.unwrap();
            put(&mut tx, 1, &known, now).await.unwrap();
            counted(&mut tx, 1, &known, (1, 0), now).await.unwrap();
            counted(&mut tx, 1, &known, (1, 2), now).await.unwrap();
            counted(&mut tx, 1, &known, (0, -9), now).await.unwrap();
            // Seen again by somebody else: nothing is forgotten.
            put(&mut tx, 1, &Known { source: "manual".into(), ..known.clone() }, now.plus_secs(5)).await.unwrap();
            put(&mut tx, 1, &Known { selector: "//button".into(), ..known.clone() }, now).await.unwrap();
            tx.commit().await.unwrap();
            let found = of_selector(db, 1, "#save").await.unwrap();
            assert_eq!(found.len(), 2);
            assert_eq!(found[1], Known { feedback: Feedback { right: 2, wrong: 0 }, ..known });
            assert_eq!(of_selector(db, 1, "#other").await.unwrap().len(), 0);
            assert_eq!(prune(db, now.plus_secs(1)).await.unwrap(), 1);
            assert_eq!(of_selector(db, 1, "#save").await.unwrap().len(), 1);
        }
    }
}
