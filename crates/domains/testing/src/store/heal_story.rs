//! The tables of healing and recordings on both engines.

use argos_kernel::{ManualClock, PageRequest, SeededRng, Timestamp, Uid};
use argos_store::testing::TestStore;
use serde_json::{Map, json};

use super::patterns::{self, Right};
use super::story::{document, insert, stores};
use super::{recordings, suggestions};
use crate::model::healing::{Details, Suggestion, SuggestionStatus};
use crate::model::recording::{Masked, Recording, RecordingStatus};

const NOW: Timestamp = Timestamp::from_secs(1_700_000_000);
const ALL: PageRequest = PageRequest { limit: 100, offset: 0 };

fn uid(n: u64) -> Uid {
    Uid::mint(&ManualClock::at(NOW), &SeededRng::new(n))
}

fn suggestion(n: u64, test: i64, confidence: f64) -> Suggestion {
    Suggestion {
        id: 0,
        uid: uid(n),
        organization_id: 1,
        project_id: 1,
        project_uid: uid(99),
        test_id: test,
        test_uid: uid(1),
        test_name: "Sign in".into(),
        status: SuggestionStatus::Pending,
        phase: "steps".into(),
        step_index: i64::try_from(n).unwrap(),
        error_type: "element_not_found".into(),
        failure_type: "selector_changed".into(),
        fix_type: "update_selector".into(),
        old_value: "#a".into(),
        new_value: format!("#b{n}"),
        confidence,
        times_seen: 1,
        times_used: 1,
        run_uid: uid(7),
        details: Details { strategy: "similarity".into(), ..Details::default() },
        created_at: NOW,
        reviewed_at: None,
        reviewed_by: None,
        note: None,
    }
}

async fn decide(t: &TestStore, n: u64, status: SuggestionStatus) -> bool {
    let mut tx = t.store.state.begin().await.unwrap();
    let found = suggestions::find_in(&mut tx, uid(n)).await.unwrap().unwrap();
    let decided = Suggestion { status, reviewed_at: Some(NOW), reviewed_by: Some("ada".into()), ..found };
    let done = suggestions::settle(&mut tx, &decided, SuggestionStatus::Pending).await.unwrap();
    tx.commit().await.unwrap();
    done
}

#[tokio::test]
async fn proposal_is_decided_once_and_counted() {
    for t in stores().await {
        let db = &t.store.state;
        let test = insert(&t, 1, &document("Sign in", &[])).await;
        let mut tx = db.begin().await.unwrap();
        for (n, confidence) in [(2, 0.7), (3, 0.9), (4, 0.8)] {
            let id = suggestions::insert(&mut tx, &suggestion(n, test, confidence)).await.unwrap();
            suggestions::again(&mut tx, id, &suggestion(n, test, confidence)).await.unwrap();
        }
        tx.commit().await.unwrap();
        let filter = suggestions::Filter { organization_id: 1, min_confidence: 0.75, ..suggestions::Filter::default() };
        let found = suggestions::list(db, &filter, ALL).await.unwrap();
        let sure: Vec<f64> = found.items.iter().map(|s| s.confidence).collect();
        assert_eq!((found.total, sure, found.items[0].times_seen), (2, vec![0.9, 0.8], 2));
        assert!(decide(&t, 3, SuggestionStatus::Applied).await && !decide(&t, 3, SuggestionStatus::Rejected).await);
        assert!(decide(&t, 4, SuggestionStatus::Rejected).await);
        let refused = suggestions::refused(db, test, NOW.minus_secs(1)).await.unwrap();
        assert_eq!((refused.pairs, refused.late), (vec![("#a".to_owned(), "#b4".to_owned())], Vec::<String>::new()));
        assert_eq!(suggestions::refused(db, test, NOW).await.unwrap(), suggestions::Refused::default());
        let waiting = suggestions::pending(db, NOW.plus_secs(1), 0).await.unwrap();
        assert_eq!(waiting.iter().map(|s| s.new_value.as_str()).collect::<Vec<_>>(), ["#b2"]);
        assert!(suggestions::pending(db, NOW.plus_secs(1), waiting[0].id).await.unwrap().is_empty(), "the next page is empty");
        let figures = suggestions::figures(db, 1, Some(1), [NOW.minus_secs(1), NOW.minus_secs(1), NOW.minus_secs(1)]).await.unwrap();
        let applied = figures.iter().find(|f| f.status == SuggestionStatus::Applied).unwrap();
        assert_eq!((applied.count, applied.used, applied.lately), (1, 2, [1, 1, 1]));
        assert_eq!(suggestions::recent(db, 1, None).await.unwrap().len(), 1);
        assert_eq!(suggestions::expire(db, NOW.plus_secs(1)).await.unwrap(), 1);
        assert!(suggestions::list(db, &suggestions::Filter { organization_id: 2, ..filter }, ALL).await.unwrap().items.is_empty());
    }
}

