//! The routes as callers see them.

use argos_alerts::FiringChange;
use argos_kernel::Severity;
use argos_vault::rekey;
use argos_web::testing::TestReply;
use serde_json::json;

use crate::stage::{Stage, notice};

const NOWHERE: &str = "https://hooks.example.test/abc";

fn check(reply: &TestReply, status: u16, text: &str) {
    assert_eq!((reply.status, reply.json()["error"].as_str()), (status, Some(text)), "{}", reply.text());
}

#[tokio::test]
async fn channel_keeps_its_secrets_and_shows_none() {
    for s in Stage::each().await {
        let a = s.ada();
        let id = s
            .hook("pager", NOWHERE, json!({"secret": "s3cret-of-pager", "headers": {"X-Key": "k3y-of-pager"}, "rate_limit_per_minute": 10}))
            .await;
        let path = format!("/api/notifications/channels/{id}");
        let shown = a.get(&path).await.json();
        assert_eq!(
            (shown["config"]["secret"].as_str(), shown["config"]["headers"].as_str()),
            (Some("__UNCHANGED__"), Some("__UNCHANGED__"))
        );
        assert_eq!((shown["config"]["url"].as_str(), shown["config"]["method"].as_str()), (Some(NOWHERE), Some("POST")));
        let sent_back = json!({"name": "pager 2", "type": "webhook", "enabled": true, "config": shown["config"], "template": "", "rate_limit_per_minute": 5});
        let changed = a.put(&path, sent_back).await;
        assert_eq!(
            (changed.status, changed.json()["name"].as_str(), changed.json()["rate_limit_per_minute"].as_i64()),
            (200, Some("pager 2"), Some(5))
        );
        assert_eq!(changed.json()["config"]["secret"], "__UNCHANGED__");
        // Neither in the database nor in any record, and still readable after a re-encryption.
        let everything = format!("{:?}", s.audit.after(0, 100).await.unwrap());
        assert!(
            !everything.contains("s3cret-of-pager") && !everything.contains("k3y-of-pager") && !everything.contains("abc\""),
            "{everything}"
        );
        assert_eq!(s.vault.redactor().text("the key is k3y-of-pager"), "the key is ***");
        let report = rekey(&s.vault, &[&*s.notify.resealer()], std::time::Duration::ZERO).await.unwrap();
        assert_eq!(report.resealed, [("notification_channels.config_enc", 1)]);
        assert_eq!(a.get(&path).await.json()["config"]["secret"], "__UNCHANGED__");
        let cleared = a.put(&path, json!({"config": {"secret": ""}})).await.json();
        assert_eq!((cleared["config"]["secret"].as_str(), cleared["config"]["headers"].as_str()), (Some(""), Some("__UNCHANGED__")));
        assert_eq!(a.delete(&path).await.status, 204);
        check(&a.get(&path).await, 404, "channel not found");
    }
}

#[tokio::test]
async fn faulty_channels_are_refused_by_name() {
    let s = Stage::sqlite().await;
    let a = s.ada();
    s.hook("taken", NOWHERE, json!({})).await;
    let path = "/api/notifications/channels";
    let config = json!({"url": NOWHERE});
    for (body, status, text) in [
        (json!({"name": "x", "config": config}), 400, "type is required"),
        (json!({"name": "x", "type": "email", "config": {}}), 400, "config.to is required"),
        (json!({"type": "webhook", "config": config}), 400, "name is required"),
        (json!({"name": "taken", "type": "webhook", "config": config}), 409, "channel name already exists"),
        (json!({"name": "x", "type": "webhook", "config": {}}), 400, "config.url is required"),
        (
            json!({"name": "x", "type": "webhook", "config": config, "rate_limit_per_minute": 10_001}),
            400,
            "rate_limit_per_minute must be between 0 and 10000",
        ),
        (json!({"name": "x", "type": "webhook", "config": config, "template": "{{ .A"}), 400, "template: {{ without }}"),
        (
            json!({"name": "x", "type": "webhook", "config": {"url": NOWHERE, "secret": "***"}}),
            400,
            "config.secret: a placeholder was given but no secret is stored",
        ),
    ] {
        check(&a.post(path, body).await, status, text);
    }
    assert_eq!(a.post(path, json!({"name": "x", "nonsense": 1})).await.status, 400);
    let id = a.get(path).await.json()[0]["id"].as_i64().unwrap();
    check(&a.put(&format!("{path}/{id}"), json!({"type": "in_app"})).await, 400, "type cannot be changed");
    check(&a.get(&format!("{path}/x")).await, 400, "invalid id");
    for (method, tail) in [("PUT", ""), ("DELETE", ""), ("POST", "/toggle"), ("POST", "/test")] {
        check(&a.call(method, &format!("{path}/999{tail}"), Some("{}".into())).await, 404, "channel not found");
    }
    assert_eq!(s.bob().get(path).await.status, 403);
    assert_eq!(s.nobody().get(path).await.status, 401);
}

