//! Nodes scenarios 1 to 3, 5 to 8, 15 and 22: enrolment, recovery, rotation, silence, replacement, lockout, hostile nodes.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use argos_peers::websocket::Frame;
use argos_peers::{Client, MediaNode, WebSocket, wait_for, wait_until};
use serde_json::{Value, json};

use crate::stage::{Stage, assert_error};

const SOON: Duration = Duration::from_secs(15);
/// For what begins only when a limit of the server has passed.
const LATER: Duration = Duration::from_secs(60);

/// Registers a node; its id and token.
pub(crate) fn register(owner: &Client, name: &str, kind: &str) -> (String, String) {
    let node = owner.post("/api/v1/nodes", json!({ "name": name, "device_type": kind })).expect_status(201).json();
    (node["id"].as_str().unwrap().to_owned(), node["registration_token"].as_str().unwrap().to_owned())
}

pub(crate) fn status(owner: &Client, id: &str) -> String {
    owner.get(&format!("/api/v1/nodes/{id}")).expect_status(200).json()["status"].as_str().unwrap().to_owned()
}

pub(crate) fn wait_status(owner: &Client, id: &str, wanted: &str) {
    wait_until(&format!("the node is {wanted}"), SOON, || status(owner, id) == wanted);
}

fn events(owner: &Client, query: &str) -> Vec<Value> {
    owner.get(&format!("/api/v1/events?{query}")).expect_status(200).json().as_array().unwrap().clone()
}

/// Sends one proof and returns the answer.
fn prove(stage: &Stage, headers: &[(&str, &str)], payload: &Value) -> (Value, WebSocket) {
    say_proof(WebSocket::open(stage.argos.address(), "/ws/node", headers).unwrap(), payload)
}

fn say_proof(mut socket: WebSocket, payload: &Value) -> (Value, WebSocket) {
    socket.send(&json!({ "type": "auth", "payload": payload }).to_string()).unwrap();
    let answer = serde_json::from_str(&socket.text(SOON)).unwrap();
    (answer, socket)
}

#[test]
fn node_with_its_token_comes_online_and_the_token_is_used_up() {
    let stage = Stage::start();
    let (id, token) = register(&stage.owner, "relay-1", "relay");
    let mut relay = MediaNode::relay(stage.argos.address(), &token);
    wait_status(&stage.owner, &id, "online");
    let registered = Instant::now();
    let view = wait_for("its health is known", SOON, || {
        let view = stage.owner.get(&format!("/api/v1/nodes/{id}")).json();
        view["capabilities"].as_array().is_some_and(|c| c.contains(&json!("udp-relay"))).then_some(view)
    });
    assert_eq!((&view["software_version"], &view["protocol_version"]), (&json!("0.10.6"), &json!(1)));
    assert!(view.get("registration_token").is_none());
    assert_eq!((relay.node_id(), relay.token_on_disk()), (Some(id.clone()), None));
    relay.say("event", &json!({ "severity": "info", "category": "manager", "message": "Connected to manager" }));
    wait_until("both events are there", SOON, || {
        let all = events(&stage.owner, &format!("node_id={id}"));
        let has = |category: &str, message: &str| all.iter().any(|e| e["category"] == category && e["message"] == message);
        has("connection", "Node connected to manager") && has("manager", "Connected to manager")
    });
    restart_later(&mut relay, registered);
    wait_until("it is back with its secret", SOON, || relay.is_connected());
    assert_eq!(stage.owner.get("/api/v1/nodes").json().as_array().unwrap().len(), 1);
    relay.say("health", &json!({ "status": "ok", "version": "0.10.7", "uptime_secs": 0 }));
    let version = || stage.owner.get(&format!("/api/v1/nodes/{id}")).json()["software_version"].clone();
    wait_until("its restart is known", SOON, || version() == "0.10.7");
    let (answer, _socket) = prove(&stage, &[], &json!({ "registration_token": token }));
    assert_eq!(answer, json!({ "type": "auth_error", "message": "Invalid registration token" }));
}

