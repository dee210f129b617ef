//! What the process says of itself beside the machine's health: its databases, queues and backups. Null where nobody knows.

use argos_jobs::{JobFilter, State};
use argos_kernel::{PageRequest, Result, Timestamp};
use argos_platform::Platform;
use schemars::JsonSchema;
use serde::Serialize;

/// The job that makes a backup.
const BACKUP_JOB: &str = "backup";
/// Archives that are looked through for one that was made here.
const BACKUPS_MAX: i64 = 50;

#[derive(Serialize, JsonSchema)]
pub(super) struct DatabaseView {
    size_bytes: Option<i64>,
    /// What of the write-ahead log is not folded back; null on PostgreSQL, which keeps its own.
    wal_size_bytes: Option<u64>,
    /// Connections of the pool; null on SQLite, which has none.
    open_connections: Option<usize>,
    idle_connections: Option<usize>,
    in_use_connections: Option<usize>,
    telemetry_size_bytes: Option<i64>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct WorkersView {
    /// Notifications that wait to be sent.
    notification_queue_depth: Option<i64>,
    /// Always null: they wait in a table, which has no bound.
    notification_queue_cap: Option<i64>,
    /// Always 0: a table turns none away.
    notification_dropped_total: u64,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct SchedulerView {
    /// When a backup was made or failed last; null when there was none.
    last_backup_attempt: Option<String>,
    /// `ok`, `failed` or `missing`; null when it cannot be read.
    last_backup_status: Option<&'static str>,
    /// `manual`, `scheduled` or `upgrade`.
    last_backup_kind: Option<String>,
}

pub(super) async fn database(p: &Platform) -> DatabaseView {
    let pool = p.store.state.pool();
    DatabaseView {
        size_bytes: p.store.state.size_bytes().await.ok(),
        wal_size_bytes: p.store.state.wal_bytes(),
        open_connections: pool.as_ref().map(|pool| pool.size),
        idle_connections: pool.as_ref().map(|pool| pool.idle),
        in_use_connections: pool.as_ref().map(|pool| pool.in_use),
        telemetry_size_bytes: p.store.telemetry.size_bytes().await.ok(),
    }
}

pub(super) async fn workers(p: &Platform) -> WorkersView {
    let depth = p.notify.queue_depth().await.ok();
    WorkersView { notification_queue_depth: depth.map(|d| d.pending), notification_queue_cap: None, notification_dropped_total: 0 }
}

pub(super) async fn scheduler(p: &Platform) -> SchedulerView {
    match last_backup(p).await {
        Ok(Some(Attempt { at, kind, is_good })) => SchedulerView {
            last_backup_attempt: Some(at.rfc3339()),
            last_backup_status: Some(if is_good { "ok" } else { "failed" }),
            last_backup_kind: Some(kind),
        },
        Ok(None) => SchedulerView { last_backup_attempt: None, last_backup_status: Some("missing"), last_backup_kind: None },
        Err(_) => SchedulerView { last_backup_attempt: None, last_backup_status: None, last_backup_kind: None },
    }
}

struct Attempt {
    at: Timestamp,
    kind: String,
    is_good: bool,
}

/// The newest archive that was made here, or a job that failed since.
async fn last_backup(p: &Platform) -> Result<Option<Attempt>> {
    let made = p.backups.list(BACKUPS_MAX).await?.into_iter().find(|b| ["manual", "scheduled", "upgrade"].contains(&b.kind.as_str()));
    let made = made.map(|b| Attempt { at: b.created_at, kind: b.kind, is_good: true });
    let states = vec![State::Failed, State::Timeout];
    let filter = JobFilter { states, kind: Some(BACKUP_JOB.to_owned()), pool: None, schedule_id: None, organizations: true };
    let failed = p.jobs.list(&filter, PageRequest { limit: 1, offset: 0 }).await?.items.into_iter().next();
    let failed = failed.map(|job| {
        let kind = if job.schedule_id.is_some() { "scheduled" } else { "manual" };
        Attempt { at: job.finished_at.unwrap_or(job.created_at), kind: kind.to_owned(), is_good: false }
    });
    Ok([made, failed].into_iter().flatten().max_by_key(|attempt| attempt.at))
}
