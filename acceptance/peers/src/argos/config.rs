//! How a test server is started: directory, database, environment, account. Kept by the running
//! server so that it can be started again on the same state.

use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use super::{ADMIN_PASSWORD, Argos, Exited, MASTER_KEY};
use crate::postgres::PostgresDatabase;
use crate::process::{self, Launch, Process};

/// Generous, because a debug build shares two cores with other tests; the product's own limit
/// of 5 s is for a machine of its own.
const READY_LIMIT: Duration = Duration::from_secs(60);

/// Where a test server keeps its state.
#[derive(Debug)]
pub enum Database {
    /// `argos.db` and `telemetry.db` inside the data directory.
    Sqlite,
    /// A PostgreSQL database, passed as `--database-url`.
    Postgres(PostgresDatabase),
}

impl Database {
    /// What `ARGOS_TEST_DATABASE` asks for: `postgres`, else SQLite.
    ///
    /// # Panics
    /// When PostgreSQL is asked for and cannot be had.
    #[must_use]
    pub fn of_environment() -> Self {
        match std::env::var("ARGOS_TEST_DATABASE").as_deref() {
            Ok("postgres") => Self::Postgres(PostgresDatabase::on_shared_server().unwrap_or_else(|error| panic!("{error}"))),
            Ok("sqlite" | "") | Err(_) => Self::Sqlite,
            Ok(other) => panic!("ARGOS_TEST_DATABASE={other}: use sqlite or postgres"),
        }
    }
}

/// How a test server is started; kept, so that it can be started again on the same directory.
#[derive(Debug)]
pub struct ArgosConfig {
    env: Vec<(OsString, OsString)>,
    args: Vec<OsString>,
    listen: String,
    program: PathBuf,
    account: Option<process::Account>,
    /// Replaces `/etc/hosts` for the server.
    hosts: Option<PathBuf>,
    database: Database,
    pub(super) data_dir: PathBuf,
    pub(super) log: PathBuf,
    // Removed when the config goes.
    root: TempDir,
}

impl ArgosConfig {
    /// A server on an empty data directory, with the database that the environment asks for.
    ///
    /// # Panics
    /// When there is no binary to start or no database to be had.
    #[must_use]
    pub fn new() -> Self {
        Self::with_database(Database::of_environment())
    }

    /// A server on an empty data directory with this database.
    ///
    /// # Panics
    /// When there is no binary to start.
    #[must_use]
    pub fn with_database(database: Database) -> Self {
        let root = tempfile::Builder::new().prefix("argos-test-").tempdir().expect("the temporary directory takes a subdirectory");
        Self {
            env: Vec::new(),
            args: Vec::new(),
            listen: "127.0.0.1:0".to_owned(),
            program: binary(),
            account: None,
            hosts: None,
            database,
            data_dir: root.path().join("data"),
            log: root.path().join("stderr.log"),
            root,
        }
        .env("ARGOS_INITIAL_ADMIN_PASSWORD", ADMIN_PASSWORD)
        .env("ARGOS_MASTER_KEY", MASTER_KEY)
    }

