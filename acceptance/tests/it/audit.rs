//! Platform 12: every change leaves a row that names who, what and from where, and the chain of rows verifies.

use serde_json::{Value, json};

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

#[test]
fn organization_sees_its_own_rows_and_nobody_elses() {
    let stage = Stage::start();
    let viewer = stage.person("vera", "viewer");
    let shop = json!({"name": "Shop", "app_url": "https://shop.example"});
    let made = stage.owner.post("/api/v1/organizations/default/projects", shop);
    assert!([200, 201].contains(&made.status), "{}", made.text());
    let made = stage.owner.post("/api/v1/organizations", json!({"name": "Second"}));
    assert!([200, 201].contains(&made.status), "{}", made.text());
    let other = made.json()["id"].clone();
    let logs = "/api/v1/audit/organizations/default/logs";
    let page = stage.owner.get(&format!("{logs}?page_size=1&search=shop")).expect_status(200).json();
    assert_eq!((&page["total"], &page["page_size"], &page["has_more"]), (&json!(1), &json!(1), &json!(false)), "{page}");
    let row = &page["logs"][0];
    assert!(row["action"].as_str().unwrap().contains("project") && row["user_id"].is_number() && row["created_at"].is_string(), "{row}");
    let foreign =
        format!("/api/v1/audit/organizations/{}/logs?search=shop", other.as_str().map_or_else(|| other.to_string(), str::to_owned));
    assert_eq!(stage.owner.get(&foreign).expect_status(200).json()["total"], 0);
    assert_eq!(viewer.get(logs).status, 403);
    assert!([403, 404].contains(&viewer.get(&foreign).status));
    assert_eq!(stage.owner.get(&format!("{logs}?page_size=101")).status, 422);

    let figures = |what: &str| stage.owner.get(&format!("/api/v1/audit/organizations/default/{what}")).expect_status(200).json();
    let summary = figures("summary");
    let listed = stage.owner.get(logs).expect_status(200).json();
    assert_eq!((&summary["total_events"], &summary["recent_activity"][0]), (&listed["total"], &listed["logs"][0]), "{summary}");
    assert_eq!((&summary["by_action"]["project.create"], &summary["by_resource_type"]["project"]), (&json!(1), &json!(1)), "{summary}");
    let sum = |map: &Value| map.as_object().unwrap().values().map(|n| n.as_i64().unwrap()).sum::<i64>();
    assert_eq!(json!(sum(&summary["by_user"])), summary["events_this_month"], "{summary}");
    let words = figures("actions");
    assert!(words["categories"]["project"]["actions"].as_array().unwrap().contains(&json!("project.create")), "{words}");
    assert_eq!(
        (&words["categories"]["project"]["label"], &words["statuses"]),
        (&json!("Project"), &json!(["success", "failure", "pending"]))
    );
    for what in ["summary", "actions"] {
        assert_eq!(viewer.get(&format!("/api/v1/audit/organizations/default/{what}")).status, 403);
    }

    let csv = stage.owner.get(&format!("{logs}/export?format=csv")).expect_status(200);
    assert!(csv.header("content-disposition").unwrap().contains("audit_logs_"));
    assert!(csv.text().starts_with("id,created_at,user_id,user_email,user_role,action,resource_type,"), "{}", csv.text());
    let export = stage.owner.get(&format!("{logs}/export?search=shop")).expect_status(200).json();
    assert_eq!(export["log_count"], 1);
    let told = stage.owner.get(&format!("{logs}?action=audit.export")).expect_status(200).json();
    assert_eq!(told["total"], 2, "an export is audited itself: {told}");
    let security = stage.owner.get("/api/v1/audit/organizations/default/security-events?outcome=error").expect_status(200).json();
    assert_eq!(security["events"], json!([]));
}

#[test]
fn edge_view_of_the_audit_log_finds_actions_resources_and_addresses() {
    let stage = Stage::start();
    stage.owner.put("/api/settings/jobs.max", json!({"value": "5"})).expect_status(200);
    let page = |query: &str| stage.owner.get(&format!("/api/security/audit-log?{query}")).expect_status(200).json();
    let all = page("limit=2");
    assert_eq!((all["entries"].as_array().unwrap().len(), &all["limit"]), (2, &json!(2)));
    assert!(all["total"].as_i64().unwrap() > 2);
    let found = page("q=jobs.max");
    assert_eq!(found["total"], 1, "{found}");
    assert_eq!((&found["entries"][0]["source_ip"], &found["entries"][0]["diff"].is_object()), (&json!("127.0.0.1"), &true), "{found}");
    assert!(page("q=127.0.0.1")["total"].as_i64().unwrap() > 0);
    let (waf, all) = (page("sources=waf,bouncer"), page("sources=audit,waf,bouncer&limit=1"));
    assert_eq!((&waf["entries"], &waf["total"], &all["entries"][0]["source"]), (&json!([]), &json!(0), &json!("audit")), "{all}");
    let refused = stage.owner.get("/api/security/audit-log?sources=audit,moon");
    assert_eq!((refused.status, &refused.json()["field"]), (400, &json!("sources")));
}
