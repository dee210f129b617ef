//! The queue's handle: register kinds, enqueue in the caller's transaction, look, cancel, prune. The work itself is
//! done by `worker`.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use argos_events::Events;
use argos_kernel::{Actor, AppError, Clock, Page, PageRequest, Result, Rng, Shutdown, Timestamp, Uid, hex};
use argos_store::{Database, StoreError, Tx, args};
use tokio::sync::Notify;

use crate::handler::{Handler, JobLog, KindSpec};
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
    /// Set when somebody asked for the end; else the stop means that the lease is lost.
    pub(crate) by_user: AtomicBool,
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
}

/// A handle to the queue. Clones share it.
#[derive(Clone)]
pub struct Jobs(pub(crate) Arc<Shared>);

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
    pub async fn enqueue(&self, tx: &mut Tx, job: NewJob) -> Result<i64> {
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
            job.concurrency_key,
            job.idempotency_key.clone(),
            job.timeout_s,
            now,
        ];
        let id = match tx.find(sql::INSERT, values).await? {
            Some(row) => row.get(0)?,
            None => tx.one(sql::BY_KEY, args![job.kind, job.idempotency_key]).await?.get(0)?,
        };
        let shared = Arc::clone(shared);
        tx.on_commit(move || shared.wake.notify_one());
        Ok(id)
    }

    /// Queues in a transaction of its own: for work that no change of state asked for.
    pub async fn submit(&self, job: NewJob) -> Result<i64> {
        let mut tx = self.0.db.begin().await?;
        let id = self.enqueue(&mut tx, job).await?;
        tx.commit().await?;
        Ok(id)
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

    /// Cancels inside `tx`. 404 when there is no such job, 409 when it has ended.
    pub async fn cancel(&self, tx: &mut Tx, id: i64) -> Result<Cancelled> {
        if tx.exec(sql::CANCEL_IDLE, args![self.0.clock.now(), id]).await? > 0 {
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

    /// Removes finished jobs older than `days`; quality runs stay `quality_days`. The number removed.
    pub async fn prune(&self, days: i64, quality_days: i64) -> Result<u64> {
        const RUNS: &str = "quality_run";
        let cut = |days: i64| self.0.clock.now().minus_secs(days.saturating_mul(86_400));
        let others = self.0.db.exec(sql::PRUNE, args![cut(days), None::<&str>, RUNS]).await?;
        Ok(others + self.0.db.exec(sql::PRUNE, args![cut(quality_days), RUNS, None::<&str>]).await?)
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
            run.by_user.store(true, Ordering::SeqCst);
            run.stop.trigger();
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
