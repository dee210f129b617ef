//! The log store's handle: list, walk, tail, prune. Lines come in through [`LogQueue`](crate::LogQueue).

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use argos_jobs::{JobLog, LogLine};
use argos_kernel::{Page, PageRequest, Result, Severity, Shutdown, Tasks, Timestamp};
use argos_store::{Database, Engine, Stmt, StoreError, Value, args};
use argos_web::BoxFuture;
use tokio::sync::{Mutex, watch};

use crate::entry::{LogEntry, Source};
use crate::filter::LogFilter;
use crate::place::{self, Locate, Place};
use crate::queue::{Intake, LogQueue};
use crate::store as sql;
use crate::tail::Tail;
use crate::walk::Walk;
use crate::writer;

/// Oldest or newest first, by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Newest,
    Oldest,
}

/// How long lines stay, in days, and how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// `logs.retention_days`: access, error, WAF and audit lines.
    pub days: i64,
    /// `logs.max_entries`, for those lines and for all the others.
    pub entries_max: i64,
    pub job_days: i64,
    pub agent_days: i64,
    pub system_days: i64,
    /// `logs.max_size_mb`: bytes of all lines together, about.
    pub bytes_max: i64,
}

impl Default for Retention {
    fn default() -> Self {
        Self { days: 30, entries_max: 500_000, job_days: 30, agent_days: 7, system_days: 14, bytes_max: 1 << 30 }
    }
}

/// Counts lines in the transaction that stores them, so that counts and lines never tell different stories.
pub trait Counter: Send + Sync {
    /// What is written beside these lines: statements of the telemetry database. Asked again for lines that were not stored.
    fn count(&self, lines: &[LogEntry]) -> Vec<(Stmt, Vec<Value>)>;
    /// The lines that were counted last are stored.
    fn stored(&self);
    /// These lines were given up: they will never be stored.
    fn lost(&self, lines: &[LogEntry]);
}

pub(crate) struct Shared {
    pub(crate) db: Database,
    pub(crate) queue: LogQueue,
    /// Taken by the writer while it runs; given back when it is restarted.
    pub(crate) intake: Mutex<Intake>,
    /// The newest stored id this process knows: a wake-up for tails.
    pub(crate) newest: watch::Sender<i64>,
    locate: OnceLock<Locate>,
    site_name: OnceLock<SiteName>,
    counter: OnceLock<Arc<dyn Counter>>,
    /// One transaction with counts at a time.
    counting: Mutex<()>,
    /// Why lines are not stored now.
    pub(crate) trouble: std::sync::Mutex<Option<String>>,
}

/// The name of a site by its id.
pub(crate) type SiteName = Arc<dyn Fn(i64) -> Option<String> + Send + Sync>;

/// A handle to the log store. Clones share it.
#[derive(Clone)]
pub struct Logs(pub(crate) Arc<Shared>);

impl Logs {
    /// Lets the tails look: another process may have written.
    pub fn wake(&self) {
        self.0.newest.send_modify(|_| {});
    }

    /// `db` is the telemetry database.
    pub fn new(db: Database, queue: LogQueue, intake: Intake) -> Self {
        let (newest, _) = watch::channel(0);
        Self(Arc::new(Shared {
            db,
            queue,
            intake: Mutex::new(intake),
            newest,
            locate: OnceLock::new(),
            site_name: OnceLock::new(),
            counter: OnceLock::new(),
            counting: Mutex::default(),
            trouble: std::sync::Mutex::default(),
        }))
    }

    pub fn queue(&self) -> &LogQueue {
        &self.0.queue
    }

    /// Sets who knows where clients are. Later calls change nothing.
    pub fn set_locate(&self, locate: Locate) {
        drop(self.0.locate.set(locate));
    }

    /// Sets who counts lines. Later calls change nothing.
    pub fn set_counter(&self, counter: Arc<dyn Counter>) {
        drop(self.0.counter.set(counter));
    }

    /// Sets who knows the names of sites. Later calls change nothing.
    pub fn set_site_name(&self, name: SiteName) {
        drop(self.0.site_name.set(name));
    }

    /// The names of these sites, as far as they are known.
    pub fn site_names(&self, ids: &[i64]) -> Vec<String> {
        let Some(name) = self.0.site_name.get() else { return Vec::new() };
        ids.iter().filter_map(|id| name(*id)).collect()
    }

