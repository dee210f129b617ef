//! When a browser is of no use any more though it lives. Pure.

use std::time::Duration;

/// A browser that answers nothing for so long hangs.
pub(super) const HANG: Duration = Duration::from_secs(15);
/// Memory that the processes of one browser may hold: half of the machine's within these bounds.
const MEMORY_MIN: u64 = 512 << 20;
const MEMORY_MAX: u64 = 4 << 30;

/// Why a browser is of no use any more.
pub(super) fn ailment(answers: bool, memory: Option<u64>, memory_max: u64) -> Option<String> {
    let mib = |bytes: u64| bytes >> 20;
    match memory.filter(|held| *held > memory_max) {
        Some(held) => Some(format!("it held {} MiB of memory, more than the {} MiB it may", mib(held), mib(memory_max))),
        None => (!answers).then(|| format!("it answered nothing for {} seconds", HANG.as_secs())),
    }
}

/// What one browser may hold on a machine that tells this of its memory.
pub(super) fn memory_max(meminfo: &str) -> u64 {
    let total = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:")?.split_whitespace().next()?.parse::<u64>().ok());
    total.map_or(MEMORY_MAX, |kib| (kib.saturating_mul(1024) / 2).clamp(MEMORY_MIN, MEMORY_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browser_that_hangs_or_holds_more_than_its_share_is_of_no_use() {
        assert_eq!(ailment(true, Some(99), 100), None);
        assert_eq!(ailment(true, None, 100), None);
        assert_eq!(ailment(true, Some(600 << 20), 512 << 20).as_deref(), Some("it held 600 MiB of memory, more than the 512 MiB it may"));
        assert_eq!(ailment(false, None, 100).as_deref(), Some("it answered nothing for 15 seconds"));
        let of = |kib: u64| memory_max(&format!("MemFree: 1 kB\nMemTotal:       {kib} kB\n"));
        assert_eq!((of(1 << 10), of(4 << 20), of(64 << 20), memory_max("")), (MEMORY_MIN, 2 << 30, MEMORY_MAX, MEMORY_MAX));
    }
}
