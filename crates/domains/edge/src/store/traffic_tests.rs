//! Traffic and bursts on both engines.

use argos_kernel::Timestamp;
use argos_store::testing::each_engine;

use super::{bursts, traffic};
use crate::MIGRATIONS;
use crate::model::bursts::{Burst, LIMITED};
use crate::model::traffic::{Figures, Key};

const NOW: Timestamp = Timestamp::from_secs(1_700_000_000);

fn key(at_s: i64, host_id: i64, domain: &str) -> Key {
    Key { at_s, host_id, domain: domain.to_owned() }
}

fn requests(classes: [u64; 5], path: &str) -> Figures {
    let mut figures = Figures { classes, refused: 1, forbidden: 2, ..Figures::default() };
    figures.times.add(20_000);
    figures.detail.paths.insert(path.to_owned(), classes[0]);
    figures
}

#[tokio::test]
async fn traffic_is_the_sum_of_the_parts_and_old_minutes_become_hours() {
    for t in each_engine(MIGRATIONS).await {
        let db = &t.store.telemetry;
        let (now, minute) = (NOW, NOW.secs() - NOW.secs() % 60);
        let part = |id: &str, key: Key, figures: Figures, at| traffic::put(id, &key, &figures, at);
        let old = NOW.minus_secs(7_200);
        db.batch(vec![
            part("one", key(minute, 1, "a.test"), requests([9, 0, 0, 0, 0], "/old"), now),
            part("two", key(minute, 1, "a.test"), requests([2, 0, 0, 1, 1], "/a"), now),
            part("strange", key(minute, 0, "a.test"), requests([1, 0, 0, 0, 0], "/a"), now),
            part("other", key(minute - 60, 2, "b.test"), requests([5, 0, 0, 0, 0], "/b"), now),
            part("past", key(minute - 7_200, 1, "a.test"), requests([3, 0, 0, 0, 0], "/a"), old),
            part("past-2", key(minute - 7_200, 1, "a.test"), requests([4, 0, 0, 0, 0], "/a"), old),
        ])
        .await
        .unwrap();
        // A part is written over by its own process only.
        db.batch(vec![part("one", key(minute, 1, "a.test"), requests([1, 0, 2, 0, 0], "/a"), now)]).await.unwrap();
        assert_eq!(traffic::sum(db, minute).await.unwrap(), (8, 6, 1));
        let live = traffic::live(db, minute).await.unwrap();
        assert_eq!(live.iter().find(|l| l.host_id == 1).map(|l| (l.at_s, l.requests, l.refused)), Some((minute, 7, 2)));
        let of = traffic::between(db, minute - 60, minute + 60, Some((1, "a.test"))).await.unwrap();
        assert_eq!(of.iter().map(|p| p.part.as_str()).collect::<Vec<_>>(), ["one", "strange", "two"]);
        assert_eq!((of[0].figures.times.count(), of[0].figures.detail.paths["/a"]), (1, 1));
        assert_eq!(traffic::changed(db, now.secs(), minute).await.unwrap().len(), 3);

        let before = minute - 3_600;
        let oldest = traffic::oldest_minute(db, before, now.secs() - 900).await.unwrap();
        assert_eq!(oldest, Some(minute - 7_200));
        assert_eq!(traffic::oldest_minute(db, before, old.secs()).await.unwrap(), None, "written lately");
        let hour = oldest.map(|at| at - at.rem_euclid(3_600)).unwrap();
        let minutes = traffic::minutes(db, hour, now.secs() - 900).await.unwrap();
        let mut sum = traffic::Stored { part: "hour".to_owned(), key: key(hour, 1, "a.test"), figures: Figures::default() };
        minutes.iter().for_each(|own| sum.figures.join(&own.figures));
        let mut tx = db.begin().await.unwrap();
        let (sum, quiet) = ([sum], now.secs() - 900);
        assert!(!traffic::replace(&mut tx, &minutes, &sum, old.secs(), now).await.unwrap(), "written since it was read");
        drop(tx);
        let mut tx = db.begin().await.unwrap();
        assert!(traffic::replace(&mut tx, &minutes, &sum, quiet, now).await.unwrap());
        tx.commit().await.unwrap();
        let mut tx = db.begin().await.unwrap();
        assert!(!traffic::replace(&mut tx, &minutes, &sum, quiet, now).await.unwrap(), "another process was faster");
        drop(tx);
        assert!(traffic::changed(db, now.secs(), 0).await.unwrap().iter().all(|own| own.part != "hour"), "no news");
        assert!(traffic::between(db, hour, minute - 60, None).await.unwrap().iter().all(|own| own.part == "hour"));
        let all = traffic::between(db, hour, minute + 60, None).await.unwrap();
        assert_eq!((all.len(), all[0].figures.requests(), all[0].figures.times.count()), (5, 7, 2));
        assert_eq!(traffic::oldest_minute(db, before, now.secs()).await.unwrap(), None);
        assert_eq!(traffic::prune(db, minute - 60).await.unwrap(), 1);
    }
}

