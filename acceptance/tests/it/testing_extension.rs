//! The bridge to a browser extension: who may connect, who decides, and recording through it. The other side speaks the
//! documented wire.

use std::net::SocketAddr;
use std::time::Duration;

use argos_peers::websocket::Frame;
use argos_peers::{ArgosConfig, WebSocket, wait_until};
use serde_json::{Value, json};

use crate::stage::Stage;

const WAIT: Duration = Duration::from_secs(60);
const ORIGIN: &str = "chrome-extension://abcdefghijklmnopabcdefghijklmnop";

/// The next request of the server.
fn asked(socket: &mut WebSocket) -> Value {
    loop {
        match socket.next(WAIT) {
            Frame::Text(text) => return serde_json::from_str(&text).unwrap(),
            Frame::Ping | Frame::Pong => {}
            other => panic!("{other:?}"),
        }
    }
}

fn answer(socket: &mut WebSocket, request: &Value, data: &Value) {
    let said = json!({ "type": "response", "requestId": request["requestId"], "success": true, "data": data });
    socket.send(&said.to_string()).unwrap();
}

#[test]
fn extension_is_asked_only_once_somebody_approved_it_and_records_a_tab() {
    let config = ArgosConfig::new().env("ARGOS_HTTP_RATE_LIMITING", "false").env("ARGOS_QUALITY_EXTENSION_BRIDGE", "true");
    let stage = Stage::on(config.env("ARGOS_QUALITY_EXTENSION_BRIDGE_PORT", "0"));
    let owner = &stage.owner;
    let project = owner.post("/api/v1/projects", json!({"name": "Shop", "app_url": "http://shop.test"})).expect_status(200).json();
    let bridge = || owner.get("/api/v1/browser/extensions").expect_status(200).json();
    wait_until("the bridge to listen", WAIT, || bridge()["address"].is_string());
    let port: u16 = bridge()["address"].as_str().unwrap().rsplit(':').next().unwrap().parse().unwrap();
    let at = SocketAddr::from(([127, 0, 0, 1], port));
    for origin in ["https://example.org", "null"] {
        assert_eq!(WebSocket::open(at, "/", &[("Origin", origin)]).unwrap_err(), 403, "{origin}");
    }

    let mut socket = WebSocket::open(at, "/", &[("Origin", ORIGIN)]).unwrap();
    socket.send(r#"{"type":"connected","timestamp":1,"capabilities":["click","evaluate"]}"#).unwrap();
    wait_until("the extension to wait for approval", WAIT, || bridge()["extensions"][0]["capabilities"][0] == "click");
    let found = bridge()["extensions"][0].clone();
    assert_eq!((&found["origin"], &found["status"], &found["connected"]), (&json!(ORIGIN), &json!("pending"), &json!(true)));
    let waiting = owner.get("/api/ui/inbox?kind=extension").expect_status(200).json();
    assert!(waiting.to_string().contains(ORIGIN), "{waiting}");
    let of = |what: &str| format!("/api/v1/browser/extensions/{}{what}", found["id"].as_str().unwrap());
    let refused = owner.post(&of("/actions"), json!({"action": "getTabs"}));
    assert_eq!((refused.status, refused.json()["code"].clone()), (409, json!("extension_not_approved")));
    // Of what waits nobody else hears.
    let member = stage.person("mia", "viewer");
    assert_eq!(member.get(&of("")).status / 100, 4);

    owner.post(&of("/approve"), json!({})).expect_status(200);
    let bad = owner.post(&of("/actions"), json!({"action": "navigate", "params": {"url": "file:///etc/passwd"}}));
    assert_eq!(bad.status, 422, "{}", bad.text());
    std::thread::scope(|scope| {
        let acting = scope.spawn(|| owner.post(&of("/actions"), json!({"action": "click", "tab_id": 7, "params": {"selector": "#buy"}})));
        let request = asked(&mut socket);
        assert_eq!((&request["action"], &request["tabId"], &request["params"]["selector"]), (&json!("click"), &json!(7), &json!("#buy")));
        answer(&mut socket, &request, &json!({"clicked": true}));
        assert_eq!(acting.join().unwrap().expect_status(200).json()["data"]["clicked"], true);
    });

    let events = json!([{"type": 4, "timestamp": 1, "data": {"href": "http://shop.test/"}}, {"type": 3, "timestamp": 2, "data": {"source": 2, "type": 2, "id": 1}}]);
    let recording = std::thread::scope(|scope| {
        let begun = scope.spawn(|| owner.post(&of("/recordings"), json!({"project_id": project["id"]})));
        let request = asked(&mut socket);
        assert_eq!(request["action"], "getActiveTab");
        answer(&mut socket, &request, &json!({"id": 7}));
        // Nothing is in the document yet: the recorder is put there.
        let request = asked(&mut socket);
        answer(&mut socket, &request, &json!(""));
        let request = asked(&mut socket);
        assert!(request["params"]["expression"].as_str().unwrap().contains("argosRecorder"), "{request}");
        answer(&mut socket, &request, &json!(""));
        begun.join().unwrap().expect_status(200).json()["recording_id"].as_str().unwrap().to_owned()
    });
    let request = asked(&mut socket);
    answer(&mut socket, &request, &json!({"result": events.to_string()}));
    let row = || owner.get(&format!("/api/v1/recording/sessions/{recording}")).expect_status(200).json();
    wait_until("the events to be kept", WAIT, || row()["events_count"] == 2);
    owner.post(&of("/recordings/stop"), json!({})).expect_status(200);
    // What was noted last is asked for once more; looks that were under way are answered too.
    while row()["status"] == "recording" {
        if let Frame::Text(text) = socket.next(Duration::from_secs(1)) {
            let request: Value = serde_json::from_str(&text).unwrap();
            answer(&mut socket, &request, &json!("[]"));
        }
    }
    assert_eq!(row()["source"], "extension");

    owner.post(&of("/deny"), json!({})).expect_status(200);
    wait_until("the extension to be let go", WAIT, || bridge()["extensions"][0]["connected"] == false);
    let mut again = WebSocket::open(at, "/", &[("Origin", ORIGIN)]).unwrap();
    assert_eq!(again.next(WAIT), Frame::Close(Some(4403)));
}
