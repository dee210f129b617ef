//! The event log on each engine: publish, follow in order, consume at least once, floods, acknowledgement, retention.

mod routes;

use std::sync::Arc;
use std::time::Duration;

use argos_events::{Acked, Event, Events, Filter, MIGRATIONS, NewEvent, RetentionDays, STATEMENTS, Source, StartAt};
use argos_kernel::{ManualClock, SeededRng, Severity, Timestamp};
use argos_store::Engine;
use argos_store::testing::{TestStore, each_engine};
use proptest::prelude::*;
use serde_json::json;

struct Stage {
    t: TestStore,
    clock: ManualClock,
    events: Events,
}

async fn stages() -> Vec<Stage> {
    let all = each_engine(MIGRATIONS).await;
    all.into_iter()
        .map(|t| {
            let clock = ManualClock::at(Timestamp::from_secs(1_750_000_000));
            let events = Events::new(t.store.state.clone(), Arc::new(clock.clone()), Arc::new(SeededRng::new(9)));
            Stage { t, clock, events }
        })
        .collect()
}

fn note(message: &str) -> NewEvent {
    NewEvent::new(Source::Platform, "system.started", message)
}

fn messages(batch: &[Event]) -> Vec<&str> {
    batch.iter().map(|e| e.message.as_str()).collect()
}

#[tokio::test]
async fn statements_prepare_on_each_engine() {
    for s in stages().await {
        for stmt in STATEMENTS.concat() {
            s.t.store.state.prepare(stmt).await.unwrap();
        }
    }
}

#[tokio::test]
async fn published_event_comes_back_whole_with_its_kind_resolved() {
    for s in stages().await {
        let event = NewEvent::new(Source::Platform, "login_failed", "x".repeat(10_050))
            .subject("user", 7, "ada")
            .data(json!({"ip": "192.0.2.1", "nul": "\u{0}"}))
            .correlation("c-1");
        let id = s.events.announce(event).await.unwrap();
        let e = s.events.find(&id.to_string()).await.unwrap().unwrap();
        assert_eq!((e.kind.as_str(), e.severity, e.message.len()), ("auth.login_failed", Severity::Warning, 10_000));
        assert_eq!((e.subject_type.as_deref(), e.subject_id.as_deref(), e.subject_name.as_deref()), (Some("user"), Some("7"), Some("ada")));
        assert_eq!(e.data, json!({"ip": "192.0.2.1", "nul": "\u{0}"}));
        assert_eq!((e.repeat_count, e.created_at), (1, Timestamp::from_secs(1_750_000_000)));
        assert_eq!(s.events.find(&e.uid.to_string()).await.unwrap().unwrap(), e);
        assert_eq!(s.events.find("nonsense").await.unwrap(), None);
    }
}

#[tokio::test]
async fn event_of_a_rolled_back_change_never_existed() {
    for s in stages().await {
        let mut reader = s.events.reader(0);
        let mut tx = s.t.store.state.begin().await.unwrap();
        s.events.publish(&mut tx, note("gone")).await.unwrap();
        drop(tx);
        s.events.announce(note("kept")).await.unwrap();
        assert_eq!(messages(&reader.next_batch(10).await.unwrap()), ["kept"]);
    }
}

#[tokio::test]
async fn reader_wakes_soon_after_a_commit() {
    for s in stages().await {
        let mut reader = s.events.reader(0);
        let events = s.events.clone();
        let (batch, _) = tokio::join!(tokio::time::timeout(Duration::from_secs(2), reader.next_batch(10)), async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            events.announce(note("late")).await.unwrap()
        });
        assert_eq!(messages(&batch.unwrap().unwrap()), ["late"]);
    }
}

#[tokio::test]
async fn lower_id_that_commits_later_is_not_missed_on_postgres() {
    for s in stages().await.into_iter().filter(|s| s.t.store.engine() == Engine::Postgres) {
        s.events.announce(note("first")).await.unwrap();
        let mut reader = s.events.reader(0);
        assert_eq!(messages(&reader.next_batch(10).await.unwrap()), ["first"]);
        let mut slow = s.t.store.state.begin().await.unwrap();
        let low = s.events.publish(&mut slow, note("slow")).await.unwrap();
        let high = s.events.announce(note("quick")).await.unwrap();
        assert!(low < high);
        // The hole holds the reader as long as the slow transaction runs.
        assert!(tokio::time::timeout(Duration::from_millis(400), reader.next_batch(10)).await.is_err());
        slow.commit().await.unwrap();
        assert_eq!(messages(&reader.next_batch(10).await.unwrap()), ["slow", "quick"]);
        // A hole that a rollback left is passed.
        let mut gone = s.t.store.state.begin().await.unwrap();
        s.events.publish(&mut gone, note("gone")).await.unwrap();
        s.events.announce(note("after")).await.unwrap();
        drop(gone);
        let batch = tokio::time::timeout(Duration::from_secs(5), reader.next_batch(10)).await.unwrap().unwrap();
        assert_eq!(messages(&batch), ["after"]);
    }
}