    /// Where an address is now; `None` while nobody was named who knows.
    pub(crate) fn place(&self, address: IpAddr) -> Option<Place> {
        self.0.locate.get().map(|locate| locate(address))
    }

    /// Starts the writer. It stores what is queued, also after the stop signal.
    pub fn start(&self, tasks: &Tasks) {
        let logs = self.clone();
        tasks.supervise("logs.writer", move |stop| writer::run(logs.clone(), stop));
    }

    /// Stores what was queued after the writer ended: the last lines of a stop. Waits while the writer runs.
    pub async fn flush(&self) {
        let mut intake = self.0.intake.lock().await;
        writer::drain(self, &mut intake, &Shutdown::new()).await;
    }

    /// Stores lines at once, in one transaction.
    pub async fn store(&self, entries: &[LogEntry]) -> Result<()> {
        if entries.is_empty() {
            return Ok(());
        }
        self.store_with(entries, Vec::new()).await
    }

    /// Gives lines up that the store did not take.
    pub(crate) fn lose(&self, lines: &[LogEntry]) {
        if let Some(counter) = self.0.counter.get() {
            counter.lost(lines);
        }
    }

    /// Stores lines together with what their reader remembers of them, so that neither is there without the other.
    /// `with` are statements of the telemetry database.
    pub async fn store_read(&self, mut entries: Vec<LogEntry>, with: Vec<(Stmt, Vec<Value>)>) -> Result<()> {
        for entry in &mut entries {
            self.0.queue.clean(entry);
        }
        self.store_with(&entries, with).await
    }

    async fn store_with(&self, entries: &[LogEntry], with: Vec<(Stmt, Vec<Value>)>) -> Result<()> {
        let mut lines = entries.to_vec();
        if let Some(locate) = self.0.locate.get() {
            lines.iter_mut().for_each(|line| place::fill(line, locate));
        }
        let turn = self.0.counting.lock().await;
        let counter = self.0.counter.get();
        let counts = counter.map(|counter| counter.count(&lines)).unwrap_or_default();
        let rows = lines.into_iter().map(|line| (sql::INSERT, line.into_args()));
        self.0.db.batch(rows.chain(counts).chain(with).collect()).await?;
        if let Some(counter) = counter {
            counter.stored();
        }
        drop(turn);
        let newest = self.newest().await?;
        self.0.newest.send_if_modified(|n| {
            let more = newest > *n;
            *n = newest.max(*n);
            more
        });
        Ok(())
    }

    /// One page and the number of all lines that match.
    pub async fn list(&self, filter: &LogFilter, order: Order, page: PageRequest) -> Result<Page<LogEntry>> {
        if filter.needs_walk() {
            let (mut items, mut total) = (Vec::new(), 0);
            self.walk(filter, order, |e| {
                if total >= page.offset && total < page.offset.saturating_add(page.limit) {
                    items.push(e);
                }
                total += 1;
                true
            })
            .await?;
            return Ok(Page { items, total });
        }
        let total = self.count(filter).await?;
        let mut args = filter.args();
        args.extend(args![page.limit, page.offset]);
        let (plain, by_text) = match order {
            Order::Newest => (sql::LIST_NEWEST, sql::LIST_NEWEST_TEXT),
            Order::Oldest => (sql::LIST_OLDEST, sql::LIST_OLDEST_TEXT),
        };
        let statement = self.asked(plain, by_text, filter, &mut args);
        let rows = self.0.db.query(statement, args).await?;
        Ok(Page { items: rows.iter().map(LogEntry::read).collect::<Result<_, StoreError>>()?, total })
    }

    /// One line.
    pub async fn find(&self, id: i64) -> Result<Option<LogEntry>> {
        let row = self.0.db.find(sql::FIND, args![id]).await?;
        Ok(row.as_ref().map(LogEntry::read).transpose()?)
    }

