//! Nodes scenario 20: export, another server, import; a second import skips everything, a dry run changes nothing.

use std::time::Duration;

use argos_peers::{ArgosConfig, MediaNode, wait_until};
use serde_json::{Value, json};

use crate::node_link::wait_status;
use crate::stage::{Stage, assert_error};

fn counts(answer: &Value) -> (i64, i64) {
    (answer["imported"]["users"].as_i64().unwrap(), answer["imported"]["settings"].as_i64().unwrap())
}

#[test]
fn users_and_settings_move_to_another_server_and_arrive_inactive() {
    let stage = Stage::start();
    stage.add_user("vera", "operator");
    stage.owner.put("/api/v1/settings", json!({"settings": {"command_timeout_secs": 33}})).expect_status(200);
    let answer = stage.owner.get("/api/v1/export?include_audit=true&include_events=true&events_days=3").expect_status(200);
    assert!(answer.header("content-disposition").unwrap().contains("attachment"));
    let document = answer.json();
    assert_eq!((&document["version"], &document["data"]["nodes"], &document["data"]["tunnels"]), (&json!(1), &json!([]), &json!([])));
    assert!(document["exported_by"].is_string() && document["data"]["audit_log"].as_array().unwrap().len() > 1);
    assert!(
        document["data"]["settings"].as_array().unwrap().contains(&json!(["command_timeout_secs", "33"])),
        "{}",
        document["data"]["settings"]
    );
    let text = answer.text();
    assert!(!text.contains("password_hash") && !text.contains("$argon2"), "no hash leaves");
    let plain = stage.owner.get("/api/v1/export?include_tunnels=false").json();
    assert!(plain["data"].get("audit_log").is_none() && plain["data"].get("events").is_none() && plain["data"].get("tunnels").is_none());

    let other = Stage::on(ArgosConfig::new());
    let import = |query: &str, body: &Value| other.owner.post(&format!("/api/v1/import{query}"), body.clone());
    let dry = import("?dry_run=true", &document).expect_status(200).json();
    assert_eq!((&dry["success"], &dry["dry_run"], counts(&dry)), (&json!(true), &json!(true), (1, 1)), "{dry}");
    assert!(!other.owner.get("/api/users").text().contains("vera"), "a dry run changes nothing");
    let done = import("", &document).expect_status(200).json();
    assert_eq!((counts(&done), &done["registration_tokens"]), ((1, 1), &json!([])), "{done}");
    let skipped: Vec<String> = done["skipped"].as_array().unwrap().iter().map(|s| format!("{} {}", s["kind"], s["id"])).collect();
    assert!(skipped.contains(&"\"user\" \"admin\"".to_owned()), "{skipped:?}");
    let users = other.owner.get("/api/users").json();
    let vera = users.as_array().unwrap().iter().find(|u| u["username"] == "vera").unwrap();
    assert_eq!((&vera["is_active"], &vera["role"]), (&json!(false), &json!("operator")), "{vera}");
    assert_eq!(other.owner.get("/api/v1/settings").json()["command_timeout_secs"], 33);
    let again = import("", &document).expect_status(200).json();
    assert_eq!(counts(&again), (0, 0), "{again}");
    assert!(again["skipped"].to_string().contains("vera"), "{again}");
    assert!(other.owner.get("/api/audit?limit=20").text().contains("import"));
}

#[test]
fn replace_brings_unnamed_settings_back_to_their_defaults_and_leaves_the_caller_alone() {
    let stage = Stage::start();
    stage.owner.put("/api/v1/settings", json!({"settings": {"command_timeout_secs": 33, "max_login_attempts": 9}})).expect_status(200);
    let body = json!({"version": 1, "data": {"settings": [["command_timeout_secs", 44]]}});
    let merged = stage.owner.post("/api/v1/import", body.clone()).expect_status(200).json();
    assert_eq!(counts(&merged), (0, 0), "what is set here wins: {merged}");
    let replaced = stage.owner.post("/api/v1/import?mode=replace", body).expect_status(200).json();
    assert_eq!(counts(&replaced), (0, 2), "{replaced}");
    let settings = stage.owner.get("/api/v1/settings").json();
    assert_eq!((&settings["command_timeout_secs"], &settings["max_login_attempts"]), (&json!(44), &json!(5)));
    assert_eq!(stage.owner.get("/api/me").status, 200, "the caller is still there");
}

#[test]
fn document_with_a_fault_is_refused_whole() {
    let stage = Stage::start();
    let import = |body: Value| stage.owner.post("/api/v1/import", body);
    assert_error(&import(json!({"version": 2, "data": {}})), 400, "invalid_document");
    assert_eq!(import(json!({"data": {}})).status, 400);
    assert_eq!(import(json!({"version": 1, "data": {"users": "all"}})).status, 400);
    let person = |role: &str| json!({"username": "otto", "role": role});
    assert_error(&import(json!({"version": 1, "data": {"users": [person("king")]}})), 400, "invalid_user");
    let out_of_range = json!({"version": 1, "data": {"users": [person("viewer")], "settings": [["command_timeout_secs", 1]]}});
    assert_error(&import(out_of_range), 400, "invalid_setting");
    assert_error(&import(json!({"version": 1, "data": {"settings": [["jobs.max", "9"]]}})), 400, "unknown_setting");
    assert!(!stage.owner.get("/api/users").text().contains("otto"), "nothing of a refused document is written");
    assert_error(&import(json!({"version": 1, "data": {"nodes": [{"id": "n1", "name": ""}]}})), 400, "invalid_field");
    let admin = stage.person("anna", "admin");
    assert_error(&admin.get("/api/v1/export"), 403, "permission_denied");
    assert_error(&admin.post("/api/v1/import", json!({"version": 1, "data": {}})), 403, "permission_denied");
}

