//! The browser's processes: started with the debugging pipe on descriptors 3 and 4, in a group of their own, with a
//! profile of their own. However it ends, the group is killed, every child reaped and the profile removed. When this
//! process dies, kill -9 too, its ends of the pipe close and the browser quits by itself.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, WaitOptions};
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe;
use tokio::sync::watch;

use crate::error::CdpError;
use crate::task;

/// What is kept of the standard error.
const STDERR_BYTES_MAX: usize = 8192;
/// Variables the browser gets; everything else, secrets above all, stays here.
const INHERITED: [&str; 7] = ["PATH", "USER", "LOGNAME", "TMPDIR", "DISPLAY", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR"];
/// The shell gives the pipe its numbers: no safe call of Rust does.
const REDIRECT: &str = "exec \"$0\" \"$@\" 3<&0 4>&1 </dev/null >/dev/null";

/// What is started.
pub(crate) struct Start {
    pub(crate) program: PathBuf,
    pub(crate) args: Vec<OsString>,
    pub(crate) profile: tempfile::TempDir,
    /// Held as long as the profile is used; see `launch::sweep_profiles`.
    pub(crate) lock: std::fs::File,
}

/// A running browser; dropping it kills it.
pub(crate) struct Process {
    pid: u32,
    group: Arc<Group>,
    /// Why it was killed, when somebody said so.
    why: Arc<OnceLock<String>>,
    ended: watch::Receiver<Option<String>>,
    tail: Tail,
}

/// The ends of the pipe that are ours.
pub(crate) struct Pipe {
    pub(crate) reader: pipe::Receiver,
    pub(crate) writer: pipe::Sender,
}

/// The process group. Its number is only ours while its leader is not reaped.
struct Group(Mutex<Option<Pid>>);

impl Group {
    fn lock(&self) -> MutexGuard<'_, Option<Pid>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn kill(&self) {
        if let Some(pid) = *self.lock() {
            // An error means that nobody of the group is left.
            rustix::process::kill_process_group(pid, Signal::KILL).ok();
        }
    }
}

/// The end of what the browser writes to its standard error.
#[derive(Clone, Default)]
struct Tail {
    bytes: Arc<Mutex<VecDeque<u8>>>,
    complete: Arc<watch::Sender<bool>>,
}

impl Tail {
    async fn keep(self, mut stderr: pipe::Receiver) {
        let mut piece = [0; 2048];
        while let Ok(count @ 1..) = stderr.read(&mut piece).await {
            let mut bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
            bytes.extend(&piece[..count]);
            let over = bytes.len().saturating_sub(STDERR_BYTES_MAX);
            bytes.drain(..over);
        }
        self.complete.send_replace(true);
    }

    /// What was said, once all was read. Whoever left the group may hold the pipe for ever, so not for long.
    async fn last_words(&self) -> String {
        let mut complete = self.complete.subscribe();
        tokio::time::timeout(Duration::from_millis(500), complete.wait_for(|complete| *complete)).await.ok();
        let mut bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(bytes.make_contiguous()).trim().to_owned()
    }
}

