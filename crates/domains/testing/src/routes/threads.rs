//! `/api/v1/stream/status/{id}` and `/api/v1/stream/cancel/{id}`: what is followed, for clients that do not listen just now.

use std::time::Duration;

use argos_jobs::Cancelled;
use argos_kernel::{Result, Timestamp};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;

use super::Service;
use crate::model::run::{Run, RunStatus};

/// What ending a run may take before the answer says that it goes on.
const END: Duration = Duration::from_secs(5);

pub(super) fn routes(testing: Service) -> Routes<Service> {
    Routes::new(testing)
        .get("/api/v1/stream/status/{id}", "test_runs.stream_status", "Where a run stands, by its id or thread.", status)
        .reply::<ThreadView>()
        .delete("/api/v1/stream/cancel/{id}", "test_runs.stream_cancel", "End a run, by its id or thread.", cancel)
        .reply::<EndedView>()
}

#[derive(Serialize, JsonSchema)]
struct ThreadSummaryView {
    /// Tests that ended.
    iteration: i64,
    passed: i64,
    failed: i64,
    skipped: i64,
    current_test: Option<String>,
    total_tests: i64,
    progress_percent: i64,
    total_cost: f64,
    error: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct ThreadView {
    /// Always true: what is not there is a 404.
    found: bool,
    thread_id: String,
    run_id: String,
    status: RunStatus,
    /// What comes next: `executing` before it began.
    next_node: Option<&'static str>,
    started_at: Option<String>,
    state_summary: ThreadSummaryView,
    /// queued, executing, completed, failed, cancelled
    current_phase: &'static str,
}

#[derive(Serialize, JsonSchema)]
struct FinalView {
    passed: i64,
    failed: i64,
    /// Tests that ended.
    iteration: i64,
}

#[derive(Serialize, JsonSchema)]
struct EndedView {
    success: bool,
    thread_id: String,
    message: &'static str,
    cancelled_at: String,
    final_state: FinalView,
}

/// Tests of a run that ended, however they did.
const fn ended<W>(run: &Run<W>) -> i64 {
    run.counts.passed + run.counts.failed + run.counts.skipped
}

async fn status(testing: Service, req: Req) -> Result<Reply> {
    let run = testing.run_followed(&req, req.param("id")).await?;
    let job = testing.platform.jobs.find_many(&[run.job_id]).await?.remove(&run.job_id);
    let current_test =
        job.filter(|_| !run.status.is_final()).and_then(|job| job.progress?.get("current_test")?.as_str().map(str::to_owned));
    let (done, total) = (ended(&run), run.counts.total);
    Ok(Reply::json(&ThreadView {
        found: true,
        thread_id: run.thread_or_id(),
        run_id: run.uid.to_string(),
        status: run.status,
        next_node: (run.status == RunStatus::Pending).then_some("executing"),
        started_at: run.started_at.map(Timestamp::rfc3339),
        current_phase: match run.status {
            RunStatus::Pending => "queued",
            RunStatus::Running => "executing",
            over => over.job_word(),
        },
        state_summary: ThreadSummaryView {
            iteration: done,
            passed: run.counts.passed,
            failed: run.counts.failed,
            skipped: run.counts.skipped,
            current_test,
            total_tests: total,
            progress_percent: if total > 0 { done * 100 / total } else { 0 },
            total_cost: run.counts.cost_usd(),
            error: run.error,
        },
    }))
}

async fn cancel(testing: Service, req: Req) -> Result<Reply> {
    let run = testing.run_followed(&req, req.param("id")).await?;
    let met = testing.cancel_run(req.cx(), &run).await?;
    let now = req.cx().now();
    let run = match met {
        // Its row follows its job.
        Cancelled::AtOnce => testing.run_named(&req, &run.uid.to_string()).await?,
        Cancelled::Signalled => testing.wait_for(run.uid, END).await?,
    };
    Ok(Reply::json(&EndedView {
        success: true,
        thread_id: run.thread_or_id(),
        message: match run.status {
            RunStatus::Cancelled => "Run cancelled",
            // It came to its end before it heard of it.
            over if over.is_final() => "Run had ended",
            _ => "Run is being cancelled",
        },
        cancelled_at: run.completed_at.unwrap_or(now).rfc3339(),
        final_state: FinalView { passed: run.counts.passed, failed: run.counts.failed, iteration: ended(&run) },
    }))
}
