//! Debian's BIND with one zone of its own that takes signed dynamic updates (RFC 2136, TSIG).

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use rustix::process::Signal;
use tempfile::TempDir;

use crate::packages::{self, Unavailable};
use crate::process::{self, Launch, Process};
use crate::wait::try_wait_for;

/// Name of the key that may change the zone.
pub const KEY_NAME: &str = "argos-update";
/// Its secret (HMAC-SHA256), in base64.
pub const KEY_SECRET: &str = "c2VjcmV0LW9mLXRoZS11cGRhdGUta2V5LTMyLWJ5dGU=";

/// A running name server.
#[derive(Debug)]
pub struct Bind9 {
    named: Process,
    address: SocketAddr,
    // Dropped after the process.
    dir: TempDir,
}

impl Bind9 {
    /// Finds the server, installing Debian's packages when it is missing.
    ///
    /// # Errors
    /// When it is not here and cannot be installed.
    pub fn find() -> Result<PathBuf, Unavailable> {
        packages::require("dig", &["bind9-dnsutils"], || process::find_program(&["dig"], &[]))?;
        packages::require("BIND", &["bind9"], || process::find_program(&["named"], &[]))
    }

    /// Starts it on a free port, the authority of `zone`.
    ///
    /// # Panics
    /// When it is not here and cannot be installed, or does not start.
    #[must_use]
    pub fn start(zone: &str) -> Self {
        Self::find().unwrap_or_else(|error| panic!("{error}"));
        (0..5).find_map(|_| Self::try_start(zone)).expect("BIND starts on a free port")
    }

    fn try_start(zone: &str) -> Option<Self> {
        let dir = tempfile::Builder::new().prefix("argos-bind9-").tempdir().expect("a temporary directory");
        let here = dir.path().display();
        let port = crate::free_port();
        let config = format!(
            "options {{ directory \"{here}\"; listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; pid-file none;\n\
             session-keyfile none; lock-file none; recursion no; dnssec-validation no; managed-keys-directory \"{here}\"; }};\n\
             controls {{ }};\n\
             key \"{KEY_NAME}\" {{ algorithm hmac-sha256; secret \"{KEY_SECRET}\"; }};\n\
             zone \"{zone}\" {{ type primary; file \"{here}/zone\"; allow-update {{ key \"{KEY_NAME}\"; }}; }};\n"
        );
        let records = format!(
            "$TTL 60\n@ IN SOA ns.{zone}. admin.{zone}. 1 60 60 3600 60\n@ IN NS ns.{zone}.\nns IN A 127.0.0.1\n@ IN A 127.0.0.1\n* IN A 127.0.0.1\n"
        );
        std::fs::write(dir.path().join("named.conf"), config).expect("a writable directory");
        std::fs::write(dir.path().join("zone"), records).expect("a writable directory");
        let program = process::find_program(&["named"], &[]).expect("found before");
        let out = process::log_file(&dir.path().join("log")).expect("a writable directory");
        let err = process::log_file(&dir.path().join("log")).expect("a writable directory");
        let conf = dir.path().join("named.conf").display().to_string();
        let mut named = Launch::new(&program, "KILL")
            .args(["-g", "-c", &conf])
            .with(|command| {
                command.stdout(out).stderr(err);
            })
            .spawn()
            .expect("the program starts");
        let up = try_wait_for(Duration::from_secs(10), || {
            if named.try_exit().is_some() {
                return Some(false);
            }
            // It listens before its zone is loaded.
            let log = process::tail(&dir.path().join("log"), usize::MAX);
            (log.contains("all zones loaded") && log.contains("running")).then_some(true)
        });
        (up == Some(true)).then(|| Self { named, address: SocketAddr::from(([127, 0, 0, 1], port)), dir })
    }

    /// Where it answers, over UDP and TCP.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The texts of a name.
    ///
    /// # Panics
    /// When `dig` cannot be run.
    #[must_use]
    pub fn texts(&self, name: &str) -> Vec<String> {
        let dig = process::find_program(&["dig"], &[]).expect("found before");
        let port = self.address.port().to_string();
        let said = process::run(&dig, &["@127.0.0.1", "-p", &port, "+short", "TXT", name], &[]).unwrap_or_else(|error| panic!("{error}"));
        said.lines().map(|line| line.trim_matches('"').to_owned()).collect()
    }

    /// Everything it said.
    #[must_use]
    pub fn log(&self) -> String {
        process::tail(&self.dir.path().join("log"), usize::MAX)
    }
}

impl Drop for Bind9 {
    fn drop(&mut self) {
        self.named.stop(Signal::TERM, Duration::from_secs(2));
    }
}
