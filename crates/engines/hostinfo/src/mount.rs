//! The mount table from `/proc/<pid>/mountinfo` and which of its file systems hold data.
//!
//! This module classifies; it touches no mount, so a dead network server cannot block it.
//! Format: proc_pid_mountinfo(5).

use crate::text;
use serde::Serialize;

/// Single files a container runtime mounts from the host's disk.
const CONTAINER_FILES: [&str; 4] = ["/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/dev/termination-log"];

/// One line of the mount table. Bytes outside UTF-8 are shown as the replacement character;
/// `mount_point_bytes` keeps the original.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mount {
    pub device: (u32, u32),
    /// Directory of the file system that is mounted here; `/` unless a bind mount or subvolume.
    pub root: String,
    pub mount_point: String,
    #[serde(skip)]
    pub mount_point_bytes: Vec<u8>,
    /// Of the file system itself: a sandbox may see a writable one through a read-only mount.
    pub read_only: bool,
    pub fstype: String,
    pub source: String,
}

/// How a file system type is treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Medium {
    /// On a block device or a pool of them.
    Local,
    /// On another machine or behind a user-space daemon: asking for its size may hang.
    Remote,
    /// Kernel interfaces, memory, and read-only images that are always full.
    Pseudo,
}

impl Mount {
    /// Parses one line of mountinfo.
    #[must_use]
    pub fn parse(line: &[u8]) -> Option<Self> {
        let mut fields = text::fields(line).skip(2);
        let (major, minor) = text::pair(fields.next()?, b':')?;
        let root = unescape(fields.next()?);
        let mount_point_bytes = unescape(fields.next()?);
        fields.next()?; // options of this mount
        // Optional fields end with a lone hyphen.
        fields.find(|field| *field == b"-")?;
        let fstype = fields.next()?;
        let source = unescape(fields.next()?);
        let super_options = fields.next().unwrap_or_default();
        Some(Self {
            device: (text::number(major)?, text::number(minor)?),
            root: String::from_utf8_lossy(&root).into_owned(),
            mount_point: String::from_utf8_lossy(&mount_point_bytes).into_owned(),
            mount_point_bytes,
            read_only: super_options.split(|&byte| byte == b',').any(|option| option == b"ro"),
            fstype: String::from_utf8_lossy(fstype).into_owned(),
            source: String::from_utf8_lossy(&source).into_owned(),
        })
    }

    #[must_use]
    pub fn medium(&self) -> Medium {
        medium(&self.fstype, &self.source, &self.mount_point)
    }
}

/// Parses a whole mount table and keeps what shows real storage, each file system once, ordered by
/// mount point. Where one file system is mounted several times the mount of its own root wins, then
/// the shortest path; btrfs subvolumes count as file systems of their own.
#[must_use]
pub fn storage(text: &[u8], remote: bool) -> Vec<Mount> {
    let mut kept: Vec<Mount> = Vec::new();
    for mount in text::lines(text).filter_map(Mount::parse) {
        // A later mount hides an earlier one at the same place, whatever either of them is.
        kept.retain(|other| other.mount_point_bytes != mount.mount_point_bytes);
        if CONTAINER_FILES.contains(&mount.mount_point.as_str()) {
            continue;
        }
        match mount.medium() {
            Medium::Pseudo => continue,
            Medium::Remote if !remote => continue,
            Medium::Remote | Medium::Local => {}
        }
        let same = kept.iter().position(|other| other.device == mount.device && (mount.fstype != "btrfs" || other.root == mount.root));
        match same {
            Some(at) => {
                if let Some(other) = kept.get_mut(at)
                    && rank(&mount) < rank(other)
                {
                    *other = mount;
                }
            }
            None => kept.push(mount),
        }
    }
    kept.sort_by(|a, b| a.mount_point.cmp(&b.mount_point));
    kept
}

fn rank(mount: &Mount) -> (bool, usize) {
    (mount.root != "/", mount.mount_point.len())
}

fn medium(fstype: &str, source: &str, mount_point: &str) -> Medium {
    match fstype {
        "squashfs" | "erofs" | "iso9660" | "udf" | "cramfs" | "romfs" => return Medium::Pseudo,
        "zfs" | "btrfs" | "bcachefs" | "fuse.mergerfs" => return Medium::Local,
        "nfs" | "nfs4" | "cifs" | "smb3" | "smbfs" | "ceph" | "glusterfs" | "lustre" | "afs" | "9p" | "virtiofs" | "ocfs2" | "gfs2"
        | "beegfs" | "davfs" => {
            return Medium::Remote;
        }
        // Layers of containers repeat the disk below; only a container's own root is of interest.
        "overlay" | "aufs" => {
            return if mount_point == "/" { Medium::Local } else { Medium::Pseudo };
        }
        "fuse.lxcfs" | "fuse.gvfsd-fuse" | "fuse.portal" | "fuse.snapfuse" | "fuse.squashfuse" => {
            return Medium::Pseudo;
        }
        _ => {}
    }
    if fstype != "fuseblk" && (fstype == "fuse" || fstype.starts_with("fuse.")) {
        Medium::Remote
    } else if source.starts_with("/dev/") {
        Medium::Local
    } else {
        Medium::Pseudo
    }
}

