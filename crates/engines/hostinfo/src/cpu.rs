//! Processor time from `/proc/stat`: overall, per core and by mode.
//!
//! Percentages are shares of the time between two readings and exist from the second reading on.
//! Field meanings: proc(5), `/proc/stat`.

use crate::interval::{self, Interval};
use crate::text;
use crate::tree::Tree;
use serde::Serialize;
use std::time::Duration;

/// Accumulated time by mode, in clock ticks, as the kernel counts it: `user` includes `guest` and
/// `nice` includes `guest_nice`. Modes an old kernel does not report stay 0 there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct CpuTimes {
    pub user: u64,
    pub nice: u64,
    pub system: u64,
    pub idle: u64,
    pub iowait: u64,
    pub irq: u64,
    pub softirq: u64,
    pub steal: u64,
    pub guest: u64,
    pub guest_nice: u64,
}

/// Share of each mode in percent. Guests are taken out of `user` and `nice`, so the modes add up to 100.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct CpuModes {
    pub user: f64,
    pub nice: f64,
    pub system: f64,
    pub idle: f64,
    pub iowait: f64,
    pub irq: f64,
    pub softirq: f64,
    /// Time the hypervisor gave to someone else.
    pub steal: f64,
    /// Time spent running guests, niced ones included.
    pub guest: f64,
}

/// Use of one processor or of all of them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CpuUse {
    /// 0 to 100: everything that is neither idle nor waiting for I/O.
    pub percent: f64,
    pub modes: CpuModes,
}

/// One logical processor.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Core {
    /// The kernel's number; processors taken offline leave gaps.
    pub index: u32,
    #[serde(rename = "use")]
    pub usage: Option<CpuUse>,
}

/// What `/proc/stat` says at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct KernelStat {
    pub total: Option<CpuTimes>,
    pub cores: Vec<(u32, CpuTimes)>,
    pub context_switches: Option<u64>,
    pub interrupts: Option<u64>,
    /// Processes and threads created since boot.
    pub forks: Option<u64>,
    pub running: Option<u32>,
    /// Tasks blocked on I/O.
    pub blocked: Option<u32>,
    pub boot_unix_s: Option<i64>,
}

/// Processor figures of one sample.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Cpu {
    /// All processors together; `None` in the first sample.
    pub total: Option<CpuUse>,
    pub cores: Vec<Core>,
    pub context_switches_per_s: Option<f64>,
    pub interrupts_per_s: Option<f64>,
    pub forks_per_s: Option<f64>,
    pub running: Option<u32>,
    pub blocked: Option<u32>,
}

impl Cpu {
    /// Overall use in percent, `None` while unknown.
    #[must_use]
    pub fn percent(&self) -> Option<f64> {
        self.total.map(|usage| usage.percent)
    }
}

impl CpuTimes {
    fn parse<'a>(mut fields: impl Iterator<Item = &'a [u8]>) -> Option<Self> {
        let mut next = || fields.next().map_or(Some(0), text::number::<u64>);
        Some(Self {
            user: next()?,
            nice: next()?,
            system: next()?,
            idle: next()?,
            iowait: next()?,
            irq: next()?,
            softirq: next()?,
            steal: next()?,
            guest: next()?,
            guest_nice: next()?,
        })
    }

    /// Use since an earlier reading. `None` when no time passed or a counter went backwards; only
    /// iowait may, since proc(5) says it decreases in certain conditions: then it counts as 0.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Option<CpuUse> {
        let user = self.user.checked_sub(earlier.user)?;
        let nice = self.nice.checked_sub(earlier.nice)?;
        let system = self.system.checked_sub(earlier.system)?;
        let idle = self.idle.checked_sub(earlier.idle)?;
        let iowait = self.iowait.saturating_sub(earlier.iowait);
        let irq = self.irq.checked_sub(earlier.irq)?;
        let softirq = self.softirq.checked_sub(earlier.softirq)?;
        let steal = self.steal.checked_sub(earlier.steal)?;
        let guest = self.guest.checked_sub(earlier.guest)?.min(user);
        let guest_nice = self.guest_nice.checked_sub(earlier.guest_nice)?.min(nice);

        let total: u128 = [user, nice, system, idle, iowait, irq, softirq, steal].into_iter().map(u128::from).sum();
        if total == 0 {
            return None;
        }
        let share = |ticks: u64| 100.0 * ticks as f64 / total as f64;
        let modes = CpuModes {
            user: share(user - guest),
            nice: share(nice - guest_nice),
            system: share(system),
            idle: share(idle),
            iowait: share(iowait),
            irq: share(irq),
            softirq: share(softirq),
            steal: share(steal),
            guest: share(guest.saturating_add(guest_nice)),
        };
        let percent = (100.0 - modes.idle - modes.iowait).clamp(0.0, 100.0);
        Some(CpuUse { percent, modes })
    }
}

impl KernelStat {
    /// Parses `/proc/stat`; lines that cannot be read are left out.
    #[must_use]
    pub fn parse(text: &[u8]) -> Self {
        let mut stat = Self::default();
        stat.fill(text);
        stat
    }

