//! Power scenario H23: InfluxDB line protocol, Loki, MQTT with Home Assistant discovery and CSV, each on its own, with
//! receivers that go away and come back.

use std::time::Duration;

use argos_peers::{
    ArgosConfig, Client, LokiReceiver, Mosquitto, NutDevice, NutServer, REDFISH_USER, RedfishService, Snmpsim, VictoriaMetrics, wait_for,
    wait_until,
};
use serde_json::{Value, json};

use crate::power_snmp::recordings;
use crate::stage::{Stage, assert_error};

const SOON: Duration = Duration::from_secs(30);
const RACK: &str = "nut:rack1@127.0.0.1";

fn variables(status: &str, load: u32) -> String {
    format!(
        "ups.status: {status}\nups.load: {load}\nups.realpower: 450\ninput.voltage: 231.5\nbattery.charge: 97\nbattery.runtime: 3690\n\
         ups.mfr: ACME\nups.model: Rack 980\n"
    )
}

fn rack() -> NutServer {
    let text = variables("OL", 20);
    NutServer::start(&[NutDevice { name: "rack1", description: "Rack 1", variables: &text }]).unwrap()
}

fn watching(nut: &NutServer, exporters: &str) -> ArgosConfig {
    let port = nut.address().port().to_string();
    let config = ArgosConfig::new().env("NUT_HOST", "127.0.0.1").env("NUT_PORT", &port).env("STATUS_POLL_SECONDS", "2");
    config.env("ENABLED_EXPORTERS", exporters)
}

/// Changes the load together with the flags, so that a row is stored at once, and waits until it is seen.
fn show(nut: &NutServer, anyone: &Client, status: &str, load: u32) {
    nut.set("rack1", &variables(status, load));
    wait_until(&format!("{status} {load}"), SOON, || anyone.get("/api/snapshots/latest").json()["load_percent"] == f64::from(load));
}

fn exporter(client: &Client, name: &str) -> Value {
    client.get("/api/diagnostics").expect_status(200).json()["exporters"][name].clone()
}

