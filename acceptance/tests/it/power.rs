//! Power scenarios H1-H7, H10, H11: a real `upsd` with a scripted dummy UPS, and Argos watching it.

use std::time::Duration;

use argos_peers::{Argos, ArgosConfig, Client, NutDevice, NutServer, Prometheus, wait_for, wait_until};
use serde_json::{Value, json};

use crate::stage::{Stage, assert_error};

const SOON: Duration = Duration::from_secs(20);

fn mains(status: &str, charge: u32, runtime: u32) -> String {
    format!(
        "ups.status: {status}\nups.load: 23.4\nups.realpower.nominal: 980\nups.temperature: 042.7\ninput.voltage: 231.5\n\
         output.voltage: 230.9\noutput.current: 1.00\ninput.frequency: 50.0\nbattery.charge: {charge}\nbattery.runtime: {runtime}\n\
         ups.mfr: ACME\nups.model: Rack 980\n"
    )
}

fn rack() -> NutServer {
    let variables = mains("OL CHRG", 100, 3690);
    NutServer::start(&[NutDevice { name: "rack1", description: "Rack 1 \"main\" UPS", variables: &variables }]).unwrap()
}

fn watching(nut: &NutServer) -> ArgosConfig {
    ArgosConfig::new().env("NUT_HOST", "127.0.0.1").env("NUT_PORT", &nut.address().port().to_string()).env("STATUS_POLL_SECONDS", "2")
}

fn latest(client: &Client) -> Option<Value> {
    let snapshot = client.get("/api/snapshots/latest").expect_status(200).json();
    (!snapshot.is_null()).then_some(snapshot)
}

fn event_types(client: &Client) -> Vec<String> {
    let page = client.get("/api/events?page_size=200").expect_status(200).json();
    let all = page["items"].as_array().unwrap().iter().rev();
    all.map(|event| event["event_type"].as_str().unwrap().to_owned()).collect()
}

fn wait_event(client: &Client, kind: &str) -> Value {
    wait_for(kind, SOON, || {
        let page = client.get(&format!("/api/events?event_type={kind}")).expect_status(200).json();
        page["items"].as_array()?.first().cloned()
    })
}

fn wait_status(argos: &Argos, status: &str) {
    wait_until(status, SOON, || latest(&argos.anonymous()).is_some_and(|s| s["ups_status"] == status));
}

#[test]
fn discovered_ups_shows_the_documented_values() {
    let nut = rack();
    let stage = Stage::on(watching(&nut));
    wait_status(&stage.argos, "OL CHRG");
    let anyone = stage.anonymous();
    let snapshot = latest(&anyone).unwrap();
    assert_eq!(snapshot["power_watts"], 229.32, "{snapshot}");
    assert_eq!(snapshot["power_source"], "estimated");
    for (field, value) in [("load_percent", 23.4), ("voltage", 231.5), ("battery_percent", 100.0), ("temperature_c", 42.7)] {
        assert_eq!(snapshot[field], value, "{field}");
    }
    assert_eq!(snapshot["runtime_seconds"], 3690.0);
    let devices = anyone.get("/api/devices").expect_status(200).json();
    assert_eq!(devices[0]["id"], "nut:rack1@127.0.0.1");
    assert_eq!(devices[0]["name"], "Rack 1 \"main\" UPS");
    assert_eq!(devices[0]["status"], "online");
    let variables = anyone.get("/api/devices/nut%3Arack1%40127.0.0.1/variables").expect_status(200).json();
    assert_eq!(variables["ups.mfr"]["value"], "ACME");

    stage.owner.post("/api/trigger", json!({})).expect_status(202);
    wait_until("the cycle", SOON, || anyone.get("/api/trigger/status").json()["status"] == "idle");
    let diagnostics = anyone.get("/api/diagnostics").expect_status(200).json();
    assert_eq!(diagnostics["devices"]["ok"], 1, "{diagnostics}");
    let page = anyone.get("/api/snapshots?page_size=1").expect_status(200).json();
    assert!(page["total"].as_i64().unwrap() >= 1 && page["items"].as_array().unwrap().len() == 1, "{page}");
    let watts = stage.owner.get("/api/metrics/series?metric=power_load_percent").expect_status(200).text();
    assert!(watts.contains("nut:rack1@127.0.0.1"), "{watts}");
}

