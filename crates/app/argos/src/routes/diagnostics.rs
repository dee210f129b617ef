//! How the server is, for people who look closer: the services it leans on, its database, the bundle for help from afar.
//! What is not configured says so; nothing is called reachable that was not asked.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use argos_kernel::{Result, TaskState, Timestamp};
use argos_net::Class;
use argos_platform::{ComponentStatus, Platform, diagnostics};
use argos_store::{Engine, Part};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::time::Instant;

const PROBE_LIMIT: Duration = Duration::from_secs(5);
/// One answer serves everybody who asks within this time.
const FRESH: Duration = Duration::from_secs(10);
const SLOW_MS: f64 = 250.0;
/// Free space of the data directory below which the database is degraded, in percent.
const FREE_MIN: f64 = 10.0;

#[derive(Clone)]
struct Service {
    platform: Platform,
    newest: Arc<Mutex<Option<(Instant, Value)>>>,
}

#[derive(Serialize, JsonSchema)]
struct DatabaseView {
    /// healthy, degraded or unhealthy
    status: &'static str,
    engine: &'static str,
    latency_ms: Option<f64>,
    version: Option<String>,
    size_bytes: Option<i64>,
    migrations: MigrationsView,
    #[serde(skip_serializing_if = "Option::is_none")]
    pool: Option<PoolView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    wal_bytes: Option<u64>,
    write_ok: bool,
    last_backup_at: Option<String>,
    checked_at: String,
}

#[derive(Serialize, JsonSchema)]
struct MigrationsView {
    /// Steps of the schema that are applied.
    current: usize,
    /// Steps this binary knows.
    latest: usize,
    pending: usize,
}

#[derive(Serialize, JsonSchema)]
struct PoolView {
    size: usize,
    in_use: usize,
    idle: usize,
}

/// The steps of a browser session, as far as they went.
#[derive(Serialize, JsonSchema)]
struct SessionTestView {
    timestamp: String,
    test: &'static str,
    grid_available: bool,
    session_id: Option<String>,
    step_1: &'static str,
    step_1_result: &'static str,
    step_2: &'static str,
    step_2_result: &'static str,
    page_title: Option<String>,
    step_3: &'static str,
    step_3_result: &'static str,
    video_artifact_id: Option<String>,
    video_path: Option<String>,
    /// SUCCESS or FAILED
    status: &'static str,
    error: &'static str,
    error_type: &'static str,
}

pub(crate) fn routes(platform: Platform) -> Routes {
    Routes::new(Service { platform, newest: Arc::default() })
        .get("/api/v1/health/services", "health.services", "The services this server leans on, each probed.", services)
        .get("/api/v1/health/database", "health.database", "The database: speed, size, schema, connections.", database)
        .reply::<DatabaseView>()
        .get("/api/v1/health/selenium-test", "health.selenium_test", "Opens and closes a browser session on the grid.", selenium_test)
        .reply::<SessionTestView>()
        .get("/api/system/diagnostics", "system.diagnostics", "One document for help from afar, secrets redacted.", bundle)
        .done()
}

async fn services(service: Service, req: Req) -> Result<Reply> {
    let known = service.newest.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if let Some((_, view)) = known.filter(|(at, _)| at.elapsed() < FRESH) {
        return Ok(Reply::json(&view));
    }
    let p = &service.platform;
    let (smtp, scheduler, notifier) = tokio::join!(smtp(p), scheduler(p, req.cx().now()), notifier(p, req.cx().now()));
    let off = json!({ "configured": false });
    let view = json!({
        "timestamp": req.cx().now().rfc3339(),
        "services": {
            "selenium_grid": off, "browser_pool": off, "llm": llm(p)?, "smtp": smtp?, "scheduler": scheduler?, "notifier": notifier?, "sync": off,
        },
    });
    *service.newest.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), view.clone()));
    Ok(Reply::json(&view))
}

/// A model is asked when it is used: a probe would cost tokens.
fn llm(p: &Platform) -> Result<Value> {
    let seen = p.health.list().into_iter().find(|c| c.name == "llm" && c.status != ComponentStatus::Unknown);
    Ok(json!({ "configured": p.settings.bool("llm.enabled")?, "reachable": null, "status": seen.map(|c| c.status) }))
}

async fn smtp(p: &Platform) -> Result<Value> {
    let host = p.settings.text("smtp.host")?;
    if host.is_empty() {
        return Ok(json!({ "configured": false }));
    }
    let port = u16::try_from(p.settings.i64("smtp.port")?).unwrap_or(25);
    let asked = tokio::time::timeout(PROBE_LIMIT, p.net.connect(Class::Admin, &host, port)).await;
    let error = match asked {
        Ok(Ok(_)) => None,
        Ok(Err(e)) => Some(e.to_string()),
        Err(_) => Some("no answer within 5 seconds".to_owned()),
    };
    let status = if error.is_none() { ComponentStatus::Healthy } else { ComponentStatus::Unhealthy };
    Ok(
        json!({ "configured": true, "url": format!("smtp://{host}:{port}"), "reachable": error.is_none(), "status": status, "error": error }),
    )
}

