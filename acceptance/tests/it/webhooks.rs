//! Webhooks from outside: signatures over the raw body, replays, rotation, the log, and the event they publish.

use std::time::SystemTime;

use argos_peers::{ArgosConfig, Client, Response, WebhookReceiver};
use serde_json::{Value, json};

use crate::stage::{Stage, assert_error};

fn signed(secret: &str, parts: &[&[u8]]) -> String {
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret.as_bytes());
    data_encoding::HEXLOWER.encode(ring::hmac::sign(&key, &parts.concat()).as_ref())
}

fn call(client: &Client, path: &str, body: &[u8], headers: &[(&str, &str)]) -> Response {
    headers.iter().fold(client.request("POST", path), |r, (name, value)| r.header(name, value)).body(body).send()
}

fn made(stage: &Stage, more: &Value) -> Value {
    let mut body = json!({"name": "deploys"});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    stage.owner.post("/api/webhooks", body).expect_status(200).json()
}

#[test]
fn signed_calls_are_stored_once_and_published_and_forged_ones_are_counted() {
    let stage = Stage::start();
    let hook = made(&stage, &json!({}));
    let (secret, anyone) = (hook["secret"].as_str().unwrap(), stage.anonymous());
    assert_eq!((secret.len(), hook["hook_id"].as_str().unwrap().len()), (64, 22));
    let path = format!("/api/webhooks/receive/{}", hook["hook_id"].as_str().unwrap());
    let body = br#"{"deploy":"web","password":"not-for-the-log"}"#;
    let proof = format!("sha256={}", signed(secret, &[body]));
    let first = call(&anyone, &path, body, &[("X-Hub-Signature-256", &proof), ("X-Request-Id", "deliver-0001")]);
    assert_eq!((first.status, first.json()), (200, json!({"status": "ok", "automation": null})), "{}", first.text());
    let again = call(&anyone, &path, body, &[("X-Hub-Signature-256", &proof), ("X-Request-Id", "deliver-0001")]);
    assert_eq!(again.json()["duplicate"], true, "{}", again.text());

    let flipped = br#"{"deploy":"wex","password":"not-for-the-log"}"#;
    assert_error(&call(&anyone, &path, flipped, &[("X-Hub-Signature-256", &proof)]), 401, "invalid_signature");
    assert_error(&call(&anyone, &path, body, &[]), 401, "invalid_signature");
    assert_eq!(call(&anyone, "/api/webhooks/receive/nobody", body, &[]).status, 404);
    assert_eq!(call(&anyone, &path, &vec![b'x'; (1 << 20) + 1], &[]).status, 413);

    let listed = stage.owner.get("/api/webhooks").expect_status(200);
    assert!(!listed.text().contains(secret));
    assert_eq!(
        (listed.json()[0]["trigger_count"].as_i64(), listed.json()[0]["rejected"].as_i64()),
        (Some(1), Some(2)),
        "{}",
        listed.text()
    );
    let log = stage.owner.get(&format!("/api/webhooks/{}/deliveries", hook["id"])).expect_status(200);
    assert_eq!((log.json()[0]["status"].as_str(), log.json()[0]["duplicates"].as_i64()), (Some("processed"), Some(1)));
    assert!(!log.text().contains("not-for-the-log") && log.text().contains("web"), "{}", log.text());
    assert!(log.json()[0]["event_id"].as_i64().is_some(), "{}", log.text());
    assert_eq!(stage.person("vera", "viewer").get("/api/webhooks").status, 403);
}

#[test]
fn signed_time_is_taken_once_within_its_window_and_never_outside() {
    let stage = Stage::start();
    let hook = made(&stage, &json!({}));
    let path = format!("/hooks/{}", hook["hook_id"].as_str().unwrap());
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let send = |at: u64| {
        let stamp = at.to_string();
        let proof = signed(hook["secret"].as_str().unwrap(), &[stamp.as_bytes(), b".", b"{}"]);
        call(&stage.anonymous(), &path, b"{}", &[("X-Hub-Signature-256", &proof), ("X-Argos-Timestamp", &stamp)])
    };
    assert_eq!(send(now).status, 200);
    assert_eq!(send(now).json()["duplicate"], true, "a replay has no second effect");
    assert_eq!(send(now - 400).status, 401);
}

