//! The stories of links, feeds and calls, on every engine.

use argos_kernel::Timestamp;
use argos_store::Database;
use argos_store::testing::each_engine;
use serde_json::json;

use super::links::{self, Link};
use super::nodes;
use crate::model::node::Node;

fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(secs)
}

async fn claim(db: &Database, node: &str, replica: &str) -> Link {
    let mut tx = db.begin().await.unwrap();
    let seq = links::claim(&mut tx, node, replica).await.unwrap();
    tx.commit().await.unwrap();
    Link { node_id: node.to_owned(), seq, replica: replica.to_owned() }
}

async fn all(db: &Database) -> Vec<(String, i64, String)> {
    links::links(db).await.unwrap().into_iter().map(|l| (l.node_id, l.seq, l.replica)).collect()
}

#[tokio::test]
async fn every_connection_of_a_node_has_a_number_that_no_other_had() {
    for test in each_engine(crate::MIGRATIONS).await {
        let db = &test.store.state;
        let (first, second) = (claim(db, "a", "one").await, claim(db, "a", "two").await);
        assert_eq!((first.seq, second.seq), (1, 2));
        assert!(!links::release(db, &first).await.unwrap(), "the end of the older changes nothing");
        assert_eq!(all(db).await, [("a".to_owned(), 2, "two".to_owned())]);
        assert!(links::release(db, &second).await.unwrap());
        assert!(all(db).await.is_empty());
        assert!(!links::release(db, &second).await.unwrap());
        assert_eq!(claim(db, "a", "one").await.seq, 3, "also when nobody had it in between");
        let mut tx = db.begin().await.unwrap();
        links::forget_node(&mut tx, "a").await.unwrap();
        tx.commit().await.unwrap();
        assert!(all(db).await.is_empty());
    }
}

#[tokio::test]
async fn node_that_went_with_its_process_is_lost_once_and_one_that_came_back_is_not() {
    for test in each_engine(crate::MIGRATIONS).await {
        let db = &test.store.state;
        let mut tx = db.begin().await.unwrap();
        for id in ["a", "b"] {
            let body = json!({ "name": format!("node {id}") });
            let node = Node::create(id.to_owned(), format!("hash-{id}"), body.as_object().unwrap(), at(10)).unwrap();
            nodes::insert(&mut tx, &node).await.unwrap();
        }
        let arrival = nodes::Arrival { id: "a", at: at(20), enrolled_at: Some(at(10)), version: None, protocol: None };
        assert!(nodes::online(&mut tx, &arrival).await.unwrap());
        tx.commit().await.unwrap();
        let link = claim(db, "a", "dead").await;
        for first in [true, false] {
            let mut tx = db.begin().await.unwrap();
            nodes::lost(&mut tx, "a").await.unwrap();
            nodes::lost(&mut tx, "b").await.unwrap();
            assert_eq!(links::release_in(&mut tx, &link).await.unwrap(), first, "told by one asker only");
            tx.commit().await.unwrap();
        }
        let (lost, waits) = (nodes::find(db, "a").await.unwrap().unwrap(), nodes::find(db, "b").await.unwrap().unwrap());
        assert_eq!((lost.status.as_str(), lost.last_seen_at), ("offline", Some(at(20))));
        assert_eq!(waits.status, "pending", "one that never came cannot get lost");
        let before = claim(db, "a", "dead").await;
        claim(db, "a", "living").await;
        let mut tx = db.begin().await.unwrap();
        assert!(!links::release_in(&mut tx, &before).await.unwrap());
    }
}

#[tokio::test]
async fn calls_are_handed_out_once_and_feeds_replaced() {
    for test in each_engine(crate::MIGRATIONS).await {
        let db = &test.store.state;
        for id in ["c1", "c2"] {
            links::call(db, id, "one", "sealed", at(1)).await.unwrap();
        }
        assert!(links::take_calls(db, "two").await.unwrap().is_empty());
        let mut taken = links::take_calls(db, "one").await.unwrap();
        taken.sort();
        assert_eq!(taken, [("c1".to_owned(), "sealed".to_owned()), ("c2".to_owned(), "sealed".to_owned())]);
        assert!(links::take_calls(db, "one").await.unwrap().is_empty());
        assert_eq!(links::take_answer(db, "c1").await.unwrap(), None);
        links::answer(db, "c1", "yes").await.unwrap();
        links::answer(db, "c2", "no").await.unwrap();
        assert_eq!(links::answered(db).await.unwrap().len(), 2);
        assert_eq!(links::take_answer(db, "c1").await.unwrap().as_deref(), Some("yes"));
        assert_eq!(links::answered(db).await.unwrap(), ["c2"], "an answer that was taken is gone");
        links::purge_calls(db, at(2)).await.unwrap();
        assert_eq!(links::take_answer(db, "c2").await.unwrap(), None);

        db.batch(links::feed("one", 1, vec!["a".to_owned(), "b".to_owned()])).await.unwrap();
        db.batch(links::feed("one", 2, vec!["c".to_owned()])).await.unwrap();
        assert_eq!(links::feeds(db, "two").await.unwrap(), [("one".to_owned(), 2, "c".to_owned())]);
        assert!(links::feeds(db, "one").await.unwrap().is_empty());
        links::end_feed(db, "one").await.unwrap();
        assert!(links::feeds(db, "two").await.unwrap().is_empty());
    }
}
