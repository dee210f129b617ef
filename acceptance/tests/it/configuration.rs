//! The configuration as a document, the change log, and the schedules: over HTTP and from the command line.

use std::time::Duration;

use argos_peers::{ArgosConfig, wait_until};
use serde_json::{Value, json};

use crate::stage::{Stage, assert_error};

#[test]
fn configuration_moves_to_another_server_with_every_difference_shown_first() {
    let stage = Stage::start();
    stage.add_user("vera", "viewer");
    stage.owner.put("/api/settings/jobs.max", json!({"value": "7"})).expect_status(200);
    stage.owner.put("/api/settings/smtp.password", json!({"value": "hunter2hunter2"})).expect_status(200);
    let document = stage.owner.get("/api/config/document").expect_status(200);
    assert!(document.header("content-disposition").unwrap().contains("argos-configuration-"));
    let text = document.text();
    assert!(text.contains("jobs.max: 7") && text.contains("vera") && !text.contains("hunter2hunter2"), "{text}");

    let other = Stage::on(ArgosConfig::new());
    let plan = |text: &str| other.owner.post("/api/config/document/plan", json!({"document": text})).expect_status(200).json();
    let told = plan(&text);
    assert_eq!(
        (&told["ok"], &told["identity"]["creates"], &told["identity"]["existing"]),
        (&json!(false), &json!(["vera"]), &json!(["admin"]))
    );
    // The secret is sealed with keys the other server does not have: the fault is named, nothing is written.
    assert_eq!(told["settings"]["faults"][0]["key"], "smtp.password", "{told}");
    assert_error(&other.owner.post("/api/config/document/apply", json!({"document": text})), 400, "invalid_setting");
    assert_eq!(other.owner.get("/api/settings/jobs.max").json()["value"], "3");

    let clear: String = text.lines().filter(|l| !l.contains("smtp.password")).map(|l| format!("{l}\n")).collect();
    let told = plan(&clear);
    assert_eq!(
        (&told["ok"], &told["settings"]["changes"][0]["key"], &told["settings"]["changes"][0]["new"]),
        (&json!(true), &json!("jobs.max"), &json!("7"))
    );
    other.owner.post("/api/config/document/apply", json!({"document": clear})).expect_status(200);
    assert_eq!(other.owner.get("/api/settings/jobs.max").json()["value"], "7");
    let users: Value = other.owner.get("/api/users").expect_status(200).json();
    let vera = users.as_array().unwrap().iter().find(|u| u["username"] == "vera").unwrap();
    assert_eq!(vera["is_active"], false, "{vera}");
    let again = plan(&clear);
    assert_eq!((again["settings"]["changes"].as_array().unwrap().len(), &again["identity"]["creates"]), (0, &json!([])), "{again}");

    // One change is taken back from the log.
    let log = other.owner.get("/api/config/changelog").expect_status(200).json();
    let id = log[0]["id"].as_str().unwrap();
    other.owner.post(&format!("/api/config/changelog/{id}/revert"), json!({})).expect_status(200);
    assert_eq!(other.owner.get("/api/settings/jobs.max").json()["value"], "3");
}

#[test]
fn command_line_shows_the_difference_and_writes_only_with_yes() {
    let stage = Stage::start();
    let file = stage.argos.config().scratch().join("wanted.yaml");
    std::fs::write(&file, "version: \"1\"\nsections:\n  settings:\n    jobs.max: 6\n  identity:\n    users:\n      - username: otto\n        role: operator\n").unwrap();
    let path = file.display().to_string();
    let run = |args: &[&str]| {
        let output = stage.argos.config().cli(args);
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr))
    };
    let shown = run(&["config", "import", "--file", &path]);
    assert_eq!(shown.0, Some(0));
    assert!(
        shown.1.contains("~ jobs.max: 3 -> 6") && shown.1.contains("+ user otto") && shown.1.contains("nothing was changed"),
        "{}",
        shown.1
    );
    assert_eq!(stage.owner.get("/api/settings/jobs.max").json()["value"], "3");
    assert!(run(&["config", "import", "--file", &path, "--yes"]).1.contains("applied"));
    wait_until("the running server follows", Duration::from_secs(5), || stage.owner.get("/api/settings/jobs.max").json()["value"] == "6");
    let exported = run(&["config", "export", "--sections", "settings", "--format", "json"]);
    let document: Value = serde_json::from_str(&exported.1).unwrap();
    assert_eq!((&document["sections"]["settings"]["jobs.max"], &document["sections"]["identity"]), (&json!(6), &Value::Null));
    assert!(run(&["config", "effective"]).1.contains("jobs.max = 6"));
    std::fs::write(&file, "version: \"1\"\nsections:\n  settings:\n    jobs.max: many\n").unwrap();
    let refused = run(&["config", "import", "--file", &path, "--yes"]);
    assert_eq!(refused.0, Some(2));
    assert!(refused.1.contains("! jobs.max"), "{}", refused.1);
}

