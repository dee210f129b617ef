//! What the board of flows does through the interface: several flows changed as one, their keys shown, files sent on; and
//! what dashboards hear of it. One slow node holds up nobody else.

use argos_peers::websocket::Frame;
use argos_peers::{Client, MediaNode, WebSocket, wait_until};
use serde_json::{Value, json};

use crate::node_link::{register, wait_status};
use crate::stage::{Stage, assert_error};

const SOON: std::time::Duration = std::time::Duration::from_secs(60);

fn end(id: &str, kind: &str, member: &str, address: &str) -> Value {
    json!({ "id": id, "name": id, "type": kind, member: address })
}

fn steps(plan: &Value) -> Vec<String> {
    plan["plan"].as_array().unwrap().iter().map(|s| s["type"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn flows_change_together_or_not_at_all_and_their_keys_are_shown_to_operators_only() {
    let stage = Stage::start();
    let (id, token) = register(&stage.owner, "edge-1", "edge");
    let node = MediaNode::edge(stage.argos.address(), &token);
    wait_status(&stage.owner, &id, "online");
    let at = |path: &str| format!("/api/v1/nodes/{id}/{path}");
    let mut input = end("a-in", "srt", "local_addr", "0.0.0.0:9000");
    (input["mode"], input["passphrase"]) = (json!("listener"), json!("very-secret-1"));
    let a = json!({ "id": "a", "name": "A", "inputs": [input], "outputs": [end("o", "udp", "dest_addr", "10.0.0.1:5000")] });
    let b = json!({ "id": "b", "name": "B", "inputs": [end("b-in", "udp", "bind_addr", "127.0.0.1:5700")], "outputs": [] });
    stage.owner.post(&at("apply-flows"), json!({ "flows": [a, b] })).expect_status(200);
    // An output moves from one flow to the other, as somebody drew it.
    let mut flows = stage.owner.get(&at("flows")).expect_status(200).json();
    let moved = flows[0]["outputs"].as_array_mut().unwrap().remove(0);
    flows[1]["outputs"] = json!([moved]);
    let change = json!({ "flows": [flows[1], flows[0]] });
    let plan = stage.owner.post(&at("plan-flows"), change.clone()).expect_status(200).json();
    assert_eq!(
        (&plan["valid"], steps(&plan)),
        (&json!(true), ["update_flow", "delete_output", "create_output", "update_flow"].map(str::to_owned).to_vec())
    );
    stage.owner.post(&at("apply-flows"), change).expect_status(200);
    let config = node.config();
    assert_eq!((&config["flows"][0]["output_ids"], &config["flows"][1]["output_ids"]), (&json!([]), &json!(["o"])));
    assert_eq!(config["inputs"][0]["passphrase"], "very-secret-1", "*** kept it");
    // The node refuses the second flow: what was sent of the first is taken back.
    let c = json!({ "id": "c", "name": "C", "inputs": [end("c-in", "udp", "bind_addr", "127.0.0.1:5800")], "outputs": [] });
    node.set_config("inputs", json!([config["inputs"][0], config["inputs"][1], end("x", "udp", "bind_addr", "127.0.0.1:5900")]));
    let before = node.config();
    let taken = json!({ "id": "d", "name": "D", "inputs": [end("d-in", "udp", "bind_addr", "127.0.0.1:5900")], "outputs": [] });
    let refused = stage.owner.post(&at("apply-flows"), json!({ "flows": [c, taken] }));
    assert!(refused.status == 422 || refused.status == 400, "{}", refused.text());
    assert_eq!(node.config(), before);
    // A guess of the key does not show in the plan; who may not work on nodes sees no key.
    let viewer = stage.person("vera", "viewer");
    let mut guess = flows[0].clone();
    let plans = ["very-secret-1", "wrong-guess-12"].map(|text| {
        guess["inputs"][0]["passphrase"] = json!(text);
        steps(&viewer.post(&at("validate-flow"), guess.clone()).expect_status(200).json())
    });
    assert_eq!(plans[0], plans[1]);
    assert_eq!(viewer.post(&at("flows/a/reveal"), json!({})).status, 403);
    let shown = stage.person("otto", "operator").post(&at("flows/a/reveal"), json!({})).expect_status(200).json();
    assert_eq!(shown, json!({ "secrets": [{ "path": "inputs[0].passphrase", "value": "very-secret-1" }] }));
    let rows = stage.owner.get("/api/audit?action=node.flow.reveal").expect_status(200).text();
    assert!(rows.contains("otto") && rows.contains("node.flow.reveal") && !rows.contains("very-secret-1"), "{rows}");
    // A file larger than two chunks arrives whole; an odd name and a second file at once are refused.
    let file: Vec<u8> = (0..(2 << 20) + 77_u32).map(|n| u8::try_from(n % 251).unwrap_or_default()).collect();
    let upload = |name: &str| stage.owner.request("POST", &at(&format!("media/upload?name={name}"))).body(file.clone()).send();
    assert_eq!(upload("clip-1.ts").expect_status(200).json(), json!({ "name": "clip-1.ts", "bytes": file.len() }));
    assert_eq!(node.media("clip-1.ts"), Some(file.clone()));
    assert_eq!(assert_error(&upload("..%2Fetc"), 400, "invalid_field")["field"], "name");
}

#[test]
fn dashboards_hear_events_alarms_pictures_and_tunnels_while_a_slow_node_holds_up_only_its_own() {
    let stage = Stage::start();
    stage
        .owner
        .put("/api/v1/settings", json!({ "settings": { "command_timeout_secs": 120, "node_offline_threshold_secs": 600 } }))
        .expect_status(200);
    let names = ["near", "far", "slow"];
    let nodes =
        names.map(|name| register(&stage.owner, name, "edge")).map(|(id, token)| (MediaNode::edge(stage.argos.address(), &token), id));
    for (_, id) in &nodes {
        wait_status(&stage.owner, id, "online");
    }
    let [near, far, slow] = &nodes;
    let bearer = format!("Bearer {}", stage.owner.bearer().unwrap());
    let mut dashboard = WebSocket::open(stage.argos.address(), "/ws/dashboard?items=false", &[("Authorization", &bearer)]).unwrap();
    let mut heard = |kind: &str, fits: &mut dyn FnMut(&Value) -> bool| {
        let mut found = Value::Null;
        wait_until(&format!("{kind} is heard"), SOON, || {
            found = serde_json::from_str(&dashboard.text(SOON)).unwrap();
            fits(&found)
        });
        found
    };
    let state = heard("dashboard_update", &mut |m| m["type"] == "dashboard_update");
    assert_eq!(state["nodes"][0]["driver_metrics"]["items"], json!([]));
    let open = heard("alarm_count", &mut |m| m["type"] == "alarm_count")["count"].as_i64().unwrap();
    near.0.say("event", &json!({ "severity": "critical", "category": "srt", "message": "Link lost", "flow_id": "f" }));
    // In either order: the alarms may be counted just before the event is told.
    let (mut event, mut count) = (Value::Null, open);
    heard("event and alarm_count", &mut |m| {
        if m["event"]["message"] == "Link lost" {
            event = m["event"].clone();
        }
        count = m["count"].as_i64().unwrap_or(count);
        // The clocks of scripted nodes may be told of meanwhile.
        count > open && !event.is_null()
    });
    assert_eq!((&event["node_id"], &event["category"], &event["flow_id"]), (&json!(near.1), &json!("srt"), &json!("f")));
    near.0.say("thumbnail", &json!({ "flow_id": "f", "input_id": "i", "data": "/9j/4AAQ" }));
    let picture = heard("thumbnail", &mut |m| m["type"] == "thumbnail");
    assert_eq!((&picture["node_id"], &picture["flow_id"], &picture["input_id"]), (&json!(near.1), &json!("f"), &json!("i")));

    let tunnel = |name: &str, port: u16, to: &str| {
        json!({ "name": name, "protocol": "udp", "mode": "direct", "ingress_node_id": near.1, "ingress_listen_port": port, "egress_node_id": to,
            "egress_forward_addr": "127.0.0.1:9100", "egress_peer_addr": "203.0.113.7:4500" })
    };
    slow.0.freeze(true);
    let (owner, body) = (stage.owner.clone(), tunnel("waits", 9000, &slow.1));
    let waiting = std::thread::spawn(move || owner.post("/api/v1/tunnels", body));
    wait_until("the near end heard of it", SOON, || near.0.config()["tunnels"].as_array().is_some_and(|all| !all.is_empty()));
    let made = stage.owner.post("/api/v1/tunnels", tunnel("goes", 9001, &far.1)).expect_status(200).json();
    assert_eq!(made["status"], "active");
    assert!(!waiting.is_finished(), "the slow node has not answered");
    assert_eq!(heard("tunnel", &mut |m| m["type"] == "tunnel" && m["tunnel"]["name"] == "goes")["tunnel"]["status"], "active");
    slow.0.freeze(false);
    assert_eq!(waiting.join().unwrap().expect_status(200).json()["status"], "active");
}

/// A figure of the exposition.
fn figure(owner: &Client, name: &str) -> Option<f64> {
    let all = owner.get("/metrics").expect_status(200).text();
    all.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
}

#[test]
fn dashboard_that_does_not_read_is_put_out_and_holds_up_nobody_else() {
    let stage = Stage::start();
    stage.owner.put("/api/v1/settings", json!({ "settings": { "stats_broadcast_interval_ms": 100 } })).expect_status(200);
    let (id, token) = register(&stage.owner, "edge", "edge");
    let node = MediaNode::edge(stage.argos.address(), &token);
    wait_status(&stage.owner, &id, "online");
    let bearer = format!("Bearer {}", stage.owner.bearer().unwrap());
    let board = || WebSocket::open(stage.argos.address(), "/ws/dashboard?items=false", &[("Authorization", &bearer)]).unwrap();
    let (mut stuck, mut quick) = (board(), board());
    wait_until("both look on", SOON, || figure(&stage.owner, "argos_nodes_dashboards") == Some(2.0));
    let large = "x".repeat(800 << 10);
    // More than fits on the way to the one that does not read; the other one gets each of them.
    let mut sent = 0;
    wait_until("it is put out", SOON, || {
        sent += 1;
        let figures = json!({ "flows": [], "number": sent, "rest": large });
        node.say("stats", &figures);
        wait_until("the other one has it", SOON, || {
            let update: Value = serde_json::from_str(&quick.text(SOON)).unwrap();
            let number = &update["nodes"][0]["stats"]["number"];
            if update["type"] == "dashboard_update" && number.is_null() {
                // The node's own figures came in between.
                node.say("stats", &figures);
            }
            number == sent
        });
        figure(&stage.owner, "argos_nodes_dashboards") == Some(1.0)
    });
    let mut got = 0;
    while let Frame::Text(text) = stuck.next(SOON) {
        got += usize::from(text.contains("\"rest\""));
    }
    assert!(got < sent, "{got} of {sent} found room");
}
