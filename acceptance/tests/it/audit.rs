//! Platform 12: every change leaves a row that names who, what and from where, and the chain of rows verifies.

use serde_json::json;

use crate::stage::Stage;

#[test]
fn change_leaves_a_row_with_actor_action_and_address() {
    let stage = Stage::start();
    stage.add_user("vera", "viewer");
    let rows = stage.owner.get("/api/audit?limit=50").expect_status(200).json();
    let row = rows.as_array().unwrap().iter().find(|row| row["action"] == "user_add").unwrap_or_else(|| panic!("no user_add in {rows}"));
    assert_eq!(row["username"], "admin");
    assert_eq!(row["ip"], "127.0.0.1");
    assert!(row["details"].to_string().contains("vera"), "{row}");
    assert!(!rows.to_string().contains(crate::stage::PASSWORD), "no secret in the audit log");
}

#[test]
fn failed_sign_in_is_recorded_without_the_password() {
    let stage = Stage::start();
    let body = json!({"username": "mallory", "password": "Guessed-Word-77"});
    assert_eq!(stage.anonymous().post("/api/login", body).status, 401);
    let rows = stage.owner.get("/api/audit?limit=50").expect_status(200).json();
    assert!(rows.as_array().unwrap().iter().any(|row| row["canonical"] == "auth.login_failed"), "{rows}");
    assert!(!rows.to_string().contains("Guessed-Word-77"));
}

#[test]
fn chain_verifies_and_survives_a_crash() {
    let stage = Stage::start();
    stage.add_user("vera", "viewer");
    let verify = |stage: &Stage| stage.owner.get("/api/audit/verify").expect_status(200).json();
    let before = verify(&stage);
    assert!(before.to_string().contains("true"), "{before}");
    let stage = Stage::of(stage.argos.kill9().restart());
    stage.add_user("wanda", "viewer");
    let after = verify(&stage);
    assert!(after.to_string().contains("true"), "{after}");
}

#[test]
fn viewer_does_not_read_the_audit_log() {
    let stage = Stage::start();
    assert_eq!(stage.person("vera", "viewer").get("/api/audit").status, 403);
}
