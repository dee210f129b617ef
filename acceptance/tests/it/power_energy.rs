//! Power scenarios H16, H17 and H18, charts of imported samples, the energy reset and the export of events.

use argos_peers::ArgosConfig;
use serde_json::{Value, json};

use crate::stage::Stage;

const HEADER: &str = "timestamp,device_id,device_type,power_watts,load_percent,voltage,battery_percent,runtime_seconds,current_amps,\
                      frequency_hz,temperature_c,ups_status,input_voltage,output_voltage,outlet_count\r\n";

fn stage() -> Stage {
    Stage::on(ArgosConfig::new().env("NUT_AUTO_DISCOVER", "false").env("ENABLED_EXPORTERS", "sqlite,energy"))
}

fn import(stage: &Stage, device: &str, samples: &[(&str, f64)]) -> Value {
    let row = |(at, watts): &(&str, f64)| format!("{at},{device},ups,{watts},20,231.5,100,3690,,,,OL,231.5,,\r\n");
    let text = HEADER.to_owned() + &samples.iter().map(row).collect::<String>();
    stage.owner.request("POST", "/api/import/snapshots").body(text).send().expect_status(200).json()
}

fn total(stage: &Stage, device: &str) -> Value {
    let all = stage.owner.get("/api/energy").expect_status(200).json();
    all.as_array().unwrap().iter().find(|t| t["device_id"] == device).cloned().unwrap_or_default()
}

fn near(value: &Value, wanted: f64) -> bool {
    value.as_f64().is_some_and(|v| (v - wanted).abs() < 1e-6)
}

#[test]
fn imported_samples_become_energy_with_their_gap_left_out() {
    let stage = stage();
    stage.owner.put("/api/config", json!({"energy_rate_per_kwh": 0.30})).expect_status(200);
    let at = |seconds: u32| format!("2026-03-02T{:02}:{:02}:00Z", 10 + seconds / 3_600, seconds % 3_600 / 60);
    let times: Vec<String> = [0, 300, 600, 7_200, 7_500].map(at).into();
    let samples: Vec<(&str, f64)> = times.iter().map(String::as_str).zip([100.0, 200.0, 200.0, 300.0, 300.0]).collect();
    assert_eq!(import(&stage, "rack", &samples), json!({"imported": 5, "duplicates": 0, "rejected": []}));
    stage.owner.post("/api/energy/recompute", json!({"device_id": "rack"})).expect_status(200);
    let energy = total(&stage, "rack");
    assert!(near(&energy["kwh_total"], 0.054_166_7) && near(&energy["cost_total"], 0.01625), "{energy}");
    assert_eq!((&energy["partial"], &energy["method"]), (&json!(true), &json!("integrated")));
    assert_eq!(import(&stage, "rack", &samples)["imported"], 0, "again: nothing new");

    let chart =
        "/api/snapshots/series?device_id=rack&fields=power_watts,temperature_c&from=2026-03-02T10:00:00Z&to=2026-03-02T13:00:00Z&step=1800";
    let chart = stage.anonymous().get(chart).expect_status(200).json();
    assert_eq!((&chart["step"], &chart["from"]), (&json!(1800), &json!("2026-03-02T10:00:00Z")));
    let watts = chart["series"]["power_watts"].as_array().unwrap();
    assert_eq!(watts.len(), 6);
    assert_eq!(watts[0], json!(["2026-03-02T10:00:00Z", 500.0 / 3.0, 100.0, 200.0]));
    assert_eq!(watts[1], json!(["2026-03-02T10:30:00Z", null, null, null]), "nothing is made up in between");
    assert!(chart["series"]["temperature_c"].as_array().unwrap().iter().all(|bin| bin[1].is_null()));
    let year = stage
        .anonymous()
        .get("/api/snapshots/series?device_id=rack&from=2024-03-02T00:00:00Z&to=2026-03-02T00:00:00Z")
        .expect_status(200)
        .json();
    assert!(year["series"].as_object().unwrap().values().all(|bins| bins.as_array().unwrap().len() <= 500));
    for bad in
        ["", "?device_id=rack&fields=colour", "?device_id=rack&step=0", "?device_id=rack&from=2026-03-03T00:00:00Z&to=2026-03-02T00:00:00Z"]
    {
        assert_eq!(stage.anonymous().get(&format!("/api/snapshots/series{bad}")).status, 422, "{bad}");
    }

    stage.owner.post("/api/energy/reset", json!({"device_id": "rack", "baseline_kwh": 12.5})).expect_status(200);
    let fresh = total(&stage, "rack");
    assert!(near(&fresh["kwh_total"], 12.5) && near(&fresh["cost_total"], 0.0) && fresh["partial"] == false, "{fresh}");
    let history = stage.owner.get("/api/energy/history?bucket=day&device_id=rack&from=2026-03-01T00:00:00Z&to=2026-03-04T00:00:00Z").json();
    assert!(near(&history[0]["kwh"], 0.054_166_7), "what was metered stays: {history}");
    stage.owner.post("/api/energy/reset", json!({"device_id": "nobody"})).expect_status(404);
    stage.owner.post("/api/energy/reset", json!({"device_id": "rack", "baseline_kwh": -1})).expect_status(422);
}

#[test]
fn file_of_nonsense_is_refused_with_its_first_lines_named() {
    let stage = stage();
    let text = format!("timestamp,device_id,power_watts\n{}2026-01-01T00:00:00Z,rack,100\n", "yesterday,rack,1\n".repeat(1_200));
    let answer = stage.owner.request("POST", "/api/import/snapshots").body(text.into_bytes()).send().expect_status(200).json();
    assert_eq!(
        (&answer["imported"], answer["rejected"].as_array().unwrap().len(), &answer["rejected_left"]),
        (&json!(1), 1_000, &json!(200))
    );
}