#[tokio::test]
async fn rules_are_checked_listed_changed_and_go_with_their_channel() {
    for s in Stage::each().await {
        let a = s.ada();
        let channel = s.hook("hook", NOWHERE, json!({})).await;
        let path = "/api/notifications/rules";
        let body = json!({"name": "n", "channel_id": channel, "event_type": "login_failed", "filter_host_ids": [3], "filter_severities": ["error"], "enabled": true, "throttle_window_seconds": 60});
        let made = a.post(path, body.clone()).await;
        assert_eq!(made.status, 201, "{}", made.text());
        for (key, value) in body.as_object().unwrap() {
            assert_eq!(made.json()[key], *value, "{key}");
        }
        let with = |key: &str, value: serde_json::Value| {
            let mut other = body.clone();
            other[key] = value;
            other
        };
        check(&a.post(path, with("event_type", json!("nonsense"))).await, 400, "unknown event type 'nonsense'");
        check(&a.post(path, with("channel_id", json!(99))).await, 400, "unknown channel");
        check(
            &a.post(path, with("throttle_window_seconds", json!(86_401))).await,
            400,
            "throttle_window_seconds must be between 0 and 86400",
        );
        check(&a.post(path, with("filter_severities", json!(["loud"]))).await, 400, "unknown severity 'loud'");
        check(&a.post(path, with("name", json!(" "))).await, 400, "name is required");
        let id = made.json()["id"].as_i64().unwrap();
        let one = format!("{path}/{id}");
        assert_eq!(a.put(&one, with("event_type", json!("alert.*"))).await.json()["event_type"], "alert.*");
        assert_eq!(a.post(&format!("{one}/toggle"), json!({})).await.json()["enabled"], false);
        assert_eq!(a.get(&one).await.json()["enabled"], false);
        assert_eq!(a.get(path).await.json().as_array().unwrap().len(), 1);
        check(&a.get(&format!("{path}/999")).await, 404, "rule not found");
        assert_eq!(a.delete(&format!("/api/notifications/channels/{channel}")).await.status, 204);
        check(&a.get(&one).await, 404, "rule not found");
    }
}

