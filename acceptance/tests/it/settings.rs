//! Ops scenario 15 and platform 11: secrets are masked and kept, values are typed, changes act at once.

use std::time::Duration;

use argos_peers::{ArgosConfig, wait_until};
use serde_json::{Value, json};

use crate::stage::Stage;

#[test]
fn secret_is_masked_and_survives_being_written_back_masked() {
    let stage = Stage::start();
    let token = "a-pihole-word-nobody-knows";
    stage.owner.post("/api/settings", json!({"piholeUrl": "http://192.0.2.7", "piholeToken": token})).expect_status(200);
    let shown = stage.owner.get("/api/settings?format=map").expect_status(200).json();
    assert_eq!(shown["piholeToken"], "***");
    assert_eq!(shown["piholeUrl"], "http://192.0.2.7");
    stage.owner.post("/api/settings", shown.clone()).expect_status(200);
    assert_eq!(stage.owner.get("/api/settings?format=map").json()["piholeToken"], "***", "*** keeps what is stored");
    stage.owner.post("/api/settings", json!({"piholeToken": ""})).expect_status(200);
    assert_eq!(stage.owner.get("/api/settings?format=map").json()["piholeToken"], "", "an emptied secret is empty");
    for path in ["/api/settings?format=map", "/api/settings?format=list", "/api/audit?limit=200", "/api/config/changelog"] {
        assert!(!stage.owner.get(path).expect_status(200).text().contains(token), "{path} shows the secret");
    }
}

#[test]
fn nested_secret_is_masked_for_viewers() {
    let stage = Stage::start();
    let word = "a-mail-word-nobody-knows";
    let email = json!({"enabled": false, "smtp_server": "192.0.2.1:25", "password": word});
    stage.owner.post("/api/settings", json!({"notifications": {"email": email}})).expect_status(200);
    let viewer = stage.person("vera", "viewer");
    for client in [&stage.owner, &viewer] {
        let shown = client.get("/api/settings?format=map").expect_status(200);
        assert!(!shown.text().contains(word), "{}", shown.text());
        assert_eq!(shown.json()["notifications"]["email"]["password"], "***");
    }
}

#[test]
fn stored_secret_is_sealed_on_disk() {
    let stage = Stage::start();
    let token = "a-pihole-word-nobody-knows";
    stage.owner.post("/api/settings", json!({"piholeToken": token})).expect_status(200);
    let stopped = stage.argos.stop();
    for entry in std::fs::read_dir(stopped.config.dir()).unwrap().flatten().filter(|entry| entry.path().is_file()) {
        let bytes = std::fs::read(entry.path()).unwrap();
        assert!(!bytes.windows(token.len()).any(|window| window == token.as_bytes()), "{} holds it in clear", entry.path().display());
    }
}

#[test]
fn settings_have_two_shapes() {
    let stage = Stage::start();
    let list = stage.owner.get("/api/settings?format=list").expect_status(200).json();
    let keys: Vec<&str> = list.as_array().expect("a list").iter().filter_map(|entry| entry["key"].as_str()).collect();
    assert!(keys.contains(&"auth.password_min_length"), "{} keys", keys.len());
    let map = stage.owner.get("/api/settings?format=map").expect_status(200).json();
    assert!(map.is_object());
    assert_eq!(stage.owner.get("/api/settings").expect_status(200).json(), map, "a header credential gets the map");
}

#[test]
fn value_of_the_wrong_type_or_range_is_refused_and_nothing_changes() {
    let stage = Stage::start();
    let put = |key: &str, value: Value| stage.owner.put(&format!("/api/settings/{key}"), json!({"value": value}));
    for (key, value) in
        [("session.max_per_user", json!("many")), ("auth.password_min_length", json!("-3")), ("system.timezone", json!("Mars/Olympus"))]
    {
        let before = stage.owner.get(&format!("/api/settings/{key}")).expect_status(200).json();
        let answer = put(key, value.clone());
        assert_eq!(answer.status, 400, "{key} = {value}: {}", answer.text());
        assert_eq!(stage.owner.get(&format!("/api/settings/{key}")).json(), before);
    }
    let unknown = put("no.such.key", json!("x"));
    assert!(matches!(unknown.status, 400 | 404), "{}", unknown.text());
    assert!(unknown.json()["error"].as_str().unwrap().contains("unknown setting key"), "{}", unknown.text());
    let scheme = stage.owner.post("/api/settings", json!({"piholeUrl": "ftp://192.0.2.7"}));
    assert_eq!(scheme.status, 400);
    assert_eq!(scheme.json()["error"], "Invalid URL scheme 'ftp' for piholeUrl — must be http or https");
}