#[test]
fn backup_schedule_follows_its_settings_and_runs_by_hand() {
    let stage = Stage::start();
    let schedule = || {
        let list = stage.owner.get("/api/schedules").expect_status(200).json();
        list["items"].as_array().unwrap().iter().find(|s| s["kind"] == "backup").cloned()
    };
    wait_until("the schedule is there", Duration::from_secs(10), || schedule().is_some());
    let found = schedule().unwrap();
    assert_eq!((&found["cron"], &found["enabled"], &found["managed_by"]), (&json!("0 2 * * *"), &json!(true), &json!("backup.schedule")));
    stage.owner.put("/api/settings/backup.schedule", json!({"value": "15 4 * * 1"})).expect_status(200);
    wait_until("the schedule follows", Duration::from_secs(10), || schedule().is_some_and(|s| s["cron"] == "15 4 * * 1"));
    assert_error(&stage.owner.post(&format!("/api/schedules/{}/pause", found["id"]), json!({})), 409, "schedule_managed");
    let job = stage.owner.post(&format!("/api/schedules/{}/trigger", found["id"]), json!({})).expect_status(200).json()["job_id"].clone();
    wait_until("the backup is made", Duration::from_secs(60), || {
        stage.owner.get(&format!("/api/jobs/{job}")).json()["state"] == "succeeded"
    });
    let list = stage.owner.get("/api/backups").expect_status(200).json();
    assert_eq!((list.as_array().unwrap().len(), &list[0]["kind"]), (1, &json!("scheduled")));
}

#[test]
fn nodes_settings_are_all_or_nothing() {
    let stage = Stage::start();
    let refused = stage.owner.put("/api/v1/settings", json!({"settings": {"max_login_attempts": 9, "command_timeout_secs": 1}}));
    assert_eq!((refused.status, &refused.json()["error"]), (400, &json!("command_timeout_secs must be 2-120, got 1")));
    assert_eq!(stage.owner.get("/api/v1/settings").expect_status(200).json()["max_login_attempts"], 5);
    stage.owner.put("/api/v1/settings", json!({"settings": {"max_login_attempts": 9}})).expect_status(200);
    assert_eq!(stage.owner.get("/api/v1/settings").json()["max_login_attempts"], 9);
}

#[test]
fn master_key_is_rotated_beside_a_running_server_and_secrets_still_open() {
    let stage = Stage::on(ArgosConfig::new().without_env("ARGOS_MASTER_KEY"));
    stage.owner.put("/api/settings/smtp.password", json!({"value": "hunter2hunter2"})).expect_status(200);
    let config = stage.argos.config();
    let run = |args: &[&str]| {
        let output = config.cli(args);
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr))
    };
    let before = (std::fs::read_to_string(stage.argos.data_dir().join("master.key")).unwrap(), run(&["master-key", "fingerprint"]).1);
    let rotated = run(&["master-key", "rotate"]);
    assert!(rotated.0 == Some(0) && rotated.1.contains("data keys wrapped"), "{}", rotated.1);
    let after = (std::fs::read_to_string(stage.argos.data_dir().join("master.key")).unwrap(), run(&["master-key", "fingerprint"]).1);
    assert!(before.0 != after.0 && before.1 != after.1);
    // The running server goes on, and the next start opens what was sealed before.
    stage.owner.put("/api/settings/smtp.password", json!({"value": "another-word-now"})).expect_status(200);
    let argos = stage.argos.stop().restart();
    let owner = argos.admin();
    assert_eq!(owner.get("/api/settings/smtp.password").expect_status(200).json()["unreadable"], false);
    let made = owner.post("/api/backups", json!({})).expect_status(201).json();
    assert_eq!(made["verify_state"], "ok", "{made}");
}

