//! Ops scenario 5 with a webhook: a firing on this machine really calls a real receiver, again after failures.

use std::time::Duration;

use argos_peers::webhook::Received;
use argos_peers::{ArgosConfig, WebhookReceiver, wait_for, wait_until};
use serde_json::{Value, json};

use crate::stage::Stage;

fn open_to_loopback() -> Stage {
    Stage::on(ArgosConfig::new().arg("--allow-private-targets"))
}

fn add_channel(stage: &Stage, url: &str) -> i64 {
    let body = json!({"name": "receiver", "type": "webhook", "enabled": true, "config": {"url": url}});
    let made = stage.owner.post("/api/notifications/channels", body);
    assert_eq!(made.status, 201, "{}", made.text());
    made.json()["id"].as_i64().expect("an id")
}

fn add_rule(stage: &Stage, id: &str, condition: &str) {
    let body = json!({"id": id, "condition": condition, "message": format!("rule {id}"), "channels": ["receiver"]});
    stage.owner.post("/api/alert-rules", body).expect_status(200);
}

fn about(received: &[Received], word: &str) -> Vec<Received> {
    received.iter().filter(|request| String::from_utf8_lossy(&request.body).contains(word)).cloned().collect()
}

#[test]
fn firing_calls_the_receiver_once_and_recovery_calls_it_again() {
    let receiver = WebhookReceiver::start();
    let stage = open_to_loopback();
    add_channel(&stage, &receiver.url("/hook"));
    add_rule(&stage, "ac000011", "mem_percent > 0");
    let first = wait_for("the call of the firing", Duration::from_secs(40), || about(&receiver.received(), "ac000011").first().cloned());
    assert_eq!((first.method.as_str(), first.target.as_str()), ("POST", "/hook"));
    for header in ["X-Argos-Event", "X-Argos-Delivery", "X-Argos-Timestamp"] {
        assert!(first.header(header).is_some(), "{header}: {:?}", first.headers);
    }
    assert!(first.json().is_object(), "{:?}", String::from_utf8_lossy(&first.body));

    stage.owner.put("/api/alert-rules/ac000011", json!({"condition": "mem_percent > 1000"})).expect_status(200);
    wait_until("the call of the recovery", Duration::from_secs(40), || about(&receiver.received(), "ac000011").len() == 2);
    let all = about(&receiver.received(), "ac000011");
    assert_ne!(all[0].header("X-Argos-Delivery"), all[1].header("X-Argos-Delivery"));
}

#[test]
fn delivery_to_a_failing_receiver_is_tried_again_and_recorded() {
    let receiver = WebhookReceiver::start();
    // A busy machine raises alarms of its own meanwhile.
    receiver.fail_next_about("ac000012", 2, 503);
    let stage = open_to_loopback();
    add_channel(&stage, &receiver.url("/hook"));
    add_rule(&stage, "ac000012", "mem_percent > 0");
    wait_until("the third try", Duration::from_secs(60), || about(&receiver.received(), "ac000012").len() >= 3);
    let tries = about(&receiver.received(), "ac000012");
    assert_eq!(tries.iter().map(|each| each.answered).collect::<Vec<_>>(), [503, 503, 200]);
    let ids: Vec<_> = tries.iter().map(|each| each.header("X-Argos-Delivery").map(str::to_owned)).collect();
    assert!(ids.windows(2).all(|pair| pair[0] == pair[1]), "one delivery keeps its id: {ids:?}");
    wait_until("the delivery to be recorded as sent", Duration::from_secs(10), || {
        let body = stage.owner.get("/api/notifications/deliveries").expect_status(200).json();
        let text = body.to_string();
        text.contains("\"sent\"") && text.contains("\"attempts\":3")
    });
}

