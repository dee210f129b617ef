//! Power D.10: alert providers of the environment are created at the first start, and never again; D.6: the standing
//! charge.

use std::time::Duration;

use argos_peers::{ArgosConfig, NutDevice, NutServer, wait_until};
use serde_json::json;

use crate::stage::Stage;

const SOON: Duration = Duration::from_secs(20);

#[test]
fn providers_of_the_environment_are_created_once() {
    let config = ArgosConfig::new()
        .env("WEBHOOK_URL", "https://hooks.example/ups")
        .env("GOTIFY_URL", "https://gotify.example")
        .env("NTFY_URL", "https://ntfy.example")
        .env("NTFY_TOPIC", "ups")
        .env("NTFY_TOKEN", "tk_secret_word")
        .env("APPRISE_URL", "http://127.0.0.1:1/notify");
    let stage = Stage::on(config);
    let providers = |stage: &Stage| stage.owner.get("/api/alerts").expect_status(200).json()["providers"].as_array().unwrap().clone();
    wait_until("the providers", SOON, || providers(&stage).len() == 2);
    let kinds: Vec<String> = providers(&stage).iter().map(|p| p["type"].as_str().unwrap().to_owned()).collect();
    assert_eq!(kinds, ["webhook", "ntfy"], "gotify lacks its token, apprise leads where it must not");
    assert!(!stage.owner.get("/api/alerts").text().contains("tk_secret_word"));
    stage.owner.put("/api/alerts", json!({"providers": []})).expect_status(200);
    let stage = Stage::of(stage.argos.stop().restart());
    assert!(providers(&stage).is_empty(), "what was removed stays removed");
}

#[test]
fn standing_charge_is_a_row_of_its_own() {
    let text = "ups.status: OL\nups.load: 20\nups.realpower: 400\nbattery.charge: 100\n";
    let nut = NutServer::start(&[NutDevice { name: "rack1", description: "Rack 1", variables: text }]).unwrap();
    let config =
        ArgosConfig::new().env("NUT_HOST", "127.0.0.1").env("NUT_PORT", &nut.address().port().to_string()).env("STATUS_POLL_SECONDS", "2");
    let stage = Stage::on(config);
    stage.owner.put("/api/energy/tariff", json!({"currency": "EUR", "base_rate": 0.3, "standing_per_day": 0.42})).expect_status(200);
    let history = |query: &str| stage.owner.get(&format!("/api/energy/history?bucket=day{query}")).expect_status(200).json();
    wait_until("some energy", SOON, || history("").as_array().is_some_and(|l| !l.is_empty()));
    assert!(history("").as_array().unwrap().iter().all(|r| r["device_id"].is_string()), "existing clients see devices only");
    let rows = history("&standing=true");
    let standing: Vec<_> = rows.as_array().unwrap().iter().filter(|r| r["device_id"].is_null()).collect();
    assert!(!standing.is_empty() && standing.iter().all(|r| r["kwh"] == 0.0 && r["currency"] == "EUR"), "{rows}");
    assert_eq!(standing.last().unwrap()["cost"], 0.42, "{rows}");
    assert!(history("&standing=true&device_id=nut:rack1@127.0.0.1").as_array().unwrap().iter().all(|r| r["device_id"].is_string()));
}