#[test]
fn changed_setting_acts_without_a_restart_and_outlives_one() {
    let stage = Stage::start();
    stage.owner.put("/api/settings/auth.password_min_length", json!({"value": "14"})).expect_status(200);
    let add = |stage: &Stage, password: &str| {
        let body = json!({"action": "add", "username": "nina", "password": password, "role": "viewer"});
        stage.owner.post("/api/admin/users", body)
    };
    wait_until("the new minimum to act", Duration::from_secs(2), || {
        add(&stage, "Short-Pass-1").json()["error"] == "Password must be at least 14 characters"
    });
    let stage = Stage::of(stage.argos.kill9().restart());
    assert_eq!(add(&stage, "Short-Pass-1").status, 400);
    assert_eq!(add(&stage, "Long-Enough-Pass-1").status, 200);
}

#[test]
fn locked_setting_answers_conflict() {
    let stage = Stage::on(ArgosConfig::new().env("ARGOS_SETTINGS_LOCK", "1").env("ARGOS_AUTH_PASSWORD_MIN_LENGTH", "9"));
    let shown = stage.owner.get("/api/settings/auth.password_min_length").expect_status(200).json();
    assert_eq!(shown["locked"], true, "{shown}");
    let answer = stage.owner.put("/api/settings/auth.password_min_length", json!({"value": "12"}));
    assert_eq!((answer.status, answer.json()["code"].as_str()), (409, Some("setting_locked")), "{}", answer.text());
}

#[test]
fn settings_that_are_views_of_rules_and_windows_show_and_write_those() {
    let stage = Stage::start();
    let owner = &stage.owner;
    owner.post("/api/alert-rules", json!({"id": "kept0001", "condition": "mem_percent > 99", "message": "full"})).expect_status(200);
    let shown = || owner.get("/api/settings?format=map").expect_status(200).json();
    let ids = |rules: &Value| rules.as_array().unwrap().iter().map(|r| r["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    let mut map = shown();
    assert!(ids(&map["alertRules"]).contains(&"kept0001".to_owned()), "{}", map["alertRules"]);
    // Clients post the whole map back.
    owner.post("/api/settings", map.clone()).expect_status(200);
    let mut rules = map["alertRules"].as_array().unwrap().clone();
    rules.retain(|r| r["builtin"] == true);
    rules.push(json!({"id": "kept0002", "condition": "cpu_percent > 99"}));
    map["alertRules"] = json!(rules);
    map["maintenanceWindows"] = json!([{"name": "rack move", "schedule": "0 3 * * 0", "duration_min": 30, "suppress_alerts": true}]);
    owner.post("/api/settings", map.clone()).expect_status(200);
    let rules = ids(&owner.get("/api/alert-rules").expect_status(200).json());
    assert!(rules.contains(&"kept0002".to_owned()) && !rules.contains(&"kept0001".to_owned()), "{rules:?}");
    assert!(owner.get("/api/maintenance-windows").expect_status(200).text().contains("rack move"));
    let one = owner.get("/api/settings/ops.maintenanceWindows").expect_status(200).json();
    assert!(one["value"].as_str().unwrap().contains("rack move") && one["unused"].is_null(), "{one}");

    // One bad rule, and nothing of the map is written.
    let bad = json!({"alertRules": [{"id": "x", "condition": "("}], "serverUrl": "https://elsewhere.example"});
    let refused = owner.post("/api/settings", bad).expect_status(400).json();
    assert!(refused["field"] == "ops.alertRules", "{refused}");
    assert_ne!(shown()["serverUrl"], "https://elsewhere.example");
    owner.put("/api/settings/ops.maintenanceWindows", json!({"value": "[]"})).expect_status(200);
    assert!(!owner.get("/api/maintenance-windows").expect_status(200).text().contains("rack move"));
    assert_eq!(owner.put("/api/settings/ops.alertRules", json!({"value": null})).status, 400, "nothing is no list");
    let exited = ArgosConfig::new().env("ARGOS_OPS_ALERTRULES", "[]").try_start().expect_err("rules are no setting");
    assert!(
        exited.code == Some(2) && exited.stderr.contains("ARGOS_OPS_ALERTRULES") && exited.stderr.contains("/api/alert-rules"),
        "{exited}"
    );
}
