//! Platform 7.3 and 7.4: a schedule that asks before it runs, and the people who answer.

use std::time::Duration;

use argos_peers::{Client, wait_for};
use serde_json::{Value, json};

use crate::stage::{Stage, assert_error};

fn make(client: &Client, body: Value) -> Value {
    let answer = client.post("/api/schedules", body);
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()
}

fn job(client: &Client, id: &Value, state: &str) -> Value {
    wait_for(&format!("job {id} {state}"), Duration::from_secs(20), || {
        let job = client.get(&format!("/api/jobs/{id}")).expect_status(200).json();
        (job["state"] == state).then_some(job)
    })
}

#[test]
fn schedule_that_asks_runs_only_when_two_people_agree_and_with_what_they_agreed_to() {
    let stage = Stage::start();
    let (olga, otto) = (stage.person("olga", "operator"), stage.person("otto", "operator"));
    let viewer = stage.person("vera", "viewer");
    let body = json!({
        "name": "tidy", "kind": "jobs.prune", "cron": "0 4 * * *", "timezone": "Europe/Madrid", "payload": {"days": 30},
        "approval": {"quorum": 2, "timeout_s": 600},
    });
    let schedule = make(&stage.owner, body);
    assert_eq!((&schedule["readable"], &schedule["removable"]), (&json!("Daily at 4:00 AM (Europe/Madrid)"), &json!(true)));
    let run = olga.post(&format!("/api/schedules/{}/trigger", schedule["id"]), json!({})).expect_status(200).json();
    let waiting = job(&stage.owner, &run["job_id"], "waiting");
    assert_eq!(waiting["attempts"], 0);

    let open = viewer.get("/api/approvals").expect_status(200).json();
    let approval = open[0].clone();
    assert_eq!((&approval["run_id"], &approval["requested_by"], &approval["quorum"]), (&run["job_id"], &json!("olga"), &json!(2)));
    assert_eq!((&approval["decidable"], viewer.get("/api/approvals/count").json()), (&json!(false), json!({"count": 1})));
    let path = format!("/api/approvals/{}/decide", approval["id"]);
    assert_error(&viewer.post(&path, json!({"decision": "approved"})), 403, "permission_denied");
    // Everybody who may decide finds it in the inbox, and a link to it.
    let told = wait_for("the message", Duration::from_secs(10), || {
        let inbox = otto.get("/api/notifications").expect_status(200).json();
        inbox["notifications"].as_array()?.iter().find(|n| n["type"] == "approval" || n["message"] == approval["description"]).cloned()
    });
    assert_eq!(told["action_url"], format!("/inbox/approvals?id={}", approval["id"]), "{told}");

    assert_eq!(olga.post(&path, json!({"decision": "approve"})).expect_status(200).json()["approval_status"], "pending");
    assert_error(&otto.post(&path, json!({"decision": "approve", "modifications": {"days": 0}})), 400, "invalid_payload");
    let changed = otto.post(&path, json!({"decision": "approve", "modifications": {"days": 90}, "comment": "keep a quarter"}));
    assert_eq!(changed.expect_status(200).json()["approval_status"], "pending", "olga agreed to something else");
    assert_eq!(olga.post(&path, json!({"decision": "approve"})).expect_status(200).json()["approval_status"], "approved");
    let done = job(&stage.owner, &run["job_id"], "succeeded");
    assert_eq!((&done["result"]["days"], &done["attempts"]), (&json!(90), &json!(1)));
    let late = otto.post(&path, json!({"decision": "denied"}));
    assert_eq!(assert_error(&late, 400, "approval_decided")["error"], "Approval already approved");
    let row = viewer.get(&format!("/api/approvals/{}", approval["uid"].as_str().unwrap())).expect_status(200).json();
    assert_eq!((&row["status"], &row["modified_keys"], &row["self_approved"]), (&json!("approved"), &json!(["days"]), &json!(true)));
    let audit = stage.owner.get("/api/audit?limit=50").expect_status(200).json();
    let decided = audit.as_array().unwrap().iter().filter(|r| r["action"] == "approval_decide").count();
    assert_eq!(decided, 3, "{audit}");
}

