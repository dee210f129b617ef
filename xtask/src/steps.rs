//! Running tools one after the other: a heading with the elapsed time before each, a table of all steps at the end.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Why a command of `cargo xtask` failed, for a person.
#[derive(Debug)]
pub(crate) struct Failed(String);

impl Failed {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A program with its arguments, not yet started.
pub(crate) struct Tool {
    command: Command,
    line: String,
}

impl Tool {
    pub(crate) fn new(program: impl AsRef<OsStr>, dir: &Path) -> Self {
        let line = Path::new(program.as_ref()).file_name().unwrap_or(program.as_ref()).to_string_lossy().into_owned();
        let mut command = Command::new(program.as_ref());
        command.current_dir(dir);
        Self { command, line }
    }

    pub(crate) fn args(mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        for arg in args {
            self.line.push(' ');
            self.line.push_str(&arg.as_ref().to_string_lossy());
            self.command.arg(arg);
        }
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// The words of this command, to be run by another one.
    pub(crate) fn words(&self) -> Vec<OsString> {
        std::iter::once(self.command.get_program()).chain(self.command.get_args()).map(OsStr::to_owned).collect()
    }

    /// Runs it with the terminal of this process.
    pub(crate) fn run(mut self) -> Result<(), Failed> {
        let status = self.command.status().map_err(|e| Failed::new(format!("{}: {e}", self.line)))?;
        if status.success() { Ok(()) } else { Err(Failed::new(format!("failed ({status}): {}", self.line))) }
    }

    /// Runs it and returns its standard output; standard error goes to the terminal.
    pub(crate) fn output(mut self) -> Result<Vec<u8>, Failed> {
        let outcome = self.command.stdin(Stdio::null()).stderr(Stdio::inherit()).output();
        match outcome {
            Ok(Output { status, stdout, .. }) if status.success() => Ok(stdout),
            Ok(Output { status, .. }) => Err(Failed::new(format!("failed ({status}): {}", self.line))),
            Err(e) => Err(Failed::new(format!("{}: {e}", self.line))),
        }
    }

    /// Starts it with its output in a file, to go on with something else meanwhile.
    fn start(mut self, log: &Path) -> Result<Child, Failed> {
        let unwritable = |e: std::io::Error| Failed::new(format!("{}: {e}", log.display()));
        let out = std::fs::File::create(log).map_err(unwritable)?;
        let errors = out.try_clone().map_err(unwritable)?;
        let started = self.command.stdin(Stdio::null()).stdout(out).stderr(errors).spawn();
        started.map_err(|e| Failed::new(format!("{}: {e}", self.line)))
    }

    /// Whether it can be started and succeeds, without a word on the terminal.
    pub(crate) fn succeeds(mut self) -> bool {
        self.command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    }
}

/// The steps of one run.
pub(crate) struct Steps {
    started: Instant,
    done: Vec<Done>,
}

/// A step that runs beside others.
pub(crate) struct Beside {
    name: String,
    began: Instant,
    log: PathBuf,
    child: Result<Child, Failed>,
}

struct Done {
    name: String,
    took: Duration,
    fault: Option<Failed>,
}

impl Steps {
    pub(crate) fn new() -> Self {
        Self { started: Instant::now(), done: Vec::new() }
    }

    /// Runs one step under its heading. When it fails, nothing after it is worth doing.
    pub(crate) fn step(&mut self, name: &str, work: impl FnOnce() -> Result<(), Failed>) -> Result<(), Failed> {
        self.attempt(name, work);
        if self.done.last().is_some_and(|done| done.fault.is_some()) { self.finish() } else { Ok(()) }
    }

    /// Runs one step that others do not build on: its failure is told by [`Steps::finish`], after them.
    pub(crate) fn attempt(&mut self, name: &str, work: impl FnOnce() -> Result<(), Failed>) {
        println!("\n==> {name}  [{}]", minutes(self.started.elapsed()));
        let began = Instant::now();
        let fault = work().err();
        self.done.push(Done { name: name.to_owned(), took: began.elapsed(), fault });
    }

    /// Starts a step beside the next ones; [`Steps::join`] shows what it said.
    pub(crate) fn begin(&self, name: &str, tool: Tool, log: &Path) -> Beside {
        println!("\n==> {name}, beside the next  [{}]", minutes(self.started.elapsed()));
        Beside { name: name.to_owned(), began: Instant::now(), log: log.to_path_buf(), child: tool.start(log) }
    }

    /// Waits for a step that was started beside others.
    pub(crate) fn join(&mut self, beside: Beside) {
        println!("\n==> {}  [{}]", beside.name, minutes(self.started.elapsed()));
        let ended = beside.child.and_then(|mut child| child.wait().map_err(|e| Failed::new(e.to_string())));
        match std::fs::read(&beside.log) {
            Ok(said) => println!("{}", String::from_utf8_lossy(&said)),
            Err(error) => println!("{}: {error}", beside.log.display()),
        }
        let fault = match ended {
            Ok(status) if status.success() => None,
            Ok(status) => Some(Failed::new(format!("failed ({status})"))),
            Err(failed) => Some(failed),
        };
        self.done.push(Done { name: beside.name, took: beside.began.elapsed(), fault });
    }

    /// The table of all steps, and all that failed.
    pub(crate) fn finish(&self) -> Result<(), Failed> {
        println!("\n{:<44} {:>9}", "step", "time");
        for done in &self.done {
            let mark = if done.fault.is_some() { "FAILED" } else { "ok" };
            println!("{:<44} {:>9}  {mark}", done.name, minutes(done.took));
        }
        println!("{:<44} {:>9}", "all", minutes(self.started.elapsed()));
        let faults: Vec<String> = self.done.iter().filter_map(|done| Some(format!("{}: {}", done.name, done.fault.as_ref()?))).collect();
        if faults.is_empty() { Ok(()) } else { Err(Failed::new(faults.join("\n"))) }
    }
}

fn minutes(time: Duration) -> String {
    format!("{}:{:04.1}", time.as_secs() / 60, (time.as_millis() % 60_000) as f64 / 1000.0)
}
