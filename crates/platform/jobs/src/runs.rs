//! `/api/runs*` and `/api/run-status`: scripts and workflows in the documented shape of a job run. Times are Unix
//! seconds; the output is the job's log.

use std::sync::Arc;

use argos_audit::{Audit, Category, Entry};
use argos_kernel::{AppError, ErrorKind, Result, Timestamp};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;

use crate::handler::OUTPUT_BYTES_MAX;
use crate::job::{Job, State};
use crate::jobs::{Jobs, RunFilter};

/// Pools whose jobs are runs.
const POOLS: [&str; 2] = ["script", "workflow"];
const LINES: i64 = 5_000;

struct Service {
    jobs: Jobs,
    audit: Audit,
}

/// The routes of runs.
pub fn run_routes(jobs: Jobs, audit: Audit) -> Routes {
    Routes::new(Arc::new(Service { jobs, audit }))
        .get("/api/run-status", "runs.status", "Whether a script runs.", status)
        .reply::<StatusView>()
        .get("/api/runs", "runs.list", "Runs of scripts and workflows, newest first.", list)
        .param("limit", "1-500, default 50")
        .param("status", "queued, running, done, failed, timeout, cancelled, pending_approval")
        .param("automation_id", "runs of one automation")
        .param("trigger_prefix", "runs whose trigger begins so")
        .reply::<Vec<RunView>>()
        .get("/api/runs/{run_id}", "runs.get", "One run with its output.", get)
        .reply::<RunView>()
        .get("/api/runs/{run_id}/stream", "runs.stream", "What a run writes as it goes on (SSE), resumable by Last-Event-ID.", stream)
        .post("/api/runs/{run_id}/cancel", "runs.cancel", "Cancel an active run.", cancel)
        .reply::<SuccessView>()
        .get("/api/action-log", "runs.action_log", "Output of the script that runs, else of the last one.", action_log)
        .reply::<ContentView>()
        .done()
}

/// One run.
#[derive(Serialize, JsonSchema)]
struct RunView {
    id: i64,
    automation_id: Option<String>,
    trigger: String,
    status: &'static str,
    started_at: Option<i64>,
    finished_at: Option<i64>,
    exit_code: Option<i64>,
    triggered_by: String,
    error: Option<String>,
    /// Only when one run is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct StatusView {
    /// `idle`, `queued` or `running`.
    status: &'static str,
    #[serde(flatten)]
    active: Option<ActiveView>,
}

#[derive(Serialize, JsonSchema)]
struct ActiveView {
    /// Null when it is no script.
    script: Option<String>,
    run_id: i64,
    run_ids: Vec<i64>,
    trigger: String,
    /// ISO 8601; null while it is queued.
    started: Option<String>,
    started_at: Option<i64>,
}

#[derive(Serialize, JsonSchema)]
struct ContentView {
    content: String,
}

#[derive(Serialize, JsonSchema)]
struct SuccessView {
    success: bool,
}

impl RunView {
    fn of(job: Job, output: Option<String>) -> Self {
        Self {
            id: job.id,
            automation_id: job.schedule_id.map(|id| id.to_string()),
            trigger: job.trigger,
            status: job.state.ops_word(),
            started_at: job.started_at.map(Timestamp::secs),
            finished_at: job.finished_at.map(Timestamp::secs),
            exit_code: job.exit_code,
            triggered_by: job.triggered_by,
            error: job.error,
            output,
        }
    }
}

async fn list(service: Arc<Service>, req: Req) -> Result<Reply> {
    let q = req.query();
    let state = match q.filled("status") {
        None => None,
        Some(word) => {
            let known = State::ALL.into_iter().find(|s| s.ops_word() == word);
            Some(known.ok_or_else(|| AppError::bad_request(format!("unknown status `{word}`")).with("field", "status"))?)
        }
    };
    let filter = RunFilter {
        state,
        automation: q.filled("automation_id").map(str::to_owned),
        trigger_prefix: q.filled("trigger_prefix").map(str::to_owned),
    };
    let runs = service.jobs.runs(&filter, q.int_clamped("limit", 50, 1, 500)?).await?;
    Ok(Reply::json(&runs.into_iter().map(|job| RunView::of(job, None)).collect::<Vec<_>>()))
}

