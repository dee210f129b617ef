//! Platform 1.8 and ops scenario 1: the first start makes one owner, and nothing later touches the password.

use std::os::unix::fs::PermissionsExt;

use argos_peers::argos::ADMIN_PASSWORD;
use argos_peers::{Argos, ArgosConfig};
use serde_json::{Value, json};

use crate::stage::{PASSWORD, Stage};

const VIEWER: [&str; 10] = [
    "stats:read",
    "history:read",
    "integrations:read",
    "alerts:read",
    "automations:read",
    "backups:read",
    "plugins:read",
    "notifications:read",
    "dashboard:read",
    "dashboard:write",
];
const OPERATOR: [&str; 11] = [
    "automations:run",
    "automations:write",
    "backups:restore",
    "services:control",
    "containers:control",
    "scripts:run",
    "webhooks:trigger",
    "compose:control",
    "wol:send",
    "dns:toggle",
    "hass:control",
];
const ADMIN: [&str; 14] = [
    "automations:delete",
    "backups:manage",
    "plugins:install",
    "notifications:manage",
    "users:manage",
    "settings:write",
    "audit:read",
    "api_keys:manage",
    "ssh_keys:manage",
    "terminal:access",
    "config:backup",
    "config:restore",
    "system:governor",
    "cloud:manage",
];

fn classic(lists: &[&[&str]]) -> Value {
    let mut all: Vec<&str> = lists.iter().flat_map(|list| list.iter().copied()).collect();
    all.sort_unstable();
    json!(all)
}

fn unattended() -> ArgosConfig {
    ArgosConfig::new().without_env("ARGOS_INITIAL_ADMIN_PASSWORD")
}

#[test]
fn first_start_without_a_password_makes_one_and_tells_it_three_ways() {
    let mut argos = unattended().arg("--print-first-run-password").start();
    let lines = argos.stdout().to_vec();
    assert_eq!(lines.len(), 2, "stdout carries two lines: {lines:?}");
    let first: Value = serde_json::from_str(lines[0].strip_prefix("ARGOS_FIRST_RUN ").expect("the first line")).unwrap();
    assert_eq!(first["username"], "admin");
    let password = first["password"].as_str().unwrap().to_owned();
    assert_eq!(password.len(), 20);
    assert_eq!(argos.log().matches(&password).count(), 1, "the log shows the password once");

    let file = argos.data_dir().join("first-run-password");
    assert_eq!(std::fs::read_to_string(&file).unwrap().trim(), password);
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);

    let answer = argos.anonymous().post("/api/login", json!({"username": "admin", "password": password}));
    let body = answer.expect_status(200).json();
    assert_eq!((&body["role"], &body["username"]), (&json!("admin"), &json!("admin")));
    assert!(!file.exists(), "the file goes with the first sign-in");
}

#[test]
fn first_start_without_the_flag_keeps_the_password_off_stdout() {
    let mut argos = unattended().start();
    assert_eq!(argos.stdout().len(), 1, "only the ready line");
    assert!(argos.data_dir().join("first-run-password").exists());
}

#[test]
fn restart_with_another_initial_password_leaves_the_stored_one() {
    let mut stopped = Argos::start().stop();
    stopped.config.set_env("ARGOS_INITIAL_ADMIN_PASSWORD", "Another-Pass-9");
    let argos = stopped.restart();
    let wrong = argos.anonymous().post("/api/login", json!({"username": "admin", "password": "Another-Pass-9"}));
    assert_eq!(wrong.status, 401);
    let _token = argos.login("admin", ADMIN_PASSWORD);
}

#[test]
fn permissions_of_each_role_are_the_documented_lists() {
    let stage = Stage::start();
    let viewer = stage.person("vera", "viewer");
    let operator = stage.person("otto", "operator");
    let owner = stage.owner.get("/api/me").expect_status(200).json();
    assert_eq!(owner["permissions"], classic(&[&VIEWER, &OPERATOR, &ADMIN]));
    assert_eq!((&owner["role"], &owner["global_role"]), (&json!("admin"), &json!("owner")));
    assert_eq!(operator.get("/api/me").json()["permissions"], classic(&[&VIEWER, &OPERATOR]));
    assert_eq!(viewer.get("/api/me").json()["permissions"], classic(&[&VIEWER]));

    let all = viewer.get("/api/permissions").expect_status(200).json();
    assert_eq!(all["viewer"], classic(&[&VIEWER]));
    assert_eq!(all["admin"], classic(&[&VIEWER, &OPERATOR, &ADMIN]));
}

#[test]
fn viewer_writing_settings_is_refused() {
    let stage = Stage::start();
    let viewer = stage.person("vera", "viewer");
    let refused = viewer.post("/api/settings", json!({"wanTestIp": "192.0.2.1"}));
    assert_eq!(refused.status, 403, "{}", refused.text());
    assert_eq!(refused.json()["error"], "Permission denied: settings:write");
}

#[test]
fn new_user_with_a_weak_password_is_refused_with_the_reason() {
    let stage = Stage::start();
    let add = |username: &str, password: &str, role: &str| {
        stage.owner.post("/api/admin/users", json!({"action": "add", "username": username, "password": password, "role": role}))
    };
    let short = add("weak", "Ab1", "viewer");
    assert_eq!(short.status, 400);
    assert_eq!(short.json()["error"], "Password must be at least 8 characters");
    for weak in ["alllowercase1", "ALLUPPERCASE1", "NoDigitsHere"] {
        assert_eq!(add("weak", weak, "viewer").status, 400, "{weak}");
    }
    assert_eq!(add("white space", PASSWORD, "viewer").status, 400);
    assert_eq!(add("weak", PASSWORD, "emperor").status, 400);
    assert_eq!(add("weak", PASSWORD, "viewer").status, 200);
    assert_eq!(add("WEAK", PASSWORD, "viewer").status, 409, "names differ by more than case");
}

#[test]
fn last_owner_can_be_neither_removed_nor_demoted() {
    let stage = Stage::start();
    for body in [json!({"action": "remove", "username": "admin"}), json!({"action": "set_role", "username": "admin", "role": "viewer"})] {
        let answer = stage.owner.post("/api/admin/users", body.clone());
        assert_eq!(answer.status, 409, "{body}: {}", answer.text());
    }
    let _token = stage.argos.login("admin", ADMIN_PASSWORD);
}

/// Nodes scenario 15.
#[test]
fn administrator_makes_nobody_a_super_admin_least_of_all_itself() {
    let stage = Stage::start();
    let adam = stage.person("adam", "admin");
    stage.add_user("vera", "viewer");
    let people = stage.owner.get("/api/v1/users").expect_status(200).json();
    let uid = |name: &str| people.as_array().unwrap().iter().find(|u| u["username"] == name).unwrap()["id"].as_str().unwrap().to_owned();
    for name in ["adam", "vera"] {
        let answer = adam.put(&format!("/api/v1/users/{}", uid(name)), json!({"role": "super_admin"}));
        assert_eq!(answer.status, 403, "{name}: {}", answer.text());
    }
    assert_eq!(adam.get("/api/v1/auth/me").expect_status(200).json()["role"], "admin");
}
