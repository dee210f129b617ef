//! One look at the machine, and what a caller may leave out of it.
//!
//! A part that was not asked for, does not exist or cannot be read is `None`; a list that is there
//! and empty means "none of these".

use crate::cgroup::Cgroup;
use crate::cpu::Cpu;
use crate::disk_io::DiskIo;
use crate::filesystem::Filesystem;
use crate::frequency::Frequency;
use crate::gpu::Gpu;
use crate::identity::Identity;
use crate::limits::FileHandles;
use crate::load::Load;
use crate::memory::Memory;
use crate::network::Network;
use crate::paging::Paging;
use crate::power_supply::PowerSupplies;
use crate::process_table::Processes;
use crate::psi::Pressure;
use crate::sensor::Sensors;
use crate::session::Session;
use crate::socket::Sockets;
use crate::zfs::Zfs;
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;

/// When a sample is taken, in the caller's clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Time since any fixed origin; must not jump with the wall clock. Rates are measured by it.
    pub monotonic: Duration,
    /// Seconds since 1970 UTC, copied into the sample.
    pub wall_unix_s: i64,
}

/// Which parts to sample. Load, memory, paging and overall processor time always are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wants {
    pub cores: bool,
    pub pressure: bool,
    pub disks: bool,
    /// Loop, RAM and mapped devices too.
    pub virtual_disks: bool,
    pub filesystems: bool,
    /// Network and user-space file systems too. Asking a dead server blocks the caller's thread.
    pub remote_filesystems: bool,
    pub network: bool,
    pub sensors: bool,
    /// Sensors of the `drivetemp` driver too; reading them may keep disks from spinning down.
    pub drive_temperatures: bool,
    pub power: bool,
    pub gpus: bool,
    pub zfs: bool,
    pub cgroup: bool,
    /// Open files, entropy, logins.
    pub limits: bool,
    pub processes: bool,
    /// Storage traffic per process, one more file to read for each.
    pub process_io: bool,
    /// Reads the descriptors of every process: for a question, not for a tick.
    pub sockets: bool,
}

impl Wants {
    /// Only what is always sampled.
    pub const NOTHING: Self = Self {
        cores: false,
        pressure: false,
        disks: false,
        virtual_disks: false,
        filesystems: false,
        remote_filesystems: false,
        network: false,
        sensors: false,
        drive_temperatures: false,
        power: false,
        gpus: false,
        zfs: false,
        cgroup: false,
        limits: false,
        processes: false,
        process_io: false,
        sockets: false,
    };
}

impl Default for Wants {
    /// What a tick needs: everything that is cheap and cannot block.
    fn default() -> Self {
        Self {
            cores: true,
            pressure: true,
            disks: true,
            filesystems: true,
            network: true,
            sensors: true,
            power: true,
            gpus: true,
            zfs: true,
            cgroup: true,
            limits: true,
            processes: true,
            process_io: true,
            ..Self::NOTHING
        }
    }
}

/// The state of the machine at one moment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sample {
    pub wall_unix_s: i64,
    /// Time since the previous sample; `None` in the first.
    pub interval_s: Option<f64>,
    pub identity: Arc<Identity>,
    pub uptime_s: Option<f64>,
    pub boot_unix_s: Option<i64>,
    pub cpu: Option<Cpu>,
    /// As it was when the slow facts were read, up to a minute ago.
    pub frequency: Option<Arc<Frequency>>,
    pub load: Option<Load>,
    pub pressure: Option<Pressure>,
    pub memory: Option<Memory>,
    pub paging: Option<Paging>,
    pub disks: Option<Vec<DiskIo>>,
    pub filesystems: Option<Vec<Filesystem>>,
    pub network: Option<Network>,
    pub sensors: Option<Sensors>,
    pub power: Option<PowerSupplies>,
    /// From sysfs; NVIDIA cards have figures only in `gpu::parse_nvidia_smi`.
    pub gpus: Option<Vec<Gpu>>,
    pub zfs: Option<Zfs>,
    pub cgroup: Option<Cgroup>,
    pub file_handles: Option<FileHandles>,
    pub entropy_bits: Option<u32>,
    pub sessions: Option<Vec<Session>>,
    pub processes: Option<Processes>,
    pub sockets: Option<Sockets>,
}
