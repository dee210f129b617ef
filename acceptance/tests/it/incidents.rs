//! Incidents, silences, maintenance and the public status page over this machine's real figures.

use std::time::{Duration, UNIX_EPOCH};

use argos_peers::{wait_for, wait_until};
use serde_json::{Value, json};

use crate::stage::{Stage, assert_error};

fn unix_now() -> i64 {
    i64::try_from(UNIX_EPOCH.elapsed().expect("a clock after 1970").as_secs()).expect("a time before the year 292 billion")
}

fn incident(stage: &Stage, details: &str, open: bool) -> Value {
    let what = if open { "an open incident" } else { "a resolved incident" };
    wait_for(what, Duration::from_secs(40), || {
        let all = stage.owner.get("/api/incidents").expect_status(200).json();
        all.as_array()?.iter().find(|i| i["details"] == details && (i["resolved_at"] == 0) == open).cloned()
    })
}

#[test]
fn firing_rule_opens_an_incident_people_work_on_until_it_clears() {
    let stage = Stage::start();
    stage
        .owner
        .post("/api/alert-rules", json!({"id": "inc00001", "condition": "mem_percent > 0", "severity": "danger"}))
        .expect_status(200);
    let opened = incident(&stage, "mem_percent > 0", true);
    let id = opened["id"].as_i64().unwrap();
    assert_eq!((&opened["severity"], &opened["auto_generated"], &opened["source"]), (&json!("danger"), &json!(true), &json!("alert")));

    let operator = stage.person("olga", "operator");
    let room = format!("/api/incidents/{id}/messages");
    operator.post(&room, json!({"message": "on it"})).expect_status(200);
    assert_error(&operator.put(&format!("/api/incidents/{id}/assign"), json!({"assigned_to": "nobody"})), 400, "invalid_field");
    operator.put(&format!("/api/incidents/{id}/assign"), json!({"assigned_to": "olga"})).expect_status(200);
    let lines = operator.get(&room).expect_status(200).json()["messages"].clone();
    assert_eq!((&lines[0]["author"], &lines[0]["message"]), (&json!("olga"), &json!("on it")));
    assert_eq!(lines[1]["message"], "Assigned incident to olga");

    let viewer = stage.person("vera", "viewer");
    viewer.get(&room).expect_status(200);
    assert_eq!(viewer.post(&room, json!({"message": "x"})).status, 403);
    assert_eq!(
        operator.request("PATCH", &format!("/api/incidents/{id}")).json(&json!({"public": true})).send().status,
        403,
        "publishing needs status:manage"
    );

    stage.owner.put("/api/alert-rules/inc00001", json!({"enabled": false})).expect_status(200);
    let over = incident(&stage, "mem_percent > 0", false);
    assert_eq!((&over["id"], &over["status"], &over["assigned_to"]), (&json!(id), &json!("resolved"), &json!("olga")));
    let timeline = stage.owner.get(&format!("/api/incidents/{id}/timeline")).expect_status(200).json();
    let kinds: Vec<&str> = timeline.as_array().unwrap().iter().map(|e| e["kind"].as_str().unwrap()).collect();
    assert_eq!((kinds.first(), kinds.contains(&"alert_over")), (Some(&"opened"), true), "{kinds:?}");
}

#[test]
fn maintenance_is_written_down_and_survives_a_crash() {
    let stage = Stage::start();
    let body = json!({"name": "upgrade", "one_off_start": unix_now() - 5, "one_off_end": unix_now() + 600, "scope": ["rule:mw000001"]});
    let id = stage.owner.post("/api/maintenance-windows", body).expect_status(200).json()["id"].clone();
    // A rule may begin to fire as of the last sample, so that one has to lie inside the window too.
    let sampled = || stage.owner.get("/api/stats").expect_status(200).json()["timestamp"].clone();
    let before = sampled();
    wait_until("a sample within the window", Duration::from_secs(40), || sampled() != before);
    stage.owner.post("/api/alert-rules", json!({"id": "mw000001", "condition": "mem_percent > 0"})).expect_status(200);
    let row = wait_for("the withheld firing", Duration::from_secs(40), || {
        stage.owner.get("/api/alert-history?rule_id=mw000001").expect_status(200).json().as_array()?.first().cloned()
    });
    assert_eq!(row["withheld"], "maintenance");
    let inbox = stage.owner.get("/api/notifications").expect_status(200).json();
    assert!(!inbox.to_string().contains("mem_percent > 0"), "nobody is told during maintenance: {inbox}");
    let stage = Stage::of(stage.argos.kill9().restart());
    let active = stage.owner.get("/api/maintenance-windows/active").expect_status(200).json();
    assert_eq!((active.as_array().map(Vec::len), &active[0]["id"]), (Some(1), &id));
    // The whole firing lies inside the window, so the rule was never down.
    assert_eq!(stage.owner.get("/api/sla/mw000001?window=1").expect_status(200).json().as_f64(), Some(100.0));
    let report = stage.owner.get("/api/sla/summary?hours=1").expect_status(200).json();
    let line = report["rules"].as_array().unwrap().iter().find(|r| r["id"] == "mw000001").cloned().unwrap();
    assert_eq!(line["downtime_s"], 0, "{line}");
    assert!(line["unknown_s"].as_i64().is_some_and(|s| s > 2000), "an hour ago nobody looked: {line}");
}

