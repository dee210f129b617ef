//! What a job is: its states and their words, a job to be queued, a stored job. Pure data and mapping.

use argos_kernel::{Actor, Timestamp, Uid};
use argos_store::{Row, StoreError};
use serde_json::Value;

use crate::hold::Hold;

/// Where a job stands (platform spec 7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Queued,
    Running,
    /// Paused until somebody decides.
    Waiting,
    Succeeded,
    Failed,
    Timeout,
    Cancelled,
}

impl State {
    pub const ALL: [Self; 7] = [Self::Queued, Self::Running, Self::Waiting, Self::Succeeded, Self::Failed, Self::Timeout, Self::Cancelled];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Timeout => "timeout",
            Self::Cancelled => "cancelled",
        }
    }
    /// The word of the ops run views.
    pub const fn ops_word(self) -> &'static str {
        match self {
            Self::Succeeded => "done",
            Self::Waiting => "pending_approval",
            other => other.as_str(),
        }
    }
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == word)
    }
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Timeout | Self::Cancelled)
    }
}

/// A job before it is queued. Build it with [`NewJob::new`] and the setters.
#[derive(Clone, Debug)]
#[must_use]
pub struct NewJob {
    pub(crate) kind: String,
    pub(crate) payload: Value,
    pub(crate) priority: i64,
    pub(crate) run_at: Option<Timestamp>,
    pub(crate) max_attempts: Option<i64>,
    pub(crate) trigger: String,
    pub(crate) triggered_by: String,
    pub(crate) schedule_id: Option<i64>,
    pub(crate) parent_id: Option<i64>,
    pub(crate) organization_id: Option<i64>,
    pub(crate) project_id: Option<i64>,
    pub(crate) concurrency_key: Option<String>,
    pub(crate) idempotency_key: Option<String>,
    pub(crate) timeout_s: Option<i64>,
    pub(crate) hold: Option<Hold>,
}

impl NewJob {
    /// A job of a registered kind, to run as soon as its pool has room.
    pub fn new(kind: impl Into<String>) -> Self {
        Self {
            kind: kind.into(),
            payload: Value::Object(serde_json::Map::new()),
            priority: 0,
            run_at: None,
            max_attempts: None,
            trigger: "system".to_owned(),
            triggered_by: "system".to_owned(),
            schedule_id: None,
            parent_id: None,
            organization_id: None,
            project_id: None,
            concurrency_key: None,
            idempotency_key: None,
            timeout_s: None,
            hold: None,
        }
    }
    pub fn payload(mut self, payload: Value) -> Self {
        self.payload = payload;
        self
    }
    /// Higher runs first; 0 is normal.
    pub const fn priority(mut self, priority: i64) -> Self {
        self.priority = priority;
        self
    }
    /// Not before this time.
    pub const fn run_at(mut self, at: Timestamp) -> Self {
        self.run_at = Some(at);
        self
    }
    pub const fn max_attempts(mut self, attempts: i64) -> Self {
        self.max_attempts = Some(attempts);
        self
    }
    /// What set it off, in the documented words (`script:<name>`, `schedule:<cron>`, `api` ...).
    pub fn trigger(mut self, trigger: impl Into<String>) -> Self {
        self.trigger = trigger.into();
        self
    }
    pub fn by(mut self, actor: &Actor) -> Self {
        self.triggered_by.clone_from(&actor.name);
        self
    }
    pub const fn schedule(mut self, id: i64) -> Self {
        self.schedule_id = Some(id);
        self
    }
    pub const fn parent(mut self, id: i64) -> Self {
        self.parent_id = Some(id);
        self
    }
    pub const fn organization(mut self, id: i64) -> Self {
        self.organization_id = Some(id);
        self
    }
    pub const fn project(mut self, id: i64) -> Self {
        self.project_id = Some(id);
        self
    }
    /// At most one running job carries this key; the others wait.
    pub fn concurrency(mut self, key: impl Into<String>) -> Self {
        self.concurrency_key = Some(key.into());
        self
    }
    /// Queued once per kind and key; queuing again gives the first one's id.
    pub fn idempotency(mut self, key: impl Into<String>) -> Self {
        self.idempotency_key = Some(key.into());
        self
    }
    /// Where it stands once it is queued.
    pub(crate) const fn first_state(&self) -> State {
        if self.hold.is_some() { State::Waiting } else { State::Queued }
    }
    /// It waits until somebody decided.
    pub fn hold(mut self, hold: Hold) -> Self {
        self.hold = Some(hold);
        self
    }
    /// Wall-clock limit of one attempt, in place of the kind's.
    pub const fn timeout_s(mut self, seconds: i64) -> Self {
        self.timeout_s = Some(seconds);
        self
    }
}