#[test]
fn denied_run_stays_undone_also_when_it_is_repeated() {
    let stage = Stage::start();
    let schedule =
        make(&stage.owner, json!({"name": "check", "kind": "audit.verify", "cron": "0 4 * * *", "approval": {"timeout_s": 600}}));
    let run = stage.owner.post(&format!("/api/schedules/{}/trigger", schedule["id"]), json!({})).json();
    let approval = stage.owner.get("/api/approvals").json()[0].clone();
    let denied = stage.owner.post(&format!("/api/approvals/{}/decide", approval["id"]), json!({"decision": "deny", "comment": "later"}));
    denied.expect_status(200);
    assert_eq!(job(&stage.owner, &run["job_id"], "cancelled")["error"], "Denied by admin: later");
    let again = stage.owner.post(&format!("/api/jobs/{}/retry", run["job_id"]), json!({})).expect_status(200).json();
    job(&stage.owner, &again["job_id"], "waiting");
    stage.owner.post(&format!("/api/runs/{}/approve", again["job_id"]), json!({})).expect_status(200);
    let done = job(&stage.owner, &again["job_id"], "succeeded");
    assert_eq!(done["result"]["ok"], true, "{done}");
    let twice = stage.owner.post(&format!("/api/runs/{}/approve", again["job_id"]), json!({}));
    assert_eq!(assert_error(&twice, 400, "run_not_pending")["error"], "Run is not pending approval");
    assert_eq!(stage.owner.delete(&format!("/api/schedules/{}", schedule["id"])).status, 204);
}

#[test]
fn question_outlives_a_crash_and_is_answered_once() {
    let stage = Stage::start();
    let schedule =
        make(&stage.owner, json!({"name": "check", "kind": "audit.verify", "cron": "0 4 * * *", "approval": {"timeout_s": 600}}));
    let run = stage.owner.post(&format!("/api/schedules/{}/trigger", schedule["id"]), json!({})).json();
    let stage = Stage::of(stage.argos.kill9().restart());
    let approval = stage.owner.get("/api/approvals").json()[0].clone();
    assert_eq!(approval["run_id"], run["job_id"]);
    stage.owner.post(&format!("/api/approvals/{}/decide", approval["id"]), json!({"decision": "approved"})).expect_status(200);
    let stage = Stage::of(stage.argos.kill9().restart());
    let done = job(&stage.owner, &run["job_id"], "succeeded");
    assert!(done["attempts"].as_i64().unwrap() <= 2, "{done}");
    assert_eq!(stage.owner.get("/api/approvals/count").json(), json!({"count": 0}));
}

#[test]
fn preview_marks_what_a_clock_change_does_to_a_slot() {
    let stage = Stage::start();
    let shown = stage.owner.get("/api/schedules/preview?cron=30+2+29,30+3+*&timezone=Europe/Madrid&count=2").expect_status(200).json();
    assert_eq!((&shown["valid"], shown["next"].as_array().map(Vec::len)), (&json!(true), Some(2)), "{shown}");
    let refused = stage.owner.get("/api/schedules/preview?cron=0+24+*+*+*").expect_status(200).json();
    assert_eq!((&refused["valid"], &refused["error"]), (&json!(false), &json!("Value out of range in hour field: 24 (valid: 0-23)")));
    let bad = stage.owner.post("/api/schedules", json!({"name": "x", "kind": "audit.verify", "cron": "0 24 * * *"}));
    assert_eq!(assert_error(&bad, 400, "invalid_schedule")["field"], "cron");
    let unknown = stage.owner.post("/api/schedules", json!({"name": "x", "kind": "backup", "cron": "0 4 * * *"}));
    assert_eq!(assert_error(&unknown, 400, "invalid_schedule")["field"], "kind");
}
