//! The HTTP side of the queue: list, look, output, cancel. Payloads are shown redacted.

use std::sync::Arc;

use argos_audit::{Audit, Category, Entry, redact_names};
use argos_kernel::{AppError, Result, Role, Timestamp};
use argos_web::{Pager, Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::job::{Job, JobFilter, State};
use crate::jobs::{Cancelled, Jobs};

struct Service {
    jobs: Jobs,
    audit: Audit,
}

/// The routes of the queue.
pub fn routes(jobs: Jobs, audit: Audit) -> Routes {
    let routes = Routes::new(Arc::new(Service { jobs, audit }));
    let routes = list_params(routes.get("/api/jobs", "jobs.list", "Jobs of every kind, newest first.", list_jobs));
    list_params(routes.get("/api/ui/jobs", "ui.jobs", "The same, for the pages of the product.", list_jobs))
        .get("/api/jobs/{id}", "jobs.get", "One job.", get_job)
        .reply::<JobView>()
        .get("/api/jobs/{id}/log", "jobs.log", "Output of a job.", get_log)
        .reply::<LogView>()
        .param("after", "position of the last line already read")
        .param("limit", "1-5000, default 1000")
        .post("/api/jobs/{id}/cancel", "jobs.cancel", "Cancel a job.", cancel_job)
        .reply::<CancelView>()
        .post("/api/jobs/{id}/retry", "jobs.retry", "Queue a job that failed once more.", retry_job)
        .reply::<RetryView>()
        .done()
}

/// What both lists take and answer.
fn list_params(routes: Routes<Arc<Service>>) -> Routes<Arc<Service>> {
    routes
        .reply::<JobsView>()
        .param("state", "comma list: queued, running, waiting, succeeded, failed, timeout, cancelled")
        .param("kind", "exact kind")
        .param("pool", "exact pool")
        .param("schedule_id", "jobs of one schedule")
        .param("limit", "1-200, default 50")
        .param("offset", "jobs to skip")
}

/// One job.
#[derive(Serialize, JsonSchema)]
struct JobView {
    id: i64,
    uid: String,
    kind: String,
    pool: String,
    state: State,
    payload: Value,
    priority: i64,
    run_at: String,
    attempts: i64,
    max_attempts: i64,
    cancel_requested: bool,
    progress: Option<Value>,
    result: Option<Value>,
    error: Option<String>,
    exit_code: Option<i64>,
    trigger: String,
    triggered_by: String,
    schedule_id: Option<i64>,
    parent_id: Option<i64>,
    created_at: String,
    started_at: Option<String>,
    finished_at: Option<String>,
}

impl From<Job> for JobView {
    fn from(mut j: Job) -> Self {
        redact_names(&mut j.payload);
        let time = |t: Option<Timestamp>| t.map(Timestamp::rfc3339);
        Self {
            id: j.id,
            uid: j.uid.to_string(),
            kind: j.kind,
            pool: j.pool,
            state: j.state,
            payload: j.payload,
            priority: j.priority,
            run_at: j.run_at.rfc3339(),
            attempts: j.attempts,
            max_attempts: j.max_attempts,
            cancel_requested: j.cancel_requested,
            progress: j.progress,
            result: j.result,
            error: j.error,
            exit_code: j.exit_code,
            trigger: j.trigger,
            triggered_by: j.triggered_by,
            schedule_id: j.schedule_id,
            parent_id: j.parent_id,
            created_at: j.created_at.rfc3339(),
            started_at: time(j.started_at),
            finished_at: time(j.finished_at),
        }
    }
}

#[derive(Serialize, JsonSchema)]
struct JobsView {
    items: Vec<JobView>,
    total: i64,
    has_more: bool,
}

#[derive(Serialize, JsonSchema)]
struct LineView {
    /// Position; pass the last one as `after`.
    id: i64,
    at: String,
    level: &'static str,
    text: String,
}

#[derive(Serialize, JsonSchema)]
struct LogView {
    lines: Vec<LineView>,
    /// The job has ended, so no line will follow.
    complete: bool,
}

#[derive(Serialize, JsonSchema)]
struct CancelView {
    ok: bool,
    /// The state now: `cancelled`, or `running` until the job has heard of it.
    state: State,
}

#[derive(Serialize, JsonSchema)]
struct RetryView {
    /// The new job; its `parent_id` is the old one.
    job_id: i64,
}

async fn list_jobs(service: Arc<Service>, req: Req) -> Result<Reply> {
    let q = req.query();
    let bad = |word: &str| AppError::bad_request(format!("unknown state `{word}`")).code("invalid_parameter").with("field", "state");
    let states = q.list("state").into_iter().map(|w| State::parse(w).ok_or_else(|| bad(w))).collect::<Result<_>>()?;
    let filter = JobFilter {
        states,
        kind: q.filled("kind").map(str::to_owned),
        pool: q.filled("pool").map(str::to_owned),
        schedule_id: q.int("schedule_id")?,
        organizations: sees_organizations(&req),
    };
    let page = Pager::limit_offset(q, 50, 200)?;
    let jobs = service.jobs.list(&filter, page).await?;
    let total = jobs.total;
    let items: Vec<JobView> = jobs.items.into_iter().map(JobView::from).collect();
    let shown = page.offset.saturating_add(i64::try_from(items.len()).unwrap_or(i64::MAX));
    Ok(Reply::json(&JobsView { has_more: shown < total, items, total }).total_count(total))
}

async fn get_job(service: Arc<Service>, req: Req) -> Result<Reply> {
    Ok(Reply::json(&JobView::from(visible(&service, &req).await?)))
}

async fn get_log(service: Arc<Service>, req: Req) -> Result<Reply> {
    let job = visible(&service, &req).await?;
    let q = req.query();
    let lines = service.jobs.output(job.id, q.int("after")?.unwrap_or(0), q.int_clamped("limit", 1_000, 1, 5_000)?).await?;
    let lines = lines.into_iter().map(|l| LineView { id: l.id, at: l.at.rfc3339(), level: l.level.as_str(), text: l.text }).collect();
    Ok(Reply::json(&LogView { lines, complete: job.state.is_final() }))
}

async fn cancel_job(service: Arc<Service>, req: Req) -> Result<Reply> {
    let job = visible(&service, &req).await?;
    let mut change = service.audit.begin(&req.cx().actor()).await?;
    let met = service.jobs.cancel(&mut change, job.id).await?;
    let entry = Entry::new("job.cancel", Category::Action)
        .alias("job_cancel")
        .target("job", job.id)
        .describe(format!("job {} ({}) cancelled", job.id, job.kind));
    change.commit(entry).await?;
    let state = if met == Cancelled::AtOnce { State::Cancelled } else { State::Running };
    Ok(Reply::json(&CancelView { ok: true, state }))
}

async fn retry_job(service: Arc<Service>, req: Req) -> Result<Reply> {
    let job = visible(&service, &req).await?;
    let actor = req.cx().actor();
    let mut change = service.audit.begin(&actor).await?;
    let job_id = service.jobs.retry(&mut change, &job, &actor).await?;
    let entry = Entry::new("job.retry", Category::Action)
        .target("job", job.id)
        .describe(format!("job {} ({}) queued again as {job_id}", job.id, job.kind));
    change.commit(entry).await?;
    Ok(Reply::json(&RetryView { job_id }))
}

async fn visible(service: &Service, req: &Req) -> Result<Job> {
    let job = service.jobs.find(req.param("id")).await?;
    job.filter(|j| j.organization_id.is_none() || sees_organizations(req)).ok_or_else(|| AppError::not_found("Job not found"))
}

/// Jobs of organizations are shown by the quality views, which know who belongs where; here only to the owner.
fn sees_organizations(req: &Req) -> bool {
    req.cx().caller.role == Some(Role::Owner)
}
