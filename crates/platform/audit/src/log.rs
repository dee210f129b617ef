//! The audit log: records, lists, verifies and prunes. It must never update a row.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError, RwLock};

use argos_events::{Events, Filter as EventFilter, NewEvent, Pattern, Source};
use argos_kernel::{Actor, BoxFuture, Clock, Page, PageRequest, Result, Rng, Timestamp};
use argos_store::{Database, StoreError, Tx, args};

use crate::chain::GENESIS;
use crate::edge_view::AuditSource;
use crate::entry::{Category, Entry};
use crate::filter::{Filter, Order};
use crate::mutation::Mutation;
use crate::redact::{Redact, by_name};
use crate::row::AuditRow;
use crate::store as sql;
use crate::undo::Undos;

/// Rows read at a time while walking the chain.
const WALK_PAGE: i64 = 1_000;
/// Category safety is kept five years (platform spec 12).
const SAFETY_DAYS: i64 = 5 * 365;
const ALERT: &str = "security.alert";
const ALERT_EVERY_S: i64 = 86_400;

/// What a walk over the chain found.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Verdict {
    /// Rows checked, up to and including a broken one.
    pub rows: i64,
    pub ok: bool,
    /// `id` of the first row that does not fit; `null` when the chain is whole, or when only the end is missing.
    pub broken_at: Option<i64>,
}

/// A handle to the log. Clones share everything.
#[derive(Clone)]
pub struct Audit {
    db: Database,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
    redact: Redact,
    sources: Arc<RwLock<Vec<Arc<dyn AuditSource>>>>,
    pub(crate) undos: Arc<Undos>,
}

impl Audit {
    /// `db` is the state database.
    pub fn new(db: Database, clock: Arc<dyn Clock>, rng: Arc<dyn Rng>) -> Self {
        Self { db, clock, rng, redact: by_name(), sources: Arc::default(), undos: Arc::default() }
    }

    /// Adds a hook that runs after the redaction by field name (e.g. by the value of every secret in use).
    #[must_use]
    pub fn with_redact(mut self, also: Redact) -> Self {
        self.redact = Arc::new(move |value| {
            crate::redact::redact_names(value);
            also(value);
        });
        self
    }