#[test]
fn rotated_secret_leaves_the_old_one_good_and_a_switched_off_endpoint_refuses() {
    let stage = Stage::start();
    let hook = made(&stage, &json!({"source": "gitlab"}));
    let path = format!("/api/webhooks/receive/{}", hook["hook_id"].as_str().unwrap());
    let with = |token: &str| call(&stage.anonymous(), &path, b"{}", &[("X-Gitlab-Token", token)]).status;
    let old = hook["secret"].as_str().unwrap();
    let new = stage.owner.post(&format!("/api/webhooks/{}/rotate", hook["id"]), json!({})).expect_status(200).json();
    let new = new["secret"].as_str().unwrap();
    assert_eq!((with(old), with(new), with("guess")), (200, 200, 401));
    let second = stage.owner.post(&format!("/api/webhooks/{}/rotate", hook["id"]), json!({})).expect_status(200).json();
    assert_eq!((with(old), with(new), with(second["secret"].as_str().unwrap())), (401, 200, 200), "only the last one before is kept");
    stage.owner.put(&format!("/api/webhooks/{}", hook["id"]), json!({"enabled": false})).expect_status(200);
    assert_eq!(with(new), 403);
    stage.owner.delete(&format!("/api/webhooks/{}", hook["id"])).expect_status(200);
    assert_eq!(with(new), 404);
}

#[test]
fn senders_common_routes_fail_closed_and_know_the_instance_secret() {
    let stage = Stage::on(ArgosConfig::new().env("GITHUB_WEBHOOK_SECRET", "instance-github-secret"));
    let body = br#"{"ref":"refs/heads/main"}"#;
    for source in ["sentry", "datadog", "fullstory", "logrocket", "newrelic", "bugsnag", "rollbar", "vcs/github", "vcs/gitlab"] {
        let path = format!("/api/v1/webhooks/{source}");
        assert_eq!(call(&stage.anonymous(), &path, body, &[("X-Webhook-Token", "guess")]).status, 401, "{source}");
    }
    let proof = format!("sha256={}", signed("instance-github-secret", &[body]));
    let headers = [("X-Hub-Signature-256", proof.as_str()), ("X-GitHub-Event", "push"), ("X-GitHub-Delivery", "d-1")];
    let first = call(&stage.anonymous(), "/api/v1/webhooks/vcs/github", body, &headers).expect_status(200).json();
    assert_eq!(
        (first["event_type"].as_str(), first["delivery_id"].as_str(), first["success"].as_bool()),
        (Some("push"), Some("d-1"), Some(true))
    );
    let again = call(&stage.anonymous(), "/api/v1/webhooks/vcs/github", body, &headers).expect_status(200).json();
    assert_eq!(again["message"], "Duplicate event already processed");
    let hook = made(&stage, &json!({"source": "datadog"}));
    let path = format!("/api/v1/webhooks/datadog?token={}", hook["secret"].as_str().unwrap());
    assert_eq!(call(&stage.anonymous(), &path, b"{}", &[]).expect_status(200).json()["success"], true);
}

#[test]
fn hook_of_the_settings_is_fired_by_its_id_and_its_failures_are_told() {
    let receiver = WebhookReceiver::start();
    let stage = Stage::on(ArgosConfig::new().arg("--allow-private-targets"));
    let hooks = json!([
        {"id": "door", "name": "Open the door", "url": receiver.url("/door"), "method": "PUT", "headers": {"X-Key": "k1"}, "body": {"on": true}},
        {"id": "ftp", "name": "no", "url": "ftp://192.0.2.1/x"},
        {"id": "gone", "name": "nobody there", "url": "http://127.0.0.1:9/x"},
    ]);
    stage.owner.post("/api/settings", json!({"automations": hooks})).expect_status(200);
    let fire = |id: &str| stage.owner.post("/api/webhook", json!({"id": id}));
    assert_eq!(fire("door").expect_status(200).json(), json!({"success": true}));
    let got = receiver.wait_received(1, std::time::Duration::from_secs(5));
    assert_eq!((got[0].method.as_str(), got[0].header("x-key"), got[0].json()), ("PUT", Some("k1"), json!({"on": true})));
    receiver.fail_next(1, 500);
    assert_eq!(fire("door").expect_status(200).json(), json!({"success": false}));
    assert_error(&fire("ftp"), 400, "invalid_hook");
    assert_error(&fire("gone"), 502, "webhook_failed");
    assert_error(&fire("none"), 404, "not_found");
    let viewer = stage.person("vera", "viewer");
    assert_eq!(viewer.post("/api/webhook", json!({"id": "door"})).status, 403);
    let rows = stage.owner.get("/api/audit?limit=50").expect_status(200).json();
    let fired = rows.as_array().unwrap().iter().filter(|row| row["action"] == "webhook").count();
    assert_eq!(fired, 3, "{rows}");
}

