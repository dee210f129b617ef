//! The event log: publish, list, acknowledge, follow, prune. Nothing publishes without a row, and every row is
//! written in the transaction of the change it reports.

use std::sync::Arc;

use argos_kernel::{AppError, BoxFuture, Clock, Result, Rng, Severity, Timestamp, Uid};
use argos_store::{Database, Engine, StoreError, Tx, args};
use tokio::sync::watch;

use crate::consumer::{Consumer, StartAt};
use crate::event::{Acknowledger, Event, NewEvent, clean};
use crate::filter::Filter;
use crate::flood::FloodGuard;
use crate::kinds::{Kind, Kinds};
use crate::reader::{Reader, Window};
use crate::store as sql;
use crate::tail::Tail;

const NOTE_CHARS_MAX: usize = 4_000;

struct Shared {
    db: Database,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
    kinds: Kinds,
    floods: FloodGuard,
    /// The newest committed id this process knows: a wake-up, never data. Readers read the store.
    newest: watch::Sender<i64>,
    tail: Tail,
}

/// A handle to the event log. Clones share it.
#[derive(Clone)]
pub struct Events(Arc<Shared>);

/// How far a durable consumer is behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lag {
    pub consumer: String,
    /// Ids between its cursor and the newest event.
    pub behind: i64,
}

/// What an acknowledgement met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acked {
    Now,
    /// Somebody did it before; the first acknowledger stays.
    Before,
}

/// How long events are kept, in days (platform spec 4.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetentionDays {
    pub standard: i64,
    pub power: i64,
    pub nodes: i64,
    /// `security.*`, as the audit log.
    pub audit: i64,
}

impl Default for RetentionDays {
    fn default() -> Self {
        Self { standard: 90, power: 365, nodes: 90, audit: 365 }
    }
}

impl Events {
    /// `db` is the state database.
    pub fn new(db: Database, clock: Arc<dyn Clock>, rng: Arc<dyn Rng>) -> Self {
        Self::with_kinds(db, clock, rng, &[])
    }

    /// The same with the kinds the domains bring.
    pub fn with_kinds(db: Database, clock: Arc<dyn Clock>, rng: Arc<dyn Rng>, more: &[&'static [Kind]]) -> Self {
        let (newest, _) = watch::channel(0);
        let (kinds, floods, tail) = (Kinds::with(more), FloodGuard::new(), Tail::new());
        Self(Arc::new(Shared { db, clock, rng, kinds, floods, newest, tail }))
    }

    pub fn kinds(&self) -> &Kinds {
        &self.0.kinds
    }

    /// Events per minute and outside origin that are stored one by one.
    pub fn set_flood_limit(&self, per_minute: u32) {
        self.0.floods.set_limit(per_minute);
    }

    /// Lets the readers look: another process may have written.
    pub fn wake(&self) {
        self.0.newest.send_modify(|_| {});
    }

    /// Writes the event inside `tx`; readers hear of it after the commit. Returns its id (of the collapsed row, when
    /// an outside sender floods).
    pub fn publish<'a>(&'a self, tx: &'a mut Tx, event: NewEvent) -> BoxFuture<'a, Result<i64, StoreError>> {
        Box::pin(self.write(tx, event))
    }

    async fn write(&self, tx: &mut Tx, event: NewEvent) -> Result<i64, StoreError> {
        let shared = &self.0;
        let now = shared.clock.now();
        let mut event = event.trimmed();
        event.kind = shared.kinds.canonical(&event.kind);
        let flood_key = event.flood_key();
        if let (Some(key), Some(origin)) = (&flood_key, &event.external_origin)
            && shared.floods.is_flooding(origin, now)
            && let Some(row) = tx.find(sql::REPEAT, args![now, key, now.minus_secs(60)]).await?
        {
            return row.get(0);
        }
        let severity = event.severity.unwrap_or_else(|| shared.kinds.find(&event.kind).map_or(Severity::Info, |k| k.severity));
        if tx.engine() == Engine::Postgres {
            tx.one(sql::NUMBER_TX, args![]).await?;
        }
        let data = event.data_text();
        let e = event;
        let uid = Uid::mint(&*shared.clock, &*shared.rng);
        let values = args![
            uid,
            e.source.as_str(),
            e.kind,
            severity,
            e.subject_type,
            e.subject_id,
            e.subject_name,
            e.organization_id,
            e.project_id,
            e.node_uid,
            e.message,
            data,
            e.dedup_key,
            e.correlation_id,
            e.actor,
            e.event_time,
            now,
            flood_key,
        ];
        let id: i64 = tx.one(sql::INSERT, values).await?.get(0)?;
        let shared = Arc::clone(shared);
        tx.on_commit(move || {
            shared.newest.send_if_modified(|newest| {
                let more = id > *newest;
                *newest = id.max(*newest);
                more
            });
        });
        Ok(id)
    }

    /// Publishes in a transaction of its own: for facts that change no other row.
    pub fn announce(&self, event: NewEvent) -> BoxFuture<'_, Result<i64>> {
        Box::pin(async move {
            let mut tx = self.0.db.begin().await?;
            let id = self.publish(&mut tx, event).await?;
            tx.commit().await?;
            Ok(id)
        })
    }

    /// Newest first, at most `limit`, with ids below `before`.
    pub async fn list(&self, filter: &Filter, before: Option<i64>, limit: i64) -> Result<Vec<Event>> {
        let mut args = filter.args();
        args.extend(args![before, limit]);
        let rows = self.0.db.query(sql::LIST, args).await?;
        let mut events = rows.iter().map(Event::read).collect::<Result<Vec<_>, StoreError>>()?;
        // `like` reads wildcards in a node's uid; the scope is a matter of access, so it is judged exactly once more.
        events.retain(|e| filter.scope.sees(e));
        Ok(events)
    }

