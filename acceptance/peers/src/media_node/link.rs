//! The connection a node holds: how it proves itself, what it sends by itself, and what it answers.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::commands::{edge, media_chunk, relay};
use super::figures::{health_of, stats_of};
use super::{Disk, State, lock};
use crate::websocket::{Frame, WebSocket};

/// Pause between two connections; the real ones wait five seconds.
const RETRY: Duration = Duration::from_millis(200);

/// One connection; false when the process is to end.
pub(super) fn session(state: &Arc<Mutex<State>>) -> bool {
    let (address, memory) = {
        let mut s = lock(state);
        (s.connected, s.cut) = (false, false);
        (s.address, s.memory.clone())
    };
    if let Ok(mut socket) = WebSocket::open(address, "/ws/node", &[]) {
        let mut payload = json!({ "software_version": "0.10.6", "protocol_version": if lock(state).relay { 1 } else { 4 } });
        match (&memory.node_id, &memory.secret, &memory.token) {
            (Some(id), Some(secret), _) => (payload["node_id"], payload["node_secret"]) = (json!(id), json!(secret)),
            (_, _, Some(token)) => payload["registration_token"] = json!(token),
            _ => {}
        }
        if socket.send(&json!({ "type": "auth", "payload": payload }).to_string()).is_ok() {
            talk(state, &mut socket, memory.token);
        }
    }
    let retry = Instant::now() + RETRY;
    while Instant::now() < retry && !lock(state).stopped {
        std::thread::sleep(Duration::from_millis(10));
    }
    !lock(state).stopped
}

fn talk(state: &Arc<Mutex<State>>, socket: &mut WebSocket, memory_token: Option<String>) {
    let Frame::Text(first) = socket.next(Duration::from_secs(10)) else { return };
    let first: Value = serde_json::from_str(&first).unwrap_or_default();
    let mut fresh = None;
    match first["type"].as_str() {
        Some("register_ack") => {
            let mut s = lock(state);
            let text = |name: &str| first["payload"][name].as_str().map(str::to_owned);
            (s.disk.node_id, s.disk.secret, s.disk.token) = (text("node_id"), text("node_secret"), None);
            s.registered_with = memory_token;
            fresh = Some(s.disk.clone());
        }
        Some("auth_ok") => {}
        _ => {
            let why = first["message"].as_str().unwrap_or("no reason").to_owned();
            return lock(state).refusals.push(why);
        }
    }
    lock(state).connected = true;
    let (mut health, mut stats): (Option<Instant>, Option<Instant>) = (None, None);
    loop {
        if !goes_on(state) {
            return;
        }
        let mut out = Vec::new();
        {
            let mut s = lock(state);
            out.append(&mut s.outbox);
            if health.is_none_or(|at| at.elapsed() >= Duration::from_secs(15)) {
                health = Some(Instant::now());
                out.push(json!({ "type": "health", "timestamp": super::now(), "payload": health_of(&s) }));
            }
            if stats.is_none_or(|at| at.elapsed() >= Duration::from_secs(1)) {
                stats = Some(Instant::now());
                out.push(json!({ "type": "stats", "payload": stats_of(&s) }));
            }
        }
        if out.iter().any(|frame| socket.send(&frame.to_string()).is_err()) {
            return;
        }
        let frame = socket.next(Duration::from_millis(20));
        // What came in the moment it froze is not heard before it thaws.
        if !goes_on(state) {
            return;
        }
        match frame {
            Frame::Text(text) => {
                let frame: Value = serde_json::from_str(&text).unwrap_or_default();
                if let Some(answer) = hear(state, &frame)
                    && socket.send(&answer.to_string()).is_err()
                {
                    return;
                }
            }
            Frame::Binary(bytes) => {
                let answer = {
                    let mut s = lock(state);
                    let answer = media_chunk(&mut s.media, &bytes);
                    if s.late.as_deref() == Some("media_chunk") {
                        s.late = None;
                        s.put_aside.push(answer);
                        continue;
                    }
                    answer
                };
                if socket.send(&answer.to_string()).is_err() {
                    return;
                }
            }
            Frame::Close(code) => {
                let mut s = lock(state);
                s.closes.push(code);
                // Only after a clean goodbye the registering process goes on with its new credentials.
                if let Some(disk) = fresh {
                    s.memory = Disk { config: Value::Null, ..disk };
                }
                return;
            }
            Frame::End => return,
            _ => {}
        }
    }
}

/// Waits while the node is frozen; says whether it goes on then.
fn goes_on(state: &Mutex<State>) -> bool {
    loop {
        {
            let s = lock(state);
            if s.stopped || s.cut {
                return false;
            }
            if !s.frozen {
                return true;
            }
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn hear(state: &Arc<Mutex<State>>, frame: &Value) -> Option<Value> {
    match frame["type"].as_str() {
        Some("ping") => return Some(json!({ "type": "pong", "payload": null })),
        Some("command") => {}
        _ => return None,
    }
    let (action, id) = (&frame["payload"]["action"], &frame["payload"]["command_id"]);
    let mut s = lock(state);
    s.commands.push(action.clone());
    if action["type"] == "get_config" {
        return Some(json!({ "type": "config_response", "payload": s.disk.config }));
    }
    let kind = action["type"].as_str().unwrap_or_default();
    let done = if s.refused.iter().any(|word| word == kind) {
        Err(("refused", "The node does not want to".to_owned()))
    } else if s.relay {
        relay(&mut s, action)
    } else {
        edge(&mut s, action)
    };
    let payload = match done {
        Ok(data) => json!({ "command_id": id, "success": true, "data": data, "error": null }),
        Err((code, text)) => json!({ "command_id": id, "success": false, "error": text, "error_code": code }),
    };
    let answer = json!({ "type": "command_ack", "payload": payload });
    if s.late.as_deref() == Some(kind) {
        s.late = None;
        s.put_aside.push(answer);
        return None;
    }
    if s.holds.as_deref() == Some(kind) {
        s.held.get_or_insert_default();
    }
    match &mut s.held {
        Some(held) => {
            held.push(answer);
            None
        }
        None => Some(answer),
    }
}