    /// Takes in who has rows to show beside these.
    pub fn add_source(&self, source: Arc<dyn AuditSource>) {
        self.sources.write().unwrap_or_else(PoisonError::into_inner).push(source);
    }
    pub(crate) fn sources(&self) -> Vec<Arc<dyn AuditSource>> {
        self.sources.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Begins a change by `actor`.
    pub fn begin<'a>(&'a self, actor: &'a Actor) -> BoxFuture<'a, Result<Mutation>> {
        Box::pin(async { Ok(Mutation::of(self.db.begin().await?, self.clone(), actor.clone())) })
    }

    /// Writes a row inside `tx`. The chain is serialised from here to the commit, so record last.
    /// Returns the row's `id`.
    pub fn record<'a>(&'a self, tx: &'a mut Tx, actor: &'a Actor, entry: Entry) -> BoxFuture<'a, Result<i64, StoreError>> {
        Box::pin(async move {
            let mut row = AuditRow::new(&*self.clock, &*self.rng, &self.redact, actor, entry);
            let prev = tx.one(sql::LOCK_HEAD, args![]).await?.get(0)?;
            row.seal(prev);
            let id = tx.one(sql::INSERT, row.insert_args()).await?.get(0)?;
            tx.exec(sql::MOVE_HEAD, args![row.hash]).await?;
            Ok(id)
        })
    }

    /// Writes a row of its own: what was refused or failed and therefore changed nothing.
    pub fn note<'a>(&'a self, actor: &'a Actor, entry: Entry) -> BoxFuture<'a, Result<()>> {
        Box::pin(async { self.begin(actor).await?.commit(entry).await })
    }

    /// Writes rows of several actors in one transaction, in order.
    pub(crate) async fn write_all(&self, rows: Vec<(Actor, Entry)>) -> Result<()> {
        let mut tx = self.db.begin().await?;
        for (actor, entry) in rows {
            self.record(&mut tx, &actor, entry).await?;
        }
        Ok(tx.commit().await?)
    }

    pub(crate) fn database(&self) -> &Database {
        &self.db
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The number of rows that match.
    pub async fn count(&self, filter: &Filter) -> Result<i64> {
        Ok(self.db.one(sql::COUNT, filter.args()).await?.get(0)?)
    }

    /// One page, with the number of all rows that match.
    pub async fn list(&self, filter: &Filter, order: Order, page: PageRequest) -> Result<Page<AuditRow>> {
        Ok(Page { items: self.slice(filter, order, page).await?, total: self.count(filter).await? })
    }

    /// One page without the count.
    pub async fn slice(&self, filter: &Filter, order: Order, page: PageRequest) -> Result<Vec<AuditRow>> {
        let mut args = filter.args();
        let statement = order.statement(&mut args);
        args.extend(args![page.limit, page.offset]);
        if order.by != crate::filter::Column::Time {
            args.extend(args![i64::MAX]);
        }
        let rows = self.db.query(statement, args).await?;
        Ok(rows.iter().map(AuditRow::read).collect::<Result<_, StoreError>>()?)
    }

    /// Rows after `id`, oldest first: how copies of the log follow it. Rows become visible in this order on both engines.
    pub async fn after(&self, id: i64, limit: i64) -> Result<Vec<AuditRow>> {
        let rows = self.db.query(sql::AFTER, args![id, limit]).await?;
        Ok(rows.iter().map(AuditRow::read).collect::<Result<_, StoreError>>()?)
    }

    /// Walks the whole chain in pages and recomputes every hash.
    pub async fn verify(&self) -> Result<Verdict> {
        let anchors = self.anchors().await?;
        let head: String = self.db.one(sql::HEAD, args![]).await?.get(0)?;
        let (mut last_id, mut expected, mut rows, mut met_head) = (0, GENESIS.to_owned(), 0, false);
        loop {
            let page = self.after(last_id, WALK_PAGE).await?;
            for row in &page {
                rows += 1;
                let linked = row.prev_hash == expected || anchors.contains(&row.prev_hash);
                if !linked || !row.is_intact() {
                    return Ok(Verdict { rows, ok: false, broken_at: Some(row.id) });
                }
                met_head |= row.hash == head;
                last_id = row.id;
                expected.clone_from(&row.hash);
            }
            if page.len() < usize::try_from(WALK_PAGE).unwrap_or(usize::MAX) {
                break;
            }
        }
        // Rows written during the walk may follow the head read before it; a head that never came means a cut tail.
        let ok = met_head || head == GENESIS || anchors.contains(&head);
        Ok(Verdict { rows, ok, broken_at: None })
    }

    async fn anchors(&self) -> Result<HashSet<String>> {
        let rows = self.db.query(sql::ANCHORS, args![]).await?;
        Ok(rows.iter().map(|r| r.get(0)).collect::<Result<_, StoreError>>()?)
    }

    /// Removes rows older than `retention_days` (category safety: five years), keeping the hash each kept row points at.
    /// Writes an `audit.prune` row when anything went. Returns the number of rows removed.
    pub async fn prune(&self, retention_days: i64) -> Result<u64> {
        let now = self.clock.now();
        let cut = |days: i64| Timestamp::minus_secs(now, days.saturating_mul(86_400));
        let (general, safety) = (cut(retention_days), cut(SAFETY_DAYS.max(retention_days)));
        let expired: i64 = self.db.one(sql::COUNT_EXPIRED, args![general, safety]).await?.get(0)?;
        if expired == 0 {
            return Ok(0);
        }
        let mut change = self.begin(&Actor::system()).await?;
        // The head first: nobody may append between the choice of anchors and the delete.
        change.one(sql::LOCK_HEAD, args![]).await?;
        change.exec(sql::ANCHOR_RUNS, args![now, general, safety]).await?;
        let removed = change.exec(sql::PRUNE, args![general, safety]).await?;
        change.exec(sql::DROP_ANCHORS, args![]).await?;
        let entry = Entry::new("audit.prune", Category::Data)
            .describe(format!("{removed} audit rows older than {retention_days} days removed"))
            .after(serde_json::json!({ "removed": removed, "before": general.rfc3339(), "safety_before": safety.rfc3339() }));
        change.commit(entry).await?;
        Ok(removed)
    }
}

impl Audit {
    /// The nightly round: verifies the chain, raises `security.alert` when it is broken, then prunes.
    /// A broken chain is not pruned: the evidence stays. The same break is told once a day, however often this runs.
    pub async fn maintain(&self, events: &Events, retention_days: i64) -> Result<Verdict> {
        let verdict = self.verify().await?;
        if verdict.ok {
            self.prune(retention_days).await?;
            return Ok(verdict);
        }
        let id = verdict.broken_at.unwrap_or_default();
        let since = self.clock.now().minus_secs(ALERT_EVERY_S);
        let told = EventFilter {
            from: Some(since),
            kinds: vec![Pattern::Exact(ALERT.to_owned())],
            subject_type: Some("audit_log".to_owned()),
            subject_id: Some(id.to_string()),
            ..EventFilter::default()
        };
        if events.count(&told).await? > 0 {
            return Ok(verdict);
        }
        let place = verdict.broken_at.map_or_else(|| "its end is missing".to_owned(), |id| format!("broken at row {id}"));
        let event = NewEvent::new(Source::Platform, ALERT, format!("The audit chain does not verify: {place}"))
            .subject("audit_log", id, "Audit log")
            .data(serde_json::json!({ "reason": "audit_chain", "broken_at": verdict.broken_at, "rows": verdict.rows }));
        events.announce(event).await?;
        Ok(verdict)
    }
}
