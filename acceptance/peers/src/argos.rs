//! The real Argos binary, started by its test-mode contract (platform 20) and nothing else: one
//! directory, one listener, one ready line, exit codes.

mod config;

use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Value, json};

pub use config::{ArgosConfig, Database, binary};

use crate::http::Client;
use crate::process;
use config::Running;

/// Password of the first user (`admin`, role owner) of every test server.
pub const ADMIN_PASSWORD: &str = "Acceptance-1";
/// Master key of every test server unless a test sets another.
pub const MASTER_KEY: &str = "6b1f0c0d5a7e4493b2d8e1f60718293a4b5c6d7e8f901a2b3c4d5e6f70818293";

/// A server that ended instead of becoming ready.
#[derive(Debug)]
pub struct Exited {
    /// Exit code, `None` after a signal.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// End of the log.
    pub stderr: String,
    /// What it was started with, to start it again.
    pub config: ArgosConfig,
}

impl std::fmt::Display for Exited {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "argos ended with {:?} before it was ready\n{}\n{}", self.code, self.stdout, self.stderr)
    }
}

/// A running server.
#[derive(Debug)]
pub struct Argos {
    running: Running,
    address: SocketAddr,
    ready: Value,
    config: ArgosConfig,
}

impl Argos {
    /// A server with default options and the database that the environment asks for.
    ///
    /// # Panics
    /// When it does not become ready.
    #[track_caller]
    #[must_use]
    pub fn start() -> Self {
        ArgosConfig::new().start()
    }

    /// Address of its HTTP listener.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://ip:port`.
    #[must_use]
    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The object of the ready line.
    #[must_use]
    pub fn ready(&self) -> &Value {
        &self.ready
    }

    /// Everything on standard output so far, line by line.
    #[must_use]
    pub fn stdout(&mut self) -> &[String] {
        while let Ok(line) = self.running.stdout.try_recv() {
            self.running.seen.push(line);
        }
        &self.running.seen
    }

    /// The whole log so far.
    #[must_use]
    pub fn log(&self) -> String {
        process::tail(&self.config.log, usize::MAX)
    }

    /// Process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.running.process.pid()
    }

    /// What it was started with.
    #[must_use]
    pub fn config(&self) -> &ArgosConfig {
        &self.config
    }

    /// The data directory.
    #[must_use]
    pub fn data_dir(&self) -> &Path {
        &self.config.data_dir
    }

    /// A client without a credential.
    #[must_use]
    pub fn anonymous(&self) -> Client {
        Client::new(self.address)
    }

    /// Signs in by `/api/login` and returns the token.
    ///
    /// # Panics
    /// When the server refuses.
    #[track_caller]
    #[must_use]
    pub fn login(&self, username: &str, password: &str) -> String {
        let body = json!({"username": username, "password": password});
        let answer = self.anonymous().post("/api/login", body).expect_status(200).json();
        answer["token"].as_str().unwrap_or_else(|| panic!("sign-in without a token: {answer}")).to_owned()
    }

    /// A client signed in as the first user (role owner).
    ///
    /// # Panics
    /// When the server refuses.
    #[track_caller]
    #[must_use]
    pub fn admin(&self) -> Client {
        self.anonymous().with_bearer(&self.login("admin", ADMIN_PASSWORD))
    }

    /// Asks the server to stop and waits for it.
    ///
    /// # Panics
    /// When it is still there after 20 s (the product's own limit is 15 s).
    #[track_caller]
    pub fn stop(mut self) -> Stopped {
        self.running.process.signal(Signal::TERM);
        let status = self
            .running
            .process
            .wait_exit(Duration::from_secs(20))
            .unwrap_or_else(|| panic!("still running 20 s after SIGTERM; log:\n{}", self.log()));
        self.ended(status)
    }

    /// Sends a signal without waiting.
    pub fn signal(&self, signal: Signal) {
        self.running.process.signal(signal);
    }

    /// Whether the process still runs.
    pub fn is_running(&mut self) -> bool {
        self.running.process.try_exit().is_none()
    }

    /// Kills the server as a crash would.
    pub fn kill9(mut self) -> Stopped {
        self.running.process.kill();
        let status = self.running.process.wait_exit(Duration::from_secs(5)).unwrap_or_default();
        self.ended(status)
    }

    fn ended(self, status: ExitStatus) -> Stopped {
        let Self { mut running, config, .. } = self;
        // A child of the server would hold its standard output open.
        running.process.kill_group();
        let mut stdout = std::mem::take(&mut running.seen);
        stdout.extend(running.stdout.iter());
        Stopped { code: status.code(), stdout, config }
    }
}

/// A server that has ended after it was ready.
#[derive(Debug)]
pub struct Stopped {
    /// Exit code, `None` after a signal.
    pub code: Option<i32>,
    /// Everything it wrote on standard output.
    pub stdout: Vec<String>,
    /// To start it again on the same directory and database.
    pub config: ArgosConfig,
}

impl Stopped {
    /// Starts the server again on the same directory and database.
    ///
    /// # Panics
    /// When it does not become ready.
    #[track_caller]
    #[must_use]
    pub fn restart(self) -> Argos {
        self.config.start()
    }
}
