//! The live state of a Linux machine, read from procfs and sysfs.
//!
//! [`Sampler`] takes [`Sample`]s; every other module is one part of them, a parser from text to a
//! typed value plus what remembers the previous counters. Four modules (`smart`, `systemd`,
//! `journal`, `container`) and `gpu::parse_nvidia_smi` read the output of commands the caller runs.
//!
//! Two rules hold everywhere: unknown is `None`, never 0; and nothing here panics on what it reads.
//! The crate starts no thread and no process, writes nothing, and sees only the local machine.

mod interval;
mod sample;
mod sampler;
mod smart_attribute;
mod text;
mod tree;

pub mod address;
pub mod cgroup;
pub mod container;
pub mod containment;
pub mod cpu;
pub mod disk_io;
pub mod filesystem;
pub mod format;
pub mod frequency;
pub mod gpu;
pub mod identity;
pub mod journal;
pub mod limits;
pub mod link;
pub mod load;
pub mod memory;
pub mod mount;
pub mod network;
pub mod paging;
pub mod power_supply;
pub mod process;
pub mod process_table;
pub mod psi;
pub mod route;
pub mod sensor;
pub mod session;
pub mod smart;
pub mod socket;
pub mod systemd;
pub mod user;
pub mod zfs;

pub use interval::Interval;
pub use sample::{Moment, Sample, Wants};
pub use sampler::Sampler;