#[tokio::test]
async fn deliveries_are_filtered_and_counted_in_documented_words() {
    for s in Stage::each().await {
        let a = s.ada();
        let one = s.hook("one", NOWHERE, json!({"rate_limit_per_minute": 1})).await;
        s.hook("two", NOWHERE, json!({})).await;
        s.tell(notice(FiringChange::Fired)).await;
        s.tell(notice(FiringChange::Resolved)).await;
        assert_eq!(s.deliveries("").await.len(), 4);
        assert_eq!(s.deliveries(&format!("channel_id={one}")).await.len(), 2);
        assert_eq!(s.deliveries("status=rate_limited").await.len(), 1);
        assert_eq!(s.deliveries("status=throttled").await.len(), 0);
        assert_eq!(s.deliveries("status=pending&event_type=alert.resolved").await.len(), 1);
        assert_eq!(s.deliveries("source=power").await.len(), 0);
        assert_eq!(s.deliveries("source=ops&limit=1&offset=3").await.len(), 1);
        let page = a.get("/api/notifications/deliveries?stats=1&from=2020-01-01T00:00:00Z&to=2100-01-01T00:00:00Z").await.json();
        assert_eq!(page["stats"], json!({"pending": 3, "rate_limited": 1}));
        assert_eq!(s.deliveries("to=2020-01-01T00:00:00Z").await.len(), 0);
        check(&a.get("/api/notifications/deliveries?status=lost").await, 400, "invalid status");
        check(&a.get("/api/notifications/deliveries/999").await, 404, "delivery not found");
        check(&a.post("/api/notifications/deliveries/999/retry", json!({})).await, 404, "delivery not found");
        // Recent alerts are those about errors; a recovery is not one.
        let recent = s.bob().get("/api/notifications/recent-alerts?limit=50").await.json();
        let kinds: Vec<&str> = recent.as_array().unwrap().iter().map(|d| d["event_type"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["alert.firing", "alert.firing"]);
        let payload: serde_json::Value = serde_json::from_str(recent[0]["event_payload"].as_str().unwrap()).unwrap();
        assert_eq!((payload["type"].as_str(), payload["severity"].as_str()), (Some("alert.firing"), Some("error")));
    }
}

#[tokio::test]
async fn inbox_is_read_by_each_user_alone() {
    for s in Stage::each().await {
        s.tell(notice(FiringChange::Fired)).await;
        s.tell(notice(FiringChange::Reminder)).await;
        s.tell(notice(FiringChange::Resolved)).await;
        let (a, b) = (s.ada(), s.bob());
        let page = a.get("/api/notifications").await.json();
        let titles: Vec<&str> = page["notifications"].as_array().unwrap().iter().map(|n| n["title"].as_str().unwrap()).collect();
        assert_eq!((titles, page["unread_count"].as_i64()), (vec!["Resolved: Disk nearly full", "Disk nearly full"], Some(2)));
        let first = &page["notifications"][1];
        assert_eq!(
            (first["level"].as_str(), first["username"].clone(), first["timestamp"].as_i64()),
            (Some("danger"), json!(null), Some(1_750_000_000))
        );
        let id = first["id"].as_i64().unwrap();
        assert_eq!(a.post(&format!("/api/notifications/{id}/read"), json!({})).await.json(), json!({"status": "ok"}));
        assert_eq!(a.post(&format!("/api/notifications/{id}/read"), json!({})).await.status, 200);
        assert_eq!(a.get("/api/notifications?unread=1").await.json()["notifications"].as_array().unwrap().len(), 1);
        assert_eq!(b.get("/api/notifications").await.json()["unread_count"], 2);
        let unread = "/api/v1/notifications/unread-count";
        assert_eq!(b.get(unread).await.json(), json!({"unread_count": 2, "by_priority": {"high": 1, "normal": 1}}));
        assert_eq!(a.get(unread).await.json(), json!({"unread_count": 1, "by_priority": {"normal": 1}}));
        let marked = b.put("/api/v1/notifications/mark-all-read", json!({})).await.json();
        assert_eq!((&marked["details"], &marked["message"]), (&json!({"count": 2}), &json!("Marked 2 notifications as read")));
        assert_eq!(b.get(unread).await.json(), json!({"unread_count": 0, "by_priority": {}}));
        assert_eq!(b.post("/api/notifications/read-all", json!({})).await.json(), json!({"status": "ok"}));
        assert_eq!(
            (
                b.get("/api/notifications").await.json()["unread_count"].as_i64(),
                a.get("/api/notifications").await.json()["unread_count"].as_i64()
            ),
            (Some(0), Some(1))
        );
        check(&a.post("/api/notifications/999/read", json!({})).await, 404, "Notification not found");
        assert_eq!(a.get("/api/notifications?limit=x").await.status, 400);
    }
}

#[tokio::test]
async fn event_types_list_the_documented_ones_first() {
    let s = Stage::sqlite().await;
    let all = s.bob().get("/api/notifications/event-types").await.json();
    assert_eq!((all[0]["type"].as_str(), all[0]["severity"].as_str()), (Some("cert_expiring_soon"), Some("warning")));
    let firing = all.as_array().unwrap().iter().find(|e| e["type"] == "alert.firing").unwrap();
    assert!(firing["sample_event"]["data"]["rule_id"].is_string() && firing["trigger_condition"].is_string());
}

#[tokio::test]
async fn important_events_stand_in_the_inbox_of_those_they_concern() {
    let s = Stage::sqlite().await;
    s.start().await;
    s.announce("update.available", Severity::Info, "2.11.0").await;
    s.announce("security.alert", Severity::Critical, "audit chain broken").await;
    while s.ada().get("/api/notifications").await.json()["unread_count"] != 2 {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(s.bob().get("/api/notifications").await.json()["unread_count"], 1);
    s.stop().await;
}

/// Of the first organization bob may decide, of the second oda.
#[tokio::test]
async fn question_of_an_organization_is_put_to_those_who_may_decide_there() {
    let s = Stage::sqlite().await;
    s.start().await;
    let asked =
        argos_events::NewEvent::new(argos_events::Source::Ops, "approval.requested", "Execute test plan with 2 tests").organization(1);
    s.events.announce(asked).await.unwrap();
    while s.bob().get("/api/notifications").await.json()["unread_count"] != 1 {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let mine = s.bob().get("/api/v1/notifications").await.json();
    assert_eq!(mine["notifications"][0]["type"], "approval");
    assert!(mine["notifications"][0]["organization_id"].is_string(), "{mine}");
    assert_eq!(s.ada().get("/api/notifications").await.json()["unread_count"], 0);
    // An alert about what is an organization's is for its members, and for the owner of the instance.
    s.tell(argos_alerts::FiringNotice { organization_id: Some(1), ..crate::stage::notice(argos_alerts::FiringChange::Fired) }).await;
    for (who, unread) in [(s.ada(), 0), (s.bob(), 1), (s.oda(), 1)] {
        assert_eq!(who.get("/api/notifications").await.json()["unread_count"], unread);
    }
    s.stop().await;
}

#[tokio::test]
async fn every_change_is_audited() {
    let s = Stage::sqlite().await;
    let a = s.ada();
    let channel = s.hook("c", NOWHERE, json!({})).await;
    let path = format!("/api/notifications/channels/{channel}");
    a.put(&path, json!({"template": "x"})).await;
    a.post(&format!("{path}/toggle"), json!({})).await;
    let rule = a.post("/api/notifications/rules", json!({"name": "r", "channel_id": channel, "event_type": "*"})).await.json()["id"]
        .as_i64()
        .unwrap();
    a.put(&format!("/api/notifications/rules/{rule}"), json!({"name": "s"})).await;
    a.post(&format!("/api/notifications/rules/{rule}/toggle"), json!({})).await;
    a.delete(&format!("/api/notifications/rules/{rule}")).await;
    a.delete(&path).await;
    let rows = s.audit.after(0, 100).await.unwrap();
    let actions: Vec<&str> = rows.iter().map(|r| r.action.as_str()).collect();
    assert_eq!(
        actions,
        [
            "notification_channel.create",
            "notification_channel.update",
            "notification_channel.toggle",
            "notification_rule.create",
            "notification_rule.update",
            "notification_rule.toggle",
            "notification_rule.delete",
            "notification_channel.delete"
        ]
    );
    let changes = s.events.list(&argos_events::Filter::default(), None, 100).await.unwrap();
    assert_eq!(changes.iter().filter(|e| e.kind == "config_change").count(), actions.len());
    assert!(rows.iter().all(|r| r.actor_name == "ada"));
}