/// A stored job.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    pub id: i64,
    pub uid: Uid,
    pub kind: String,
    pub pool: String,
    pub state: State,
    pub payload: Value,
    pub priority: i64,
    pub run_at: Timestamp,
    /// Attempts begun so far.
    pub attempts: i64,
    pub max_attempts: i64,
    pub lease_owner: Option<String>,
    pub lease_until: Option<Timestamp>,
    pub cancel_requested: bool,
    pub progress: Option<Value>,
    pub result: Option<Value>,
    pub error: Option<String>,
    pub exit_code: Option<i64>,
    pub trigger: String,
    pub triggered_by: String,
    pub schedule_id: Option<i64>,
    pub parent_id: Option<i64>,
    pub organization_id: Option<i64>,
    pub project_id: Option<i64>,
    pub concurrency_key: Option<String>,
    pub idempotency_key: Option<String>,
    pub timeout_s: Option<i64>,
    pub created_at: Timestamp,
    pub started_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
    /// What it waited or waits for.
    pub hold: Option<Hold>,
}

impl Job {
    pub(crate) fn read(row: &Row) -> Result<Self, StoreError> {
        let json = |index: usize| -> Result<Option<Value>, StoreError> {
            let text: Option<String> = row.get(index)?;
            text.map(|t| serde_json::from_str(&t)).transpose().map_err(|_| StoreError::Column { index, wanted: "JSON" })
        };
        let state: String = row.get(4)?;
        Ok(Self {
            id: row.get(0)?,
            uid: row.get(1)?,
            kind: row.get(2)?,
            pool: row.get(3)?,
            state: State::parse(&state).ok_or(StoreError::Column { index: 4, wanted: "a job state" })?,
            payload: json(5)?.unwrap_or_default(),
            priority: row.get(6)?,
            run_at: row.get(7)?,
            attempts: row.get(8)?,
            max_attempts: row.get(9)?,
            lease_owner: row.get(10)?,
            lease_until: row.get(11)?,
            cancel_requested: row.get(12)?,
            progress: json(13)?,
            result: json(14)?,
            error: row.get(15)?,
            exit_code: row.get(16)?,
            trigger: row.get(17)?,
            triggered_by: row.get(18)?,
            schedule_id: row.get(19)?,
            parent_id: row.get(20)?,
            organization_id: row.get(21)?,
            project_id: row.get(22)?,
            concurrency_key: row.get(23)?,
            idempotency_key: row.get(24)?,
            timeout_s: row.get(25)?,
            created_at: row.get(26)?,
            started_at: row.get(27)?,
            finished_at: row.get(28)?,
            hold: json(29)?.map(serde_json::from_value).transpose().map_err(|_| StoreError::Column { index: 29, wanted: "a hold" })?,
        })
    }
}

/// Which jobs a list wants; empty or `None` = any.
#[derive(Clone, Debug, Default)]
pub struct JobFilter {
    pub states: Vec<State>,
    pub kind: Option<String>,
    pub pool: Option<String>,
    pub schedule_id: Option<i64>,
    /// Whether jobs of organizations are shown.
    pub organizations: bool,
}
