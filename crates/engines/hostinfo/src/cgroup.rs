//! The control group (version 2) this process runs in: its limits and how often it hit them.
//!
//! In a container these are the container's limits, which bound what the machine's figures promise.
//! Format: Documentation/admin-guide/cgroup-v2.rst of the kernel.

use crate::interval::{self, Pace};
use crate::text;
use crate::tree::Tree;
use serde::Serialize;
use std::time::Duration;

/// Use and limits of one group. A limit of `max` is `None`: there is none of its own.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Cgroup {
    /// Path below the cgroup root; `/` inside a container with its own cgroup namespace.
    pub path: String,
    pub memory_bytes: Option<u64>,
    pub memory_max_bytes: Option<u64>,
    pub swap_bytes: Option<u64>,
    pub swap_max_bytes: Option<u64>,
    /// Processes of the group killed for lack of memory since it exists.
    pub oom_kills_total: Option<u64>,
    /// Processors' worth of time the group may use, such as 1.5.
    pub cpu_limit: Option<f64>,
    /// 100 is one processor.
    pub cpu_percent: Option<f64>,
    /// Share of scheduling periods in which the group was held back, 0 to 100.
    pub throttled_percent: Option<f64>,
    pub throttled_us_total: Option<u64>,
    pub pids: Option<u64>,
    pub pids_max: Option<u64>,
}

/// `cpu.stat`, counters since the group exists.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct CpuStat {
    pub usage_us: Option<u64>,
    pub periods: Option<u64>,
    pub throttled_periods: Option<u64>,
    pub throttled_us: Option<u64>,
}

impl CpuStat {
    #[must_use]
    pub fn parse(text: &[u8]) -> Self {
        Self {
            usage_us: flat_key(text, b"usage_usec"),
            periods: flat_key(text, b"nr_periods"),
            throttled_periods: flat_key(text, b"nr_throttled"),
            throttled_us: flat_key(text, b"throttled_usec"),
        }
    }
}

/// Path of the version 2 group in `/proc/<pid>/cgroup`: the line `0::<path>`.
#[must_use]
pub fn parse_path(text: &[u8]) -> Option<String> {
    let path = text::lines(text).find_map(|line| line.strip_prefix(b"0::"))?;
    // A path above the namespace's root ("/../x") cannot be reached.
    text::words(path).filter(|path| path.starts_with('/') && !path.contains("/../"))
}

/// `cpu.max`: quota and period in microseconds, or `max`.
#[must_use]
pub fn parse_cpu_max(text: &[u8]) -> Option<f64> {
    let mut fields = text::fields(text);
    let quota: u64 = fields.next().and_then(text::number)?;
    let period: u64 = fields.next().and_then(text::number).filter(|period| *period > 0)?;
    Some(quota as f64 / period as f64)
}

fn flat_key(text: &[u8], wanted: &[u8]) -> Option<u64> {
    text::lines(text).filter_map(|line| text::pair(line, b' ')).find(|(key, _)| *key == wanted).and_then(|(_, value)| text::number(value))
}

#[derive(Debug, Default)]
pub(crate) struct CgroupCollector {
    /// Directory of the group, once found.
    found: Option<(String, String)>,
    pace: Pace,
    previous: CpuStat,
}

impl CgroupCollector {
    /// Finds the group again; a service may be moved.
    pub(crate) fn discover(&mut self, tree: &mut Tree) {
        let path = tree.read(format_args!("/proc/self/cgroup")).and_then(parse_path);
        self.found = path.and_then(|path| {
            // The second one is the hybrid layout of version 1.
            let bases = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"];
            let base = bases.into_iter().find(|base| tree.exists(format_args!("{base}/cgroup.controllers")))?;
            let inside = if path == "/" { "" } else { &*path };
            Some((format!("{base}{inside}"), path))
        });
    }

    /// `None` when there is no version 2 group, or one that accounts for nothing.
    pub(crate) fn sample(&mut self, tree: &mut Tree, now: Duration) -> Option<Cgroup> {
        let (directory, path) = self.found.as_ref()?;
        let stat = tree.read(format_args!("{directory}/cpu.stat")).map(CpuStat::parse).unwrap_or_default();
        let interval = self.pace.tick(now);
        let before = std::mem::replace(&mut self.previous, stat);
        let usage = interval::rate(interval, before.usage_us, stat.usage_us);
        let periods = interval::rate(interval, before.periods, stat.periods);
        let throttled = interval::rate(interval, before.throttled_periods, stat.throttled_periods);
        let mut cgroup = Cgroup {
            cpu_percent: usage.map(|us_per_s| us_per_s / 10_000.0),
            throttled_percent: periods
                .zip(throttled)
                .filter(|(periods, _)| *periods > 0.0)
                .map(|(periods, throttled)| (100.0 * throttled / periods).min(100.0)),
            throttled_us_total: stat.throttled_us,
            cpu_limit: tree.read(format_args!("{directory}/cpu.max")).and_then(parse_cpu_max),
            oom_kills_total: tree.read(format_args!("{directory}/memory.events")).and_then(|events| flat_key(events, b"oom_kill")),
            ..Cgroup::default()
        };
        // "max" is no number, so it reads as None.
        let mut amount = |file: &str| tree.number::<u64>(format_args!("{directory}/{file}"));
        cgroup.memory_bytes = amount("memory.current");
        cgroup.memory_max_bytes = amount("memory.max");
        cgroup.swap_bytes = amount("memory.swap.current");
        cgroup.swap_max_bytes = amount("memory.swap.max");
        cgroup.pids = amount("pids.current");
        cgroup.pids_max = amount("pids.max");
        if cgroup == Cgroup::default() && stat == CpuStat::default() {
            return None;
        }
        cgroup.path.clone_from(path);
        Some(cgroup)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_is_the_version_two_line() {
        let text = b"9:name=systemd:/\n4:memory:/x\n0::/system.slice/argos.service\n";
        assert_eq!(parse_path(text).as_deref(), Some("/system.slice/argos.service"));
        assert_eq!(parse_path(b"0::/../escaped\n"), None);
        assert_eq!(parse_path(b"4:memory:/x\n"), None);
    }

    #[test]
    fn cpu_limits_are_processors() {
        assert_eq!(parse_cpu_max(b"150000 100000\n"), Some(1.5));
        assert_eq!(parse_cpu_max(b"max 100000\n"), None);
        assert_eq!(parse_cpu_max(b"1 0\n"), None);
    }

    #[test]
    fn cpu_stat_is_read() {
        let text = b"usage_usec 1000\nuser_usec 600\nsystem_usec 400\nnr_periods 10\nnr_throttled 2\nthrottled_usec 50\n";
        let stat = CpuStat::parse(text);
        assert_eq!((stat.usage_us, stat.periods), (Some(1000), Some(10)));
        assert_eq!((stat.throttled_periods, stat.throttled_us), (Some(2), Some(50)));
    }
}
