//! The queue's handle: register kinds, enqueue in the caller's transaction, look, cancel, prune. The work itself is
//! done by `worker`.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use argos_events::Events;
use argos_kernel::{Actor, AppError, BoxFuture, Clock, ErrorKind, Page, PageRequest, Result, Rng, Shutdown, Timestamp, Uid, hex};
use argos_store::{Database, StoreError, Tx, args};
use tokio::sync::Notify;

use crate::handler::{Cut, Handler, JobLog, KindSpec};
use crate::hold::{AskFirst, Gate, Held, Hold};
use crate::job::{Job, JobFilter, NewJob, State};
use crate::pools::{self, PoolLoad};
use crate::store as sql;

#[derive(Clone)]
pub(crate) struct Registered {
    pub(crate) spec: KindSpec,
    pub(crate) handler: Arc<dyn Handler>,
}

/// A job this process runs right now.
pub(crate) struct Running {
    pub(crate) stop: Shutdown,
    /// Set before the stop when this process knows why; else the stop means that the lease is lost.
    pub(crate) cut: OnceLock<Cut>,
}

impl Running {
    pub(crate) fn new() -> Self {
        Self { stop: Shutdown::new(), cut: OnceLock::new() }
    }
    /// Tells the handler to end. The first reason stays.
    pub(crate) fn end(&self, why: Cut) {
        self.cut.get_or_init(|| why);
        self.stop.trigger();
    }
    pub(crate) fn is_by_user(&self) -> bool {
        self.cut.get() == Some(&Cut::Cancelled)
    }
}

pub(crate) struct Shared {
    pub(crate) db: Database,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) rng: Arc<dyn Rng>,
    pub(crate) events: Events,
    pub(crate) log: Arc<dyn JobLog>,
    /// Names this process among all that ever claim: a restarted process is another owner.
    pub(crate) owner: String,
    pub(crate) kinds: RwLock<BTreeMap<String, Registered>>,
    limits: RwLock<BTreeMap<String, u32>>,
    pub(crate) running: Mutex<HashMap<i64, Arc<Running>>>,
    pub(crate) wake: Notify,
    pub(crate) gate: RwLock<Option<Arc<dyn Gate>>>,
    pub(crate) asks: RwLock<BTreeMap<String, AskFirst>>,
}

/// A handle to the queue. Clones share it.
#[derive(Clone)]
pub struct Jobs(pub(crate) Arc<Shared>);

/// Which runs are wanted; `None` = any.
#[derive(Clone, Debug, Default)]
pub(crate) struct RunFilter {
    pub(crate) state: Option<State>,
    pub(crate) automation: Option<String>,
    pub(crate) trigger_prefix: Option<String>,
}

/// What a cancellation met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cancelled {
    /// It had not begun and never will.
    AtOnce,
    /// It was told to end; it does within five seconds.
    Signalled,
}

impl Jobs {
    /// `db` is the state database; `log` keeps the output of jobs.
    pub fn new(db: Database, clock: Arc<dyn Clock>, rng: Arc<dyn Rng>, events: Events, log: Arc<dyn JobLog>) -> Self {
        let limits = pools::DEFAULTS.iter().map(|(p, n)| ((*p).to_owned(), *n)).collect();
        Self(Arc::new(Shared {
            owner: hex(&rng.bytes::<12>()),
            db,
            clock,
            rng,
            events,
            log,
            kinds: RwLock::default(),
            limits: RwLock::new(limits),
            running: Mutex::default(),
            wake: Notify::new(),
            gate: RwLock::default(),
            asks: RwLock::default(),
        }))
    }

    /// Makes a kind known. A job of an unknown kind is not accepted, and not claimed by this process.
    pub fn register(&self, kind: &str, spec: KindSpec, handler: impl Handler) {
        debug_assert!(!kind.contains(','), "a kind's name holds no comma");
        let entry = Registered { spec, handler: Arc::new(handler) };
        self.0.kinds.write().unwrap_or_else(PoisonError::into_inner).insert(kind.to_owned(), entry);
        self.0.wake.notify_one();
    }

    /// Lets the workers look: another process may have queued a job.
    pub fn wake(&self) {
        self.0.wake.notify_one();
    }

    /// Changes a pool's limit; jobs already running stay.
    pub fn set_pool_limit(&self, pool: &str, limit: u32) {
        self.0.limits.write().unwrap_or_else(PoisonError::into_inner).insert(pool.to_owned(), limit.max(1));
        self.0.wake.notify_one();
    }
    pub(crate) fn pool_limit(&self, pool: &str) -> u32 {
        self.0.limits.read().unwrap_or_else(PoisonError::into_inner).get(pool).copied().unwrap_or(pools::OTHER)
    }
    pub(crate) fn registered(&self, kind: &str) -> Option<Registered> {
        self.0.kinds.read().unwrap_or_else(PoisonError::into_inner).get(kind).cloned()
    }

