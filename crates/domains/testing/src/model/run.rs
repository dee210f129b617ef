//! A run of one or more tests: what was asked, where it stands, how it ended. Pure.

use argos_identity::Project;
use argos_kernel::{FieldError, Timestamp, Uid};
use argos_webtest::sets::{self, ParameterSet};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::test::{Document, Test, words};

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RunStatus {
    Pending,
    Running,
    Passed,
    Failed,
    /// Something other than the tests went wrong.
    Error,
    Cancelled,
}

words!(RunStatus: Pending = "pending", Running = "running", Passed = "passed", Failed = "failed", Error = "error", Cancelled = "cancelled");

impl RunStatus {
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Pending | Self::Running)
    }
    /// The word of the job: `completed` though tests failed, `failed` when the run could not be done.
    pub const fn job_word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Passed | Self::Failed => "completed",
            Self::Error => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

impl RunStatus {
    /// What the word of a job stands for; empty when it is none.
    pub fn of_job_word(word: &str) -> Vec<Self> {
        Self::WORDS.split_whitespace().filter_map(Self::parse).filter(|s| s.job_word() == word).collect()
    }
}

/// How many tests ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Counts {
    pub total: i64,
    pub passed: i64,
    pub failed: i64,
    pub skipped: i64,
    pub flaky: i64,
    /// Millionths of a US dollar that models cost, as far as their prices are known.
    #[serde(skip)]
    pub cost_micros: i64,
}

impl Counts {
    /// What models cost so far, in US dollars.
    #[expect(clippy::cast_precision_loss, reason = "no run costs billions")]
    pub fn cost_usd(&self) -> f64 {
        self.cost_micros as f64 / 1e6
    }
    /// Notes what they cost.
    #[expect(clippy::cast_possible_truncation, reason = "no run costs billions")]
    pub fn spent(&mut self, usd: f64) {
        self.cost_micros = (usd * 1e6).round() as i64;
    }
}

/// What was asked of a run, beside its tests. `None` = what the project says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Wanted {
    /// The tests, in order.
    pub test_ids: Vec<String>,
    pub variables: Map<String, Value>,
    pub viewport: Option<(u32, u32)>,
    pub timeout_ms: Option<u64>,
    pub retries: Option<u32>,
    /// What the person who asked for it set as the wait of a step; it counts where the project says nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub own_step_timeout_ms: Option<u64>,
    pub record_video: Option<bool>,
    pub trace: Option<String>,
    pub screenshot_mode: Option<String>,
    pub self_heal: Option<bool>,
    /// `standard`, `hybrid` or `vision`: whether elements are looked for in pictures.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execution_mode: Option<String>,
    pub parallel: Option<u32>,
    pub fail_fast: bool,
    /// How sure healing must be of a replacement, 0-1; `None` = as the engine is.
    pub min_confidence: Option<f64>,
    /// Failures of tests that are flakier than this, 0-1, do not fail the run; `None` = every failure does.
    pub quarantine_above: Option<f64>,
    /// One test with the rows of its data, instead of tests that are kept; `test_ids` are then those of the rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<DataRun>,
}

/// A test that is run with each row of its data, as it was when it was asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DataRun {
    pub name: String,
    /// Of the test, in canonical form.
    pub definition: Map<String, Value>,
    /// In the order of the run, each with its id.
    pub sets: Vec<ParameterSet>,
    /// They are begun in any order.
    pub random: bool,
}

impl DataRun {
    /// The test of one row.
    pub fn test(&self, place: usize, project: &Project, now: Timestamp) -> Option<Test> {
        let set = self.sets.get(place)?;
        Some(Test {
            id: 0,
            uid: set.id.as_deref()?.parse().ok()?,
            organization_id: project.organization_id,
            project_id: project.id,
            project_uid: project.uid,
            document: Document {
                name: sets::title(&self.name, &set.name),
                description: set.description.clone(),
                definition: self.definition.clone(),
                is_active: true,
                ..Document::default()
            },
            version: 0,
            created_by: String::new(),
            created_at: now,
            updated_at: now,
        })
    }
}

