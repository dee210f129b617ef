//! What does the work: a handler per kind, and what it may use while it runs.
//!
//! Delivery is at least once: after a crash the same job runs again, so a handler is idempotent, resumes from the
//! progress it stored, or says that it must not be repeated ([`Restart::Fail`]).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use argos_kernel::{Clock, Result, Severity, Shutdown, Timestamp};
use argos_store::{Database, args};
use argos_web::BoxFuture;
use serde_json::Value;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::job::Job;
use crate::jobs::Running;
use crate::store as sql;

/// Output kept per job (platform spec 7.1); the rest is counted, not kept.
pub const OUTPUT_BYTES_MAX: usize = 256 << 10;
const TRUNCATED: &str = "[output truncated]";
/// Progress is written at most this often.
const PROGRESS_EVERY: Duration = Duration::from_secs(1);

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// The result document.
    Done(Value),
    /// Again after this pause (`None` = the kind's backoff), if attempts are left; else it failed for this reason.
    Retry { after: Option<Duration>, why: String },
    /// For good.
    Fail { why: String, exit_code: Option<i64> },
}

impl Verdict {
    pub fn done() -> Self {
        Self::Done(Value::Object(serde_json::Map::new()))
    }
    pub fn fail(why: impl Into<String>) -> Self {
        Self::Fail { why: why.into(), exit_code: None }
    }
    pub fn retry(why: impl Into<String>) -> Self {
        Self::Retry { after: None, why: why.into() }
    }
}

/// Why a handler is told to end before it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Somebody cancelled the job.
    Cancelled,
    /// The kind's or the job's own limit is over.
    TimedOut,
    /// The process stops.
    Stopping,
    /// Another process may hold the job now.
    LeaseLost,
}

/// What becomes of a job whose process died while it ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restart {
    /// It is queued again: the handler is idempotent or resumes.
    Requeue,
    /// It failed with this documented text.
    Fail(&'static str),
}

/// Which ends of a job become events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Announce {
    Never,
    /// Failed and timeout.
    Failures,
    Always,
}

/// Does the work of one kind.
pub trait Handler: Send + Sync + 'static {
    fn run(&self, ctx: JobContext) -> BoxFuture<'_, Verdict>;
}

impl<F> Handler for F
where
    F: Fn(JobContext) -> BoxFuture<'static, Verdict> + Send + Sync + 'static,
{
    fn run(&self, ctx: JobContext) -> BoxFuture<'_, Verdict> {
        self(ctx)
    }
}

/// The registration of a kind.
#[derive(Clone, Copy, Debug)]
pub struct KindSpec {
    pub pool: &'static str,
    pub max_attempts: i64,
    /// Wall-clock limit of one attempt; `None` = unlimited.
    pub timeout: Option<Duration>,
    /// First pause before a retry; doubles up to `retry_cap`.
    pub retry_first: Duration,
    pub retry_cap: Duration,
    pub restart: Restart,
    pub announce: Announce,
    /// What it does, in one sentence, when a person may put it on a schedule.
    pub schedulable: Option<&'static str>,
    /// Members of the payload that whoever approves a waiting job may change.
    pub modifiable: &'static [&'static str],
    /// Refuses a payload a person wrote, naming the field.
    pub check: Option<fn(&Value) -> Result<()>>,
}

impl KindSpec {
    /// One attempt, no limit, queued again after a crash, failures announced.
    pub const fn new(pool: &'static str) -> Self {
        Self {
            pool,
            max_attempts: 1,
            timeout: None,
            retry_first: Duration::from_secs(5),
            retry_cap: Duration::from_secs(600),
            restart: Restart::Requeue,
            announce: Announce::Failures,
            schedulable: None,
            modifiable: &[],
            check: None,
        }
    }
}

/// One line of a job's output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// Position for the next read.
    pub id: i64,
    pub at: Timestamp,
    pub level: Severity,
    pub text: String,
}

/// Where output goes: the log store, as stream `job:<id>`. It stands above this crate, so it comes in as a trait.
pub trait JobLog: Send + Sync + 'static {
    /// Queues a line; never waits.
    fn append(&self, job_id: i64, at: Timestamp, level: Severity, text: String);
    /// Lines after position `after`, oldest first.
    fn read(&self, job_id: i64, after: i64, limit: i64) -> BoxFuture<'_, Result<Vec<LogLine>>>;
}

