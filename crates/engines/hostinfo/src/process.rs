//! One process: the model and the parsers of `/proc/<pid>/{stat,status,io,cmdline}`.
//!
//! The table that follows processes over time is `process_table`. Names and command lines are what
//! the process says about itself. Field meanings: proc_pid_stat(5), proc_pid_io(5).

use crate::text;
use serde::Serialize;
use std::sync::Arc;

/// State of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProcessState {
    Running,
    Sleeping,
    /// Uninterruptible, usually waiting for storage.
    DiskSleep,
    Stopped,
    TracingStop,
    Zombie,
    Dead,
    /// A kernel thread with nothing to do.
    Idle,
    Parked,
    Unknown,
}

/// One process of a sample. Rates are `None` when it was seen for the first time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Process {
    pub pid: u32,
    pub ppid: u32,
    pub name: Arc<str>,
    /// Arguments joined by spaces; empty for kernel threads and zombies.
    pub cmdline: Arc<str>,
    pub uid: Option<u32>,
    /// Local name of `uid`.
    pub user: Option<Arc<str>>,
    pub state: ProcessState,
    pub kernel_thread: bool,
    pub threads: u32,
    pub nice: i32,
    pub resident_bytes: u64,
    pub virtual_bytes: u64,
    /// Resident memory in percent of the machine's.
    pub memory_percent: Option<f64>,
    /// 100 is one processor fully used, so a process with threads may exceed it.
    pub cpu_percent: Option<f64>,
    pub cpu_seconds: f64,
    /// From and to storage. `None` also when the process may not be inspected.
    pub read_bytes_per_s: Option<f64>,
    pub write_bytes_per_s: Option<f64>,
    pub started_unix_s: Option<i64>,
}

impl Process {
    /// Reads and writes together, `None` while either is unknown.
    #[must_use]
    pub fn io_bytes_per_s(&self) -> Option<f64> {
        Some(self.read_bytes_per_s? + self.write_bytes_per_s?)
    }
}

/// The fields of `/proc/<pid>/stat` that are used here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stat<'a> {
    pub pid: u32,
    /// At most 15 bytes, whatever the process chose.
    pub comm: &'a [u8],
    pub state: ProcessState,
    pub ppid: u32,
    pub flags: u64,
    /// User and system time in clock ticks.
    pub cpu_ticks: u64,
    pub nice: i32,
    pub threads: u32,
    /// Clock ticks after boot; with the pid it identifies a process.
    pub start_ticks: u64,
    pub virtual_bytes: u64,
    pub resident_pages: u64,
}

const PF_KTHREAD: u64 = 0x0020_0000;

impl<'a> Stat<'a> {
    /// Parses a stat line. The name may hold anything, parentheses included: the last one ends it.
    #[must_use]
    pub fn parse(line: &'a [u8]) -> Option<Self> {
        let open = line.iter().position(|&byte| byte == b'(')?;
        let close = line.iter().rposition(|&byte| byte == b')')?;
        let pid = text::number(line.get(..open)?)?;
        let comm = line.get(open + 1..close)?;
        let mut fields = text::fields(line.get(close + 1..)?);
        let state = ProcessState::parse(*fields.next()?.first()?);
        let ppid = text::number(fields.next()?)?;
        let flags = text::number(fields.nth(4)?)?;
        let user_ticks: u64 = text::number(fields.nth(4)?)?;
        let system_ticks: u64 = text::number(fields.next()?)?;
        let nice = text::number(fields.nth(3)?)?;
        let threads = text::number(fields.next()?)?;
        let start_ticks = text::number(fields.nth(1)?)?;
        let virtual_bytes = text::number(fields.next()?)?;
        let resident_pages: i64 = text::number(fields.next()?)?;
        Some(Self {
            pid,
            comm,
            state,
            ppid,
            flags,
            cpu_ticks: user_ticks.checked_add(system_ticks)?,
            nice,
            threads,
            start_ticks,
            virtual_bytes,
            // Batched counters of the kernel may show a small negative number.
            resident_pages: u64::try_from(resident_pages).unwrap_or(0),
        })
    }

    #[must_use]
    pub fn is_kernel_thread(&self) -> bool {
        self.flags & PF_KTHREAD != 0
    }
}

impl ProcessState {
    fn parse(letter: u8) -> Self {
        match letter {
            b'R' => Self::Running,
            b'S' => Self::Sleeping,
            b'D' => Self::DiskSleep,
            b'T' => Self::Stopped,
            b't' => Self::TracingStop,
            b'Z' => Self::Zombie,
            b'X' | b'x' => Self::Dead,
            b'I' => Self::Idle,
            b'P' => Self::Parked,
            _ => Self::Unknown,
        }
    }

