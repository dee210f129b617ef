//! Real HTTP: what a receiver gets, retries, signatures, restarts.

use std::time::Duration;

use argos_alerts::FiringChange;
use argos_kernel::{Severity, hex};
use ring::hmac;
use serde_json::{Value, json};

use crate::receiver::Receiver;
use crate::stage::{Stage, notice};

fn hmac_of(secret: &str, text: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    format!("sha256={}", hex(hmac::sign(&key, text.as_bytes()).as_ref()))
}

#[tokio::test]
async fn firing_reaches_a_webhook_signed_after_a_retry_with_one_stable_id() {
    for s in Stage::each().await {
        let receiver = Receiver::start(&s.tasks, &["500 Oops"]).await;
        s.hook("pager", &receiver.url, json!({"secret": "s3cret-of-pager", "headers": {"X-Team": "blue"}})).await;
        s.start().await;
        s.tell(notice(FiringChange::Fired)).await;
        let got = receiver.wait(2).await;
        assert_eq!(got[0].headers["x-argos-delivery"], got[1].headers["x-argos-delivery"]);
        let (h, body) = (&got[1].headers, &got[1].body);
        assert_eq!(
            (got[1].line.as_str(), h["user-agent"].as_str(), h["x-team"].as_str()),
            ("POST /hook HTTP/1.1", "argos-edge/notifications", "blue")
        );
        assert_eq!((h["content-type"].as_str(), h["x-argos-event"].as_str()), ("application/json", "alert.firing"));
        assert_eq!(h["x-argos-signature"], hmac_of("s3cret-of-pager", body));
        assert_eq!(h["x-noba-signature"], h["x-argos-signature"]);
        assert_eq!(h["x-argos-signature-v2"], hmac_of("s3cret-of-pager", &format!("{}.{body}", h["x-argos-timestamp"])));
        let document: Value = serde_json::from_str(body).unwrap();
        let keys: Vec<&String> = document.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["type", "severity", "host", "message", "timestamp", "data"]);
        assert_eq!((document["severity"].as_str(), document["message"].as_str()), (Some("error"), Some("Disk / at 95%")));
        assert_eq!(document["data"]["labels"]["mount"], "/");
        let all = s.settled(1).await;
        assert_eq!(
            (all[0]["status"].as_str(), all[0]["attempts"].as_i64(), all[0]["http_status"].as_i64()),
            (Some("sent"), Some(2), Some(204))
        );
        assert_eq!(all[0]["uid"].as_str(), Some(h["x-argos-delivery"].as_str()));
        let channel = &s.ada().get("/api/notifications/channels").await.json()[0];
        assert_eq!(
            (channel["verified"].as_bool(), channel["failures"].as_i64(), channel["sent_today"].as_i64()),
            (Some(true), Some(0), Some(1))
        );
        s.stop().await;
    }
}

#[tokio::test]
async fn queue_goes_on_after_a_restart() {
    for s in Stage::each().await {
        let receiver = Receiver::start(&s.tasks, &[]).await;
        s.hook("pager", &receiver.url, json!({})).await;
        // Nobody works on the queue: the process dies right after the firing was recorded.
        s.tell(notice(FiringChange::Fired)).await;
        s.tell(notice(FiringChange::Resolved)).await;
        assert_eq!(s.notify.queue_depth().await.unwrap().pending, 2);
        s.restarted().start(&s.tasks);
        let kinds: Vec<String> = receiver.wait(2).await.iter().map(|g| g.headers["x-argos-event"].clone()).collect();
        assert_eq!(kinds, ["alert.firing", "alert.resolved"]);
        s.settled(2).await;
        assert_eq!(receiver.got().len(), 2);
        assert_eq!(s.notify.queue_depth().await.unwrap().pending, 0);
        s.stop().await;
    }
}

#[tokio::test]
async fn refusal_fails_at_once_and_server_errors_after_three_attempts() {
    let s = Stage::sqlite().await;
    let refusing = Receiver::start(&s.tasks, &["400 Bad"]).await;
    let broken = Receiver::start(&s.tasks, &["500 A", "503 B", "502 C"]).await;
    s.hook("refusing", &refusing.url, json!({})).await;
    s.hook("broken", &broken.url, json!({})).await;
    s.start().await;
    s.tell(notice(FiringChange::Fired)).await;
    let mut all = s.settled(2).await;
    all.sort_by_key(|d| d["channel_name"].as_str().unwrap().to_owned());
    let shown: Vec<_> = all
        .iter()
        .map(|d| (d["status"].as_str().unwrap(), d["attempts"].as_i64().unwrap(), d["error_message"].as_str().unwrap()))
        .collect();
    assert_eq!(shown, [("failed", 3, "HTTP 502"), ("failed", 1, "HTTP 400")]);
    assert_eq!((refusing.got().len(), broken.got().len()), (1, 3));
    let failed = s.events.list(&argos_events::Filter::default(), None, 50).await.unwrap();
    assert_eq!(failed.iter().filter(|e| e.kind == "notification.failed").count(), 2);
    // By hand it is tried afresh.
    let id = all[0]["id"].as_i64().unwrap();
    let again = s.ada().post(&format!("/api/notifications/deliveries/{id}/retry"), json!({})).await.json();
    assert_eq!((again["status"].as_str(), again["attempts"].as_i64()), (Some("sent"), Some(1)));
    s.stop().await;
}