/// A webhook channel with a secret, a rule that uses it, an alert rule, a maintenance window, a silence, a schedule, an inbound
/// webhook, a media node and a UPS with a password.
fn furnish(stage: &Stage) {
    let owner = &stage.owner;
    let channel = json!({"name": "hook", "type": "webhook", "config": {"url": "https://hook.example.test/x", "secret": "hook-secret-1"}});
    let id = owner.post("/api/notifications/channels", channel).expect_status(201).json()["id"].clone();
    let rule = json!({"name": "failures", "channel_id": id, "event_type": "login_failed", "throttle_window_seconds": 60});
    owner.post("/api/notifications/rules", rule).expect_status(201);
    owner.post("/api/alert-rules", json!({"id": "hot", "condition": "cpu_percent > 91", "channels": ["hook"]})).expect_status(200);
    let window =
        json!({"name": "Sundays", "schedule": "0 3 * * 0", "duration_min": 90, "scope": ["host:web-*"], "override_autonomy": "disabled"});
    owner.post("/api/maintenance-windows", window).expect_status(200);
    let silence = json!({"matchers": [{"label": "rule", "op": "=", "value": "hot"}], "duration": "2h", "comment": "known"});
    assert!(owner.post("/api/silences", silence).status < 300);
    let schedule =
        json!({"name": "monthly", "kind": "jobs.prune", "payload": {"days": 90}, "cron": "0 4 1 * *", "timezone": "Europe/Madrid"});
    owner.post("/api/schedules", schedule).expect_status(201);
    owner.post("/api/webhooks", json!({"name": "deploys", "source": "github"})).expect_status(200);
    owner.post("/api/v1/nodes", json!({"name": "encoder", "device_type": "edge"})).expect_status(201);
    let device = json!({"id": "rack", "name": "Rack", "type": "ups", "poller": "nut", "host": "192.0.2.7", "enabled": false,
        "connection_config": {"username": "mon", "password": "ups-secret-1"}});
    owner.post("/api/devices", device).expect_status(201);
    owner.put("/api/energy/tariff", json!({"currency": "EUR", "base_rate": 0.31, "valid_from": "2026-01-01T00:00:00Z"})).expect_status(200);
}

const PARTS: &str = "notifications,alerts,power,schedules,webhooks,nodes";

#[test]
fn channels_rules_alerts_and_devices_come_back_with_their_secrets() {
    let stage = Stage::start();
    furnish(&stage);
    let export = || stage.owner.get(&format!("/api/config/document?sections={PARTS}&format=json")).expect_status(200).text();
    let before = export();
    assert!(!before.contains("hook-secret-1") && !before.contains("ups-secret-1") && before.contains("0.31"), "{before}");
    let plan = |mode: &str| {
        let body = json!({"document": before, "mode": mode});
        stage.owner.post("/api/config/document/plan", body).expect_status(200).json()
    };
    let told = plan("replace");
    assert_eq!(told["ok"], true, "{told}");
    for part in PARTS.split(',') {
        let section = &told["sections"][part];
        assert!(section["unchanged"].as_u64().unwrap() > 0, "{part}: {section}");
        for list in ["creates", "updates", "removes", "faults", "warnings"] {
            assert_eq!(section[list], json!([]), "{part}.{list}: {section}");
        }
    }
    // Everything goes, and the document brings it back.
    let channels = stage.owner.get("/api/notifications/channels").expect_status(200).json();
    stage.owner.delete(&format!("/api/notifications/channels/{}", channels[0]["id"])).expect_status(204);
    stage.owner.delete("/api/alert-rules/hot").expect_status(200);
    stage.owner.delete("/api/devices/rack").expect_status(204);
    let first = |path: &str, list: &str| {
        let all = stage.owner.get(path).expect_status(200).json();
        let all = if list.is_empty() { all } else { all[list].clone() };
        all.as_array()
            .unwrap()
            .iter()
            .find(|o| ["Sundays", "monthly", "deploys"].contains(&o["name"].as_str().unwrap_or_default()))
            .cloned()
    };
    for (path, list) in [("/api/maintenance-windows", ""), ("/api/schedules", "items"), ("/api/webhooks", "")] {
        let id = first(path, list).unwrap()["id"].clone();
        assert!(stage.owner.delete(&format!("{path}/{id}")).status < 300, "{path}");
        assert_eq!(first(path, list), None);
    }
    let told = plan("merge");
    assert_eq!(told["sections"]["notifications"]["creates"], json!(["channel hook", "rule failures"]), "{told}");
    assert_eq!(told["sections"]["alerts"]["creates"], json!(["rule hot", "window Sundays"]), "{told}");
    assert_eq!(told["sections"]["schedules"]["creates"], json!(["schedule monthly"]), "{told}");
    assert_eq!(told["sections"]["webhooks"]["creates"], json!(["webhook deploys"]), "{told}");
    assert_eq!(told["sections"]["power"]["creates"], json!(["device rack"]), "{told}");
    assert_eq!(stage.owner.get("/api/notifications/channels").json(), json!([]), "a plan writes nothing");
    let body = json!({"document": before, "mode": "merge"});
    stage.owner.post("/api/config/document/apply", body).expect_status(200);
    let told = plan("replace");
    assert_eq!(told["sections"]["notifications"]["unchanged"], 2, "the secret came back too: {told}");
    for part in ["alerts", "schedules", "webhooks"] {
        let section = &told["sections"][part];
        assert_eq!((&section["creates"], &section["updates"], &section["removes"]), (&json!([]), &json!([]), &json!([])), "{section}");
    }
    assert_eq!(told["sections"]["power"]["updates"], json!([]), "{told}");
    let window = first("/api/maintenance-windows", "").unwrap();
    assert_eq!((&window["override_autonomy"], &window["duration_min"]), (&json!("disabled"), &json!(90)), "{window}");
    assert_eq!(first("/api/schedules", "items").unwrap()["timezone"], "Europe/Madrid");
    let rule = stage.owner.get("/api/notifications/rules").expect_status(200).json();
    assert_eq!((&rule[0]["name"], &rule[0]["throttle_window_seconds"]), (&json!("failures"), &json!(60)));
}

