//! List, make, look, delete, download, verify.

use std::sync::Arc;
use std::time::Duration;

use argos_audit::{Category, Entry};
use argos_jobs::{Job, JobFilter, State};
use argos_kernel::{AppError, PageRequest, Result, Timestamp};
use argos_web::{Reply, Req};
use bytes::Bytes;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::io::AsyncReadExt;

use super::Service;
use super::view::{BackupView, JobStarted, StatusView};
use crate::JOB_KIND;
use crate::backups::{SCHEDULE_NAME, aside, io_error};

const NOTE_MAX: usize = 500;
/// A backup older than this is stale (edge spec dashboard).
const STALE_S: i64 = 48 * 3600;
/// How long a caller waits for its backup; it goes on without the caller.
const WAIT_MAX: Duration = Duration::from_secs(600);
const PIECE: usize = 64 << 10;

#[derive(Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateBackup {
    note: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct TargetTested {
    ok: bool,
    target: String,
}

pub(crate) async fn list(service: Arc<Service>, req: Req) -> Result<Reply> {
    let limit = req.query().int_clamped("limit", 100, 1, 1000)?;
    let all = service.backups.list(limit).await?;
    let count = i64::try_from(all.len()).unwrap_or(i64::MAX);
    Ok(Reply::json(&all.into_iter().map(BackupView::from).collect::<Vec<_>>()).total_count(count))
}

pub(crate) async fn create(service: Arc<Service>, mut req: Req) -> Result<Reply> {
    let wait = req.query().text("wait") != Some("false");
    let raw = req.bytes().await?;
    let body: CreateBackup = if raw.is_empty() {
        CreateBackup::default()
    } else {
        serde_json::from_slice(&raw).map_err(|e| AppError::bad_request(format!("invalid json body: {e}")).code("invalid_json"))?
    };
    let note = body.note.map(|n| n.trim().to_owned()).filter(|n| !n.is_empty());
    if note.as_ref().is_some_and(|n| n.chars().count() > NOTE_MAX || n.contains('\0')) {
        return Err(AppError::bad_request(format!("note: at most {NOTE_MAX} characters")).code("invalid_field").with("field", "note"));
    }
    let job = service.backups.request(&req.cx().actor(), note).await?;
    if !wait {
        return Ok(Reply::json(&JobStarted { job_id: job }).status(202));
    }
    let deadline = tokio::time::Instant::now() + WAIT_MAX;
    loop {
        let found = service.backups.p().jobs.find(&job.to_string()).await?.ok_or_else(|| AppError::internal("the backup's job is gone"))?;
        if found.state == State::Succeeded {
            let id =
                found.result.as_ref().and_then(|r| r["backup_id"].as_i64()).ok_or_else(|| AppError::internal("a backup without id"))?;
            return Ok(Reply::created(&BackupView::from(service.backups.find(id).await?)));
        }
        if found.state.is_final() {
            // The reason is stored with the job; the caller, who may make backups, may read it.
            let why = found.error.unwrap_or_else(|| found.state.as_str().to_owned());
            return Err(AppError::internal(format!("backup job {job}: {why}"))
                .code("backup_failed")
                .with("reason", why)
                .with("job_id", job));
        }
        if tokio::time::Instant::now() > deadline {
            return Ok(Reply::json(&JobStarted { job_id: job }).status(202));
        }
        tokio::time::sleep(Duration::from_millis(150)).await;
    }
}

