//! Platform 18.4: two processes on one PostgreSQL and a node that moves between them. Whoever is asked, the node is found.

use std::time::Duration;

use argos_peers::{Argos, Client, MediaNode, WebSocket, wait_for, wait_until};
use serde_json::{Value, json};

use crate::node_link::register;
use crate::replicas::two;

const SOON: Duration = Duration::from_secs(30);

fn board(argos: &Argos, owner: &Client) -> WebSocket {
    let bearer = format!("Bearer {}", owner.bearer().unwrap());
    WebSocket::open(argos.address(), "/ws/dashboard", &[("Authorization", &bearer)]).unwrap()
}

/// The node as the next states of a dashboard show it.
fn shown(board: &mut WebSocket, id: &str) -> Option<Value> {
    let update: Value = serde_json::from_str(&board.text(SOON)).unwrap();
    update["nodes"].as_array()?.iter().find(|n| n["node_id"] == id).cloned()
}

fn connected_since(owner: &Client, id: &str) -> Value {
    owner.get(&format!("/api/v1/nodes/{id}")).expect_status(200).json()["connected_at"].clone()
}

#[test]
fn node_is_found_shown_and_told_wherever_it_is_connected_and_moves_without_a_trace() {
    let (first, second) = two();
    let (one, two) = (first.admin(), second.admin());
    let (id, token) = register(&one, "edge-1", "edge");
    let at = |path: &str| format!("/api/v1/nodes/{id}{path}");
    let edge = MediaNode::edge(first.address(), &token);
    edge.say("thumbnail", &json!({ "flow_id": "f1", "data": "/9j/4AAQ" }));

    // The other process shows it with its figures and its picture.
    let mut dashboard = board(&second, &two);
    let node = wait_for("the other dashboard shows its figures", SOON, || shown(&mut dashboard, &id).filter(|n| n["stats"].is_object()));
    assert_eq!((&node["name"], &node["status"]), (&json!("edge-1"), &json!("online")));
    let stats = wait_for("its figures are there", SOON, || Some(two.get(&at("/stats"))).filter(|r| r.status == 200)).json();
    assert!(stats["stats"].is_object() && stats["health"].is_object(), "{stats}");
    let picture = wait_for("its picture is there", SOON, || Some(two.get(&at("/thumbnails/f1"))).filter(|r| r.status == 200));
    assert_eq!(picture.header("content-type"), Some("image/jpeg"));

    // What is asked of the other process is done by the node, answered with the node's word, and recorded once.
    let flow = json!({ "id": "f1", "name": "F1", "input": { "type": "udp", "bind_addr": "127.0.0.1:5600" },
        "outputs": [{ "type": "udp", "id": "o1", "name": "O1", "dest_addr": "127.0.0.1:5601" }] });
    two.post(&at("/flows"), flow.clone()).expect_status(200);
    assert_eq!(edge.config()["flows"][0]["id"], "f1");
    let mut second_flow = flow;
    (second_flow["id"], second_flow["outputs"][0]["id"]) = (json!("f2"), json!("o2"));
    let refused = two.post(&at("/flows"), second_flow).expect_status(422).json();
    assert_eq!(refused["code"], "port_conflict", "{refused}");
    assert_eq!(edge.config()["flows"].as_array().unwrap().len(), 1, "what was begun is taken back");
    let unknown = two.post(&at("/command"), json!({ "action": { "type": "delete_output", "output_id": "none" } }));
    assert!(matches!(unknown.status, 200 | 422), "{}", unknown.text());
    for reader in [&one, &two] {
        assert_eq!(reader.get(&at("/config?refresh=true")).expect_status(200).json()["flows"][0]["id"], "f1");
    }
    let created = one.get("/api/audit?action=node.command").expect_status(200).text().matches("create_flow f1").count();
    assert_eq!(created, 1);

    // It moves: the newest connection wins, wherever the one before was, and nobody is told of a loss.
    let before = connected_since(&one, &id);
    let secret = edge.secret_on_disk().unwrap();
    let mut moved = WebSocket::open(second.address(), "/ws/node", &[]).unwrap();
    edge.freeze(true);
    moved.send(&json!({ "type": "auth", "payload": { "node_id": id, "node_secret": secret, "protocol_version": 4 } }).to_string()).unwrap();
    assert!(moved.text(SOON).contains("auth_ok"));
    wait_until("both know of the newer connection", SOON, || {
        [&one, &two].iter().all(|c| !connected_since(c, &id).is_null() && connected_since(c, &id) != before)
    });
    // The first process asks the second now, and the second asks the node.
    let asked = std::thread::scope(|threads| {
        let asker = threads.spawn(|| one.post(&at("/command"), json!({ "action": { "type": "list_media" } })));
        let command = wait_for("the node hears it", SOON, || {
            let frame: Value = serde_json::from_str(&moved.text(SOON)).unwrap();
            (frame["payload"]["action"]["type"] == "list_media").then_some(frame)
        });
        let ack = json!({ "command_id": command["payload"]["command_id"], "success": true, "data": ["clip.ts"] });
        moved.send(&json!({ "type": "command_ack", "payload": ack }).to_string()).unwrap();
        asker.join().unwrap()
    });
    assert_eq!(asked.expect_status(200).json()["data"], json!(["clip.ts"]));
    let lost = format!("/api/v1/events?node_id={id}&severity=critical");
    assert_eq!(one.get(&lost).json(), json!([]));

    // The process that has it dies: the node comes back to the other one, which lets it in.
    edge.moved(second.address());
    edge.freeze(false);
    wait_until("it is connected there", SOON, || edge.is_connected() && edge.closes() == [Some(4000)]);
    let _dead = second.kill9();
    edge.moved(first.address());
    wait_until("it is connected to the process that is left", SOON, || {
        one.post(&at("/command"), json!({ "action": { "type": "get_config" } })).status == 200
    });
    // Removing it ends what is left of it.
    one.delete(&at("")).expect_status(204);
    wait_until("it is refused", SOON, || edge.refusals().iter().any(|why| why == "Invalid node secret"));
}
