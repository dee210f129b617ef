//! `/api/v1/runs`: runs, their results, reports for build servers.

use argos_kernel::{PageRequest, Result, Timestamp, Uid};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Service;
use super::history::moment;
use super::start::{StartedView, TRIGGERS, started};
use super::view::{ResultView, RunView};
use crate::actions::artifacts;
use crate::actions::resume::Again;
use crate::actions::tests::fault;
use crate::model::junit;
use crate::model::run::{Run, RunStatus};
use crate::store::{results, runs};

/// Results of one report.
const RESULTS_MAX: i64 = 10_000;

pub(super) fn routes(testing: Service) -> Routes<Service> {
    Routes::new(testing)
        .get("/api/v1/runs", "test_runs.list", "Runs, newest first.", list)
        .param("project_id", "runs of one project")
        .param("test_id", "runs with one test")
        .param("status", "pending, running, passed, failed, error, cancelled")
        .param("trigger", "manual, scheduled, webhook, ci, api")
        .param("from", "RFC 3339")
        .param("to", "RFC 3339")
        .param("limit", "1-200, default 50")
        .param("offset", "runs to skip")
        .reply::<RunsView>()
        .get("/api/v1/jobs", "test_runs.jobs", "The jobs of runs, newest first.", jobs)
        .param("project_id", "jobs of one project")
        .param("status", "pending, running, completed, failed, cancelled")
        .param("limit", "1-100, default 20")
        .reply::<JobsView>()
        .get("/api/v1/runs/{run_id}", "test_runs.get", "One run.", get)
        .reply::<RunView>()
        .get("/api/v1/runs/{run_id}/results", "test_runs.results", "Results of a run with steps and evidence, in its order.", all_results)
        .param("limit", "1-500, default 100")
        .param("offset", "results to skip")
        .reply::<RunResultsView>()
        .post(
            "/api/v1/runs/{run_id}/resume",
            "test_runs.resume",
            "Go on with a run that has ended: a new one with the same wishes, of the tests it did not get to, also of those that failed, or of all.",
            resume,
        )
        .body::<ResumeBody>()
        .reply::<StartedView>()
        .get("/api/v1/runs/{run_id}/junit.xml", "test_runs.junit", "JUnit XML of a run.", junit_xml)
        .get("/api/v1/runs/{run_id}/trace.zip", "test_runs.trace", "The trace of the first test of a run that has one.", trace)
        .param("test_id", "the trace of this test")
}

#[derive(Serialize, JsonSchema)]
struct RunsView {
    runs: Vec<RunView>,
    total: i64,
    limit: i64,
    offset: i64,
}

