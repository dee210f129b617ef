//! What became of a test over time.

use argos_kernel::{PageRequest, Result, Timestamp, Uid};
use argos_web::{Query, Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;

use super::Service;
use super::view::ResultView;
use crate::actions::tests::fault;
use crate::model::figures::{self, Figures};
use crate::model::result::ResultStatus;
use crate::store::results::{self, HistoryRow, Span};

pub(super) fn routes(testing: Service) -> Routes<Service> {
    Routes::new(testing)
        .get("/api/v1/tests/{id}/history", "tests.history", "Runs of a test with figures, newest first.", history)
        .param("status", "passed, failed, skipped, error, cancelled")
        .param("from", "RFC 3339")
        .param("to", "RFC 3339")
        .param("limit", "1-200, default 50")
        .param("offset", "runs to skip")
        .reply::<HistoryView>()
        .get("/api/v1/tests/{id}/results", "tests.results", "Results of a test with steps and evidence, newest first.", list)
        .param("run_id", "results of one run")
        .param("limit", "1-100, default 20")
        .param("offset", "results to skip")
        .reply::<ResultsView>()
}

#[derive(Serialize, JsonSchema)]
struct HistoryLine {
    run_id: String,
    job_id: String,
    status: ResultStatus,
    trigger: String,
    environment: String,
    browser: String,
    app_url: String,
    started_at: String,
    completed_at: String,
    duration_ms: i64,
    attempts: i64,
    flaky: bool,
    healed: bool,
    error_message: Option<String>,
}

impl HistoryLine {
    fn of(row: HistoryRow) -> Self {
        let id = row.run_uid.to_string();
        Self {
            run_id: id.clone(),
            job_id: id,
            status: row.status,
            trigger: row.trigger,
            environment: row.environment,
            browser: row.browser,
            app_url: row.app_url,
            started_at: row.started_at.rfc3339(),
            completed_at: row.completed_at.rfc3339(),
            duration_ms: row.duration_ms,
            attempts: row.attempts,
            flaky: row.flaky,
            healed: row.healed,
            error_message: row.error_message,
        }
    }
}

#[derive(Serialize, JsonSchema)]
struct HistoryView {
    test_id: String,
    runs: Vec<HistoryLine>,
    /// Of the newest 1000 results asked for.
    stats: Figures,
    total: i64,
    limit: i64,
    offset: i64,
}

#[derive(Serialize, JsonSchema)]
struct ResultsView {
    test_id: String,
    results: Vec<ResultView>,
    total: i64,
    limit: i64,
    offset: i64,
}

/// A moment of the query.
pub(super) fn moment(q: &Query, name: &str) -> Result<Option<Timestamp>> {
    let bad = || fault(name, format!("{name} must be a time as in 2030-01-31T12:00:00Z"));
    q.filled(name).map(|text| Timestamp::parse_rfc3339(text).ok_or_else(bad)).transpose()
}

async fn history(testing: Service, req: Req) -> Result<Reply> {
    let (test, _) = testing.test_named(&req, req.param("id")).await?;
    let q = req.query();
    let status = match q.filled("status") {
        None => None,
        Some(word) => Some(ResultStatus::parse(word).ok_or_else(|| fault("status", format!("unknown status `{word}`")))?),
    };
    let span = Span { test: test.uid, status, from: moment(q, "from")?, to: moment(q, "to")? };
    let page = PageRequest { limit: q.int_clamped("limit", 50, 1, 200)?, offset: q.int_clamped("offset", 0, 0, i64::MAX)? };
    let (found, marks) = results::history(&testing.platform.store.state, span, page).await?;
    Ok(Reply::json(&HistoryView {
        test_id: test.uid.to_string(),
        runs: found.items.into_iter().map(HistoryLine::of).collect(),
        stats: figures::of(&marks),
        total: found.total,
        limit: page.limit,
        offset: page.offset,
    }))
}

async fn list(testing: Service, req: Req) -> Result<Reply> {
    let (test, _) = testing.test_named(&req, req.param("id")).await?;
    let q = req.query();
    let run: Option<Uid> = match q.filled("run_id") {
        None => None,
        Some(text) => Some(text.parse().map_err(|_| crate::actions::runs::not_found())?),
    };
    let page = PageRequest { limit: q.int_clamped("limit", 20, 1, 100)?, offset: q.int_clamped("offset", 0, 0, i64::MAX)? };
    let found = results::of_test(&testing.platform.store.state, test.uid, run, page).await?;
    Ok(Reply::json(&ResultsView {
        test_id: test.uid.to_string(),
        results: found.items.into_iter().map(|r| ResultView::of(&testing, r)).collect(),
        total: found.total,
        limit: page.limit,
        offset: page.offset,
    }))
}