pub(crate) async fn status(service: Arc<Service>, _req: Req) -> Result<Reply> {
    let b = &service.backups;
    let p = b.p();
    let schedule = p.schedules.list(Some(JOB_KIND)).await?.into_iter().find(|s| s.spec.name == SCHEDULE_NAME);
    let all = b.list(200).await?;
    let last = all.first().map(|b| b.created_at);
    let good = all.iter().filter(|b| b.verify_state.as_deref() == Some("ok")).filter_map(|b| b.verified_at).max();
    let failed = newest_failure(p).await?.filter(|job| last.is_none_or(|at| job.created_at > at));
    let now = p.clock.now();
    let (target, target_error) = match b.target() {
        Ok(target) => (target.map(|t| t.name()), None),
        Err(error) => (None, Some(error.message().to_owned())),
    };
    let mut running = None;
    for kind in [JOB_KIND, "backup.verify"] {
        let filter = JobFilter {
            states: vec![State::Queued, State::Running],
            kind: Some(kind.to_owned()),
            pool: None,
            schedule_id: None,
            organizations: true,
        };
        let jobs = p.jobs.list(&filter, PageRequest { limit: 1, offset: 0 }).await?;
        running = running.or(jobs.items.first().map(|j| j.id));
    }
    let telemetry = p.settings.bool("backup.include_telemetry")?;
    let one_database = p.store.engine() == argos_store::Engine::Postgres;
    let mut database_bytes = p.store.state.size_bytes().await?;
    if telemetry && !one_database {
        database_bytes += p.store.telemetry.size_bytes().await?;
    }
    let dir = p.dir.clone();
    let free = aside(move || Ok(rustix::fs::statvfs(&dir)?), "asking for free space").await.ok();
    Ok(Reply::json(&StatusView {
        enabled: p.settings.bool("backup.enabled")?,
        schedule: p.settings.text("backup.schedule")?,
        retention_days: p.settings.i64("backup.retention_days")?,
        include_telemetry: telemetry,
        encrypted: b.passphrase()?.is_some(),
        next_run_at: schedule.and_then(|s| s.next_run_at).map(Timestamp::rfc3339),
        last_backup_at: last.map(Timestamp::rfc3339),
        last_backup_status: match last {
            None => "missing",
            Some(at) if now.secs_since(at) > STALE_S => "stale",
            Some(_) => "ok",
        },
        last_good_at: good.map(Timestamp::rfc3339),
        last_failed_at: failed.as_ref().map(|job| job.finished_at.unwrap_or(job.created_at).rfc3339()),
        last_error: failed.and_then(|job| job.error),
        target,
        target_error,
        running_job_id: running,
        restore_pending: crate::pending::is_pending(&p.data_dir),
        free_bytes: free.map(|f| f.f_bavail.saturating_mul(f.f_frsize)),
        database_bytes,
    }))
}

async fn newest_failure(p: &crate::BackupParts) -> Result<Option<Job>> {
    let states = vec![State::Failed, State::Timeout];
    let filter = JobFilter { states, kind: Some(JOB_KIND.to_owned()), pool: None, schedule_id: None, organizations: true };
    Ok(p.jobs.list(&filter, PageRequest { limit: 1, offset: 0 }).await?.items.pop())
}

pub(crate) async fn test_target(service: Arc<Service>, _req: Req) -> Result<Reply> {
    Ok(Reply::json(&TargetTested { ok: true, target: service.backups.test_target().await? }))
}

pub(crate) async fn get(service: Arc<Service>, req: Req) -> Result<Reply> {
    let backup = service.backups.find(req.param_as("id")?).await?;
    Ok(Reply::json(&BackupView::from(backup)))
}

pub(crate) async fn delete(service: Arc<Service>, req: Req) -> Result<Reply> {
    service.backups.delete(&req.cx().actor(), req.param_as("id")?).await?;
    Ok(Reply::no_content())
}

pub(crate) async fn verify(service: Arc<Service>, req: Req) -> Result<Reply> {
    let job_id = service.backups.request_verification(&req.cx().actor(), req.param_as("id")?).await?;
    Ok(Reply::json(&JobStarted { job_id }).status(202))
}

pub(crate) async fn download(service: Arc<Service>, req: Req) -> Result<Reply> {
    let backup = service.backups.find(req.param_as("id")?).await?;
    let file = tokio::fs::File::open(service.backups.path_of(&backup)).await.map_err(io_error("opening the archive"))?;
    let size = file.metadata().await.map_err(io_error("opening the archive"))?.len();
    let entry = Entry::new("backup.download", Category::Data).target("backup", backup.id);
    service.backups.p().audit.note(&req.cx().actor(), entry.describe(format!("Backup {} downloaded", backup.filename))).await?;
    let pieces = futures_util::stream::unfold(file, |mut file| async move {
        let mut piece = vec![0_u8; PIECE];
        match file.read(&mut piece).await {
            Ok(0) => None,
            Ok(count) => {
                piece.truncate(count);
                Some((Ok(Bytes::from(piece)), file))
            }
            Err(e) => Some((Err(e), file)),
        }
    });
    Ok(Reply::stream("application/gzip", pieces).attachment(&backup.filename).header("content-length", &size.to_string()))
}
