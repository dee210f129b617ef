//! Reading of files below one root directory with buffers that are kept.
//!
//! `/` is the running machine; a container may mount the host's `/proc`, `/sys` and `/etc` below
//! another root, and tests lay out a fixture there. A file that is absent, unreadable or gone in
//! the middle of a read is `None`: the collectors turn that into "unknown". Nothing is written.

use crate::text;
use std::ffi::{OsStr, OsString};
use std::fmt::{self, Write as _};
use std::fs::{self, File};
use std::io::{ErrorKind, Read as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

/// No file here is read further than this; the largest legitimate ones are socket tables.
const READ_BYTES_MAX: usize = 16 << 20;
const BUFFER_BYTES_START: usize = 16 << 10;
/// A buffer above this is given back at the end of a sample.
const BUFFER_BYTES_KEPT: usize = 256 << 10;

#[derive(Debug)]
pub(crate) struct Tree {
    root: OsString,
    path: OsString,
    buffer: Vec<u8>,
    net: &'static str,
    mountinfo: &'static str,
}

impl Tree {
    pub(crate) fn new(root: &Path) -> Self {
        let bytes = root.as_os_str().as_bytes();
        let bytes = bytes.strip_suffix(b"/").unwrap_or(bytes);
        let mut tree = Self {
            root: OsStr::from_bytes(bytes).to_owned(),
            path: OsString::new(),
            buffer: Vec::new(),
            net: "/proc/net",
            mountinfo: "/proc/self/mountinfo",
        };
        // Below a foreign root "self" is this process and its namespaces, not the machine's: there
        // the first process speaks for the machine, where it may be read.
        if !tree.is_live() {
            if tree.read(format_args!("/proc/1/net/dev")).is_some() {
                tree.net = "/proc/1/net";
            }
            if tree.read(format_args!("/proc/1/mountinfo")).is_some() {
                tree.mountinfo = "/proc/1/mountinfo";
            }
        }
        tree
    }

    /// True when the root is `/`, so that system calls speak of the same machine as the files.
    pub(crate) fn is_live(&self) -> bool {
        self.root.is_empty()
    }

    /// Directory of the network tables.
    pub(crate) fn net(&self) -> &'static str {
        self.net
    }

    pub(crate) fn mountinfo(&self) -> &'static str {
        self.mountinfo
    }

    /// `at` as a path below the root.
    pub(crate) fn locate(&mut self, at: fmt::Arguments<'_>) -> Option<&Path> {
        self.path.clear();
        self.path.push(&self.root);
        self.path.write_fmt(at).ok()?;
        Some(Path::new(&self.path))
    }

    /// The raw bytes of `inside`, a path as the machine spells it, below the root.
    pub(crate) fn locate_bytes(&self, inside: &[u8]) -> Vec<u8> {
        [self.root.as_bytes(), inside].concat()
    }

    /// The whole content. Above the cap it is cut after the last full line.
    pub(crate) fn read(&mut self, at: fmt::Arguments<'_>) -> Option<&[u8]> {
        self.locate(at)?;
        let mut file = File::open(Path::new(&self.path)).ok()?;
        let mut filled = 0;
        loop {
            if filled == self.buffer.len() {
                if filled >= READ_BYTES_MAX {
                    let full = self.buffer.iter().rposition(|&byte| byte == b'\n');
                    filled = full.map_or(filled, |at| at + 1);
                    break;
                }
                let wanted = (filled * 2).clamp(BUFFER_BYTES_START, READ_BYTES_MAX);
                self.buffer.resize(wanted, 0);
            }
            match file.read(self.buffer.get_mut(filled..)?) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return None,
            }
        }
        self.buffer.get(..filled)
    }

    /// A file that holds one number.
    pub(crate) fn number<T: FromStr>(&mut self, at: fmt::Arguments<'_>) -> Option<T> {
        text::number(self.read(at)?)
    }

    /// A file that holds one hexadecimal number (PCI ids, flag words).
    pub(crate) fn hexadecimal(&mut self, at: fmt::Arguments<'_>) -> Option<u64> {
        text::hexadecimal(self.read(at)?)
    }

    /// A file that holds one text.
    pub(crate) fn words(&mut self, at: fmt::Arguments<'_>) -> Option<Arc<str>> {
        text::words(self.read(at)?).map(Arc::from)
    }

    pub(crate) fn exists(&mut self, at: fmt::Arguments<'_>) -> bool {
        self.locate(at).is_some_and(|path| fs::symlink_metadata(path).is_ok())
    }

    /// Names in a directory, sorted; empty when it cannot be read.
    pub(crate) fn names(&mut self, at: fmt::Arguments<'_>) -> Vec<String> {
        let Some(entries) = self.locate(at).and_then(|path| fs::read_dir(path).ok()) else {
            return Vec::new();
        };
        let mut names: Vec<String> = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
        names.sort_unstable();
        names
    }

    /// Process ids in ascending order, into a list that is kept.
    pub(crate) fn pids(&mut self, into: &mut Vec<u32>) -> Option<()> {
        into.clear();
        let entries = fs::read_dir(self.locate(format_args!("/proc"))?).ok()?;
        into.extend(entries.filter_map(|entry| text::number::<u32>(entry.ok()?.file_name().as_bytes())));
        into.sort_unstable();
        Some(())
    }

    /// What a symbolic link points to, as it is written.
    pub(crate) fn link(&mut self, at: fmt::Arguments<'_>) -> Option<OsString> {
        Some(fs::read_link(self.locate(at)?).ok()?.into_os_string())
    }

    /// Last part of the target of a symbolic link, such as the driver of a device.
    pub(crate) fn link_name(&mut self, at: fmt::Arguments<'_>) -> Option<Arc<str>> {
        let target = self.link(at)?;
        Some(Arc::from(Path::new(&target).file_name()?.to_string_lossy()))
    }

    /// Gives a buffer back that one large file has blown up.
    pub(crate) fn trim(&mut self) {
        if self.buffer.len() > BUFFER_BYTES_KEPT {
            self.buffer = Vec::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn read_of_a_file_larger_than_the_buffer_is_whole() {
        let directory = tempfile::tempdir().expect("temporary directory");
        let body = "0123456789abcde\n".repeat(5000);
        fs::write(directory.path().join("big"), &body).expect("written");
        let mut tree = Tree::new(directory.path());
        assert!(!tree.is_live());
        assert_eq!(tree.read(format_args!("/big")), Some(body.as_bytes()));
        assert_eq!(tree.read(format_args!("/absent")), None);
        assert_eq!(tree.read(format_args!("/")), None);
    }

    #[test]
    fn root_slash_is_the_running_machine() {
        assert!(Tree::new(Path::new("/")).is_live());
    }
}
