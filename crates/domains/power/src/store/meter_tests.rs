//! The rows of outlets, phases and removed devices on each engine.

use argos_kernel::Timestamp;
use argos_store::testing::each_engine;

use super::*;
use crate::model::outlet::{Outlet, OutletState, Phase};

fn outlet(id: &str, state: OutletState) -> Outlet {
    Outlet { id: id.to_owned(), state, power_watts: Some(12.5), ..Outlet::default() }
}

#[tokio::test]
async fn outlets_keep_their_marks_over_polls_on_each_engine() {
    for t in each_engine(crate::MIGRATIONS).await {
        let db = &t.store.state;
        let (first, later) = (Timestamp::from_secs(10), Timestamp::from_secs(20));
        let mut tx = db.begin().await.unwrap();
        outlets::put(&mut tx, "pdu", &[outlet("10", OutletState::On), outlet("2", OutletState::Off)], first).await.unwrap();
        let mark = outlets::Mark { label: Some("router".to_owned()), protected: true };
        assert!(outlets::mark(&mut tx, "pdu", "2", &mark).await.unwrap());
        assert!(!outlets::mark(&mut tx, "pdu", "3", &mark).await.unwrap(), "no such outlet");
        outlets::put(&mut tx, "pdu", &[outlet("10", OutletState::On), outlet("2", OutletState::On)], later).await.unwrap();
        tx.commit().await.unwrap();
        let rows = outlets::list(db).await.unwrap();
        let read: Vec<_> = rows.iter().map(|r| (r.outlet.id.as_str(), r.outlet.state, r.mark.protected, r.updated_at)).collect();
        assert_eq!(read, [("10", OutletState::On, false, later), ("2", OutletState::On, true, later)], "in the device's order");
        let mut tx = db.begin().await.unwrap();
        outlets::delete(&mut tx, "pdu").await.unwrap();
        tx.commit().await.unwrap();
        assert!(outlets::list(db).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn phases_are_kept_once_and_go_with_their_time_on_each_engine() {
    for t in each_engine(crate::MIGRATIONS).await {
        let db = &t.store.telemetry;
        let at = Timestamp::from_secs;
        let rows =
            [Phase { id: "1".to_owned(), voltage: Some(231.0), ..Phase::default() }, Phase { id: "2".to_owned(), ..Phase::default() }];
        phases::insert(db, "hall", at(10), &rows).await.unwrap();
        phases::insert(db, "hall", at(10), &rows).await.unwrap();
        phases::insert(db, "hall", at(20), &rows).await.unwrap();
        let read = phases::list(db, "hall", at(0), at(15), 100).await.unwrap();
        assert_eq!(read, [(at(10), rows[0].clone()), (at(10), rows[1].clone())]);
        assert_eq!(phases::prune(db, at(15)).await.unwrap(), 2);
        phases::forget(db, "hall").await.unwrap();
        assert!(phases::list(db, "hall", at(0), at(99), 100).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn what_was_removed_is_remembered_until_it_is_welcome_on_each_engine() {
    for t in each_engine(crate::MIGRATIONS).await {
        let db = &t.store.state;
        let mut tx = db.begin().await.unwrap();
        for _ in 0..2 {
            dismissed::put(&mut tx, "nut:a@h", Timestamp::from_secs(1)).await.unwrap();
        }
        tx.commit().await.unwrap();
        assert!(dismissed::all(db).await.unwrap().contains("nut:a@h"));
        let mut tx = db.begin().await.unwrap();
        dismissed::delete(&mut tx, "nut:a@h").await.unwrap();
        tx.commit().await.unwrap();
        assert!(dismissed::all(db).await.unwrap().is_empty());
    }
}
