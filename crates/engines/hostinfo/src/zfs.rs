//! ZFS pools and the size of their cache, from the kernel statistics of OpenZFS.
//!
//! Health is the pool's state alone; errors and scrubs need `zpool status`, which is not run here.

use crate::text;
use crate::tree::Tree;
use serde::Serialize;

/// One imported pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ZfsPool {
    pub name: String,
    /// `ONLINE`, `DEGRADED`, `FAULTED`, `SUSPENDED` and so on; `None` before OpenZFS 0.8.
    pub health: Option<String>,
}

/// ZFS on this machine.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Zfs {
    pub pools: Vec<ZfsPool>,
    /// Memory the cache holds now; the kernel counts it as used, though it gives way.
    pub arc_bytes: Option<u64>,
    pub arc_max_bytes: Option<u64>,
}

/// A value of `arcstats`: lines of name, type and data.
#[must_use]
pub fn parse_arcstat(text: &[u8], wanted: &str) -> Option<u64> {
    text::lines(text).find_map(|line| {
        let mut fields = text::fields(line);
        (fields.next()? == wanted.as_bytes()).then(|| text::number(fields.nth(1)?)).flatten()
    })
}

/// `None` when the module is not loaded.
pub(crate) fn sample(tree: &mut Tree) -> Option<Zfs> {
    const BASE: &str = "/proc/spl/kstat/zfs";
    let stats = tree.read(format_args!("{BASE}/arcstats"));
    let (arc_bytes, arc_max_bytes) = match stats {
        Some(text) => (parse_arcstat(text, "size"), parse_arcstat(text, "c_max")),
        None => (None, None),
    };
    let mut pools = Vec::new();
    for name in tree.names(format_args!("{BASE}")) {
        // A pool is a directory; the module's own statistics are files.
        if tree.locate(format_args!("{BASE}/{name}")).is_some_and(std::path::Path::is_dir) {
            let state = tree.read(format_args!("{BASE}/{name}/state"));
            pools.push(ZfsPool { health: state.and_then(text::words), name });
        }
    }
    (arc_bytes.is_some() || !pools.is_empty()).then_some(Zfs { pools, arc_bytes, arc_max_bytes })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arcstats_values_are_found_by_name() {
        let text = b"13 1 0x01 123 33456 7 8\nname                            type data\nhits                            4    55\nsize                            4    1048576\nc_max                           4    8388608\n";
        assert_eq!(parse_arcstat(text, "size"), Some(1_048_576));
        assert_eq!(parse_arcstat(text, "c_max"), Some(8_388_608));
        assert_eq!(parse_arcstat(text, "missing"), None);
    }
}