#[test]
fn ups_that_says_little_has_no_power_and_no_energy_and_leaves_the_others_alone() {
    let rack = mains("OL CHRG", 100, 3690);
    let bare = "ups.status: OL\nbattery.charge: 97\nups.load: 12\n";
    let nut = NutServer::start(&[
        NutDevice { name: "rack1", description: "Rack 1", variables: &rack },
        NutDevice { name: "bare", description: "Bare", variables: bare },
    ])
    .unwrap();
    let stage = Stage::on(watching(&nut).env("ENABLED_EXPORTERS", "sqlite,energy,prometheus"));
    let anyone = stage.anonymous();
    let of = |name: &str| {
        let found = anyone.get(&format!("/api/snapshots/latest?device_id=nut%3A{name}%40127.0.0.1")).expect_status(200).json();
        (!found.is_null()).then_some(found)
    };
    let (bare, rack) = wait_for("both", SOON, || of("bare").zip(of("rack1")));
    assert_eq!((&bare["power_watts"], &bare["power_source"]), (&Value::Null, &Value::Null), "unknown is not zero: {bare}");
    assert_eq!((&bare["load_percent"], &bare["battery_percent"]), (&json!(12.0), &json!(97.0)));
    assert_eq!(rack["power_watts"], 229.32);
    let energy = wait_for("energy of the other", Duration::from_secs(30), || {
        let all = stage.owner.get("/api/energy").expect_status(200).json();
        all.as_array()?.iter().any(|t| t["device_id"] == "nut:rack1@127.0.0.1" && t["kwh_total"].as_f64() > Some(0.0)).then_some(all)
    });
    assert!(energy.as_array().unwrap().iter().all(|t| t["device_id"] != "nut:bare@127.0.0.1"), "{energy}");
    let exposed = anyone.get("/metrics").expect_status(200).text();
    let named = |metric: &str| exposed.lines().any(|l| l.starts_with(metric) && l.contains("nut:bare@127.0.0.1"));
    assert!(named("argus_load_percent") && !named("argus_power_watts"), "{exposed}");
    let (own, is_own) = (stage.owner.get("/metrics").expect_status(200).text(), |text: &str| text.contains("argos_build_info"));
    assert!(!is_own(&exposed) && is_own(&own), "figures of the process are not for everybody");
    stage.owner.put("/api/settings/metrics.public", json!({"value": "true"})).expect_status(200);
    assert!(is_own(&anyone.get("/metrics").expect_status(200).text()));
}

#[test]
fn outage_tells_every_event_once_also_over_a_restart_in_its_middle() {
    let nut = rack();
    let argos = watching(&nut).start();
    wait_status(&argos, "OL CHRG");
    nut.set("rack1", &mains("OB DISCHRG", 60, 500));
    let started = wait_event(&argos.anonymous(), "on_battery");
    assert_eq!(started["metadata"]["previous_status"], "OL CHRG");
    assert_eq!(started["severity"], "high");

    let argos = argos.kill9().restart();
    nut.set("rack1", &mains("OB LB", 15, 120));
    let low = wait_event(&argos.anonymous(), "battery_low");
    assert_eq!(low["metadata"]["reason"], "lb_flag");
    let running = argos.anonymous().get("/api/outages").expect_status(200).json();
    assert!(running["items"][0]["ended_at"].is_null(), "{running}");

    let argos = argos.stop().restart();
    wait_status(&argos, "OB LB");
    nut.set("rack1", &mains("OL CHRG", 16, 140));
    let back = wait_event(&argos.anonymous(), "power_restored");
    assert!(back["metadata"]["outage_seconds"].as_i64().unwrap() > 0, "{back}");
    wait_status(&argos, "OL CHRG");
    assert_eq!(event_types(&argos.anonymous()), ["on_battery", "battery_low", "power_restored"]);
    let outages = argos.anonymous().get("/api/outages").expect_status(200).json();
    assert_eq!(outages["total"], 1, "{outages}");
    let outage = &outages["items"][0];
    assert_eq!(
        (&outage["ended_by"], &outage["battery_start"], &outage["battery_end"]),
        (&json!("power_restored"), &json!(60.0), &json!(16.0))
    );
    assert_eq!(outage["id"], back["metadata"]["outage_id"]);

    nut.set("rack1", &mains("OB", 15, 120));
    wait_until("the next outage", SOON, || event_types(&argos.anonymous()).iter().filter(|t| *t == "on_battery").count() == 2);
}

