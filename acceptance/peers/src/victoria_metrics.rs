//! Debian's single-node VictoriaMetrics, the second yardstick of the time-series benchmarks.

use std::net::SocketAddr;
use std::time::Duration;

use rustix::process::Signal;
use tempfile::TempDir;

use crate::http::{Client, wait_ready};
use crate::packages::{self, Unavailable};
use crate::process::{self, Launch, Process};

/// A running VictoriaMetrics server.
#[derive(Debug)]
pub struct VictoriaMetrics {
    process: Option<Process>,
    address: SocketAddr,
    // Dropped after the process.
    dir: TempDir,
}

impl VictoriaMetrics {
    /// Finds the program, installing Debian's package when it is missing.
    ///
    /// # Errors
    /// When it is not here and cannot be installed.
    pub fn find() -> Result<std::path::PathBuf, Unavailable> {
        let names = ["victoria-metrics", "victoria-metrics-prod"];
        packages::require("VictoriaMetrics", &["victoria-metrics"], || process::find_program(&names, &[]))
    }

    /// Starts a server that keeps points of any age.
    ///
    /// # Errors
    /// When VictoriaMetrics is not here and cannot be installed, or does not start.
    pub fn start() -> Result<Self, Unavailable> {
        let program = Self::find()?;
        for _ in 0..5 {
            let dir = tempfile::Builder::new().prefix("argos-victoria-").tempdir().map_err(io_failure)?;
            let address = SocketAddr::from(([127, 0, 0, 1], crate::free_port()));
            let mut server = Self { process: None, address, dir };
            server.launch(&program)?;
            if server.wait_ready() {
                return Ok(server);
            }
            if !server.log_tail().contains("address already in use") {
                return Err(Unavailable(format!("VictoriaMetrics did not start:\n{}", server.log_tail())));
            }
        }
        Err(Unavailable("VictoriaMetrics found no free port".to_owned()))
    }

    fn launch(&mut self, program: &std::path::Path) -> Result<(), Unavailable> {
        let log = process::log_file(&self.dir.path().join("victoria.log")).map_err(io_failure)?;
        let log_too = log.try_clone().map_err(io_failure)?;
        let launched = Launch::new(program, "KILL")
            .args(["-storageDataPath=data", "-retentionPeriod=100y", "-loggerLevel=WARN"])
            .args([format!("-httpListenAddr={}", self.address)])
            .with(|command| {
                command.current_dir(self.dir.path()).stdout(log).stderr(log_too);
            })
            .spawn()
            .map_err(io_failure)?;
        self.process = Some(launched);
        Ok(())
    }

    /// Ends the server; its data and its port stay for [`Self::start_again`].
    pub fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.stop(Signal::TERM, Duration::from_secs(10));
        }
    }

    /// Starts it again with the data it had.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start_again(&mut self) {
        let program = Self::find().unwrap_or_else(|error| panic!("{error}"));
        self.launch(&program).unwrap_or_else(|error| panic!("{error}"));
        assert!(self.wait_ready(), "VictoriaMetrics did not start again:\n{}", self.log_tail());
    }

    /// Address of its HTTP API (`/api/v1/import`, `/api/v1/write`, `/api/v1/query_range`).
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A client of its HTTP API.
    #[must_use]
    pub fn client(&self) -> Client {
        Client::new(self.address)
    }

    /// Directory of the stored parts, to measure them.
    #[must_use]
    pub fn storage_dir(&self) -> std::path::PathBuf {
        self.dir.path().join("data")
    }

    /// Process id, to measure it.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.process.as_ref().map_or(0, Process::pid)
    }

    fn wait_ready(&mut self) -> bool {
        self.process.as_mut().is_some_and(|process| wait_ready(process, self.address, "/health"))
    }

    fn log_tail(&self) -> String {
        process::tail(&self.dir.path().join("victoria.log"), 20)
    }
}

impl Drop for VictoriaMetrics {
    fn drop(&mut self) {
        self.stop();
    }
}

#[expect(clippy::needless_pass_by_value, reason = "used as a `map_err` argument")]
fn io_failure(error: std::io::Error) -> Unavailable {
    Unavailable(format!("VictoriaMetrics: {error}"))
}
