//! The inventory through the real binary: this machine and a real UPS as things, found, linked, in trouble and well again.

use std::time::Duration;

use argos_peers::{ArgosConfig, NutDevice, NutServer, wait_for, wait_until};
use serde_json::{Value, json};

use crate::stage::{Stage, assert_error};

const SOON: Duration = Duration::from_secs(20);
const UPS: &str = "/api/ui/things/ups%3Anut%3Arack1%40127.0.0.1";

fn hostname() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap().trim().to_owned()
}

fn found(stage: &Stage, query: &str) -> Vec<String> {
    let groups = stage.owner.get(&format!("/api/ui/search?q={query}")).expect_status(200).json()["groups"].clone();
    let things = groups.as_array().unwrap().iter().flat_map(|g| g["items"].as_array().unwrap().clone());
    things.map(|t| t["ref"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn machine_and_its_parts_are_found_and_shown_with_links_and_evidence() {
    let stage = Stage::start();
    let host = hostname();
    let machine = wait_for("the machine", SOON, || {
        let list = stage.owner.get("/api/ui/inventory?q=kind:machine").expect_status(200).json();
        list["items"].as_array()?.first().cloned()
    });
    assert_eq!((&machine["ref"], &machine["page"]), (&json!(format!("machine:{host}")), &json!("/machines/local")));
    assert!(found(&stage, &host).contains(&format!("machine:{host}")));
    let list = stage.owner.get("/api/ui/inventory?q=kind:filesystem").expect_status(200).json();
    assert!(list["total"].as_i64().unwrap() >= 1, "{list}");
    let root = format!("filesystem:{host}/").replace(':', "%3A").replace('/', "%2F");
    // Links are written after the things they join.
    let root = wait_for("the link to its machine", SOON, || {
        let root = stage.owner.get(&format!("/api/ui/things/{root}")).expect_status(200).json();
        root["links"].as_array()?.iter().any(|l| l["link"] == "runs_on" && l["other"]["kind"] == "machine").then_some(root)
    });
    assert!(root["facts"].as_array().unwrap().iter().any(|f| f["name"] == "fstype"), "{root}");

    let viewer = stage.person("vera", "viewer");
    assert_eq!(viewer.get("/api/ui/inventory").expect_status(200).json()["items"][0]["kind"].as_str().map(str::is_empty), Some(false));
    let denied = viewer.post("/api/ui/links", json!({}));
    assert_error(&denied, 403, "permission_denied");
    assert_eq!(stage.anonymous().get("/api/ui/search?q=a").status, 401);
    assert_error(&stage.owner.get("/api/ui/things/machine%3Anobody"), 404, "not_found");
}

#[test]
fn ups_on_battery_marks_what_it_feeds_within_seconds_and_correction_can_be_taken_back() {
    let variables = |status: &str| format!("ups.status: {status}\nbattery.charge: 90\nbattery.runtime: 1200\nups.mfr: ACME\n");
    let nut = NutServer::start(&[NutDevice { name: "rack1", description: "Rack 1", variables: &variables("OL") }]).unwrap();
    let port = nut.address().port().to_string();
    let stage = Stage::on(ArgosConfig::new().env("NUT_HOST", "127.0.0.1").env("NUT_PORT", &port).env("STATUS_POLL_SECONDS", "2"));
    let host = hostname();
    wait_until("the UPS is well", SOON, || stage.owner.get(UPS).json()["status"] == "ok");
    wait_until("the machine is known", SOON, || found(&stage, &host).contains(&format!("machine:{host}")));
    let link = json!({"from": format!("machine:{host}"), "link": "fed_by", "to": "ups:nut:rack1@127.0.0.1"});
    let made = stage.owner.post("/api/ui/links", link).expect_status(201).json();
    assert_eq!(made["link"]["evidence"], "set by admin");
    // What a change of the UPS would touch, before it is made.
    let ask = |who: &argos_peers::Client, method: &str, path: &str| {
        who.post("/api/ui/preview", json!({"method": method, "path": path, "ref": "ups:nut:rack1@127.0.0.1"}))
    };
    let told = ask(&stage.owner, "PATCH", "/api/ui/things/ups%3Anut%3Arack1%40127.0.0.1").expect_status(200).json();
    assert_eq!((&told["allowed"], &told["reversible"], &told["refusal"]), (&json!(true), &json!(true), &json!(null)), "{told}");
    let named: Vec<_> = told["affected"].as_array().unwrap().iter().map(|a| a["ref"].as_str().unwrap().to_owned()).collect();
    assert!(named.contains(&format!("machine:{host}")) && told["warnings"][0].is_string(), "{told}");
    let viewer = stage.person("vic", "viewer");
    let told = ask(&viewer, "put", "/api/settings/system.timezone").expect_status(200).json();
    assert_eq!((&told["allowed"], &told["refusal"]), (&json!(false), &json!("Permission denied: settings:write")), "{told}");
    assert_eq!(ask(&stage.owner, "GET", "/api/settings").status, 400);
    assert_error(&ask(&stage.owner, "PUT", "/api/nothing"), 404, "not_found");

    nut.set("rack1", &variables("OB DISCHRG"));
    let machine_path = format!("/api/ui/things/machine%3A{host}");
    let machine = wait_for("the machine says so", Duration::from_secs(10), || {
        let machine = stage.owner.get(&machine_path).expect_status(200).json();
        (machine["causes"][0]["word"] == "on battery").then_some(machine)
    });
    assert_eq!(machine["causes"][0]["status"], "warning");
    let steps = wait_for("the event in its timeline", SOON, || {
        let steps = stage.owner.get(&format!("{UPS}/timeline")).expect_status(200).json();
        let all = steps.as_array()?;
        let named = |what: &str| all.iter().any(|m| m["what"] == what);
        (named("event") && named("status") && named("appeared")).then(|| steps.clone())
    });
    assert!(steps.as_array().unwrap().iter().any(|m| m["after"] == "warning" && m["word"] == "on battery"), "{steps}");
    wait_until("the alert names the thing", SOON, || {
        let attention: Value = stage.owner.get("/api/ui/attention").expect_status(200).json();
        attention["problems"].as_array().unwrap().iter().any(|p| p["thing_ref"] == "ups:nut:rack1@127.0.0.1")
    });

    nut.set("rack1", &variables("OL CHRG"));
    wait_until("all is well", SOON, || stage.owner.get(UPS).json()["status"] == "ok");
    let undo = format!("/api/ui/undo/{}", made["undo"].as_str().unwrap());
    stage.owner.post(&undo, json!({})).expect_status(200);
    assert_error(&stage.owner.post(&undo, json!({})), 404, "undo_expired");
    assert!(stage.owner.get(UPS).json()["links"].as_array().unwrap().is_empty());
    let audit = stage.owner.get("/api/audit?limit=50").expect_status(200).text();
    assert!(audit.contains("thing_link.add") && audit.contains("thing_link.remove"), "{audit}");
}