#[test]
fn server_that_restarts_is_found_again_without_an_event() {
    let mut nut = rack();
    let argos = watching(&nut).start();
    wait_status(&argos, "OL CHRG");
    let device = "/api/devices/nut%3Arack1%40127.0.0.1";
    nut.kill_upsd();
    wait_until("stale", SOON, || argos.anonymous().get(device).json()["status"] == "stale");
    nut.start_upsd().unwrap();
    wait_until("online again", Duration::from_secs(10), || argos.anonymous().get(device).json()["status"] == "online");
    assert!(event_types(&argos.anonymous()).is_empty());
}

#[test]
fn outage_of_a_device_that_is_taken_away_ends_with_it() {
    let nut = rack();
    let stage = Stage::on(watching(&nut));
    wait_status(&stage.argos, "OL CHRG");
    nut.set("rack1", &mains("OB DISCHRG", 60, 500));
    wait_event(&stage.anonymous(), "on_battery");
    stage.owner.put("/api/devices", json!([])).expect_status(200);
    let outage = stage.anonymous().get("/api/outages").expect_status(200).json()["items"][0].clone();
    assert_eq!(outage["ended_by"], "device_lost", "{outage}");
    assert!(outage["ended_at"].is_string() && outage["battery_end"] == 60.0, "{outage}");
}

#[test]
fn silent_device_goes_offline_once_and_comes_back() {
    let nut = rack();
    let argos = watching(&nut).env("ARGOS_POWER_OFFLINE_GRACE_SECONDS", "4").start();
    wait_status(&argos, "OL CHRG");
    nut.freeze("rack1", true);
    let offline = wait_event(&argos.anonymous(), "device_offline");
    assert_eq!(offline["severity"], "critical");
    assert!(offline["metadata"]["last_error"].as_str().unwrap().contains("DATA-STALE"), "{offline}");
    nut.freeze("rack1", false);
    wait_event(&argos.anonymous(), "device_online");
    assert_eq!(event_types(&argos.anonymous()), ["device_offline", "device_online"]);
}

#[test]
fn overload_is_stored_and_told() {
    let nut = rack();
    let stage = Stage::on(watching(&nut));
    wait_status(&stage.argos, "OL CHRG");
    nut.set("rack1", "ups.status: OL OVER\nups.load: 112\nups.realpower.nominal: 600\nbattery.charge: 100\n");
    wait_event(&stage.anonymous(), "overload");
    wait_event(&stage.anonymous(), "threshold_crossed");
    wait_until("the sample", SOON, || latest(&stage.anonymous()).unwrap()["power_watts"] == 672.0);
    wait_until("no cycle runs", SOON, || stage.anonymous().get("/api/trigger/status").json()["status"] == "idle");
    stage.owner.post("/api/trigger", json!({})).expect_status(202);
}

fn device(id: &str) -> Value {
    json!({"id": id, "name": "Spare", "type": "ups", "poller": "nut", "host": "127.0.0.1", "port": 9, "enabled": false,
        "connection_config": {"username": "admin", "password": "hidden-word"}})
}