#[test]
fn sections_of_another_server_are_judged_before_anything_is_written() {
    let first = Stage::start();
    furnish(&first);
    let text = first.owner.get(&format!("/api/config/document?sections={PARTS}")).expect_status(200).text();
    let other = Stage::on(ArgosConfig::new().env("ARGOS_MASTER_KEY", &"ab".repeat(32)));
    let body = json!({"document": text});
    let told = other.owner.post("/api/config/document/plan", body.clone()).expect_status(200).json();
    let fault = told["sections"]["notifications"]["faults"][0].as_str().unwrap_or_default();
    assert!(!told["ok"].as_bool().unwrap() && fault.contains("sealed by another installation"), "{told}");
    assert_error(&other.owner.post("/api/config/document/apply", body), 400, "invalid_section");
    assert_eq!(other.owner.get("/api/devices").json(), json!([]));
    assert_error(&other.owner.get("/api/config/document?sections=kitchen"), 400, "invalid_parameter");
}

#[test]
fn yaml_of_the_edge_part_goes_out_redacted_and_comes_back() {
    let stage = Stage::start();
    furnish(&stage);
    stage.owner.put("/api/settings/logs.retention_days", json!({"value": "9"})).expect_status(200);
    let export = || stage.owner.get("/api/config/export.yaml").expect_status(200);
    let answer = export();
    assert!(answer.header("content-disposition").unwrap().contains("argos-config-"));
    let text = answer.text();
    assert!(text.contains("__REDACTED__") && !text.contains("hook-secret-1") && text.contains("logs.retention_days: 9"), "{text}");
    let validate = |text: &str, mode: &str| stage.owner.post("/api/config/import/validate", json!({"yaml": text, "mode": mode}));
    let same = validate(&text, "replace").expect_status(200).json();
    assert_eq!(
        (&same["creates"], &same["updates"], &same["removes"], &same["conflicts"]),
        (&json!([]), &json!([]), &json!([]), &json!([]))
    );
    assert_eq!(same["counts"]["notification_channels"], 1, "{same}");

    let other = Stage::start();
    let applied = other.owner.post("/api/config/import/apply", json!({"yaml": text, "mode": "replace"})).expect_status(200).json();
    assert!(applied["warnings"].to_string().contains("switched off until its secrets are given"), "{applied}");
    let channels = other.owner.get("/api/notifications/channels").expect_status(200).json();
    assert_eq!((&channels[0]["name"], &channels[0]["enabled"]), (&json!("hook"), &json!(false)));
    assert_eq!(other.owner.get("/api/settings/logs.retention_days").json()["value"], "9");
    assert_error(&validate("version: \"7\"\n", "merge"), 400, "invalid_document");
    assert_error(&validate(&text, "sideways"), 400, "invalid_parameter");
}

