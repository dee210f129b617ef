//! Platform 18.4: two processes on one PostgreSQL and a node that moves between them. Whoever is asked, the node is found.

use std::time::Duration;

use argos_peers::{Argos, Client, MediaNode, WebSocket, wait_for, wait_until};
use serde_json::{Value, json};

use crate::node_link::{register, status};
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

/// The next message of a kind that fits.
fn heard(board: &mut WebSocket, kind: &str, fits: impl Fn(&Value) -> bool) {
    wait_until(&format!("{kind} is heard"), SOON, || {
        let message: Value = serde_json::from_str(&board.text(SOON)).unwrap();
        message["type"] == kind && fits(&message)
    });
}

fn connected_since(owner: &Client, id: &str) -> Value {
    owner.get(&format!("/api/v1/nodes/{id}")).expect_status(200).json()["connected_at"].clone()
}

/// How often it was told that a node got lost.
fn losses(owner: &Client, id: &str) -> usize {
    let all = owner.get(&format!("/api/v1/events?node_id={id}&severity=critical")).expect_status(200).json();
    all.as_array().unwrap().len()
}

#[test]
fn node_is_found_shown_and_told_wherever_it_is_connected_and_moves_without_a_trace() {
    let (first, second) = two();
    let (one, two) = (first.admin(), second.admin());
    let (id, token) = register(&one, "edge-1", "edge");
    let at = |path: &str| format!("/api/v1/nodes/{id}{path}");
    let edge = MediaNode::edge(first.address(), &token);
    let (other_id, other_token) = register(&one, "edge-2", "edge");
    let mut other = MediaNode::edge(first.address(), &other_token);
    edge.say("thumbnail", &json!({ "flow_id": "f1", "data": "/9j/4AAQ" }));

    // The other process shows it with its figures and its picture.
    let mut dashboard = board(&second, &two);
    let node = wait_for("the other dashboard shows its figures", SOON, || shown(&mut dashboard, &id).filter(|n| n["stats"].is_object()));
    assert_eq!((&node["name"], &node["status"]), (&json!("edge-1"), &json!("online")));
    let stats = wait_for("its figures are there", SOON, || Some(two.get(&at("/stats"))).filter(|r| r.status == 200)).json();
    assert!(stats["stats"].is_object() && stats["health"].is_object(), "{stats}");
    let picture = wait_for("its picture is there", SOON, || Some(two.get(&at("/thumbnails/f1"))).filter(|r| r.status == 200));
    assert_eq!(picture.header("content-type"), Some("image/jpeg"));

    // A new picture is told over there too.
    edge.say("thumbnail", &json!({ "flow_id": "f2", "data": "/9j/4AAQ" }));
    heard(&mut dashboard, "thumbnail", |m| m["node_id"] == id && m["flow_id"] == "f2");

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
    let unknown = two.post(&at("/command"), json!({ "action": { "type": "start_flow", "flow_id": "none" } })).expect_status(422).json();
    assert_eq!(unknown["code"], "unknown_flow", "the node's own word: {unknown}");
    for reader in [&one, &two] {
        assert_eq!(reader.get(&at("/config?refresh=true")).expect_status(200).json()["flows"][0]["id"], "f1");
    }
    let created = one.get("/api/audit?action=node.command").expect_status(200).text().matches("create_flow f1").count();
    assert_eq!(created, 1);

    // One file at a time, also when the other is sent over another process.
    let upload = |by: &Client, name: &str| by.request("POST", &at(&format!("/media/upload?name={name}"))).body(b"media".to_vec()).send();
    edge.answer_late("media_chunk");
    std::thread::scope(|threads| {
        let first_file = threads.spawn(|| upload(&one, "a.ts"));
        wait_until("the first file is on its way", SOON, || edge.is_late());
        let refused = upload(&two, "b.ts").expect_status(409).json();
        assert_eq!(refused["code"], "upload_in_progress", "{refused}");
        edge.release();
        first_file.join().unwrap().expect_status(200);
    });
    // More than one part, with every byte there is, over the process that does not have the node.
    let file: Vec<u8> = (0..(2 << 20) + 77_u32).map(|n| u8::try_from(n % 256).unwrap_or_default()).collect();
    two.request("POST", &at("/media/upload?name=b.ts")).body(file.clone()).send().expect_status(200);
    assert_eq!(edge.media("b.ts"), Some(file));

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

    // It comes back itself, and one that really leaves the process it was at: when that is told, its own loss would have been.
    let before = connected_since(&two, &id);
    edge.moved(second.address());
    edge.freeze(false);
    wait_until("it is connected there", SOON, || !connected_since(&two, &id).is_null() && connected_since(&two, &id) != before);
    other.stop();
    wait_until("the loss of another is told", SOON, || losses(&one, &other_id) == 1);
    assert_eq!(losses(&one, &id), 0);

    // The process that has it dies: the node comes back to the other one, which lets it in.
    let (gone_id, gone_token) = register(&two, "gone", "edge");
    let _gone = MediaNode::edge(second.address(), &gone_token);
    wait_until("the first shows the one that will go with it", SOON, || !connected_since(&one, &gone_id).is_null());
    let _dead = second.kill9();
    edge.moved(first.address());
    wait_until("it is connected to the process that is left", SOON, || {
        one.post(&at("/command"), json!({ "action": { "type": "get_config" } })).status == 200
    });
    // What does not come back is lost, and that is told once.
    wait_until("the other is lost", Duration::from_secs(150), || losses(&one, &gone_id) == 1 && status(&one, &gone_id) == "offline");
    assert_eq!(losses(&one, &id), 0);
    // Removing it ends what is left of it.
    one.delete(&at("")).expect_status(204);
    wait_until("it is refused", SOON, || edge.refusals().iter().any(|why| why == "Invalid node secret"));
}

