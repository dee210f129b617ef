//! All processes over time: use of processor and storage between two samples, and the top lists.
//!
//! What hardly changes (owner, command line) is read when a process appears or renames itself, and
//! again once in a while; every tick costs one `stat` and, if wanted, one `io` per process.

use crate::interval::{Interval, Pace};
use crate::memory::percent;
use crate::process::{self, Process, Stat};
use crate::tree::Tree;
use crate::user::Users;
use serde::Serialize;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// A process is described anew every so many samples, each in its own turn.
const DESCRIBE_EVERY: u64 = 12;

/// By what a top list is ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rank {
    Cpu,
    Memory,
    Io,
}

/// Processes of one sample, by pid.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Processes {
    pub list: Vec<Process>,
}

impl Processes {
    /// The first `count` processes by `rank`, highest first, equal ones by pid. Those whose figure is
    /// unknown or zero are not listed.
    #[must_use]
    pub fn top(&self, rank: Rank, count: usize) -> Vec<&Process> {
        let figure = |process: &Process| match rank {
            Rank::Cpu => process.cpu_percent,
            Rank::Memory => Some(process.resident_bytes as f64),
            Rank::Io => process.io_bytes_per_s(),
        };
        let mut ranked: Vec<(f64, &Process)> =
            self.list.iter().filter_map(|process| Some((figure(process).filter(|figure| *figure > 0.0)?, process))).collect();
        let order = |a: &(f64, &Process), b: &(f64, &Process)| -> Ordering { b.0.total_cmp(&a.0).then(a.1.pid.cmp(&b.1.pid)) };
        if count < ranked.len() && count > 0 {
            ranked.select_nth_unstable_by(count - 1, order);
        }
        ranked.truncate(count);
        ranked.sort_unstable_by(order);
        ranked.into_iter().map(|(_, process)| process).collect()
    }
}

/// What the units of the kernel's figures are on this machine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Units {
    pub(crate) page_bytes: u64,
    pub(crate) ticks_per_s: u64,
    pub(crate) boot_unix_s: Option<i64>,
    pub(crate) memory_bytes: Option<u64>,
}

#[derive(Debug)]
struct Tracked {
    start_ticks: u64,
    cpu_ticks: u64,
    io: Option<(u64, u64)>,
    comm: Box<[u8]>,
    name: Arc<str>,
    cmdline: Arc<str>,
    uid: Option<u32>,
    user: Option<Arc<str>>,
    seen: u64,
}

/// Follows processes from sample to sample.
#[derive(Debug)]
pub(crate) struct ProcessCollector {
    empty: Arc<str>,
    pace: Pace,
    round: u64,
    known: HashMap<u32, Tracked>,
    pids: Vec<u32>,
}

impl ProcessCollector {
    pub(crate) fn new() -> Self {
        Self { empty: Arc::from(""), pace: Pace::default(), round: 0, known: HashMap::new(), pids: Vec::new() }
    }

    pub(crate) fn sample(&mut self, tree: &mut Tree, users: &Users, now: Duration, units: Units, with_io: bool) -> Option<Processes> {
        tree.pids(&mut self.pids)?;
        let interval = self.pace.tick(now);
        self.round += 1;
        let mut list = Vec::with_capacity(self.pids.len());
        let pids = std::mem::take(&mut self.pids);
        for &pid in &pids {
            if let Some(process) = self.visit(tree, users, pid, interval, units, with_io) {
                list.push(process);
            }
        }
        self.pids = pids;
        let round = self.round;
        self.known.retain(|_, tracked| tracked.seen == round);
        Some(Processes { list })
    }

    /// `None` when the process ended meanwhile.
    fn visit(
        &mut self,
        tree: &mut Tree,
        users: &Users,
        pid: u32,
        interval: Option<Interval>,
        units: Units,
        with_io: bool,
    ) -> Option<Process> {
        let stat = Stat::parse(tree.read(format_args!("/proc/{pid}/stat"))?)?;
        let round = self.round;
        // A pid may have been given to another process.
        let tracked = self.known.get_mut(&pid).filter(|known| known.start_ticks == stat.start_ticks);
        let due = (round + u64::from(pid)).is_multiple_of(DESCRIBE_EVERY);
        let described = tracked.is_some_and(|known| *known.comm == *stat.comm && !due);

        let mut process = present(&stat, units, &self.empty);
        let cpu_ticks = stat.cpu_ticks;
        let start_ticks = stat.start_ticks;
        if !described {
            let comm = Box::from(stat.comm);
            self.describe(tree, users, pid, start_ticks, comm);
        }
        let io =
            if with_io && !process.kernel_thread { tree.read(format_args!("/proc/{pid}/io")).and_then(process::parse_io) } else { None };
        let tracked = self.known.get_mut(&pid)?;
        // Set only for a process that was there in the previous sample.
        let interval = interval.filter(|_| tracked.seen != 0 && tracked.seen + 1 == round);
        if let Some(interval) = interval {
            let ticks = interval.rate(tracked.cpu_ticks, cpu_ticks);
            process.cpu_percent = ticks.map(|ticks| 100.0 * ticks / units.ticks_per_s as f64);
            if let Some((before, after)) = tracked.io.zip(io) {
                process.read_bytes_per_s = interval.rate(before.0, after.0);
                process.write_bytes_per_s = interval.rate(before.1, after.1);
            }
        }
        tracked.cpu_ticks = cpu_ticks;
        tracked.io = io;
        tracked.seen = round;
        process.name = Arc::clone(&tracked.name);
        process.cmdline = Arc::clone(&tracked.cmdline);
        process.uid = tracked.uid;
        process.user.clone_from(&tracked.user);
        Some(process)
    }

