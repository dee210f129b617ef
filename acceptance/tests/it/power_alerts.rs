//! Power C.4 and scenario H24: alert providers as existing clients configure them, what reaches them, and where they may lead.

use std::time::Duration;

use argos_peers::{ArgosConfig, NutDevice, NutServer, WebhookReceiver, wait_for, wait_until};
use serde_json::{Value, json};

use crate::stage::Stage;

const SOON: Duration = Duration::from_secs(20);

fn variables(status: &str, charge: u32) -> String {
    format!("ups.status: {status}\nups.load: 20\nbattery.charge: {charge}\nbattery.runtime: 3690\n")
}

fn rack() -> NutServer {
    let text = variables("OL", 100);
    NutServer::start(&[NutDevice { name: "rack1", description: "Rack 1", variables: &text }]).unwrap()
}

fn watching(nut: &NutServer) -> ArgosConfig {
    let port = nut.address().port().to_string();
    ArgosConfig::new().env("NUT_HOST", "127.0.0.1").env("NUT_PORT", &port).env("STATUS_POLL_SECONDS", "2")
}

fn event_types(receiver: &WebhookReceiver) -> Vec<String> {
    receiver.received().iter().map(|r| r.json()["event_type"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn outage_is_told_again_to_a_channel_that_hears_of_no_ends() {
    let (nut, receiver) = (rack(), WebhookReceiver::start());
    let stage = Stage::on(watching(&nut).arg("--allow-private-targets"));
    let provider = json!({"type": "webhook", "url": receiver.url("/hook"), "event_types": ["on_battery"]});
    stage.owner.put("/api/alerts", json!({"providers": [provider]})).expect_status(200);
    wait_until("the device", SOON, || stage.anonymous().get("/api/snapshots/latest").json()["ups_status"] == "OL");
    let ended = |n: u64| stage.owner.get("/api/events?event_type=power_restored").expect_status(200).json()["total"] == n;
    for n in 1..=2 {
        nut.set("rack1", &variables("OB DISCHRG", 60));
        wait_until("the alert", SOON, || event_types(&receiver).len() == n);
        nut.set("rack1", &variables("OL CHRG", 60));
        wait_until("the end in the record", SOON, || ended(n as u64));
    }
    assert_eq!(event_types(&receiver), ["on_battery", "on_battery"]);
}

#[test]
fn providers_get_each_alert_once_and_again_after_the_mains_were_back() {
    let (nut, receiver) = (rack(), WebhookReceiver::start());
    let stage = Stage::on(watching(&nut).arg("--allow-private-targets"));
    let provider = json!({"type": "webhook", "url": receiver.url("/hook"), "secret": "hook-secret-1"});
    let config =
        stage.owner.put("/api/alerts", json!({"providers": [provider], "recovery_cooldown_seconds": 60})).expect_status(200).json();
    let shown = &config["providers"][0];
    assert_eq!((&shown["type"], &shown["secret"], &shown["min_severity"]), (&json!("webhook"), &json!(""), &json!("low")), "{config}");
    assert_eq!((&config["cooldown_seconds"], &config["recovery_cooldown_seconds"]), (&json!(3600), &json!(60)));
    wait_until("the device", SOON, || stage.anonymous().get("/api/snapshots/latest").json()["ups_status"] == "OL");

    nut.set("rack1", &variables("OB DISCHRG", 60));
    wait_until("the alert", SOON, || event_types(&receiver) == ["on_battery"]);
    let alert = receiver.received().remove(0);
    let body = alert.json();
    assert_eq!((&body["source"], &body["severity"], &body["device_id"]), (&json!("Argus"), &json!("high"), &json!("nut:rack1@127.0.0.1")));
    assert!(body["message"].as_str().unwrap().starts_with("Rack 1 is on battery"), "{body}");
    assert!(alert.header("x-argus-signature").is_some_and(|s| s.starts_with("sha256=")), "{:?}", alert.headers);

    nut.set("rack1", &variables("OL CHRG", 60));
    wait_until("the recovery", SOON, || event_types(&receiver).last().is_some_and(|t| t == "power_restored"));
    nut.set("rack1", &variables("OB DISCHRG", 59));
    wait_until("the next outage", SOON, || event_types(&receiver) == ["on_battery", "power_restored", "on_battery"]);

    // Within the cooldown of its recovery the next end is held back, and the log says so.
    nut.set("rack1", &variables("OL CHRG", 59));
    let held = || {
        let log = stage.owner.get("/api/notifications/deliveries?source=power").expect_status(200).json();
        log["deliveries"].as_array().unwrap().iter().any(|d| d["reason"] == "cooldown")
    };
    wait_until("the held back recovery", SOON, held);
    assert_eq!(event_types(&receiver).len(), 3);
    let scraped = stage.anonymous().get("/metrics").expect_status(200).text();
    let counted = |result: &str, count: u32| {
        let of = |l: &&str| l.starts_with("argus_alerts_total{provider=") && l.contains(&format!("result=\"{result}\""));
        scraped.lines().find(of).is_some_and(|l| l.ends_with(&format!(" {count}")))
    };
    // The held back recovery, and the change of the alert configuration, which is no alert.
    assert!(counted("sent", 3) && counted("suppressed", 2), "{scraped}");

    // A blank secret keeps what is stored; the list is replaced.
    let mut again = shown.clone();
    again["min_severity"] = json!("critical");
    let config = stage.owner.put("/api/alerts", json!({"providers": [again]})).expect_status(200).json();
    assert_eq!((&config["providers"][0]["id"], &config["providers"][0]["min_severity"]), (&shown["id"], &json!("critical")));
    let tested = stage.owner.post("/api/alerts/test", json!({})).expect_status(200).json();
    assert_eq!((&tested["status"], &tested["message"]), (&json!("ok"), &json!("Test alert dispatched.")));
    assert_eq!((&tested["results"][0]["ok"], &tested["results"][0]["http_status"]), (&json!(true), &json!(200)), "{tested}");
    let test = receiver.received().pop().unwrap();
    assert_eq!((&test.json()["event_type"], &test.json()["severity"]), (&json!("test"), &json!("low")));
    assert!(test.header("x-argus-signature").is_some(), "the secret is still there");
    let refused = stage.owner.post("/api/alerts/test", json!({})).expect_status(429);
    let detail = refused.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.starts_with("Test alert cooldown active. Try again in ") && refused.header("retry-after").is_some(), "{detail}");
    nut.set("rack1", &variables("OB DISCHRG", 58));
    wait_until("the event", SOON, || {
        let page = stage.anonymous().get("/api/events?event_type=on_battery").json();
        page["total"] == 3
    });
    assert_eq!(event_types(&receiver).len(), 4, "a high alert is below critical");
}

#[test]
fn providers_may_not_lead_to_this_machine_or_to_metadata() {
    let nut = rack();
    let stage = Stage::on(watching(&nut));
    let put = |url: &str| stage.owner.put("/api/alerts", json!({"providers": [{"type": "webhook", "url": url}]}));
    for url in ["http://127.0.0.1/x", "https://127.0.0.1/x", "https://169.254.169.254/latest", "https://[::1]/"] {
        let refused = put(url).expect_status(422).json();
        assert_eq!(refused["detail"][0]["loc"], json!(["body", "providers", 0, "url"]), "{url}: {refused}");
    }
    let faults = stage.owner.put(
        "/api/alerts",
        json!({"providers": [{"type": "ntfy", "url": "https://n.test", "topic": "a"}, {"type": "fax"}], "cooldown_seconds": 5}),
    );
    let faults = faults.expect_status(422).json();
    let locs: Vec<&Value> = faults["detail"].as_array().unwrap().iter().map(|f| &f["loc"]).collect();
    assert_eq!(locs, [&json!(["body", "cooldown_seconds"]), &json!(["body", "providers", 1, "type"])], "{faults}");
    assert_eq!(stage.owner.get("/api/alerts").expect_status(200).json()["providers"], json!([]), "nothing was changed");
    assert_eq!(stage.owner.post("/api/alerts/test", json!({})).expect_status(200).json()["message"], "No enabled providers.");
}

/// What the log of deliveries says about the first failed alert.
fn failure(stage: &Stage) -> String {
    wait_for("the failed delivery", SOON, || {
        let log = stage.owner.get("/api/notifications/deliveries?source=power").expect_status(200).json();
        log["deliveries"].as_array().unwrap().iter().find_map(|d| d["error_message"].as_str().map(str::to_owned))
    })
}

#[test]
fn name_that_leads_to_a_metadata_service_is_blocked_when_the_alert_is_sent() {
    let nut = rack();
    let stage = Stage::on(watching(&nut).hosts(&[("hooks.example.org", "169.254.169.254")]));
    let provider = json!({"type": "webhook", "url": "https://hooks.example.org/x"});
    stage.owner.put("/api/alerts", json!({"providers": [provider]})).expect_status(200);
    wait_until("the device", SOON, || stage.anonymous().get("/api/snapshots/latest").json()["ups_status"] == "OL");
    nut.set("rack1", &variables("OB DISCHRG", 60));
    assert_eq!(failure(&stage), "blocked: link-local addresses are never reached");
}

#[test]
fn redirect_of_a_webhook_to_a_metadata_service_is_not_followed() {
    let nut = rack();
    for to in ["http://169.254.169.254/latest/meta-data", "http://hooks.example.org/latest"] {
        let target = WebhookReceiver::redirecting(to);
        let stage = Stage::on(
            watching(&nut)
                .hosts(&[("hooks.example.org", "169.254.169.254")])
                .env("ALERT_ALLOW_INSECURE", "true")
                .env("ARGOS_NET_OUTBOUND_ALLOW", &target.address().to_string()),
        );
        stage.owner.put("/api/alerts", json!({"providers": [{"type": "webhook", "url": target.url("/hook")}]})).expect_status(200);
        wait_until("the device", SOON, || stage.anonymous().get("/api/snapshots/latest").json()["ups_status"] == "OL");
        nut.set("rack1", &variables("OB DISCHRG", 60));
        let why = failure(&stage);
        assert!(why.contains("redirect") || why.contains("HTTP 302"), "{to}: {why}");
        assert_eq!(target.received().len(), 1, "the allowed address was asked once and the answer is final");
        nut.set("rack1", &variables("OL", 100));
    }
}

#[test]
fn cycles_in_which_nobody_answers_are_told_once_and_so_is_their_end() {
    let (mut nut, receiver) = (rack(), WebhookReceiver::start());
    let stage = Stage::on(watching(&nut).arg("--allow-private-targets"));
    let provider = json!({"type": "webhook", "url": receiver.url("/hook"), "event_types": ["monitoring_failed", "monitoring_recovered"]});
    stage.owner.put("/api/alerts", json!({"providers": [provider], "failure_threshold": 2})).expect_status(200);
    wait_until("the device", SOON, || stage.anonymous().get("/api/snapshots/latest").json()["ups_status"] == "OL");
    let cycle = || {
        stage.owner.post("/api/trigger", json!({})).expect_status(202);
        wait_until("the cycle", SOON, || stage.anonymous().get("/api/trigger/status").json()["status"] == "idle");
    };
    nut.kill_upsd();
    let stale = || stage.anonymous().get("/api/devices/nut%3Arack1%40127.0.0.1").json()["status"] != "online";
    wait_until("stale", SOON, stale);
    cycle();
    assert!(receiver.received().is_empty(), "once is no failure yet");
    cycle();
    let alert = receiver.wait_received(1, SOON)[0].json();
    assert_eq!((&alert["source"], &alert["failure_count"]), (&json!("Argus"), &json!(2)), "{alert}");
    assert!(alert["last_error"].is_string() && alert["timestamp"].is_string(), "{alert}");
    cycle();
    nut.start_upsd().unwrap();
    wait_until("online", SOON, || stage.anonymous().get("/api/devices/nut%3Arack1%40127.0.0.1").json()["status"] == "online");
    cycle();
    let all = receiver.wait_received(2, SOON);
    assert_eq!((all.len(), &all[1].json()["event_type"]), (2, &json!("monitoring_recovered")));
}