#[test]
fn older_states_of_the_settings_are_files() {
    let stage = Stage::start();
    let list = || stage.owner.get("/api/backup/config-history").expect_status(200).json();
    let mut turn = 0;
    // The newest change is the live state; what was there in an earlier second is an older one.
    wait_until("a second passes", Duration::from_secs(10), || {
        turn += 1;
        stage.owner.put("/api/settings/jobs.max", json!({"value": (6 + turn % 2).to_string()})).expect_status(200);
        list()["versions"].as_array().unwrap().len() >= 2
    });
    stage.owner.put("/api/settings/smtp.password", json!({"value": "hunter2hunter2"})).expect_status(200);
    let all = list();
    let versions = all["versions"].as_array().unwrap();
    assert_eq!((&versions[0]["filename"], &versions[0]["current"]), (&json!("config.yaml"), &json!(true)));
    let older = versions[1]["filename"].as_str().unwrap();
    assert!(older.starts_with("config.yaml.bak.") && versions[1]["current"].is_null(), "{all}");
    let file = |name: &str| stage.owner.get(&format!("/api/backup/config-history/{name}"));
    let live = file("config.yaml").expect_status(200).text();
    assert!(live.contains("jobs.max:") && live.contains("smtp.password: ENC:") && !live.contains("hunter2hunter2"), "{live}");
    let before = file(older).expect_status(200).text();
    assert!(before.contains("jobs.max:") && before.len() == usize::try_from(versions[1]["size"].as_u64().unwrap()).unwrap(), "{before}");
    assert_eq!((file("config.yaml.bak.1").status, file("passwd").status, file("config.yaml.bak.").status), (404, 400, 400));
}

