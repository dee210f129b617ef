//! Nodes scenarios 4 and 9 to 11: commands, flows of both generations, configurations and their secrets.

use std::io::Write as _;
use std::net::TcpStream;

use argos_peers::{Client, MediaNode, wait_until};
use serde_json::{Value, json};

use crate::node_link::{register, wait_status};
use crate::stage::{Stage, assert_error};

const SOON: std::time::Duration = std::time::Duration::from_secs(15);

fn edge(stage: &Stage) -> (String, MediaNode) {
    let (id, token) = register(&stage.owner, "edge-1", "edge");
    let node = MediaNode::edge(stage.argos.address(), &token);
    wait_status(&stage.owner, &id, "online");
    (id, node)
}

fn command(who: &Client, id: &str, action: &Value) -> argos_peers::Response {
    who.post(&format!("/api/v1/nodes/{id}/command"), json!({ "action": action }))
}

fn ids(config: &Value, list: &str) -> Vec<Value> {
    config[list].as_array().unwrap().iter().map(|i| i["id"].clone()).collect()
}

fn legacy(id: &str, port: u16) -> Value {
    json!({ "id": id, "name": id.to_uppercase(), "input": { "type": "udp", "bind_addr": format!("127.0.0.1:{port}") },
        "outputs": [{ "type": "udp", "id": format!("{id}-o"), "name": "O", "dest_addr": "127.0.0.1:5601" }] })
}

#[test]
fn relay_commands_are_judged_by_type_role_and_parameters() {
    let stage = Stage::start();
    let (id, token) = register(&stage.owner, "relay-1", "relay");
    let relay = MediaNode::relay(stage.argos.address(), &token);
    relay.set_config("registration_token", json!("consumed"));
    wait_status(&stage.owner, &id, "online");
    let owner = &stage.owner;
    assert_eq!(command(owner, &id, &json!({ "type": "list_tunnels" })).expect_status(200).json()["data"], json!([]));
    assert_eq!(command(owner, &id, &json!({ "type": "list_edges" })).expect_status(200).json()["data"], json!([]));
    let refused = command(owner, &id, &json!({ "type": "disconnect_edge", "edge_id": "nope" }));
    assert_eq!(assert_error(&refused, 422, "not_connected")["error"], "Edge 'nope' is not connected");
    assert_eq!(command(owner, &id, &json!({ "type": "disconnect_edge" })).status, 400);
    assert_eq!(command(owner, &id, &json!({ "type": "create_flow", "flow": {} })).status, 400);
    assert_eq!(command(owner, &id, &json!({ "type": "rotate_secret", "new_secret": "x" })).status, 400);
    let config = command(owner, &id, &json!({ "type": "get_config" })).expect_status(200).json();
    assert_eq!((&config["data"]["api_token"], config["data"].get("registration_token")), (&json!("***"), None));
    let operator = stage.person("otto", "operator");
    let authorize = json!({ "type": "authorize_tunnel", "tunnel_id": "t", "ingress_token": "a", "egress_token": "b" });
    assert_eq!(command(&operator, &id, &authorize).status, 403);
    assert_eq!(command(&operator, &id, &json!({ "type": "list_edges" })).status, 200);
    let (away, _) = register(owner, "away", "relay");
    assert_error(&command(owner, &away, &json!({ "type": "list_edges" })), 502, "node_not_connected");
    let types = owner.get("/api/v1/device-types").expect_status(200).json();
    assert_eq!(ids_of(&types["device_types"], "device_type"), [json!("edge"), json!("relay")]);
}

fn ids_of(list: &Value, member: &str) -> Vec<Value> {
    list.as_array().unwrap().iter().map(|i| i[member].clone()).collect()
}

