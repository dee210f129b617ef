//! What comes again on pages, and what explorations hand on: named, counted and asked for over the routes.

use argos_peers::wait_until;
use serde_json::{Value, json};

use crate::testing_runs::{PATIENCE, Shop};

#[test]
fn patterns_are_named_once_counted_and_found_again() {
    let shop = Shop::open();
    let owner = &shop.stage.owner;
    let path = "/api/v1/discovery/patterns";
    let body = json!({"project_id": shop.project, "pattern_type": "form", "pattern_name": "Address form", "pattern_data": {"fields": ["street", "city"]}});
    let made = owner.post(path, body.clone()).expect_status(200).json();
    assert_eq!((&made["times_seen"], &made["test_success_rate"]), (&json!(1), &Value::Null), "{made}");
    let again = owner.post(path, body).expect_status(200).json();
    assert_eq!((&again["id"], &again["times_seen"], &again["updated_at"]), (&made["id"], &json!(1), &made["updated_at"]), "{again}");
    let list = owner.get(&format!("{path}?project_id={}&pattern_type=form", shop.project)).expect_status(200).json();
    assert_eq!((&list["total"], &list["patterns"][0]["id"]), (&json!(1), &made["id"]), "{list}");

    for (field, wrong) in [
        ("pattern_name", json!({"project_id": shop.project, "pattern_name": " "})),
        ("pattern_type", json!({"project_id": shop.project, "pattern_name": "x", "pattern_type": "spiral"})),
        ("pattern_data", json!({"project_id": shop.project, "pattern_name": "x", "pattern_data": {"a": "b".repeat(20_000)}})),
    ] {
        let reply = owner.post(path, wrong);
        assert_eq!((reply.status, reply.json()["detail"][0]["loc"][1].clone()), (422, json!(field)), "{}", reply.text());
    }

    let told = |passed: bool, healed: bool| {
        let body = json!({"pattern_id": made["id"], "test_passed": passed, "self_healed": healed});
        owner.post(&format!("{path}/update-success"), body).expect_status(200).json()
    };
    told(true, true);
    let last = told(false, false);
    assert_eq!((&last["test_success_rate"], &last["self_heal_success_rate"]), (&json!(0.5), &json!(1.0)), "{last}");
    let insights = owner.get(&format!("{path}/insights?project_id={}", shop.project)).expect_status(200).json();
    assert_eq!((&insights["total_patterns"], &insights["test_success_rate"]), (&json!(1), &json!(0.5)), "{insights}");
    let search = json!({"project_id": shop.project, "pattern_name": "Address form", "pattern_data": {"fields": ["street", "city"]}});
    let found = owner.post(&format!("{path}/search"), search).expect_status(200).json();
    assert_eq!((&found["matches"][0]["id"], &found["matches"][0]["similarity"]), (&made["id"], &json!(1.0)), "{found}");
    let audit = owner.get("/api/security/audit-log?limit=50").expect_status(200).text();
    assert!(audit.contains("pattern.create") && audit.contains("pattern.update"), "{audit}");

    // Whoever only reads changes nothing, and of another organization's nobody learns.
    let viewer = shop.stage.person("vera", "viewer");
    let update = json!({"pattern_id": made["id"], "test_passed": true});
    let refused = viewer.post(&format!("{path}/update-success"), update.clone());
    assert!(matches!(refused.status, 403 | 404), "{}", refused.text());
    let elsewhere = viewer.post("/api/v1/organizations", json!({"name": "Elsewhere"})).expect_status(200).json();
    let stranger = viewer.with_header("X-Organization-ID", elsewhere["id"].as_str().unwrap());
    assert_eq!(stranger.post(&format!("{path}/update-success"), update).status, refused.status);
    assert_eq!(owner.post(&format!("{path}/update-success"), json!({"pattern_id": "nobody", "test_passed": true})).status, 404);
}

#[test]
fn exploration_hands_its_selectors_and_pages_on() {
    let shop = Shop::open();
    let owner = &shop.stage.owner;
    let body = json!({"project_id": shop.project, "app_url": shop.site.url("/login.html"), "mode": "quick_scan", "max_pages": 2});
    let made = owner.post("/api/v1/discovery/sessions", body).expect_status(200).json();
    let id = made["id"].as_str().unwrap();
    wait_until("the exploration to end", PATIENCE, || {
        let now = owner.get(&format!("/api/v1/discovery/sessions/{id}")).expect_status(200).json();
        assert_ne!(now["status"], "failed", "{now}");
        now["status"] == "completed"
    });
    let mesh = |path: &str, body: Value| owner.post(&format!("/api/v1/discovery/feature-mesh/{path}"), body);
    let shared = mesh("share-selectors", json!({"session_id": id, "project_id": shop.project})).expect_status(200).json();
    assert!(shared["selectors_shared"].as_u64().is_some_and(|n| n > 0) && shared["baselines_created"] == 0, "{shared}");
    let others = |selector: &str| {
        let place = format!("/api/v1/discovery/feature-mesh/selector-alternatives?project_id={}&limit=20", shop.project);
        owner.get(&format!("{place}&selector={selector}")).expect_status(200).json()
    };
    let known = others("testid%3D%22email%22");
    assert!(known["alternatives"].as_array().is_some_and(|all| !all.is_empty()) && known["source"] == "discovery", "{known}");

    // What was tried instead counts for it or against it.
    let feedback = |success: bool| {
        let body = json!({"project_id": shop.project, "primary_selector": "#pay", "used_alternative": "text=Pay", "success": success});
        mesh("healing-feedback", body).expect_status(200);
        others("%23pay")["alternatives"][0].clone()
    };
    let right = feedback(true);
    assert_eq!((&right["selector"], &right["success_count"]), (&json!("text=Pay"), &json!(1)), "{right}");
    let wrong = feedback(false);
    assert!(wrong["failure_count"] == 1 && wrong["confidence"].as_f64() < right["confidence"].as_f64(), "{wrong}");

    let pictured = mesh("process", json!({"session_id": id, "share_selectors": false, "limit": 1})).expect_status(200).json();
    assert_eq!((&pictured["baselines_created"], &pictured["selectors_shared"]), (&json!(1), &Value::Null), "{pictured}");
    let other = owner.post("/api/v1/projects", json!({"name": "Other"})).expect_status(200).json();
    for (status, field, wrong) in
        [(422, "limit", json!({"session_id": id, "limit": 0})), (422, "project_id", json!({"session_id": id, "project_id": other["id"]}))]
    {
        let reply = mesh("process", wrong);
        assert_eq!((reply.status, reply.json()["detail"][0]["loc"][1].clone()), (status, json!(field)), "{}", reply.text());
    }
    assert_eq!(mesh("process", json!({"session_id": "01890000-0000-7000-8000-000000000000"})).status, 404);
    let viewer = shop.stage.person("vera", "viewer");
    let body = json!({"project_id": shop.project, "primary_selector": "#pay", "used_alternative": "text=Pay", "success": true});
    let refused = viewer.post("/api/v1/discovery/feature-mesh/healing-feedback", body);
    assert!(matches!(refused.status, 403 | 404), "{}", refused.text());
}