async fn scheduler(p: &Platform, now: Timestamp) -> Result<Value> {
    let runs = p.tasks.status().iter().any(|(name, s)| name == "jobs.scheduler" && s.state == TaskState::Running);
    let schedules = p.schedules.list(None).await?;
    let due = schedules.iter().filter(|s| s.spec.enabled).filter_map(|s| s.due_at).min();
    let last = schedules.iter().filter_map(|s| s.last_run_at).max();
    Ok(json!({ "running": runs, "last_tick": last.map(Timestamp::rfc3339), "lag_seconds": due.map_or(0, |at| now.secs_since(at).max(0)) }))
}

async fn notifier(p: &Platform, now: Timestamp) -> Result<Value> {
    let counts = p.notify.deliveries_since(now.minus_secs(3_600)).await?;
    Ok(json!({ "queued": p.notify.queue_depth().await?.pending, "failed_1h": counts.get("failed").copied().unwrap_or(0) }))
}

async fn database(service: Service, req: Req) -> Result<Reply> {
    let p = &service.platform;
    let db = &p.store.state;
    let started = Instant::now();
    let answered = matches!(tokio::time::timeout(PROBE_LIMIT, db.ping()).await, Ok(Ok(())));
    let latency_ms = answered.then(|| (started.elapsed().as_secs_f64() * 100_000.0).round() / 100.0);
    let latest = p.migrations.len();
    let mut applied = Vec::new();
    for part in [Part::State, Part::Telemetry] {
        applied.extend(p.store.applied(part).await.unwrap_or_default());
    }
    let known = |m: &&argos_store::Migration| applied.iter().any(|a| a.module == m.module && a.version == m.version);
    let current = p.migrations.iter().filter(known).count();
    let write_ok = answered && db.takes_writes().await;
    let free = free_percent(p).await;
    let status = if !answered {
        "unhealthy"
    } else if !write_ok || latency_ms.is_none_or(|ms| ms > SLOW_MS) || current < latest || free.is_some_and(|f| f < FREE_MIN) {
        "degraded"
    } else {
        "healthy"
    };
    let newest = p.backups.list(1).await.ok().and_then(|mut all| all.pop());
    Ok(Reply::json(&DatabaseView {
        status,
        engine: if p.store.engine() == Engine::Sqlite { "sqlite" } else { "postgres" },
        latency_ms,
        version: db.version().await.ok(),
        size_bytes: db.size_bytes().await.ok(),
        migrations: MigrationsView { current, latest, pending: latest.saturating_sub(current) },
        pool: db.pool().map(|f| PoolView { size: f.size, in_use: f.in_use, idle: f.idle }),
        wal_bytes: db.wal_bytes(),
        write_ok,
        last_backup_at: newest.map(|b| b.created_at.rfc3339()),
        checked_at: req.cx().now().rfc3339(),
    }))
}

#[expect(clippy::cast_precision_loss, reason = "a share in percent")]
async fn free_percent(p: &Platform) -> Option<f64> {
    let dir = p.settings.boot().data_dir();
    let fs = tokio::task::spawn_blocking(move || rustix::fs::statvfs(&dir)).await.ok()?.ok()?;
    (fs.f_blocks > 0).then(|| fs.f_bavail as f64 / fs.f_blocks as f64 * 100.0)
}

/// There is no setting for a grid yet, so the first step always says that there is none.
async fn selenium_test(_: Service, req: Req) -> Result<Reply> {
    const NOT_RUN: &str = "not run";
    Ok(Reply::json(&SessionTestView {
        timestamp: req.cx().now().rfc3339(),
        test: "selenium_session_creation",
        grid_available: false,
        session_id: None,
        step_1: "Create a session",
        step_1_result: "no Selenium grid is configured",
        step_2: "Load about:blank",
        step_2_result: NOT_RUN,
        page_title: None,
        step_3: "Close the session",
        step_3_result: NOT_RUN,
        video_artifact_id: None,
        video_path: None,
        status: "FAILED",
        error: "No Selenium grid is configured",
        error_type: "not_configured",
    }))
}

async fn bundle(service: Service, req: Req) -> Result<Reply> {
    let p = &service.platform;
    let document = diagnostics(p).await?;
    let entry = argos_audit::Entry::new("system.diagnostics", argos_audit::Category::Data).target("instance", "diagnostics");
    p.audit.note(&req.cx().actor(), entry.describe("Diagnostics bundle downloaded")).await?;
    let stamp = req.cx().now().datetime().format("%Y%m%d-%H%M%S").to_string();
    let text = serde_json::to_string_pretty(&document).map_err(argos_kernel::AppError::internal)?;
    Ok(Reply::bytes("application/json", text).attachment(&format!("argos-diagnostics-{stamp}.json")))
}
