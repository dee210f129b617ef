//! Takes samples: owns the previous counters, the static facts and the buffers.
//!
//! Blocking and not cheap: a caller with an async runtime runs it on a thread for blocking work. What
//! hardly changes is read again once a minute of the caller's monotonic time.

use crate::cgroup::CgroupCollector;
use crate::cpu::CpuCollector;
use crate::disk_io::DiskCollector;
use crate::filesystem::FilesystemCollector;
use crate::frequency::{self, Frequency};
use crate::gpu::GpuCollector;
use crate::identity::{self, Identity};
use crate::interval::{Interval, Pace};
use crate::load::{self, Load};
use crate::memory::Memory;
use crate::network::NetworkCollector;
use crate::paging::PagingCollector;
use crate::process_table::{ProcessCollector, Units};
use crate::sample::{Moment, Sample, Wants};
use crate::sensor::SensorCollector;
use crate::socket::{self, Sockets};
use crate::tree::Tree;
use crate::user::Users;
use crate::{limits, power_supply, psi, session, zfs};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How often slow facts are read again.
const FACTS_EVERY: Duration = Duration::from_secs(60);

/// Reads one machine again and again.
#[derive(Debug)]
pub struct Sampler {
    tree: Tree,
    pace: Pace,
    facts_read: Option<Duration>,
    drives_known: bool,
    page_bytes: u64,
    ticks_per_s: u64,
    boot_unix_s: Option<i64>,
    identity: Arc<Identity>,
    frequency: Option<Arc<Frequency>>,
    users: Users,
    cpu: CpuCollector,
    paging: PagingCollector,
    disks: DiskCollector,
    filesystems: FilesystemCollector,
    network: NetworkCollector,
    sensors: SensorCollector,
    gpus: GpuCollector,
    cgroup: CgroupCollector,
    processes: ProcessCollector,
    pids: Vec<u32>,
}

impl Sampler {
    /// A sampler of the machine whose `/proc`, `/sys` and `/etc` lie below `root`, `/` for this one.
    /// Reads nothing yet.
    #[must_use]
    pub fn new(root: &Path) -> Self {
        Self {
            tree: Tree::new(root),
            pace: Pace::default(),
            facts_read: None,
            drives_known: false,
            page_bytes: u64::try_from(rustix::param::page_size()).unwrap_or(4096),
            ticks_per_s: rustix::param::clock_ticks_per_second().max(1),
            boot_unix_s: None,
            identity: Arc::default(),
            frequency: None,
            users: Users::default(),
            cpu: CpuCollector::default(),
            paging: PagingCollector::default(),
            disks: DiskCollector::default(),
            filesystems: FilesystemCollector::default(),
            network: NetworkCollector::default(),
            sensors: SensorCollector::default(),
            gpus: GpuCollector::default(),
            cgroup: CgroupCollector::default(),
            processes: ProcessCollector::new(),
            pids: Vec::new(),
        }
    }

    /// Makes the next sample read the slow facts again, such as after a change of the governor.
    pub fn forget_facts(&mut self) {
        self.facts_read = None;
    }

    /// Takes a sample. Rates are measured against the previous sample that had the same part.
    pub fn sample(&mut self, wants: &Wants, at: Moment) -> Sample {
        let now = at.monotonic;
        let interval = self.pace.tick(now);
        let facts = self.refresh_facts(wants, now);
        let tree = &mut self.tree;

        let cpu = self.cpu.sample(tree, now, wants.cores);
        if let Some((_, boot_unix_s @ Some(_))) = cpu {
            self.boot_unix_s = boot_unix_s;
        }
        let memory = tree.read(format_args!("/proc/meminfo")).and_then(Memory::parse);
        let units = Units {
            page_bytes: self.page_bytes,
            ticks_per_s: self.ticks_per_s,
            boot_unix_s: self.boot_unix_s,
            memory_bytes: memory.map(|memory| memory.total_bytes),
        };
        let sample = Sample {
            wall_unix_s: at.wall_unix_s,
            interval_s: interval.map(Interval::seconds),
            identity: Arc::clone(&self.identity),
            uptime_s: tree.read(format_args!("/proc/uptime")).and_then(load::parse_uptime),
            boot_unix_s: self.boot_unix_s,
            cpu: cpu.map(|(cpu, _)| cpu),
            frequency: self.frequency.clone(),
            load: tree.read(format_args!("/proc/loadavg")).and_then(Load::parse),
            pressure: when(wants.pressure, || psi::sample(tree)),
            memory,
            paging: self.paging.sample(tree, now, self.page_bytes),
            disks: when(wants.disks, || self.disks.sample(tree, now, wants.virtual_disks)),
            filesystems: when(wants.filesystems, || self.filesystems.sample(tree, wants.remote_filesystems)),
            network: when(wants.network, || self.network.sample(tree, now, facts)),
            sensors: when(wants.sensors, || Some(self.sensors.sample(tree))),
            power: when(wants.power, || Some(power_supply::sample(tree))),
            gpus: when(wants.gpus, || Some(self.gpus.sample(tree))),
            zfs: when(wants.zfs, || zfs::sample(tree)),
            cgroup: when(wants.cgroup, || self.cgroup.sample(tree, now)),
            file_handles: when(wants.limits, || limits::file_handles(tree)),
            entropy_bits: when(wants.limits, || limits::entropy_bits(tree)),
            sessions: when(wants.limits, || session::sample(tree)),
            processes: when(wants.processes, || self.processes.sample(tree, &self.users, now, units, wants.process_io)),
            sockets: when(wants.sockets, || socket::sample(tree, &mut self.pids)),
        };
        self.tree.trim();
        sample
    }

    /// The sockets alone, without counting as a sample.
    pub fn sockets(&mut self) -> Option<Sockets> {
        let sockets = socket::sample(&mut self.tree, &mut self.pids);
        self.tree.trim();
        sockets
    }

    /// The facts about the machine; reads them when there was no sample yet.
    pub fn identity(&mut self) -> Arc<Identity> {
        if self.facts_read.is_none() {
            self.refresh_identity();
        }
        Arc::clone(&self.identity)
    }

    fn refresh_identity(&mut self) {
        let identity = identity::read(&mut self.tree);
        if *self.identity != identity {
            self.identity = Arc::new(identity);
        }
    }

    /// True when the facts were read again.
    fn refresh_facts(&mut self, wants: &Wants, now: Duration) -> bool {
        let fresh = self.facts_read.is_some_and(|at| now.saturating_sub(at) < FACTS_EVERY);
        let same_sensors = self.drives_known == wants.drive_temperatures;
        if fresh && same_sensors {
            return false;
        }
        self.facts_read = Some(now);
        self.drives_known = wants.drive_temperatures;
        self.refresh_identity();
        let frequency = frequency::sample(&mut self.tree);
        if self.frequency.as_deref() != frequency.as_ref() {
            self.frequency = frequency.map(Arc::new);
        }
        self.users.refresh(&mut self.tree);
        self.sensors.discover(&mut self.tree, wants.drive_temperatures);
        self.gpus.discover(&mut self.tree);
        self.cgroup.discover(&mut self.tree);
        true
    }
}

fn when<T>(wanted: bool, read: impl FnOnce() -> Option<T>) -> Option<T> {
    if wanted { read() } else { None }
}
