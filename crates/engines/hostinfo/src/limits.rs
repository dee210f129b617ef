//! System-wide tables that can run full: open files and random numbers.

use crate::text;
use crate::tree::Tree;
use serde::Serialize;

/// `/proc/sys/fs/file-nr`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct FileHandles {
    pub open: u64,
    pub max: u64,
}

impl FileHandles {
    /// Three numbers: allocated, of these free (0 since Linux 2.6), limit.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let mut numbers = text::fields(text).map(text::number::<u64>);
        let (allocated, free, max) = (numbers.next()??, numbers.next()??, numbers.next()??);
        Some(Self { open: allocated.checked_sub(free)?, max })
    }
}

pub(crate) fn file_handles(tree: &mut Tree) -> Option<FileHandles> {
    FileHandles::parse(tree.read(format_args!("/proc/sys/fs/file-nr"))?)
}

pub(crate) fn entropy_bits(tree: &mut Tree) -> Option<u32> {
    tree.number(format_args!("/proc/sys/kernel/random/entropy_avail"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_handles_are_read() {
        assert_eq!(FileHandles::parse(b"1472\t0\t9223372036854775807\n"), Some(FileHandles { open: 1472, max: 9_223_372_036_854_775_807 }));
        assert_eq!(FileHandles::parse(b"1472\t0\n"), None);
    }
}