#[test]
fn energy_counter_that_is_reset_goes_on_without_a_jump() {
    let stage = stage();
    let body = json!({"id": "meter", "name": "Meter", "type": "pdu", "poller": "snmp", "host": "127.0.0.1", "enabled": false, "rated_power_watts": 1000});
    stage.owner.post("/api/devices", body).expect_status(201);
    let line = |minute: u32, kwh: f64| json!({"timestamp": format!("2026-03-02T10:{minute:02}:00Z"), "device_id": "meter", "device_type": "pdu", "energy_kwh": kwh});
    let import = |lines: &[Value]| {
        let text: String = lines.iter().map(|l| format!("{l}\n")).collect();
        let read = stage.owner.request("POST", "/api/import/snapshots").body(text).send().expect_status(200).json();
        assert_eq!(read["imported"], lines.len(), "{read}");
        stage.owner.post("/api/energy/recompute", json!({"device_id": "meter"})).expect_status(200);
        total(&stage, "meter")
    };
    let grown = import(&[line(0, 1234.5), line(12, 1236.0)]);
    assert!(near(&grown["kwh_total"], 1.5) && grown["method"] == "counter", "{grown}");
    let reset = import(&[line(24, 0.2)]);
    assert!(near(&reset["kwh_total"], 1.7) && reset["partial"] == false, "{reset}");
    // A reset to a reading that would take 4.5 kW on a meter of 1 kW is a mistake, not energy.
    let mistaken = import(&[line(36, 50.0), line(48, 0.9)]);
    assert!(near(&mistaken["kwh_total"], 51.5) && mistaken["partial"] == true, "{mistaken}");
}

#[test]
fn segment_over_a_change_of_price_is_paid_at_both() {
    let stage = stage();
    let tariff = json!({"currency": "EUR", "base_rate": 0.30, "valid_from": "2026-01-01T00:00:00Z",
        "periods": [{"name": "night", "rate": 0.15, "start": "22:00", "end": "06:00"}]});
    stage.owner.put("/api/energy/tariff", tariff).expect_status(200);
    import(&stage, "rack", &[("2026-03-02T21:58:00Z", 400.0), ("2026-03-02T22:03:00Z", 600.0)]);
    stage.owner.post("/api/energy/recompute", json!({"device_id": "rack"})).expect_status(200);
    assert!(near(&total(&stage, "rack")["cost_total"], 0.00845), "{}", total(&stage, "rack"));
    let hours = stage.owner.get("/api/energy/history?bucket=hour&device_id=rack&from=2026-03-02T21:00:00Z&to=2026-03-02T23:00:00Z");
    let hours = hours.expect_status(200).json();
    let of = |i: usize| (hours[i]["start"].as_str().unwrap().to_owned(), hours[i]["kwh"].as_f64().unwrap() * 1000.0);
    assert_eq!(hours.as_array().unwrap().len(), 2, "{hours}");
    assert!(of(0).0 == "2026-03-02T21:00:00Z" && (of(0).1 - 14.6667).abs() < 1e-3, "{hours}");
    assert!(of(1).0 == "2026-03-02T22:00:00Z" && (of(1).1 - 27.0).abs() < 1e-3, "{hours}");
}

#[test]
fn events_are_exported_as_a_file_without_formulas() {
    let stage = stage();
    let device = json!({"id": "=x", "name": "Rack", "type": "ups", "poller": "nut", "host": "127.0.0.1", "port": 1});
    stage.owner.post("/api/devices", device).expect_status(201);
    let unknown = stage.owner.get("/api/devices/%3Dx/battery-health").expect_status(200).json();
    assert_eq!((&unknown["health_ratio"], &unknown["confidence"], &unknown["observations"]), (&Value::Null, &Value::Null, &json!(0)));
    let quality = stage.owner.get("/api/devices/%3Dx/quality").expect_status(200).json();
    assert_eq!((&quality["score"], &quality["parts"]), (&Value::Null, &json!([])), "no score without data");
    assert_eq!(quality["availability"], json!({"24h": null, "30d": null, "7d": null}), "nor an availability of a device just added");
    assert_eq!(stage.owner.get("/api/devices/nobody/battery-health").status, 404);
    stage.owner.put("/api/config", json!({"offline_grace_seconds": 0, "device_offline_missed_polls": 1})).expect_status(200);
    argos_peers::wait_until("the event", std::time::Duration::from_secs(30), || {
        stage.owner.get("/api/events?event_type=device_offline").json()["total"] == 1
    });
    let csv = stage.owner.get("/api/export/events").expect_status(200).text();
    assert!(csv.starts_with("id,timestamp,device_id,event_type,severity,message,note,metadata\r\n"), "{csv}");
    assert!(csv.lines().nth(1).unwrap().contains(",'=x,device_offline,critical,"), "{csv}");
    let line = stage.owner.get("/api/export/events?format=json&device_id=%3Dx").expect_status(200).text();
    let event: Value = serde_json::from_str(line.lines().next().unwrap()).unwrap();
    assert_eq!(event["event_type"], "device_offline");
    assert_eq!(stage.owner.get("/api/export/events?format=xml").status, 422);
    assert_eq!(stage.anonymous().get("/api/export/events").status, 401);
}
