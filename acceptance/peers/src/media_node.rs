//! A media edge or relay as the published wire describes it (nodes spec E), because the real ones cannot be had from a
//! package registry. It is written from that description, not from the server, and keeps the habits that matter:
//! credentials of the registering process stay on disk, an edge refuses a port that is taken, ignores the embedded parts
//! of a flow, skips an identical tunnel, and a relay forgets who it let in when it restarts.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use serde_json::{Value, json};

mod commands;
mod figures;
mod link;

use link::session;

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
        self.lock().outbox.push(json!({ "type": kind, "timestamp": now(), "payload": payload }));
    }
}

/// As devices write it.
fn now() -> String {
    chrono::DateTime::<chrono::Utc>::from(std::time::SystemTime::now()).to_rfc3339_opts(chrono::SecondsFormat::Nanos, false)
}

impl Drop for MediaNode {
    fn drop(&mut self) {
        self.stop();
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