    /// Sets an environment variable; the last value of a name counts.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.set_env(name, value);
        self
    }

    /// Sets an environment variable for the next start.
    pub fn set_env(&mut self, name: &str, value: &str) {
        self.unset_env(name);
        self.env.push((name.into(), value.into()));
    }

    /// Takes an environment variable away, also one of the defaults.
    #[must_use]
    pub fn without_env(mut self, name: &str) -> Self {
        self.unset_env(name);
        self
    }

    /// Takes an environment variable away for the next start.
    pub fn unset_env(&mut self, name: &str) {
        self.env.retain(|(key, _)| key != name);
    }

    /// Adds an argument after `serve --data-dir .. --listen ..`.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// Listens elsewhere than on a port of the system's choosing.
    #[must_use]
    pub fn listen(mut self, address: &str) -> Self {
        address.clone_into(&mut self.listen);
        self
    }

    /// Uses another data directory than the temporary one.
    #[must_use]
    pub fn data_dir(mut self, dir: &Path) -> Self {
        self.data_dir = dir.to_path_buf();
        self
    }

    /// Starts the server without waiting for anything, to end it in the middle of its start.
    ///
    /// # Panics
    /// When the binary cannot be started.
    #[must_use]
    pub fn spawn_unready(&self) -> Process {
        self.spawn(Stdio::null()).expect("the binary can be started")
    }

    /// Runs the server as another account; the binary is copied to where that account can read it.
    ///
    /// # Panics
    /// When the binary cannot be copied.
    #[must_use]
    pub fn run_as(mut self, account: process::Account) -> Self {
        use std::os::unix::fs::PermissionsExt;
        let readable = std::fs::Permissions::from_mode(0o755);
        let copy = self.root.path().join("argos");
        std::fs::copy(&self.program, &copy).expect("the binary can be copied");
        std::fs::set_permissions(&copy, readable.clone()).expect("the copy can be made executable");
        std::fs::set_permissions(self.root.path(), readable).expect("the test directory can be opened");
        self.program = copy;
        self.account = Some(account);
        self
    }

    /// Gives the server names of its own, which lead where the test wants. It runs in a mount namespace for that.
    ///
    /// # Panics
    /// When the file cannot be written.
    #[must_use]
    pub fn hosts(mut self, names: &[(&str, &str)]) -> Self {
        let file = self.root.path().join("hosts");
        let lines: String = names.iter().map(|(name, address)| format!("{address} {name}\n")).collect();
        std::fs::write(&file, format!("127.0.0.1 localhost\n{lines}")).expect("a writable directory");
        self.hosts = Some(file);
        self
    }

    /// Where the server keeps its state.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// The data directory.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.data_dir
    }

    /// A directory of this test beside the data directory.
    #[must_use]
    pub fn scratch(&self) -> &Path {
        self.root.path()
    }

    /// Starts the server and waits for its ready line.
    ///
    /// # Panics
    /// When it ends before it is ready, showing its log.
    #[track_caller]
    #[must_use]
    pub fn start(self) -> Argos {
        self.try_start().unwrap_or_else(|exited| panic!("{exited}"))
    }

    /// Starts the server and waits until it is ready or has ended.
    ///
    /// # Errors
    /// How it ended, with everything it printed.
    ///
    /// # Panics
    /// When it does neither within a minute.
    pub fn try_start(self) -> Result<Argos, Box<Exited>> {
        let mut running = match self.launch() {
            Ok(running) => running,
            Err(error) => panic!("{}: {error}", self.program.display()),
        };
        let deadline = Instant::now() + READY_LIMIT;
        loop {
            match running.stdout.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    running.seen.push(line);
                    let line = running.seen.last().map(String::as_str).unwrap_or_default();
                    if let Some(ready) = line.strip_prefix("ARGOS_READY ") {
                        let ready: Value = serde_json::from_str(ready).unwrap_or_else(|error| panic!("ready line: {error}: {ready}"));
                        let address = ready["http"]
                            .as_str()
                            .and_then(|text| text.parse().ok())
                            .unwrap_or_else(|| panic!("ready line without an http address: {ready}"));
                        return Ok(Argos { running, address, ready, config: self });
                    }
                }
                Err(RecvTimeoutError::Disconnected) => {
                    let status = running.process.wait_exit(Duration::from_secs(10));
                    return Err(Box::new(Exited {
                        code: status.and_then(|status| status.code()),
                        stdout: running.seen.join("\n"),
                        stderr: process::tail(&self.log, 200),
                        config: self,
                    }));
                }
                Err(RecvTimeoutError::Timeout) => {
                    panic!("no ARGOS_READY line within {READY_LIMIT:?}; log:\n{}", process::tail(&self.log, 60))
                }
            }
        }
    }

    /// Runs another command of the binary on this server's directory and database to its end.
    ///
    /// # Panics
    /// When the binary cannot be started.
    #[must_use]
    pub fn cli(&self, args: &[&str]) -> std::process::Output {
        let mut command = std::process::Command::new(&self.program);
        command.args(args).arg("--data-dir").arg(&self.data_dir);
        if let Database::Postgres(database) = &self.database {
            command.arg("--database-url").arg(database.url());
        }
        self.set_environment(&mut command);
        command.stdin(Stdio::null()).output().expect("the binary can be started")
    }

    fn launch(&self) -> std::io::Result<Running> {
        let mut process = self.spawn(Stdio::piped())?;
        let stdout = process.take_stdout().expect("the standard output is piped");
        Ok(Running { process, stdout: lines_of(stdout), seen: Vec::new(), log: self.log.clone() })
    }

    fn spawn(&self, stdout: Stdio) -> std::io::Result<Process> {
        let log = process::log_file(&self.log)?;
        let mut words: Vec<OsString> = vec!["serve".into(), "--data-dir".into(), self.data_dir.clone().into()];
        words.extend(["--listen".into(), self.listen.clone().into()]);
        if let Database::Postgres(database) = &self.database {
            words.extend(["--database-url".into(), database.url().into()]);
        }
        words.extend(self.args.iter().cloned());
        let program = match &self.hosts {
            None => self.program.clone(),
            Some(file) => {
                // Each step becomes the next one, so the process keeps its id.
                let script = "mount --bind \"$0\" /etc/hosts && exec \"$@\"";
                let before: [OsString; 7] =
                    ["-r".into(), "-m".into(), "sh".into(), "-c".into(), script.into(), file.into(), self.program.clone().into()];
                words = before.into_iter().chain(words).collect();
                PathBuf::from("/usr/bin/unshare")
            }
        };
        Launch::new(&program, "KILL")
            .args(words)
            .with(|command| {
                use std::os::unix::process::CommandExt;
                self.set_environment(command);
                command.current_dir(self.root.path()).stdout(stdout).stderr(log);
                if let Some(account) = &self.account {
                    command.uid(account.uid).gid(account.gid);
                }
            })
            .spawn()
    }

    /// Only what the test says: a variable of the developer's shell must not change a result.
    fn set_environment(&self, command: &mut std::process::Command) {
        command.env_clear();
        for name in ["PATH", "HOME", "TMPDIR", "RUST_BACKTRACE"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
    }
}