    /// Queues inside `tx`: the job exists if and only if the caller commits. Returns its id, or that of the earlier
    /// job with the same idempotency key.
    pub fn enqueue<'a>(&'a self, tx: &'a mut Tx, job: NewJob) -> BoxFuture<'a, Result<i64>> {
        Box::pin(self.insert(tx, job))
    }

    async fn insert(&self, tx: &mut Tx, job: NewJob) -> Result<i64> {
        let shared = &self.0;
        let spec = self.registered(&job.kind).ok_or_else(|| AppError::internal(format!("job kind `{}` is not registered", job.kind)))?.spec;
        let now = shared.clock.now();
        let uid = Uid::mint(&*shared.clock, &*shared.rng);
        let max_attempts = job.max_attempts.unwrap_or(spec.max_attempts).max(1);
        let values = args![
            uid,
            job.kind.as_str(),
            spec.pool,
            job.payload.to_string(),
            job.priority,
            job.run_at.unwrap_or(now),
            max_attempts,
            job.trigger.replace('\0', ""),
            job.triggered_by.replace('\0', ""),
            job.schedule_id,
            job.parent_id,
            job.organization_id,
            job.project_id,
            job.concurrency_key.clone(),
            job.idempotency_key.clone(),
            job.timeout_s,
            now,
            job.first_state().as_str(),
            job.hold.as_ref().map(serde_json::to_string).transpose().map_err(AppError::internal)?,
        ];
        let Some(row) = tx.find(sql::INSERT, values).await? else {
            return Ok(tx.one(sql::BY_KEY, args![job.kind, job.idempotency_key]).await?.get(0)?);
        };
        let id = row.get(0)?;
        if let Some(hold) = &job.hold {
            // Work that waits in a thread is a thread of its own unless its client has a name for it.
            let thread_id = hold.thread_id.clone().or_else(|| hold.kind.starts_with("test_").then(|| uid.to_string()));
            let hold = &Hold { thread_id, ..hold.clone() };
            let held = Held {
                job_id: id,
                job_kind: &job.kind,
                payload: &job.payload,
                trigger: &job.trigger,
                triggered_by: &job.triggered_by,
                schedule_id: job.schedule_id,
                organization_id: job.organization_id,
                project_id: job.project_id,
                hold,
            };
            let gate = self.gate().ok_or_else(|| AppError::internal("a job shall wait for a decision and nobody can be asked"))?;
            gate.ask(tx, held).await?;
        }
        let shared = Arc::clone(shared);
        tx.on_commit(move || shared.wake.notify_one());
        Ok(id)
    }