/// Drops output: for tests and tools that run without a log store.
#[derive(Clone, Copy, Debug)]
pub struct NoLog;

impl JobLog for NoLog {
    fn append(&self, _: i64, _: Timestamp, _: Severity, _: String) {}
    fn read(&self, _: i64, _: i64, _: i64) -> BoxFuture<'_, Result<Vec<LogLine>>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

struct Inner {
    job: Job,
    owner: String,
    db: Database,
    clock: Arc<dyn Clock>,
    log: Arc<dyn JobLog>,
    run: Arc<Running>,
    output_bytes: AtomicUsize,
    truncated: AtomicBool,
    progress_at: Mutex<Option<Instant>>,
}

/// What a handler holds while it runs. Clones are the same attempt.
#[derive(Clone)]
pub struct JobContext(Arc<Inner>);

impl JobContext {
    pub(crate) fn new(job: Job, owner: String, db: Database, clock: Arc<dyn Clock>, log: Arc<dyn JobLog>, run: Arc<Running>) -> Self {
        Self(Arc::new(Inner {
            job,
            owner,
            db,
            clock,
            log,
            run,
            output_bytes: AtomicUsize::new(0),
            truncated: AtomicBool::new(false),
            progress_at: Mutex::new(None),
        }))
    }

    /// The job as it was claimed: payload, attempt, and the progress of an attempt before.
    pub fn job(&self) -> &Job {
        &self.0.job
    }
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }
    /// Resolves when the job shall end: cancelled, out of time, lease lost, or the process stops. Five seconds later
    /// (ten at a stop) the handler is dropped.
    pub async fn cancelled(&self) {
        self.0.run.stop.wait().await;
    }
    pub fn is_cancelled(&self) -> bool {
        self.0.run.stop.is_triggered()
    }
    /// Why the job shall end; `None` while it may go on.
    pub fn cut(&self) -> Option<Cut> {
        self.is_cancelled().then(|| self.0.run.cut.get().copied().unwrap_or(Cut::LeaseLost))
    }
    /// The stop signal itself, to hand to what the handler starts.
    pub fn stop(&self) -> &Shutdown {
        &self.0.run.stop
    }

    /// Shows how far it is. Written at most once a second; the rest is skipped. A failed write is only logged:
    /// progress is a display. Use [`JobContext::checkpoint`] for what a restart resumes from.
    pub async fn progress(&self, progress: Value) {
        let mut last = self.0.progress_at.lock().await;
        if last.is_some_and(|at| at.elapsed() < PROGRESS_EVERY) {
            return;
        }
        *last = Some(Instant::now());
        if let Err(error) = self.write_progress(&progress).await {
            tracing::warn!(job = self.0.job.id, ?error, "progress not written");
        }
    }

    /// Stores progress now; an error means that it must not be relied on (lease lost, store away).
    pub async fn checkpoint(&self, progress: Value) -> Result<()> {
        self.write_progress(&progress).await
    }

    async fn write_progress(&self, progress: &Value) -> Result<()> {
        let inner = &self.0;
        match inner.db.exec(sql::PROGRESS, args![progress.to_string(), inner.job.id, inner.owner.as_str()]).await? {
            0 => Err(argos_kernel::AppError::conflict("The job is no longer held by this worker").code("lease_lost")),
            _ => Ok(()),
        }
    }

    /// Adds a line of output. Above 256 KiB per attempt one mark is written and the rest dropped.
    pub fn log(&self, level: Severity, line: impl Into<String>) {
        let inner = &self.0;
        let line = line.into();
        let before = inner.output_bytes.fetch_add(line.len() + 1, Ordering::Relaxed);
        let text = if before + line.len() < OUTPUT_BYTES_MAX {
            line
        } else if !inner.truncated.swap(true, Ordering::Relaxed) {
            TRUNCATED.to_owned()
        } else {
            return;
        };
        inner.log.append(inner.job.id, inner.clock.now(), level, text);
    }
    /// Adds a line at level info.
    pub fn say(&self, line: impl Into<String>) {
        self.log(Severity::Info, line);
    }
}