#[tokio::test]
async fn concurrent_publishers_are_all_read_in_id_order() {
    for s in stages().await {
        let mut set = tokio::task::JoinSet::new();
        for i in 0..60 {
            let (events, db) = (s.events.clone(), s.t.store.state.clone());
            set.spawn(async move {
                let mut tx = db.begin().await.unwrap();
                events.publish(&mut tx, note(&format!("n{i}"))).await.unwrap();
                if i % 5 == 0 {
                    return;
                }
                tx.commit().await.unwrap();
            });
        }
        let mut reader = s.events.reader(0);
        let mut seen = Vec::new();
        while seen.len() < 48 {
            let batch = tokio::time::timeout(Duration::from_secs(20), reader.next_batch(7)).await.unwrap().unwrap();
            seen.extend(batch.into_iter().map(|e| e.id));
        }
        set.join_all().await;
        assert_eq!(s.events.count(&Filter::default()).await.unwrap(), 48);
        assert!(seen.is_sorted() && seen.windows(2).all(|w| w[0] < w[1]));
    }
}

#[tokio::test]
async fn consumer_gets_unacknowledged_events_again_and_keeps_its_place() {
    for s in stages().await {
        s.events.announce(note("before")).await.unwrap();
        let mut c = s.events.consumer("alerts", StartAt::Now).await.unwrap();
        for m in ["a", "b", "c"] {
            s.events.announce(note(m)).await.unwrap();
        }
        let first = c.next_batch(2).await.unwrap();
        assert_eq!(messages(&first), ["a", "b"]);
        assert_eq!(messages(&c.next_batch(2).await.unwrap()), ["a", "b"]);
        c.ack(first[0].id).await.unwrap();
        drop(c);
        let mut c = s.events.consumer("alerts", StartAt::Beginning).await.unwrap();
        let rest = c.next_batch(10).await.unwrap();
        assert_eq!(messages(&rest), ["b", "c"]);
        assert_eq!(s.events.lags().await.unwrap()[0].behind, 2);
        let mut tx = s.t.store.state.begin().await.unwrap();
        c.ack_in(&mut tx, rest[1].id).await.unwrap();
        drop(tx);
        assert_eq!(messages(&c.next_batch(10).await.unwrap()), ["b", "c"]);
        let mut tx = s.t.store.state.begin().await.unwrap();
        c.ack_in(&mut tx, rest[1].id).await.unwrap();
        tx.commit().await.unwrap();
        assert!(tokio::time::timeout(Duration::from_millis(100), c.next_batch(10)).await.is_err());
        assert_eq!(s.events.lags().await.unwrap()[0].behind, 0);
        let mut all = s.events.consumer("notifier", StartAt::Beginning).await.unwrap();
        assert_eq!(all.next_batch(10).await.unwrap().len(), 4);
    }
}

#[tokio::test]
async fn flood_from_outside_collapses_and_own_kinds_never_do() {
    for s in stages().await {
        s.events.set_flood_limit(3);
        let outside =
            |code: i64| NewEvent::new(Source::Nodes, "node.error", "lost").data(json!({"error_code": code})).from_outside("node-1");
        for _ in 0..10 {
            s.events.announce(outside(5)).await.unwrap();
            s.events.announce(note("own")).await.unwrap();
        }
        let nodes = Filter { sources: vec![Source::Nodes], ..Filter::default() };
        let rows = s.events.list(&nodes, None, 100).await.unwrap();
        assert_eq!(rows.iter().map(|e| e.repeat_count).collect::<Vec<_>>(), [8, 1, 1]);
        assert_eq!(s.events.count(&Filter { sources: vec![Source::Platform], ..Filter::default() }).await.unwrap(), 10);
        // Another error of the same node is not identical, so it has its own row.
        s.events.announce(outside(6)).await.unwrap();
        assert_eq!(s.events.count(&nodes).await.unwrap(), 4);
        s.clock.advance_secs(61);
        s.events.announce(outside(5)).await.unwrap();
        assert_eq!(s.events.count(&nodes).await.unwrap(), 5);
    }
}

#[tokio::test]
async fn first_acknowledger_stays_and_unknown_events_are_404() {
    for s in stages().await {
        let id = s.events.announce(note("x")).await.unwrap();
        let mut tx = s.t.store.state.begin().await.unwrap();
        assert_eq!(s.events.ack(&mut tx, id, by("ada"), Some("on it")).await.unwrap(), Acked::Now);
        assert_eq!(s.events.ack(&mut tx, id, by("bob"), Some("me too")).await.unwrap(), Acked::Before);
        assert_eq!(s.events.ack(&mut tx, id + 1, by("bob"), None).await.unwrap_err().kind().status(), 404);
        tx.commit().await.unwrap();
        let e = s.events.find(&id.to_string()).await.unwrap().unwrap();
        assert_eq!((e.acknowledged_by.as_deref(), e.note.as_deref()), (Some("ada"), Some("on it")));
        let mut tx = s.t.store.state.begin().await.unwrap();
        s.events.note(&mut tx, id, None).await.unwrap();
        assert!(s.events.note(&mut tx, 999, Some("x")).await.is_err());
        tx.commit().await.unwrap();
        assert_eq!(s.events.find(&id.to_string()).await.unwrap().unwrap().note, None);
    }
}

