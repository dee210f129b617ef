//! SNMP agents found in a network by their communities.

use argos_peers::{Snmpsim, wait_for};
use serde_json::json;

use crate::power_snmp::{SOON, alone, recordings};
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
