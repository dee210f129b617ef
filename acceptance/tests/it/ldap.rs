//! Passwords judged by a real directory server.

use argos_peers::slapd::{BASE_DN, BIND_DN, BIND_PASSWORD, GROUP_DN, PERSON_PASSWORD};
use argos_peers::{ArgosConfig, Response, Slapd};
use serde_json::{Value, json};

use crate::stage::{PASSWORD, Stage};

fn stage_with(directory: &Slapd) -> Stage {
    let stage = Stage::on(ArgosConfig::new().env("ARGOS_NET_OUTBOUND_ALLOW", "127.0.0.1"));
    let set = |key: &str, value: Value| drop(stage.owner.put(&format!("/api/settings/{key}"), json!({"value": value})).expect_status(200));
    set("ldap.base_dn", json!(BASE_DN));
    set("ldap.bind_dn", json!(BIND_DN));
    set("ldap.bind_password", json!(BIND_PASSWORD));
    set("ldap.group_roles", json!({GROUP_DN: "operator"}));
    set("ldap.url", json!(directory.url));
    stage
}

fn login(stage: &Stage, username: &str, password: &str) -> Response {
    stage.anonymous().post("/api/login", json!({"username": username, "password": password}))
}

#[test]
fn people_of_the_directory_sign_in_with_the_role_of_their_group() {
    let directory = Slapd::start().unwrap_or_else(|error| panic!("{error}"));
    let stage = stage_with(&directory);
    for _ in 0..2 {
        let ada = login(&stage, "ada", PERSON_PASSWORD).expect_status(200).json();
        assert_eq!((&ada["username"], &ada["role"]), (&json!("ada"), &json!("operator")));
    }
    let by_mail = login(&stage, "bob@example.org", PERSON_PASSWORD).expect_status(200).json();
    assert_eq!((&by_mail["username"], &by_mail["role"]), (&json!("bob"), &json!("viewer")));
    let users = stage.owner.get("/api/users").json();
    let made: Vec<&Value> = users.as_array().expect("a list").iter().filter(|u| u["created_via"] == "ldap").collect();
    assert_eq!(made.len(), 2, "{users}");
    assert!(made.iter().all(|u| u["has_password"] == false));
}

#[test]
fn wrong_empty_and_crafted_input_is_refused_alike() {
    let directory = Slapd::start().unwrap_or_else(|error| panic!("{error}"));
    let stage = stage_with(&directory);
    for (name, password) in [("ada", "wrong"), ("ada", ""), ("*", PERSON_PASSWORD), ("ada)(uid=*", PERSON_PASSWORD)] {
        let answer = login(&stage, name, password);
        assert_eq!((answer.status, answer.json()["error"].clone()), (401, json!("Invalid credentials")), "{name}");
    }
}

#[test]
fn local_account_is_never_judged_by_the_directory_and_outlives_it() {
    let directory = Slapd::start().unwrap_or_else(|error| panic!("{error}"));
    let stage = stage_with(&directory);
    stage.add_user("ada", "viewer");
    assert_eq!(login(&stage, "ada", PERSON_PASSWORD).status, 401);
    drop(directory);
    assert_eq!(login(&stage, "ada", PASSWORD).status, 200);
    assert_eq!(login(&stage, "bob", PERSON_PASSWORD).status, 401, "nobody comes in while the directory is away");
}

#[test]
fn role_follows_the_groups_at_the_next_login_and_an_owner_stays() {
    let directory = Slapd::start().unwrap_or_else(|error| panic!("{error}"));
    let stage = stage_with(&directory);
    let map = |roles: Value| drop(stage.owner.put("/api/settings/ldap.group_roles", json!({"value": roles})).expect_status(200));
    let role = || login(&stage, "ada", PERSON_PASSWORD).expect_status(200).json()["role"].clone();
    let first = login(&stage, "ada", PERSON_PASSWORD).expect_status(200).json();
    let open = stage.anonymous().with_bearer(first["token"].as_str().expect("a token"));
    assert_eq!((&first["role"], open.get("/api/me").status), (&json!("operator"), 200));
    map(json!({GROUP_DN: "admin"}));
    assert_eq!(role(), "admin");
    assert_eq!(open.get("/api/me").status, 401, "what was signed in with other rights has ended");
    map(json!({"cn=nobody,dc=example,dc=org": "admin"}));
    assert_eq!(role(), "viewer");
    map(json!({}));
    let set = |role: &str| drop(stage.owner.post("/api/admin/users", json!({"action": "set_role", "username": "ada", "role": role})));
    set("operator");
    assert_eq!(role(), "operator", "without a map the role is ours to give");
    let row = stage.owner.get("/api/users").json().as_array().and_then(|all| all.iter().find(|u| u["username"] == "ada").cloned());
    let uid = row.expect("the account")["uid"].as_str().expect("a uid").to_owned();
    drop(stage.owner.put(&format!("/api/v1/users/{uid}"), json!({"role": "super_admin"})).expect_status(200));
    map(json!({GROUP_DN: "viewer"}));
    assert_eq!(role(), "admin", "ops routes show an owner as admin");
}

#[test]
fn test_of_the_directory_names_each_step_and_the_one_that_fails() {
    let directory = Slapd::start().unwrap_or_else(|error| panic!("{error}"));
    let stage = stage_with(&directory);
    let test = |body: Value| stage.owner.post("/api/auth/ldap/test", body).expect_status(200).json();
    let names = |steps: &Value| -> Vec<(String, bool)> {
        let text = |s: &Value| (s["step"].as_str().unwrap_or_default().to_owned(), s["ok"] == true);
        steps.as_array().expect("steps").iter().map(text).collect()
    };
    let step = |name: &str, ok: bool| (name.to_owned(), ok);
    assert_eq!(names(&test(json!({}))), [step("connect", true), step("bind", true), step("search", true)]);
    let whole = test(json!({"username": "ada", "password": PERSON_PASSWORD}));
    assert_eq!(names(&whole), ["connect", "bind", "search", "role", "password"].map(|name| step(name, true)), "{whole}");
    assert_eq!(whole[3]["detail"], "operator");
    let wrong = test(json!({"username": "ada", "password": "wrong"}));
    assert_eq!(names(&wrong).last(), Some(&step("password", false)), "{wrong}");
    assert!(!wrong.to_string().contains("\"wrong\""), "what was typed is not shown");
    assert_eq!(names(&test(json!({"username": "nobody"}))).last(), Some(&step("search", false)));
    drop(stage.owner.put("/api/settings/ldap.bind_password", json!({"value": "another"})).expect_status(200));
    assert_eq!(names(&test(json!({}))).last(), Some(&step("bind", false)));
    drop(directory);
    assert_eq!(names(&test(json!({}))), [step("connect", false)]);
    assert_eq!(stage.person("vera", "viewer").post("/api/auth/ldap/test", json!({})).status, 403);
}
