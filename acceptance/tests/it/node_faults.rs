//! Nodes spec D.1, D.2 and D.6: nodes that never speak, never read, or whose time is over are put out, and hold up nobody.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use argos_peers::websocket::Frame;
use argos_peers::{ArgosConfig, MediaNode, WebSocket, wait_until};
use serde_json::json;

use crate::node_link::{register, wait_status};
use crate::stage::Stage;

const SOON: Duration = Duration::from_secs(60);
/// Commands that fit neither on the way to a node that does not read (some 3 MB) nor into its queue (64).
const COMMANDS: usize = 220;

/// The time of day in some seconds.
fn in_seconds(seconds: u64) -> String {
    let at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() + seconds;
    let output = std::process::Command::new("date").args(["-u", "-d", &format!("@{at}"), "+%Y-%m-%dT%H:%M:%SZ"]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn nodes_that_never_speak_never_read_or_are_over_are_put_out_and_hold_up_nobody() {
    let stage = Stage::on(ArgosConfig::new().env("ARGOS_HTTP_RATE_LIMITING", "false"));
    let settings =
        json!({ "settings": { "command_timeout_secs": 120, "node_offline_threshold_secs": 600, "ws_keepalive_interval_secs": 300 } });
    stage.owner.put("/api/v1/settings", settings).expect_status(200);
    let mut mute = WebSocket::open(stage.argos.address(), "/ws/node", &[]).unwrap();
    let over = register(&stage.owner, "over", "edge");
    let guest = MediaNode::edge(stage.argos.address(), &over.1);
    wait_status(&stage.owner, &over.0, "online");
    stage.owner.put(&format!("/api/v1/nodes/{}", over.0), json!({ "expires_at": in_seconds(5) })).expect_status(200);
    let deaf = register(&stage.owner, "deaf", "edge");
    let mut socket = WebSocket::open(stage.argos.address(), "/ws/node", &[]).unwrap();
    socket.send(&json!({ "type": "auth", "payload": { "registration_token": deaf.1, "protocol_version": 4 } }).to_string()).unwrap();
    assert!(socket.text(SOON).contains("register_ack"));

    // From here on it reads nothing.
    let action = json!({ "action": { "type": "list_media", "pad": "x".repeat(45_000) } });
    let path = format!("/api/v1/nodes/{}/command", deaf.0);
    let answers: Vec<(u16, String)> = std::thread::scope(|threads| {
        let asked: Vec<_> = (0..COMMANDS).map(|_| threads.spawn(|| stage.owner.post(&path, action.clone()))).collect();
        // Others are served meanwhile.
        stage.owner.get(&format!("/api/v1/nodes/{}", over.0)).expect_status(200);
        let all = asked.into_iter().map(|asker| asker.join().unwrap());
        all.map(|answer| (answer.status, answer.json()["code"].as_str().unwrap_or_default().to_owned())).collect()
    });
    let mut counts: BTreeMap<(u16, String), usize> = BTreeMap::new();
    answers.into_iter().for_each(|answer| *counts.entry(answer).or_default() += 1);
    let kinds: Vec<_> = counts.keys().map(|(status, code)| (*status, code.as_str())).collect();
    let expected: Vec<_> = [(502, "node_disconnected"), (502, "node_not_connected"), (503, "node_busy")].to_vec();
    assert!(kinds.iter().all(|kind| expected.contains(kind)), "{counts:?}");
    assert!(kinds.contains(&expected[0]) && kinds.contains(&expected[2]), "{counts:?}");
    wait_status(&stage.owner, &deaf.0, "offline");

    assert!(mute.text(SOON).contains("Authentication required"));
    assert_eq!(mute.next(SOON), Frame::Close(Some(4401)));

    wait_until("the guest is put out", SOON, || guest.closes() == [Some(4003)]);
    wait_until("and not let in again", SOON, || guest.refusals().iter().any(|why| why == "Node has expired"));
    assert_eq!(stage.owner.get(&format!("/api/v1/nodes/{}", over.0)).expect_status(200).json()["expired"], true);
}
