//! From firings and events to rows: who gets what, what is held back and why.

use std::sync::Arc;

use argos_alerts::{ChannelRef, FiringChange, FiringNotice};
use argos_kernel::{ManualClock, Severity, Timestamp};
use argos_notify::STATEMENTS;
use serde_json::{Value, json};

use crate::stage::{Stage, notice};

const NOWHERE: &str = "http://127.0.0.1:9/";

fn lines(all: &[Value]) -> Vec<(&str, &str, Option<&str>)> {
    let mut lines: Vec<_> =
        all.iter().map(|d| (d["channel_name"].as_str().unwrap(), d["status"].as_str().unwrap(), d["reason"].as_str())).collect();
    lines.sort_unstable();
    lines
}

#[tokio::test]
async fn statements_prepare_on_each_engine() {
    for s in Stage::each().await {
        for stmt in STATEMENTS.concat() {
            s.t.store.state.prepare(stmt).await.unwrap();
        }
    }
}

/// SQLite numbers `$n` by first appearance, so both engines agree only when they appear in ascending order.
#[test]
fn parameters_appear_in_ascending_order_in_every_statement() {
    for stmt in STATEMENTS.concat() {
        let mut highest = 0;
        for piece in stmt.sqlite.split('$').skip(1) {
            let n: usize = piece.chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap();
            assert!(n <= highest + 1, "{}: ${n} after ${highest}", stmt.name);
            highest = highest.max(n);
        }
    }
}

#[tokio::test]
async fn firing_goes_to_broadcast_channels_or_to_those_its_rule_names() {
    for s in Stage::each().await {
        let quiet = s.hook("quiet", NOWHERE, json!({"broadcast": false})).await;
        s.hook("loud", NOWHERE, json!({})).await;
        s.hook("off", NOWHERE, json!({"enabled": false})).await;
        s.hook("ops:gotify", NOWHERE, json!({"broadcast": false})).await;
        s.tell(notice(FiringChange::Fired)).await;
        assert_eq!(lines(&s.deliveries("").await), [("loud", "pending", None)]);
        let named = ["quiet", "gotify", "off", "nobody"].map(|n| ChannelRef::Name(n.to_owned())).to_vec();
        let channels = [vec![ChannelRef::Id(quiet)], named].concat();
        s.tell(FiringNotice { channels, ..notice(FiringChange::Reminder) }).await;
        let expected = [
            ("loud", "pending", None),
            ("nobody", "failed", None),
            ("off", "throttled", Some("disabled")),
            ("ops:gotify", "pending", None),
            ("quiet", "pending", None),
        ];
        assert_eq!(lines(&s.deliveries("").await), expected);
    }
}

#[tokio::test]
async fn withheld_firing_leaves_suppressed_rows_and_no_inbox_message() {
    let s = Stage::sqlite().await;
    s.hook("loud", NOWHERE, json!({})).await;
    s.tell(FiringNotice { withheld: Some("cooldown"), ..notice(FiringChange::Fired) }).await;
    assert_eq!(lines(&s.deliveries("").await), [("loud", "throttled", Some("cooldown"))]);
    assert_eq!(s.ada().get("/api/notifications").await.json(), json!({"notifications": [], "unread_count": 0}));
}

#[tokio::test]
async fn rolled_back_firing_leaves_nothing() {
    use argos_alerts::FiringSink;
    for s in Stage::each().await {
        s.hook("loud", NOWHERE, json!({})).await;
        let mut tx = s.t.store.state.begin().await.unwrap();
        s.notify.deliver(&mut tx, &notice(FiringChange::Fired)).await.unwrap();
        drop(tx);
        assert!(s.deliveries("").await.is_empty());
        assert_eq!(s.ada().get("/api/notifications").await.json()["unread_count"], 0);
    }
}

#[tokio::test]
async fn rate_of_a_channel_suppresses_what_is_too_much_and_refills() {
    let clock = ManualClock::at(Timestamp::from_secs(1_750_000_000));
    let s = Stage::at(Arc::new(clock.clone())).await;
    s.hook("slow", NOWHERE, json!({"rate_limit_per_minute": 2})).await;
    for _ in 0..3 {
        s.tell(notice(FiringChange::Reminder)).await;
    }
    clock.advance_secs(30);
    s.tell(notice(FiringChange::Reminder)).await;
    let states: Vec<String> = s.deliveries("").await.iter().rev().map(|d| d["status"].as_str().unwrap().to_owned()).collect();
    assert_eq!(states, ["pending", "pending", "rate_limited", "pending"]);
}