/// Undoes the octal escapes (`\040`) mountinfo uses for white space and the backslash.
fn unescape(field: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((&first, tail)) = rest.split_first() {
        if first == b'\\'
            && let Some(byte) = tail.first_chunk::<3>().and_then(octal)
        {
            plain.push(byte);
            rest = tail.get(3..).unwrap_or_default();
            continue;
        }
        plain.push(first);
        rest = tail;
    }
    plain
}

fn octal(digits: &[u8; 3]) -> Option<u8> {
    digits.iter().try_fold(0_u8, |value, digit| {
        let digit = matches!(digit, b'0'..=b'7').then(|| digit - b'0')?;
        value.checked_mul(8)?.checked_add(digit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(text: &str, remote: bool) -> Vec<String> {
        storage(text.as_bytes(), remote).into_iter().map(|mount| mount.mount_point).collect()
    }

    #[test]
    fn line_with_escapes_and_optional_fields_is_read() {
        let line = br"36 35 98:1 /srv /mnt/my\040disk rw,noatime master:1 shared:7 - ext3 /dev/sdb1 rw,errors=continue";
        let mount = Mount::parse(line).expect("line");
        assert_eq!(mount.device, (98, 1));
        assert_eq!((mount.root.as_str(), mount.mount_point.as_str()), ("/srv", "/mnt/my disk"));
        assert_eq!((mount.fstype.as_str(), mount.source.as_str()), ("ext3", "/dev/sdb1"));
        assert!(!mount.read_only);
    }

    #[test]
    fn storage_skips_pseudo_and_remote_file_systems() {
        let table = "22 27 0:21 / /proc rw - proc proc rw\n\
25 24 0:23 / /dev/shm rw - tmpfs tmpfs rw\n\
27 1 254:0 / / rw - ext4 /dev/vda rw\n\
30 27 7:1 / /snap/core/1 ro - squashfs /dev/loop1 ro\n\
31 27 0:50 / /mnt/nas rw - nfs4 nas:/export rw\n\
32 27 0:51 / /mnt/cloud rw - fuse.rclone cloud: rw\n\
33 27 0:52 / /tank rw - zfs tank rw\n\
34 27 0:53 / /mnt/pool rw - fuse.mergerfs a:b rw\n\
35 27 0:54 / /var/lib/docker/overlay2/x/merged rw - overlay overlay rw\n\
36 27 0:55 / /mnt/auto rw - autofs systemd-1 rw\n";
        assert_eq!(points(table, false), ["/", "/mnt/pool", "/tank"]);
        assert_eq!(points(table, true), ["/", "/mnt/cloud", "/mnt/nas", "/mnt/pool", "/tank"]);
    }

    #[test]
    fn storage_lists_one_file_system_once() {
        let table = "27 1 8:1 /var/lib/docker/volumes/v /v rw - ext4 /dev/sda1 rw\n\
28 1 8:1 / /data rw - ext4 /dev/sda1 rw\n\
29 1 8:1 / /a/longer/path rw - ext4 /dev/sda1 rw\n\
30 1 0:40 /@ / rw - btrfs /dev/sdb rw\n\
31 1 0:40 /@home /home rw - btrfs /dev/sdb rw\n\
32 1 0:40 /@home /mnt/again rw - btrfs /dev/sdb rw\n";
        assert_eq!(points(table, false), ["/", "/data", "/home"]);
    }

    #[test]
    fn read_only_is_the_state_of_the_file_system() {
        let sandboxed = Mount::parse(b"27 1 8:1 / / ro - ext4 /dev/sda1 rw,errors=remount-ro");
        assert_eq!(sandboxed.map(|mount| mount.read_only), Some(false));
        let failed = Mount::parse(b"27 1 8:1 / / rw - ext4 /dev/sda1 ro,errors=remount-ro");
        assert_eq!(failed.map(|mount| mount.read_only), Some(true));
    }

    #[test]
    fn storage_knows_what_a_later_mount_hides() {
        let table = "27 1 8:1 / /mnt rw - ext4 /dev/sda1 rw\n28 1 8:2 / /mnt rw - ext4 /dev/sda2 ro\n\
29 1 8:3 / /hidden rw - ext4 /dev/sda3 rw\n30 1 0:9 / /hidden rw - tmpfs tmpfs rw\n";
        let mounts = storage(table.as_bytes(), false);
        assert_eq!(mounts.len(), 1);
        assert_eq!(mounts.first().map(|mount| (mount.device, mount.read_only)), Some(((8, 2), true)));
    }

    #[test]
    fn storage_of_a_container_is_its_own_root() {
        let table = "27 1 0:60 / / rw - overlay overlay rw,lowerdir=x\n\
28 27 8:1 /docker/x/hosts /etc/hosts rw - ext4 /dev/sda1 rw\n";
        assert_eq!(points(table, false), ["/"]);
    }

    #[test]
    fn unescape_leaves_broken_escapes_alone() {
        assert_eq!(unescape(br"a\04\777\134b\"), br"a\04\777\b\");
    }
}