impl Default for ArgosConfig {
    fn default() -> Self {
        Self::new()
    }
}

/// The binary under test: `ARGOS_BIN`, else the one in this build's target directory.
///
/// # Panics
/// When it is not there, naming the command that builds it.
#[must_use]
pub fn binary() -> PathBuf {
    if let Some(path) = std::env::var_os("ARGOS_BIN").filter(|path| !path.is_empty()) {
        return PathBuf::from(path);
    }
    // Test executables stand in target/debug/deps.
    let built = std::env::current_exe().ok().and_then(|exe| Some(exe.parent()?.parent()?.join("argos")));
    match built {
        Some(path) if path.is_file() => path,
        _ => panic!("no argos binary: run `cargo build -p argos` or set ARGOS_BIN"),
    }
}

fn lines_of(stdout: std::process::ChildStdout) -> Receiver<String> {
    let (sender, receiver) = std::sync::mpsc::sync_channel(1024);
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

#[derive(Debug)]
pub(super) struct Running {
    pub(super) process: Process,
    pub(super) stdout: Receiver<String>,
    pub(super) seen: Vec<String>,
    log: PathBuf,
}

impl Drop for Running {
    /// A failing test shows the server's log; a server that panicked fails the test.
    #[expect(clippy::print_stderr, reason = "the log belongs to the failure it explains")]
    fn drop(&mut self) {
        self.process.kill();
        let log = process::tail(&self.log, usize::MAX);
        if std::thread::panicking() {
            eprintln!("---- log of argos ----\n{}", process::tail(&self.log, 80));
        } else if let Some(line) = log.lines().find(|line| line.contains("panicked at")) {
            panic!("the server panicked: {line}");
        }
    }
}
