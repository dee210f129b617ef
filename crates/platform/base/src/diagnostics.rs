//! The diagnostics bundle: one JSON document with what a person needs who helps from afar. Nothing secret is in it: settings
//! are masked, and every text passes the redactor that knows the value of every secret in use.

use argos_jobs::{JobFilter, State};
use argos_kernel::{AppError, PageRequest, Result, Timestamp};
use argos_logs::{LogFilter, Order, Source};
use argos_settings::render_effective;
use argos_store::{Engine, Part};
use serde_json::{Value, json};

use crate::Platform;

/// Lines of the own log.
const LINES_MAX: i64 = 1_000;
const JOBS_MAX: i64 = 30;
const BACKUPS_MAX: i64 = 10;

/// The document. What cannot be asked is null with the reason beside it.
pub async fn diagnostics(p: &Platform) -> Result<Value> {
    let tasks: Vec<Value> = p
        .tasks
        .status()
        .into_iter()
        .map(|(name, s)| {
            json!({ "name": name, "state": s.state, "restarts": s.restarts, "last_error": s.last_error, "since": s.since.rfc3339() })
        })
        .collect();
    let mut document = json!({
        "generated_at": p.clock.now().rfc3339(),
        "version": env!("CARGO_PKG_VERSION"),
        "uptime_seconds": p.uptime().as_secs(),
        "machine": machine(),
        "store": told(store(p).await),
        "components": p.health.list(),
        "tasks": tasks,
        "figures": p.observed.exposition().lines().filter(|l| !l.starts_with('#')).collect::<Vec<_>>(),
        "settings": render_effective(&p.settings.effective()).lines().collect::<Vec<_>>(),
        "backups": told(backups(p).await),
        "failed_jobs": told(failed_jobs(p).await),
        "log": told(log(p).await),
    });
    p.vault.redactor().json(&mut document);
    Ok(document)
}

fn told(asked: Result<Value>) -> Value {
    asked.unwrap_or_else(|e: AppError| json!({ "error": e.message() }))
}

/// Facts about the machine; null where it does not say.
fn machine() -> Value {
    let read = |path: &str| std::fs::read_to_string(path).ok().map(|text| text.trim().to_owned());
    let memory = read("/proc/meminfo").and_then(|text| {
        let line = text.lines().find(|l| l.starts_with("MemTotal:"))?.to_owned();
        line.split_whitespace().nth(1)?.parse::<u64>().ok()
    });
    let system = read("/etc/os-release")
        .and_then(|text| text.lines().find_map(|l| l.strip_prefix("PRETTY_NAME=").map(|name| name.trim_matches('"').to_owned())));
    json!({
        "os": system,
        "kernel": read("/proc/sys/kernel/osrelease"),
        "arch": std::env::consts::ARCH,
        "cpus": std::thread::available_parallelism().ok().map(usize::from),
        "memory_kib": memory,
    })
}

async fn store(p: &Platform) -> Result<Value> {
    let mut migrations = Vec::new();
    for part in [Part::State, Part::Telemetry] {
        let applied = p.store.applied(part).await?;
        migrations.extend(applied.into_iter().map(|a| format!("{} {} {}", part.as_str(), a.module, a.version)));
    }
    let mut rows = serde_json::Map::new();
    let mut databases = serde_json::Map::new();
    for (name, db) in [("state", &p.store.state), ("telemetry", &p.store.telemetry)] {
        databases.insert(name.to_owned(), json!({ "size_bytes": db.size_bytes().await?, "wal_bytes": db.wal_bytes() }));
    }
    for (table, count) in p.store.row_counts().await? {
        rows.insert(table, count.into());
    }
    Ok(json!({
        "engine": if p.store.engine() == Engine::Sqlite { "sqlite" } else { "postgres" },
        "version": p.store.state.version().await?,
        "databases": databases,
        "rows": rows,
        "migrations": migrations,
    }))
}

async fn backups(p: &Platform) -> Result<Value> {
    let all = p.backups.list(BACKUPS_MAX).await?;
    let view = |b: argos_backup::Backup| {
        json!({
            "filename": b.filename, "kind": b.kind, "created_at": b.created_at.rfc3339(), "size_bytes": b.size_bytes, "verify_state": b.verify_state,
            "verified_at": b.verified_at.map(Timestamp::rfc3339), "verify_detail": b.verify_detail, "remote_state": b.remote_state, "remote_error": b.remote_error,
        })
    };
    Ok(all.into_iter().map(view).collect())
}

async fn failed_jobs(p: &Platform) -> Result<Value> {
    let filter = JobFilter { states: vec![State::Failed, State::Timeout], kind: None, pool: None, schedule_id: None, organizations: true };
    let found = p.jobs.list(&filter, PageRequest { limit: JOBS_MAX, offset: 0 }).await?;
    let view = |j: argos_jobs::Job| json!({ "id": j.id, "kind": j.kind, "state": j.state.as_str(), "error": j.error, "attempts": j.attempts, "finished_at": j.finished_at.map(Timestamp::rfc3339) });
    Ok(found.items.into_iter().map(view).collect())
}

async fn log(p: &Platform) -> Result<Value> {
    let filter = LogFilter { sources: vec![Source::System], ..LogFilter::default() };
    let mut lines = p.logs.list(&filter, Order::Newest, PageRequest { limit: LINES_MAX, offset: 0 }).await?.items;
    lines.reverse();
    let text = |e: argos_logs::LogEntry| format!("{} {} {} {}", e.at.rfc3339(), e.level.as_str(), e.unit.unwrap_or_default(), e.message);
    Ok(lines.into_iter().map(|e| Value::from(text(e))).collect())
}