#[test]
fn devices_follow_the_documented_contract() {
    let stage = Stage::on(ArgosConfig::new().env("NUT_AUTO_DISCOVER", "false").env("NUT_PORT", "9"));
    let created = stage.owner.post("/api/devices", device("a")).expect_status(201);
    assert!(!created.text().contains("hidden-word"));
    assert_eq!(created.json()["secrets_set"], json!(["password"]));
    let again = assert_error(&stage.owner.post("/api/devices", device("a")), 409, "device_exists");
    assert_eq!(again["detail"], "Device 'a' already exists. Use PUT to update.");
    assert_eq!(stage.owner.put("/api/devices/a", json!({"id": "b"})).status, 400);
    let renamed = stage.owner.put("/api/devices/a", json!({"name": "Other", "model": null})).expect_status(200).json();
    assert_eq!((&renamed["name"], &renamed["secrets_set"]), (&json!("Other"), &json!(["password"])));
    let bad = stage.owner.post("/api/devices", json!({"id": "x/y", "type": "ups", "poller": "nut", "host": "h", "port": 70_000}));
    assert_eq!(bad.status, 422);
    let fields = bad.json()["detail"].as_array().unwrap().iter().map(|f| f["loc"][1].clone()).collect::<Vec<_>>();
    assert!(fields.contains(&json!("port")) && fields.contains(&json!("id")) && fields.contains(&json!("name")), "{fields:?}");

    assert_eq!(stage.owner.put("/api/devices", json!([device("c"), device("c")])).status, 422);
    assert_eq!(stage.owner.put("/api/devices", json!({})).status, 400);
    assert_eq!(stage.owner.get("/api/devices").json().as_array().unwrap().len(), 1, "nothing changed");
    let all = stage.owner.put("/api/devices", json!([device("c"), device("d")])).expect_status(200).json();
    assert_eq!(all.as_array().unwrap().len(), 2);
    assert_eq!(stage.owner.delete("/api/devices/c").status, 204);
    assert_error(&stage.owner.delete("/api/devices/c"), 404, "device_not_found");
    // Each change is an event: a added and renamed, then removed for c and d, and c removed.
    let told = stage.anonymous().get("/api/events?event_type=config_changed").expect_status(200).json();
    let said: Vec<String> =
        told["items"].as_array().unwrap().iter().rev().map(|e| format!("{} {}", e["device_id"], e["metadata"]["verb"])).collect();
    let wanted = ["\"a\" \"added\"", "\"a\" \"changed\"", "\"a\" \"removed\"", "\"c\" \"added\"", "\"d\" \"added\"", "\"c\" \"removed\""];
    assert_eq!(said, wanted, "{told}");
    assert!(!told.to_string().contains("hidden-word"));
    assert_eq!(stage.anonymous().get("/api/devices/nobody").json()["detail"], "Device not found.");
    assert_eq!(stage.anonymous().post("/api/devices", device("e")).status, 401);
    let large = stage.owner.request("POST", "/api/devices").body(vec![b' '; 1_048_577]).send();
    assert_eq!(large.status, 413);
}

#[test]
fn configuration_is_a_view_of_the_settings() {
    let stage = Stage::on(ArgosConfig::new().env("NUT_PORT", "9").env("NUT_PASSWORD", "hidden-word"));
    let before = stage.owner.get("/api/config").expect_status(200);
    assert!(!before.text().contains("hidden-word"));
    assert_eq!((&before.json()["poll_interval_minutes"], &before.json()["nut_password"]), (&json!(5), &json!("")));
    let after = stage.owner.put("/api/config", json!({"poll_interval_minutes": 7, "scanning_disabled": true})).expect_status(200).json();
    assert_eq!((&after["poll_interval_minutes"], &after["scanning_disabled"], &after["nut_port"]), (&json!(7), &json!(true), &json!(9)));
    let bad = stage.owner.put("/api/config", json!({"poll_interval_minutes": 0, "bogus": 1}));
    assert_eq!(bad.status, 422);
    assert_eq!(stage.owner.get("/api/config").json()["poll_interval_minutes"], 7, "all or nothing");
    assert_eq!(stage.anonymous().get("/api/config").json()["detail"], "Missing X-Api-Key header.");
}

#[test]
fn energy_grows_with_the_load_and_follows_the_tariff() {
    let nut = rack();
    let stage = Stage::on(watching(&nut).env("ENABLED_EXPORTERS", "sqlite,energy"));
    let bad = stage.owner.put("/api/energy/tariff", json!({"currency": "EUR", "base_rate": -1}));
    assert_eq!(bad.status, 422);
    stage.owner.put("/api/energy/tariff", json!({"currency": "EUR", "base_rate": 0.3})).expect_status(200);
    let total = wait_for("energy", SOON, || {
        let all = stage.anonymous().get("/api/energy").expect_status(200).json();
        all.as_array()?.iter().find(|t| t["kwh_total"].as_f64().is_some_and(|kwh| kwh > 0.0)).cloned()
    });
    assert_eq!((&total["currency"], &total["estimated"], &total["method"]), (&json!("EUR"), &json!(true), &json!("integrated")));
    let figures = |t: &Value| (t["kwh_total"].as_f64().unwrap(), t["cost_total"].as_f64().unwrap());
    let before = figures(&stage.anonymous().get("/api/energy").json()[0]);
    let after = wait_for("more energy", SOON, || {
        let now = figures(&stage.anonymous().get("/api/energy").json()[0]);
        (now.0 > before.0).then_some(now)
    });
    // What was metered before the tariff keeps its price of nothing.
    assert!((after.1 - before.1 - (after.0 - before.0) * 0.3).abs() < 1e-7, "{before:?} {after:?}");
    let hours = stage.anonymous().get("/api/energy/history?bucket=hour").expect_status(200).json();
    assert!(hours[0]["kwh"].as_f64().is_some_and(|kwh| kwh > 0.0), "{hours}");
    let csv = stage.anonymous().get("/api/energy/history?format=csv").expect_status(200).text();
    assert!(csv.starts_with("start,device_id,kwh,cost,currency,estimated,coverage\r\n") && csv.contains("nut:rack1"), "{csv}");
}

