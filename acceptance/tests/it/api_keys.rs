//! Platform 1.7: keys act within their role, their scopes and their creator's rights, and end when revoked.

use std::time::Duration;

use argos_peers::{ArgosConfig, Client, wait_until};
use serde_json::{Value, json};

use crate::stage::Stage;

fn create(stage: &Stage, body: Value) -> Value {
    stage.owner.post("/api/admin/api-keys", body).expect_status(200).json()
}

fn with_key(stage: &Stage, key: &Value) -> Client {
    stage.anonymous().with_header("X-API-Key", key["key"].as_str().expect("the key is shown once"))
}

#[test]
fn key_of_a_role_may_do_what_the_role_may_and_no_more() {
    let stage = Stage::start();
    let key = create(&stage, json!({"name": "grafana", "role": "viewer"}));
    let text = key["key"].as_str().unwrap();
    assert!(text.starts_with("argus_sk_") && text.len() == 9 + 64, "{text}");
    let client = with_key(&stage, &key);
    assert_eq!(client.get("/api/stats").status, 200);
    assert_eq!(client.post("/api/settings", json!({})).status, 403);
    assert_eq!(client.get("/api/me").expect_status(200).json()["username"], "apikey:grafana");
    for scheme in ["ApiKey", "Bearer"] {
        let header = format!("{scheme} {text}");
        assert_eq!(stage.anonymous().with_header("Authorization", &header).get("/api/stats").status, 200, "{scheme}");
    }
    let listed = stage.owner.get("/api/admin/api-keys").expect_status(200);
    assert!(!listed.text().contains(text), "a key is shown once");
    assert_eq!(listed.json()[0]["name"], "grafana");
}

#[test]
fn key_on_a_session_only_route_is_told_so() {
    let stage = Stage::start();
    let client = with_key(&stage, &create(&stage, json!({"name": "robot", "role": "admin"})));
    let answer = client.get("/api/admin/api-keys");
    assert_eq!(answer.status, 403, "{}", answer.text());
    assert_eq!(answer.json()["error"], "User session required");
}

#[test]
fn revoked_key_stops_at_once() {
    let stage = Stage::start();
    let key = create(&stage, json!({"name": "robot", "role": "viewer"}));
    let client = with_key(&stage, &key);
    assert_eq!(client.get("/api/stats").status, 200);
    stage.owner.delete(&format!("/api/admin/api-keys/{}", key["id"].as_str().unwrap())).expect_status(200);
    wait_until("the key to stop working", Duration::from_secs(2), || client.get("/api/stats").status == 401);
    assert_eq!(stage.owner.delete("/api/admin/api-keys/000000000000").status, 404);
}

#[test]
fn key_of_a_demoted_creator_loses_what_the_creator_lost() {
    let stage = Stage::start();
    let person = stage.person("olga", "admin");
    let made = person.post("/api/v1/api-keys", json!({"name": "hers", "scopes": ["admin"]}));
    assert!(matches!(made.status, 200 | 201), "{}", made.text());
    let made = made.json();
    let text = made["key"].as_str().or(made["api_key"].as_str()).or(made["data"]["key"].as_str()).expect("the key").to_owned();
    let client = stage.anonymous().with_header("X-API-Key", &text);
    assert_eq!(client.post("/api/settings", json!({})).status, 200);
    stage.owner.post("/api/admin/users", json!({"action": "set_role", "username": "olga", "role": "viewer"})).expect_status(200);
    wait_until("the key to lose settings:write", Duration::from_secs(6), || client.post("/api/settings", json!({})).status == 403);
}

#[test]
fn key_of_the_environment_opens_power_only_and_a_short_one_stops_the_start() {
    let key = "k".repeat(40);
    let argos = ArgosConfig::new().env("ARGOS_API_KEY", &key).start();
    let answer = argos.anonymous().with_header("X-API-Key", &key).get("/api/stats");
    assert_eq!(answer.status, 403, "scopes are power only: {}", answer.text());
    let exited = ArgosConfig::new().env("ARGOS_API_KEY", "short").try_start().expect_err("a short key is refused");
    assert_eq!(exited.code, Some(2));
    assert!(exited.stderr.contains("ARGOS_API_KEY"), "{}", exited.stderr);
}