#[tokio::test]
async fn retention_follows_source_and_family() {
    for s in stages().await {
        s.events.announce(note("platform")).await.unwrap();
        s.events.announce(NewEvent::new(Source::Power, "power.on_battery", "power")).await.unwrap();
        s.events.announce(NewEvent::new(Source::Platform, "security.alert", "security")).await.unwrap();
        s.clock.advance_secs(100 * 86_400);
        s.events.announce(note("new")).await.unwrap();
        assert_eq!(s.events.prune(RetentionDays::default()).await.unwrap(), 1);
        let left = s.events.list(&Filter::default(), None, 10).await.unwrap();
        assert_eq!(messages(&left), ["new", "security", "power"]);
        s.clock.advance_secs(300 * 86_400);
        assert_eq!(s.events.prune(RetentionDays::default()).await.unwrap(), 3);
        // A reader that starts before pruned ids is not stuck in their hole.
        let id = s.events.announce(note("last")).await.unwrap();
        let batch = tokio::time::timeout(Duration::from_secs(5), s.events.reader(0).next_batch(10)).await.unwrap().unwrap();
        assert_eq!(batch[0].id, id);
    }
}

#[tokio::test]
async fn lists_and_live_filter_agree() {
    for s in stages().await {
        let severities = [Severity::Info, Severity::Warning, Severity::Critical];
        let kinds = ["alert.firing", "alert_x.y", "backup.failed", "alert.resolved"];
        for i in 0..24_usize {
            let e = NewEvent::new(Source::ALL[i % 6], kinds[i % 4], format!("Message {i}% of_all")).severity(severities[i % 3]).subject(
                "host",
                i % 2,
                if i % 2 == 0 { "Web" } else { "db" },
            );
            s.events.announce(e).await.unwrap();
        }
        let all = s.events.list(&Filter::default(), None, 100).await.unwrap();
        let k = s.events.kinds();
        let filters = [
            Filter { sources: vec![Source::Ops, Source::Edge], ..Filter::default() },
            Filter { severities: vec![Severity::Critical, Severity::Info], ..Filter::default() },
            Filter { kinds: vec![k.pattern("alert.*")], ..Filter::default() },
            Filter { kinds: vec![k.pattern("backup_failed")], ..Filter::default() },
            Filter { text: Some("1% OF_".to_owned()), ..Filter::default() },
            Filter { text: Some("web".to_owned()), severities: vec![Severity::Warning], ..Filter::default() },
            Filter { subject_type: Some("host".to_owned()), subject_id: Some("1".to_owned()), ..Filter::default() },
        ];
        for f in filters {
            let listed: Vec<i64> = s.events.list(&f, None, 100).await.unwrap().iter().map(|e| e.id).collect();
            let matched: Vec<i64> = all.iter().filter(|e| f.matches(e)).map(|e| e.id).collect();
            assert!(!listed.is_empty() && listed.len() < all.len(), "{f:?}");
            assert_eq!(listed, matched, "{f:?}");
            assert_eq!(s.events.count(&f).await.unwrap(), i64::try_from(listed.len()).unwrap());
            let older: Vec<i64> = s.events.list(&f, Some(listed[0]), 100).await.unwrap().iter().map(|e| e.id).collect();
            assert_eq!(older, listed[1..]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn any_outside_event_is_stored_or_collapsed_without_error(message in "\\PC{0,40}|\u{0}x", kind in "[a-z.*%_]{0,20}", name in "\\PC{0,20}", code in any::<i64>()) {
        let rt = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        rt.block_on(async {
            let t = argos_store::testing::sqlite(MIGRATIONS).await;
            let clock = ManualClock::at(Timestamp::from_secs(1));
            let events = Events::new(t.store.state.clone(), Arc::new(clock), Arc::new(SeededRng::new(1)));
            events.set_flood_limit(1);
            let e = NewEvent::new(Source::Nodes, kind, message).subject("node", &name, &name).data(json!({"error_code": code, "x": name})).from_outside(&name);
            let a = events.announce(e.clone()).await.unwrap();
            let b = events.announce(e).await.unwrap();
            prop_assert_eq!(a, b);
            prop_assert_eq!(events.find(&a.to_string()).await.unwrap().unwrap().repeat_count, 2);
            Ok(())
        })?;
    }
}

fn by(name: &str) -> argos_events::Acknowledger<'_> {
    argos_events::Acknowledger { name, uid: None }
}
