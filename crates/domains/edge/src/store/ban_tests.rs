//! The tables of bans: what was heard of CrowdSec, the allow list and countries, on both engines.

use argos_kernel::Timestamp;
use argos_store::StoreError;
use argos_store::testing::each_engine;

use super::{bans, countries, whitelist};
use crate::MIGRATIONS;
use crate::model::ban::{Ban, Subject};

const NOW: Timestamp = Timestamp::from_secs(1_700_000_000);

fn ban(id: i64, scope: &str, value: &str, until_s: i64) -> Ban {
    let text = str::to_owned;
    let until = NOW.plus_secs(until_s);
    Ban { id, origin: text("cscli"), kind: text("ban"), scope: text(scope), value: text(value), scenario: text("100%_sure"), until }
}

#[tokio::test]
async fn bans_are_found_by_text_and_by_the_addresses_they_meet() {
    for t in each_engine(MIGRATIONS).await {
        let db = &t.store.state;
        let all = [
            ban(1, "Ip", "203.0.113.9", 60),
            ban(2, "Range", "203.0.113.0/24", 120),
            ban(3, "Range", "2001:db8::/32", 60),
            ban(4, "Country", "BR", 60),
            ban(5, "Range", "0.0.0.0/0", -1),
        ];
        let before = bans::exchange(db).await.unwrap().revision;
        bans::change(db, &all, &[]).await.unwrap();
        assert_eq!(bans::exchange(db).await.unwrap().revision, before + 1);
        let covering = async |text: &str| {
            let range = Subject::parse("value", text).unwrap().range;
            bans::covering(db, NOW, range.span()).await.unwrap().iter().map(|b| b.id).collect::<Vec<_>>()
        };
        assert_eq!(covering("203.0.113.9").await, [1, 2], "the narrowest first, none that is over");
        assert_eq!(covering("203.0.113.0/25").await, [2]);
        assert_eq!(covering("2001:db8:1::/48").await, [3]);
        assert!(covering("198.51.100.1").await.is_empty());
        assert_eq!(bans::enforced(db, NOW).await.unwrap().len(), 3, "neither a country nor what is over");

        let found = async |text: Option<&str>, scope: Option<&str>, origin: Option<&str>| {
            let own = |o: Option<&str>| o.map(str::to_owned);
            let wanted = bans::Wanted { text: own(text), scope: own(scope), origin: own(origin) };
            bans::list(db, NOW, &wanted, (2, 0)).await.map(|(page, total)| (page.len(), total)).unwrap()
        };
        assert_eq!(found(None, None, None).await, (2, 4), "a page and the count of all");
        assert_eq!(found(Some("2001:DB8"), None, None).await, (1, 1));
        assert_eq!(found(Some("0%_S"), None, None).await, (2, 4), "no wildcard of the database");
        assert_eq!(found(Some("0x_s"), None, None).await, (0, 0));
        assert_eq!(found(None, Some("RANGE"), None).await, (2, 2));
        assert_eq!(found(None, None, Some("CSCLI")).await, (0, 0), "an origin is exact");

        // A part that CrowdSec took twice.
        let again = Ban { id: 9, ..all[1].clone() };
        let origin = again.origin.clone();
        let before = bans::values_of_origins(db, NOW).await.unwrap()[&origin];
        bans::change(db, &[again], &[]).await.unwrap();
        assert_eq!(bans::values_of_origins(db, NOW).await.unwrap()[&origin], before, "twice the same range is one");
        bans::change(db, &[], &[9]).await.unwrap();

        bans::change(db, &[ban(1, "Ip", "203.0.113.9", 600)], &[2]).await.unwrap();
        assert_eq!(bans::ends(db).await.unwrap()[&1], NOW.plus_secs(600));
        assert_eq!(covering("203.0.113.0/25").await, [0_i64; 0]);
        assert_eq!(bans::purge(db, NOW).await.unwrap(), 1);
        let mut tx = db.begin().await.unwrap();
        bans::forget(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        assert!(bans::ends(db).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn silence_is_counted_until_an_answer_comes() {
    for t in each_engine(MIGRATIONS).await {
        let db = &t.store.state;
        let mut tx = db.begin().await.unwrap();
        assert_eq!(bans::failed(&mut tx, "no answer").await.unwrap(), 1);
        assert_eq!(bans::failed(&mut tx, "no answer").await.unwrap(), 2);
        bans::machine(&mut tx, Some(false)).await.unwrap();
        tx.commit().await.unwrap();
        let exchange = bans::exchange(db).await.unwrap();
        assert_eq!((exchange.failures, exchange.error.as_deref(), exchange.machine_ok), (2, Some("no answer"), Some(false)));
        let mut tx = db.begin().await.unwrap();
        bans::heard(&mut tx, "http://lapi", NOW).await.unwrap();
        let id = whitelist::insert(&mut tx, ("ip", "203.0.113.9"), "office", NOW, "admin").await.unwrap();
        tx.commit().await.unwrap();
        let exchange = bans::exchange(db).await.unwrap();
        assert_eq!((exchange.failures, exchange.error, exchange.heard_at), (0, None, Some(NOW)));
        assert_eq!(whitelist::list(db).await.unwrap()[0].id, id);
        let mut tx = db.begin().await.unwrap();
        let again = whitelist::insert(&mut tx, ("ip", "203.0.113.9"), "", NOW, "admin").await.unwrap_err();
        assert!(matches!(again, StoreError::Unique(c) if c.starts_with("edge_whitelist.")));
    }
}

#[tokio::test]
async fn country_is_kept_once_and_forgotten() {
    for t in each_engine(MIGRATIONS).await {
        let db = &t.store.state;
        let expansion = |reason: &str| countries::Expansion {
            id: 0,
            country_code: "BR".to_owned(),
            cidrs: vec!["203.0.113.0/24".to_owned()],
            cidr_count: 1,
            reason: reason.to_owned(),
            duration: "168h".to_owned(),
            until: NOW.plus_secs(604_800),
            created_at: NOW,
            created_by: "admin".to_owned(),
            mmdb_version: "2026-03".to_owned(),
            state: "active".to_owned(),
        };
        let mut tx = db.begin().await.unwrap();
        countries::put(&mut tx, &expansion("first")).await.unwrap();
        tx.commit().await.unwrap();
        countries::set_state(db, "BR", "drifted").await.unwrap();
        assert_eq!(countries::list(db).await.unwrap()[0].state, "drifted");
        let mut tx = db.begin().await.unwrap();
        countries::put(&mut tx, &expansion("again")).await.unwrap();
        tx.commit().await.unwrap();
        let kept = countries::list(db).await.unwrap();
        assert_eq!((kept.len(), kept[0].reason.as_str(), kept[0].state.as_str()), (1, "again", "active"));
        assert_eq!((&kept[0].cidrs, kept[0].until), (&expansion("").cidrs, NOW.plus_secs(604_800)));
        let mut tx = db.begin().await.unwrap();
        countries::delete(&mut tx, "BR").await.unwrap();
        tx.commit().await.unwrap();
        assert!(countries::list(db).await.unwrap().is_empty());
    }
}