#[derive(Serialize, JsonSchema)]
struct JobView {
    job_id: String,
    run_id: String,
    /// pending, running, completed, failed, cancelled
    status: &'static str,
    created_at: String,
    completed_at: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct JobsView {
    jobs: Vec<JobView>,
    total: i64,
}

#[derive(Serialize, JsonSchema)]
struct RunResultsView {
    run_id: String,
    results: Vec<ResultView>,
    total: i64,
}

/// Which tests of the run.
#[derive(Deserialize, JsonSchema, Default)]
#[serde(default)]
pub(super) struct ResumeBody {
    /// rest (without a result, cut off or skipped), failed (those and the ones that failed) or all
    pub(super) tests: Again,
}

/// The organizations a list is of, and its project.
async fn scope(testing: &Service, req: &Req) -> Result<(Vec<i64>, Option<i64>)> {
    Ok(match req.query().filled("project_id") {
        Some(text) => {
            let access = testing.project_for(req, text).await?;
            (vec![access.project.organization_id], Some(access.project.id))
        }
        None => (testing.platform.identity.organizations_readable(req).await?, None),
    })
}

async fn list(testing: Service, req: Req) -> Result<Reply> {
    let q = req.query();
    let (organizations, project_id) = scope(&testing, &req).await?;
    let test_uid: Option<Uid> = match q.filled("test_id") {
        None => None,
        Some(text) => Some(text.parse().map_err(|_| crate::actions::tests::not_found())?),
    };
    let statuses = match q.filled("status") {
        None => Vec::new(),
        Some(word) => vec![RunStatus::parse(word).ok_or_else(|| fault("status", format!("unknown status `{word}`")))?],
    };
    let trigger = q.filled("trigger");
    if trigger.is_some_and(|word| !TRIGGERS.contains(&word)) {
        return Err(fault("trigger", format!("trigger must be one of {}", TRIGGERS.join(", "))));
    }
    let trigger = trigger.map(str::to_owned);
    let filter = runs::Filter { organizations, project_id, test_uid, statuses, trigger, from: moment(q, "from")?, to: moment(q, "to")? };
    let page = PageRequest { limit: q.int_clamped("limit", 50, 1, 200)?, offset: q.int_clamped("offset", 0, 0, i64::MAX)? };
    let found = runs::list(&testing.platform.store.state, &filter, page).await?;
    let runs = found.items.into_iter().map(RunView::of).collect();
    Ok(Reply::json(&RunsView { runs, total: found.total, limit: page.limit, offset: page.offset }).total_count(found.total))
}

/// The same runs as jobs.
async fn jobs(testing: Service, req: Req) -> Result<Reply> {
    let q = req.query();
    let (organizations, project_id) = scope(&testing, &req).await?;
    let statuses = match q.filled("status") {
        None => Vec::new(),
        Some(word) => {
            let of = RunStatus::of_job_word(word);
            if of.is_empty() {
                return Err(fault("status", "status must be pending, running, completed, failed or cancelled"));
            }
            of
        }
    };
    let filter = runs::Filter { organizations, project_id, statuses, ..runs::Filter::default() };
    let page = PageRequest { limit: q.int_clamped("limit", 20, 1, 100)?, offset: 0 };
    let found = runs::list(&testing.platform.store.state, &filter, page).await?;
    let view = |run: Run<()>| JobView {
        job_id: run.uid.to_string(),
        run_id: run.uid.to_string(),
        status: run.status.job_word(),
        created_at: run.created_at.rfc3339(),
        completed_at: run.completed_at.map(Timestamp::rfc3339),
    };
    Ok(Reply::json(&JobsView { jobs: found.items.into_iter().map(view).collect(), total: found.total }))
}

async fn get(testing: Service, req: Req) -> Result<Reply> {
    Ok(Reply::json(&RunView::of(testing.run_named(&req, req.param("run_id")).await?)))
}

async fn resume(testing: Service, mut req: Req) -> Result<Reply> {
    let run = testing.run_named(&req, req.param("run_id")).await?;
    let body: ResumeBody = req.json_or_default().await?;
    Ok(Reply::json(&started(&testing.resume_run(req.cx(), &run, body.tests).await?)))
}

async fn all_results(testing: Service, req: Req) -> Result<Reply> {
    let run = testing.run_named(&req, req.param("run_id")).await?;
    let q = req.query();
    let page = PageRequest { limit: q.int_clamped("limit", 100, 1, 500)?, offset: q.int_clamped("offset", 0, 0, i64::MAX)? };
    let found = results::of_run(&testing.platform.store.state, run.id, page).await?;
    Ok(Reply::json(&RunResultsView {
        run_id: run.uid.to_string(),
        results: found.into_iter().map(|r| ResultView::of(&testing, r)).collect(),
        total: run.counts.total,
    }))
}

async fn junit_xml(testing: Service, req: Req) -> Result<Reply> {
    let run = testing.run_named(&req, req.param("run_id")).await?;
    let page = PageRequest { limit: RESULTS_MAX, offset: 0 };
    let found = results::of_run(&testing.platform.store.state, run.id, page).await?;
    Ok(Reply::bytes("application/xml; charset=utf-8", junit::report(&run, &found)).attachment("junit.xml"))
}

async fn trace(testing: Service, req: Req) -> Result<Reply> {
    let run = testing.run_named(&req, req.param("run_id")).await?;
    let page = PageRequest { limit: RESULTS_MAX, offset: 0 };
    let found = results::of_run(&testing.platform.store.state, run.id, page).await?;
    let wanted = req.query().filled("test_id");
    let mut of = found.into_iter().filter(|r| wanted.is_none_or(|id| r.test_uid.to_string() == id)).filter_map(|r| r.body.trace);
    let id = of.next().ok_or_else(artifacts::not_found)?;
    let artifact = testing.artifact(&id).await?;
    let bytes = testing.artifact_bytes(&artifact).await?;
    Ok(Reply::bytes("application/zip", bytes).attachment("trace.zip"))
}