/// The loads a VictoriaMetrics holds, oldest first.
fn loads(server: &VictoriaMetrics) -> Vec<f64> {
    let lines = server.client().get("/api/v1/export?match%5B%5D=power_snapshot_load_percent").expect_status(200).text();
    let Some(series) = lines.lines().next().and_then(|l| serde_json::from_str::<Value>(l).ok()) else { return Vec::new() };
    assert_eq!((&series["metric"]["device_id"], &series["metric"]["device_type"]), (&json!(RACK), &json!("ups")));
    series["values"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

#[test]
fn points_queued_while_a_receiver_is_away_arrive_also_after_a_crash_of_ours() {
    let (nut, loki) = (rack(), LokiReceiver::start());
    let mut victoria = VictoriaMetrics::start().unwrap();
    let config = watching(&nut, "sqlite,influxdb,loki")
        .env("INFLUXDB_URL", &format!("http://{}", victoria.address()))
        .env("INFLUXDB_ORG", "home lab")
        .env("INFLUXDB_TOKEN", "a-token")
        .env("LOKI_URL", &loki.url());
    let stage = Stage::on(config);
    let anyone = stage.anonymous();
    show(&nut, &anyone, "OL", 20);
    stage.owner.post("/api/trigger", json!({})).expect_status(202);
    wait_until("the first point", SOON, || loads(&victoria).contains(&20.0));
    wait_until("a good report", SOON, || exporter(&anyone, "influxdb")["ok"] == true);

    victoria.stop();
    show(&nut, &anyone, "OL CHRG", 21);
    wait_until("the failure", SOON, || exporter(&anyone, "influxdb")["ok"] == false);
    show(&nut, &anyone, "OB", 22);
    let away = exporter(&anyone, "influxdb");
    assert!(away["queued"].as_i64().unwrap() >= 2 && away["last_error"].is_string(), "{away}");
    let scraped = anyone.get("/metrics").expect_status(200).text();
    let errors = scraped.lines().find(|l| l.starts_with("argus_exporter_errors_total{exporter=\"influxdb\"}")).unwrap();
    assert!(!errors.ends_with(" 0"), "{errors}");
    stage.owner.post("/api/trigger", json!({})).expect_status(202);
    wait_until("the cycle", SOON, || anyone.get("/api/trigger/status").json()["status"] == "idle");
    let diagnostics = anyone.get("/api/diagnostics").json();
    assert!(diagnostics["last_poll"]["duration_ms"].as_i64().unwrap() < 2_000, "polling is not slowed: {diagnostics}");
    let entry = loki.wait("the neighbour goes on", SOON, |e| e.line["load_percent"] == 22.0);
    assert_eq!(entry.labels, json!({"job": "argus_power", "device_id": RACK, "device_type": "ups"}));
    assert_eq!(entry.line["ups_status"], "OB");
    let told = loki.wait("the event", SOON, |e| e.labels["kind"] == "event" && e.line["event_type"] == "on_battery");
    assert_eq!(told.line["device_id"], RACK);

    let argos = stage.argos.kill9().restart();
    assert!(exporter(&argos.anonymous(), "influxdb")["queued"].as_i64().unwrap() >= 2, "the queue survives a crash");
    victoria.start_again();
    wait_until("the queued points", Duration::from_secs(60), || {
        let all = loads(&victoria);
        [20.0, 21.0, 22.0].iter().all(|load| all.contains(load))
    });
    wait_until("the empty queue", SOON, || exporter(&argos.anonymous(), "influxdb")["queued"] == 0);
    let all = loads(&victoria);
    let stored = argos.anonymous().get("/api/snapshots?page_size=1").json()["total"].as_u64().unwrap();
    wait_until("every stored row", SOON, || loads(&victoria).len() as u64 >= stored);
    assert!(all.windows(2).all(|w| w[0] <= w[1]), "in the order of time: {all:?}");
}

#[test]
fn broker_holds_states_and_discovery_until_the_device_is_gone_and_learns_of_our_end() {
    let (nut, broker) = (rack(), Mosquitto::start());
    let stage = Stage::on(watching(&nut, "sqlite,mqtt").env("MQTT_URL", &broker.url()));
    let anyone = stage.anonymous();
    let state_topic = format!("argus/{RACK}/state");
    drop(broker.wait(&state_topic, SOON));
    let retained = wait_for("the discovery", SOON, || {
        let all = broker.retained();
        all.contains_key("homeassistant/binary_sensor/argus_nut_rack1_127_0_0_1/on_battery/config").then_some(all)
    });
    assert_eq!(retained["argus/status"], "online");
    let state: Value = serde_json::from_str(&retained[&state_topic]).unwrap();
    for (field, value) in
        [("power_watts", json!(450.0)), ("online", json!(true)), ("on_battery", json!(false)), ("ups_status", json!("OL"))]
    {
        assert_eq!(state[field], value, "{field}");
    }
    let power: Value = serde_json::from_str(&retained["homeassistant/sensor/argus_nut_rack1_127_0_0_1/power_watts/config"]).unwrap();
    assert_eq!(
        (&power["device_class"], &power["state_class"], &power["unit_of_measurement"], &power["state_topic"], &power["availability_topic"]),
        (&json!("power"), &json!("measurement"), &json!("W"), &json!(state_topic), &json!("argus/status"))
    );
    assert_eq!(power["device"]["manufacturer"], "ACME");
    assert!(!retained.contains_key("homeassistant/sensor/argus_nut_rack1_127_0_0_1/temperature_c/config"), "it has no thermometer");

    show(&nut, &anyone, "OB", 25);
    let event = broker.wait(&format!("argus/{RACK}/event"), SOON);
    assert!(event.contains("\"event_type\":\"on_battery\""), "{event}");
    wait_until("the new state", SOON, || broker.retained()[&state_topic].contains("\"on_battery\":true"));

    // While we are away the device is removed; what the broker keeps of it goes when we are back.
    let argos = stage.argos.kill9();
    wait_until("the last will", SOON, || broker.retained()["argus/status"] == "offline");
    let argos = argos.restart();
    wait_until("we are back", SOON, || broker.retained()["argus/status"] == "online");
    let owner = argos.admin();
    owner.put("/api/config", json!({"nut_auto_discover": false})).expect_status(200);
    owner.delete("/api/devices/nut%3Arack1%40127.0.0.1").expect_status(204);
    wait_until("nothing is left", SOON, || broker.retained().keys().all(|topic| topic == "argus/status"));
    drop(argos.stop());
    assert_eq!(broker.retained()["argus/status"], "offline");
}

#[test]
fn outlets_are_switched_over_the_broker_only_when_that_is_on_and_confirmed() {
    let (service, broker) = (RedfishService::start(), Mosquitto::start());
    let config = ArgosConfig::new().env("NUT_AUTO_DISCOVER", "false").env("NUT_PORT", "9").env("ENABLED_EXPORTERS", "sqlite,mqtt");
    let stage = Stage::on(config.env("MQTT_URL", &broker.url()).env("STATUS_POLL_SECONDS", "2"));
    let pdu = json!({"id": "pdu", "name": "PDU", "type": "pdu", "poller": "redfish", "host": "127.0.0.1", "port": service.address().port(),
        "poll_seconds": 2, "connection_config": {"username": REDFISH_USER.0, "password": REDFISH_USER.1, "scheme": "http"}});
    stage.owner.post("/api/devices", pdu).expect_status(201);
    let config_topic = "homeassistant/switch/argus_pdu/outlet_A2/config";
    let state = || {
        let states: Value = serde_json::from_str(broker.retained().get("argus/pdu/outlets")?).ok()?;
        states["A2"]["state"].as_str().map(str::to_owned)
    };
    wait_until("the outlets", SOON, || state().as_deref() == Some("off"));
    assert!(!broker.retained().contains_key(config_topic), "off by default");
    stage.owner.put("/api/settings/mqtt.outlet_switches", json!({"value": true})).expect_status(200);
    let offered = wait_for("the switch", SOON, || broker.retained().get(config_topic).cloned());
    let offered: Value = serde_json::from_str(&offered).unwrap();
    let (topic, on, off) = (
        offered["command_topic"].as_str().unwrap().to_owned(),
        offered["payload_on"].as_str().unwrap().to_owned(),
        offered["payload_off"].as_str().unwrap().to_owned(),
    );
    assert_eq!(topic, "argus/pdu/outlet/A2/set");
    let relay = || service.document("/redfish/v1/PowerEquipment/RackPDUs/1/Outlets/A2")["PowerState"].clone();

    // Refused: without confirmation, for another device, and what the broker kept for us.
    broker.publish(&topic, "ON", false);
    broker.publish(&topic, &on.replace("pdu", "other"), false);
    broker.publish(&topic, &on, false);
    wait_until("the relay", SOON, || relay() == "On");
    wait_until("the state", SOON, || state().as_deref() == Some("on"));
    let trail = || stage.owner.get("/api/audit?limit=100").expect_status(200).text();
    wait_until("the record", SOON, || trail().contains("outlet A2") && trail().contains("\"mqtt\""));
    assert_eq!(trail().matches(" on asked").count(), 1, "{}", trail());

    stage.owner.put("/api/devices/pdu/outlets/A2", json!({"protected": true})).expect_status(200);
    wait_until("no switch for a protected outlet", SOON, || !broker.retained().contains_key(config_topic));
    broker.publish(&topic, &off, false);
    wait_until("the refusal", SOON, || stage.argos.log().contains("a command over MQTT was not carried out"));
    stage.owner.put("/api/devices/pdu/outlets/A2", json!({"protected": false, "label": "router"})).expect_status(200);
    let again = wait_for("the switch again", SOON, || broker.retained().get(config_topic).cloned());
    assert!(again.contains("\"name\":\"router\""), "{again}");
    assert_eq!(relay(), "On", "a protected outlet stays as it is");

    let argos = stage.argos.stop();
    broker.publish(&topic, &off, true);
    let stage = Stage::of(argos.restart());
    wait_until("we are back", SOON, || broker.retained()["argus/status"] == "online");
    broker.publish(&topic, "", true);
    stage.owner.put("/api/settings/mqtt.outlet_switches", json!({"value": false})).expect_status(200);
    wait_until("no switch", SOON, || !broker.retained().contains_key(config_topic));
    assert_eq!(relay(), "On", "a kept command is old");
}

#[test]
fn flood_of_commands_over_the_broker_is_refused_beyond_a_few_at_a_time() {
    let (agents, broker) = (Snmpsim::start(&recordings(), None).unwrap(), Mosquitto::start());
    let config = ArgosConfig::new().env("NUT_AUTO_DISCOVER", "false").env("NUT_PORT", "9").env("ENABLED_EXPORTERS", "sqlite,mqtt");
    let stage = Stage::on(config.env("MQTT_URL", &broker.url()).env("ARGOS_MQTT_OUTLET_SWITCHES", "true"));
    let pdu = json!({"id": "pdu", "name": "PDU", "type": "pdu", "poller": "snmp", "host": "127.0.0.1", "port": agents.address().port(),
        "connection_config": {"community": "apc_rpdu2"}});
    stage.owner.post("/api/devices", pdu).expect_status(201);
    let offered = wait_for("a switch", SOON, || broker.retained().get("homeassistant/switch/argus_pdu/outlet_1/config").cloned());
    let offered: Value = serde_json::from_str(&offered).unwrap();
    let (topic, off) = (offered["command_topic"].as_str().unwrap(), offered["payload_off"].as_str().unwrap());
    // Somebody listens and says nothing, so every command that is taken waits.
    let address = agents.address();
    drop(agents);
    let silent = std::net::UdpSocket::bind(address).unwrap();
    for _ in 0..12 {
        broker.publish(topic, off, false);
    }
    wait_until("the rest to be refused", SOON, || stage.argos.log().matches("too many at once").count() == 4);
    let asked = || stage.owner.get("/api/audit?limit=100").expect_status(200).text().matches(" off asked").count();
    wait_until("those that were taken", SOON, || asked() == 8);
    drop(silent);
}

#[test]
fn exporters_switched_on_at_run_time_work_at_once_and_can_be_tried_out() {
    let (nut, loki) = (rack(), LokiReceiver::start());
    let stage = Stage::on(watching(&nut, "sqlite"));
    let anyone = stage.anonymous();
    show(&nut, &anyone, "OL", 20);
    assert!(exporter(&anyone, "csv").is_null());
    let missing = stage.owner.post("/api/exporters/influxdb/test", json!({})).expect_status(200).json();
    assert_eq!((&missing["ok"], &missing["error"]), (&json!(false), &json!("power.influx.url is not set")));
    assert_error(&stage.owner.post("/api/exporters/fax/test", json!({})), 404, "exporter_not_found");
    assert_eq!(stage.person("vera", "viewer").get("/api/exporters").status, 403);

    stage.owner.put("/api/settings/power.loki.url", json!({"value": loki.url()})).expect_status(200);
    let trial = stage.owner.post("/api/exporters/loki/test", json!({})).expect_status(200).json();
    assert_eq!(trial["ok"], true, "{trial}");
    assert_eq!(loki.entries()[0].labels, json!({"job": "argus_power", "kind": "test"}));

    loki.fail_next(1, 503);
    stage.owner.put("/api/config", json!({"enabled_exporters": ["sqlite", "csv", "loki"]})).expect_status(200);
    show(&nut, &anyone, "OL CHRG", 23);
    drop(loki.wait("the point after one refusal", SOON, |e| e.line["load_percent"] == 23.0));
    let file = stage.argos.data_dir().join("argus.csv");
    let text = wait_for("the row", SOON, || std::fs::read_to_string(&file).ok().filter(|t| t.contains(",23,")));
    let mut lines = text.lines();
    assert_eq!(
        lines.next().unwrap(),
        "timestamp,device_id,device_type,power_watts,load_percent,voltage,battery_percent,runtime_seconds,current_amps,frequency_hz,\
         temperature_c,ups_status,input_voltage,output_voltage,outlet_count"
    );
    assert!(lines.any(|l| l.ends_with(",nut:rack1@127.0.0.1,ups,450,23,231.5,97,3690,,,,OL CHRG,231.5,,")), "{text}");
    let list = stage.owner.get("/api/exporters").expect_status(200).json();
    let csv = list.as_array().unwrap().iter().find(|e| e["name"] == "csv").unwrap();
    assert_eq!((&csv["enabled"], &csv["ok"], &csv["queued"]), (&json!(true), &json!(true), &json!(0)));

    stage.owner.put("/api/config", json!({"enabled_exporters": ["sqlite"]})).expect_status(200);
    show(&nut, &anyone, "OL", 24);
    assert!(exporter(&anyone, "csv").is_null());
    assert!(!std::fs::read_to_string(&file).unwrap().contains(",24,"));
}
