//! The exporters: which are on, how they fare, and a trial of each.

use argos_kernel::{AppError, Result, Timestamp};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;

use super::Service;
use crate::model::export::Exporter;
use crate::store::export_queue;

pub(crate) fn routes(power: Service) -> Routes {
    Routes::new(power)
        .get("/api/exporters", "power.list_exporters", "Receivers of samples and events, and how they fare.", list)
        .reply::<Vec<ExporterView>>()
        .post("/api/exporters/{name}/test", "power.test_exporter", "Try a receiver out with the stored settings.", test)
        .reply::<TrialView>()
        .done()
}

/// A receiver that is away keeps its points waiting.
#[derive(Serialize, JsonSchema)]
pub(super) struct ExporterView {
    pub(super) name: &'static str,
    enabled: bool,
    /// How the last delivery went; null before the first.
    ok: Option<bool>,
    last_error: Option<String>,
    last_error_at: Option<String>,
    last_ok_at: Option<String>,
    /// Points that wait.
    queued: i64,
    /// Since the start of the server.
    sent: u64,
    errors: u64,
    /// Points that waited too long, were too many, or were refused.
    dropped: u64,
    /// The most points that wait, and for how long.
    queue_max: i64,
    queue_hours: i64,
}

#[derive(Serialize, JsonSchema)]
struct TrialView {
    ok: bool,
    latency_ms: u64,
    error: Option<String>,
}

pub(super) async fn views(power: &Service) -> Result<Vec<ExporterView>> {
    let mut views = Vec::new();
    for exporter in Exporter::ALL {
        let health = power.exporters.health(exporter);
        views.push(ExporterView {
            name: exporter.as_str(),
            enabled: power.exports_to(exporter)?,
            ok: health.ok,
            last_error: health.last_error,
            last_error_at: health.last_error_at.map(Timestamp::rfc3339),
            last_ok_at: health.last_ok_at.map(Timestamp::rfc3339),
            queued: export_queue::count(&power.platform.store.telemetry, exporter).await?,
            sent: health.sent,
            errors: health.errors,
            dropped: health.dropped,
            queue_max: crate::workers::exporters::POINTS_MAX,
            queue_hours: crate::workers::exporters::AGE_MAX_S / 3_600,
        });
    }
    Ok(views)
}

impl ExporterView {
    /// The short form of `/api/diagnostics`; none for one that is off.
    pub(super) fn diagnostics(&self) -> Option<serde_json::Value> {
        self.enabled.then(|| {
            serde_json::json!({ "ok": self.ok, "last_error": self.last_error, "queued": self.queued, "errors": self.errors,
                "dropped": self.dropped, "last_ok_at": self.last_ok_at })
        })
    }
}

async fn list(power: Service, _: Req) -> Result<Reply> {
    Ok(Reply::json(&views(&power).await?))
}

async fn test(power: Service, req: Req) -> Result<Reply> {
    let absent = || AppError::not_found("Exporter not found.").code("exporter_not_found");
    let exporter = Exporter::parse(req.param("name")).ok_or_else(absent)?;
    let trial = power.try_exporter(exporter).await;
    Ok(Reply::json(&TrialView { ok: trial.outcome.is_ok(), latency_ms: trial.latency_ms, error: trial.outcome.err() }))
}