#[test]
fn registering_node_survives_a_crash_of_the_server_and_hears_a_goodbye_at_a_stop() {
    let stage = Stage::start();
    let (id, token) = register(&stage.owner, "edge-1", "edge");
    let edge = MediaNode::edge(stage.argos.address(), &token);
    wait_status(&stage.owner, &id, "online");
    let stage = Stage::of(stage.argos.kill9().restart());
    wait_status(&stage.owner, &id, "offline");
    // It lost its credentials with the connection and comes with the used token again.
    edge.moved(stage.argos.address());
    wait_status(&stage.owner, &id, "online");
    wait_until("it is told of", SOON, || !events(&stage.owner, &format!("node_id={id}&category=node_reregistered")).is_empty());
    let stopped = stage.argos.stop();
    assert_eq!(stopped.code, Some(0));
    assert_eq!(edge.closes(), [Some(1001)]);
    let stage = Stage::of(stopped.restart());
    edge.moved(stage.argos.address());
    wait_status(&stage.owner, &id, "online");
    // The second time it came with its secret, so the used token is worth nothing now.
    assert_eq!(events(&stage.owner, &format!("node_id={id}&category=node_reregistered")).len(), 1);
    assert!(edge.refusals().is_empty());
}

#[test]
fn rotated_secret_is_good_beside_the_old_one_until_it_is_used() {
    let stage = Stage::start();
    let (id, token) = register(&stage.owner, "relay-1", "relay");
    let mut relay = MediaNode::relay(stage.argos.address(), &token);
    wait_status(&stage.owner, &id, "online");
    let registered = Instant::now();
    let rotate = |stage: &Stage| stage.owner.post(&format!("/api/v1/nodes/{id}/rotate-secret"), json!({}));
    assert_error(&rotate(&stage), 409, "rotation_deferred");
    // After a clean goodbye the same process proves its secret; it would still write a configuration without its id.
    let stage = Stage::of(stage.argos.stop().restart());
    relay.moved(stage.argos.address());
    wait_status(&stage.owner, &id, "online");
    assert_error(&rotate(&stage), 409, "rotation_deferred");
    restart_later(&mut relay, registered);
    let old = relay.secret_on_disk().unwrap();
    let rotated = wait_for("the restart is known", SOON, || Some(rotate(&stage)).filter(|r| !matches!(r.status, 409 | 502)));
    assert_eq!(rotated.expect_status(200).json(), json!({ "rotation": "pending" }));
    assert_ne!(relay.secret_on_disk().unwrap(), old);
    // What it says to the same secret again does not make it forget what it wrote.
    relay.refuse("rotate_secret");
    assert_error(&rotate(&stage), 422, "refused");
    let (answer, _socket) = prove(&stage, &[], &json!({ "node_id": id, "node_secret": old }));
    assert_eq!(answer["type"], "auth_ok");
    relay.start_again();
    wait_until("the rotation is complete", SOON, || stage.owner.get(&format!("/api/v1/nodes/{id}")).json()["rotation"].is_null());
    let (answer, _socket) = prove(&stage, &[], &json!({ "node_id": id, "node_secret": old }));
    assert_eq!(answer["message"], "Invalid node secret");
}

#[test]
fn rotation_survives_a_crash_of_the_server_and_a_wrong_clock_is_told_once() {
    let stage = Stage::start();
    let (id, token) = register(&stage.owner, "edge-1", "edge");
    let (answer, mut socket) = prove(&stage, &[], &json!({ "registration_token": token }));
    let old = answer["payload"]["node_secret"].clone();
    let tomorrow = "2999-01-01T00:00:00.000000000+00:00";
    for _ in 0..2 {
        let health = json!({ "type": "health", "timestamp": tomorrow, "payload": { "status": "ok", "version": "1.0" } });
        socket.send(&health.to_string()).unwrap();
    }
    let skew = || -> Vec<Value> {
        let all = events(&stage.owner, &format!("node_id={id}&severity=warning"));
        all.into_iter().filter(|e| e["message"].as_str().unwrap().ends_with("days fast")).collect()
    };
    wait_until("its clock is told of", SOON, || !skew().is_empty());
    // The frames of a node are taken in one after the other, so the second was judged before this one.
    socket.send(&json!({ "type": "health", "payload": { "status": "ok", "version": "1.1" } }).to_string()).unwrap();
    let version = || stage.owner.get(&format!("/api/v1/nodes/{id}")).json()["software_version"].clone();
    wait_until("its next health is there", SOON, || version() == "1.1");
    assert_eq!(skew().len(), 1);

    // The server dies after it sent the new secret and before it hears that the node has it.
    let (owner, path) = (stage.argos.admin(), format!("/api/v1/nodes/{id}/rotate-secret"));
    let asker = std::thread::spawn(move || owner.request("POST", &path).json(&json!({})).try_send());
    let new = wait_for("the node hears its new secret", SOON, || {
        let frame: Value = serde_json::from_str(&socket.text(SOON)).unwrap();
        let action = &frame["payload"]["action"];
        (action["type"] == "rotate_secret").then(|| action["new_secret"].clone())
    });
    let stage = Stage::of(stage.argos.kill9().restart());
    drop(asker.join());
    let come = |stage: &Stage, secret: &Value| prove(stage, &[], &json!({ "node_id": id, "node_secret": secret })).0["type"].clone();
    let rotation = |stage: &Stage| stage.owner.get(&format!("/api/v1/nodes/{id}")).json()["rotation"].clone();
    assert_eq!((come(&stage, &old), rotation(&stage)), (json!("auth_ok"), json!("pending")), "whichever it kept, it gets in");
    assert_eq!((come(&stage, &new), rotation(&stage)), (json!("auth_ok"), Value::Null));
    assert_eq!(come(&stage, &old), "auth_error");
}

