//! Debian's Net-SNMP agent with communities and v3 users of the test's choosing.

use std::net::{SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::Signal;
use tempfile::TempDir;

use crate::packages::{self, Unavailable};
use crate::process::{self, Launch, Process};
use crate::wait::{PATIENCE, try_wait_for};

/// A v3 user of the agent; protocols are written as `createUser` wants them (`SHA-256`, `AES`).
#[derive(Clone, Copy, Debug)]
pub struct SnmpUser {
    /// User name.
    pub name: &'static str,
    /// Authentication protocol and passphrase.
    pub auth: Option<(&'static str, &'static str)>,
    /// Privacy protocol and passphrase.
    pub privacy: Option<(&'static str, &'static str)>,
}

/// Sends a trap with Net-SNMP's `snmptrap`; `words` are its arguments between the program and the address.
///
/// # Errors
/// When the program is not here and cannot be installed, or refuses its arguments.
pub fn snmptrap(words: &[&str], to: SocketAddr, what: &[&str]) -> Result<(), String> {
    let find = || process::find_program(&["snmptrap"], &[]);
    let tool = packages::require("snmptrap", &["snmp"], find).map_err(|e| e.to_string())?;
    let address = format!("udp:{to}");
    process::run(&tool, &[words, &[&address], what].concat(), &[]).map(drop)
}

/// A running agent: reads with community `public`, writes with `private`.
#[derive(Debug)]
pub struct Snmpd {
    process: Process,
    address: SocketAddr,
    program: PathBuf,
    // Dropped after the process.
    dir: TempDir,
}

impl Snmpd {
    /// Finds the program, installing Debian's package when it is missing.
    ///
    /// # Errors
    /// When it is not here and cannot be installed.
    pub fn find() -> Result<PathBuf, Unavailable> {
        packages::require("snmpd", &["snmpd"], || process::find_program(&["snmpd"], &[]))
    }

    /// Starts an agent that knows these users.
    ///
    /// # Errors
    /// When it is not here and cannot be installed, or does not start.
    pub fn start(users: &[SnmpUser]) -> Result<Self, Unavailable> {
        let program = Self::find()?;
        for _ in 0..5 {
            let dir = tempfile::Builder::new().prefix("argos-snmpd-").tempdir().map_err(io_failure)?;
            let address = SocketAddr::from(([127, 0, 0, 1], crate::free_port()));
            std::fs::write(dir.path().join("snmpd.conf"), configuration(address, users)).map_err(io_failure)?;
            let process = launch(&program, &dir)?;
            let mut server = Self { process, address, program: program.clone(), dir };
            if server.wait_ready() {
                return Ok(server);
            }
        }
        Err(Unavailable("snmpd did not start on five ports".to_owned()))
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends the agent and starts it anew: same engine id, next boot count.
    ///
    /// # Errors
    /// When it does not come back.
    pub fn restart(&mut self) -> Result<(), Unavailable> {
        self.process.stop(Signal::TERM, Duration::from_secs(3));
        self.process = launch(&self.program, &self.dir)?;
        if self.wait_ready() { Ok(()) } else { Err(Unavailable("snmpd did not come back".to_owned())) }
    }

    fn wait_ready(&mut self) -> bool {
        try_wait_for(PATIENCE, || {
            if self.process.try_exit().is_some() {
                return Some(false);
            }
            answers(self.address, "public", Duration::from_millis(200)).then_some(true)
        }) == Some(true)
    }
}

impl Drop for Snmpd {
    fn drop(&mut self) {
        self.process.stop(Signal::TERM, Duration::from_secs(3));
    }
}

fn launch(program: &Path, dir: &TempDir) -> Result<Process, Unavailable> {
    let log = process::log_file(&dir.path().join("snmpd.log")).map_err(io_failure)?;
    let log_too = log.try_clone().map_err(io_failure)?;
    Launch::new(program, "KILL")
        .args(["-f", "-Lo", "-C", "-c", "snmpd.conf", "-p", "snmpd.pid"])
        .with(|command| {
            command.current_dir(dir.path()).env("SNMP_PERSISTENT_DIR", dir.path().join("persistent")).stdout(log).stderr(log_too);
        })
        .spawn()
        .map_err(io_failure)
}

fn configuration(address: SocketAddr, users: &[SnmpUser]) -> String {
    let mut text = format!("agentaddress udp:{address}\nrocommunity public 127.0.0.1\nrwcommunity private 127.0.0.1\n");
    for user in users {
        let words = |pair: Option<(&str, &str)>| pair.map_or_else(String::new, |(protocol, key)| format!(" {protocol} \"{key}\""));
        let level = match (user.auth, user.privacy) {
            (Some(_), Some(_)) => "authpriv",
            (Some(_), None) => "auth",
            (None, _) => "noauth",
        };
        text.push_str(&format!("createUser {}{}{}\nrwuser {} {level}\n", user.name, words(user.auth), words(user.privacy), user.name));
    }
    text
}

/// Whether an agent answers a v2c GETNEXT of `1.3` with this community.
pub(crate) fn answers(agent: SocketAddr, community: &str, limit: Duration) -> bool {
    let name = community.as_bytes();
    // GetNextRequest { request-id 77, 0, 0, { 1.3 = NULL } }, written out.
    let pdu = [0xa1, 21, 2, 4, 0, 0, 0, 77, 2, 1, 0, 2, 1, 0, 0x30, 7, 0x30, 5, 6, 1, 0x2b, 5, 0];
    let mut message = vec![2, 1, 1, 4, name.len() as u8];
    message.extend_from_slice(name);
    message.extend(pdu);
    let mut datagram = vec![0x30, message.len() as u8];
    datagram.extend(message);
    let exchange = || -> std::io::Result<usize> {
        let socket = UdpSocket::bind(("127.0.0.1", 0))?;
        socket.connect(agent)?;
        socket.set_read_timeout(Some(limit))?;
        socket.send(&datagram)?;
        socket.recv(&mut [0; 2048])
    };
    exchange().is_ok_and(|received| received > 20)
}

#[expect(clippy::needless_pass_by_value, reason = "used as a `map_err` argument")]
fn io_failure(error: std::io::Error) -> Unavailable {
    Unavailable(format!("snmpd: {error}"))
}
