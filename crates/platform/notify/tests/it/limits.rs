//! What holds a delivery back or joins it with others: quiet hours, rates, thresholds, digests.

use std::sync::Arc;

use argos_kernel::{ManualClock, Severity, Timestamp};
use serde_json::{Value, json};

use crate::receiver::Receiver;
use crate::stage::Stage;

async fn rule(s: &Stage, channel: i64, more: Value) -> i64 {
    let mut body = json!({"name": "all", "channel_id": channel, "event_type": "*"});
    for (key, value) in more.as_object().unwrap() {
        body[key] = value.clone();
    }
    let reply = s.ada().post("/api/notifications/rules", body).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    reply.json()["id"].as_i64().unwrap()
}

fn reasons(all: &[Value], kind: &str) -> Vec<(String, Option<String>)> {
    let text = |v: &Value| v.as_str().map(str::to_owned);
    all.iter().rev().filter(|d| d["event_type"] == kind).map(|d| (text(&d["status"]).unwrap(), text(&d["reason"]))).collect()
}

#[tokio::test]
async fn quiet_hours_hold_back_all_but_the_critical() {
    // 23:30 in Berlin.
    let clock = Arc::new(ManualClock::at(Timestamp::parse_rfc3339("2026-01-10T22:30:00Z").unwrap()));
    let s = Stage::at(clock.clone()).await;
    let receiver = Receiver::start(&s.tasks, &[]).await;
    let quiet = json!({"quiet_hours": {"start": "22:00", "end": "06:00", "timezone": "Europe/Berlin"}});
    let id = s.hook("night", &receiver.url, quiet).await;
    let shown = s.ada().get(&format!("/api/notifications/channels/{id}")).await.json();
    assert_eq!(shown["quiet_hours"], json!({"start": "22:00", "end": "06:00", "timezone": "Europe/Berlin"}));
    rule(&s, id, json!({"event_type": "login_failed,update.available"})).await;
    s.start().await;
    s.announce("login_failed", Severity::Error, "one").await;
    s.announce("update.available", Severity::Critical, "two").await;
    assert_eq!(receiver.wait(1).await.len(), 1);
    let all = s.settled(2).await;
    assert_eq!(reasons(&all, "login_failed"), [("throttled".to_owned(), Some("quiet_hours".to_owned()))]);
    assert_eq!(reasons(&all, "update.available"), [("sent".to_owned(), None)]);
    clock.advance_secs(8 * 3600);
    s.announce("login_failed", Severity::Error, "three").await;
    receiver.wait(2).await;
    let none = s.ada().put(&format!("/api/notifications/channels/{id}"), json!({"quiet_hours": null})).await.json();
    assert_eq!(none["quiet_hours"], Value::Null);
    s.stop().await;
}

#[tokio::test]
async fn thresholds_rates_and_templates_of_rules_hold_on_both_engines() {
    for s in Stage::each().await {
        let receiver = Receiver::start(&s.tasks, &[]).await;
        let id = s.hook("hook", &receiver.url, json!({"rate_limit_per_hour": 2, "template": "channel"})).await;
        let more =
            json!({"event_type": "login_failed", "min_severity": "error", "template": "rule says {{ .Message }}", "filter_device_ids": []});
        let rule = rule(&s, id, more).await;
        let shown = s.ada().get(&format!("/api/notifications/rules/{rule}")).await.json();
        assert_eq!((shown["min_severity"].as_str(), shown["template"].as_str()), (Some("error"), Some("rule says {{ .Message }}")));
        s.start().await;
        for (severity, text) in [(Severity::Warning, "small"), (Severity::Error, "a"), (Severity::Error, "b"), (Severity::Critical, "c")] {
            s.announce("login_failed", severity, text).await;
        }
        let all = s.settled(3).await;
        let sent = ("sent".to_owned(), None);
        assert_eq!(reasons(&all, "login_failed"), [sent.clone(), sent, ("rate_limited".to_owned(), Some("rate_limited".to_owned()))]);
        let bodies: Vec<String> = receiver.got().into_iter().map(|g| g.body).collect();
        assert_eq!(bodies, ["rule says a", "rule says b"]);
        s.stop().await;
    }
}

#[tokio::test]
async fn many_messages_at_once_become_one_digest() {
    for s in Stage::each().await {
        let receiver = Receiver::start(&s.tasks, &[]).await;
        let id = s.hook("hook", &receiver.url, json!({})).await;
        rule(&s, id, json!({"event_type": "login_failed"})).await;
        // Written before anybody works on the queue, as in a storm.
        s.events.consumer("notify", argos_events::StartAt::Now).await.unwrap();
        for n in 0..12 {
            s.announce("login_failed", Severity::Warning, &format!("storm {n}")).await;
        }
        s.start().await;
        let all = s.settled(12).await;
        assert!(all.iter().all(|d| d["status"] == "sent"), "{all:?}");
        let got = receiver.got();
        assert_eq!(got.len(), 1, "{got:?}");
        let body: Value = serde_json::from_str(&got[0].body).unwrap();
        assert_eq!((body["type"].as_str(), body["data"]["count"].as_i64()), (Some("notification.digest"), Some(12)));
        assert!(body["message"].as_str().unwrap().contains("storm 11"), "{body}");
        // The next two wait for the end of the window and come together; a critical one does not wait.
        s.announce("login_failed", Severity::Warning, "late 1").await;
        s.announce("login_failed", Severity::Warning, "late 2").await;
        s.announce("login_failed", Severity::Critical, "urgent").await;
        let got = receiver.wait(3).await;
        assert!(got[1].body.contains("urgent") && got[2].body.contains("late 1") && got[2].body.contains("late 2"), "{got:?}");
        s.settled(15).await;
        s.stop().await;
    }
}
