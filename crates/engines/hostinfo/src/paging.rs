//! Paging, swapping and out-of-memory kills from `/proc/vmstat`.
//!
//! Counters since boot become rates between two samples. Field meanings: mm/vmstat.c of the kernel.

use crate::interval::{self, Pace};
use crate::text;
use crate::tree::Tree;
use serde::Serialize;
use std::time::Duration;

/// Counters of `/proc/vmstat` since boot.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct VmStat {
    pub swap_in_pages: Option<u64>,
    pub swap_out_pages: Option<u64>,
    pub page_faults: Option<u64>,
    /// Faults that had to wait for storage.
    pub major_faults: Option<u64>,
    /// Since Linux 4.13.
    pub oom_kills: Option<u64>,
}

/// Paging of one sample; rates are `None` in the first one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Paging {
    pub swap_in_bytes_per_s: Option<f64>,
    pub swap_out_bytes_per_s: Option<f64>,
    pub page_faults_per_s: Option<f64>,
    pub major_faults_per_s: Option<f64>,
    pub oom_kills_total: Option<u64>,
    /// Kills since the previous sample.
    pub oom_kills: Option<u64>,
}

impl VmStat {
    #[must_use]
    pub fn parse(text: &[u8]) -> Self {
        let mut stat = Self::default();
        for line in text::lines(text) {
            let Some((key, value)) = text::pair(line, b' ') else {
                continue;
            };
            match key {
                b"pswpin" => stat.swap_in_pages = text::number(value),
                b"pswpout" => stat.swap_out_pages = text::number(value),
                b"pgfault" => stat.page_faults = text::number(value),
                b"pgmajfault" => stat.major_faults = text::number(value),
                b"oom_kill" => stat.oom_kills = text::number(value),
                _ => {}
            }
        }
        stat
    }
}

#[derive(Debug, Default)]
pub(crate) struct PagingCollector {
    pace: Pace,
    previous: VmStat,
}

impl PagingCollector {
    pub(crate) fn sample(&mut self, tree: &mut Tree, now: Duration, page_bytes: u64) -> Option<Paging> {
        let stat = VmStat::parse(tree.read(format_args!("/proc/vmstat"))?);
        let interval = self.pace.tick(now);
        let before = std::mem::replace(&mut self.previous, stat);
        let pages = |before, after| interval::rate(interval, before, after).map(|rate| rate * page_bytes as f64);
        Some(Paging {
            swap_in_bytes_per_s: pages(before.swap_in_pages, stat.swap_in_pages),
            swap_out_bytes_per_s: pages(before.swap_out_pages, stat.swap_out_pages),
            page_faults_per_s: interval::rate(interval, before.page_faults, stat.page_faults),
            major_faults_per_s: interval::rate(interval, before.major_faults, stat.major_faults),
            oom_kills_total: stat.oom_kills,
            oom_kills: interval.and_then(|_| stat.oom_kills?.checked_sub(before.oom_kills?)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vmstat_counters_are_read() {
        let text = b"nr_free_pages 5767718\npswpin 3\npswpout 4\npgfault 500\npgmajfault 7\noom_kill 1\n";
        let stat = VmStat::parse(text);
        assert_eq!((stat.swap_in_pages, stat.swap_out_pages), (Some(3), Some(4)));
        assert_eq!((stat.page_faults, stat.major_faults, stat.oom_kills), (Some(500), Some(7), Some(1)));
        assert_eq!(VmStat::parse(b"pswpin x\n"), VmStat::default());
    }
}