#[test]
fn legacy_flow_is_translated_refused_on_a_taken_port_and_removed_without_a_trace() {
    let stage = Stage::start();
    let (id, node) = edge(&stage);
    let flows = format!("/api/v1/nodes/{id}/flows");
    let plan = stage.owner.post(&format!("/api/v1/nodes/{id}/validate-flow"), legacy("f1", 5600)).expect_status(200).json();
    assert_eq!(ids_of(&plan["plan"], "type"), [json!("create_input"), json!("create_output"), json!("create_flow")]);
    assert!(node.config()["flows"].as_array().unwrap().is_empty());
    command(&stage.owner, &id, &json!({ "type": "create_flow", "flow": legacy("f1", 5600) })).expect_status(200);
    let config = node.config();
    assert_eq!((ids(&config, "inputs"), ids(&config, "outputs")), (vec![json!("f1-in")], vec![json!("f1-o")]));
    assert_eq!((&config["flows"][0]["input_ids"], &config["flows"][0]["output_ids"]), (&json!(["f1-in"]), &json!(["f1-o"])));
    let endpoints = stage.owner.get("/api/v1/nodes/endpoints").expect_status(200).json();
    assert_eq!(
        (&endpoints[0]["node_name"], &endpoints[0]["flows"][0]["input"]["bind_addr"]),
        (&json!("edge-1"), &json!("127.0.0.1:5600")),
        "what was changed is asked for again"
    );
    let tunnel = json!({ "name": "t", "protocol": "udp", "mode": "direct", "ingress_node_id": id, "ingress_listen_port": 5600,
        "egress_node_id": register(&stage.owner, "far", "edge").0, "egress_forward_addr": "127.0.0.1:9100", "egress_peer_addr": "203.0.113.7:4500" });
    assert_eq!(assert_error(&stage.owner.post("/api/v1/tunnels", tunnel), 400, "invalid_field")["field"], "ingress_listen_port");
    let climbs = command(&stage.owner, &id, &json!({ "type": "delete_media", "name": "../etc/passwd" }));
    assert_eq!(assert_error(&climbs, 400, "invalid_action")["field"], "action.name");
    let taken = stage.owner.post(&flows, legacy("f2", 5600));
    assert_error(&taken, 422, "port_conflict");
    assert_eq!(node.config(), config, "what was sent before the refusal is taken back");
    assert_error(&stage.owner.post(&flows, legacy("f1", 5700)), 409, "flow_exists");
    let bad = assert_error(
        &stage.owner.post(&flows, json!({ "id": "f3", "name": "F3", "input": { "type": "udp", "bind_addr": "x" } })),
        400,
        "validation_error",
    );
    assert_eq!(bad["field"], "input.bind_addr");
    for action in ["stop_flow", "start_flow", "restart_flow"] {
        command(&stage.owner, &id, &json!({ "type": action, "flow_id": "f1" })).expect_status(200);
    }
    let output = json!({ "type": "udp", "id": "o2", "name": "O2", "dest_addr": "127.0.0.1:5602" });
    command(&stage.owner, &id, &json!({ "type": "add_output", "flow_id": "f1", "output": output })).expect_status(200);
    assert_eq!(ids(&node.config(), "outputs"), [json!("f1-o"), json!("o2")]);
    command(&stage.owner, &id, &json!({ "type": "remove_output", "flow_id": "f1", "output_id": "o2" })).expect_status(200);
    let joined = stage.owner.get(&flows).expect_status(200).json();
    assert_eq!((&joined[0]["inputs"][0]["bind_addr"], &joined[0]["outputs"][0]["id"]), (&json!("127.0.0.1:5600"), &json!("f1-o")));
    let same = stage.owner.post(&format!("/api/v1/nodes/{id}/validate-flow"), joined[0].clone()).expect_status(200).json();
    assert_eq!(ids_of(&same["plan"], "type"), [json!("update_flow")], "parts that are as they were are not told again");
    let mut changed = legacy("f1", 5800);
    changed["outputs"] = json!([]);
    stage.owner.put(&format!("{flows}/f1"), changed).expect_status(200);
    assert_eq!((&node.config()["inputs"][0]["bind_addr"], ids(&node.config(), "outputs").len()), (&json!("127.0.0.1:5800"), 0));
    stage.owner.delete(&format!("{flows}/f1")).expect_status(200);
    for list in ["flows", "inputs", "outputs"] {
        assert!(node.config()[list].as_array().unwrap().is_empty(), "{list}");
    }
}

