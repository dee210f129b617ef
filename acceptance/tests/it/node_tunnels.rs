//! Nodes scenarios 12 and 13: a tunnel between two edges over a relay, told in order, told again, and removed everywhere.

use std::net::SocketAddr;
use std::time::Duration;

use argos_peers::{MediaNode, free_port, wait_until};
use serde_json::{Value, json};

use crate::node_link::{register, wait_status};
use crate::stage::{Stage, assert_error};

const SOON: Duration = Duration::from_secs(15);

struct Fleet {
    stage: Stage,
    ids: [String; 3],
    near: MediaNode,
    far: MediaNode,
    relay: MediaNode,
}

fn fleet() -> Fleet {
    let stage = Stage::start();
    let [near, far] = ["near", "far"].map(|name| register(&stage.owner, name, "edge"));
    let relay = register(&stage.owner, "relay", "relay");
    let address = stage.argos.address();
    let nodes = (MediaNode::edge(address, &near.1), MediaNode::edge(address, &far.1), MediaNode::relay(address, &relay.1));
    let ids = [near.0, far.0, relay.0];
    for id in &ids {
        wait_status(&stage.owner, id, "online");
    }
    Fleet { stage, ids, near: nodes.0, far: nodes.1, relay: nodes.2 }
}

fn body(fleet: &Fleet) -> Value {
    json!({ "name": "contribution", "protocol": "udp", "mode": "relay", "ingress_node_id": fleet.ids[0], "ingress_listen_port": 9000,
        "egress_node_id": fleet.ids[1], "egress_forward_addr": "127.0.0.1:9100", "relay_addr": "127.0.0.1:4433", "relay_node_id": fleet.ids[2] })
}

fn tunnel_of(node: &MediaNode) -> Option<Value> {
    node.config()["tunnels"].get(0).cloned()
}

/// Where nobody listens.
fn nowhere() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], free_port()))
}

#[test]
fn tunnel_is_told_to_relay_and_edges_again_after_a_restart_and_removed_everywhere() {
    let mut fleet = fleet();
    let owner = fleet.stage.owner.clone();
    let tunnel = owner.post("/api/v1/tunnels", body(&fleet)).expect_status(200).json();
    assert_eq!((&tunnel["status"], &tunnel["relay_push_status"], &tunnel["warnings"]), (&json!("active"), &json!("pushed"), &json!([])));
    let id = tunnel["id"].as_str().unwrap().to_owned();
    assert!(!tunnel.to_string().contains("key"), "no key is shown: {tunnel}");
    let (near, far) = (tunnel_of(&fleet.near).unwrap(), tunnel_of(&fleet.far).unwrap());
    assert_eq!((&near["direction"], &near["local_addr"]), (&json!("egress"), &json!("0.0.0.0:9000")));
    assert_eq!((&far["direction"], &far["local_addr"]), (&json!("ingress"), &json!("127.0.0.1:9100")));
    assert_eq!(near["tunnel_encryption_key"].as_str().unwrap().len(), 64);
    // The tokens of the relay are those of the documented rule, worked out here with another implementation.
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, near["tunnel_bind_secret"].as_str().unwrap().as_bytes());
    let token = |direction: &str| data_encoding::HEXLOWER.encode(ring::hmac::sign(&key, format!("{id}:{direction}").as_bytes()).as_ref());
    let told = fleet.relay.authorized()[&id].clone();
    assert_eq!((&told["ingress_token"], &told["egress_token"]), (&json!(token("ingress")), &json!(token("egress"))));
    assert_error(&owner.post("/api/v1/tunnels", body(&fleet)), 400, "invalid_field");

    fleet.relay.start_again();
    wait_until("the relay knows it again", SOON, || fleet.relay.authorized().contains_key(&id));
    fleet.near.start_again();
    wait_until("the edge heard it again", SOON, || fleet.near.commands().iter().filter(|c| c["type"] == "create_tunnel").count() >= 2);
    assert_eq!(tunnel_of(&fleet.near), Some(near), "the same bytes, or media is cut");
    wait_until("all legs are told", SOON, || owner.get(&format!("/api/v1/tunnels/{id}")).json()["status"] == "active");

    owner.put(&format!("/api/v1/tunnels/{id}"), json!({ "status": "disabled" })).expect_status(200);
    assert_eq!((tunnel_of(&fleet.near), tunnel_of(&fleet.far)), (None, None));
    assert!(fleet.relay.authorized().is_empty());
    owner.put(&format!("/api/v1/tunnels/{id}"), json!({ "status": "active" })).expect_status(200);
    assert!(tunnel_of(&fleet.near).is_some() && fleet.relay.authorized().contains_key(&id));

    fleet.far.stop();
    // The relay goes on with whom it let in, out of our reach.
    fleet.relay.moved(nowhere());
    fleet.relay.cut();
    for away in &fleet.ids[1..] {
        wait_status(&owner, away, "offline");
    }
    assert_eq!(owner.delete(&format!("/api/v1/tunnels/{id}")).expect_status(200).json(), json!({ "deleted": true }));
    assert!(tunnel_of(&fleet.near).is_none() && tunnel_of(&fleet.far).is_some());
    fleet.far.start_again();
    wait_until("the late edge removed it", SOON, || tunnel_of(&fleet.far).is_none());
    assert!(fleet.relay.authorized().contains_key(&id));
    fleet.relay.moved(fleet.stage.argos.address());
    wait_until("the late relay lets nobody in any more", SOON, || fleet.relay.authorized().is_empty());

    fleet.near.refuse("create_tunnel");
    let refused = owner.post("/api/v1/tunnels", body(&fleet)).expect_status(200).json();
    assert_eq!((&refused["status"], &refused["ingress_push_status"]), (&json!("error"), &json!("failed")));
    wait_status(&owner, &fleet.ids[0], "degraded");
    let problems = |open: bool| {
        let rows = owner.get("/api/alert-history").expect_status(200).json();
        let of_tunnels = |row: &&Value| row["rule_id"].as_str().is_some_and(|id| id.starts_with("tunnel_failed"));
        rows.as_array().unwrap().iter().filter(of_tunnels).filter(|row| row["resolved_at"].is_null() == open).count()
    };
    wait_until("it is a problem", SOON, || (problems(true), problems(false)) == (1, 0));
    let refused_at = format!("/api/v1/tunnels/{}", refused["id"].as_str().unwrap());
    owner.put(&refused_at, json!({ "ingress_listen_port": 9001 })).expect_status(200);
    wait_until("what is told anew fails anew", SOON, || (problems(true), problems(false)) == (1, 1));
    owner.delete(&refused_at).expect_status(200);
    wait_until("no problem is left", SOON, || problems(true) == 0);
    // A tunnel that is gone fails no more.
    wait_status(&owner, &fleet.ids[0], "online");
}

