//! Block device traffic from `/proc/diskstats`.
//!
//! Whole disks and partitions are told apart; loop, RAM and mapped devices are only listed when
//! asked for, since they repeat the traffic of what lies below. Field meanings:
//! Documentation/admin-guide/iostats.rst of the kernel.

use crate::interval::{Interval, Pace};
use crate::text;
use crate::tree::Tree;
use serde::Serialize;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// `/proc/diskstats` and `size` count in sectors of this size, whatever the device uses.
const SECTOR_BYTES: u64 = 512;

/// What kind of block device a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DiskKind {
    Disk,
    Partition,
    /// Linux software RAID (`md*`).
    Raid,
    /// Device mapper: LVM, LUKS, multipath (`dm-*`).
    Mapped,
    Loop,
    Ram,
    Optical,
}

impl DiskKind {
    /// Loop, RAM and mapped devices carry no traffic of their own.
    #[must_use]
    pub fn is_virtual(self) -> bool {
        matches!(self, Self::Mapped | Self::Loop | Self::Ram)
    }
}

/// Counters of one line since boot. Times in milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct DiskCounters {
    pub reads: u64,
    pub read_sectors: u64,
    pub read_ms: u64,
    pub writes: u64,
    pub written_sectors: u64,
    pub write_ms: u64,
    pub in_flight: u64,
    /// Time with at least one request under way.
    pub busy_ms: u64,
}

/// One block device. Rates are `None` in its first sample and after a counter reset.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DiskIo {
    pub name: Arc<str>,
    pub kind: DiskKind,
    pub model: Option<Arc<str>>,
    pub size_bytes: Option<u64>,
    /// Spinning (true) or solid state, as the driver reports it.
    pub rotational: Option<bool>,
    pub read_bytes_total: u64,
    pub written_bytes_total: u64,
    pub in_flight: u64,
    pub read_bytes_per_s: Option<f64>,
    pub write_bytes_per_s: Option<f64>,
    pub reads_per_s: Option<f64>,
    pub writes_per_s: Option<f64>,
    /// Share of time with at least one request under way, 0 to 100.
    pub busy_percent: Option<f64>,
    /// Mean time of the requests finished in the interval; `None` when there were none.
    pub await_ms: Option<f64>,
}

/// Parses one line of `/proc/diskstats` into name and counters.
#[must_use]
pub fn parse_line(line: &[u8]) -> Option<(&str, DiskCounters)> {
    let mut fields = text::fields(line).skip(2);
    let name = std::str::from_utf8(fields.next()?).ok()?;
    let mut next = || fields.next().and_then(text::number::<u64>);
    let reads = next()?;
    next()?; // reads merged
    let (read_sectors, read_ms) = (next()?, next()?);
    let writes = next()?;
    next()?; // writes merged
    let (written_sectors, write_ms) = (next()?, next()?);
    let (in_flight, busy_ms) = (next()?, next()?);
    let counters = DiskCounters { reads, read_sectors, read_ms, writes, written_sectors, write_ms, in_flight, busy_ms };
    Some((name, counters))
}

/// Kind by name alone, for names whose kind the kernel fixes. `None`: disk or partition.
#[must_use]
pub fn fixed_kind(name: &str) -> Option<DiskKind> {
    let numbered =
        |prefix: &str| name.strip_prefix(prefix).is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()));
    if numbered("loop") {
        Some(DiskKind::Loop)
    } else if numbered("ram") || numbered("zram") {
        Some(DiskKind::Ram)
    } else if numbered("dm-") {
        Some(DiskKind::Mapped)
    } else if numbered("md") {
        Some(DiskKind::Raid)
    } else if numbered("sr") {
        Some(DiskKind::Optical)
    } else {
        None
    }
}

/// Whether a name looks like a partition where sysfs does not tell: `sda1`, `nvme0n1p2`, `mmcblk0p1`.
#[must_use]
pub fn looks_like_partition(name: &str) -> bool {
    let stem = name.trim_end_matches(|symbol: char| symbol.is_ascii_digit());
    if stem.len() == name.len() {
        return false;
    }
    match stem.strip_suffix('p') {
        Some(disk) if disk.ends_with(|symbol: char| symbol.is_ascii_digit()) => true,
        _ => ["sd", "hd", "vd", "xvd"].iter().any(|prefix| {
            stem.strip_prefix(prefix).is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_lowercase()))
        }),
    }
}

#[derive(Debug)]
struct Tracked {
    name: Arc<str>,
    kind: DiskKind,
    model: Option<Arc<str>>,
    size_bytes: Option<u64>,
    rotational: Option<bool>,
    counters: DiskCounters,
    seen: u64,
}

/// Keeps counters and static facts per device.
#[derive(Debug, Default)]
pub(crate) struct DiskCollector {
    pace: Pace,
    round: u64,
    known: HashMap<Box<str>, Tracked>,
    fresh: Vec<(Box<str>, DiskCounters)>,
}

impl DiskCollector {
    pub(crate) fn sample(&mut self, tree: &mut Tree, now: Duration, with_virtual: bool) -> Option<Vec<DiskIo>> {
        let text = tree.read(format_args!("/proc/diskstats"))?;
        let interval = self.pace.tick(now);
        self.round += 1;
        let mut disks = Vec::with_capacity(self.known.len());
        for (name, counters) in text::lines(text).filter_map(parse_line) {
            if !with_virtual && fixed_kind(name).is_some_and(DiskKind::is_virtual) {
                continue;
            }
            match self.known.get_mut(name) {
                Some(tracked) => {
                    let continuous = interval.filter(|_| tracked.seen + 1 == self.round);
                    disks.push(tracked.advance(continuous, counters));
                    tracked.seen = self.round;
                }
                None => self.fresh.push((Box::from(name), counters)),
            }
        }
        while let Some((name, counters)) = self.fresh.pop() {
            let mut tracked = Tracked::discover(tree, &name, counters);
            tracked.seen = self.round;
            disks.push(tracked.advance(None, counters));
            self.known.insert(name, tracked);
        }
        let round = self.round;
        self.known.retain(|_, tracked| tracked.seen == round);
        disks.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        Some(disks)
    }
}