#[test]
fn replay_of_a_signed_time_under_another_delivery_id_has_no_second_effect() {
    let stage = Stage::start();
    let hook = made(&stage, &json!({}));
    let path = format!("/hooks/{}", hook["hook_id"].as_str().unwrap());
    let stamp = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs().to_string();
    let proof = signed(hook["secret"].as_str().unwrap(), &[stamp.as_bytes(), b".", b"{}"]);
    let send = |id: &str, proof: &str| {
        let headers = [("X-Hub-Signature-256", proof), ("X-Argos-Timestamp", &stamp), ("X-Request-Id", id)];
        call(&stage.anonymous(), &path, b"{}", &headers).expect_status(200).json()
    };
    assert_eq!(send("deliver-0001", &proof)["duplicate"], Value::Null);
    assert_eq!(send("deliver-0002", &proof)["duplicate"], true, "another id");
    assert_eq!(send("deliver-0003", &format!("sha256={}", proof.to_uppercase()))["duplicate"], true, "another spelling");
    let listed = stage.owner.get("/api/webhooks").expect_status(200).json();
    assert_eq!(listed[0]["trigger_count"], 1, "{listed}");

    let sentry = made(&stage, &json!({"source": "sentry"}));
    let path = format!("/hooks/{}", sentry["hook_id"].as_str().unwrap());
    let proof = signed(sentry["secret"].as_str().unwrap(), &[b"{}"]);
    let send = |headers: &[(&str, &str)]| {
        let all: Vec<_> = [("Sentry-Hook-Signature", proof.as_str())].into_iter().chain(headers.iter().copied()).collect();
        call(&stage.anonymous(), &path, b"{}", &all).expect_status(200).json()["duplicate"].clone()
    };
    assert_eq!(send(&[("Sentry-Hook-Timestamp", &stamp), ("Request-ID", "r-1")]), Value::Null);
    assert_eq!(send(&[("Request-ID", "r-2")]), true, "the time is not signed and was left out");
}

#[test]
fn call_without_the_name_of_its_event_is_not_kept() {
    let stage = Stage::on(ArgosConfig::new().env("GITHUB_WEBHOOK_SECRET", "instance-github-secret"));
    let proof = format!("sha256={}", signed("instance-github-secret", &[b"{}"]));
    let send = |more: &[(&str, &str)]| {
        let all: Vec<_> =
            [("X-Hub-Signature-256", proof.as_str()), ("X-GitHub-Delivery", "d-1")].into_iter().chain(more.iter().copied()).collect();
        call(&stage.anonymous(), "/api/v1/webhooks/vcs/github", b"{}", &all)
    };
    assert_error(&send(&[]), 400, "missing_header");
    assert_eq!(send(&[("X-GitHub-Event", "push")]).expect_status(200).json()["message"], "Event received", "the first one that counts");
}

