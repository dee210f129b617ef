//! How schedules and runs of tests look in JSON.

use std::collections::HashMap;

use argos_kernel::Timestamp;
use argos_store::{Database, Row, StoreError, args};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::fields::{Run, Timing};
use crate::job::{Job, State};
use crate::store as sql;

/// A schedule of test runs.
#[derive(Serialize, JsonSchema)]
pub(super) struct ScheduleView {
    pub(super) id: String,
    pub(super) project_id: Option<String>,
    #[serde(flatten)]
    pub(super) timing: Timing,
    #[serde(flatten)]
    pub(super) run: Run,
    /// Values are never shown.
    pub(super) environment_variables: Map<String, Value>,
    pub(super) cron_readable: String,
    /// `active`, `paused`, `running` or `error`.
    pub(super) status: &'static str,
    pub(super) next_run_at: Option<String>,
    pub(super) last_run_at: Option<String>,
    pub(super) last_run_status: Option<&'static str>,
    pub(super) run_count: i64,
    pub(super) success_count: i64,
    pub(super) failure_count: i64,
    pub(super) avg_duration_seconds: Option<f64>,
    /// Of the runs that ended well or badly; null before the first.
    pub(super) success_rate: Option<f64>,
    pub(super) next_runs: Vec<String>,
    pub(super) created_at: String,
    pub(super) updated_at: String,
    pub(super) created_by: Option<String>,
}

/// One run of a schedule.
#[derive(Serialize, JsonSchema)]
pub(super) struct RunView {
    id: String,
    schedule_id: String,
    status: &'static str,
    started_at: Option<String>,
    completed_at: Option<String>,
    duration_seconds: Option<i64>,
    trigger_type: &'static str,
    triggered_by: String,
    test_results: Option<Value>,
    error_message: Option<String>,
    retry_attempt: i64,
    logs_url: String,
    ai_analysis: Option<Value>,
    is_flaky: Option<Value>,
    flaky_score: Option<Value>,
    failure_category: Option<Value>,
    failure_confidence: Option<Value>,
    auto_healed: Option<Value>,
    healing_details: Option<Value>,
}

/// The word of a schedule's run.
pub(super) const fn run_word(state: State) -> &'static str {
    match state {
        State::Queued => "queued",
        State::Running | State::Waiting => "running",
        State::Succeeded => "passed",
        State::Failed => "failed",
        State::Timeout => "timeout",
        State::Cancelled => "cancelled",
    }
}

/// The states a word of that view stands for; the old spellings too.
pub(super) fn states_of(word: &str) -> Option<Vec<State>> {
    Some(match word {
        "pending" | "queued" => vec![State::Queued],
        "running" => vec![State::Running, State::Waiting],
        "passed" | "success" => vec![State::Succeeded],
        "failed" | "failure" => vec![State::Failed],
        "timeout" => vec![State::Timeout],
        "cancelled" => vec![State::Cancelled],
        _ => return None,
    })
}

impl RunView {
    pub(super) fn of(schedule: &str, job: Job) -> Self {
        let part = |name: &str| job.result.as_ref().and_then(|r| r.get(name)).cloned();
        let seconds = job.started_at.zip(job.finished_at).map(|(from, to)| to.secs_since(from));
        Self {
            id: job.uid.to_string(),
            schedule_id: schedule.to_owned(),
            status: run_word(job.state),
            started_at: job.started_at.map(Timestamp::rfc3339),
            completed_at: job.finished_at.map(Timestamp::rfc3339),
            duration_seconds: seconds,
            trigger_type: match job.trigger.split(':').next().unwrap_or_default() {
                "schedule" => "scheduled",
                "manual" | "retry" => "manual",
                "webhook" => "webhook",
                _ => "api",
            },
            test_results: part("test_results"),
            retry_attempt: (job.attempts - 1).max(0),
            logs_url: format!("/api/jobs/{}/log", job.id),
            ai_analysis: part("ai_analysis"),
            is_flaky: part("is_flaky"),
            flaky_score: part("flaky_score"),
            failure_category: part("failure_category"),
            failure_confidence: part("failure_confidence"),
            auto_healed: part("auto_healed"),
            healing_details: part("healing_details"),
            triggered_by: job.triggered_by,
            error_message: job.error,
        }
    }
}

/// What became of a schedule's runs.
#[derive(Clone, Debug, Default)]
pub(super) struct RunStats {
    pub(super) all: i64,
    pub(super) passed: i64,
    pub(super) failed: i64,
    passed_us: i64,
    /// Of the newest hundred.
    recent: (i64, i64),
    newest: Option<(i64, State)>,
    pub(super) is_active: bool,
}

impl RunStats {
    /// Those of many schedules, in one question.
    pub(super) async fn of(db: &Database, ids: &[i64]) -> Result<HashMap<i64, Self>, StoreError> {
        let mut found: HashMap<i64, Self> = HashMap::new();
        let (Some(first), Some(last)) = (ids.iter().min(), ids.iter().max()) else { return Ok(found) };
        let list = ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        for row in db.query(sql::RUN_STATS, args![*first, *last, list]).await? {
            found.entry(row.get(0)?).or_default().count(&row)?;
        }
        Ok(found)
    }

    fn count(&mut self, row: &Row) -> Result<(), StoreError> {
        let word: String = row.get(1)?;
        let state = State::parse(&word).ok_or(StoreError::Column { index: 1, wanted: "a job state" })?;
        let (count, recent, place): (i64, i64, i64) = (row.get(2)?, row.get(4)?, row.get(5)?);
        self.all += count;
        match state {
            State::Succeeded => {
                self.passed += count;
                self.passed_us += row.get::<i64>(3)?;
                self.recent.0 += recent;
            }
            State::Failed | State::Timeout => {
                self.failed += count;
                self.recent.1 += recent;
            }
            State::Queued | State::Running | State::Waiting => self.is_active = true,
            State::Cancelled => {}
        }
        if self.newest.is_none_or(|(n, _)| place < n) {
            self.newest = Some((place, state));
        }
        Ok(())
    }

    pub(super) fn last(&self) -> Option<State> {
        self.newest.map(|(_, state)| state)
    }
    /// Mean of the runs that ended well.
    pub(super) fn seconds(&self) -> Option<f64> {
        (self.passed > 0).then(|| to_f64(self.passed_us) / to_f64(self.passed) / 1e6)
    }
    pub(super) fn success_rate(&self) -> Option<f64> {
        let ended = self.passed + self.failed;
        (ended > 0).then(|| (to_f64(self.passed) / to_f64(ended) * 1000.0).round() / 10.0)
    }
    pub(super) fn word(&self, enabled: bool) -> &'static str {
        let went_wrong = matches!(self.last(), Some(State::Failed | State::Timeout));
        match (enabled, self.is_active, went_wrong && self.recent.1 > self.recent.0) {
            (false, _, _) => "paused",
            (_, true, _) => "running",
            (_, _, true) => "error",
            _ => "active",
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts and durations, shown rounded")]
const fn to_f64(n: i64) -> f64 {
    n as f64
}