/// A stored run; `Run<()>` without what was asked of it, for lists: all the rows of a test with data can be in there.
#[derive(Clone, Debug, PartialEq)]
pub struct Run<W = Wanted> {
    pub id: i64,
    /// Also the id of its job.
    pub uid: Uid,
    pub job_id: i64,
    pub organization_id: i64,
    pub project_id: i64,
    pub project_uid: Uid,
    /// Set when it is a run of one test.
    pub test_uid: Option<Uid>,
    pub name: String,
    pub trigger: String,
    pub status: RunStatus,
    pub app_url: String,
    pub environment: String,
    pub browser: String,
    pub wanted: W,
    pub ci_metadata: Map<String, Value>,
    pub counts: Counts,
    pub error: Option<String>,
    pub created_by: String,
    pub created_at: Timestamp,
    pub started_at: Option<Timestamp>,
    pub completed_at: Option<Timestamp>,
}

/// Where a run keeps the clone of the sources that it reads instead of the project's.
pub const CODEBASE: &str = "codebase_path";
/// Where a run keeps the name its client follows it by.
pub const THREAD: &str = "thread_id";

impl<W> Run<W> {
    pub fn duration_ms(&self) -> Option<i64> {
        Some((self.completed_at?.micros() - self.started_at?.micros()) / 1_000)
    }
    /// The name a client gave to what it follows; one that goes on with another run has the same.
    pub fn thread(&self) -> Option<&str> {
        self.ci_metadata.get(THREAD).and_then(Value::as_str)
    }
    /// What streams call it: that name, else its id.
    pub fn thread_or_id(&self) -> String {
        self.thread().map_or_else(|| self.uid.to_string(), str::to_owned)
    }
}

/// The part of a list that one of several processes takes, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
pub struct Shard {
    pub index: u32,
    pub total: u32,
}

impl Shard {
    pub fn check(self) -> Result<Self, FieldError> {
        let fits = self.total >= 1 && self.total <= 1_000 && (1..=self.total).contains(&self.index);
        if fits { Ok(self) } else { Err(FieldError::new("shard", "shard.index must be 1 to shard.total, at most 1000")) }
    }
    /// Every `total`th item from `index` on: neighbours, which take alike long, go to different processes.
    pub fn of<T>(self, list: Vec<T>) -> Vec<T> {
        let (index, total) = (self.index.saturating_sub(1) as usize, self.total.max(1) as usize);
        list.into_iter().enumerate().filter(|(n, _)| n % total == index).map(|(_, item)| item).collect()
    }
}

/// How a run ended, judged by its tests, of which `quarantined` failed and do not count; `None` when not one was run.
pub const fn verdict(counts: Counts, quarantined: i64) -> Option<RunStatus> {
    match () {
        () if counts.failed > quarantined => Some(RunStatus::Failed),
        () if counts.failed + counts.passed > 0 => Some(RunStatus::Passed),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn job_is_completed_though_tests_failed() {
        let words: Vec<_> = RunStatus::WORDS.split_whitespace().map(|w| RunStatus::parse(w).unwrap().job_word()).collect();
        assert_eq!(words, ["pending", "running", "completed", "completed", "failed", "cancelled"]);
        assert_eq!(RunStatus::of_job_word("completed"), [RunStatus::Passed, RunStatus::Failed]);
        assert!(RunStatus::of_job_word("passed").is_empty());
    }

    #[test]
    fn run_fails_by_tests_that_are_not_quarantined_and_passes_only_by_tests_that_ran() {
        let of = |passed, failed, skipped| Counts { total: 3, passed, failed, skipped, ..Counts::default() };
        assert_eq!(verdict(of(2, 1, 0), 0), Some(RunStatus::Failed));
        assert_eq!(verdict(of(2, 1, 0), 1), Some(RunStatus::Passed));
        assert_eq!(verdict(of(1, 2, 0), 1), Some(RunStatus::Failed));
        assert_eq!(verdict(of(3, 0, 0), 0), Some(RunStatus::Passed));
        assert_eq!(verdict(of(0, 0, 3), 0), None);
    }

    #[test]
    fn shard_outside_its_total_is_refused() {
        assert!(Shard { index: 1, total: 1 }.check().is_ok());
        assert!(Shard { index: 0, total: 2 }.check().is_err() && Shard { index: 3, total: 2 }.check().is_err());
        assert!(Shard { index: 0, total: 0 }.check().is_err());
    }

    proptest! {
        #[test]
        fn shards_share_every_item_once(items in prop::collection::vec(any::<u16>(), 0..60), total in 1_u32..9) {
            let mut all: Vec<u16> = (1..=total).flat_map(|index| Shard { index, total }.of(items.clone())).collect();
            let mut expected = items;
            all.sort_unstable();
            expected.sort_unstable();
            prop_assert_eq!(all, expected);
        }
    }
}