    /// Reads owner and command line; counters of a process that is known stay.
    fn describe(&mut self, tree: &mut Tree, users: &Users, pid: u32, start_ticks: u64, comm: Box<[u8]>) {
        let (name, cmdline) = match tree.read(format_args!("/proc/{pid}/cmdline")) {
            Some(text) => (process::full_name(&comm, text), process::parse_cmdline(text)),
            None => (process::full_name(&comm, b""), String::new()),
        };
        let uid = tree.read(format_args!("/proc/{pid}/status")).and_then(process::parse_uid);
        let user = uid.and_then(|uid| users.name(uid));
        let known = self.known.entry(pid).or_insert_with(|| Tracked {
            start_ticks,
            cpu_ticks: 0,
            io: None,
            comm: Box::from([]),
            name: Arc::clone(&self.empty),
            cmdline: Arc::clone(&self.empty),
            uid: None,
            user: None,
            seen: 0,
        });
        if known.start_ticks != start_ticks {
            known.start_ticks = start_ticks;
            known.seen = 0;
        }
        keep_or_replace(&mut known.name, &name);
        keep_or_replace(&mut known.cmdline, &cmdline);
        known.comm = comm;
        known.uid = uid;
        known.user = user;
    }
}

/// Keeps the shared text where nothing changed.
fn keep_or_replace(kept: &mut Arc<str>, text: &str) {
    if **kept != *text {
        *kept = Arc::from(text);
    }
}

/// A process without what is remembered about it; `unnamed` stands for its name until then.
fn present(stat: &Stat<'_>, units: Units, unnamed: &Arc<str>) -> Process {
    let resident_bytes = stat.resident_pages.saturating_mul(units.page_bytes);
    let started_s = i64::try_from(stat.start_ticks / units.ticks_per_s.max(1)).ok();
    Process {
        pid: stat.pid,
        ppid: stat.ppid,
        name: Arc::clone(unnamed),
        cmdline: Arc::clone(unnamed),
        uid: None,
        user: None,
        state: stat.state,
        kernel_thread: stat.is_kernel_thread(),
        threads: stat.threads,
        nice: stat.nice,
        resident_bytes,
        virtual_bytes: stat.virtual_bytes,
        memory_percent: units.memory_bytes.and_then(|total| percent(resident_bytes, total)),
        cpu_percent: None,
        cpu_seconds: stat.cpu_ticks as f64 / units.ticks_per_s.max(1) as f64,
        read_bytes_per_s: None,
        write_bytes_per_s: None,
        started_unix_s: units.boot_unix_s.zip(started_s).and_then(|(boot, after)| boot.checked_add(after)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::ProcessState;

    fn process(pid: u32, cpu_percent: Option<f64>, resident_bytes: u64) -> Process {
        let stat = Stat {
            pid,
            comm: b"x",
            state: ProcessState::Sleeping,
            ppid: 1,
            flags: 0,
            cpu_ticks: 0,
            nice: 0,
            threads: 1,
            start_ticks: 250,
            virtual_bytes: 0,
            resident_pages: resident_bytes,
        };
        let units = Units { page_bytes: 1, ticks_per_s: 100, boot_unix_s: Some(1000), memory_bytes: Some(400) };
        Process { cpu_percent, ..present(&stat, units, &Arc::from("x")) }
    }

    #[test]
    fn top_lists_known_figures_highest_first() {
        let processes = Processes {
            list: vec![
                process(1, None, 10),
                process(2, Some(5.0), 300),
                process(3, Some(0.0), 0),
                process(4, Some(90.0), 10),
                process(5, Some(5.0), 20),
            ],
        };
        let pids = |rank, count| -> Vec<u32> { processes.top(rank, count).iter().map(|process| process.pid).collect() };
        assert_eq!(pids(Rank::Cpu, 2), [4, 2]);
        assert_eq!(pids(Rank::Cpu, 9), [4, 2, 5]);
        assert_eq!(pids(Rank::Memory, 3), [2, 5, 1]);
        assert_eq!(pids(Rank::Io, 3), [0; 0]);
        assert_eq!(pids(Rank::Cpu, 0), [0; 0]);
    }

    #[test]
    fn present_derives_start_and_share_of_memory() {
        let shown = process(7, None, 100);
        assert_eq!(shown.started_unix_s, Some(1002));
        assert_eq!(shown.memory_percent, Some(25.0));
    }
}
