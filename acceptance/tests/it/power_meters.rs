//! Devices read by apcupsd's server, Modbus, HTTP, Redfish and IPMI: each a task of its own beside the others.

use std::time::Duration;

use argos_peers::ipmi_sim::IPMI_USER;
use argos_peers::{
    ApcupsdServer, ArgosConfig, Client, IpmiSim, ModbusDevice, REDFISH_USER, RedfishService, WebhookReceiver, wait_for, wait_until,
};
use serde_json::{Value, json};

use crate::stage::Stage;

const SOON: Duration = Duration::from_secs(25);

fn stage() -> Stage {
    Stage::on(ArgosConfig::new().env("NUT_AUTO_DISCOVER", "false").env("NUT_PORT", "9").env("STATUS_POLL_SECONDS", "2"))
}

fn device(id: &str, kind: &str, poller: &str, port: u16, config: &Value) -> Value {
    json!({"id": id, "name": id, "type": kind, "poller": poller, "host": "127.0.0.1", "port": port, "poll_seconds": 2, "connection_config": config})
}

fn latest(client: &Client, id: &str) -> Value {
    wait_for(id, SOON, || {
        let found = client.get(&format!("/api/snapshots/latest?device_id={id}")).expect_status(200).json();
        (!found.is_null()).then_some(found)
    })
}

const REPORT: &str = "APC      : 001,029,0686\nVERSION  : 3.14.14 (31 May 2016) debian\nUPSNAME  : rack 1\nMODEL    : Smart-UPS 3000\n\
    STATUS   : ONLINE \nLINEV    : 231.0 Volts\nLOADPCT  : 28.0 Percent\nBCHARGE  : 97.0 Percent\nTIMELEFT : 41.0 Minutes\n\
    OUTPUTV  : 230.0 Volts\nITEMP    : 31.0 C\nBATTV    : 54.0 Volts\nNOMPOWER : 2700 Watts\nSERIALNO : AS0000000001\n";

#[test]
fn apcupsd_tells_an_outage_and_a_lost_ups() {
    let server = ApcupsdServer::start(REPORT);
    let stage = stage();
    stage.owner.post("/api/devices", device("apc", "ups", "apcupsd", server.address().port(), &json!({}))).expect_status(201);
    let anyone = stage.anonymous();
    let read = latest(&anyone, "apc");
    for (field, value) in [
        ("ups_status", json!("OL")),
        ("power_watts", json!(756.0)),
        ("power_source", json!("estimated")),
        ("runtime_seconds", json!(2460.0)),
        ("battery_percent", json!(97.0)),
    ] {
        assert_eq!(read[field], value, "{field}: {read}");
    }
    assert_eq!(anyone.get("/api/devices/apc").json()["serial"], "AS0000000001");
    server.set(&REPORT.replace("ONLINE", "ONBATT"));
    let event =
        wait_for("the outage", SOON, || anyone.get("/api/events?event_type=on_battery").json()["items"].as_array()?.first().cloned());
    assert_eq!((&event["device_id"], &event["metadata"]["previous_status"]), (&json!("apc"), &json!("OL")));
    server.set(&REPORT.replace("ONLINE", "COMMLOST"));
    wait_until("stale", SOON, || anyone.get("/api/devices/apc").json()["status"] == "stale");
}

/// Registers of a Smart-UPS on mains, 97 % charged, 28 % loaded.
fn smart_ups() -> ModbusDevice {
    let mut live = [0_u16; 24];
    for (at, value) in
        [(1, 2460), (2, 97 * 512), (3, 54 * 32), (7, 31 * 128), (8, 28 * 256), (14, 230 * 64), (16, 50 * 128), (18, 5000), (23, 231 * 64)]
    {
        live[at] = value;
    }
    let model: Vec<u16> = b"Smart-UPS 3000\0\0".chunks(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).chain([0; 8]).collect();
    let holding: [(u16, &[u16]); 7] = [(0, &[0, 2]), (18, &[0]), (22, &[4]), (24, &[0]), (128, &live), (532, &model), (588, &[3000, 2700])];
    // SDM230: 230.5 V, 2.5 A, 560 W, 50 Hz; no energy register.
    ModbusDevice::start(&holding, &[(0, &[0x4366, 0x8000]), (6, &[0x4020, 0]), (12, &[0x440c, 0]), (70, &[0x4248, 0])]).unwrap()
}

#[test]
fn modbus_registers_of_a_ups_a_meter_and_an_own_table_are_read() {
    let bus = smart_ups();
    let port = bus.address().port();
    let stage = stage();
    stage.owner.post("/api/devices", device("smart", "ups", "modbus", port, &json!({}))).expect_status(201);
    stage.owner.post("/api/devices", device("meter", "sensor", "modbus", port, &json!({"profile": "sdm230"}))).expect_status(201);
    let own = json!({"profile": "custom", "registers": [{"field": "load_percent", "addr": 136, "scale": 0.003_906_25}]});
    stage.owner.post("/api/devices", device("own", "ups", "modbus", port, &own)).expect_status(201);
    let anyone = stage.anonymous();
    let ups = latest(&anyone, "smart");
    for (field, value) in [
        ("ups_status", json!("OL RB")),
        ("power_watts", json!(756.0)),
        ("load_percent", json!(28.0)),
        ("battery_percent", json!(97.0)),
        ("runtime_seconds", json!(2460.0)),
        ("temperature_c", json!(31.0)),
        ("voltage", json!(231.0)),
        ("energy_kwh", json!(5.0)),
    ] {
        assert_eq!(ups[field], value, "{field}: {ups}");
    }
    let shown = anyone.get("/api/devices/smart").json();
    assert_eq!((&shown["model"], &shown["serial"]), (&json!("Smart-UPS 3000"), &Value::Null), "{shown}");
    let meter = latest(&anyone, "meter");
    assert_eq!((&meter["voltage"], &meter["power_watts"], &meter["energy_kwh"]), (&json!(230.5), &json!(560.0), &Value::Null), "{meter}");
    assert_eq!(latest(&anyone, "own")["load_percent"], 28.0);
    let bad = stage.owner.post("/api/devices", device("bad", "ups", "modbus", port, &json!({"profile": "custom", "unit_id": 700})));
    assert_eq!(bad.status, 422, "{}", bad.text());
}

