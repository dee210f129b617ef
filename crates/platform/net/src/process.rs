//! The one process runner. Argument lists only, an environment cleared to a short list, no standard input unless
//! given, a time limit, capped output, and a process group that dies with its run: nothing is left behind when the
//! caller is dropped, times out or is cancelled.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};

/// Variables a child inherits; everything else, secrets above all, stays here.
const INHERITED: [&str; 10] =
    ["PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS"];
/// How long output may still arrive after the process itself has ended (a child of it may hold the pipe).
const DRAIN: Duration = Duration::from_millis(500);

/// Time and size limits of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub timeout: Duration,
    /// Bytes kept of each stream; the rest is read and dropped.
    pub output_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(10), output_bytes: 1 << 20 }
    }
}

impl Limits {
    pub const fn seconds(seconds: u64) -> Self {
        Self { timeout: Duration::from_secs(seconds), output_bytes: 1 << 20 }
    }
}

/// A program to run.
pub struct Run {
    program: OsString,
    args: Vec<OsString>,
    env: BTreeMap<String, String>,
    cwd: Option<PathBuf>,
    stdin: Option<Vec<u8>>,
    limits: Limits,
    sink: Option<Sink>,
}

type Sink = Box<dyn FnMut(Stream, &[u8]) + Send>;

/// Which pipe a piece of output came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    Stdout,
    Stderr,
}

/// What came of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Exit code; `None` when a signal ended it or the time ran out.
    pub status: Option<i32>,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    /// More was written than was kept.
    pub truncated: bool,
    pub timed_out: bool,
}

impl Output {
    pub fn success(&self) -> bool {
        self.status == Some(0)
    }
    pub fn stdout_text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }
    pub fn stderr_text(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }
}

/// Why a program did not start.
#[derive(Debug)]
pub enum ProcessError {
    /// There is no such program; the feature that needs it shows its documented "tool missing" answer.
    NotFound(String),
    /// It may not be executed.
    Denied(String),
    Io(io::Error),
}

impl fmt::Display for ProcessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound(program) => write!(f, "{program} is not installed"),
            Self::Denied(program) => write!(f, "{program} may not be executed"),
            Self::Io(e) => write!(f, "the process cannot be run: {e}"),
        }
    }
}

impl std::error::Error for ProcessError {}

impl From<ProcessError> for argos_kernel::AppError {
    fn from(e: ProcessError) -> Self {
        match e {
            ProcessError::NotFound(_) | ProcessError::Denied(_) => Self::unavailable(e.to_string()).code("tool_missing"),
            ProcessError::Io(_) => Self::internal(e),
        }
    }
}

/// Runs `program` with `args` under `limits`.
pub async fn run<A: Into<OsString>>(program: &str, args: impl IntoIterator<Item = A>, limits: Limits) -> Result<Output, ProcessError> {
    Run::new(program).args(args).limits(limits).output().await
}