#[test]
fn silent_node_is_offline_and_back_when_it_speaks() {
    let stage = Stage::start();
    // A busy machine may hold a healthy node up for seconds.
    let settings =
        json!({ "settings": { "node_offline_threshold_secs": 15, "ws_keepalive_interval_secs": 1, "node_disconnect_grace_secs": 0 } });
    stage.owner.put("/api/v1/settings", settings).expect_status(200);
    let (id, token) = register(&stage.owner, "edge-1", "edge");
    let edge = MediaNode::edge(stage.argos.address(), &token);
    wait_status(&stage.owner, &id, "online");
    edge.freeze(true);
    wait_until("the node is offline", LATER, || status(&stage.owner, &id) == "offline");
    let lost = format!("node_id={id}&severity=critical");
    wait_until("its loss is told", LATER, || events(&stage.owner, &lost).len() == 1);
    let problems = |open: bool| {
        let rows = stage.owner.get("/api/alert-history?rule_id=node_lost:edge-1").expect_status(200).json();
        rows.as_array().unwrap().iter().filter(|row| row["resolved_at"].is_null() == open).count()
    };
    wait_until("its loss is a problem", LATER, || (problems(true), problems(false)) == (1, 0));
    edge.freeze(false);
    wait_status(&stage.owner, &id, "online");
    wait_until("the problem ends", LATER, || (problems(true), problems(false)) == (0, 1));
    assert_eq!(events(&stage.owner, &lost).len(), 1);
    assert_eq!(events(&stage.owner, &lost)[0]["message"], "Node disconnected from manager");
}

#[test]
fn newer_session_replaces_the_older_and_removal_ends_it() {
    let stage = Stage::start();
    let (id, token) = register(&stage.owner, "edge-1", "edge");
    let (answer, mut first) = prove(&stage, &[], &json!({ "registration_token": token }));
    assert_eq!((&answer["type"], &answer["payload"]["node_id"]), (&json!("register_ack"), &json!(id)));
    let secret = answer["payload"]["node_secret"].clone();
    let (answer, mut second) = prove(&stage, &[], &json!({ "node_id": id, "node_secret": secret }));
    assert_eq!(answer["type"], "auth_ok");
    assert_eq!(wait_for("the first is ended", SOON, || close_of(&mut first)), 4000);
    assert_eq!(status(&stage.owner, &id), "online");
    // Two devices that end each other's connections are told of, once.
    for _ in 0..8 {
        let (answer, newest) = prove(&stage, &[], &json!({ "node_id": id, "node_secret": secret }));
        assert_eq!(answer["type"], "auth_ok");
        assert_eq!(wait_for("the one before is ended", SOON, || close_of(&mut second)), 4000);
        second = newest;
    }
    let told = || events(&stage.owner, &format!("node_id={id}&category=connection&severity=warning"));
    wait_until("it is told", SOON, || !told().is_empty());
    assert_eq!((told().len(), told()[0]["message"].as_str().unwrap().starts_with("Two devices")), (1, true));
    assert_eq!(status(&stage.owner, &id), "online");
    let bearer = format!("Bearer {}", stage.owner.bearer().unwrap());
    let mut dashboard = WebSocket::open(stage.argos.address(), "/ws/dashboard", &[("Authorization", &bearer)]).unwrap();
    let update: Value = serde_json::from_str(&dashboard.text(SOON)).unwrap();
    assert_eq!(
        (&update["type"], &update["online_count"], &update["nodes"][0]["node_id"]),
        (&json!("dashboard_update"), &json!(1), &json!(id))
    );
    stage.owner.delete(&format!("/api/v1/nodes/{id}")).expect_status(204);
    assert_eq!(wait_for("the second is ended", SOON, || close_of(&mut second)), 4001);
    wait_until("the dashboard is empty", SOON, || serde_json::from_str::<Value>(&dashboard.text(SOON)).unwrap()["online_count"] == 0);
    assert_eq!(stage.owner.get(&format!("/api/v1/nodes/{id}")).status, 404);
    assert_eq!(WebSocket::open(stage.argos.address(), "/ws/dashboard", &[]).err(), Some(401));
}