/// Searches and waits until it is done.
fn searched(stage: &Stage, body: Value) -> Value {
    let job = stage.owner.post("/api/devices/discover", body).expect_status(202).json()["job_id"].clone();
    wait_for("the search", SOON, || {
        let now = stage.owner.get(&format!("/api/devices/discover/{job}")).expect_status(200).json();
        (now["state"] == "done").then_some(now)
    })
}

#[test]
fn removed_ups_stays_away_until_it_is_added_by_hand() {
    let nut = rack();
    let stage = Stage::on(watching(&nut));
    wait_status(&stage.argos, "OL CHRG");
    let device = stage.owner.get("/api/devices").json()[0].clone();
    let (path, poll) = ("/api/devices/nut%3Arack1%40127.0.0.1", || {
        wait_until("no cycle runs", SOON, || stage.anonymous().get("/api/trigger/status").json()["status"] == "idle");
        stage.owner.post("/api/trigger", json!({})).expect_status(202);
        wait_until("the cycle", SOON, || stage.anonymous().get("/api/trigger/status").json()["status"] == "idle");
    });
    assert_eq!(stage.owner.delete(path).status, 204);
    poll();
    assert_eq!(stage.owner.get("/api/devices").json(), json!([]));
    stage.owner.post("/api/devices", device).expect_status(201);
    poll();
    assert_eq!(stage.owner.get(path).json()["status"], "online");
    stage.owner.put("/api/devices", json!([])).expect_status(200);
    poll();
    assert_eq!(stage.owner.get("/api/devices").json(), json!([]));
}

#[test]
fn looking_for_devices_adds_none() {
    let nut = rack();
    let stage = Stage::on(ArgosConfig::new().env("NUT_PORT", "9"));
    let body = json!({"hosts": ["127.0.0.1"], "port": nut.address().port(), "pollers": ["nut"]});
    let found = searched(&stage, body);
    assert_eq!(found["found"][0]["device"]["name"], "Rack 1 \"main\" UPS", "{found}");
    assert_eq!(found["found"][0]["known"], false);
    assert_eq!(stage.owner.get("/api/devices").json(), json!([]));
    let tested = stage.owner.post("/api/devices/test", found["found"][0]["device"].clone()).expect_status(200).json();
    assert_eq!((&tested["ok"], &tested["snapshot"]["load_percent"]), (&json!(true), &json!(23.4)), "{tested}");
    stage.owner.post("/api/devices", found["found"][0]["device"].clone()).expect_status(201);
    wait_status(&stage.argos, "OL CHRG");
}

#[test]
fn real_prometheus_scrapes_both_expositions() {
    let nut = rack();
    let argos = watching(&nut).start();
    wait_status(&argos, "OL CHRG");
    let jobs = ["metrics", "ups_metrics"]
        .map(|path| format!("- job_name: {path}\n  metrics_path: /{path}\n  static_configs: [{{targets: ['{}']}}]\n", argos.address()));
    let config = format!("global: {{scrape_interval: 1s, scrape_timeout: 1s}}\nscrape_configs:\n{}", jobs.concat());
    let prometheus = Prometheus::start(&config).unwrap();
    let value = |expression: &str| {
        wait_for(expression, SOON, || {
            prometheus.query(expression).first().and_then(|found| found["value"][1].as_str()?.parse::<f64>().ok())
        })
    };
    assert_eq!(value("argus_power_watts{device_id=\"nut:rack1@127.0.0.1\",device_type=\"ups\"}"), 229.32);
    assert_eq!(value("argus_device_online"), 1.0);
    assert_eq!(value("argus_ups_status{flag=\"CHRG\"}"), 1.0);
    assert_eq!(value("network_ups_tools_battery_runtime{ups=\"rack-1-main-ups\"}"), 3690.0);
    assert_eq!(value("network_ups_tools_ups_status{flag=\"OB\"}"), 0.0);
    let one = argos.anonymous().get("/ups_metrics?ups=rack1&variables=battery.charge").expect_status(200).text();
    assert!(one.contains("\nnetwork_ups_tools_battery_charge 100\n") && !one.contains("battery_runtime"), "{one}");
    assert_eq!(argos.anonymous().get("/ups_metrics?ups=nobody").status, 404);

    nut.freeze("rack1", true);
    wait_until("nothing frozen to be shown", Duration::from_secs(60), || prometheus.query("argus_power_watts").is_empty());
    assert_eq!(value("argus_device_online"), 0.0);
}

