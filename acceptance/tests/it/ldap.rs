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