/// Restarts a node when its start can be told from its registration: uptimes are whole seconds.
fn restart_later(node: &mut MediaNode, registered: Instant) {
    node.stop();
    wait_until("its start is clearly later", SOON, || registered.elapsed() > Duration::from_millis(2_500));
    node.start_again();
}

fn close_of(socket: &mut WebSocket) -> Option<u16> {
    match socket.next(Duration::from_millis(200)) {
        Frame::Close(code) => code,
        Frame::End => panic!("the connection ended without a goodbye"),
        _ => None,
    }
}

#[test]
fn five_wrong_secrets_lock_their_address_out_and_nobody_else() {
    let stage = Stage::start();
    let (id, token) = register(&stage.owner, "edge-1", "edge");
    let from = |last: u8, payload: &Value| {
        let socket = WebSocket::open_from(Ipv4Addr::new(127, 0, 0, last), stage.argos.address(), "/ws/node").unwrap();
        say_proof(socket, payload)
    };
    let (answer, _first) = from(2, &json!({ "registration_token": token }));
    let secret = answer["payload"]["node_secret"].clone();
    let wrong = || from(3, &json!({ "node_id": id, "node_secret": "wrong" })).0["message"].clone();
    for _ in 0..4 {
        assert_eq!(wrong(), "Invalid node secret");
    }
    assert_eq!(wrong(), "Invalid node secret. Too many failures — locked out for 60 seconds.");
    assert_eq!(wrong(), "Too many failed authentication attempts. Locked out for 60 seconds.");
    let right = json!({ "node_id": id, "node_secret": secret });
    assert_eq!(from(3, &right).0["message"], "Too many failed authentication attempts. Locked out for 60 seconds.");
    // The node itself comes from elsewhere, and somebody elsewhere may err five times of his own.
    let (answer, _second) = from(2, &right);
    assert_eq!(answer["type"], "auth_ok");
    assert_eq!(from(4, &json!({ "node_id": id, "node_secret": "wrong" })).0["message"], "Invalid node secret");
    assert_eq!(events(&stage.owner, "category=auth").len(), 1);
}

