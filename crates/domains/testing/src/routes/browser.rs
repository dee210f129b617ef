//! What is known of the browsers of this process.

use argos_kernel::Result;
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;

use super::Service;

pub(super) fn routes(testing: Service) -> Routes<Service> {
    Routes::new(testing)
        .get("/api/v1/browser/status", "browser.status", "The browsers of this process.", status)
        .reply::<StatusView>()
        .get("/api/v1/browser/health", "browser.health", "Whether tests can be run.", health)
        .reply::<HealthView>()
}

#[derive(Serialize, JsonSchema)]
struct BrowserView {
    name: &'static str,
    /// Unknown until it was started.
    version: Option<String>,
    available: bool,
}

#[derive(Serialize, JsonSchema)]
struct MetricsView {
    sessions_total: u64,
    errors_total: u64,
    /// Of the steps this process did, waits apart; unknown until one was done.
    avg_action_ms: Option<f64>,
}

#[derive(Serialize, JsonSchema)]
struct StatusView {
    healthy: bool,
    pool_size: usize,
    available: usize,
    active_sessions: usize,
    queued: usize,
    total_pods: usize,
    available_pods: usize,
    pool_url: Option<String>,
    /// Browsers that run now.
    running: usize,
    browsers: Vec<BrowserView>,
    metrics: MetricsView,
    /// What is missing, in words.
    problem: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct HealthView {
    healthy: bool,
    total_pods: usize,
    available_pods: usize,
    active_sessions: usize,
    pool_url: Option<String>,
}

async fn status(testing: Service, req: Req) -> Result<Reply> {
    testing.platform.identity.organization_of(&req).await?;
    let s = testing.pool.status();
    let chromium = BrowserView { name: "chromium", version: s.product, available: s.installed };
    let others = ["firefox", "webkit"].map(|name| BrowserView { name, version: None, available: false });
    Ok(Reply::json(&StatusView {
        healthy: s.installed,
        pool_size: s.size,
        available: s.size.saturating_sub(s.active),
        active_sessions: s.active,
        queued: s.queued,
        total_pods: s.size,
        available_pods: s.size.saturating_sub(s.active),
        pool_url: None,
        running: s.browsers,
        browsers: std::iter::once(chromium).chain(others).collect(),
        metrics: MetricsView { sessions_total: s.total, errors_total: s.errors, avg_action_ms: s.average_action_ms },
        problem: testing.pool.program().err().map(|e| e.message().to_owned()),
    }))
}

async fn health(testing: Service, req: Req) -> Result<Reply> {
    testing.platform.identity.organization_of(&req).await?;
    let s = testing.pool.status();
    Ok(Reply::json(&HealthView {
        healthy: s.installed,
        total_pods: s.size,
        available_pods: s.size.saturating_sub(s.active),
        active_sessions: s.active,
        pool_url: None,
    }))
}