#[test]
fn tunnel_over_absent_nodes_waits_and_a_whole_configuration_may_not_drop_it() {
    let mut fleet = fleet();
    let owner = fleet.stage.owner.clone();
    fleet.far.stop();
    wait_status(&owner, &fleet.ids[1], "offline");
    let tunnel = owner.post("/api/v1/tunnels", body(&fleet)).expect_status(200).json();
    assert_eq!(
        (&tunnel["status"], &tunnel["warnings"]),
        (&json!("pending"), &json!(["Egress node not configured: Node is not connected"]))
    );
    let path = format!("/api/v1/nodes/{}/config", fleet.ids[0]);
    assert_error(&owner.put(&path, json!({ "version": 2, "tunnels": [] })), 422, "tunnel_missing");
    fleet.far.start_again();
    let own = format!("/api/v1/tunnels/{}", tunnel["id"].as_str().unwrap());
    wait_until("it is told when the edge is back", SOON, || owner.get(&own).json()["status"] == "active");
    // An old copy of it in a whole configuration: what the node was told counts.
    let mut config = owner.get(&path).expect_status(200).json();
    config["tunnels"][0]["local_addr"] = json!("0.0.0.0:9999");
    owner.put(&path, config).expect_status(200);
    wait_until("it is told again", SOON, || tunnel_of(&fleet.near).is_some_and(|t| t["local_addr"] == "0.0.0.0:9000"));
    wait_until("both ends are told", SOON, || owner.get(&own).json()["status"] == "active");
    let before = tunnel_of(&fleet.near).unwrap()["tunnel_encryption_key"].clone();
    owner.post(&format!("{own}/rekey"), json!({})).expect_status(200);
    let (near, far) = (tunnel_of(&fleet.near).unwrap(), tunnel_of(&fleet.far).unwrap());
    assert_eq!(near["tunnel_encryption_key"], far["tunnel_encryption_key"]);
    assert_ne!(near["tunnel_encryption_key"], before);
    owner.delete(&format!("/api/v1/nodes/{}", fleet.ids[0])).expect_status(204);
    wait_until("the other edge lost it with the node", SOON, || tunnel_of(&fleet.far).is_none());
    assert_eq!(owner.get(&own).status, 404);
}
