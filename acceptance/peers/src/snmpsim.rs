//! The SNMP simulator of PyPI: agents from record files, one per community or v3 context.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::Signal;
use tempfile::TempDir;

use crate::packages::Unavailable;
use crate::process::{self, Launch, Process};
use crate::python;
use crate::snmpd::answers;
use crate::wait::try_wait_for;

/// Pinned versions; `cryptography` is what privacy protocols need, `pysmi` what the simulator forgets to ask for.
const REQUIREMENTS: [&str; 4] = ["snmpsim==1.2.2", "pysnmp==7.1.30", "pysmi==2.0.0", "cryptography==50.0.2"];

/// The v3 user of a simulator; protocols as its command line wants them (`SHA256`, `AES256`, `AES256BLMT`).
#[derive(Clone, Copy, Debug)]
pub struct SnmpsimUser {
    /// User name.
    pub name: &'static str,
    /// Authentication protocol and passphrase.
    pub auth: (&'static str, &'static str),
    /// Privacy protocol and passphrase.
    pub privacy: Option<(&'static str, &'static str)>,
}

/// A running simulator.
#[derive(Debug)]
pub struct Snmpsim {
    process: Process,
    address: SocketAddr,
    // Dropped after the process.
    dir: TempDir,
}

impl Snmpsim {
    /// Finds the program, installing it when it is missing.
    ///
    /// # Errors
    /// When it is not here and cannot be installed.
    pub fn find() -> Result<PathBuf, Unavailable> {
        python::require("snmpsim", &REQUIREMENTS, "snmpsim-command-responder")
    }

    /// Starts a simulator with a copy of the `.snmprec` files of `recordings`: the file's name is its community and context.
    ///
    /// # Errors
    /// When it is not here and cannot be installed, or does not start.
    pub fn start(recordings: &Path, user: Option<SnmpsimUser>) -> Result<Self, Unavailable> {
        let program = Self::find()?;
        for _ in 0..5 {
            let dir = tempfile::Builder::new().prefix("argos-snmpsim-").tempdir().map_err(io_failure)?;
            copy_recordings(recordings, dir.path()).map_err(io_failure)?;
            let address = SocketAddr::from(([127, 0, 0, 1], crate::free_port()));
            let log = process::log_file(&dir.path().join("snmpsim.log")).map_err(io_failure)?;
            let log_too = log.try_clone().map_err(io_failure)?;
            let process = Launch::new(&program, "KILL")
                .args(arguments(dir.path(), address, user))
                .with(|command| {
                    command.current_dir(dir.path()).stdout(log).stderr(log_too);
                })
                .spawn()
                .map_err(io_failure)?;
            let mut server = Self { process, address, dir };
            if server.wait_ready() {
                return Ok(server);
            }
            if !server.log_tail().contains("Address already in use") {
                return Err(Unavailable(format!("snmpsim did not start:\n{}", server.log_tail())));
            }
        }
        Err(Unavailable("snmpsim found no free port".to_owned()))
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The last lines of its log, for failure messages.
    #[must_use]
    pub fn log_tail(&self) -> String {
        process::tail(&self.dir.path().join("snmpsim.log"), 30)
    }

    fn wait_ready(&mut self) -> bool {
        try_wait_for(Duration::from_secs(30), || {
            if self.process.try_exit().is_some() {
                return Some(false);
            }
            answers(self.address, "ready", Duration::from_millis(500)).then_some(true)
        }) == Some(true)
    }
}

impl Drop for Snmpsim {
    fn drop(&mut self) {
        self.process.stop(Signal::TERM, Duration::from_secs(2));
    }
}

fn copy_recordings(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir(to.join("data"))?;
    std::fs::create_dir(to.join("cache"))?;
    std::fs::write(to.join("data/ready.snmprec"), "1.3.6.1.2.1.1.1.0|4|ready\n")?;
    for entry in std::fs::read_dir(from)? {
        let path = entry?.path();
        if let (Some("snmprec"), Some(name)) = (path.extension().and_then(|text| text.to_str()), path.file_name()) {
            // The simulator takes no comments.
            let text = std::fs::read_to_string(&path)?;
            let lines: String =
                text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(|line| format!("{line}\n")).collect();
            std::fs::write(to.join("data").join(name), lines)?;
        }
    }
    Ok(())
}

fn arguments(dir: &Path, address: SocketAddr, user: Option<SnmpsimUser>) -> Vec<String> {
    let mut args = vec![
        format!("--data-dir={}", dir.join("data").display()),
        format!("--cache-dir={}", dir.join("cache").display()),
        format!("--agent-udpv4-endpoint={address}"),
        "--log-level=error".to_owned(),
    ];
    if process::is_root() {
        // It insists on being told whom to become; the record files belong to us.
        args.extend(["--process-user=root".to_owned(), "--process-group=root".to_owned()]);
    }
    if let Some(user) = user {
        args.push(format!("--v3-user={}", user.name));
        args.push(format!("--v3-auth-proto={}", user.auth.0));
        args.push(format!("--v3-auth-key={}", user.auth.1));
        if let Some((protocol, key)) = user.privacy {
            args.push(format!("--v3-priv-proto={protocol}"));
            args.push(format!("--v3-priv-key={key}"));
        }
    }
    args
}

#[expect(clippy::needless_pass_by_value, reason = "used as a `map_err` argument")]
fn io_failure(error: std::io::Error) -> Unavailable {
    Unavailable(format!("snmpsim: {error}"))
}
