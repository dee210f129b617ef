//! Liveness, readiness and health in their documented shapes (platform spec 3.9, 17).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use argos_kernel::{Result, TaskState, Timestamp};
use argos_platform::{Component, ComponentStatus, Platform, Polling};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use crate::routes::tls::Tls;

pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Readiness of this process: true between "listeners bound" and "draining".
#[derive(Clone, Default)]
pub(crate) struct Ready(Arc<AtomicBool>);

impl Ready {
    pub(crate) fn set(&self, ready: bool) {
        self.0.store(ready, Ordering::SeqCst);
    }
    pub(crate) fn get(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

#[derive(Clone)]
pub(crate) struct Service {
    pub(crate) platform: Platform,
    pub(crate) ready: Ready,
    pub(crate) tls: Tls,
}

#[derive(Serialize, JsonSchema)]
struct ReadyView {
    ready: bool,
    checks: Checks,
    timestamp: String,
}

#[derive(Serialize, JsonSchema)]
struct Checks {
    database: bool,
    /// A process whose schema is not the newest never gets as far as answering; so this follows `database`.
    migrations: bool,
    data_dir: bool,
    scheduler: bool,
    vault: bool,
}

#[derive(Serialize, JsonSchema)]
struct SecurityView {
    authentication_enabled: bool,
    /// Sign-ins are limited whatever this says.
    rate_limiting_enabled: bool,
    audit_logging_enabled: bool,
    security_headers_enabled: bool,
    api_version: &'static str,
    supported_auth_methods: [&'static str; 2],
}

/// What the build was told of itself.
#[derive(Serialize, JsonSchema)]
struct VersionView {
    version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<&'static str>,
    /// RFC 3339, as the build was told.
    #[serde(skip_serializing_if = "Option::is_none")]
    built_at: Option<&'static str>,
}

#[derive(Serialize, JsonSchema)]
struct ComponentsView {
    components: Vec<Component>,
    tasks: Vec<TaskView>,
}

#[derive(Serialize, JsonSchema)]
struct TaskView {
    name: String,
    /// running, backoff or finished
    state: String,
    restarts: u64,
    last_error: Option<String>,
    since: String,
}

pub(crate) fn routes(service: Service) -> Routes {
    Routes::new(service)
        .get("/healthz", "health.live", "Liveness: `ok`, touching nothing.", live)
        .get("/api/healthz", "health.live_api", "The same under the API mount.", live)
        .get("/readyz", "health.ready", "Readiness with its checks; 503 while starting and draining.", ready)
        .reply::<ReadyView>()
        .get("/ready", "health.ready_alias", "The same as `/readyz`.", ready)
        .reply::<ReadyView>()
        .get("/api/health", "health.api", "Health that never needs the store.", api_health)
        .get("/health", "health.root", "Health; 503 only when the store is unreachable.", root_health)
        .get("/api/v1/health", "health.v1", "The same as `/health`, with the word healthy.", v1_health)
        .get("/api/v1/security/info", "security.info", "What protects this server.", security_info)
        .reply::<SecurityView>()
        .get("/api/system/version", "system.version", "Which release this is.", version)
        .reply::<VersionView>()
        .get("/api/ui/components", "health.list_components", "Every component and background task.", components)
        .reply::<ComponentsView>()
        .done()
}

async fn live(_: Service, _: Req) -> Result<Reply> {
    Ok(Reply::text("ok"))
}

async fn database_ok(platform: &Platform) -> bool {
    let asked = tokio::time::timeout(std::time::Duration::from_secs(2), platform.store.state.ping()).await;
    matches!(asked, Ok(Ok(())))
}

async fn ready(service: Service, req: Req) -> Result<Reply> {
    let database = database_ok(&service.platform).await;
    let probe = service.platform.settings.boot().data_dir().join("argos.lock");
    let data_dir = tokio::fs::metadata(probe).await.is_ok();
    let (scheduler, vault) = (scheduler_runs(&service), service.platform.vault.failures() == 0);
    let view = ReadyView {
        ready: service.ready.get() && database && data_dir && scheduler,
        checks: Checks { database, migrations: database, data_dir, scheduler, vault },
        timestamp: req.cx().now().rfc3339(),
    };
    Ok(Reply::json(&view).status(if view.ready { 200 } else { 503 }))
}

/// Whether the task that fires schedules is alive in this process.
fn scheduler_runs(service: &Service) -> bool {
    service.platform.tasks.status().iter().any(|(name, s)| name == "jobs.scheduler" && s.state == TaskState::Running)
}

fn word(service: &Service) -> &'static str {
    let health = &service.platform.health;
    let late = health.polling().is_some_and(|p| p.late);
    if service.ready.get() && health.serves_well() && !late { "ok" } else { "degraded" }
}

async fn api_health(service: Service, req: Req) -> Result<Reply> {
    let uptime = service.platform.uptime().as_secs();
    let database = service.platform.health.list().into_iter().find(|c| c.name == "database");
    let db = match database.map(|c| c.status) {
        Some(ComponentStatus::Healthy | ComponentStatus::Degraded) => "ok",
        Some(ComponentStatus::Unhealthy) => "error",
        _ => "unknown",
    };
    let settings = &service.platform.settings;
    let polling = service.platform.health.polling();
    let at = |read: fn(Polling) -> Option<Timestamp>| polling.and_then(read).map(Timestamp::rfc3339);
    Ok(Reply::json(&json!({
        "status": word(&service), "service": "argos", "version": VERSION, "timestamp": req.cx().now().rfc3339(),
        "uptime_s": uptime, "uptime_seconds": uptime, "db": db,
        "scheduler_running": scheduler_runs(&service), "scheduler_paused": settings.bool("power.scheduler_paused").ok(),
        "is_polling": polling.map(|p| p.is_polling), "last_poll_at": at(|p| p.last_poll_at), "next_poll_at": at(|p| p.next_poll_at),
        "github_repo": settings.opt_text("power.github_repo").ok().flatten(),
    })))
}

async fn full(service: &Service, req: &Req, good: &str) -> Reply {
    let db = database_ok(&service.platform).await;
    let status = if !db {
        "unhealthy"
    } else if word(service) == "ok" {
        good
    } else {
        "degraded"
    };
    let limiting = service.platform.settings.bool("http.rate_limiting").unwrap_or(true);
    let body = json!({
        "status": status, "service": "argos", "version": VERSION, "timestamp": req.cx().now().rfc3339(),
        "uptime_s": service.platform.uptime().as_secs(), "db": if db { "ok" } else { "error" },
        "self_signed_cert": service.tls.is_self_signed(),
        "security": { "authentication": true, "rate_limiting": limiting, "audit_logging": true },
    });
    Reply::json(&body).status(if db { 200 } else { 503 })
}

async fn root_health(service: Service, req: Req) -> Result<Reply> {
    Ok(full(&service, &req, "ok").await)
}

async fn v1_health(service: Service, req: Req) -> Result<Reply> {
    Ok(full(&service, &req, "healthy").await)
}

async fn security_info(service: Service, _: Req) -> Result<Reply> {
    Ok(Reply::json(&SecurityView {
        // These three cannot be switched off.
        authentication_enabled: true,
        audit_logging_enabled: true,
        security_headers_enabled: true,
        rate_limiting_enabled: service.platform.settings.bool("http.rate_limiting")?,
        api_version: argos_web::API_VERSION,
        supported_auth_methods: ["api_key", "jwt_bearer"],
    }))
}

async fn version(_: Service, _: Req) -> Result<Reply> {
    Ok(Reply::json(&VersionView { version: VERSION, commit: option_env!("ARGOS_COMMIT"), built_at: option_env!("ARGOS_BUILT_AT") }))
}

async fn components(service: Service, _: Req) -> Result<Reply> {
    let tasks = service.platform.tasks.status().into_iter().map(|(name, s)| TaskView {
        name,
        state: format!("{:?}", s.state).to_lowercase(),
        restarts: s.restarts,
        last_error: s.last_error,
        since: s.since.rfc3339(),
    });
    Ok(Reply::json(&ComponentsView { components: service.platform.health.list(), tasks: tasks.collect() }))
}