#[test]
fn change_whose_caller_hangs_up_is_carried_out_and_recorded() {
    let stage = Stage::start();
    let (id, node) = edge(&stage);
    node.hold_from("create_output");
    let (address, bearer, body) = (stage.argos.address(), stage.owner.bearer().unwrap(), legacy("f1", 5600).to_string());
    let mut caller = TcpStream::connect(address).unwrap();
    let head = format!(
        "POST /api/v1/nodes/{id}/flows HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {bearer}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    caller.write_all(head.as_bytes()).unwrap();
    wait_until("it is half done", SOON, || node.commands().iter().any(|c| c["type"] == "create_output"));
    drop(caller);
    assert_eq!(stage.owner.get(&format!("/api/v1/nodes/{id}")).status, 200);
    node.release();
    wait_until("it is whole", SOON, || ids(&node.config(), "flows") == [json!("f1")]);
    let rows = || stage.owner.get("/api/audit?action=node.command").expect_status(200).text();
    wait_until("it is recorded", SOON, || rows().contains("create_flow f1"));
    stage.owner.delete(&format!("/api/v1/nodes/{id}/flows/f1")).expect_status(200);
    assert!(ids(&node.config(), "outputs").is_empty(), "what was made for it is known");
}

#[test]
fn running_flow_counts_on_the_dashboard_and_its_figures_are_there() {
    let stage = Stage::start();
    let (id, _node) = edge(&stage);
    stage.owner.post(&format!("/api/v1/nodes/{id}/flows"), legacy("f1", 5600)).expect_status(200);
    let stats = format!("/api/v1/nodes/{id}/stats");
    wait_until("the flow runs", SOON, || stage.owner.get(&stats).json()["stats"]["flows"][0]["state"] == "Running");
    let bearer = format!("Bearer {}", stage.owner.bearer().unwrap());
    let mut dashboard = argos_peers::WebSocket::open(stage.argos.address(), "/ws/dashboard", &[("Authorization", &bearer)]).unwrap();
    wait_until("it is counted", SOON, || {
        let update: Value = serde_json::from_str(&dashboard.text(SOON)).unwrap();
        update["nodes"][0]["driver_metrics"]["metrics"][0] == json!(["active_flows", 1.0])
    });
    let map = stage.owner.get("/api/v1/topology").expect_status(200).json();
    assert_eq!(
        (&map["nodes"][0]["id"], &map["links"][0]["from"], &map["links"][0]["to"]),
        (&json!(id), &json!("ext_udp:RTP/UDP Source"), &json!(id))
    );
}

#[test]
fn whole_configuration_keeps_blanked_secrets_and_can_be_taken_back() {
    let stage = Stage::start();
    let (id, node) = edge(&stage);
    node.set_config(
        "inputs",
        json!([{ "id": "i", "name": "I", "type": "srt", "mode": "listener", "local_addr": "0.0.0.0:9000", "passphrase": "very-secret-1" }]),
    );
    let path = format!("/api/v1/nodes/{id}/config");
    let mut config = stage.owner.get(&format!("{path}?refresh=true")).expect_status(200).json();
    assert_eq!(config["inputs"][0]["passphrase"], "***");
    config["inputs"][0]["name"] = json!("Renamed");
    stage.owner.put(&path, config.clone()).expect_status(200);
    assert_eq!(
        (&node.config()["inputs"][0]["name"], &node.config()["inputs"][0]["passphrase"]),
        (&json!("Renamed"), &json!("very-secret-1"))
    );
    config["inputs"][0]["id"] = json!("other");
    let refused = stage.owner.put(&path, config);
    assert_eq!(refused.status, 400, "{}", refused.text());
    let history = stage.owner.get(&format!("{path}/history")).expect_status(200).json();
    assert_eq!((history.as_array().unwrap().len(), &history[0]["config"]["inputs"][0]["passphrase"]), (1, &json!("***")));
    let version = history[0]["id"].as_str().unwrap();
    stage.owner.post(&format!("{path}/history/{version}/restore"), json!({})).expect_status(200);
    assert_eq!((&node.config()["inputs"][0]["name"], &node.config()["inputs"][0]["passphrase"]), (&json!("I"), &json!("very-secret-1")));
}