#[test]
fn silence_keeps_an_alert_quiet_and_its_preview_said_so() {
    let stage = Stage::start();
    stage.owner.post("/api/alert-rules", json!({"id": "sil00001", "condition": "mem_percent > 0", "cooldown": 0})).expect_status(200);
    incident(&stage, "mem_percent > 0", true);
    let body = json!({"matchers": [{"label": "rule", "op": "~", "value": "sil*"}], "duration": "1h"});
    let preview = stage.owner.post("/api/silences/preview", body.clone()).expect_status(200).json();
    assert_eq!((preview["alerts"][0]["rule_id"].as_str(), preview["rules"][0]["id"].as_str()), (Some("sil00001"), Some("sil00001")));
    let id = stage.owner.post("/api/silences", body).expect_status(200).json()["id"].as_i64().unwrap();
    let state = || {
        let list = stage.owner.get("/api/ui/attention").expect_status(200).json();
        list["problems"].as_array().unwrap().iter().find(|p| p["rule_id"] == "sil00001").map(|p| p["state"].clone())
    };
    assert_eq!(state(), Some(json!("silenced")));
    stage.owner.delete(&format!("/api/silences/{id}")).expect_status(200);
    assert_eq!(state(), Some(json!("open")));
}

#[test]
fn status_page_is_public_and_keeps_names_to_itself() {
    let stage = Stage::start();
    let made = stage
        .owner
        .post("/api/status/incidents/create", json!({"title": "Mail is slow", "severity": "critical", "message": "We look into it"}));
    let id = made.expect_status(200).json()["id"].as_i64().unwrap();
    let page = stage.anonymous().get("/api/status/public").expect_status(200).json();
    assert_eq!((&page["overall"], page["uptime_history"].as_array().map(Vec::len)), (&json!("major_outage"), Some(90)));
    let shown = &page["active_incidents"][0];
    assert_eq!(
        (&shown["title"], &shown["created_by"], &shown["updates"][0]["message"]),
        (&json!("Mail is slow"), &json!(""), &json!("We look into it"))
    );
    assert_eq!(stage.anonymous().post("/api/status/incidents/create", json!({"title": "x"})).status, 401);
    stage.owner.post(&format!("/api/status/incidents/{id}/update"), json!({"message": "fixed", "status": "resolved"})).expect_status(200);
    let page = stage.anonymous().get("/api/status/public").expect_status(200).json();
    assert_eq!((&page["overall"], &page["uptime_history"][89]["worst_severity"]), (&json!("operational"), &json!("critical")));
}

#[test]
fn capacity_of_a_fresh_machine_is_unknown_and_says_so() {
    let stage = Stage::start();
    let view = stage.owner.get("/api/predict/capacity?metrics=cpu_percent,nonsense&range=24&projection=5").expect_status(200).json();
    assert_eq!(view["metrics"]["nonsense"]["error"], "Insufficient data");
    assert_eq!(view["metrics"]["cpu_percent"]["error"], "Insufficient data");
    assert!(view["combined"]["confidence"].is_null());
    assert_eq!(stage.owner.get("/api/predict/capacity?range=soon").status, 400);
}

#[test]
fn power_window_is_told_when_it_begins_and_ends_with_what_it_withholds() {
    let stage = Stage::start();
    let body = json!({
        "name": "rack move", "device_ids": ["ups-1"], "tags": ["rack"], "starts_at": "2020-01-01T00:00:00Z", "ends_at": "2099-01-01T00:00:00Z", "suppress": "shutdown",
        "reason": "new cables",
    });
    let made = stage.owner.post("/api/maintenance", body);
    assert_eq!(made.status, 201, "{}", made.text());
    let made = made.json();
    assert_eq!((&made["device_ids"], &made["suppress"], &made["active"]), (&json!(["ups-1"]), &json!("shutdown"), &json!(true)));
    // The full view shows the same row.
    let windows = stage.owner.get("/api/maintenance-windows").expect_status(200).json();
    let row = windows.as_array().unwrap().iter().find(|w| w["id"] == made["id"]).unwrap();
    assert_eq!((&row["scope"], &row["suppress_shutdown"]), (&json!(["device:ups-1", "tag:rack"]), &json!(true)), "{row}");
    let told = |kind: &str| {
        wait_for(kind, Duration::from_secs(20), || {
            let events = stage.owner.get("/api/ui/timeline?limit=100").expect_status(200).json();
            events["items"].as_array()?.iter().find(|e| e["kind"] == kind).cloned()
        })
    };
    told("maintenance.started");
    let weekly =
        json!({"name": "weekly", "weekly": {"days": ["sat", "mon"], "start": "03:30", "duration_minutes": 90}, "suppress": "both"});
    let weekly = stage.owner.post("/api/maintenance", weekly);
    assert_eq!((weekly.status, &weekly.json()["schedule"]), (201, &json!("30 3 * * 1,6")), "{}", weekly.text());
    assert_eq!(weekly.json()["weekly"]["days"], json!(["mon", "sat"]));
    for (body, field) in [
        (json!({"name": "x"}), "starts_at"),
        (json!({"name": "x", "weekly": {"days": ["noday"], "start": "03:30", "duration_minutes": 90}}), "weekly.days"),
        (json!({"name": "x", "weekly": {"days": ["mon"], "start": "25:30", "duration_minutes": 90}}), "weekly.start"),
        (json!({"name": "x", "suppress": "everything"}), "suppress"),
    ] {
        let refused = stage.owner.post("/api/maintenance", body);
        assert_eq!((refused.status, &refused.json()["detail"][0]["loc"][1]), (422, &json!(field)), "{}", refused.text());
    }
    assert_eq!(stage.owner.delete(&format!("/api/maintenance/{}", made["id"])).status, 204);
    told("maintenance.ended");
    assert_eq!(stage.owner.delete(&format!("/api/maintenance/{}", made["id"])).status, 404);
    assert_eq!(stage.anonymous().get("/api/maintenance").status, 200);
    assert_eq!(stage.anonymous().post("/api/maintenance", json!({"name": "x"})).status, 401);
}