#[test]
fn json_document_is_read_by_pointers_with_its_secrets_kept() {
    let service = RedfishService::start();
    let port = service.address().port();
    let stage = stage();
    let config = json!({"url": format!("http://127.0.0.1:{port}/redfish/v1/Chassis/1U/Power"), "username": REDFISH_USER.0,
        "password": REDFISH_USER.1, "headers": {"X-Token": "hidden-word"},
        "json": {"power_watts": "/PowerControl/0/PowerConsumedWatts", "voltage": "/PowerSupplies/0/LineInputVoltage", "load_percent": "/nowhere"},
        "scale": {"power_watts": 0.5}});
    let created = stage.owner.post("/api/devices", device("doc", "sensor", "http", port, &config)).expect_status(201);
    assert!(!created.text().contains("hidden-word") && !created.text().contains(REDFISH_USER.1), "{}", created.text());
    let read = latest(&stage.anonymous(), "doc");
    assert_eq!((&read["power_watts"], &read["voltage"], &read["load_percent"]), (&json!(172.0), &json!(220.0), &Value::Null), "{read}");
    let wrong = json!({"url": format!("http://127.0.0.1:{port}/redfish/v1/Chassis"), "json": {"power_watts": "/x"}});
    let refused = stage.owner.post("/api/devices/test", device("x", "sensor", "http", port, &wrong)).expect_status(200).json();
    assert!(refused["error"].as_str().unwrap().contains("authentication"), "{refused}");
    // What leads to a metadata service is never asked.
    let inside = json!({"url": "http://169.254.169.254/latest", "json": {"power_watts": "/x"}});
    let blocked = stage.owner.post("/api/devices/test", device("x", "sensor", "http", port, &inside)).expect_status(200).json();
    assert!(blocked["error"].as_str().unwrap().starts_with("blocked"), "{blocked}");
    let plain = WebhookReceiver::start();
    let text = json!({"url": plain.url("/status"), "json": {"power_watts": "/x"}});
    let useless = stage.owner.post("/api/devices/test", device("x", "sensor", "http", port, &text)).expect_status(200).json();
    assert_eq!(useless["ok"], false, "{useless}");
}

#[test]
fn redfish_shows_a_host_and_switches_a_pdu() {
    let service = RedfishService::start();
    let port = service.address().port();
    let stage = stage();
    let config = json!({"username": REDFISH_USER.0, "password": REDFISH_USER.1, "scheme": "http"});
    stage.owner.post("/api/devices", device("host", "host", "redfish", port, &config)).expect_status(201);
    stage.owner.post("/api/devices", device("pdu", "pdu", "redfish", port, &config)).expect_status(201);
    let anyone = stage.anonymous();
    let host = latest(&anyone, "host");
    assert_eq!((&host["power_watts"], &host["voltage"]), (&json!(344.0), &json!(220.0)), "{host}");
    assert_eq!(anyone.get("/api/devices/host").json()["model"], "3500RX");
    let pdu = latest(&anyone, "pdu");
    assert_eq!((&pdu["power_watts"], &pdu["energy_kwh"], &pdu["outlet_count"]), (&json!(374.0), &json!(325_675.0), &json!(2.0)), "{pdu}");
    let switched = stage.owner.post("/api/devices/pdu/outlets/A2/toggle", json!({"confirm": "pdu"})).expect_status(200).json();
    assert_eq!(switched["state"], "on", "{switched}");
    assert_eq!(service.document("/redfish/v1/PowerEquipment/RackPDUs/1/Outlets/A2")["PowerState"], "On");
    let wrong = json!({"username": REDFISH_USER.0, "password": "nope", "scheme": "http"});
    let refused = stage.owner.post("/api/devices/test", device("x", "host", "redfish", port, &wrong)).expect_status(200).json();
    assert!(refused["error"].as_str().unwrap().contains("authentication"), "{refused}");
}

#[test]
fn management_controller_proves_its_password_before_it_is_asked() {
    let controller = IpmiSim::start().unwrap();
    let stage = stage();
    let tried = |user: &str, password: &str, suite: u64| {
        let config = json!({"username": user, "password": password, "cipher_suite": suite});
        let body = device("bmc", "host", "ipmi", controller.address().port(), &config);
        stage.owner.post("/api/devices/test", body).expect_status(200).json()["error"].as_str().unwrap_or_default().to_owned()
    };
    let (user, password) = IPMI_USER;
    // The controller keeps the command for administrators, so the session is opened again as one; then it says that it has
    // no DCMI.
    assert_eq!(tried(user, password, 3), "the management controller knows no DCMI power reading");
    assert_eq!(tried(user, "wrong", 3), "authentication: the password is wrong");
    assert_eq!(tried("nobody", password, 3), "authentication: the management controller does not know the user");
    assert_eq!(tried(user, password, 17), "the management controller does not offer this cipher suite");
    let refused = stage.owner.post("/api/devices", device("bmc", "host", "ipmi", 623, &json!({"cipher_suite": 1})));
    assert_eq!(refused.expect_status(422).json()["detail"][0]["loc"], json!(["body", "connection_config.cipher_suite"]));
}