impl Process {
    pub(crate) fn start(start: Start) -> Result<(Self, Pipe), CdpError> {
        let broken = |error: io::Error| CdpError::Launch(format!("{}: {error}", start.program.display()));
        let mut child = command(&start).spawn().map_err(broken)?;
        let pid = child.id();
        let group = Arc::new(Group(Mutex::new(i32::try_from(pid).ok().and_then(Pid::from_raw))));
        let tail = Tail::default();
        let pipe = pipe_of(&mut child, &tail);
        let (ended_sender, ended) = watch::channel(None);
        let waiting = group.clone();
        // A thread and not a task: a runtime that shuts down would leave a zombie.
        let waiter = std::thread::Builder::new().name("chromium".to_owned()).stack_size(256 << 10);
        let started = waiter.spawn(move || {
            let how = reap(child, &waiting, start.profile.path());
            drop(start.lock);
            ended_sender.send_replace(Some(how));
        });
        let process = Self { pid, group, why: Arc::default(), ended, tail };
        match (started, pipe) {
            (Ok(_), Ok(pipe)) => Ok((process, pipe)),
            // Dropping the process kills what was started.
            (Err(error), _) | (_, Err(error)) => Err(CdpError::Launch(error.to_string())),
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    pub(crate) fn kill(&self) {
        self.group.kill();
    }

    /// Kills it for a reason, which is told as its end. The first one stays.
    pub(crate) fn kill_for(&self, why: &str) {
        drop(self.why.set(why.to_owned()));
        self.group.kill();
    }

    /// Memory that only its processes have, in bytes; `None` where the system does not tell. Reads a file for each process of
    /// the machine.
    pub(crate) fn memory_bytes(&self) -> Option<u64> {
        let processes = std::fs::read_dir("/proc").ok()?.flatten().map(|entry| entry.path());
        let own = processes.filter(|path| std::fs::read_to_string(path.join("stat")).is_ok_and(|stat| group_of(&stat) == Some(self.pid)));
        let held: Vec<u64> = own.filter_map(|path| anonymous_bytes(&std::fs::read_to_string(path.join("status")).ok()?)).collect();
        (!held.is_empty()).then(|| held.iter().sum())
    }

    /// How it ended, once it did and nothing is left of it.
    pub(crate) fn ended(&self) -> impl Future<Output = String> + Send + 'static {
        let (mut ended, tail, why) = (self.ended.clone(), self.tail.clone(), self.why.clone());
        async move {
            let how = match ended.wait_for(Option::is_some).await {
                Ok(how) => how.clone().unwrap_or_default(),
                Err(_) => "nobody waited for it".to_owned(),
            };
            let how = why.get().map_or_else(|| how.clone(), |why| format!("{why} ({how})"));
            let text = tail.last_words().await;
            if text.is_empty() { how } else { format!("{how}; it said: {text}") }
        }
    }

    /// Kills it and says how it ended: for a browser whose pipe is closed, which is of no use any more.
    pub(crate) fn finish(&self) -> impl Future<Output = String> + Send + 'static {
        let (group, ended) = (self.group.clone(), self.ended());
        async move {
            tokio::pin!(ended);
            // It closes its pipe a moment before it ends; its own exit status tells more than our signal.
            if let Ok(how) = tokio::time::timeout(Duration::from_secs(2), &mut ended).await {
                return how;
            }
            group.kill();
            ended.await
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

#[expect(clippy::disallowed_methods, reason = "a browser is no run with an end: it lives as long as its pipe")]
fn command(start: &Start) -> std::process::Command {
    use std::os::unix::process::CommandExt;

    let mut command = std::process::Command::new("/bin/sh");
    command.arg("-c").arg(REDIRECT).arg(&start.program).args(&start.args);
    command.env_clear().envs(INHERITED.iter().filter_map(|name| Some((*name, std::env::var_os(name)?))));
    // What the browser and its libraries keep beside the profile goes with it.
    command.env("HOME", start.profile.path()).env("XDG_CONFIG_HOME", start.profile.path().join("config"));
    command.env("XDG_CACHE_HOME", start.profile.path().join("cache")).env("LANG", "C.UTF-8");
    // The browser sets these while its threads read others. A name that is new has the whole list moved, and a thread that
    // reads it then dies of it (one start in five hundred); of one that is there only the value changes.
    command.env("FC_FONTATIONS", "1").env("DBUS_SESSION_BUS_ADDRESS", "disabled:");
    command.current_dir(start.profile.path());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    command
}

fn pipe_of(child: &mut Child, tail: &Tail) -> io::Result<Pipe> {
    let missing = || io::Error::other("the pipe was not made");
    let stderr = pipe::Receiver::from_owned_fd(OwnedFd::from(child.stderr.take().ok_or_else(missing)?))?;
    task::spawn(tail.clone().keep(stderr));
    Ok(Pipe {
        reader: pipe::Receiver::from_owned_fd(OwnedFd::from(child.stdout.take().ok_or_else(missing)?))?,
        writer: pipe::Sender::from_owned_fd(OwnedFd::from(child.stdin.take().ok_or_else(missing)?))?,
    })
}

/// Waits for the leader, kills what is left of its group while its number still belongs to us, and reaps.
fn reap(mut child: Child, group: &Group, profile: &Path) -> String {
    let pid = *group.lock();
    if let Some(pid) = pid {
        // Sees the end without reaping. Interrupted by a signal at most; then the wait below does it.
        while matches!(
            rustix::process::waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT),
            Err(rustix::io::Errno::INTR)
        ) {}
    }
    group.kill();
    let how = {
        let mut own = group.lock();
        *own = None;
        child.wait().map_or_else(|error| format!("its end is not known: {error}"), |status| status.to_string())
    };
    if let Some(pid) = pid {
        // Grandchildren come to us when we are the first process of a container.
        while matches!(rustix::process::waitpgid(pid, WaitOptions::empty()), Ok(Some(_)) | Err(rustix::io::Errno::INTR)) {}
    }
    remove(profile);
    how
}

/// Grandchildren were just killed; until they are gone they may still write, and nothing tells us when.
fn remove(profile: &Path) {
    for _ in 0..100 {
        match std::fs::remove_dir_all(profile) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => std::thread::park_timeout(Duration::from_millis(20)),
            _ => return,
        }
    }
}

/// The process group in a line of `/proc/N/stat`. The name of the program stands in brackets and may contain anything.
fn group_of(stat: &str) -> Option<u32> {
    stat.rsplit_once(')')?.1.split_whitespace().nth(2)?.parse().ok()
}

/// What `/proc/N/status` tells of memory that is no part of a file.
fn anonymous_bytes(status: &str) -> Option<u64> {
    let kib = |line: &str| line.split_whitespace().nth(1)?.parse::<u64>().ok();
    let held: Vec<u64> =
        status.lines().filter(|line| line.starts_with("RssAnon:") || line.starts_with("RssShmem:")).filter_map(kib).collect();
    (!held.is_empty()).then(|| held.iter().sum::<u64>().saturating_mul(1024))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{anonymous_bytes, group_of};

    #[test]
    fn group_and_memory_are_read_from_what_the_system_tells() {
        assert_eq!(group_of("71 (a) b (c) S 1 70 70 0 -1"), Some(70));
        assert_eq!(anonymous_bytes("Name:\tx\nVmRSS:\t 900 kB\nRssAnon:\t  40 kB\nRssFile:\t 7 kB\nRssShmem:\t 2 kB\n"), Some(42 << 10));
        assert_eq!((group_of("71 (kworker"), anonymous_bytes("Name:\tkworker\n")), (None, None));
    }

    proptest! {
        #[test]
        fn any_line_of_the_system_is_read(text in "\\PC{0,60}") {
            prop_assert!(group_of(&text).is_none_or(|_| text.contains(')')));
            let _ = anonymous_bytes(&format!("RssAnon:{text}"));
        }
    }
}
