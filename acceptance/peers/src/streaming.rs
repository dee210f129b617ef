//! What speaks more than request and answer: a WebSocket and gRPC echo server, a gRPC client, a client that opens a
//! WebSocket over HTTP/2, and one that breaks the rules of HTTP/2. Python's `websockets`, `grpcio` and `h2`, which share no line with the product.

use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::time::Duration;

use rustix::process::Signal;

use crate::packages::Unavailable;
use crate::process::{self, Launch, Process};
use crate::python;
use crate::wait::try_wait_for;

const REQUIREMENTS: [&str; 3] = ["grpcio==1.70.0", "h2==4.1.0", "websockets==13.1"];
const SERVER: &str = include_str!("../assets/echo-server.py");
const GRPC_CLIENT: &str = include_str!("../assets/grpc-client.py");
const ATTACKER: &str = include_str!("../assets/h2-attacks.py");
const WEBSOCKET_CLIENT: &str = include_str!("../assets/h2-websocket.py");

/// A running server that echoes.
#[derive(Debug)]
pub struct EchoServer {
    process: Process,
    websocket: u16,
    grpc: u16,
}

impl EchoServer {
    /// Finds the interpreter with the packages, installing them when they are missing.
    ///
    /// # Errors
    /// When they are not here and cannot be installed.
    pub fn find() -> Result<PathBuf, Unavailable> {
        python::require("streaming", &REQUIREMENTS, "python3")
    }

    /// Starts it on free ports.
    ///
    /// # Panics
    /// When the packages are not here and cannot be installed, or it does not start.
    #[must_use]
    pub fn start() -> Self {
        let python = Self::find().unwrap_or_else(|error| panic!("{error}"));
        (0..5).find_map(|_| Self::try_start(&python)).unwrap_or_else(|| panic!("the echo server did not start"))
    }

    fn try_start(python: &std::path::Path) -> Option<Self> {
        let (websocket, grpc) = (crate::free_port(), crate::free_port());
        let process = Launch::new(python, "KILL")
            .args(["-c", SERVER, &websocket.to_string(), &grpc.to_string()])
            .with(|command| {
                command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
            })
            .spawn()
            .ok()?;
        let mut server = Self { process, websocket, grpc };
        let is_up = |port: u16| TcpStream::connect(("127.0.0.1", port)).is_ok();
        let up = try_wait_for(Duration::from_secs(20), || {
            if server.process.try_exit().is_some() {
                return Some(false);
            }
            (is_up(websocket) && is_up(grpc)).then_some(true)
        });
        (up == Some(true)).then_some(server)
    }

    /// Where WebSocket messages are echoed.
    #[must_use]
    pub fn websocket(&self) -> u16 {
        self.websocket
    }

    /// Where the gRPC service `argos.Echo` is, over HTTP/2 without TLS.
    #[must_use]
    pub fn grpc(&self) -> u16 {
        self.grpc
    }
}

impl Drop for EchoServer {
    fn drop(&mut self) {
        self.process.stop(Signal::TERM, Duration::from_secs(2));
    }
}

/// Calls the echo service at `address` as `authority`, in every way; what came, one line a call.
///
/// # Errors
/// When a call failed that should not.
pub fn grpc_calls(address: SocketAddr, authority: &str) -> Result<String, String> {
    run(GRPC_CLIENT, &[&address.to_string(), authority])
}

/// Opens a WebSocket over HTTP/2 at `address` and has `text` echoed.
///
/// # Errors
/// When the stream or the connection ended early.
pub fn websocket_over_http2(address: SocketAddr, authority: &str, path: &str, text: &str) -> Result<String, String> {
    run(WEBSOCKET_CLIENT, &[&address.to_string(), authority, path, text])
}

/// Sends a table of HTTP/2 requests that no well-behaved client sends; what became of each, one line an attack: the
/// status, `reset` or `closed`, and its name. Two honest ones come first.
///
/// # Errors
/// When the packages cannot be had.
pub fn http2_attacks(address: SocketAddr, authority: &str) -> Result<String, String> {
    run(ATTACKER, &[&address.to_string(), authority])
}

fn run(script: &str, words: &[&str]) -> Result<String, String> {
    let python = EchoServer::find().map_err(|e| e.to_string())?;
    process::run(&python, &[&["-c", script], words].concat(), &[])
}