    /// Visits every line that matches until `visit` says stop.
    pub async fn walk(&self, filter: &LogFilter, order: Order, mut visit: impl FnMut(LogEntry) -> bool) -> Result<()> {
        let mut walk = Walk::new(self.clone(), filter.clone(), order);
        while let Some(lines) = walk.next().await? {
            for entry in lines {
                if !visit(entry) {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// The number of lines that match.
    pub async fn count(&self, filter: &LogFilter) -> Result<i64> {
        if filter.needs_walk() {
            let mut n = 0;
            self.walk(filter, Order::Oldest, |_| {
                n += 1;
                true
            })
            .await?;
            return Ok(n);
        }
        let mut args = filter.args();
        let statement = self.asked(sql::COUNT, sql::COUNT_TEXT, filter, &mut args);
        Ok(self.0.db.one(statement, args).await?.get(0)?)
    }

    /// The statement for a filter: a text long enough is looked up in its index.
    pub(crate) fn asked(&self, plain: Stmt, by_text: Stmt, filter: &LogFilter, args: &mut Vec<Value>) -> Stmt {
        let Some(trigrams) = filter.trigrams() else { return plain };
        if self.0.db.engine() == Engine::Sqlite {
            args.push(Value::from(trigrams));
        }
        by_text
    }

    pub async fn newest(&self) -> Result<i64> {
        Ok(self.0.db.one(sql::NEWEST, args![]).await?.get(0)?)
    }

    /// A tail that begins after the newest line. It is a view, not a record: on PostgreSQL a line that commits late
    /// may be passed over.
    pub async fn tail(&self, filter: LogFilter) -> Result<Tail> {
        Ok(Tail::new(self.clone(), self.0.newest.subscribe(), self.newest().await?, filter))
    }

    /// Removes lines by age, then by number, then the oldest by size. The number removed.
    pub async fn prune(&self, keep: Retention) -> Result<u64> {
        const EDGE: &str = "caddy_access,caddy_error,waf_audit,audit";
        const ALL: &str = "caddy_access,caddy_error,waf_audit,audit,job,agent,system";
        let now = self.0.queue.now();
        let mut removed = 0;
        for (sources, days) in [(EDGE, keep.days), ("job", keep.job_days), ("agent", keep.agent_days), ("system", keep.system_days)] {
            let before = Timestamp::minus_secs(now, days.saturating_mul(86_400));
            removed += self.in_slices(sql::PRUNE_AGE, before.micros(), sources).await?;
        }
        for sources in [EDGE, "job,agent,system"] {
            if let Some(row) = self.0.db.find(sql::NTH_NEWEST, args![sources, keep.entries_max.max(0)]).await? {
                removed += self.in_slices(sql::PRUNE_COUNT, row.get(0)?, sources).await?;
            }
        }
        let oversize: Option<i64> = self.0.db.one(sql::OVERSIZE, args![keep.bytes_max.max(0)]).await?.get(0)?;
        if let Some(id) = oversize {
            removed += self.in_slices(sql::PRUNE_COUNT, id, ALL).await?;
        }
        Ok(removed)
    }

    /// Removes every line of a stream. The number removed.
    pub async fn remove_stream(&self, stream: &str) -> Result<u64> {
        let mut removed = 0;
        loop {
            match self.0.db.exec(sql::PRUNE_STREAM, args![stream]).await? {
                0 => return Ok(removed),
                n => removed += n,
            }
        }
    }

    async fn in_slices(&self, statement: Stmt, bound: i64, sources: &str) -> Result<u64> {
        let mut removed = 0;
        loop {
            match self.0.db.exec(statement, args![bound, sources]).await? {
                0 => return Ok(removed),
                n => removed += n,
            }
        }
    }

    /// The audit row the newest copy was made of.
    pub(crate) async fn last_audit_id(&self) -> Result<i64> {
        let last: Option<i64> = self.0.db.one(sql::LAST_AUDIT, args![]).await?.get(0)?;
        Ok(last.unwrap_or(0))
    }
}

impl JobLog for Logs {
    fn append(&self, job_id: i64, at: Timestamp, level: Severity, text: String) {
        self.0.queue.push(LogEntry::of_job(job_id, at, level, text));
    }
    fn read(&self, job_id: i64, after: i64, limit: i64) -> BoxFuture<'_, Result<Vec<LogLine>>> {
        Box::pin(async move {
            let rows = self.0.db.query(sql::OF_JOB, args![job_id, after, limit]).await?;
            let line = |r: &argos_store::Row| Ok(LogLine { id: r.get(0)?, at: r.get(1)?, level: r.get(2)?, text: r.get(3)? });
            Ok(rows.iter().map(line).collect::<Result<_, StoreError>>()?)
        })
    }
}

impl Source {
    /// Sources whose lines need a permission above `logs:read`.
    pub(crate) const fn permission(self) -> Option<&'static str> {
        match self {
            Self::CaddyAccess | Self::CaddyError | Self::WafAudit => None,
            Self::Audit => Some("audit:read"),
            Self::Agent | Self::Job | Self::System => Some("logs:system"),
        }
    }
}