#[test]
fn hostile_frames_are_cut_refused_or_end_the_session() {
    let stage = Stage::start();
    let (id, token) = register(&stage.owner, "edge-1", "edge");
    let mut odd = WebSocket::open(stage.argos.address(), "/ws/node", &[]).unwrap();
    odd.send(r#"{"type":"stats","payload":{}}"#).unwrap();
    assert!(odd.text(SOON).contains("auth_error"));
    assert_eq!(wait_for("it is closed", SOON, || close_of(&mut odd)), 4401);
    let (answer, mut large) = prove(&stage, &[], &json!({ "registration_token": "x".repeat(100_000) }));
    assert_eq!(answer["type"], "auth_error");
    assert_eq!(wait_for("it is closed", SOON, || close_of(&mut large)), 4401);
    let (_, mut socket) = prove(&stage, &[], &json!({ "registration_token": token }));
    let say = |socket: &mut WebSocket, kind: &str, payload: &Value| {
        socket.send(&json!({ "type": kind, "payload": payload }).to_string()).unwrap();
    };
    say(&mut socket, "event", &json!({ "severity": "odd", "message": "ö".repeat(20_000), "details": { "error_code": "x" } }));
    say(&mut socket, "thumbnail", &json!({ "flow_id": "f", "data": "iVBORw0KGgo=" }));
    say(&mut socket, "thumbnail", &json!({ "flow_id": "g", "data": "/9j/4AAQ" }));
    socket.send(&"[".repeat(5_000)).unwrap();
    // More than a stranger may send, with a character that no store takes.
    say(&mut socket, "health", &json!({ "status": "ok", "version": "9.9\0", "pad": "x".repeat(100_000) }));
    let view = || stage.owner.get(&format!("/api/v1/nodes/{id}")).json();
    wait_until("its health is there", SOON, || view()["software_version"] == "9.9");
    let picture = format!("/api/v1/nodes/{id}/thumbnails/g");
    wait_until("the picture is there", SOON, || stage.owner.get(&picture).status == 200);
    assert_eq!(stage.owner.get(&picture).header("content-type"), Some("image/jpeg"));
    assert_eq!(stage.owner.get(&format!("/api/v1/nodes/{id}/thumbnails/f")).status, 404);
    let found = wait_for("the event is there", SOON, || events(&stage.owner, &format!("node_id={id}&category=unknown")).pop());
    assert_eq!(
        (found["message"].as_str().unwrap().chars().count(), &found["severity"], &found["error_code"]),
        (10_000, &json!("info"), &json!("x"))
    );
    // A list of addresses shuts out who is not on it, and leaves who is in.
    let allow =
        |list: &Value| drop(stage.owner.put("/api/v1/settings", json!({ "settings": { "node_ip_allowlist": list } })).expect_status(200));
    allow(&json!(["192.0.2.0/24"]));
    assert_eq!(WebSocket::open(stage.argos.address(), "/ws/node", &[]).err(), Some(403));
    allow(&json!(["192.0.2.0/24", "127.0.0.0/8"]));
    assert!(WebSocket::open(stage.argos.address(), "/ws/node", &[]).is_ok());
    assert_eq!(status(&stage.owner, &id), "online");
    // A page of somebody else may not open the dashboard in a browser that is signed in.
    let bearer = format!("Bearer {}", stage.owner.bearer().unwrap());
    let foreign = [("Authorization", bearer.as_str()), ("Origin", "https://evil.example")];
    assert_eq!(WebSocket::open(stage.argos.address(), "/ws/dashboard", &foreign).err(), Some(403));
    // The server may close before it has read all of it.
    drop(socket.frame(1, &vec![b'x'; 6 << 20]));
    assert_eq!(wait_for("the session is ended", SOON, || close_of(&mut socket)), 1009);
}

#[test]
fn user_with_a_node_scope_sees_and_touches_only_those_nodes() {
    let stage = Stage::start();
    let (mine, _) = register(&stage.owner, "mine", "edge");
    let (other, _) = register(&stage.owner, "other", "edge");
    let body =
        json!({ "username": "olga", "password": "Person-Pass-1", "display_name": "Olga", "role": "operator", "allowed_node_ids": [mine] });
    stage.owner.post("/api/v1/users", body).expect_status(201);
    let olga = stage.sign_in("olga");
    let list = olga.get("/api/v1/nodes").expect_status(200).json();
    assert_eq!(list.as_array().unwrap().iter().map(|n| n["id"].clone()).collect::<Vec<_>>(), [json!(mine)]);
    assert_error(&olga.get(&format!("/api/v1/nodes/{other}")), 403, "node_out_of_scope");
    assert_error(
        &olga.post(&format!("/api/v1/nodes/{other}/command"), json!({ "action": { "type": "get_config" } })),
        403,
        "node_out_of_scope",
    );
    assert_eq!(olga.get(&format!("/api/v1/nodes/{}", "00000000-0000-4000-8000-000000000000")).status, 404);
    assert_eq!(olga.delete(&format!("/api/v1/nodes/{mine}")).status, 403);
    assert_eq!(
        stage.person("vera", "viewer").post(&format!("/api/v1/nodes/{mine}/command"), json!({ "action": { "type": "get_config" } })).status,
        403
    );
}
