//! What a process costs, as the kernel accounts it.

use std::path::Path;
use std::time::Duration;

use crate::Outcome;

/// Resident memory in MiB (`VmRSS` of proc(5)).
pub(crate) fn rss_mib(pid: u32) -> Outcome<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    let kib: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kib / 1024.0)
}

/// Processor time of all its threads (fields 14 and 15 of `/proc/PID/stat`).
pub(crate) fn cpu_time(pid: u32) -> Outcome<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name in parentheses may hold anything; fields after it begin with the third.
    let (_, rest) = stat.rsplit_once(')').ok_or("no name in stat")?;
    let ticks = |n: usize| -> Outcome<u64> { Ok(rest.split_whitespace().nth(n - 3).ok_or("stat is short")?.parse()?) };
    #[expect(clippy::cast_precision_loss, reason = "ticks of one process")]
    let seconds = (ticks(14)? + ticks(15)?) as f64 / rustix::param::clock_ticks_per_second() as f64;
    Ok(Duration::from_secs_f64(seconds))
}

/// Processor time of this process without its children, finer than a tick.
pub(crate) fn cpu_precise() -> Duration {
    let spent = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::try_from(spent).unwrap_or_default()
}

/// Size of a file in MiB.
pub(crate) fn file_mib(path: &Path) -> Outcome<f64> {
    Ok(mib(std::fs::metadata(path)?.len()))
}

/// Bytes of all files below a directory.
pub(crate) fn tree_bytes(dir: &Path) -> Outcome<u64> {
    let mut total = 0;
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        total += if kind.is_dir() { tree_bytes(&entry.path())? } else { entry.metadata()?.len() };
    }
    Ok(total)
}

#[expect(clippy::cast_precision_loss, reason = "shown with four digits")]
fn mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