    /// Newest first, from `offset` on: for the views whose contract counts pages.
    pub async fn page(&self, filter: &Filter, offset: i64, limit: i64) -> Result<Vec<Event>> {
        let mut args = filter.args();
        args.extend(args![limit, offset]);
        let rows = self.0.db.query(sql::PAGE, args).await?;
        let mut events = rows.iter().map(Event::read).collect::<Result<Vec<_>, StoreError>>()?;
        events.retain(|e| filter.scope.sees(e));
        Ok(events)
    }

    pub async fn count(&self, filter: &Filter) -> Result<i64> {
        Ok(self.0.db.one(sql::COUNT, filter.args()).await?.get(0)?)
    }

    /// By `id` or `uid`.
    pub async fn find(&self, id_or_uid: &str) -> Result<Option<Event>> {
        let row = match (id_or_uid.parse::<i64>(), id_or_uid.parse::<Uid>()) {
            (Ok(id), _) => self.0.db.find(sql::GET, args![id]).await?,
            (_, Ok(uid)) => self.0.db.find(sql::GET_BY_UID, args![uid]).await?,
            _ => None,
        };
        Ok(row.as_ref().map(Event::read).transpose()?)
    }

    /// The id of the newest event of another kind about the same subject that came before this one.
    pub async fn last_before(&self, tx: &mut Tx, event: &Event, kind: &str) -> Result<Option<i64>, StoreError> {
        let found = tx.find(sql::LAST_BEFORE, args![kind, event.subject_type.clone(), event.subject_id.clone(), event.id]).await?;
        found.map(|row| row.get(0)).transpose()
    }

    /// Acknowledges inside `tx`. The first acknowledger stays. 404 when there is no such event.
    pub async fn ack(&self, tx: &mut Tx, id: i64, by: Acknowledger<'_>, note: Option<&str>) -> Result<Acked> {
        let note = note.map(|n| clean(n, NOTE_CHARS_MAX));
        if tx.exec(sql::ACK, args![by.name, by.uid, self.0.clock.now(), note, id]).await? > 0 {
            return Ok(Acked::Now);
        }
        tx.find(sql::GET, args![id]).await?.map(|_| Acked::Before).ok_or_else(|| AppError::not_found("Event not found"))
    }

    /// Replaces the note inside `tx`; `None` clears it. 404 when there is no such event.
    pub async fn note(&self, tx: &mut Tx, id: i64, note: Option<&str>) -> Result<()> {
        let note = note.map(|n| clean(n, NOTE_CHARS_MAX));
        match tx.exec(sql::NOTE, args![note, id]).await? {
            0 => Err(AppError::not_found("Event not found")),
            _ => Ok(()),
        }
    }

    /// The newest id in the store, 0 when it is empty.
    pub async fn newest(&self) -> Result<i64> {
        Ok(self.0.db.one(sql::NEWEST, args![]).await?.get(0)?)
    }

    /// A live reader that begins after `after`.
    pub fn reader(&self, after: i64) -> Reader {
        Reader::new(self.window(), after)
    }

    /// The durable consumer of this name; created at `start` the first time. One process at a time may own it.
    pub async fn consumer(&self, name: &str, start: StartAt) -> Result<Consumer> {
        let shared = &self.0;
        let first = if start == StartAt::Now { self.newest().await? } else { 0 };
        shared.db.exec(sql::CURSOR_ADD, args![name, first, shared.clock.now()]).await?;
        let last_id = shared.db.one(sql::CURSOR, args![name]).await?.get(0)?;
        Ok(Consumer::new(shared.db.clone(), Arc::clone(&shared.clock), name.to_owned(), self.window(), last_id))
    }

    /// How far every durable consumer is behind.
    pub async fn lags(&self) -> Result<Vec<Lag>> {
        let rows = self.0.db.query(sql::CURSORS, args![]).await?;
        let read = |r: &argos_store::Row| {
            let (done, newest): (i64, i64) = (r.get(1)?, r.get(2)?);
            Ok(Lag { consumer: r.get(0)?, behind: (newest - done).max(0) })
        };
        Ok(rows.iter().map(read).collect::<Result<_, StoreError>>()?)
    }

    /// Removes what is older than its retention; the number of events that went.
    pub async fn prune(&self, days: RetentionDays) -> Result<u64> {
        const SECURITY: &str = "security.%";
        let now = self.0.clock.now();
        let cut = |days: i64| Timestamp::minus_secs(now, days.saturating_mul(86_400));
        let mut removed = 0;
        for source in crate::Source::ALL {
            let keep = match source {
                crate::Source::Power => days.power,
                crate::Source::Nodes => days.nodes,
                _ => days.standard,
            };
            removed += self.0.db.exec(sql::PRUNE, args![cut(keep), source.as_str(), None::<&str>, SECURITY]).await?;
        }
        removed += self.0.db.exec(sql::PRUNE, args![cut(days.audit), None::<&str>, SECURITY, None::<&str>]).await?;
        Ok(removed)
    }

    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.0.clock
    }
    /// The state database, for callers that open the transaction they publish in.
    pub fn database(&self) -> &Database {
        &self.0.db
    }

    /// What the live streams share.
    pub(crate) fn tail(&self) -> &Tail {
        &self.0.tail
    }

    pub(crate) fn window(&self) -> Window {
        Window::new(self.0.db.clone(), self.0.newest.subscribe())
    }
}
