//! What helps to write a plan: a preview with what would change, the test of one step, a removed plan put back; and the
//! stream that tells of a run.

use std::time::Duration;

use argos_peers::sse::Item;
use argos_peers::{EventStream, wait_until};
use serde_json::{Value, json};

use crate::shutdown::{DEVICE, Host, SOON, Site};
use crate::stage::Stage;

#[test]
fn preview_of_a_change_names_what_differs_and_stores_nothing() {
    let (site, host) = (Site::new(|c| c), Host::new());
    let owner = &site.stage.owner;
    let id =
        site.plan(json!({"name": "rack", "sources": [{"device_id": DEVICE}], "phases": [{"order": 10, "actions": [host.step(0, 20)]}]}));
    let path = format!("/api/shutdown/plans/{id}");
    let mut plan = owner.get(&path).expect_status(200).json();
    let preview = |body: &Value| owner.post(&format!("/api/shutdown/plans/preview?plan_id={id}"), body.clone()).expect_status(200).json();
    assert_eq!(preview(&plan)["changes"], json!([]), "the same plan");
    plan["triggers"]["battery_percent"] = json!(40);
    plan["phases"][0]["actions"][0]["command"] = json!("halt -p");
    let shown = preview(&plan);
    let paths: Vec<&str> = shown["changes"].as_array().unwrap().iter().map(|c| c["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["steps.s1.command", "triggers.battery_percent"], "{shown}");
    assert_eq!(shown["changes"][1]["after"], 40.0);
    assert_eq!(owner.get(&path).json()["triggers"]["battery_percent"], 20.0, "nothing is stored");
    owner.post("/api/shutdown/plans/preview?plan_id=999", plan).expect_status(404);
}

#[test]
fn single_step_is_tested_without_a_run() {
    let (site, mut host) = (Site::new(|c| c), Host::new());
    let owner = &site.stage.owner;
    let id = site.plan(json!({"name": "rack", "sources": [{"device_id": DEVICE}], "phases": [{"order": 10, "actions": [host.step(0, 20), {"kind": "local"}]}]}));
    let test = |step: &str| owner.post(&format!("/api/shutdown/plans/{id}/steps/{step}/test"), json!({}));
    let good = test("s1").expect_status(200).json();
    assert_eq!((&good["ok"], &good["up"], &good["result"]), (&json!(true), &json!(true), &json!("login works")), "{good}");
    let bad = test("s2").expect_status(200).json();
    assert_eq!((&bad["ok"], &bad["up"]), (&json!(false), &Value::Null), "{bad}");
    host.sshd.stop();
    assert_eq!(test("s1").expect_status(200).json()["up"], false);
    test("s9").expect_status(404);
    assert!(site.newest_run().is_none() && host.said().is_empty());
    assert!(owner.get("/api/audit?limit=50").expect_status(200).text().contains("shutdown_plan.test_step"));
}

#[test]
fn removed_plan_is_put_back_with_its_secrets_and_its_runs() {
    let (site, host) = (Site::new(|c| c), Host::new());
    let owner = &site.stage.owner;
    let id = site.plan(json!({"name": "rack", "armed": true, "sources": [{"device_id": DEVICE}], "phases": [{"order": 10, "actions": [host.step(0, 20)]}]}));
    owner.post(&format!("/api/shutdown/plans/{id}/test"), json!({})).expect_status(200);
    let undo = owner.delete(&format!("/api/shutdown/plans/{id}")).expect_status(200).json()["undo"].as_str().unwrap().to_owned();
    assert_eq!(owner.get("/api/shutdown/plans").expect_status(200).json(), json!([]));
    owner.post(&format!("/api/ui/undo/{undo}"), json!({})).expect_status(200);
    let plan = owner.get("/api/shutdown/plans").expect_status(200).json()[0].clone();
    assert_eq!((&plan["name"], &plan["armed"]), (&json!("rack"), &json!(true)), "{plan}");
    let tested = owner.post(&format!("/api/shutdown/plans/{}/test", plan["id"]), json!({})).expect_status(200).json();
    assert_eq!(tested["ok"], true, "its key came back: {tested}");
    let runs = owner.get(&format!("/api/shutdown/runs?plan_id={}", plan["id"])).expect_status(200).json();
    assert_eq!(runs["total"], 2, "{runs}");
    owner.post(&format!("/api/ui/undo/{undo}"), json!({})).expect_status(404);
}

#[test]
fn plan_moves_with_the_configuration_document_and_keeps_its_secrets() {
    let (site, host) = (Site::new(|c| c), Host::new());
    let owner = &site.stage.owner;
    let id = site.plan(json!({"name": "rack", "armed": true, "sources": [{"device_id": DEVICE}],
        "phases": [{"order": 10, "name": "hosts", "actions": [host.step(0, 20), {"kind": "local"}]}]}));
    let text = owner.get("/api/config/document?sections=power").expect_status(200).text();
    assert!(text.contains("shutdown_plans") && !text.contains("PRIVATE KEY"), "{text}");
    let plan = |text: &str| {
        owner.post("/api/config/document/plan", json!({"document": text})).expect_status(200).json()["sections"]["power"].clone()
    };
    assert_eq!((&plan(&text)["creates"], &plan(&text)["updates"]), (&json!([]), &json!([])), "nothing differs");
    owner.delete(&format!("/api/shutdown/plans/{id}")).expect_status(200);
    assert_eq!(plan(&text)["creates"], json!(["shutdown plan rack"]));
    owner.post("/api/config/document/apply", json!({"document": text})).expect_status(200);
    let back = owner.get("/api/shutdown/plans").expect_status(200).json()[0].clone();
    assert_eq!(
        (&back["name"], &back["armed"], &back["phases"][0]["actions"][0]["secrets_set"]),
        (&json!("rack"), &json!(true), &json!(["key"])),
        "{back}"
    );
    let tested = owner.post(&format!("/api/shutdown/plans/{}/steps/s1/test", back["id"]), json!({})).expect_status(200).json();
    assert_eq!(tested["ok"], true, "its key came along: {tested}");

    // Another installation cannot open what was sealed here; nothing that it keeps is unreadable for that.
    let other = Stage::start();
    let told = other.owner.post("/api/config/document/plan", json!({"document": text})).expect_status(200).text();
    assert!(told.contains("shutdown plan rack: its secrets were sealed by another installation"), "{told}");
    let ready = other.owner.get("/readyz").json();
    assert_eq!(ready["checks"]["vault"], true, "{ready}");
}

#[test]
fn stream_of_power_events_tells_of_a_run() {
    let (site, host) = (Site::new(|c| c), Host::new());
    let id =
        site.plan(json!({"name": "rack", "sources": [{"device_id": DEVICE}], "phases": [{"order": 10, "actions": [host.step(0, 20)]}]}));
    let request = site.stage.owner.request("GET", "/api/events/stream?source=power").header("Accept", "text/event-stream");
    let mut stream = EventStream::open(request);
    site.stage.owner.post(&format!("/api/shutdown/plans/{id}/start"), json!({"confirm": "rack", "reason": "drill"})).expect_status(200);
    let mut told = Vec::new();
    wait_until("the step to be told", SOON, || {
        if let Item::Event(event) = stream.next(Duration::from_secs(2)) {
            told.extend(["power.shutdown_initiated", "power.shutdown_step"].into_iter().filter(|kind| event.data.contains(kind)));
        }
        told.len() == 2
    });
    assert_eq!(told, ["power.shutdown_initiated", "power.shutdown_step"]);
}
