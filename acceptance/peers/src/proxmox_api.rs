//! The API of a Proxmox VE node, in the shapes its API viewer documents and a 8.1 node answers: a token, one node, one
//! virtual machine and one container. A real one needs a machine of its own.

use std::io::{BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

use crate::webhook::{Received, read_request};

/// The id of the token it knows and its secret.
pub const PROXMOX_TOKEN: (&str, &str) = ("argos@pve!power", "6f1a2b3c-0d4e-4f5a-8b6c-7d8e9f0a1b2c");

#[derive(Debug)]
struct Machine {
    /// The virtual machine 100 and the container 101.
    running: [bool; 2],
    /// Guests that ignore a request to shut down.
    deaf: bool,
    powerless: bool,
    told: Vec<String>,
}

/// A running API; it stops when dropped, and when its node shuts down.
#[derive(Debug)]
pub struct ProxmoxApi {
    address: SocketAddr,
    machine: Arc<Mutex<Machine>>,
    stopping: Arc<AtomicBool>,
}

impl ProxmoxApi {
    /// Starts the API of the node `pve` on a free loopback port, without TLS.
    ///
    /// # Panics
    /// When no port can be bound.
    #[must_use]
    pub fn start() -> Self {
        let listener = crate::listener();
        let address = listener.local_addr().expect("a bound listener has an address");
        let machine = Arc::new(Mutex::new(Machine { running: [true, true], deaf: false, powerless: false, told: Vec::new() }));
        let stopping = Arc::new(AtomicBool::new(false));
        let (shared, stop) = (Arc::clone(&machine), Arc::clone(&stopping));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                let (shared, stop) = (Arc::clone(&shared), Arc::clone(&stop));
                std::thread::spawn(move || serve(&stream, &shared, &stop, address));
            }
        });
        Self { address, machine, stopping }
    }

    /// `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn machine(&self) -> MutexGuard<'_, Machine> {
        self.machine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its guests ignore a request to shut down from now on.
    pub fn make_deaf(&self) {
        self.machine().deaf = true;
    }

    /// Takes the privilege to switch power from the token.
    pub fn take_privilege(&self) {
        self.machine().powerless = true;
    }

    /// Whether the virtual machine and the container run.
    #[must_use]
    pub fn running(&self) -> [bool; 2] {
        self.machine().running
    }

    /// Everything that was ordered, in order.
    #[must_use]
    pub fn told(&self) -> Vec<String> {
        self.machine().told.clone()
    }
}

impl Drop for ProxmoxApi {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::SeqCst);
        drop(TcpStream::connect_timeout(&self.address, Duration::from_secs(1)));
    }
}

fn serve(stream: &TcpStream, machine: &Mutex<Machine>, stopping: &AtomicBool, address: SocketAddr) {
    drop(stream.set_read_timeout(Some(Duration::from_secs(30))));
    let mut reader = BufReader::new(stream);
    while let Some(request) = read_request(&mut reader) {
        let (status, data) = respond(&request, &mut machine.lock().unwrap_or_else(PoisonError::into_inner));
        let text = json!({ "data": data }).to_string();
        let head = format!("HTTP/1.1 {status} -\r\nContent-Type: application/json;charset=UTF-8\r\nContent-Length: {}\r\n\r\n", text.len());
        let mut out = stream;
        let sent = out.write_all(format!("{head}{text}").as_bytes());
        if request.target == "/api2/json/nodes/pve/status" && request.method == "POST" && status == 200 {
            // The node goes down, and its API with it.
            stopping.store(true, Ordering::SeqCst);
            drop(TcpStream::connect_timeout(&address, Duration::from_secs(1)));
            return;
        }
        if sent.is_err() {
            return;
        }
    }
}

fn respond(request: &Received, machine: &mut Machine) -> (u16, Value) {
    let wanted = format!("PVEAPIToken={}={}", PROXMOX_TOKEN.0, PROXMOX_TOKEN.1);
    if request.header("Authorization") != Some(wanted.as_str()) {
        return (401, Value::Null);
    }
    let Some(path) = request.target.strip_prefix("/api2/json") else { return (501, Value::Null) };
    let form = String::from_utf8_lossy(&request.body).into_owned();
    let guest =
        |rest: &str| [("/nodes/pve/qemu/100", 0), ("/nodes/pve/lxc/101", 1)].into_iter().find(|(at, _)| path == format!("{at}{rest}"));
    match (request.method.as_str(), path) {
        ("GET", "/nodes/pve/status") => (200, json!({ "uptime": 86_400, "pveversion": "pve-manager/8.1.4/ec5affc9e41f1d79" })),
        ("POST", "/nodes/pve/status") if form == "command=shutdown" => {
            machine.told.push("node shutdown".to_owned());
            machine.running = [false, false];
            (200, Value::Null)
        }
        ("GET", _) if path.starts_with("/access/permissions?path=") => {
            let place = path.trim_start_matches("/access/permissions?path=");
            let rights = if machine.powerless { json!({ "VM.Audit": 1 }) } else { json!({ "VM.PowerMgmt": 1, "Sys.PowerMgmt": 1 }) };
            (200, json!({ place: rights }))
        }
        ("GET", _) => match guest("/status/current") {
            Some((_, n)) => (200, json!({ "vmid": 100 + n, "status": if machine.running[n] { "running" } else { "stopped" } })),
            // "Configuration file 'nodes/pve/qemu-server/999.conf' does not exist"
            None => (500, Value::Null),
        },
        ("POST", _) => order(machine, &form, guest("/status/shutdown"), guest("/status/start")),
        _ => (501, Value::Null),
    }
}

fn order(machine: &mut Machine, form: &str, off: Option<(&str, usize)>, on: Option<(&str, usize)>) -> (u16, Value) {
    if let Some((_, n)) = off {
        machine.told.push(format!("shutdown {} {form}", 100 + n));
        // A task that is told to waits no longer than that here: its end is what matters.
        machine.running[n] = machine.deaf && !form.contains("forceStop=1");
        return (200, json!(format!("UPID:pve:0003A1B2:00C0FFEE:65A0B1C2:qmshutdown:{}:argos@pve!power:", 100 + n)));
    }
    if let Some((_, n)) = on {
        machine.told.push(format!("start {}", 100 + n));
        machine.running[n] = true;
        return (200, json!(format!("UPID:pve:0003A1B3:00C0FFEF:65A0B1C3:qmstart:{}:argos@pve!power:", 100 + n)));
    }
    (501, Value::Null)
}
