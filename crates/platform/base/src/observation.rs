//! What the process says about itself (platform spec 17): a worker looks at every shared part each 15 seconds, reports it
//! to the component registry, keeps the figures for the expositions, and stores the gauges as series. It only reads;
//! a part that cannot be asked is unknown, never healthy.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use argos_kernel::{Result, Timestamp};
use argos_metrics::{Kind, Sample as Point, SeriesSpec};
use tokio::time::Instant;

use crate::judgement::{self, Backup, Said};
use crate::{ComponentStatus, Family, Platform};

const EVERY: Duration = Duration::from_secs(15);
/// Deliveries are counted over this span.
const HOUR_S: i64 = 3_600;

/// Starts the worker. Every process looks at itself.
pub(crate) fn start(platform: &Platform) {
    let newest: Arc<Mutex<Vec<Family>>> = Arc::default();
    let kept = Arc::clone(&newest);
    platform.observed.add(move || kept.lock().unwrap_or_else(PoisonError::into_inner).clone());
    let weak = platform.clone();
    platform.observed.add(move || process(&weak));
    let p = platform.clone();
    platform.tasks.supervise("self-observation", move |stop| {
        let (p, newest) = (p.clone(), Arc::clone(&newest));
        async move {
            loop {
                let families = look(&p).await;
                record(&p, &families).await?;
                *newest.lock().unwrap_or_else(PoisonError::into_inner) = families;
                if !stop.sleep(EVERY).await {
                    return Ok(());
                }
            }
        }
    });
}

/// Figures that are always at hand.
#[expect(clippy::cast_precision_loss, reason = "counters shown as floats, as the format does")]
fn process(p: &Platform) -> Vec<Family> {
    let (m, state) = (p.metrics.stats(), p.store.state.stats());
    let (lines_dropped, lines) = p.logs.queue().counts();
    let mut restarts = Family::counter("argos_task_restarts_total", "Restarts of supervised background tasks");
    for (task, status) in p.tasks.status() {
        restarts = restarts.with(&[("task", &task)], Some(status.restarts as f64));
    }
    let gauge = |name, help, value: f64| Family::gauge(name, help).with(&[], Some(value));
    let counter = |name, help, value: u64| Family::counter(name, help).with(&[], Some(value as f64));
    vec![
        gauge("argos_uptime_seconds", "Seconds since start", p.uptime().as_secs_f64()),
        gauge("argos_metrics_series", "Known time series", m.series as f64),
        gauge("argos_metrics_pending_points", "Points waiting for the write-ahead table", m.pending_points as f64),
        counter("argos_metrics_points_total", "Points accepted", m.appended),
        counter("argos_metrics_points_dropped_total", "Points refused or forgotten", m.dropped),
        counter("argos_log_lines_total", "Log lines taken", lines),
        counter("argos_log_lines_dropped_total", "Log lines dropped because the queue was full", lines_dropped),
        gauge("argos_log_queue_depth", "Log lines waiting for the writer", p.logs.queue().depth() as f64),
        counter("argos_store_statements_total", "Statements run on the state database", state.statements),
        counter("argos_store_errors_total", "Statements that failed", state.errors),
        counter("argos_vault_errors_total", "Secrets that could not be opened", p.vault.failures()),
        Family::gauge("argos_build_info", "Always 1; the version is in the label")
            .with(&[("version", env!("CARGO_PKG_VERSION"))], Some(1.0)),
        restarts,
    ]
}

/// One round over every part.
async fn look(p: &Platform) -> Vec<Family> {
    let mut families = Vec::new();
    families.extend(databases(p).await);
    families.extend(report(p, "jobs", jobs(p).await));
    families.extend(report(p, "scheduler", scheduler(p).await));
    families.extend(report(p, "events", events(p).await));
    families.extend(report(p, "notifications", notifications(p).await));
    families.extend(report(p, "sessions", sessions(p).await));
    families.extend(report(p, "backups", backups(p).await));
    families.extend(report(p, "disk", disk(p).await));
    let (dropped, _) = p.logs.queue().counts();
    say(p, "logs", p.logs.trouble().map_or_else(|| judgement::dropping(dropped, "lines"), judgement::not_stored));
    say(p, "metrics", judgement::dropping(p.metrics.stats().dropped, "points"));
    say(p, "vault", judgement::vault(p.vault.failures()));
    say(p, "llm", judgement::model(p.settings.bool("llm.enabled").ok(), p.llm.answered_last()));
    let host = p.settings.text("smtp.host").ok();
    let took_last = host.as_deref().and_then(|h| p.notify.took_last_mail(h));
    say(p, "smtp", judgement::mail_server(host.as_deref(), took_last));
    let tasks = p.tasks.status();
    let waiting = tasks.iter().filter(|(_, s)| s.state == argos_kernel::TaskState::Backoff).map(|(name, _)| name.as_str());
    say(p, "tasks", judgement::tasks(tasks.len(), &waiting.collect::<Vec<_>>()));
    let mut healthy = Family::gauge(
        "argos_component_healthy",
        "1 when the component is healthy, 0 when it is not; unknown and disabled ones are left out",
    );
    for c in p.health.list() {
        let value = match c.status {
            ComponentStatus::Healthy => Some(1.0),
            ComponentStatus::Degraded | ComponentStatus::Unhealthy => Some(0.0),
            ComponentStatus::Unknown | ComponentStatus::Disabled => None,
        };
        healthy = healthy.with(&[("component", &c.name)], value);
    }
    families.push(healthy);
    families
}