    /// The usual word, as serialised.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Sleeping => "sleeping",
            Self::DiskSleep => "disk-sleep",
            Self::Stopped => "stopped",
            Self::TracingStop => "tracing-stop",
            Self::Zombie => "zombie",
            Self::Dead => "dead",
            Self::Idle => "idle",
            Self::Parked => "parked",
            Self::Unknown => "unknown",
        }
    }
}

/// Bytes that went to storage: `read_bytes` and `write_bytes` of `/proc/<pid>/io`.
#[must_use]
pub fn parse_io(text: &[u8]) -> Option<(u64, u64)> {
    let value = |wanted: &[u8]| {
        text::lines(text)
            .filter_map(|line| text::pair(line, b':'))
            .find(|(key, _)| *key == wanted)
            .and_then(|(_, value)| text::number(value))
    };
    Some((value(b"read_bytes")?, value(b"write_bytes")?))
}

/// Real user id of `/proc/<pid>/status`.
#[must_use]
pub fn parse_uid(text: &[u8]) -> Option<u32> {
    let line = text::lines(text).find_map(|line| line.strip_prefix(b"Uid:"))?;
    text::fields(line).next().and_then(text::number)
}

/// Longest command line that is kept.
const CMDLINE_BYTES_MAX: usize = 2048;

/// Arguments separated by spaces, cut at a limit.
#[must_use]
pub fn parse_cmdline(text: &[u8]) -> String {
    let end = text.iter().rposition(|&byte| byte != 0 && byte != b' ').map_or(0, |last| last + 1);
    let kept = text.get(..end.min(CMDLINE_BYTES_MAX)).unwrap_or_default();
    String::from_utf8_lossy(kept).replace('\0', " ")
}

/// The kernel cuts names after 15 bytes. Where the first argument goes on in the same way, it holds
/// the whole name.
#[must_use]
pub fn full_name(comm: &[u8], cmdline: &[u8]) -> String {
    const COMM_BYTES_MAX: usize = 15;
    const NAME_BYTES_MAX: usize = 64;
    let program = cmdline.split(|&byte| byte == 0).next().unwrap_or_default();
    let base = program.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
    let longer = comm.len() >= COMM_BYTES_MAX && base.starts_with(comm) && base.len() <= NAME_BYTES_MAX;
    String::from_utf8_lossy(if longer { base } else { comm }).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAT: &[u8] = b"11548 (cat) R 11538 11538 2516 0 -1 4194304 99 0 0 0 7 5 0 0 20 -3 4 0 93734 3133440 390 18446744073709551615 94222917722112 94222917741993 140732280235840 0 0 0 0 0 0 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0\n";

    #[test]
    fn stat_line_is_read() {
        let stat = Stat::parse(STAT).expect("stat");
        assert_eq!((stat.pid, stat.ppid, stat.comm), (11_548, 11_538, &b"cat"[..]));
        assert_eq!((stat.state, stat.nice, stat.threads), (ProcessState::Running, -3, 4));
        assert_eq!((stat.cpu_ticks, stat.start_ticks), (12, 93_734));
        assert_eq!((stat.virtual_bytes, stat.resident_pages), (3_133_440, 390));
        assert!(!stat.is_kernel_thread());
    }

    #[test]
    fn stat_line_of_a_process_with_a_hostile_name_is_read() {
        let line = String::from_utf8_lossy(STAT).replace("(cat)", "(a) R 1 (b\n) )");
        let stat = Stat::parse(line.as_bytes()).expect("stat");
        assert_eq!((stat.comm, stat.ppid), (&b"a) R 1 (b\n) "[..], 11_538));
        assert_eq!(Stat::parse(b"1 )x( R"), None);
        assert_eq!(Stat::parse(b"1 (x) R 1"), None);
    }

    #[test]
    fn io_and_uid_are_read() {
        let io = b"rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 4096\nwrite_bytes: 8192\ncancelled_write_bytes: 0\n";
        assert_eq!(parse_io(io), Some((4096, 8192)));
        assert_eq!(parse_io(b"rchar: 1\n"), None);
        assert_eq!(parse_uid(b"Name:\tx\nUid:\t33\t34\t35\t36\nGid:\t1\n"), Some(33));
    }

    #[test]
    fn cmdline_joins_arguments() {
        assert_eq!(parse_cmdline(b"nginx: master\0-g\0daemon off;\0\0\0"), "nginx: master -g daemon off;");
        assert_eq!(parse_cmdline(b""), "");
        assert_eq!(parse_cmdline(&[b'x'; 5000]).len(), CMDLINE_BYTES_MAX);
    }

    #[test]
    fn full_name_extends_only_a_cut_name() {
        assert_eq!(full_name(b"systemd-journal", b"/lib/systemd/systemd-journald\0"), "systemd-journald");
        assert_eq!(full_name(b"sh", b"/bin/sh-other\0"), "sh");
        assert_eq!(full_name(b"systemd-journal", b"other\0"), "systemd-journal");
    }
}