#[test]
fn delivery_that_waits_for_its_next_try_survives_a_crash() {
    let receiver = WebhookReceiver::start();
    receiver.fail_next_about("ac000013", 2, 500);
    let stage = open_to_loopback();
    add_channel(&stage, &receiver.url("/hook"));
    add_rule(&stage, "ac000013", "mem_percent > 0");
    wait_until("the first try", Duration::from_secs(40), || !about(&receiver.received(), "ac000013").is_empty());
    let _argos = stage.argos.kill9().restart();
    wait_until("the delivery after the crash", Duration::from_secs(60), || {
        about(&receiver.received(), "ac000013").iter().any(|each| each.answered == 200)
    });
}

#[test]
fn secret_of_a_channel_is_masked_and_kept_and_signs() {
    let receiver = WebhookReceiver::start();
    let stage = open_to_loopback();
    let secret = "a-webhook-word-nobody-knows";
    let body = json!({"name": "signed", "type": "webhook", "enabled": true, "config": {"url": receiver.url("/signed"), "secret": secret}});
    let id = stage.owner.post("/api/notifications/channels", body).expect_status(201).json()["id"].as_i64().unwrap();
    let shown = stage.owner.get(&format!("/api/notifications/channels/{id}")).expect_status(200);
    assert!(!shown.text().contains(secret), "{}", shown.text());
    let shown = shown.json();
    let unchanged = json!({"name": shown["name"], "enabled": true, "config": shown["config"]});
    stage.owner.put(&format!("/api/notifications/channels/{id}"), unchanged).expect_status(200);
    let test = stage.owner.post(&format!("/api/notifications/channels/{id}/test"), json!({})).expect_status(200).json();
    assert_eq!(test["success"], true, "{test}");
    let request = &receiver.wait_received(1, Duration::from_secs(10))[0];
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret.as_bytes());
    let expected = format!("sha256={}", data_encoding::HEXLOWER.encode(ring::hmac::sign(&key, &request.body).as_ref()));
    assert_eq!(request.header("X-Argos-Signature"), Some(expected.as_str()), "the masked secret was kept");
}

#[test]
fn loopback_target_is_refused_unless_it_is_allowed() {
    let receiver = WebhookReceiver::start();
    let stage = Stage::start();
    let body = json!({"name": "inside", "type": "webhook", "enabled": true, "config": {"url": receiver.url("/hook")}});
    let made = stage.owner.post("/api/notifications/channels", body);
    if made.status == 201 {
        let id = made.json()["id"].as_i64().unwrap();
        let test = stage.owner.post(&format!("/api/notifications/channels/{id}/test"), json!({}));
        assert!(test.status >= 400 || test.json()["success"] == false, "{}", test.text());
    } else {
        assert_eq!(made.status, 400, "{}", made.text());
    }
    assert!(receiver.received().is_empty(), "nothing reaches a loopback address");
}