fn say(p: &Platform, name: &str, said: Said) {
    p.health.report(name, said.status, None, said.detail);
}

/// Reports a part that was asked; one that did not answer is unknown.
fn report(p: &Platform, name: &str, asked: Result<(Said, Vec<Family>)>) -> Vec<Family> {
    match asked {
        Ok((said, families)) => {
            say(p, name, said);
            families
        }
        Err(error) => {
            p.health.report(name, ComponentStatus::Unknown, None, Some(error.message().to_owned()));
            Vec::new()
        }
    }
}

/// Latency and size. The components themselves are told by the probe that also guards readiness.
async fn databases(p: &Platform) -> Vec<Family> {
    let mut latency = Family::gauge("argos_database_latency_seconds", "Time of one round trip");
    let mut size = Family::gauge("argos_database_size_bytes", "Size on disk");
    let mut wal = Family::gauge("argos_database_wal_bytes", "Write-ahead log that is not folded back");
    for (name, db) in [("state", &p.store.state), ("telemetry", &p.store.telemetry)] {
        let started = Instant::now();
        let answered = db.ping().await.is_ok();
        latency = latency.with(&[("database", name)], answered.then(|| started.elapsed().as_secs_f64()));
        #[expect(clippy::cast_precision_loss, reason = "bytes shown as floats")]
        let bytes = db.size_bytes().await.ok().map(|b| b as f64);
        size = size.with(&[("database", name)], bytes);
        #[expect(clippy::cast_precision_loss, reason = "bytes shown as floats")]
        let log = db.wal_bytes().map(|b| b as f64);
        wal = wal.with(&[("database", name)], log);
    }
    vec![latency, size, wal]
}

#[expect(clippy::cast_precision_loss, reason = "counts shown as floats")]
async fn jobs(p: &Platform) -> Result<(Said, Vec<Family>)> {
    let now = p.clock.now();
    let mut depth = Family::gauge("argos_job_queue_depth", "Jobs waiting by pool");
    let mut running = Family::gauge("argos_jobs_running", "Jobs running by pool");
    let mut age = Family::gauge("argos_job_queue_age_seconds", "Seconds the oldest waiting job of a pool waits");
    let (mut queued, mut busy, mut oldest) = (0, 0, 0);
    for (pool, (load, since)) in p.jobs.loads().await? {
        let waits = since.map(|at| now.secs_since(at).max(0));
        depth = depth.with(&[("pool", &pool)], Some(load.queued as f64));
        running = running.with(&[("pool", &pool)], Some(load.running as f64));
        age = age.with(&[("pool", &pool)], waits.map(|s| s as f64));
        (queued, busy, oldest) = (queued + load.queued, busy + load.running, oldest.max(waits.unwrap_or(0)));
    }
    Ok((judgement::jobs(queued, busy, oldest), vec![depth, running, age]))
}

#[expect(clippy::cast_precision_loss, reason = "seconds shown as floats")]
async fn scheduler(p: &Platform) -> Result<(Said, Vec<Family>)> {
    let now = p.clock.now();
    let schedules = p.schedules.list(None).await?;
    let due = schedules.iter().filter(|s| s.spec.enabled).filter_map(|s| s.due_at).min();
    let lag = due.map_or(0, |at| now.secs_since(at).max(0));
    let runs = p.tasks.status().iter().any(|(name, _)| name == "jobs.scheduler");
    let family = Family::gauge("argos_scheduler_lag_seconds", "Seconds the earliest due schedule waits to be started");
    Ok((judgement::scheduler(runs, lag, schedules.len()), vec![family.with(&[], Some(lag as f64))]))
}

#[expect(clippy::cast_precision_loss, reason = "counts shown as floats")]
async fn events(p: &Platform) -> Result<(Said, Vec<Family>)> {
    let mut lag = Family::gauge("argos_event_lag", "Events a consumer has not seen yet");
    let mut worst = None;
    for l in p.events.lags().await? {
        lag = lag.with(&[("consumer", &l.consumer)], Some(l.behind as f64));
        worst = worst.max(Some((l.behind, l.consumer)));
    }
    Ok((judgement::lag(worst), vec![lag]))
}