#[test]
fn imported_samples_make_the_documented_energy_once() {
    let stage = Stage::on(ArgosConfig::new().env("NUT_PORT", "9").env("ENABLED_EXPORTERS", "sqlite,energy"));
    stage.owner.put("/api/config", json!({"energy_rate_per_kwh": 0.3})).expect_status(200);
    let day = "2026-01-02";
    let rows = [("00:00:00", 100), ("00:05:00", 200), ("00:10:00", 200), ("02:00:00", 300), ("02:05:00", 300)];
    let lines: Vec<String> = rows.iter().map(|(time, watts)| format!("{day}T{time}Z,meter,pdu,{watts}")).collect();
    let file = format!("timestamp,device_id,device_type,power_watts\r\n{}\r\nyesterday,meter,pdu,1\r\n", lines.join("\r\n"));
    let import = || stage.owner.request("POST", "/api/import/snapshots").header("Content-Type", "text/csv").body(file.clone()).send();
    let first = import().expect_status(200).json();
    assert_eq!((&first["imported"], &first["duplicates"], &first["rejected"][0]["line"]), (&json!(5), &json!(0), &json!(7)), "{first}");
    let again = import().expect_status(200).json();
    assert_eq!((&again["imported"], &again["duplicates"]), (&json!(0), &json!(5)), "{again}");
    stage.owner.post("/api/energy/recompute", json!({"device_id": "meter"})).expect_status(200);
    let total = stage.owner.get("/api/energy").json()[0].clone();
    assert!((total["kwh_total"].as_f64().unwrap() - 0.054_166_7).abs() < 1e-6, "{total}");
    assert!((total["cost_total"].as_f64().unwrap() - 0.016_25).abs() < 1e-6, "{total}");
    assert_eq!(total["partial"], true);
    let back = stage.owner.get("/api/export/snapshots?device_id=meter").expect_status(200).text();
    assert_eq!(back.lines().count(), 6, "{back}");
    assert!(back.starts_with("timestamp,device_id,device_type,power_watts,load_percent,voltage,"), "{back}");
}

#[test]
fn outage_becomes_an_alert_once_it_lasts_and_ends_every_alert_it_brought() {
    let nut = rack();
    let stage = Stage::on(watching(&nut).env("ARGOS_POWER_ON_BATTERY_DEBOUNCE_SECONDS", "5"));
    wait_status(&stage.argos, "OL CHRG");
    let alerts = |rule: &str| {
        let rows = stage.owner.get(&format!("/api/alert-history?rule_id={rule}:Rack%201%20%22main%22%20UPS")).expect_status(200).json();
        rows.as_array().unwrap().iter().map(|r| r["resolved_at"].is_null()).collect::<Vec<bool>>()
    };
    nut.set("rack1", &mains("OB DISCHRG", 60, 500));
    wait_event(&stage.anonymous(), "on_battery");
    assert!(alerts("on_battery").is_empty(), "too early");
    wait_until("the alert", SOON, || alerts("on_battery") == [true]);
    nut.set("rack1", &mains("OB LB", 4, 20));
    wait_until("more alerts", SOON, || alerts("battery_low") == [true] && alerts("shutdown_initiated") == [true]);
    nut.set("rack1", &mains("OL CHRG", 16, 140));
    wait_until("all over", SOON, || ["on_battery", "battery_low", "shutdown_initiated"].iter().all(|rule| alerts(rule) == [false]));
}