#[test]
fn person_subscribes_to_an_event_reads_it_and_sets_preferences() {
    let stage = Stage::start();
    let pia = stage.person("pia", "viewer");
    let base = "/api/v1/notifications";
    let made = pia.post(&format!("{base}/subscribe/auth.login_failed"), json!({})).expect_status(200).json();
    assert_eq!((made["success"].as_bool(), made["details"]["channels"][0].as_str()), (Some(true), Some("in_app")), "{made}");
    assert_eq!(pia.post(&format!("{base}/subscribe/no.such.event"), json!({})).status, 404);
    assert_eq!(stage.anonymous().post("/api/login", json!({"username": "pia", "password": "wrong"})).status, 401);
    let find = || pia.get(&format!("{base}?type=system&read=false")).expect_status(200).json();
    wait_until("the message of the failed sign-in", Duration::from_secs(15), || find()["total"] == 1);
    let page = find();
    let id = page["notifications"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(page["has_more"], false);
    assert_eq!(pia.put(&format!("{base}/{id}/read"), json!({})).expect_status(200).json()["details"]["notification_id"], id.as_str());
    let again = pia.put(&format!("{base}/{id}/read"), json!({})).expect_status(200).json();
    assert_eq!(again["message"], "Notification already marked as read");
    let stranger = stage.person("sam", "viewer");
    assert_eq!(stranger.put(&format!("{base}/{id}/read"), json!({})).status, 404, "messages of others do not exist");

    let shown = pia.get(&format!("{base}/preferences")).expect_status(200).json();
    assert_eq!((shown["email_frequency"].as_str(), shown["timezone"].as_str()), (Some("instant"), Some("UTC")), "{shown}");
    let changed = json!({"quiet_hours_enabled": true, "quiet_hours_start": "22:00", "in_app_enabled": false});
    assert_eq!(pia.put(&format!("{base}/preferences"), changed).expect_status(200).json()["quiet_hours_start"], "22:00");
    assert_eq!(pia.put(&format!("{base}/preferences"), json!({"quiet_hours_end": "26:00"})).status, 422);
    let gone = pia.delete(&format!("{base}/unsubscribe/auth.login_failed")).expect_status(200).json();
    assert_eq!(gone["details"]["removed"], 1);
}

#[test]
fn rule_with_conditions_and_a_key_sends_what_holds_and_once_per_key() {
    let receiver = WebhookReceiver::start();
    let stage = Stage::on(ArgosConfig::new().arg("--allow-private-targets"));
    let config = json!({"url": receiver.url("/rules")});
    let channel = stage
        .owner
        .post("/api/notifications/channels", json!({"name": "hook", "type": "webhook", "config": config, "broadcast": false}))
        .json();
    let base = || json!({"name": "big decisions", "channel_id": channel["id"], "event_type": "approval.requested"});
    let with = |key: &str, value: Value| {
        let mut body = base();
        body[key] = value;
        body
    };
    for (body, field) in [
        (with("conditions", json!({"colour": "red"})), "conditions"),
        (with("conditions", json!({"threshold": {"type": "quorum", "operator": "~", "value": 1}})), "conditions"),
        (with("throttle_key", json!("host")), "throttle_key"),
    ] {
        let refused = stage.owner.post("/api/notifications/rules", body);
        assert_eq!((refused.status, refused.json()["field"].as_str()), (400, Some(field)), "{}", refused.text());
    }
    let mut body = with("conditions", json!([{"threshold": {"type": "quorum", "operator": ">=", "value": 2}}]));
    body["throttle_key"] = json!("data.target");
    body["throttle_window_seconds"] = json!(600);
    let made = stage.owner.post("/api/notifications/rules", body);
    assert_eq!((made.status, &made.json()["throttle_key"]), (201, &json!("data.target")), "{}", made.text());

    for (name, quorum) in [("alone", 1), ("pair", 2), ("trio", 3)] {
        let body = json!({"name": name, "kind": "audit.verify", "cron": "0 4 * * *", "overlap": "allow", "approval": {"quorum": quorum}});
        let schedule = stage.owner.post("/api/schedules", body).json();
        for _ in 0..2 {
            stage.owner.post(&format!("/api/schedules/{}/trigger", schedule["id"]), json!({})).expect_status(200);
        }
    }
    let got = wait_for("two messages", Duration::from_secs(20), || {
        let got = receiver.received();
        (got.len() >= 2).then_some(got)
    });
    let targets: Vec<Value> = got.iter().map(|each| each.json()["data"]["target"].clone()).collect();
    assert_eq!(targets, [json!("pair"), json!("trio")]);
    let held = wait_for("two held back", Duration::from_secs(10), || {
        let list = stage.owner.get("/api/notifications/deliveries?limit=50").expect_status(200).json();
        let held = list["deliveries"].as_array()?.iter().filter(|d| d["reason"] == "throttled").count();
        (held >= 2).then_some(held)
    });
    assert_eq!((held, receiver.received().len()), (2, 2));
    // An empty list takes the conditions away.
    let path = format!("/api/notifications/rules/{}", made.json()["id"]);
    let changed = stage.owner.put(&path, json!({"conditions": []})).expect_status(200).json();
    assert_eq!((&changed["conditions"], &changed["throttle_key"]), (&Value::Null, &json!("data.target")));
}