#[test]
fn nodes_tunnels_and_templates_move_to_another_server_with_new_tokens() {
    let from = Stage::start();
    let add =
        |name: &str, kind: &str| from.owner.post("/api/v1/nodes", json!({"name": name, "device_type": kind})).expect_status(201).json();
    let (near, far) = (add("near", "edge"), add("far", "edge"));
    let tunnel = json!({"name": "t", "protocol": "udp", "mode": "relay", "ingress_node_id": near["id"], "ingress_listen_port": 9000,
        "egress_node_id": far["id"], "egress_forward_addr": "127.0.0.1:9100", "relay_addr": "relay.example.com:4433"});
    from.owner.post("/api/v1/tunnels", tunnel).expect_status(200);
    from.owner.post("/api/v1/config-templates", json!({"name": "Studio", "template": {"id": "f"}})).expect_status(201);
    let document = from.owner.get("/api/v1/export").expect_status(200).json();
    let own = format!("{}{}", document["data"]["nodes"], document["data"]["tunnels"]);
    assert!(!own.contains("token") && !own.contains("secret") && !own.contains("key"), "{own}");
    let to = Stage::start();
    let tried = to.owner.post("/api/v1/import?dry_run=true", document.clone()).expect_status(200).json();
    assert_eq!((&tried["imported"]["nodes"], &tried["registration_tokens"]), (&json!(2), &json!([])));
    assert_eq!(to.owner.get("/api/v1/nodes").json(), json!([]));
    // The same tunnel twice is one tunnel.
    let mut twice = document.clone();
    twice["data"]["tunnels"].as_array_mut().unwrap().push(document["data"]["tunnels"][0].clone());
    let mut lost = document.clone();
    lost["data"]["tunnels"][0]["relay_node_id"] = json!("00000000-0000-4000-8000-00000000000a");
    lost["data"]["tunnels"][0]["relay_addr"] = Value::Null;
    lost["data"]["nodes"]
        .as_array_mut()
        .unwrap()
        .push(json!({"id": "00000000-0000-4000-8000-00000000000a", "name": "relay", "device_type": "relay"}));
    let refused = assert_error(&to.owner.post("/api/v1/import", lost), 400, "invalid_field");
    assert_eq!(refused["field"], "data.tunnels.relay_addr");
    let done = to.owner.post("/api/v1/import", twice).expect_status(200).json();
    let counts = &done["imported"];
    assert_eq!((&counts["nodes"], &counts["tunnels"], &counts["config_templates"]), (&json!(2), &json!(1), &json!(1)), "{done}");
    assert_eq!(done["registration_tokens"].as_array().unwrap().len(), 2);
    let nodes = to.owner.get("/api/v1/nodes").json();
    assert_eq!((&nodes[0]["id"], &nodes[0]["name"], &nodes[0]["status"]), (&far["id"], &json!("far"), &json!("pending")));
    assert_eq!(to.owner.get("/api/v1/tunnels").json()["tunnels"][0]["name"], "t");
    let again = to.owner.post("/api/v1/import", document).expect_status(200).json();
    assert_eq!(
        (&again["imported"]["nodes"], &again["imported"]["tunnels"], &again["registration_tokens"]),
        (&json!(0), &json!(0), &json!([]))
    );
    let token =
        done["registration_tokens"].as_array().unwrap().iter().find(|t| t["node_id"] == far["id"]).unwrap()["registration_token"].clone();
    let edge = MediaNode::edge(to.argos.address(), token.as_str().unwrap());
    wait_status(&to.owner, far["id"].as_str().unwrap(), "online");
    let data = json!({"nodes": [{"id": near["id"], "name": "near", "device_type": "edge"}]});
    to.owner.post("/api/v1/import?mode=replace&dry_run=true", json!({"version": 1, "data": data})).expect_status(200);
    // It answers on the session it had.
    let stop = json!({"action": {"type": "list_media"}});
    assert_error(&to.owner.post(&format!("/api/v1/nodes/{}/command", far["id"].as_str().unwrap()), stop), 422, "unknown_action");
    assert!(edge.closes().is_empty());
    to.owner.post("/api/v1/import?mode=replace", json!({"version": 1, "data": data})).expect_status(200);
    wait_until("the removed node is told", Duration::from_secs(30), || edge.closes() == [Some(4001)]);
    assert_eq!(to.owner.get("/api/v1/nodes").json().as_array().unwrap().len(), 1);
    assert_eq!(to.owner.get("/api/v1/tunnels").json()["tunnels"], json!([]));
}
