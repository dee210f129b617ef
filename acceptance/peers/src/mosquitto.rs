//! Debian's Mosquitto broker with a login, and a subscriber that writes down what it gets.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use rustix::process::Signal;
use tempfile::TempDir;

use crate::packages::{self, Unavailable};
use crate::process::{self, Launch, Process};
use crate::wait::{try_wait_for, wait_until};

/// Accepted by the broker.
pub const USER: &str = "argos";
/// Its password.
pub const PASSWORD: &str = "broker-pass-word";

/// A running broker and one subscriber to everything.
#[derive(Debug)]
pub struct Mosquitto {
    broker: Process,
    subscriber: Option<Process>,
    port: u16,
    // Dropped after the processes.
    dir: TempDir,
}

impl Mosquitto {
    /// Finds the program, installing Debian's package when it is missing.
    ///
    /// # Errors
    /// When it is not here and cannot be installed.
    pub fn find() -> Result<PathBuf, Unavailable> {
        let sbin = [PathBuf::from("/usr/sbin"), PathBuf::from("/sbin")];
        packages::require("mosquitto_sub", &["mosquitto-clients"], || process::find_program(&["mosquitto_sub"], &[]))?;
        packages::require("mosquitto", &["mosquitto"], || process::find_program(&["mosquitto"], &sbin))
    }

    /// Starts a broker and a subscriber.
    ///
    /// # Panics
    /// When it is not here and cannot be installed, or does not start.
    #[must_use]
    pub fn start() -> Self {
        let program = Self::find().unwrap_or_else(|error| panic!("{error}"));
        for _ in 0..5 {
            if let Some(started) = Self::try_start(&program) {
                return started;
            }
        }
        panic!("mosquitto found no free port");
    }

    fn try_start(program: &std::path::Path) -> Option<Self> {
        let dir = tempfile::Builder::new().prefix("argos-mosquitto-").tempdir().expect("a temporary directory");
        let at = |name: &str| dir.path().join(name).display().to_string();
        let port = crate::free_port();
        let passwords = at("passwords");
        let tool = process::find_program(&["mosquitto_passwd"], &[]).expect("comes with the broker");
        process::run(&tool, &["-b", "-c", &passwords, USER, PASSWORD], &[]).unwrap_or_else(|error| panic!("mosquitto_passwd: {error}"));
        // The broker gives up root for a user that must be able to read the file.
        let user = if process::is_root() { "user root\n" } else { "" };
        let config = format!("listener {port} 127.0.0.1\nallow_anonymous false\npassword_file {passwords}\npersistence false\n{user}");
        std::fs::write(dir.path().join("mosquitto.conf"), config).expect("a writable directory");
        let spawn = |program: &std::path::Path, args: &[String], out: &str| {
            let out = process::log_file(&dir.path().join(out)).expect("a writable directory");
            let err = process::log_file(&dir.path().join("log")).expect("a writable directory");
            Launch::new(program, "KILL")
                .args(args)
                .with(|command| {
                    command.stdout(out).stderr(err);
                })
                .spawn()
                .expect("the program starts")
        };
        let mut broker = spawn(program, &["-c".to_owned(), at("mosquitto.conf")], "broker.log");
        let is_up = try_wait_for(Duration::from_secs(10), || {
            if broker.try_exit().is_some() {
                return Some(false);
            }
            std::net::TcpStream::connect(("127.0.0.1", port)).is_ok().then_some(true)
        });
        if is_up != Some(true) {
            return None;
        }
        let sub = process::find_program(&["mosquitto_sub"], &[]).expect("installed above");
        let words = ["-h", "127.0.0.1", "-p", &port.to_string(), "-u", USER, "-P", PASSWORD, "-t", "#", "-F", "%t %r %p", "-q", "1"]
            .map(str::to_owned);
        let subscriber = spawn(&sub, &words, "messages");
        Some(Self { broker, subscriber: Some(subscriber), port, dir })
    }

    /// `mqtt://user:password@127.0.0.1:port`
    #[must_use]
    pub fn url(&self) -> String {
        format!("mqtt://{USER}:{PASSWORD}@127.0.0.1:{}", self.port)
    }

    /// Publishes a message with the stock client.
    ///
    /// # Panics
    /// When it cannot be published.
    pub fn publish(&self, topic: &str, payload: &str, retained: bool) {
        let tool = process::find_program(&["mosquitto_pub"], &[]).expect("comes with the subscriber");
        let port = self.port.to_string();
        let mut words = vec!["-h", "127.0.0.1", "-p", &port, "-u", USER, "-P", PASSWORD, "-t", topic, "-m", payload, "-q", "1"];
        words.extend(retained.then_some("-r"));
        process::run(&tool, &words, &[]).unwrap_or_else(|error| panic!("mosquitto_pub: {error}"));
    }

    /// Lines `topic retained payload` of everything published so far.
    #[must_use]
    pub fn messages(&self) -> Vec<String> {
        std::fs::read_to_string(self.dir.path().join("messages")).unwrap_or_default().lines().map(str::to_owned).collect()
    }

    /// Topic and payload of everything the broker holds for later subscribers.
    ///
    /// # Panics
    /// When the subscriber cannot be run.
    #[must_use]
    pub fn retained(&self) -> BTreeMap<String, String> {
        let sub = process::find_program(&["mosquitto_sub"], &[]).expect("installed before the broker started");
        let port = self.port.to_string();
        let words = ["-h", "127.0.0.1", "-p", &port, "-u", USER, "-P", PASSWORD, "-t", "#", "-F", "%t %p", "--retained-only", "-W", "1"];
        // It ends by its own time limit, which it calls a failure.
        let said = std::process::Command::new(sub).args(words).output().expect("the program starts").stdout;
        let text = String::from_utf8_lossy(&said).into_owned();
        text.lines().filter_map(|l| l.split_once(' ')).map(|(topic, payload)| (topic.to_owned(), payload.to_owned())).collect()
    }

    /// Waits for a message under `topic`.
    ///
    /// # Panics
    /// When none comes within `limit`.
    #[track_caller]
    #[must_use]
    pub fn wait(&self, topic: &str, limit: Duration) -> String {
        let find = || self.messages().into_iter().find(|m| m.starts_with(&format!("{topic} ")));
        wait_until(&format!("a message under {topic}"), limit, || find().is_some());
        find().unwrap_or_default()
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        if let Some(mut subscriber) = self.subscriber.take() {
            subscriber.stop(Signal::TERM, Duration::from_secs(1));
        }
        self.broker.stop(Signal::TERM, Duration::from_secs(2));
    }
}
