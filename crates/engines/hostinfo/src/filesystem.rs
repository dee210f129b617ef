//! Space and inodes of mounted file systems, by statvfs(3).
//!
//! Remote file systems are left out unless asked for: a statvfs on a dead server blocks its thread
//! until the server returns. Figures are those `df` shows.

use crate::memory::percent;
use crate::mount::{self, Medium};
use crate::tree::Tree;
use rustix::fs::{StatVfs, statvfs};
use serde::Serialize;
use std::ffi::CString;
use std::sync::Arc;

/// One mounted file system.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Filesystem {
    pub mount_point: Arc<str>,
    /// Device, pool or share.
    pub source: Arc<str>,
    pub fstype: Arc<str>,
    pub read_only: bool,
    pub remote: bool,
    pub total_bytes: u64,
    /// Total less free, blocks reserved for root counted as free.
    pub used_bytes: u64,
    pub free_bytes: u64,
    /// Free to ordinary users.
    pub available_bytes: u64,
    /// Used in percent of used plus available. `None` for an empty file system.
    pub percent: Option<f64>,
    /// `None` where the file system has no fixed number of inodes (btrfs, FAT).
    pub inodes: Option<Inodes>,
}

/// Inode use of one file system.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Inodes {
    pub total: u64,
    pub used: u64,
    pub free: u64,
    pub percent: f64,
}

impl Filesystem {
    /// The percentage `df` prints: rounded up to a whole number.
    #[must_use]
    pub fn df_percent(&self) -> Option<u8> {
        // 0 to 100 by construction, so the conversion is exact.
        self.percent.map(|percent| percent.clamp(0.0, 100.0).ceil() as u8)
    }

    /// Whether a summary of the machine shows it: on a device of its own, and not below
    /// `/boot`, `/run`, `/snap` or the snap daemon's directories.
    #[must_use]
    pub fn is_main_volume(&self) -> bool {
        let below = |directory: &str| {
            let rest = self.mount_point.strip_prefix(directory);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.source.starts_with("/dev/") && !["/boot", "/run", "/snap", "/var/snap", "/var/lib/snapd"].into_iter().any(below)
    }
}

#[derive(Debug)]
struct Tracked {
    /// Where the mount point lies as seen from this process.
    path: CString,
    mount_point: Arc<str>,
    source: Arc<str>,
    fstype: Arc<str>,
    read_only: bool,
    remote: bool,
}

/// Keeps the parsed mount table; it is parsed again only when its text changed.
#[derive(Debug, Default)]
pub(crate) struct FilesystemCollector {
    text: Vec<u8>,
    with_remote: bool,
    mounts: Vec<Tracked>,
}

impl FilesystemCollector {
    pub(crate) fn sample(&mut self, tree: &mut Tree, remote: bool) -> Option<Vec<Filesystem>> {
        let mountinfo = tree.mountinfo();
        let text = tree.read(format_args!("{mountinfo}"))?;
        if self.text != text || self.with_remote != remote {
            self.text.clear();
            self.text.extend_from_slice(text);
            self.with_remote = remote;
            self.mounts = track(tree, &self.text, remote);
        }
        Some(self.mounts.iter().filter_map(measure).collect())
    }
}

fn track(tree: &Tree, text: &[u8], remote: bool) -> Vec<Tracked> {
    let track = |mount: mount::Mount| {
        Some(Tracked {
            path: CString::new(tree.locate_bytes(&mount.mount_point_bytes)).ok()?,
            remote: mount.medium() == Medium::Remote,
            mount_point: Arc::from(mount.mount_point),
            source: Arc::from(mount.source),
            fstype: Arc::from(mount.fstype),
            read_only: mount.read_only,
        })
    };
    mount::storage(text, remote).into_iter().filter_map(track).collect()
}

fn measure(mount: &Tracked) -> Option<Filesystem> {
    let vfs = statvfs(mount.path.as_c_str()).ok()?;
    let space = space(&vfs)?;
    Some(Filesystem {
        mount_point: Arc::clone(&mount.mount_point),
        source: Arc::clone(&mount.source),
        fstype: Arc::clone(&mount.fstype),
        read_only: mount.read_only,
        remote: mount.remote,
        total_bytes: space.total,
        used_bytes: space.used,
        free_bytes: space.free,
        available_bytes: space.available,
        percent: percent(space.used, space.used.saturating_add(space.available)),
        inodes: inodes(&vfs),
    })
}

struct Space {
    total: u64,
    used: u64,
    free: u64,
    available: u64,
}

/// `None` for a file system without blocks, which is no storage.
fn space(vfs: &StatVfs) -> Option<Space> {
    let bytes = |blocks: u64| blocks.saturating_mul(vfs.f_frsize);
    let used = vfs.f_blocks.saturating_sub(vfs.f_bfree);
    (vfs.f_blocks > 0).then(|| Space {
        total: bytes(vfs.f_blocks),
        used: bytes(used),
        free: bytes(vfs.f_bfree),
        available: bytes(vfs.f_bavail),
    })
}

fn inodes(vfs: &StatVfs) -> Option<Inodes> {
    let used = vfs.f_files.checked_sub(vfs.f_ffree)?;
    let percent = percent(used, vfs.f_files)?;
    Some(Inodes { total: vfs.f_files, used, free: vfs.f_ffree, percent })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filesystem(mount_point: &str, source: &str, percent: Option<f64>) -> Filesystem {
        Filesystem {
            mount_point: Arc::from(mount_point),
            source: Arc::from(source),
            fstype: Arc::from("ext4"),
            read_only: false,
            remote: false,
            total_bytes: 100,
            used_bytes: 10,
            free_bytes: 90,
            available_bytes: 85,
            percent,
            inodes: None,
        }
    }

    #[test]
    fn df_percent_rounds_up() {
        for (percent, shown) in [(14.01, 15), (14.0, 14), (0.0, 0), (99.9, 100)] {
            assert_eq!(filesystem("/", "/dev/sda1", Some(percent)).df_percent(), Some(shown));
        }
        assert_eq!(filesystem("/", "/dev/sda1", None).df_percent(), None);
    }

    #[test]
    fn main_volumes_are_devices_outside_boot_and_snap() {
        for (mount_point, source, main) in [
            ("/", "/dev/vda", true),
            ("/bootcamp", "/dev/sdb1", true),
            ("/boot", "/dev/sda1", false),
            ("/boot/efi", "/dev/sda2", false),
            ("/run/media/usb", "/dev/sdc1", false),
            ("/var/lib/snapd/snap", "/dev/sdc1", false),
            ("/tank", "tank", false),
        ] {
            assert_eq!(filesystem(mount_point, source, None).is_main_volume(), main, "{mount_point}");
        }
    }
}