#[test]
fn organizations_projects_and_tests_come_back_and_are_the_owners_to_move() {
    let stage = Stage::start();
    let acme = stage.owner.post("/api/v1/organizations", json!({"name": "Acme", "slug": "acme"})).json();
    let own_path = format!("/api/v1/organizations/{}", acme["id"].as_str().unwrap());
    let path = format!("{own_path}/projects");
    let shop = stage.owner.post(&path, json!({"name": "Shop", "settings": {"secrets": {"TOKEN": "hunter2hunter2"}}})).json();
    let steps = json!([{"action": "goto", "target": "https://shop.example/"}]);
    let test = json!({"project_id": shop["id"], "name": "Shop opens", "steps": steps});
    let test = stage.owner.post("/api/v1/tests", test).expect_status(200).json();
    let ask_of_acme = stage.owner.clone().with_header("X-Organization-ID", acme["id"].as_str().unwrap());
    let hook = json!({"url": "https://hook.example/builds", "secret": "hunter2hunter2"});
    let channel = json!({"name": "Builds", "channel_type": "webhook", "config": hook, "project_id": shop["id"]});
    let channel = ask_of_acme.post("/api/v1/notifications/channels", channel).expect_status(201).json()["id"].clone();
    let rule = json!({"name": "Broken", "channel_id": channel, "event_type": "config_change", "priority": "urgent"});
    ask_of_acme.post("/api/v1/notifications/rules", rule).expect_status(201);
    let nightly = json!({"project_id": shop["id"], "name": "Nightly", "cron_expression": "0 3 1 1 *", "app_url": "https://shop.example/",
        "environment_variables": {"WHO": "hunter2hunter2"}});
    let nightly = ask_of_acme.post("/api/v1/schedules", nightly).expect_status(201).json()["id"].as_str().unwrap().to_owned();
    let export = |who: &argos_peers::Client, sections: &str| who.get(&format!("/api/config/document?format=json&sections={sections}"));
    let owned = "organizations,quality,organization_notifications,organization_schedules";
    let document = export(&stage.owner, owned).expect_status(200).text();
    assert!(!document.contains("hunter2") && document.contains("\"Shop opens\""), "{document}");

    // What belongs to organizations is not an administrator's to take out or to write.
    let adam = stage.person("adam", "admin");
    assert_error(&export(&adam, "organizations"), 403, "permission_denied");
    let all = export(&adam, "").expect_status(200).json();
    assert!(all["sections"]["alerts"].is_object() && all["sections"]["organizations"].is_null() && all["sections"]["quality"].is_null());
    assert_error(&adam.post("/api/config/document/plan", json!({"document": document})), 403, "permission_denied");

    let plan =
        |text: &str| stage.owner.post("/api/config/document/plan", json!({"document": text, "mode": "replace"})).expect_status(200).json();
    let same = plan(&document);
    assert_eq!(
        (&same["ok"], &same["sections"]["quality"]["unchanged"], &same["sections"]["organizations"]["updates"]),
        (&json!(true), &json!(1), &json!([])),
        "{same}"
    );
    for (section, unchanged) in [("organization_notifications", 2), ("organization_schedules", 1)] {
        let told = &same["sections"][section];
        assert_eq!((&told["unchanged"], &told["updates"], &told["removes"]), (&json!(unchanged), &json!([]), &json!([])), "{same}");
    }
    stage.owner.delete(&format!("/api/v1/tests/{}", test["id"].as_str().unwrap())).expect_status(200);
    ask_of_acme.delete(&format!("/api/v1/notifications/channels/{}", channel.as_str().unwrap())).expect_status(200);
    ask_of_acme.delete(&format!("/api/v1/schedules/{nightly}")).expect_status(200);
    let later = json!({"project_id": shop["id"], "name": "Later", "cron_expression": "0 4 1 1 *", "app_url": "https://shop.example/"});
    ask_of_acme.post("/api/v1/schedules", later).expect_status(201);
    stage.owner.put(&format!("/api/v1/projects/{}", shop["id"].as_str().unwrap()), json!({"name": "Store"})).expect_status(200);
    let told = plan(&document);
    assert_eq!(told["sections"]["organizations"]["updates"], json!(["project Shop of Acme"]), "{told}");
    assert_eq!(told["sections"]["quality"]["creates"], json!(["test Shop opens of Shop"]), "{told}");
    assert_eq!(
        told["sections"]["organization_notifications"]["creates"],
        json!(["channel Builds of acme", "rule Broken of acme"]),
        "{told}"
    );
    let schedules = &told["sections"]["organization_schedules"];
    assert_eq!((&schedules["creates"], &schedules["removes"]), (&json!(["schedule Nightly of acme"]), &json!(["schedule Later of acme"])));
    // One fault anywhere, and nothing of it is written.
    let bad = document.replace("0 3 1 1 *", "0 99 1 1 *");
    let refused = stage.owner.post("/api/config/document/apply", json!({"document": bad}));
    assert!(refused.status == 400 && refused.text().contains("acme: schedules[0]: Nightly"), "{}", refused.text());
    assert_eq!(plan(&document)["sections"]["quality"]["creates"], json!(["test Shop opens of Shop"]));
    stage.owner.post("/api/config/document/apply", json!({"document": document, "mode": "replace"})).expect_status(200);
    let back = stage.owner.get(&format!("/api/v1/tests/{}", test["id"].as_str().unwrap())).expect_status(200).json();
    assert_eq!(back["name"], "Shop opens");
    let (before, after): (Value, Value) = (serde_json::from_str(&document).unwrap(), export(&stage.owner, owned).expect_status(200).json());
    assert_eq!(after["sections"]["quality"], before["sections"]["quality"]);
    let acme = |d: &Value| d["sections"]["organizations"]["organizations"][0].clone();
    assert_eq!(acme(&after), acme(&before), "with its secrets");
    // A seal is never twice the same, and a schedule that was made again has a number of its own.
    let plain = |d: &Value, section: &str, list: &str, hidden: &[&str]| {
        let mut all = d["sections"][section]["organizations"][0][list].clone();
        for one in all.as_array_mut().unwrap() {
            hidden.iter().for_each(|name| drop(one.as_object_mut().unwrap().remove(*name).expect("is told")));
        }
        all
    };
    for (section, list, hidden) in [
        ("organization_notifications", "channels", &["sealed"][..]),
        ("organization_notifications", "rules", &[]),
        ("organization_schedules", "schedules", &["sealed", "uid"]),
    ] {
        assert_eq!(plain(&after, section, list, hidden), plain(&before, section, list, hidden));
    }
    assert_eq!(plan(&document)["sections"]["organization_schedules"]["unchanged"], 1, "with its hidden variables");

    // What lies under a deleted organization is not taken out, and a document from before brings it back.
    stage.owner.delete(&own_path).expect_status(200);
    let without = export(&stage.owner, "organizations,quality").expect_status(200).text();
    assert!(!without.contains("Shop opens"), "{without}");
    assert_eq!(plan(&without)["ok"], true);
    let told = plan(&document);
    assert_eq!((&told["ok"], &told["sections"]["quality"]["unchanged"]), (&json!(true), &json!(1)), "{told}");
}