#[tokio::test]
async fn lines_of_before_are_counted_once() {
    for t in each_engine(MIGRATIONS).await {
        let db = &t.store.telemetry;
        assert_eq!(traffic::marked(db).await.unwrap(), None);
        traffic::mark(db, 7).await.unwrap();
        traffic::mark(db, 9).await.unwrap();
        assert_eq!(traffic::marked(db).await.unwrap(), Some(7), "who began first knows");
        let counted = traffic::Stored { part: "one".to_owned(), key: key(60, 1, "a.test"), figures: requests([2, 0, 0, 0, 0], "/") };
        let counted = [(60, counted)];
        traffic::count_marked(db, &counted).await.unwrap();
        assert!(traffic::changed(db, NOW.secs(), 0).await.unwrap().is_empty(), "no news");
        let again = [(60, traffic::Stored { part: "two".to_owned(), ..counted[0].1.clone() })];
        traffic::count_marked(db, &again).await.unwrap();
        traffic::mark(db, 9).await.unwrap();
        assert_eq!((traffic::marked(db).await.unwrap(), traffic::sum(db, 0).await.unwrap().0), (None, 2));
    }
}

#[tokio::test]
async fn burst_is_remembered_for_all_processes() {
    for t in each_engine(MIGRATIONS).await {
        let db = &t.store.state;
        let mut began = Vec::new();
        for hits in [[100, 101, 102], [103, 104, 105], [106, 107, 108]] {
            let mut tx = db.begin().await.unwrap();
            let mut burst = bursts::hold(&mut tx, LIMITED.kind, "7", hits[0], true).await.unwrap().unwrap();
            began.push(burst.count(LIMITED, &hits));
            bursts::put(&mut tx, LIMITED.kind, "7", &burst).await.unwrap();
            tx.commit().await.unwrap();
        }
        assert_eq!(began, [false, true, false]);
        let mut tx = db.begin().await.unwrap();
        assert_eq!(bursts::hold(&mut tx, LIMITED.kind, "8", 108, false).await.unwrap(), None, "no room");
        assert!(bursts::hold(&mut tx, LIMITED.kind, "7", 108, false).await.unwrap().is_some_and(|burst| !burst.told.is_empty()));
        assert_eq!(bursts::hold(&mut tx, LIMITED.kind, "8", 108, true).await.unwrap(), Some(Burst::default()));
        assert_eq!(bursts::untold(&mut tx, LIMITED.kind).await.unwrap(), 1);
        tx.commit().await.unwrap();
        let prune = async |before, untold| bursts::prune(db, before, untold).await.unwrap();
        assert_eq!((prune(108, 108).await, prune(108, 109).await, prune(109, 109).await), (0, 1, 1));
    }
}