#[tokio::test]
async fn one_channel_hears_of_one_event_once_whoever_asks() {
    for s in Stage::each().await {
        let id = s.hook("hook", NOWHERE, json!({"enabled": true})).await;
        let rule = json!({"name": "all alerts", "channel_id": id, "event_type": "alert.*"});
        assert_eq!(s.ada().post("/api/notifications/rules", rule).await.status, 201);
        s.start().await;
        let mut tx = s.t.store.state.begin().await.unwrap();
        let event = argos_events::NewEvent::new(argos_events::Source::Ops, "alert.firing", "hot");
        let event_id = s.events.publish(&mut tx, event).await.unwrap();
        argos_alerts::FiringSink::deliver(&s.notify, &mut tx, &FiringNotice { event_id: Some(event_id), ..notice(FiringChange::Fired) })
            .await
            .unwrap();
        tx.commit().await.unwrap();
        while s.events.lags().await.unwrap().iter().any(|l| l.behind > 0) {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        assert_eq!(s.deliveries("event_type=alert.firing").await.len(), 1);
        s.tasks.shutdown().trigger();
    }
}

#[tokio::test]
async fn in_app_channel_writes_the_inbox_of_those_it_names() {
    let s = Stage::sqlite().await;
    let body = json!({"name": "to bob", "type": "in_app", "broadcast": false, "config": {"users": [2]}});
    let id = s.ada().post("/api/notifications/channels", body).await.json()["id"].as_i64().unwrap();
    let rule = json!({"name": "backups", "channel_id": id, "event_type": "backup_failed"});
    assert_eq!(s.ada().post("/api/notifications/rules", rule).await.status, 201);
    s.start().await;
    s.announce("backup.failed", Severity::Error, "No space left on device").await;
    let all = s.settled(1).await;
    assert_eq!(lines(&all), [("to bob", "sent", None)]);
    let inbox = s.bob().get("/api/notifications").await.json();
    let item = &inbox["notifications"][0];
    assert_eq!((item["title"].as_str(), item["message"].as_str()), (Some("backup_failed"), Some("No space left on device")));
    assert_eq!((item["level"].as_str(), item["username"].as_str(), item["read"].as_bool()), (Some("danger"), Some("bob"), Some(false)));
    assert_eq!(s.ada().get("/api/notifications").await.json()["unread_count"], 0);
    s.stop().await;
}

#[tokio::test]
async fn channel_switched_off_meanwhile_and_deleted_channels_end_their_queue() {
    for s in Stage::each().await {
        let off = s.hook("off", NOWHERE, json!({})).await;
        let deleted = s.hook("deleted", NOWHERE, json!({})).await;
        s.tell(notice(FiringChange::Fired)).await;
        assert_eq!(s.ada().post(&format!("/api/notifications/channels/{off}/toggle"), json!({})).await.json()["enabled"], false);
        assert_eq!(s.ada().delete(&format!("/api/notifications/channels/{deleted}")).await.status, 204);
        s.start().await;
        let all = s.settled(2).await;
        assert_eq!(lines(&all), [("deleted", "failed", None), ("off", "throttled", Some("disabled"))]);
        let gone = all.iter().find(|d| d["channel_name"] == "deleted").unwrap();
        assert_eq!((gone["channel_id"].clone(), gone["error_message"].as_str()), (Value::Null, Some("channel deleted")));
        let retry = s.ada().post(&format!("/api/notifications/deliveries/{}/retry", gone["id"]), json!({})).await;
        assert_eq!(retry.status, 500);
        s.stop().await;
    }
}

#[tokio::test]
async fn subscriber_hears_nothing_of_an_organization_he_is_not_in() {
    for s in Stage::each().await {
        let bob = s.bob();
        bob.post("/api/v1/notifications/subscribe/job.*", serde_json::json!({})).await;
        assert_eq!(bob.get("/api/v1/notifications/subscriptions").await.json()[0]["event"], "job.*");
        s.start().await;
        // The stage says: of organizations only the first may be read.
        for organization in [2, 1] {
            let event = argos_events::NewEvent::new(argos_events::Source::Ops, "job.failed", format!("of organization {organization}"));
            s.events.announce(event.organization(organization)).await.unwrap();
        }
        let mut seen = Vec::new();
        for _ in 0..500 {
            let page = bob.get("/api/v1/notifications").await.json();
            seen = page["notifications"].as_array().unwrap().iter().map(|n| n["message"].as_str().unwrap().to_owned()).collect();
            if !seen.is_empty() {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        assert_eq!(seen, ["of organization 1"], "the second was published later");
        s.stop().await;
    }
}