#[tokio::test]
async fn slow_channel_does_not_hold_up_another() {
    let s = Stage::sqlite().await;
    // Accepts and never answers.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    s.hook("silent", &format!("http://{}/", silent.local_addr().unwrap()), json!({})).await;
    let quick = Receiver::start(&s.tasks, &[]).await;
    s.hook("quick", &quick.url, json!({})).await;
    s.start().await;
    s.tell(notice(FiringChange::Fired)).await;
    s.tell(notice(FiringChange::Resolved)).await;
    tokio::time::timeout(Duration::from_secs(5), quick.wait(2)).await.unwrap();
    let waiting = s.deliveries("status=pending").await;
    assert_eq!(waiting.iter().filter(|d| d["channel_name"] == "silent").count(), 2);
    s.tasks.shutdown().trigger();
}

#[tokio::test]
async fn loopback_is_refused_unless_it_is_allowed() {
    let s = Stage::guarded().await;
    let receiver = Receiver::start(&s.tasks, &[]).await;
    let id = s.hook("local", &receiver.url, json!({})).await;
    let result = s.ada().post(&format!("/api/notifications/channels/{id}/test"), json!({})).await.json();
    assert_eq!(result["success"], false);
    assert!(result["error_message"].as_str().unwrap().starts_with("blocked"), "{result}");
    assert!(receiver.got().is_empty());
    s.stop().await;
}

#[tokio::test]
async fn test_message_verifies_a_channel_and_shows_what_was_sent() {
    let s = Stage::sqlite().await;
    let receiver = Receiver::start(&s.tasks, &["204 OK", "500 No"]).await;
    let more = json!({"template": "{{ .Type | upper }} on {{ .HostDomain }}", "rate_limit_per_minute": 1, "broadcast": false});
    let id = s.hook("hook", &receiver.url, more).await;
    let good = s.ada().post(&format!("/api/notifications/channels/{id}/test"), json!({})).await.json();
    assert_eq!(good, json!({"success": true, "sent_payload": "CONFIG_CHANGE on test.example", "http_status": 204, "answer": null}));
    assert_eq!(receiver.got()[0].body, "CONFIG_CHANGE on test.example");
    assert_eq!(s.ada().get(&format!("/api/notifications/channels/{id}")).await.json()["verified"], true);
    let bad = s.ada().post(&format!("/api/notifications/channels/{id}/test"), json!({})).await.json();
    assert_eq!((bad["success"].as_bool(), bad["error_message"].as_str()), (Some(false), Some("HTTP 500")));
    let none = s.ada().post("/api/notifications/test", json!({})).await.json();
    assert_eq!(none, json!({"status": "ok", "message": "No notification channels configured"}));
    let named = s.ada().post("/api/notifications/test", json!({"channel": "hook"})).await.json();
    assert_eq!(named, json!({"status": "sent", "results": {"hook": "ok"}}));
    assert_eq!(s.ada().post("/api/notifications/test", json!({"channel": "nope"})).await.status, 404);
    s.stop().await;
}

#[tokio::test]
async fn ten_failures_in_a_row_take_the_trust_of_a_channel() {
    let s = Stage::sqlite().await;
    let receiver = Receiver::start(&s.tasks, &["204 OK"]).await;
    let id = s.hook("hook", &receiver.url, json!({})).await;
    s.ada().post(&format!("/api/notifications/channels/{id}/test"), json!({})).await;
    // A port nobody listens on any more.
    let gone = { tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap() };
    let path = format!("/api/notifications/channels/{id}");
    assert_eq!(s.ada().put(&path, json!({"config": {"url": format!("http://{gone}/")}})).await.status, 200);
    s.start().await;
    for _ in 0..10 {
        s.tell(notice(FiringChange::Reminder)).await;
    }
    let all = s.settled(10).await;
    assert!(all.iter().all(|d| d["status"] == "failed" && d["attempts"] == 3), "{all:?}");
    let channel = s.ada().get(&path).await.json();
    assert_eq!((channel["verified"].as_bool(), channel["failures"].as_i64()), (Some(false), Some(10)));
    let titles =
        |v: Value| v["notifications"].as_array().unwrap().iter().map(|n| n["title"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(titles(s.ada().get("/api/notifications").await.json()), ["Channel hook does not work"]);
    assert!(titles(s.bob().get("/api/notifications").await.json()).is_empty());
    s.stop().await;
}

#[tokio::test]
async fn rule_sends_matching_events_once_per_window() {
    for s in Stage::each().await {
        let receiver = Receiver::start(&s.tasks, &[]).await;
        let id = s.hook("hook", &receiver.url, json!({"broadcast": false})).await;
        let rule = json!({"name": "logins", "channel_id": id, "event_type": "login_failed", "filter_severities": ["warning"], "throttle_window_seconds": 600});
        assert_eq!(s.ada().post("/api/notifications/rules", rule).await.status, 201);
        s.start().await;
        s.announce("login_failed", Severity::Info, "not severe enough").await;
        s.announce("auth.login_failed", Severity::Warning, "first").await;
        s.announce("login_failed", Severity::Warning, "second").await;
        s.announce("auth.login", Severity::Warning, "another kind").await;
        let got = receiver.wait(1).await;
        assert_eq!(got[0].headers["x-argos-event"], "login_failed");
        let all = s.settled(2).await;
        let shown: Vec<_> =
            all.iter().map(|d| (d["status"].as_str().unwrap(), d["reason"].as_str(), d["attempts"].as_i64().unwrap())).collect();
        assert_eq!(shown, [("throttled", Some("throttled"), 0), ("sent", None, 1)]);
        assert_eq!(receiver.got().len(), 1);
        s.stop().await;
    }
}
