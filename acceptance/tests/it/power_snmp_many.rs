//! Many SNMP agents at once: found in a network by their communities, and watched while some of them are silent.

use std::time::Duration;

use argos_peers::{ArgosConfig, Snmpsim, wait_for, wait_until};
use serde_json::{Value, json};

use crate::power_snmp::{SOON, alone, device, recordings};
use crate::stage::{Stage, assert_error};

#[test]
fn search_finds_agents_by_community_within_private_ranges_only() {
    let agents = Snmpsim::start(&recordings(), None).unwrap();
    let stage = Stage::on(alone());
    let body =
        json!({"cidr": "127.0.0.0/29", "pollers": ["snmp"], "communities": ["nobody", "eaton_epdu"], "snmp_port": agents.address().port()});
    let job = stage.owner.post("/api/devices/discover", body).expect_status(202).json()["job_id"].clone();
    let path = format!("/api/devices/discover/{job}");
    let found = wait_for("the search", SOON, || {
        let now = stage.owner.get(&path).expect_status(200).json();
        (now["state"] == "done").then_some(now)
    });
    assert_eq!((&found["total"], &found["done"]), (&json!(6), &json!(6)), "{found}");
    let hits = found["found"].as_array().unwrap();
    assert_eq!(hits.len(), 1, "{found}");
    let device = &hits[0]["device"];
    assert_eq!(
        (&device["type"], &device["connection_config"]["profile"], &hits[0]["community"]),
        (&json!("pdu"), &json!("eaton_epdu"), &json!(1))
    );
    assert!(!found.to_string().contains("nobody"), "{found}");
    for (bad, field) in [
        (json!({"cidr": "10.0.0.0/21"}), "cidr"),
        (json!({"cidr": "8.8.8.0/24"}), "cidr"),
        (json!({"hosts": ["8.8.8.8"]}), "hosts"),
        (json!({"pollers": ["modbus"]}), "pollers"),
    ] {
        let refused = stage.owner.post("/api/devices/discover", bad.clone());
        assert_eq!((refused.status, &refused.json()["detail"][0]["loc"][1]), (422, &json!(field)), "{bad}");
    }
    let slow = json!({"cidr": "10.255.255.0/24", "pollers": ["snmp"]});
    let job = stage.owner.post("/api/devices/discover", slow).expect_status(202).json()["job_id"].clone();
    assert_eq!(stage.owner.delete(&format!("/api/devices/discover/{job}")).status, 204);
    assert_eq!(stage.owner.get(&format!("/api/devices/discover/{job}")).json()["state"], "cancelled");
    assert_error(&stage.owner.get("/api/devices/discover/999999"), 404, "search_not_found");
    assert_eq!(stage.person("vera", "viewer").post("/api/devices/discover", json!({})).status, 403);
}

#[test]
fn agents_that_are_silent_hold_up_neither_the_cycle_nor_the_others() {
    let agents = Snmpsim::start(&recordings(), None).unwrap();
    // Bound, so that nobody says that nothing listens there.
    let silent: Vec<std::net::UdpSocket> = (0..5).map(|_| std::net::UdpSocket::bind(("127.0.0.1", 0)).unwrap()).collect();
    let stage = Stage::on(ArgosConfig::new().env("NUT_AUTO_DISCOVER", "false").env("NUT_PORT", "9"));
    let alive = (0..15).map(|n| {
        let mut body = device(&format!("alive-{n}"), "ups", agents.address().port(), &json!({"community": "apc_ups"}));
        body["poll_seconds"] = Value::Null;
        body
    });
    let dead =
        silent.iter().enumerate().map(|(n, socket)| device(&format!("dead-{n}"), "ups", socket.local_addr().unwrap().port(), &json!({})));
    stage.owner.put("/api/devices", Value::Array(alive.chain(dead).collect())).expect_status(200);
    let cycle = || {
        wait_until("no cycle runs", Duration::from_secs(40), || stage.anonymous().get("/api/trigger/status").json()["status"] == "idle");
        stage.owner.post("/api/trigger", json!({})).expect_status(202);
        wait_until("the cycle", Duration::from_secs(40), || stage.anonymous().get("/api/trigger/status").json()["status"] == "idle");
        stage.anonymous().get("/api/diagnostics").expect_status(200).json()
    };
    let diagnostics = cycle();
    assert_eq!((&diagnostics["devices"]["ok"], &diagnostics["devices"]["failed"]), (&json!(15), &json!(5)), "{diagnostics}");
    assert!(diagnostics["last_poll"]["duration_ms"].as_i64().unwrap() <= 20_000, "{diagnostics}");
    let seen = || {
        let devices = stage.anonymous().get("/api/devices").expect_status(200).json();
        let alive = devices.as_array().unwrap().iter().filter(|d| d["id"].as_str().unwrap().starts_with("alive")).cloned();
        alive.map(|d| (d["status"].clone(), d["last_seen"].clone())).collect::<Vec<_>>()
    };
    for _ in 0..2 {
        let before = seen();
        std::thread::sleep(Duration::from_secs(7));
        let after = seen();
        assert!(before.iter().zip(&after).all(|(b, a)| a.0 == "online" && a.1 != b.1), "every five seconds: {before:?} {after:?}");
    }
}
