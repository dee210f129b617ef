//! What a deletion takes with it, told before it is made, and told only to those who may make it.

use argos_peers::Client;
use serde_json::{Value, json};

use crate::stage::Stage;

fn preview(who: &Client, path: &str) -> Value {
    who.post("/api/ui/preview", json!({"method": "DELETE", "path": path})).expect_status(200).json()
}

/// Code, number and names of each.
fn consequences(told: &Value) -> Vec<(String, u64, Vec<String>)> {
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    let all = told["consequences"].as_array().expect("a list");
    all.iter()
        .map(|c| (text(&c["what"]), c["count"].as_u64().unwrap(), c["names"].as_array().unwrap().iter().map(text).collect()))
        .collect()
}

#[test]
fn deletion_of_a_channel_and_a_rule_names_what_ends_with_it() {
    let stage = Stage::start();
    let channel = json!({"name": "ops", "type": "webhook", "config": {"url": "https://hooks.example.test/x"}, "broadcast": false});
    let channel = stage.owner.post("/api/notifications/channels", channel).expect_status(201).json()["id"].as_i64().unwrap();
    let path = format!("/api/notifications/channels/{channel}");
    let last = ("last_channel".to_owned(), 1, Vec::new());
    assert_eq!(consequences(&preview(&stage.owner, &path)), std::slice::from_ref(&last), "nothing uses it yet");
    let rule = json!({"name": "disks", "channel_id": channel, "event_type": "alert.*"});
    let rule = stage.owner.post("/api/notifications/rules", rule).expect_status(201).json()["id"].as_i64().unwrap();
    let told = preview(&stage.owner, &path);
    let alert = json!({"id": "nights", "name": "Nights", "condition": "cpu > 90", "channels": [channel]});
    stage.owner.post("/api/alert-rules", alert).expect_status(200);
    let told_by = |told: &Value| consequences(told).into_iter().filter(|(what, ..)| what == "alert_rules").collect::<Vec<_>>();
    assert_eq!(consequences(&told), [("notification_rules".to_owned(), 1, vec!["disks".to_owned()]), last], "{told}");
    assert_eq!(told_by(&preview(&stage.owner, &path)), [("alert_rules".to_owned(), 1, vec!["Nights".to_owned()])]);
    assert_eq!(told["reversible"], true);
    let told = preview(&stage.owner, &format!("/api/notifications/rules/{rule}"));
    assert_eq!(consequences(&told), [("channel_hears_less".to_owned(), 1, vec!["ops".to_owned()])], "{told}");
    let viewer = stage.person("vic", "viewer");
    let told = preview(&viewer, &path);
    assert_eq!((&told["allowed"], consequences(&told).len()), (&json!(false), 0), "{told}");
    assert_eq!(stage.owner.get("/api/notifications/rules").expect_status(200).json().as_array().unwrap().len(), 1, "nothing was changed");
}

#[test]
fn deletion_of_a_person_or_an_organization_names_what_goes_with_it() {
    let stage = Stage::start();
    let ada = stage.person("ada", "operator");
    let uid = ada.get("/api/v1/users/me").expect_status(200).json()["id"].as_str().unwrap().to_owned();
    let told = preview(&stage.owner, &format!("/api/v1/users/{uid}"));
    assert!(consequences(&told).iter().any(|(what, count, _)| what == "sessions" && *count == 1), "{told}");
    let acme =
        stage.owner.post("/api/v1/organizations", json!({"name": "Acme"})).expect_status(200).json()["id"].as_str().unwrap().to_owned();
    stage.owner.post(&format!("/api/v1/organizations/{acme}/projects"), json!({"name": "Shop"})).expect_status(201);
    let hook = json!({"name": "repository", "source": "github"});
    stage.owner.post(&format!("/api/v1/webhooks/endpoints?org_id={acme}"), hook).expect_status(200);
    let channel = json!({"name": "Builds", "channel_type": "webhook", "config": {"url": "https://hooks.example.test/"}});
    stage.owner.post(&format!("/api/v1/notifications/channels?org_id={acme}"), channel).expect_status(201);
    let path = format!("/api/v1/organizations/{acme}");
    let told = preview(&stage.owner, &path);
    let want = [("members", 1, None), ("projects", 1, Some("Shop")), ("webhooks", 1, Some("repository")), ("channels", 1, Some("Builds"))];
    let want: Vec<_> = want.into_iter().map(|(w, n, name)| (w.to_owned(), n, name.map(str::to_owned).into_iter().collect())).collect();
    assert_eq!(consequences(&told), want, "{told}");
    // Whoever may delete an organization of the own learns nothing of another's.
    ada.post("/api/v1/organizations", json!({"name": "Ada"})).expect_status(200);
    assert!(consequences(&preview(&ada, &path)).is_empty());
}
