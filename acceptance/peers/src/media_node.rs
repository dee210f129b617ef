//! A media edge or relay as the published wire describes it (nodes spec E), because the real ones cannot be had from a
//! package registry. It is written from that description, not from the server, and keeps the habits that matter:
//! credentials of the registering process stay on disk, an edge refuses a port that is taken, ignores the embedded parts
//! of a flow, skips an identical tunnel, and a relay forgets who it let in when it restarts.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::websocket::{Frame, WebSocket};

mod commands;
mod figures;

use commands::{edge, relay};
use figures::{health_of, stats_of};

/// Pause between two connections; the real ones wait five seconds.
const RETRY: Duration = Duration::from_millis(200);

/// What survives a restart of the process.
#[derive(Clone, Debug, Default)]
struct Disk {
    token: Option<String>,
    node_id: Option<String>,
    secret: Option<String>,
    config: Value,
}

#[derive(Debug)]
struct State {
    address: SocketAddr,
    relay: bool,
    disk: Disk,
    /// What the running process goes on with.
    memory: Disk,
    authorized: BTreeMap<String, Value>,
    frozen: bool,
    stopped: bool,
    /// Asks the loop to drop its connection, as a reset would.
    cut: bool,
    connected: bool,
    started: Instant,
    /// Reasons heard instead of a welcome.
    refusals: Vec<String>,
    closes: Vec<Option<u16>>,
    commands: Vec<Value>,
    outbox: Vec<Value>,
    /// Files it got, by name.
    media: BTreeMap<String, Vec<u8>>,
    /// The token the running process registered with; a relay writes it back with a new secret.
    registered_with: Option<String>,
    /// Commands it says no to.
    refused: Vec<String>,
    /// From this command on it answers nothing.
    holds: Option<String>,
    /// Answers that are held back.
    held: Option<Vec<Value>>,
    /// The next command of this type is answered late.
    late: Option<String>,
    /// Its answer.
    put_aside: Vec<Value>,
}

/// A running node. It ends when it is dropped.
#[derive(Debug)]
pub struct MediaNode {
    state: Arc<Mutex<State>>,
    thread: Option<JoinHandle<()>>,
}

impl MediaNode {
    /// An edge of the current generation that comes with a registration token.
    #[must_use]
    pub fn edge(address: SocketAddr, token: &str) -> Self {
        let config = json!({ "version": 2, "inputs": [], "outputs": [], "flows": [], "tunnels": [] });
        Self::start(address, token, false, config)
    }

    /// A relay that comes with a registration token.
    #[must_use]
    pub fn relay(address: SocketAddr, token: &str) -> Self {
        let config = json!({ "api_token": "relay-api-token", "registration_token": token, "require_bind_auth": true });
        Self::start(address, token, true, config)
    }

    fn start(address: SocketAddr, token: &str, relay: bool, config: Value) -> Self {
        let disk = Disk { token: Some(token.to_owned()), config, ..Disk::default() };
        let state = State {
            address,
            relay,
            memory: disk.clone(),
            disk,
            authorized: BTreeMap::new(),
            frozen: false,
            stopped: false,
            cut: false,
            connected: false,
            started: Instant::now(),
            refusals: Vec::new(),
            closes: Vec::new(),
            commands: Vec::new(),
            outbox: Vec::new(),
            media: BTreeMap::new(),
            registered_with: None,
            refused: Vec::new(),
            holds: None,
            held: None,
            late: None,
            put_aside: Vec::new(),
        };
        let mut node = Self { state: Arc::new(Mutex::new(state)), thread: None };
        node.run();
        node
    }

    fn run(&mut self) {
        let state = Arc::clone(&self.state);
        self.thread = Some(std::thread::spawn(move || while session(&state) {}));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Ends the process; what it keeps on disk stays.
    pub fn stop(&mut self) {
        self.lock().stopped = true;
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }

    /// Starts the process again, with what it has on disk.
    pub fn start_again(&mut self) {
        self.stop();
        {
            let mut state = self.lock();
            state.memory = state.disk.clone();
            state.authorized.clear();
            state.registered_with = None;
            (state.stopped, state.connected, state.started) = (false, false, Instant::now());
        }
        self.run();
    }

    /// Stops reading and writing while the connection stays open, as SIGSTOP does.
    pub fn freeze(&self, frozen: bool) {
        self.lock().frozen = frozen;
    }
    /// Drops the connection without a goodbye; the process goes on.
    pub fn cut(&self) {
        self.lock().cut = true;
    }
    /// Says no to commands of this type from now on, and does nothing.
    pub fn refuse(&self, kind: &str) {
        self.lock().refused.push(kind.to_owned());
    }
    /// Answers nothing from the first command of this type on, until it is released.
    pub fn hold_from(&self, kind: &str) {
        self.lock().holds = Some(kind.to_owned());
    }
    /// Does the next command of this type, but answers it only when it is released; others are answered meanwhile.
    pub fn answer_late(&self, kind: &str) {
        self.lock().late = Some(kind.to_owned());
    }
    /// Whether an answer is put aside.
    pub fn is_late(&self) -> bool {
        !self.lock().put_aside.is_empty()
    }
    pub fn release(&self) {
        let mut state = self.lock();
        (state.holds, state.late) = (None, None);
        let mut held = state.held.take().unwrap_or_default();
        held.append(&mut state.put_aside);
        state.outbox.extend(held);
    }
    /// Where the manager is from now on.
    pub fn moved(&self, address: SocketAddr) {
        self.lock().address = address;
    }
    pub fn is_connected(&self) -> bool {
        self.lock().connected
    }
    /// The node id on disk.
    pub fn node_id(&self) -> Option<String> {
        self.lock().disk.node_id.clone()
    }
    pub fn secret_on_disk(&self) -> Option<String> {
        self.lock().disk.secret.clone()
    }
    /// The token it still has on disk.
    pub fn token_on_disk(&self) -> Option<String> {
        self.lock().disk.token.clone()
    }
    pub fn config(&self) -> Value {
        self.lock().disk.config.clone()
    }
    pub fn set_config(&self, member: &str, value: Value) {
        self.lock().disk.config[member] = value;
    }
    /// What a relay let in, by tunnel.
    pub fn authorized(&self) -> BTreeMap<String, Value> {
        self.lock().authorized.clone()
    }
    pub fn refusals(&self) -> Vec<String> {
        self.lock().refusals.clone()
    }
    /// Close codes heard so far.
    pub fn closes(&self) -> Vec<Option<u16>> {
        self.lock().closes.clone()
    }
    /// Actions it was told, in order.
    pub fn commands(&self) -> Vec<Value> {
        self.lock().commands.clone()
    }
    /// A file it got, as far as it came.
    pub fn media(&self, name: &str) -> Option<Vec<u8>> {
        self.lock().media.get(name).cloned()
    }
    /// Sends a frame of its own.
    pub fn say(&self, kind: &str, payload: &Value) {
        self.lock().outbox.push(json!({ "type": kind, "timestamp": "2026-01-01T00:00:00.000000000+00:00", "payload": payload }));
    }
}

impl Drop for MediaNode {
    fn drop(&mut self) {
        self.stop();
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One connection; false when the process is to end.
fn session(state: &Arc<Mutex<State>>) -> bool {
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
                out.push(json!({ "type": "health", "timestamp": "2026-01-01T00:00:00+00:00", "payload": health_of(&s) }));
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
                    let answer = commands::media_chunk(&mut s.media, &bytes);
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
