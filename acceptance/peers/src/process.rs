//! A child process that cannot outlive its test: own process group, killed on drop, killed by the
//! kernel when the whole test process dies. Its output goes to files, never into the test's own.

use std::ffi::OsStr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use rustix::process::{Pid, Signal};

use crate::wait::try_wait_for;

/// Describes a peer's process before it starts.
#[derive(Debug)]
pub struct Launch {
    command: Command,
    name: String,
}

impl Launch {
    /// Prepares `program`; `on_orphan` is what the kernel sends when the test process dies first.
    #[must_use]
    pub fn new(program: &Path, on_orphan: &str) -> Self {
        let name = program.file_name().map_or_else(|| "peer".to_owned(), |name| name.to_string_lossy().into_owned());
        let setpriv = Path::new("/usr/bin/setpriv");
        let command = if setpriv.exists() {
            let mut command = Command::new(setpriv);
            command.args(["--pdeathsig", on_orphan]).arg(program);
            command
        } else {
            Command::new(program)
        };
        let mut launch = Self { command, name };
        launch.command.process_group(0).stdin(Stdio::null());
        launch
    }

    /// Adds arguments.
    #[must_use]
    pub fn args(mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.command.args(args);
        self
    }

    /// Gives access to the command for everything else (environment, user, standard streams).
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut Command)) -> Self {
        change(&mut self.command);
        self
    }

    /// Starts the process.
    ///
    /// # Errors
    /// When the operating system cannot start it.
    pub fn spawn(self) -> std::io::Result<Process> {
        let name = self.name;
        let child = spawn_on_lasting_thread(self.command)?;
        Ok(Process { child, name, ended: None })
    }
}

/// A running peer process.
#[derive(Debug)]
pub struct Process {
    child: Child,
    name: String,
    ended: Option<ExitStatus>,
}

impl Process {
    /// Process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The child's standard output, once, when it was piped.
    pub fn take_stdout(&mut self) -> Option<std::process::ChildStdout> {
        self.child.stdout.take()
    }

    /// The exit status when the process has ended.
    pub fn try_exit(&mut self) -> Option<ExitStatus> {
        if self.ended.is_none() {
            self.ended = self.child.try_wait().ok().flatten();
        }
        self.ended
    }

    /// Waits for the end of the process, `None` after `limit`.
    pub fn wait_exit(&mut self, limit: Duration) -> Option<ExitStatus> {
        try_wait_for(limit, || self.try_exit())
    }

    /// Sends a signal to the process itself (not to its children).
    pub fn signal(&self, signal: Signal) {
        if let (None, Some(pid)) = (self.ended, self.raw_pid()) {
            ignore(rustix::process::kill_process(pid, signal));
        }
    }

    /// Kills whatever is left of the process group, also after the process itself has ended.
    pub fn kill_group(&self) {
        if let Some(pid) = self.raw_pid() {
            ignore(rustix::process::kill_process_group(pid, Signal::KILL));
        }
    }

    /// Kills the process and all its children at once, then reaps it.
    pub fn kill(&mut self) {
        if self.try_exit().is_some() {
            return;
        }
        self.kill_group();
        ignore(self.child.kill());
        self.ended = self.child.wait().ok();
    }

    /// Asks the process to end with `signal` and kills it after `limit`.
    pub fn stop(&mut self, signal: Signal, limit: Duration) -> Option<ExitStatus> {
        self.signal(signal);
        let status = self.wait_exit(limit);
        if status.is_none() {
            self.kill();
        }
        status
    }

    /// Name of the program, for messages.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    fn raw_pid(&self) -> Option<Pid> {
        i32::try_from(self.child.id()).ok().and_then(Pid::from_raw)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Best effort on the way out: the process may have ended by itself meanwhile.
fn ignore<T, E>(result: Result<T, E>) {
    drop(result);
}

type Order = (Command, mpsc::SyncSender<std::io::Result<Child>>);

/// The kernel sends the orphan signal when the *thread* that started a process ends, so every
/// peer is started by one thread that lives as long as the test process.
fn spawn_on_lasting_thread(command: Command) -> std::io::Result<Child> {
    static ORDERS: OnceLock<Mutex<mpsc::SyncSender<Order>>> = OnceLock::new();
    let orders = ORDERS.get_or_init(|| {
        let (sender, receiver) = mpsc::sync_channel::<Order>(1);
        std::thread::Builder::new()
            .name("peer-starter".to_owned())
            .spawn(move || {
                for (mut command, reply) in receiver {
                    ignore(reply.send(command.spawn()));
                }
            })
            .expect("the test process can start a thread");
        Mutex::new(sender)
    });
    let (reply, answer) = mpsc::sync_channel(1);
    orders
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
        .send((command, reply))
        .map_err(|_| std::io::Error::other("the peer starter has ended"))?;
    answer.recv().map_err(|_| std::io::Error::other("the peer starter has ended"))?
}

/// The last `lines` lines of a log file, for failure messages.
#[must_use]
pub fn tail(path: &Path, lines: usize) -> String {
    let text = std::fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let all: Vec<&str> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}

/// Opens a fresh log file for a peer's output streams.
///
/// # Errors
/// When the file cannot be created.
pub fn log_file(path: &Path) -> std::io::Result<std::fs::File> {
    std::fs::OpenOptions::new().create(true).append(true).open(path)
}

/// Runs a helper program to its end and returns its output.
///
/// # Errors
/// The command line and what it printed, when it could not start or failed.
pub fn run(program: &Path, args: &[&str], envs: &[(&str, &str)]) -> Result<String, String> {
    let output = Command::new(program)
        .args(args)
        .envs(envs.iter().copied())
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{}: {error}", program.display()))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(format!(
        "{} {} ended with {}:\n{}{}",
        program.display(),
        args.join(" "),
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    ))
}

/// A user of `/etc/passwd`.
#[derive(Clone, Debug)]
pub struct Account {
    /// Numeric user id.
    pub uid: u32,
    /// Numeric id of the primary group.
    pub gid: u32,
}

/// Looks up a local account.
#[must_use]
pub fn account(name: &str) -> Option<Account> {
    let passwd = std::fs::read_to_string("/etc/passwd").ok()?;
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next()? == name).then_some(())?;
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        Some(Account { uid, gid })
    })
}

/// Whether the test runs as root: only then packages are installed and file systems mounted.
#[must_use]
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Finds a program in `PATH` and in the places where Debian keeps servers.
#[must_use]
pub fn find_program(names: &[&str], extra_dirs: &[PathBuf]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let dirs = std::env::split_paths(&path)
        .chain(["/usr/sbin", "/usr/local/sbin", "/sbin"].map(PathBuf::from))
        .chain(extra_dirs.iter().cloned())
        .collect::<Vec<_>>();
    names.iter().find_map(|name| dirs.iter().map(|dir| dir.join(name)).find(|file| file.is_file()))
}
