//! Servers that misbehave: each fault has its own words, costs its own devices only, shuts nothing down and is over when the
//! server behaves again.

use std::time::Duration;

use argos_peers::broken_nut::Manner;
use argos_peers::{ArgosConfig, BrokenNut, NutDevice, NutServer, wait_for, wait_until};
use serde_json::{Value, json};

use crate::stage::Stage;

const SOON: Duration = Duration::from_secs(30);

fn device(id: &str, port: u16, ups: &str) -> Value {
    json!({"id": id, "name": id, "type": "ups", "poller": "nut", "host": "127.0.0.1", "port": port, "connection_config": {"ups_name": ups}})
}

fn alone() -> ArgosConfig {
    ArgosConfig::new()
        .env("NUT_AUTO_DISCOVER", "false")
        .env("STATUS_POLL_SECONDS", "2")
        .env("ARGOS_POWER_OFFLINE_GRACE_SECONDS", "4")
        .env("ARGOS_POWER_NUT_REPLY_TIMEOUT_SECONDS", "2")
}

#[test]
fn server_that_sends_half_lines_garbage_or_floods_is_named_and_costs_only_its_own_devices() {
    let broken = BrokenNut::start();
    let nut = NutServer::start(&[NutDevice { name: "rack1", description: "Rack 1", variables: "ups.status: OL\nbattery.charge: 100\n" }])
        .unwrap();
    let stage = Stage::on(alone());
    stage.owner.post("/api/devices", device("odd", broken.address().port(), "odd")).expect_status(201);
    stage.owner.post("/api/devices", device("rack", nut.address().port(), "rack1")).expect_status(201);
    let shown = |id: &str| stage.anonymous().get(&format!("/api/devices/{id}")).expect_status(200).json();
    let is = |id: &str, status: &str| shown(id)["status"] == status;
    wait_until("both", SOON, || is("odd", "online") && is("rack", "online"));
    let plan = json!({"name": "house", "armed": true, "sources": [{"device_id": "odd"}], "phases": [{"order": 10, "actions": [{"kind": "facade_fsd"}]}]});
    stage.owner.post("/api/shutdown/plans", plan).expect_status(201);

    // The watch first: whoever has been silent for long is asked more rarely.
    broken.set(Manner::Half);
    let offline = wait_for("the event", Duration::from_secs(60), || {
        let page = stage.anonymous().get("/api/events?event_type=device_offline").expect_status(200).json();
        page["items"].as_array()?.first().cloned()
    });
    assert_eq!(offline["device_id"], "odd", "{offline}");
    let before = shown("rack")["last_seen"].clone();
    wait_until("the other is watched on", Duration::from_secs(6), || shown("rack")["last_seen"] != before);
    broken.set(Manner::Sound);
    wait_until("sound again", Duration::from_secs(90), || is("odd", "online"));

    let tried = |manner: Manner| {
        broken.set(manner);
        let answer = stage.owner.post("/api/devices/test", device("x", broken.address().port(), "odd")).expect_status(200).json();
        answer["error"].as_str().unwrap_or_default().to_owned()
    };
    for (manner, words) in [
        (Manner::Cut, "a line without end"),
        (Manner::Garbage, "not a NUT answer"),
        (Manner::Flood, "the list is too large"),
        (Manner::Denied, "ACCESS-DENIED"),
        (Manner::Half, "timeout"),
        (Manner::Drip, "timeout"),
    ] {
        let said = tried(manner);
        assert!(said.contains(words), "{manner:?}: {said}");
    }
    assert_eq!(stage.owner.get("/api/shutdown/runs").json()["total"], 0, "nothing is shut down on a guess");
}

#[test]
fn refused_access_is_told_once_and_over_when_it_is_granted() {
    let broken = BrokenNut::start();
    broken.set(Manner::Denied);
    let stage = Stage::on(alone());
    stage.owner.post("/api/devices", device("odd", broken.address().port(), "odd")).expect_status(201);
    let told = || stage.anonymous().get("/api/events?event_type=access_refused").expect_status(200).json();
    wait_until("the event", SOON, || told()["total"] == 1);
    assert!(told()["items"][0]["metadata"]["last_error"].as_str().unwrap().contains("ACCESS-DENIED"), "{}", told());
    // The wait of a minute is for the watch only: whoever asks gets an answer, and the event is not told again.
    stage.owner.post("/api/trigger", json!({})).expect_status(202);
    wait_until("the cycle", SOON, || stage.anonymous().get("/api/diagnostics").json()["devices"]["failed"] == 1);
    assert_eq!(told()["total"], 1);
    wait_until("no cycle runs", SOON, || stage.anonymous().get("/api/trigger/status").json()["status"] == "idle");
    broken.set(Manner::Sound);
    stage.owner.post("/api/trigger", json!({})).expect_status(202);
    wait_until("online", SOON, || stage.anonymous().get("/api/devices/odd").json()["status"] == "online");
}