#[expect(clippy::cast_precision_loss, reason = "counts shown as floats")]
async fn notifications(p: &Platform) -> Result<(Said, Vec<Family>)> {
    let depth = p.notify.queue_depth().await?;
    let counts = p.notify.deliveries_since(p.clock.now().minus_secs(HOUR_S)).await?;
    let channels = p.notify.enabled_channels().await?;
    let pending = Family::gauge("argos_deliveries_pending", "Notifications waiting to be sent").with(&[], Some(depth.pending as f64));
    let age = Family::gauge("argos_deliveries_oldest_seconds", "Age of the oldest waiting notification");
    let mut hour = Family::gauge("argos_deliveries_last_hour", "Notifications of the last hour by state");
    for (state, count) in &counts {
        hour = hour.with(&[("state", state)], Some(*count as f64));
    }
    let failed = counts.get("failed").copied().unwrap_or(0);
    let said = judgement::notifications(channels, depth.pending, depth.oldest_age_s, failed);
    Ok((said, vec![pending, age.with(&[], depth.oldest_age_s.map(|s| s as f64)), hour]))
}

#[expect(clippy::cast_precision_loss, reason = "counts shown as floats")]
async fn sessions(p: &Platform) -> Result<(Said, Vec<Family>)> {
    let open = p.identity.open_sessions().await?;
    let family = Family::gauge("argos_sessions", "Open sessions").with(&[], Some(open as f64));
    Ok((Said::healthy(format!("{open} open")), vec![family]))
}

#[expect(clippy::cast_precision_loss, reason = "seconds and bytes shown as floats")]
async fn backups(p: &Platform) -> Result<(Said, Vec<Family>)> {
    let enabled = p.settings.bool("backup.enabled")?;
    let newest = p.backups.list(1).await?.pop();
    let now = p.clock.now();
    let age = Family::gauge("argos_backup_age_seconds", "Age of the newest backup");
    let age = age.with(&[], newest.as_ref().map(|b| now.secs_since(b.created_at) as f64));
    let size = Family::gauge("argos_backup_size_bytes", "Size of the newest backup");
    let size = size.with(&[], newest.as_ref().map(|b| b.size_bytes as f64));
    let known = newest.map(|b| Backup {
        age_s: now.secs_since(b.created_at),
        verified: b.verify_state.map(|s| s == "ok"),
        copied: b.remote_state.map(|s| s == "uploaded"),
    });
    let up = i64::try_from(p.uptime().as_secs()).unwrap_or(i64::MAX);
    Ok((judgement::backups(enabled, known, up), vec![age, size]))
}

#[expect(clippy::cast_precision_loss, reason = "bytes shown as floats")]
async fn disk(p: &Platform) -> Result<(Said, Vec<Family>)> {
    let dir = p.settings.boot().data_dir();
    let asked = tokio::task::spawn_blocking(move || rustix::fs::statvfs(&dir)).await;
    let Ok(Ok(fs)) = asked else { return Ok((Said::unknown("the file system does not say"), Vec::new())) };
    let free = fs.f_bavail.saturating_mul(fs.f_frsize);
    // Of what may be filled, as df and the disk list count it: blocks kept for root belong to neither side.
    let total = fs.f_blocks.saturating_sub(fs.f_bfree).saturating_add(fs.f_bavail).saturating_mul(fs.f_frsize);
    let family = Family::gauge("argos_disk_free_bytes", "Free space of the data directory").with(&[], Some(free as f64));
    Ok((judgement::disk(free, total), vec![family]))
}

/// Gauges become series, so that they can be looked at over time.
async fn record(p: &Platform, families: &[Family]) -> Result<()> {
    let now: Timestamp = p.clock.now();
    let grid = Timestamp::from_secs(now.secs().div_euclid(15) * 15);
    let gauges = families.iter().filter(|f| f.kind == "gauge" && f.name != "argos_component_healthy");
    let points: Vec<Point> = gauges
        .flat_map(|f| {
            f.samples.iter().map(|s| Point {
                spec: SeriesSpec {
                    metric: f.name.to_owned(),
                    labels: s.labels.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect(),
                    unit: unit_of(f.name),
                    kind: Kind::Gauge,
                    source: "platform",
                },
                value: s.value,
            })
        })
        .collect();
    p.metrics.record(grid, &points).await
}

fn unit_of(name: &str) -> &'static str {
    if name.ends_with("_seconds") {
        "s"
    } else if name.ends_with("_bytes") {
        "bytes"
    } else {
        ""
    }
}
