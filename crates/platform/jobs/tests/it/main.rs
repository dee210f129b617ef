//! The queue and the scheduler on each engine.

#![expect(clippy::unwrap_used, clippy::panic, reason = "test code")]

mod quality;
mod queue;
mod routes;
mod schedules;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use argos_events::{Events, Filter};
use argos_jobs::{Job, JobContext, JobLog, Jobs, KindSpec, LogLine, NewJob, STATEMENTS, State, Verdict};
use argos_kernel::{ManualClock, Result, SeededRng, Severity, Shutdown, SystemClock, Tasks, Timestamp};
use argos_store::Migration;
use argos_store::testing::{TestStore, each_engine, sqlite};
use argos_web::BoxFuture;

fn migrations() -> Vec<Migration> {
    [argos_vault::MIGRATIONS, argos_events::MIGRATIONS, argos_audit::MIGRATIONS, argos_jobs::MIGRATIONS].concat()
}

/// Output in memory.
#[derive(Clone, Default)]
struct MemoryLog(Arc<Mutex<Vec<(i64, LogLine)>>>);

impl MemoryLog {
    fn of(&self, job: i64) -> Vec<String> {
        self.0.lock().unwrap().iter().filter(|(id, _)| *id == job).map(|(_, l)| l.text.clone()).collect()
    }
}

impl JobLog for MemoryLog {
    fn append(&self, job_id: i64, at: Timestamp, level: Severity, text: String) {
        let mut all = self.0.lock().unwrap();
        let id = i64::try_from(all.len()).unwrap() + 1;
        all.push((job_id, LogLine { id, at, level, text }));
    }
    fn read(&self, job_id: i64, after: i64, limit: i64) -> BoxFuture<'_, Result<Vec<LogLine>>> {
        let all = self.0.lock().unwrap();
        let lines = all.iter().filter(|(id, l)| *id == job_id && l.id > after).map(|(_, l)| l.clone());
        let lines: Vec<_> = lines.take(usize::try_from(limit).unwrap()).collect();
        Box::pin(async move { Ok(lines) })
    }
}

/// One process: its own owner id, tasks and stop signal.
struct Process {
    jobs: Jobs,
    tasks: Tasks,
    log: MemoryLog,
}

struct Stage {
    t: TestStore,
    clock: ManualClock,
    events: Events,
}

impl Stage {
    fn of(t: TestStore) -> Self {
        let clock = ManualClock::at(Timestamp::parse_rfc3339("2026-01-01T09:59:30Z").unwrap());
        let events = Events::new(t.store.state.clone(), Arc::new(clock.clone()), Arc::new(SeededRng::new(1)));
        Self { t, clock, events }
    }
    fn process(&self, seed: u64) -> Process {
        let log = MemoryLog::default();
        let rng = Arc::new(SeededRng::new(seed));
        let jobs =
            Jobs::new(self.t.store.state.clone(), Arc::new(self.clock.clone()), rng.clone(), self.events.clone(), Arc::new(log.clone()));
        Process { jobs, tasks: Tasks::new(Arc::new(SystemClock), rng, Shutdown::new()), log }
    }
    async fn event_kinds(&self) -> Vec<String> {
        self.events.list(&Filter::default(), None, 100).await.unwrap().into_iter().map(|e| e.kind).collect()
    }
}

async fn stages() -> Vec<Stage> {
    each_engine(&migrations()).await.into_iter().map(Stage::of).collect()
}

async fn sqlite_stage() -> Stage {
    Stage::of(sqlite(&migrations()).await)
}

impl Process {
    fn start(&self) {
        self.jobs.start(&self.tasks);
    }
    async fn job(&self, id: i64) -> Job {
        self.jobs.find(&id.to_string()).await.unwrap().unwrap()
    }
    /// Waits until the job is in this state.
    async fn until(&self, id: i64, state: State) -> Job {
        for _ in 0..400 {
            let job = self.job(id).await;
            if job.state == state {
                return job;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("job {id} is {:?}, not {state:?}", self.job(id).await);
    }
    async fn stop(&self) {
        self.tasks.shutdown().trigger();
        assert!(self.tasks.join(Duration::from_secs(14)).await);
    }
}

/// A handler from an async closure.
fn handler<F, Fut>(work: F) -> impl Fn(JobContext) -> BoxFuture<'static, Verdict> + Send + Sync + 'static
where
    F: Fn(JobContext) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Verdict> + Send + 'static,
{
    move |ctx| Box::pin(work(ctx))
}

/// Counts how many run at once and how many ran.
#[derive(Default)]
struct Gauge {
    now: AtomicUsize,
    most: AtomicUsize,
    runs: AtomicUsize,
}

impl Gauge {
    async fn pass(&self, pause: Duration) {
        self.runs.fetch_add(1, Ordering::SeqCst);
        let n = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(n, Ordering::SeqCst);
        tokio::time::sleep(pause).await;
        self.now.fetch_sub(1, Ordering::SeqCst);
    }
    fn most(&self) -> usize {
        self.most.load(Ordering::SeqCst)
    }
    fn runs(&self) -> usize {
        self.runs.load(Ordering::SeqCst)
    }
}

const SPEC: KindSpec = KindSpec::new("script");

fn job() -> NewJob {
    NewJob::new("demo")
}

#[tokio::test]
async fn statements_prepare_on_each_engine() {
    for s in stages().await {
        for stmt in STATEMENTS.concat() {
            s.t.store.state.prepare(stmt).await.unwrap();
        }
    }
}