async fn status(service: Arc<Service>, _: Req) -> Result<Reply> {
    let mut active = Vec::new();
    for state in [State::Running, State::Queued] {
        let filter = RunFilter { state: Some(state), ..RunFilter::default() };
        active.extend(service.jobs.runs(&filter, 500).await?);
    }
    active.sort_by_key(|job| job.id);
    let run_ids = active.iter().map(|job| job.id).collect();
    let oldest = active.into_iter().next();
    let status = oldest.as_ref().map_or("idle", |job| job.state.ops_word());
    let active = oldest.map(|job| ActiveView {
        script: job.trigger.strip_prefix("script:").map(str::to_owned),
        run_id: job.id,
        run_ids,
        started: job.started_at.map(Timestamp::rfc3339),
        started_at: job.started_at.map(Timestamp::secs),
        trigger: job.trigger,
    });
    Ok(Reply::json(&StatusView { status, active }))
}

async fn named(service: &Service, req: &Req) -> Result<Option<Job>> {
    let job = service.jobs.find(req.param("run_id")).await?;
    Ok(job.filter(|j| j.organization_id.is_none() && POOLS.contains(&j.pool.as_str())))
}

async fn get(service: Arc<Service>, req: Req) -> Result<Reply> {
    let job = named(&service, &req).await?.ok_or_else(|| AppError::not_found("Run not found"))?;
    let output = output_of(&service, job.id).await?;
    Ok(Reply::json(&RunView::of(job, Some(output))))
}

async fn stream(service: Arc<Service>, req: Req) -> Result<Reply> {
    let job = named(&service, &req).await?.ok_or_else(|| AppError::not_found("Run not found"))?;
    let after = req.header("last-event-id").and_then(|t| t.trim().parse().ok()).unwrap_or(0);
    Ok(Reply::sse(crate::run_stream::follow(service.jobs.clone(), job.id, after)))
}

async fn output_of(service: &Service, job: i64) -> Result<String> {
    let (mut output, mut after) = (String::new(), 0);
    while output.len() <= OUTPUT_BYTES_MAX {
        let lines = service.jobs.output(job, after, LINES).await?;
        let Some(last) = lines.last() else { break };
        after = last.id;
        for line in &lines {
            output.push_str(&line.text);
            output.push('\n');
        }
    }
    Ok(output)
}

/// What a terminal would have shown as text: escape sequences (ECMA-48) and other control characters are left out.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\x1b' if chars.next_if_eq(&'[').is_some() => while chars.next().is_some_and(|c| !('@'..='~').contains(&c)) {},
            '\x1b' if chars.next_if_eq(&']').is_some() => while chars.next().is_some_and(|c| c != '\x07' && c != '\x1b') {},
            '\x1b' => drop(chars.next()),
            '\n' | '\t' => out.push(c),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

async fn action_log(service: Arc<Service>, req: Req) -> Result<Reply> {
    let active = RunFilter { state: Some(State::Running), ..RunFilter::default() };
    // The oldest that runs is the one `/api/run-status` names.
    let running = service.jobs.runs(&active, 500).await?.pop();
    let run = match running {
        Some(run) => Some(run),
        None => service.jobs.runs(&RunFilter::default(), 1).await?.pop(),
    };
    let content = match run {
        Some(run) => plain(&output_of(&service, run.id).await?),
        None => String::new(),
    };
    let content = if content.is_empty() { "Waiting for output…".to_owned() } else { content };
    if req.header("accept").is_some_and(|a| a.contains("text/plain")) {
        return Ok(Reply::text(content));
    }
    Ok(Reply::json(&ContentView { content }))
}

async fn cancel(service: Arc<Service>, req: Req) -> Result<Reply> {
    let gone = || AppError::not_found("Run not active").code("run_not_active");
    let job = named(&service, &req).await?.ok_or_else(gone)?;
    let mut change = service.audit.begin(&req.cx().actor()).await?;
    service.jobs.cancel(&mut change, job.id).await.map_err(|e| if e.kind() == ErrorKind::Conflict { gone() } else { e })?;
    let entry = Entry::new("job.cancel", Category::Action).alias("job_cancel").target("job", job.id);
    change.commit(entry.describe(format!("run {} ({}) cancelled", job.id, job.trigger))).await?;
    Ok(Reply::json(&SuccessView { success: true }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn colours_titles_and_bells_are_left_out_and_text_stays() {
        assert_eq!(plain("\x1b[1;31mfailed\x1b[0m\tdisk\r\n\x1b]0;title\x07done\x07"), "failed\tdisk\ndone");
        assert_eq!(plain("cut \x1b[31"), "cut ");
        assert_eq!(plain("\x1b"), "");
    }

    proptest! {
        #[test]
        fn nothing_a_terminal_obeys_is_left(text in "(\x1b|\\[|\\]|m|;|[0-9]|\x07|[a-z \n]|é){0,40}") {
            prop_assert!(plain(&text).chars().all(|c| c == '\n' || c == '\t' || !c.is_control()));
        }
    }
}
