//! Ops scenarios 5 and 6: a rule over this machine's real figures fires, resolves and is answered for.

use std::time::{Duration, UNIX_EPOCH};

use argos_peers::{ArgosConfig, NutDevice, NutServer, WebhookReceiver, wait_for, wait_until};
use serde_json::{Value, json};

use crate::stage::Stage;

const SOON: Duration = Duration::from_secs(60);

fn unix_now() -> f64 {
    UNIX_EPOCH.elapsed().expect("a clock after 1970").as_secs_f64()
}

fn firing(stage: &Stage, rule: &str, resolved: bool) -> Value {
    let what = if resolved { "the resolved row of the rule" } else { "the firing row of the rule" };
    wait_for(what, Duration::from_secs(40), || {
        let rows = stage.owner.get(&format!("/api/alert-history?rule_id={rule}")).expect_status(200).json();
        rows.as_array()?.iter().find(|row| row["resolved_at"].is_null() != resolved).cloned()
    })
}

#[test]
fn rule_over_real_figures_fires_once_and_resolves_when_edited() {
    let stage = Stage::start();
    let condition = "mem_percent > 0 AND cpu_percent >= 0";
    let made = stage.owner.post("/api/alert-rules", json!({"id": "acc00001", "condition": condition, "message": "busy machine"}));
    assert_eq!(made.expect_status(200).json()["id"], "acc00001");
    let row = firing(&stage, "acc00001", false);
    assert_eq!((&row["rule_id"], &row["message"], &row["severity"]), (&json!("acc00001"), &json!("busy machine"), &json!("warning")));
    let began = row["timestamp"].as_f64().unwrap();
    assert!((unix_now() - began).abs() < 60.0, "{row}");

    let inbox = wait_for("the notification", Duration::from_secs(10), || {
        let body = stage.owner.get("/api/notifications?unread=1").expect_status(200).json();
        (body["unread_count"].as_u64()? >= 1).then_some(body)
    });
    let mine: Vec<&Value> =
        inbox["notifications"].as_array().unwrap().iter().filter(|each| each.to_string().contains("busy machine")).collect();
    assert_eq!(mine.len(), 1, "{inbox}");

    stage.owner.put("/api/alert-rules/acc00001", json!({"condition": "mem_percent > 1000"})).expect_status(200);
    let row = firing(&stage, "acc00001", true);
    let down = row["resolved_at"].as_f64().unwrap() - began;
    let rows = stage.owner.get("/api/alert-history?rule_id=acc00001").json();
    assert_eq!(rows.as_array().map(Vec::len), Some(1), "one firing, one row: {rows}");
    let sla = stage.owner.get("/api/sla/acc00001?window=1").expect_status(200).json().as_f64().expect("a bare number");
    assert!((sla - (100.0 - down / 36.0)).abs() < 0.1, "sla {sla} after {down} s");
}

