//! Runs of a schedule, and a run by its own id: look, follow, cancel.

use std::sync::Arc;

use argos_audit::{Category, Entry};
use argos_kernel::{AppError, ErrorKind, FieldError, Result, Timestamp};
use argos_web::{Pager, Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::TEST_RUN;
use super::routes::{Service, named};
use super::view::{RunView, run_word, states_of};
use crate::job::{Job, JobFilter, State};
use crate::jobs::Cancelled;

pub(super) fn declare(routes: Routes<Arc<Service>>) -> Routes<Arc<Service>> {
    routes
        .get("/api/v1/schedules/{id}/runs", "test_schedules.runs", "Runs of a schedule, newest first.", list)
        .param("status", "queued, running, passed, failed, timeout, cancelled")
        .param("limit", "1-100, default 20")
        .param("offset", "runs to skip")
        .reply::<Vec<RunView>>()
        .get("/api/v1/schedules/{id}/runs/{run_id}", "test_schedules.run", "One run of a schedule.", get)
        .reply::<RunView>()
        .post("/api/v1/schedules/{id}/runs/{run_id}/cancel", "test_schedules.cancel_run", "Cancel a run of a schedule.", cancel_run)
        .reply::<RunCancelled>()
        .get("/api/v1/status/{job_id}", "test_runs.status", "Where a test run stands.", status)
        .reply::<StatusView>()
        .get("/api/v1/jobs/{job_id}", "test_runs.job", "The same.", status)
        .reply::<StatusView>()
        .post("/api/v1/cancel/{job_id}", "test_runs.cancel", "Cancel a test run.", cancel)
        .body::<CancelBody>()
        .reply::<CancelledView>()
}

#[derive(Serialize, JsonSchema)]
struct RunCancelled {
    success: bool,
    message: &'static str,
    run_id: String,
}

/// Where a test run stands.
#[derive(Serialize, JsonSchema)]
struct StatusView {
    job_id: String,
    run_id: String,
    /// pending, running, completed, failed, cancelled
    status: &'static str,
    progress: Option<Value>,
    result: Option<Value>,
    error: Option<String>,
    created_at: String,
    started_at: Option<String>,
    completed_at: Option<String>,
}

#[derive(Deserialize, JsonSchema, Default)]
struct CancelBody {
    reason: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct CancelledView {
    success: bool,
    job_id: String,
    run_id: String,
    status: &'static str,
    message: &'static str,
    cancelled_at: String,
}

fn absent() -> AppError {
    AppError::not_found("Run not found")
}

async fn list(service: Arc<Service>, req: Req) -> Result<Reply> {
    let (schedule, q) = (named(&service, &req).await?, req.query());
    let states = match q.filled("status") {
        None => Vec::new(),
        Some(word) => {
            let known = states_of(word);
            known.ok_or_else(|| AppError::invalid(vec![FieldError::new("status", format!("unknown status `{word}`"))]))?
        }
    };
    let filter = JobFilter { states, schedule_id: Some(schedule.id), organizations: true, ..JobFilter::default() };
    let page = service.schedules.jobs().list(&filter, Pager::limit_offset(q, 20, 100)?).await?;
    let (uid, total) = (schedule.uid.to_string(), page.total);
    Ok(Reply::json(&page.items.into_iter().map(|job| RunView::of(&uid, job)).collect::<Vec<_>>()).total_count(total))
}

async fn run_of(service: &Service, req: &Req) -> Result<(String, Job)> {
    let schedule = named(service, req).await?;
    let job = service.schedules.jobs().find(req.param("run_id")).await?;
    let job = job.filter(|j| j.schedule_id == Some(schedule.id)).ok_or_else(absent)?;
    Ok((schedule.uid.to_string(), job))
}

async fn get(service: Arc<Service>, req: Req) -> Result<Reply> {
    let (schedule, job) = run_of(&service, &req).await?;
    Ok(Reply::json(&RunView::of(&schedule, job)))
}

async fn cancel_run(service: Arc<Service>, req: Req) -> Result<Reply> {
    let (_, job) = run_of(&service, &req).await?;
    stop(&service, &req, &job, run_word(job.state), None).await?;
    Ok(Reply::json(&RunCancelled { success: true, message: "Run cancelled", run_id: job.uid.to_string() }))
}

/// The word of a run by its own id.
const fn job_word(state: State) -> &'static str {
    match state {
        State::Queued => "pending",
        State::Running | State::Waiting => "running",
        State::Succeeded => "completed",
        State::Failed | State::Timeout => "failed",
        State::Cancelled => "cancelled",
    }
}

/// A run the caller may see, in whichever organization; the permission of the route is judged in its project.
async fn run_named(service: &Service, req: &Req) -> Result<Job> {
    let absent = || AppError::not_found("Job not found");
    let job = service.schedules.jobs().find(req.param("job_id")).await?.filter(|j| j.kind == TEST_RUN).ok_or_else(absent)?;
    let organization = match job.project_id {
        None => service.organizations.organization_of(req).await?,
        Some(project) => {
            let found = service.organizations.project_named(req, &project.to_string()).await;
            let found = found.map_err(|e| if e.kind() == ErrorKind::NotFound { absent() } else { e })?;
            found.organization_id
        }
    };
    if Some(organization) == job.organization_id { Ok(job) } else { Err(absent()) }
}

async fn status(service: Arc<Service>, req: Req) -> Result<Reply> {
    let job = run_named(&service, &req).await?;
    Ok(Reply::json(&StatusView {
        job_id: job.uid.to_string(),
        run_id: job.uid.to_string(),
        status: job_word(job.state),
        progress: job.progress,
        result: job.result,
        error: job.error,
        created_at: job.created_at.rfc3339(),
        started_at: job.started_at.map(Timestamp::rfc3339),
        completed_at: job.finished_at.map(Timestamp::rfc3339),
    }))
}

async fn cancel(service: Arc<Service>, mut req: Req) -> Result<Reply> {
    let job = run_named(&service, &req).await?;
    let body: CancelBody = req.json_or_default().await?;
    let at = req.cx().now();
    let message = match stop(&service, &req, &job, job_word(job.state), body.reason).await? {
        Cancelled::AtOnce => "Run cancelled",
        Cancelled::Signalled => "Run is being cancelled",
    };
    Ok(Reply::json(&CancelledView {
        success: true,
        job_id: job.uid.to_string(),
        run_id: job.uid.to_string(),
        status: "cancelled",
        message,
        cancelled_at: at.rfc3339(),
    }))
}

/// 400 when it has ended.
async fn stop(service: &Service, req: &Req, job: &Job, word: &str, reason: Option<String>) -> Result<Cancelled> {
    let ended = |word: &str| AppError::bad_request(format!("Cannot cancel run with status '{word}'")).code("run_not_active");
    if job.state.is_final() {
        return Err(ended(word));
    }
    let mut tx = service.audit.begin(&req.cx().actor()).await?;
    let met = service.schedules.jobs().cancel(&mut tx, job.id).await.map_err(|e| match e.kind() {
        ErrorKind::Conflict => ended("completed"),
        _ => e,
    })?;
    let mut entry = Entry::new("job.cancel", Category::Action).target("job", job.uid).describe(format!("Test run {} cancelled", job.uid));
    if let Some(organization) = job.organization_id {
        entry = entry.organization(organization);
    }
    tx.commit(entry.after(json!({ "reason": reason }))).await?;
    Ok(met)
}
