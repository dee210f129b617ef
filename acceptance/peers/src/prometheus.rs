//! Debian's Prometheus with a configuration of the test's choosing.

use std::net::SocketAddr;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;
use tempfile::TempDir;

use crate::http::{Client, wait_ready};
use crate::packages::{self, Unavailable};
use crate::process::{self, Launch, Process};

/// A running Prometheus server.
#[derive(Debug)]
pub struct Prometheus {
    process: Process,
    address: SocketAddr,
    // Dropped after the process.
    dir: TempDir,
}

impl Prometheus {
    /// Finds the program, installing Debian's package when it is missing.
    ///
    /// # Errors
    /// When it is not here and cannot be installed.
    pub fn find() -> Result<std::path::PathBuf, Unavailable> {
        packages::require("Prometheus", &["prometheus"], || process::find_program(&["prometheus"], &[]))
    }

    /// Starts a server with the given `prometheus.yml`; it also takes remote writes.
    ///
    /// # Errors
    /// When Prometheus is not here and cannot be installed, or refuses the configuration.
    pub fn start(config: &str) -> Result<Self, Unavailable> {
        let program = Self::find()?;
        for _ in 0..5 {
            let dir = tempfile::Builder::new().prefix("argos-prometheus-").tempdir().map_err(io_failure)?;
            std::fs::write(dir.path().join("prometheus.yml"), config).map_err(io_failure)?;
            let address = SocketAddr::from(([127, 0, 0, 1], crate::free_port()));
            let log = process::log_file(&dir.path().join("prometheus.log")).map_err(io_failure)?;
            let log_too = log.try_clone().map_err(io_failure)?;
            let process = Launch::new(&program, "KILL")
                .args(["--config.file=prometheus.yml", "--storage.tsdb.path=tsdb", "--log.level=warn"])
                .args([format!("--web.listen-address={address}"), "--web.enable-remote-write-receiver".to_owned()])
                .with(|command| {
                    command.current_dir(dir.path()).stdout(log).stderr(log_too);
                })
                .spawn()
                .map_err(io_failure)?;
            let mut server = Self { process, address, dir };
            if server.wait_ready() {
                return Ok(server);
            }
            if !server.log_tail().contains("address already in use") {
                return Err(Unavailable(format!("Prometheus did not start:\n{}", server.log_tail())));
            }
        }
        Err(Unavailable("Prometheus found no free port".to_owned()))
    }

    /// Address of its HTTP API.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A client of its HTTP API.
    #[must_use]
    pub fn client(&self) -> Client {
        Client::new(self.address)
    }

    /// The `result` of an instant query: a list of `{metric, value: [time, "text"]}`.
    ///
    /// # Panics
    /// When the server refuses the expression.
    #[track_caller]
    #[must_use]
    pub fn query(&self, expression: &str) -> Vec<Value> {
        let target = format!("/api/v1/query?query={}", percent_encode(expression));
        let answer = self.client().get(&target).expect_status(200).json();
        answer["data"]["result"].as_array().cloned().unwrap_or_default()
    }

    /// Directory of the stored blocks, to measure them.
    #[must_use]
    pub fn storage_dir(&self) -> std::path::PathBuf {
        self.dir.path().join("tsdb")
    }

    /// Process id, to measure it.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    fn wait_ready(&mut self) -> bool {
        wait_ready(&mut self.process, self.address, "/-/ready")
    }

    fn log_tail(&self) -> String {
        process::tail(&self.dir.path().join("prometheus.log"), 20)
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        self.process.stop(Signal::TERM, Duration::from_secs(5));
    }
}

/// Percent-encodes everything but unreserved characters (RFC 3986 section 2.3).
#[must_use]
pub fn percent_encode(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
        encoded
    })
}

#[expect(clippy::needless_pass_by_value, reason = "used as a `map_err` argument")]
fn io_failure(error: std::io::Error) -> Unavailable {
    Unavailable(format!("Prometheus: {error}"))
}