impl Tracked {
    fn discover(tree: &mut Tree, name: &str, counters: DiskCounters) -> Self {
        let base = format!("/sys/class/block/{name}");
        let kind = fixed_kind(name).unwrap_or_else(|| {
            let partition = if tree.exists(format_args!("{base}")) {
                tree.exists(format_args!("{base}/partition"))
            } else {
                looks_like_partition(name)
            };
            if partition { DiskKind::Partition } else { DiskKind::Disk }
        });
        let sectors: Option<u64> = tree.number(format_args!("{base}/size"));
        let rotational: Option<u8> = tree.number(format_args!("{base}/queue/rotational"));
        Self {
            name: Arc::from(name),
            kind,
            model: tree.words(format_args!("{base}/device/model")),
            size_bytes: sectors.and_then(|sectors| sectors.checked_mul(SECTOR_BYTES)),
            rotational: rotational.map(|flag| flag != 0),
            counters,
            seen: 0,
        }
    }

    fn advance(&mut self, interval: Option<Interval>, after: DiskCounters) -> DiskIo {
        let before = std::mem::replace(&mut self.counters, after);
        let rate = |before: u64, after: u64| interval.and_then(|interval| interval.rate(before, after));
        let bytes = |before: u64, after: u64| rate(before, after).map(|sectors| sectors * SECTOR_BYTES as f64);
        DiskIo {
            name: Arc::clone(&self.name),
            kind: self.kind,
            model: self.model.clone(),
            size_bytes: self.size_bytes,
            rotational: self.rotational,
            read_bytes_total: after.read_sectors.saturating_mul(SECTOR_BYTES),
            written_bytes_total: after.written_sectors.saturating_mul(SECTOR_BYTES),
            in_flight: after.in_flight,
            read_bytes_per_s: bytes(before.read_sectors, after.read_sectors),
            write_bytes_per_s: bytes(before.written_sectors, after.written_sectors),
            reads_per_s: rate(before.reads, after.reads),
            writes_per_s: rate(before.writes, after.writes),
            // Milliseconds per second are tenths of a percent.
            busy_percent: rate(before.busy_ms, after.busy_ms).map(|ms| (ms / 10.0).min(100.0)),
            await_ms: interval.and_then(|_| mean_wait_ms(&before, &after)),
        }
    }
}

fn mean_wait_ms(before: &DiskCounters, after: &DiskCounters) -> Option<f64> {
    let reads = after.reads.checked_sub(before.reads)?;
    let writes = after.writes.checked_sub(before.writes)?;
    let read_ms = after.read_ms.checked_sub(before.read_ms)?;
    let write_ms = after.write_ms.checked_sub(before.write_ms)?;
    let requests = reads.checked_add(writes).filter(|requests| *requests > 0)?;
    Some(read_ms.checked_add(write_ms)? as f64 / requests as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_of_a_current_kernel_is_read() {
        let line = b" 254       0 vda 8322 4488 2816090 102260 1591 8145 789328 28227 1 26852 136309 3235 75 116664 5762 138 59";
        let (name, counters) = parse_line(line).expect("line");
        assert_eq!(name, "vda");
        assert_eq!((counters.reads, counters.read_sectors, counters.read_ms), (8322, 2_816_090, 102_260));
        assert_eq!((counters.writes, counters.written_sectors, counters.write_ms), (1591, 789_328, 28_227));
        assert_eq!((counters.in_flight, counters.busy_ms), (1, 26_852));
    }

    #[test]
    fn line_that_is_cut_is_none() {
        assert_eq!(parse_line(b"254 0 vda 8322 4488"), None);
        assert_eq!(parse_line(b"254 0"), None);
    }

    #[test]
    fn kinds_by_name() {
        let cases = [
            ("loop7", Some(DiskKind::Loop)),
            ("zram0", Some(DiskKind::Ram)),
            ("dm-3", Some(DiskKind::Mapped)),
            ("md127", Some(DiskKind::Raid)),
            ("sr0", Some(DiskKind::Optical)),
            ("sda", None),
            ("loop", None),
        ];
        for (name, kind) in cases {
            assert_eq!(fixed_kind(name), kind, "{name}");
        }
        for (name, partition) in [
            ("sda1", true),
            ("sdaa12", true),
            ("nvme0n1p2", true),
            ("mmcblk0p1", true),
            ("vda", false),
            ("nvme0n1", false),
            ("mmcblk0", false),
            ("nbd3", false),
        ] {
            assert_eq!(looks_like_partition(name), partition, "{name}");
        }
    }

    #[test]
    fn wait_without_requests_is_unknown() {
        let before = DiskCounters { reads: 10, read_ms: 100, ..DiskCounters::default() };
        assert_eq!(mean_wait_ms(&before, &before), None);
        let after = DiskCounters { reads: 12, read_ms: 130, writes: 2, write_ms: 10, ..before };
        assert_eq!(mean_wait_ms(&before, &after), Some(10.0));
        assert_eq!(mean_wait_ms(&after, &before), None);
    }
}