#[tokio::test]
async fn pattern_counts_and_begins_anew_with_another_replacement() {
    for t in stores().await {
        let db = &t.store.state;
        let mut tx = db.begin().await.unwrap();
        for (n, healed) in [(1, "#b"), (2, "#b"), (3, "#c")] {
            let right = Right {
                uid: uid(n),
                organization_id: 1,
                project_id: 1,
                fingerprint: "f",
                original: "#a",
                healed,
                error_type: "x",
                now: NOW,
            };
            patterns::right(&mut tx, &right).await.unwrap();
        }
        assert!(!patterns::counted(&mut tx, 1, "f", "#b", (1, 0), NOW).await.unwrap(), "it is another one by now");
        assert!(patterns::counted(&mut tx, 1, "f", "#c", (0, 1), NOW).await.unwrap());
        assert!(!patterns::counted(&mut tx, 1, "f", "#c", (-2, 0), NOW).await.unwrap(), "no count is negative");
        patterns::put_config(&mut tx, (1, 1), uid(5), &Map::from_iter([("enabled".to_owned(), json!(false))]), NOW).await.unwrap();
        patterns::put_config(&mut tx, (1, 404), uid(6), &Map::new(), NOW).await.unwrap();
        tx.commit().await.unwrap();
        let found = patterns::list(db, 1, None, 0.5, ALL).await.unwrap();
        assert_eq!((found.total, found.items[0].healed.as_str(), found.items[0].successes, found.items[0].failures), (1, "#c", 1, 1));
        assert_eq!(patterns::list(db, 1, None, 0.6, ALL).await.unwrap().total, 0);
        assert_eq!(patterns::configs(db, 1, 1).await.unwrap().len(), 1);
        assert_eq!(patterns::sweep_configs(db).await.unwrap(), 1, "of a project that is gone");
    }
}

#[tokio::test]
async fn recording_grows_in_parts_and_a_page_goes_on_with_its_own() {
    for t in stores().await {
        let db = &t.store.state;
        let row = Recording {
            id: 0,
            uid: uid(1),
            organization_id: 1,
            project_id: 1,
            project_uid: uid(99),
            test_uid: None,
            name: "Visit".into(),
            url: None,
            status: RecordingStatus::Recording,
            source: "snippet".into(),
            client_key: Some("page-1".into()),
            metadata: Map::new(),
            masked: Masked::default(),
            events_count: 0,
            interaction_count: 0,
            bytes: 0,
            first_ms: None,
            last_ms: None,
            created_by: "snippet".into(),
            created_at: NOW,
            updated_at: NOW,
        };
        let mut tx = db.begin().await.unwrap();
        recordings::insert(&mut tx, &row).await.unwrap();
        recordings::insert(&mut tx, &Recording { uid: uid(2), ..row.clone() }).await.unwrap();
        tx.commit().await.unwrap();
        let stored = recordings::by_key(db, 1, "page-1").await.unwrap().unwrap();
        assert_eq!(stored.uid, uid(1), "the second of the same name is none");
        let mut tx = db.begin().await.unwrap();
        let mut locked = recordings::lock(&mut tx, stored.id, stored.uid, NOW).await.unwrap().unwrap();
        for (part, sequence) in [(0, Some(1)), (2, Some(2)), (4, None)] {
            locked.events_count += 2;
            (locked.first_ms, locked.last_ms) = (Some(1.5), Some(9.25));
            recordings::append(&mut tx, &locked, part, sequence, Some("[{\"type\":4},{\"type\":2}]")).await.unwrap();
        }
        assert!(
            recordings::has_sequence(&mut tx, stored.id, 2).await.unwrap()
                && !recordings::has_sequence(&mut tx, stored.id, 3).await.unwrap()
        );
        tx.commit().await.unwrap();
        let kept = recordings::find(db, uid(1)).await.unwrap().unwrap();
        assert_eq!((kept.events_count, kept.duration_ms()), (6, Some(7)));
        assert_eq!(recordings::events(db, kept.id).await.unwrap().len(), 6);
        assert_eq!(recordings::list(db, 1, Some(1), ALL).await.unwrap().total, 1);
        assert_eq!(recordings::prune(db, NOW.plus_secs(1)).await.unwrap(), 1);
    }
}
