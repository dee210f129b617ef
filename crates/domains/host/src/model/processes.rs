//! Process views: the current table, and the short history of the hungriest.

use argos_hostinfo::Sample;
use argos_hostinfo::process_table::Rank;
use schemars::JsonSchema;
use serde::Serialize;

use super::parts::{TopView, tenth, top};

/// One process of the current table.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ProcessView {
    pid: u32,
    name: String,
    /// Percent of one core since the last tick.
    /// Null until the process was seen twice.
    cpu: Option<f64>,
    /// Percent of the machine's memory; null where the machine does not tell its size.
    mem: Option<f64>,
    status: &'static str,
    user: String,
    memory_bytes: u64,
    threads: u32,
    command: String,
    /// Unix seconds.
    started: Option<i64>,
    io_bps: Option<f64>,
}

/// At most 100 processes that use more than 0.1 % of something, by processor time.
pub(crate) fn current(sample: &Sample) -> Vec<ProcessView> {
    let Some(processes) = &sample.processes else { return Vec::new() };
    let mut list: Vec<ProcessView> = processes
        .list
        .iter()
        .filter(|p| p.cpu_percent.is_some_and(|c| c > 0.1) || p.memory_percent.is_some_and(|m| m > 0.1))
        .map(|p| ProcessView {
            pid: p.pid,
            name: p.name.chars().take(30).collect(),
            cpu: p.cpu_percent.map(tenth),
            mem: p.memory_percent.map(tenth),
            status: p.state.word(),
            user: p.user.as_deref().map_or_else(|| p.uid.map(|u| u.to_string()).unwrap_or_default(), |u| u.chars().take(20).collect()),
            memory_bytes: p.resident_bytes,
            threads: p.threads,
            command: p.cmdline.chars().take(200).collect(),
            started: p.started_unix_s,
            io_bps: p.io_bytes_per_s().map(f64::round),
        })
        .collect();
    list.sort_by(|a, b| descending(a.cpu, b.cpu).then(descending(a.mem, b.mem)));
    list.truncate(100);
    list
}

/// The greater first, the unknown last.
fn descending(a: Option<f64>, b: Option<f64>) -> std::cmp::Ordering {
    b.unwrap_or(f64::NEG_INFINITY).total_cmp(&a.unwrap_or(f64::NEG_INFINITY))
}

/// One entry of the process history.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ProcessTick {
    /// Unix seconds.
    pub(crate) time: i64,
    cpu: Vec<TopView>,
    mem: Vec<TopView>,
}

pub(crate) fn tick(sample: &Sample) -> ProcessTick {
    ProcessTick {
        time: sample.wall_unix_s,
        cpu: top(sample, Rank::Cpu, |p| p.cpu_percent),
        mem: top(sample, Rank::Memory, |p| p.memory_percent),
    }
}