impl Run {
    pub fn new(program: impl Into<OsString>) -> Self {
        Self {
            program: program.into(),
            args: Vec::new(),
            env: BTreeMap::new(),
            cwd: None,
            stdin: None,
            limits: Limits::default(),
            sink: None,
        }
    }
    #[must_use]
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.args.push(arg.into());
        self
    }
    #[must_use]
    pub fn args<A: Into<OsString>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }
    /// Sets a variable of the child.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.insert(name.to_owned(), value.to_owned());
        self
    }
    #[must_use]
    pub fn current_dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.cwd = Some(dir.into());
        self
    }
    /// Written to the child's standard input, which is closed after it. The way to hand over a secret.
    #[must_use]
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = Some(bytes.into());
        self
    }
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }
    /// Gets every piece of output as it arrives, also what is beyond the kept bytes.
    #[must_use]
    pub fn on_output(mut self, sink: impl FnMut(Stream, &[u8]) + Send + 'static) -> Self {
        self.sink = Some(Box::new(sink));
        self
    }

    #[expect(clippy::disallowed_methods, reason = "this is the one place that starts processes")]
    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.args).env_clear();
        // Read here and not from the settings: these are the machine's variables, not ours.
        command.envs(INHERITED.iter().filter_map(|name| Some((*name, std::env::var_os(name)?))));
        command.envs(&self.env);
        command.stdin(if self.stdin.is_some() { Stdio::piped() } else { Stdio::null() });
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.process_group(0).kill_on_drop(true);
        if let Some(dir) = &self.cwd {
            command.current_dir(dir);
        }
        command
    }

    /// Runs to the end or to the time limit.
    pub async fn output(mut self) -> Result<Output, ProcessError> {
        let name = self.program.to_string_lossy().into_owned();
        let mut child = self.command().spawn().map_err(|e| match e.kind() {
            io::ErrorKind::NotFound if self.cwd.as_ref().is_none_or(|d| d.is_dir()) => ProcessError::NotFound(name),
            io::ErrorKind::PermissionDenied => ProcessError::Denied(name),
            _ => ProcessError::Io(e),
        })?;
        let group = Group(child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw));
        let mut capture =
            Capture { kept: [Vec::new(), Vec::new()], max: self.limits.output_bytes, truncated: false, sink: self.sink.take() };
        let work = drive(&mut child, self.stdin.take(), &mut capture);
        let ended = tokio::time::timeout(self.limits.timeout, work).await;
        // Whatever the process left running goes with it.
        drop(group);
        let (status, timed_out) = match ended {
            Ok(status) => (status.map_err(ProcessError::Io)?.code(), false),
            Err(_) => {
                // Killed just now; this only collects it.
                child.wait().await.map_err(ProcessError::Io)?;
                (None, true)
            }
        };
        let [stdout, stderr] = capture.kept;
        Ok(Output { status, stdout, stderr, truncated: capture.truncated, timed_out })
    }
}

/// Kills the whole process group when the run ends, however it ends.
struct Group(Option<Pid>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(pid) = self.0 {
            // An error means that no process of the group is left.
            kill_process_group(pid, Signal::KILL).ok();
        }
    }
}

struct Capture {
    kept: [Vec<u8>; 2],
    max: usize,
    truncated: bool,
    sink: Option<Sink>,
}

impl Capture {
    fn take(&mut self, stream: Stream, piece: &[u8]) {
        let kept = &mut self.kept[stream as usize];
        let room = self.max.saturating_sub(kept.len()).min(piece.len());
        kept.extend_from_slice(&piece[..room]);
        self.truncated |= room < piece.len();
        if let Some(sink) = &mut self.sink {
            sink(stream, piece);
        }
    }
}

/// Feeds, reads and waits at the same time, so that no full pipe can stop the child.
async fn drive(child: &mut Child, input: Option<Vec<u8>>, capture: &mut Capture) -> io::Result<std::process::ExitStatus> {
    let mut stdin = child.stdin.take();
    let mut stdout = child.stdout.take();
    let mut stderr = child.stderr.take();
    let feed = async {
        if let (Some(mut pipe), Some(bytes)) = (stdin.take(), input) {
            // A child that does not read its input is not an error of the run.
            pipe.write_all(&bytes).await.ok();
            pipe.shutdown().await.ok();
        }
    };
    let collect = async {
        let (mut out, mut err) = (vec![0_u8; 16 << 10], vec![0_u8; 16 << 10]);
        while stdout.is_some() || stderr.is_some() {
            tokio::select! {
                read = next(&mut stdout, &mut out) => match read { Some(n) => capture.take(Stream::Stdout, &out[..n]), None => stdout = None },
                read = next(&mut stderr, &mut err) => match read { Some(n) => capture.take(Stream::Stderr, &err[..n]), None => stderr = None },
            }
        }
    };
    tokio::pin!(feed, collect);
    let mut collected = false;
    let mut fed = false;
    let status = loop {
        tokio::select! {
            () = &mut feed, if !fed => fed = true,
            () = &mut collect, if !collected => collected = true,
            status = child.wait() => break status?,
        }
    };
    if !collected {
        tokio::time::timeout(DRAIN, collect).await.ok();
    }
    Ok(status)
}

/// The next piece of a pipe; `None` at its end. A closed side waits for ever, so that `select!` takes the other.
async fn next<R: AsyncRead + Unpin>(pipe: &mut Option<R>, buffer: &mut [u8]) -> Option<usize> {
    match pipe {
        Some(pipe) => pipe.read(buffer).await.ok().filter(|n| *n > 0),
        None => std::future::pending().await,
    }
}
