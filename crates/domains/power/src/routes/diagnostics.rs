//! The cycle as seen from outside: trigger, state, and what went wrong last.

use std::collections::BTreeMap;

use argos_events::{Filter, Source};
use argos_kernel::{Result, TaskState, Timestamp};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::events::EventView;
use super::view::SnapshotView;
use super::{Service, may_read};
use crate::service::status_word;

const EVENTS: i64 = 20;

pub(crate) fn routes(power: Service) -> Routes {
    Routes::new(power)
        .post("/api/trigger", "power.trigger", "Poll every device now and store the samples.", trigger)
        .get("/api/trigger/status", "power.trigger_status", "Whether a poll is in progress.", status)
        .reply::<StatusView>()
        .get("/health/scheduler", "power.scheduler_health", "Whether polling goes on; 503 when it does not.", scheduler_health)
        .get("/api/diagnostics", "power.diagnostics", "How the last cycle went.", diagnostics)
        .reply::<DiagnosticsView>()
        .done()
}

async fn trigger(power: Service, _: Req) -> Result<Reply> {
    power.cycle.trigger()?;
    Ok(Reply::json(&json!({ "status": "accepted", "message": "Poll trigger queued." })).status(202))
}

#[derive(Serialize, JsonSchema)]
struct StatusView {
    status: &'static str,
    message: &'static str,
    started_at: Option<String>,
    last_finished_at: Option<String>,
    /// `ok`, `failed` (no device answered) or null before the first cycle.
    last_result: Option<&'static str>,
}

async fn status(power: Service, req: Req) -> Result<Reply> {
    may_read(&power, &req)?;
    let (running, since) = power.cycle.running();
    let last = power.cycle.last();
    let result = last.as_ref().map(|r| if r.polled.is_empty() || r.polled.iter().any(|p| p.error.is_none()) { "ok" } else { "failed" });
    Ok(Reply::json(&StatusView {
        status: if running { "running" } else { "idle" },
        message: if running { "Poll in progress." } else { "No poll in progress." },
        started_at: since.map(Timestamp::rfc3339),
        last_finished_at: last.map(|r| r.finished_at.rfc3339()),
        last_result: result,
    }))
}

/// 503 when the loop is dead or no device answered in the last cycle.
async fn scheduler_health(power: Service, _: Req) -> Result<Reply> {
    let tasks = power.platform.tasks.status();
    let running = tasks.iter().any(|(name, task)| name == "power-cycle" && task.state == TaskState::Running);
    let last = power.cycle.last();
    let polled = last.as_ref().map(|r| r.polled.as_slice()).unwrap_or_default();
    let failed = !polled.is_empty() && polled.iter().all(|p| p.error.is_some());
    let error = if running { polled.iter().rev().find_map(|p| p.error.clone()) } else { Some("the scheduler does not run".to_owned()) };
    let mut body = json!({
        "status": if running && !failed { "ok" } else { "error" },
        "scheduler_running": running,
        "scheduler_paused": power.settings().bool("power.scheduler_paused")?,
        "last_poll_at": last.as_ref().map(|r| r.finished_at.rfc3339()),
        "next_poll_at": power.cycle.next_at().map(Timestamp::rfc3339),
    });
    if running && !failed {
        return Ok(Reply::json(&body));
    }
    body["last_error"] = json!(error);
    Ok(Reply::json(&body).status(503))
}

#[derive(Serialize, JsonSchema)]
struct DiagnosticsView {
    last_poll: LastPoll,
    devices: Counts,
    errors: Vec<ErrorView>,
    timing: BTreeMap<String, u64>,
    last_snapshot: Option<SnapshotView>,
    events: Vec<EventView>,
    exporters: Value,
    next_poll_at: Option<String>,
}

#[derive(Default, Serialize, JsonSchema)]
struct LastPoll {
    started_at: Option<String>,
    finished_at: Option<String>,
    duration_ms: Option<i64>,
    /// `schedule` or `manual`.
    trigger: Option<&'static str>,
}

#[derive(Serialize, JsonSchema)]
struct Counts {
    total: usize,
    enabled: usize,
    polled: usize,
    ok: usize,
    failed: usize,
    offline: usize,
}

#[derive(Serialize, JsonSchema)]
struct ErrorView {
    device_id: String,
    error: String,
    at: Option<String>,
    consecutive: u32,
}

async fn diagnostics(power: Service, req: Req) -> Result<Reply> {
    may_read(&power, &req)?;
    let last = power.cycle.last();
    let filter = Filter { sources: vec![Source::Power], ..Filter::default() };
    let events = power.platform.events.list(&filter, None, EVENTS).await?;
    let newest = crate::store::snapshots::latest(&power.platform.store.telemetry, None).await?;
    let polled = last.as_ref().map(|r| r.polled.as_slice()).unwrap_or_default();
    let ok = polled.iter().filter(|p| p.error.is_none()).count();
    let (devices, errors) = {
        let lives = power.lives();
        let counts = Counts {
            total: lives.len(),
            enabled: lives.values().filter(|l| l.device.enabled).count(),
            polled: polled.len(),
            ok,
            failed: polled.len() - ok,
            offline: lives.values().filter(|l| status_word(l) == "offline").count(),
        };
        let failing = lives.values().filter(|l| l.device.enabled && l.state.missed > 0);
        let errors: Vec<ErrorView> = failing
            .map(|l| ErrorView {
                device_id: l.device.id.clone(),
                error: l.state.last_error.clone().unwrap_or_default(),
                at: l.state.recent.iter().rev().find(|(_, ok)| !ok).map(|(at, _)| Timestamp::from_micros(*at).rfc3339()),
                consecutive: l.state.missed,
            })
            .collect();
        (counts, errors)
    };
    let last_poll = last.as_ref().map_or_else(LastPoll::default, |r| LastPoll {
        started_at: Some(r.started_at.rfc3339()),
        finished_at: Some(r.finished_at.rfc3339()),
        duration_ms: Some(r.duration_ms),
        trigger: Some(if r.manual { "manual" } else { "schedule" }),
    });
    let stores = power.settings().list("power.enabled_exporters")?.iter().any(|e| e == "sqlite");
    let last = power.rows.last();
    let queued = power.rows.waiting();
    let record = json!({ "ok": last.as_ref().map(Result::is_ok), "last_error": last.and_then(Result::err), "queued": queued });
    let mut exporters = if stores { json!({ "sqlite": record }) } else { json!({}) };
    for view in super::exporters::views(&power).await? {
        if let Some(short) = view.diagnostics() {
            exporters[view.name] = short;
        }
    }
    Ok(Reply::json(&DiagnosticsView {
        last_poll,
        devices,
        errors,
        timing: polled.iter().map(|p| (p.device_id.clone(), p.took_ms)).collect(),
        last_snapshot: newest.map(SnapshotView::from),
        events: events.into_iter().map(EventView::from).collect(),
        exporters,
        next_poll_at: power.cycle.next_at().map(Timestamp::rfc3339),
    }))
}