#[test]
fn action_of_a_rule_is_done_or_waits_for_consent_and_its_outcome_stands_in_the_incident() {
    let hook = WebhookReceiver::start();
    let stage = Stage::on(ArgosConfig::new().arg("--allow-private-targets"));
    let owner = &stage.owner;
    let rule = |id: &str, action: Value, autonomy: &str| {
        let body = json!({"id": id, "condition": "mem_percent > 0", "message": id, "action": action, "autonomy": autonomy});
        owner.post("/api/alert-rules", body)
    };
    // What nobody here can do, or not with these words, is refused naming the member.
    for (action, field, part) in [
        (
            json!({"type": "restart_container", "params": {"container": "web"}}),
            "action.type",
            "restart_container cannot be carried out here",
        ),
        (json!({"params": {}}), "action.type", "is missing"),
        (json!({"type": "webhook", "params": {"url": "ftp://x"}}), "action.params.url", "http"),
        (json!({"type": "schedule", "params": {"schedule_id": 4711}}), "action.params.schedule_id", "no such schedule"),
        (json!({"type": "job", "params": {"kind": "backup.create"}}), "action.params.kind", "audit.verify"),
        (json!({"type": "job", "params": {"kind": "jobs.prune", "payload": {"days": 0}}}), "action.params.payload", "payload.days"),
        (json!({"type": "automation", "params": {"automation_id": "nope"}}), "action.params.automation_id", "not found"),
    ] {
        let refused = rule("bad", action, "execute").expect_status(400).json();
        assert!(refused["field"] == field && refused["error"].as_str().unwrap().contains(part), "{refused}");
    }
    let minute = json!({"name": "verify", "kind": "audit.verify", "cron": "0 0 1 1 *", "enabled": false});
    let schedule = owner.post("/api/schedules", minute).expect_status(201).json()["id"].clone();
    rule("calls", json!({"type": "webhook", "params": {"url": hook.url("/heal")}}), "execute").expect_status(200);
    rule("runs", json!({"type": "schedule", "params": {"schedule_id": schedule}}), "execute").expect_status(200);
    rule("asks", json!({"type": "job", "params": {"kind": "audit.verify"}}), "approve").expect_status(200);
    rule("tells", json!({"type": "job", "params": {"kind": "audit.verify"}}), "notify").expect_status(200);

    let told = |rule: &str| -> Vec<String> {
        let all = owner.get("/api/incidents?hours=1").expect_status(200).json();
        let Some(incident) = all.as_array().unwrap().iter().find(|i| i["title"].as_str().is_some_and(|t| t.ends_with(rule))) else {
            return Vec::new();
        };
        let room = owner.get(&format!("/api/incidents/{}/messages", incident["id"])).expect_status(200).json();
        room["messages"].as_array().unwrap().iter().map(|m| m["message"].as_str().unwrap().to_owned()).collect()
    };
    let says = |rule: &str, word: &str| told(rule).iter().any(|line| line.starts_with(word));
    wait_until("what needs no consent is done", SOON, || says("calls", "Action done") && says("runs", "Action done"));
    let calls = hook.received();
    assert_eq!((calls.len(), &calls[0].json()["rule_id"]), (1, &json!("calls")), "{calls:?}");
    let jobs = owner.get(&format!("/api/jobs?schedule_id={schedule}")).expect_status(200).json();
    assert_eq!((&jobs["items"][0]["state"], &jobs["items"][0]["trigger"]), (&json!("succeeded"), &json!("alert:runs")), "{jobs}");
    let waiting = wait_for("the question", SOON, || {
        let all = owner.get("/api/approvals").expect_status(200).json();
        all.as_array()?.iter().find(|a| a["target"] == "asks").cloned()
    });
    assert!(says("asks", "Action waits for consent") && !says("asks", "Action done"), "{:?}", told("asks"));
    owner.post(&format!("/api/approvals/{}/decide", waiting["id"]), json!({"decision": "approved"})).expect_status(200);
    wait_until("what was consented to is done", SOON, || says("asks", "Action done"));
    assert!(!told("tells").iter().any(|line| line.starts_with("Action")), "a rule that only tells: {:?}", told("tells"));
    assert_eq!(hook.received().len(), 1, "once for one alert");
}

/// A stored series of another part than this machine: its rule opens a problem, tells, and ends.
#[test]
fn rule_over_a_power_series_tells_and_ends() {
    let variables = |charge: u32| format!("ups.status: OL\nups.load: 20\nbattery.charge: {charge}\nbattery.runtime: 3690\n");
    let nut = NutServer::start(&[NutDevice { name: "rack1", description: "Rack 1", variables: &variables(60) }]).unwrap();
    let port = nut.address().port().to_string();
    let config = ArgosConfig::new().env("NUT_HOST", "127.0.0.1").env("NUT_PORT", &port).env("STATUS_POLL_SECONDS", "2");
    let stage = Stage::on(config);
    let metric = r#"power_battery_percent["nut:rack1@127.0.0.1"]"#;
    wait_until("the series among those that are offered", SOON, || {
        let offered = stage.owner.get("/api/alert-rules/series?q=power_battery").expect_status(200).json();
        offered["metrics"][0]["subjects"][0]["value"] == 60.0
    });
    let rule = json!({"id": "acc00010", "condition": format!("max({metric}, 30s) < 70"), "message": "{label} is down to {value}%"});
    assert_eq!(stage.owner.post("/api/alert-rules", rule).expect_status(200).json()["unknown_metrics"], json!([]));
    let never = json!({"id": "acc00011", "condition": "power_nonsense > 1"});
    assert_eq!(stage.owner.post("/api/alert-rules", never).expect_status(200).json()["unknown_metrics"], json!(["power_nonsense"]));
    let row = firing(&stage, "acc00010", false);
    assert_eq!((&row["message"], &row["labels"]["device"]), (&json!("nut:rack1@127.0.0.1 is down to 60%"), &json!("nut:rack1@127.0.0.1")));
    wait_until("the notification", SOON, || {
        let inbox = stage.owner.get("/api/notifications?unread=1").expect_status(200).text();
        inbox.contains("is down to 60%")
    });
    let problems = stage.owner.get("/api/ui/attention").expect_status(200).json();
    assert!(problems.to_string().contains("is down to 60%"), "{problems}");
    nut.set("rack1", &variables(100));
    firing(&stage, "acc00010", true);
    let rules = stage.owner.get("/api/alert-rules").expect_status(200).json();
    let silent = rules.as_array().unwrap().iter().find(|r| r["id"] == "acc00011").unwrap();
    assert_eq!((&silent["state"], &silent["no_data"][0]["reason"]), (&json!("no_data"), &json!("never_seen")), "{silent}");
}