#[test]
fn endpoints_of_an_organization_are_its_own_and_fix_the_project() {
    let stage = Stage::start();
    let (ada, eve) = (stage.person("ada", "viewer"), stage.person("eve", "viewer"));
    let organization = |who: &Client, name: &str| {
        let made = who.post("/api/v1/organizations", json!({"name": name}));
        made.json()["id"].as_str().unwrap_or_else(|| panic!("{}", made.text())).to_owned()
    };
    let (own, other) = (organization(&ada, "Acme"), organization(&eve, "Other"));
    let in_own = |who: Client| who.with_header("X-Organization-ID", &own);
    let (ada, eve) = (in_own(ada), eve.with_header("X-Organization-ID", &other));
    let project = ada.post("/api/v1/projects", json!({"name": "Shop", "organization_id": own}));
    let project = project.json()["id"].as_str().unwrap_or_else(|| panic!("{}", project.text())).to_owned();
    let foreign =
        eve.post("/api/v1/projects", json!({"name": "Foreign", "organization_id": other})).json()["id"].as_str().unwrap().to_owned();

    let made = ada.post("/api/v1/webhooks/endpoints", json!({"source": "github", "project_id": project})).expect_status(200).json();
    let (id, secret) = (made["id"].as_str().unwrap(), made["secret"].as_str().unwrap());
    assert_eq!((&made["project_id"], &made["verify_mode"], &made["received"]), (&json!(project), &json!("native"), &json!(0)), "{made}");
    assert!(made["url"].as_str().unwrap().ends_with(&format!("/api/v1/webhooks/in/{id}")), "{made}");
    let refused = ada.post("/api/v1/webhooks/endpoints", json!({"source": "github", "project_id": foreign}));
    assert_eq!(refused.status, 404, "{}", refused.text());
    assert_eq!(ada.post("/api/v1/webhooks/endpoints", json!({"source": "carrier-pigeon"})).status, 400);

    // Neither the installation's list nor another organization shows or changes it.
    assert_eq!(stage.owner.get("/api/webhooks").json(), json!([]));
    assert_eq!(stage.owner.delete("/api/webhooks/1").status, 404);
    assert_eq!(eve.get("/api/v1/webhooks/endpoints").expect_status(200).json()["total"], 0);
    for answer in [
        eve.get(&format!("/api/v1/webhooks/endpoints/{id}")),
        eve.delete(&format!("/api/v1/webhooks/endpoints/{id}")),
        eve.post(&format!("/api/v1/webhooks/endpoints/{id}/rotate"), json!({})),
    ] {
        assert_eq!(answer.status, 404, "{}", answer.text());
    }

    let body = br#"{"ref":"refs/heads/main"}"#;
    let proof = format!("sha256={}", signed(secret, &[body]));
    let path = format!("/api/v1/webhooks/in/{id}");
    let headers = [("X-Hub-Signature-256", proof.as_str()), ("X-GitHub-Event", "push"), ("X-GitHub-Delivery", "d-1")];
    assert_eq!(call(&stage.anonymous(), &path, body, &headers[1..]).status, 401);
    assert_eq!(call(&stage.anonymous(), &path, body, &headers[..1]).status, 400);
    let first = call(&stage.anonymous(), &path, body, &headers).expect_status(200).json();
    assert_eq!((&first["event_type"], &first["message"]), (&json!("push"), &json!("Event received")), "{first}");
    // The sender's common route takes it too, but never in the name of another organization.
    let common = |query: &str, id: &str| {
        let headers = [("X-Hub-Signature-256", proof.as_str()), ("X-GitHub-Event", "push"), ("X-GitHub-Delivery", id)];
        call(&stage.anonymous(), &format!("/api/v1/webhooks/vcs/github{query}"), body, &headers)
    };
    assert_error(&common(&format!("?org_id={other}"), "d-2"), 403, "other_organization");
    assert_eq!(common(&format!("?org_id={own}"), "d-3").status, 200);
    let seen = ada.get(&format!("/api/v1/webhooks/endpoints/{id}")).expect_status(200);
    assert_eq!((&seen.json()["received"], &seen.json()["rejected"]), (&json!(2), &json!(2)), "{}", seen.text());
    assert!(!seen.text().contains(secret));

    let rotated = ada.post(&format!("/api/v1/webhooks/endpoints/{id}/rotate"), json!({})).expect_status(200).json();
    assert_ne!(rotated["secret"], made["secret"]);
    ada.delete(&format!("/api/v1/webhooks/endpoints/{id}")).expect_status(200);
    assert_eq!(call(&stage.anonymous(), &path, body, &headers).status, 404);
}
