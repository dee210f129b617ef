//! `/api/security/countries` and the jobs that ban them.

use argos_jobs::{Job, State};
use argos_kernel::Result;
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Service, id, time};
use crate::actions::countries::{Order, Progress};
use crate::store::countries::Expansion;

pub(super) fn routes(edge: Service) -> Routes {
    Routes::new(edge)
        .post("/api/security/countries/{cc}/expand", "edge.ban_country", "Ban the ranges of a country.", expand)
        .body::<ExpandBody>()
        .reply::<JobView>()
        .get("/api/security/countries", "edge.list_countries", "Banned countries by code.", list)
        .reply::<Vec<ExpansionView>>()
        .param("fields", "summary leaves the ranges out")
        .delete("/api/security/countries/{cc}", "edge.revoke_country", "Lift the ban of a country.", revoke)
        .reply::<RevokedView>()
        .get("/api/security/jobs", "edge.list_country_jobs", "Jobs that ban countries, newest first.", jobs)
        .reply::<Vec<JobView>>()
        .param("country", "two letters")
        .param("limit", "1-200 (20)")
        .get("/api/security/jobs/{id}", "edge.get_country_job", "One of these jobs.", job)
        .reply::<JobView>()
        .done()
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ExpandBody {
    /// At least 1h, as Go writes it: `168h`.
    #[serde(default)]
    duration: String,
    #[serde(default)]
    reason: String,
}

#[derive(Serialize, JsonSchema)]
struct JobView {
    id: i64,
    country_code: String,
    /// pending, running, completed or failed
    state: &'static str,
    chunks_total: usize,
    chunks_done: usize,
    chunks_failed: usize,
    cidr_committed: usize,
    requested_count: usize,
    duration: String,
    reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_message: Option<String>,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    started_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    completed_at: Option<String>,
    created_by: String,
}

#[derive(Serialize, JsonSchema)]
struct ExpansionView {
    id: i64,
    country_code: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    cidrs: Option<Vec<String>>,
    cidr_count: i64,
    reason: String,
    duration: String,
    until: String,
    created_at: String,
    created_by: String,
    mmdb_version_at_creation: String,
    /// active, drifted or expired
    state: String,
}

#[derive(Serialize, JsonSchema)]
struct RevokedView {
    country_code: String,
    removed_decision_count: u64,
}

fn view(job: Job) -> JobView {
    let order: Order = serde_json::from_value(job.payload).unwrap_or(Order {
        country_code: String::new(),
        duration: String::new(),
        reason: String::new(),
    });
    let progress: Progress = job.progress.and_then(|p| serde_json::from_value(p).ok()).unwrap_or_default();
    let cancelled = (job.state == State::Cancelled).then(|| "cancelled".to_owned());
    JobView {
        id: job.id,
        country_code: order.country_code,
        state: match job.state {
            State::Running => "running",
            State::Succeeded => "completed",
            state if state.is_final() => "failed",
            _ => "pending",
        },
        chunks_total: progress.chunks_total,
        chunks_done: progress.chunks_done,
        chunks_failed: progress.chunks_failed,
        cidr_committed: progress.cidr_committed,
        requested_count: progress.requested_count,
        duration: order.duration,
        reason: order.reason,
        error_message: job.error.or(cancelled),
        created_at: time(job.created_at),
        started_at: job.started_at.map(time),
        completed_at: job.finished_at.map(time),
        created_by: job.triggered_by,
    }
}

async fn expand(edge: Service, mut req: Req) -> Result<Reply> {
    let body: ExpandBody = req.json().await?;
    let job = edge.order_country(&req.cx().actor(), req.param("cc"), &body.duration, &body.reason).await?;
    Ok(Reply::json(&view(job)).status(202))
}

async fn list(edge: Service, req: Req) -> Result<Reply> {
    let whole = req.query().text("fields") != Some("summary");
    let view = |e: Expansion| ExpansionView {
        id: e.id,
        country_code: e.country_code,
        cidrs: whole.then_some(e.cidrs),
        cidr_count: e.cidr_count,
        reason: e.reason,
        duration: e.duration,
        until: time(e.until),
        created_at: time(e.created_at),
        created_by: e.created_by,
        mmdb_version_at_creation: e.mmdb_version,
        state: e.state,
    };
    let all: Vec<ExpansionView> = edge.list_countries().await?.into_iter().map(view).collect();
    Ok(Reply::json(&all))
}

async fn revoke(edge: Service, req: Req) -> Result<Reply> {
    let (country_code, removed_decision_count) = edge.revoke_country(&req.cx().actor(), req.param("cc")).await?;
    Ok(Reply::json(&RevokedView { country_code, removed_decision_count }))
}

async fn jobs(edge: Service, req: Req) -> Result<Reply> {
    let limit = req.query().int_clamped("limit", 20, 1, 200)?;
    let found = edge.country_jobs(req.query().filled("country"), limit).await?;
    Ok(Reply::json(&found.into_iter().map(view).collect::<Vec<_>>()))
}

async fn job(edge: Service, req: Req) -> Result<Reply> {
    Ok(Reply::json(&view(edge.country_job(id(&req, "id")?).await?)))
}