#[test]
fn firing_survives_a_crash() {
    let stage = Stage::start();
    let rule = json!({"id": "acc00002", "condition": "mem_percent > 0"});
    stage.owner.post("/api/alert-rules", rule).expect_status(200);
    let before = firing(&stage, "acc00002", false);
    let stage = Stage::of(stage.argos.kill9().restart());
    let after = firing(&stage, "acc00002", false);
    assert_eq!(after["id"], before["id"], "the same firing, not a second one");
}

#[test]
fn condition_that_does_not_parse_is_refused_with_its_fragment() {
    let stage = Stage::start();
    let post = |condition: &str| stage.owner.post("/api/alert-rules", json!({"condition": condition}));
    for (condition, fragment) in [(">", ">"), ("a > 1 AND b", "b")] {
        let answer = post(condition);
        assert_eq!(answer.status, 400, "{condition}: {}", answer.text());
        let body = answer.json();
        let text = body["error"].as_str().unwrap();
        assert!(text.starts_with(&format!("Invalid condition fragment: '{fragment}'")), "{text}");
        assert_eq!(body["detail"], body["error"]);
    }
    assert_eq!(post("").json()["error"], "Condition is required");
    assert_eq!(post("mem_percent > 999").status, 200);
}

#[test]
fn batch_with_a_bad_second_rule_changes_nothing() {
    let stage = Stage::start();
    stage.owner.post("/api/alert-rules", json!({"id": "acc00003", "condition": "mem_percent > 999"})).expect_status(200);
    let before = stage.owner.get("/api/alert-rules").expect_status(200).json();
    let batch = json!({"rules": [{"id": "acc00004", "condition": "cpu_percent > 999"}, {"id": "acc00005", "condition": "broken"}]});
    let answer = stage.owner.put("/api/alert-rules", batch);
    assert_eq!(answer.status, 400);
    assert!(answer.json()["error"].as_str().unwrap().starts_with("Rule #2: "), "{}", answer.text());
    assert_eq!(stage.owner.get("/api/alert-rules").json(), before);
}

#[test]
fn rule_with_a_taken_id_conflicts_and_unknown_ones_are_absent() {
    let stage = Stage::start();
    let rule = json!({"id": "acc00006", "condition": "mem_percent > 999"});
    stage.owner.post("/api/alert-rules", rule.clone()).expect_status(200);
    assert_eq!(stage.owner.post("/api/alert-rules", rule).status, 409);
    assert_eq!(stage.owner.put("/api/alert-rules/ffffffff", json!({"message": "x"})).status, 404);
    assert_eq!(stage.owner.delete("/api/alert-rules/ffffffff").status, 404);
    stage.owner.delete("/api/alert-rules/acc00006").expect_status(200);
    assert_eq!(stage.owner.get("/api/alert-rules/test/acc00006").status, 404);
}

#[test]
fn rule_under_test_shows_its_values() {
    let stage = Stage::start();
    stage.owner.post("/api/alert-rules", json!({"id": "acc00007", "condition": "mem_percent > 0"})).expect_status(200);
    let body = wait_for("a true result", Duration::from_secs(20), || {
        let body = stage.owner.get("/api/alert-rules/test/acc00007").expect_status(200).json();
        (body["result"] == true).then_some(body)
    });
    assert_eq!(body["condition"], "mem_percent > 0");
    assert!(body["values"]["mem_percent"].as_f64().is_some_and(|value| value > 0.0), "{body}");
}