fn key_of(node: &MediaNode) -> Option<String> {
    node.config()["tunnels"].get(0)?["tunnel_encryption_key"].as_str().map(str::to_owned)
}

#[test]
fn tunnel_that_is_changed_while_another_process_tells_it_ends_everywhere_as_it_stands_in_the_store() {
    let (first, second) = two();
    let (one, two) = (first.admin(), second.admin());
    let [near, far, relay] = [("near", "edge"), ("far", "edge"), ("relay", "relay")].map(|(name, kind)| register(&one, name, kind));
    let nodes = [MediaNode::edge(first.address(), &near.1), MediaNode::edge(first.address(), &far.1)];
    let relay_node = MediaNode::relay(first.address(), &relay.1);
    for id in [&near.0, &far.0, &relay.0] {
        wait_until("the other process has it too", SOON, || !connected_since(&two, id).is_null());
    }
    let body = json!({ "name": "t", "protocol": "udp", "mode": "relay", "ingress_node_id": near.0, "ingress_listen_port": 9000,
        "egress_node_id": far.0, "egress_forward_addr": "127.0.0.1:9100", "relay_addr": "127.0.0.1:4433", "relay_node_id": relay.0 });
    let mut dashboard = board(&second, &two);
    assert!(!dashboard.text(SOON).is_empty(), "it is open");
    let tunnel = one.post("/api/v1/tunnels", body).expect_status(200).json();
    assert_eq!(tunnel["status"], "active", "{tunnel}");
    heard(&mut dashboard, "tunnel", |m| m["tunnel"]["id"] == tunnel["id"] && m["tunnel"]["status"] == "active");
    let path = format!("/api/v1/tunnels/{}", tunnel["id"].as_str().unwrap());
    let rekey = format!("{path}/rekey");
    // The relay is waited for as long as the others need.
    one.put("/api/v1/settings", json!({ "settings": { "command_timeout_secs": 120 } })).expect_status(200);

    // New keys here; while the relay hears of them, newer ones there. The older word comes last to the edges.
    relay_node.answer_late("authorize_tunnel");
    let newest = std::thread::scope(|threads| {
        let older = threads.spawn(|| one.post(&rekey, json!({})));
        wait_until("the relay heard the older word", SOON, || relay_node.is_late());
        let told = two.post(&rekey, json!({})).expect_status(200).json();
        assert_eq!(told["status"], "active", "{told}");
        let newest = key_of(&nodes[0]);
        relay_node.release();
        assert_eq!(older.join().unwrap().expect_status(200).json()["status"], "active");
        newest
    });
    assert!(newest.is_some());
    assert_eq!([key_of(&nodes[0]), key_of(&nodes[1])], [newest.clone(), newest]);
    assert_eq!(one.get(&path).expect_status(200).json()["status"], "active");

    // The same, and it is removed there.
    relay_node.answer_late("authorize_tunnel");
    std::thread::scope(|threads| {
        let older = threads.spawn(|| one.post(&rekey, json!({})));
        wait_until("the relay heard the older word", SOON, || relay_node.is_late());
        two.delete(&path).expect_status(200);
        relay_node.release();
        older.join().unwrap().expect_status(404);
    });
    assert_eq!([key_of(&nodes[0]), key_of(&nodes[1])], [None, None], "nothing was built again");
    assert!(relay_node.authorized().is_empty());
}
