//! Memory and swap from `/proc/meminfo`, in bytes.
//!
//! A field the kernel does not print is `None`. Field meanings: proc(5), `/proc/meminfo`.

use crate::text;
use serde::Serialize;

/// Memory at one moment, all in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Memory {
    pub total_bytes: u64,
    pub free_bytes: Option<u64>,
    /// What could be given to new work without swapping. Kernels before 3.14 do not tell: then it
    /// is free, buffers, cache and reclaimable slab, less shared memory.
    pub available_bytes: Option<u64>,
    /// Total less available.
    pub used_bytes: Option<u64>,
    /// `used` in percent of `total`.
    pub percent: Option<f64>,
    pub buffers_bytes: Option<u64>,
    pub cached_bytes: Option<u64>,
    pub shared_bytes: Option<u64>,
    pub active_bytes: Option<u64>,
    pub inactive_bytes: Option<u64>,
    pub dirty_bytes: Option<u64>,
    pub writeback_bytes: Option<u64>,
    pub anonymous_bytes: Option<u64>,
    pub mapped_bytes: Option<u64>,
    pub unevictable_bytes: Option<u64>,
    pub slab_bytes: Option<u64>,
    pub slab_reclaimable_bytes: Option<u64>,
    pub slab_unreclaimable_bytes: Option<u64>,
    pub kernel_stack_bytes: Option<u64>,
    pub page_tables_bytes: Option<u64>,
    pub committed_bytes: Option<u64>,
    pub commit_limit_bytes: Option<u64>,
    pub huge_pages_total: Option<u64>,
    pub huge_pages_free: Option<u64>,
    pub huge_page_bytes: Option<u64>,
    pub swap: Swap,
}

/// Swap space at one moment. A machine without swap has a total of 0 and no percentage.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Swap {
    pub total_bytes: Option<u64>,
    pub free_bytes: Option<u64>,
    pub used_bytes: Option<u64>,
    pub percent: Option<f64>,
    /// Pages in memory that also have a copy in swap.
    pub cached_bytes: Option<u64>,
}

impl Memory {
    /// Parses `/proc/meminfo`; `None` without `MemTotal`.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let mut memory = Self::default();
        let mut total = None;
        for line in text::lines(text) {
            let Some((key, value)) = text::pair(line, b':') else {
                continue;
            };
            let value = quantity(value);
            match key {
                b"MemTotal" => total = value,
                b"MemFree" => memory.free_bytes = value,
                b"MemAvailable" => memory.available_bytes = value,
                b"Buffers" => memory.buffers_bytes = value,
                b"Cached" => memory.cached_bytes = value,
                b"Shmem" => memory.shared_bytes = value,
                b"Active" => memory.active_bytes = value,
                b"Inactive" => memory.inactive_bytes = value,
                b"Dirty" => memory.dirty_bytes = value,
                b"Writeback" => memory.writeback_bytes = value,
                b"AnonPages" => memory.anonymous_bytes = value,
                b"Mapped" => memory.mapped_bytes = value,
                b"Unevictable" => memory.unevictable_bytes = value,
                b"Slab" => memory.slab_bytes = value,
                b"SReclaimable" => memory.slab_reclaimable_bytes = value,
                b"SUnreclaim" => memory.slab_unreclaimable_bytes = value,
                b"KernelStack" => memory.kernel_stack_bytes = value,
                b"PageTables" => memory.page_tables_bytes = value,
                b"Committed_AS" => memory.committed_bytes = value,
                b"CommitLimit" => memory.commit_limit_bytes = value,
                b"HugePages_Total" => memory.huge_pages_total = value,
                b"HugePages_Free" => memory.huge_pages_free = value,
                b"Hugepagesize" => memory.huge_page_bytes = value,
                b"SwapTotal" => memory.swap.total_bytes = value,
                b"SwapFree" => memory.swap.free_bytes = value,
                b"SwapCached" => memory.swap.cached_bytes = value,
                _ => {}
            }
        }
        memory.total_bytes = total?;
        memory.derive();
        Some(memory)
    }

    fn derive(&mut self) {
        self.available_bytes = self.available_bytes.or_else(|| self.estimate_available());
        self.used_bytes = self.available_bytes.and_then(|free| self.total_bytes.checked_sub(free));
        self.percent = self.used_bytes.and_then(|used| percent(used, self.total_bytes));
        let swap = &mut self.swap;
        swap.used_bytes = swap.total_bytes.zip(swap.free_bytes).and_then(|(total, free)| total.checked_sub(free));
        swap.percent = swap.used_bytes.zip(swap.total_bytes).and_then(|(used, total)| percent(used, total));
    }

    fn estimate_available(&self) -> Option<u64> {
        self.free_bytes?
            .checked_add(self.buffers_bytes?)?
            .checked_add(self.cached_bytes?)?
            .checked_add(self.slab_reclaimable_bytes.unwrap_or(0))?
            .checked_sub(self.shared_bytes.unwrap_or(0))
    }
}

/// A value with its unit; the counts of huge pages have none.
fn quantity(value: &[u8]) -> Option<u64> {
    let mut fields = text::fields(value);
    let amount = fields.next().and_then(text::number::<u64>)?;
    match fields.next() {
        None => Some(amount),
        Some(b"kB") => amount.checked_mul(1024),
        Some(_) => None,
    }
}

/// `part` in percent of `whole`, `None` when there is no whole.
pub(crate) fn percent(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| 100.0 * part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEMINFO: &[u8] = b"MemTotal:       24684096 kB\nMemFree:        23070872 kB\n\
MemAvailable:   23972000 kB\nBuffers:           16628 kB\nCached:          1073908 kB\n\
SwapCached:            0 kB\nActive(anon):       1560 kB\nActive:           234976 kB\n\
Shmem:              8788 kB\nSwapTotal:       1000 kB\nSwapFree:            250 kB\n\
HugePages_Total:       3\nHugepagesize:       2048 kB\n";

    #[test]
    fn meminfo_is_read_in_bytes() {
        let memory = Memory::parse(MEMINFO).expect("meminfo");
        assert_eq!(memory.total_bytes, 24_684_096 * 1024);
        assert_eq!(memory.used_bytes, Some((24_684_096 - 23_972_000) * 1024));
        assert_eq!(memory.active_bytes, Some(234_976 * 1024));
        assert_eq!(memory.huge_pages_total, Some(3));
        assert_eq!(memory.huge_page_bytes, Some(2048 * 1024));
        assert_eq!(memory.swap.used_bytes, Some(750 * 1024));
        assert_eq!(memory.swap.percent, Some(75.0));
        assert_eq!(memory.slab_bytes, None);
    }

    #[test]
    fn meminfo_of_an_old_kernel_has_an_estimate() {
        let text = b"MemTotal: 1000 kB\nMemFree: 100 kB\nBuffers: 50 kB\nCached: 300 kB\nShmem: 20 kB\n";
        let memory = Memory::parse(text).expect("meminfo");
        assert_eq!(memory.available_bytes, Some(430 * 1024));
        assert_eq!(memory.percent, Some(57.0));
        assert_eq!(memory.swap, Swap::default());
    }

    #[test]
    fn swap_of_a_machine_without_swap_has_no_percentage() {
        let text = b"MemTotal: 1000 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n";
        let swap = Memory::parse(text).expect("meminfo").swap;
        assert_eq!((swap.total_bytes, swap.used_bytes, swap.percent), (Some(0), Some(0), None));
    }

    #[test]
    fn meminfo_without_total_is_none() {
        assert_eq!(Memory::parse(b"MemFree: 1 kB\n"), None);
    }
}