    /// Queues in a transaction of its own: for work that no change of state asked for.
    pub fn submit(&self, job: NewJob) -> BoxFuture<'_, Result<i64>> {
        Box::pin(async move {
            let mut tx = self.0.db.begin().await?;
            let id = self.enqueue(&mut tx, job).await?;
            tx.commit().await?;
            Ok(id)
        })
    }

    /// By `id` or `uid`.
    pub async fn find(&self, id_or_uid: &str) -> Result<Option<Job>> {
        let row = match (id_or_uid.parse::<i64>(), id_or_uid.parse::<Uid>()) {
            (Ok(id), _) => self.0.db.find(sql::GET, args![id]).await?,
            (_, Ok(uid)) => self.0.db.find(sql::GET_BY_UID, args![uid]).await?,
            _ => None,
        };
        Ok(row.as_ref().map(Job::read).transpose()?)
    }

    /// Those of `ids` that are still kept.
    pub async fn find_many(&self, ids: &[i64]) -> Result<HashMap<i64, Job>> {
        let (Some(first), Some(last)) = (ids.iter().min(), ids.iter().max()) else { return Ok(HashMap::new()) };
        let list = ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        let rows = self.0.db.query(sql::GET_MANY, args![*first, *last, list]).await?;
        Ok(rows.iter().map(|r| Job::read(r).map(|job| (job.id, job))).collect::<Result<_, StoreError>>()?)
    }

    /// Newest first.
    pub async fn list(&self, filter: &JobFilter, page: PageRequest) -> Result<Page<Job>> {
        let states = filter.states.iter().map(|s| s.as_str()).collect::<Vec<_>>().join(",");
        let states = Some(states).filter(|s| !s.is_empty());
        let mut args = args![states, filter.kind.clone(), filter.pool.clone(), filter.schedule_id, filter.organizations];
        let total = self.0.db.one(sql::COUNT, args.clone()).await?.get(0)?;
        args.extend(args![page.limit, page.offset]);
        let rows = self.0.db.query(sql::LIST, args).await?;
        Ok(Page { items: rows.iter().map(Job::read).collect::<Result<_, StoreError>>()?, total })
    }

    /// Runs of scripts and workflows, newest first.
    pub(crate) async fn runs(&self, filter: &RunFilter, limit: i64) -> Result<Vec<Job>> {
        let prefix =
            filter.trigger_prefix.as_ref().map(|p| format!("{}%", p.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")));
        let values = args![filter.state.map(State::as_str), prefix, filter.automation.clone(), limit];
        Ok(self.0.db.query(sql::RUNS, values).await?.iter().map(Job::read).collect::<Result<_, StoreError>>()?)
    }

    /// Cancels inside `tx`. 404 when there is no such job, 409 when it has ended.
    pub async fn cancel(&self, tx: &mut Tx, id: i64) -> Result<Cancelled> {
        if tx.exec(sql::CANCEL_IDLE, args![self.0.clock.now(), id]).await? > 0 {
            if let Some(gate) = self.gate() {
                gate.withdraw(tx, id).await?;
            }
            return Ok(Cancelled::AtOnce);
        }
        if tx.exec(sql::CANCEL_RUNNING, args![id]).await? > 0 {
            let shared = Arc::clone(&self.0);
            tx.on_commit(move || shared.signal(id));
            return Ok(Cancelled::Signalled);
        }
        match tx.find(sql::GET, args![id]).await? {
            Some(_) => Err(AppError::conflict("Job is not active").code("job_not_active")),
            None => Err(AppError::not_found("Job not found")),
        }
    }

    /// Cancels inside `tx` whatever is queued, waits or runs for a project that is about to go.
    pub async fn cancel_of_project(&self, tx: &mut Tx, project_id: i64) -> Result<()> {
        for row in tx.query(sql::OF_PROJECT, args![project_id]).await? {
            match self.cancel(tx, row.get(0)?).await {
                // It has ended meanwhile.
                Err(e) if matches!(e.kind(), ErrorKind::Conflict | ErrorKind::NotFound) => {}
                other => drop(other?),
            }
        }
        Ok(())
    }

    /// Lets a waiting job run with this payload from `at` on, but not before it was to run anyway, inside `tx`; false when it
    /// does not wait any more.
    pub async fn release(&self, tx: &mut Tx, id: i64, payload: &serde_json::Value, at: Timestamp) -> Result<bool> {
        let shared = Arc::clone(&self.0);
        tx.on_commit(move || shared.wake.notify_one());
        Ok(tx.exec(sql::RELEASE, args![payload.to_string(), at, id]).await? > 0)
    }

    /// The same of a job that runs to read its refusal: whatever else it waited for, it is told at `at`.
    pub async fn release_refused(&self, tx: &mut Tx, id: i64, payload: &serde_json::Value, at: Timestamp) -> Result<bool> {
        let shared = Arc::clone(&self.0);
        tx.on_commit(move || shared.wake.notify_one());
        Ok(tx.exec(sql::RELEASE_REFUSED, args![payload.to_string(), at, id]).await? > 0)
    }

    /// Ends a waiting job without running it, inside `tx`; false when it does not wait any more.
    pub async fn refuse(&self, tx: &mut Tx, id: i64, why: &str) -> Result<bool> {
        if tx.exec(sql::REFUSE, args![why.replace('\0', ""), self.0.clock.now(), id]).await? == 0 {
            return Ok(false);
        }
        let row = tx.one(sql::GET, args![id]).await?;
        let job = Job::read(&row)?;
        let announce = self.registered(&job.kind).map_or(crate::handler::Announce::Failures, |k| k.spec.announce);
        self.close(tx, &job, announce, State::Cancelled, Some(why)).await?;
        Ok(true)
    }

    /// A job inside `tx`.
    pub async fn find_in(&self, tx: &mut Tx, id: i64) -> Result<Option<Job>> {
        Ok(tx.find(sql::GET, args![id]).await?.as_ref().map(Job::read).transpose()?)
    }

    /// Refuses a payload a person wrote: an object, and what its kind says. 400 naming the field.
    pub fn check_payload(&self, kind: &str, payload: &serde_json::Value) -> Result<()> {
        if !payload.is_object() {
            return Err(AppError::bad_request("payload must be an object").code("invalid_payload").with("field", "payload"));
        }
        self.registered(kind).and_then(|k| k.spec.check).map_or(Ok(()), |check| check(payload))
    }

    /// The kinds a person may put on a schedule, with what they do.
    pub fn schedulable(&self) -> Vec<(String, &'static str)> {
        let kinds = self.0.kinds.read().unwrap_or_else(PoisonError::into_inner);
        kinds.iter().filter_map(|(name, r)| r.spec.schedulable.map(|what| (name.clone(), what))).collect()
    }

    /// Queues the work of a job that did not succeed once more, inside `tx`. 409 while it runs, when it succeeded, and
    /// when nothing here can run it.
    pub async fn retry(&self, tx: &mut Tx, job: &Job, actor: &Actor) -> Result<i64> {
        if !matches!(job.state, State::Failed | State::Timeout | State::Cancelled) {
            return Err(AppError::conflict("Only a job that failed or was cancelled can be queued again").code("job_not_failed"));
        }
        if self.registered(&job.kind).is_none() {
            return Err(AppError::conflict("Nothing here can run this job").code("job_kind_unknown"));
        }
        let mut again =
            NewJob::new(job.kind.as_str()).payload(job.payload.clone()).priority(job.priority).parent(job.id).trigger("retry").by(actor);
        again.schedule_id = job.schedule_id;
        again.organization_id = job.organization_id;
        again.project_id = job.project_id;
        again.concurrency_key.clone_from(&job.concurrency_key);
        again.timeout_s = job.timeout_s;
        again.hold.clone_from(&job.hold);
        self.enqueue(tx, again).await
    }

    /// How busy a pool is.
    pub async fn pool_load(&self, pool: &str) -> Result<PoolLoad> {
        let mut load = PoolLoad { running: 0, queued: 0, limit: self.pool_limit(pool) };
        for row in self.0.db.query(sql::LOAD, args![pool]).await? {
            match row.get::<String>(0)?.as_str() {
                "running" => load.running = row.get(1)?,
                _ => load.queued = row.get(1)?,
            }
        }
        Ok(load)
    }

    /// Every pool with work: pool, running, queued, since when the oldest waits. For self-observation.
    pub async fn loads(&self) -> Result<BTreeMap<String, (PoolLoad, Option<Timestamp>)>> {
        let mut out = BTreeMap::new();
        for row in self.0.db.query(sql::LOADS, args![]).await? {
            let pool: String = row.get(0)?;
            let empty = (PoolLoad { running: 0, queued: 0, limit: self.pool_limit(&pool) }, None);
            let (load, oldest) = out.entry(pool).or_insert(empty);
            match row.get::<String>(1)?.as_str() {
                "running" => load.running = row.get(2)?,
                _ => (load.queued, *oldest) = (row.get(2)?, row.get(3)?),
            }
        }
        Ok(out)
    }

    /// Removes finished jobs older than `days`; those of schedules stay half a year at least, quality runs `quality_days`. The
    /// number removed.
    pub async fn prune(&self, days: i64, quality_days: i64) -> Result<u64> {
        const RUNS: &str = "quality_run";
        const SCHEDULED_DAYS: i64 = 180;
        let cut = |days: i64| self.0.clock.now().minus_secs(days.saturating_mul(86_400));
        let mut removed = self.0.db.exec(sql::PRUNE, args![cut(days), RUNS]).await?;
        removed += self.0.db.exec(sql::PRUNE_SCHEDULED, args![cut(days.max(SCHEDULED_DAYS)), RUNS]).await?;
        Ok(removed + self.0.db.exec(sql::PRUNE_POOL, args![cut(quality_days), RUNS]).await?)
    }

    /// The output of a job, from position `after` on.
    pub async fn output(&self, id: i64, after: i64, limit: i64) -> Result<Vec<crate::LogLine>> {
        self.0.log.read(id, after, limit).await
    }

    pub(crate) fn database(&self) -> &Database {
        &self.0.db
    }
}

impl Shared {
    /// Tells a job of this process to end because somebody asked.
    pub(crate) fn signal(&self, id: i64) {
        if let Some(run) = self.running().get(&id) {
            run.end(Cut::Cancelled);
        }
    }
    pub(crate) fn running(&self) -> std::sync::MutexGuard<'_, HashMap<i64, Arc<Running>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The event kind of a job that ended like this.
    pub(crate) const fn event_kind(self) -> &'static str {
        match self {
            Self::Succeeded => "job.succeeded",
            Self::Timeout => "job.timeout",
            Self::Cancelled => "job.cancelled",
            _ => "job.failed",
        }
    }
}