    /// As `parse`, keeping the list of cores allocated.
    fn fill(&mut self, text: &[u8]) {
        self.cores.clear();
        *self = Self { cores: std::mem::take(&mut self.cores), ..Self::default() };
        for line in text::lines(text) {
            let mut fields = text::fields(line);
            let Some(key) = fields.next() else { continue };
            match key {
                b"cpu" => self.total = CpuTimes::parse(fields),
                b"ctxt" => self.context_switches = fields.next().and_then(text::number),
                b"intr" => self.interrupts = fields.next().and_then(text::number),
                b"processes" => self.forks = fields.next().and_then(text::number),
                b"procs_running" => self.running = fields.next().and_then(text::number),
                b"procs_blocked" => self.blocked = fields.next().and_then(text::number),
                b"btime" => self.boot_unix_s = fields.next().and_then(text::number),
                _ => {
                    let core = key.strip_prefix(b"cpu").and_then(text::number);
                    if let Some((index, times)) = core.zip(CpuTimes::parse(fields)) {
                        self.cores.push((index, times));
                    }
                }
            }
        }
    }
}

/// Keeps the previous reading of `/proc/stat`.
#[derive(Debug, Default)]
pub(crate) struct CpuCollector {
    previous: Option<(Duration, KernelStat)>,
    spare: KernelStat,
}

impl CpuCollector {
    /// Figures since the previous call, and the boot time.
    pub(crate) fn sample(&mut self, tree: &mut Tree, now: Duration, cores: bool) -> Option<(Cpu, Option<i64>)> {
        let mut stat = std::mem::take(&mut self.spare);
        stat.fill(tree.read(format_args!("/proc/stat"))?);
        let before = self.previous.as_ref();
        let interval = before.and_then(|(at, _)| Interval::between(*at, now));
        let before = before.filter(|_| interval.is_some()).map(|(_, stat)| stat);

        let rate = |of: fn(&KernelStat) -> Option<u64>| interval::rate(interval, before.and_then(of), of(&stat));
        let cpu = Cpu {
            total: before.and_then(|before| stat.total?.since(before.total.as_ref()?)),
            cores: if cores { core_use(&stat, before) } else { Vec::new() },
            context_switches_per_s: rate(|stat| stat.context_switches),
            interrupts_per_s: rate(|stat| stat.interrupts),
            forks_per_s: rate(|stat| stat.forks),
            running: stat.running,
            blocked: stat.blocked,
        };
        let boot_unix_s = stat.boot_unix_s;
        if let Some((_, old)) = self.previous.replace((now, stat)) {
            self.spare = old;
        }
        Some((cpu, boot_unix_s))
    }
}

fn core_use(stat: &KernelStat, before: Option<&KernelStat>) -> Vec<Core> {
    let earlier = |index: u32| {
        let cores = &before?.cores;
        cores.iter().find(|(other, _)| *other == index).map(|(_, times)| times)
    };
    let usage = |&(index, ref times): &(u32, CpuTimes)| Core { index, usage: earlier(index).and_then(|earlier| times.since(earlier)) };
    stat.cores.iter().map(usage).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAT: &[u8] = b"cpu  5489 10 2180 101852 1607 0 64 34549 20 5\n\
cpu0 2398 0 996 51933 562 0 22 17456 0 0\n\
cpu2 3091 0 1184 49918 1044 0 41 17092 0 0\n\
intr 126598 0 0 129\nctxt 225798\nbtime 1795223721\nprocesses 4606\n\
procs_running 3\nprocs_blocked 1\nsoftirq 79535 0 12804\n";

    #[test]
    fn stat_of_a_two_core_guest_is_read() {
        let stat = KernelStat::parse(STAT);
        let total = stat.total.expect("cpu line");
        assert_eq!((total.user, total.steal, total.guest_nice), (5489, 34549, 5));
        assert_eq!(stat.cores.iter().map(|core| core.0).collect::<Vec<_>>(), [0, 2]);
        assert_eq!(stat.interrupts, Some(126_598));
        assert_eq!(stat.context_switches, Some(225_798));
        assert_eq!((stat.running, stat.blocked), (Some(3), Some(1)));
        assert_eq!(stat.boot_unix_s, Some(1_795_223_721));
    }

    #[test]
    fn stat_of_an_old_kernel_has_four_modes() {
        let total = KernelStat::parse(b"cpu 1 2 3 4\n").total.expect("cpu line");
        assert_eq!(total, CpuTimes { user: 1, nice: 2, system: 3, idle: 4, ..CpuTimes::default() });
    }

    #[test]
    fn use_between_two_readings_adds_up_to_hundred() {
        let before = CpuTimes { user: 100, guest: 10, idle: 1000, iowait: 50, ..CpuTimes::default() };
        let after = CpuTimes { user: 130, guest: 20, system: 20, idle: 1040, iowait: 60, ..CpuTimes::default() };
        let usage = after.since(&before).expect("time passed");
        assert_eq!(usage.percent, 50.0);
        assert_eq!((usage.modes.user, usage.modes.guest), (20.0, 10.0));
        assert_eq!((usage.modes.system, usage.modes.idle, usage.modes.iowait), (20.0, 40.0, 10.0));
    }

    #[test]
    fn use_after_a_counter_reset_is_unknown_but_iowait_may_shrink() {
        let before = CpuTimes { user: 100, idle: 1000, iowait: 50, ..CpuTimes::default() };
        let reset = CpuTimes { user: 5, idle: 20, ..CpuTimes::default() };
        assert_eq!(reset.since(&before), None);
        assert_eq!(before.since(&before), None);
        let shrunk = CpuTimes { user: 110, idle: 1010, iowait: 49, ..CpuTimes::default() };
        assert_eq!(shrunk.since(&before).map(|usage| usage.percent), Some(50.0));
    }
}
