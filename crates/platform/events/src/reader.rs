//! Reads events in id order without ever missing one, and wakes when there are more.
//!
//! On SQLite ids become visible in order. On PostgreSQL a transaction may take id 5, another take 6 and commit first:
//! a reader that steps over the hole would never see 5. So a hole stops the reader until every transaction that ran
//! when the hole was seen has ended; what is missing then was rolled back or pruned. The rule needs the writer to own
//! a transaction number before it takes the id (`store::NUMBER_TX`).

use std::time::Duration;

use argos_kernel::Result;
use argos_store::{Database, Engine, args};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::event::Event;
use crate::store as sql;

/// How long a hole may hold readers up. No transaction of Argos lives that long; a forgotten session of another
/// program on the same server must not stop every alert.
const HOLE_LIMIT: Duration = Duration::from_secs(120);
pub(crate) const HOLE_RETRY: Duration = Duration::from_millis(20);

/// A hole in the ids that has been seen: missing ids below `upto` belong to transactions numbered below `horizon`.
#[derive(Clone, Copy, Debug)]
struct Hole {
    upto: i64,
    horizon: i64,
    since: Instant,
}

/// A position in the event log and what is known about holes after it.
pub(crate) struct Window {
    db: Database,
    wake: watch::Receiver<i64>,
    hole: Option<Hole>,
}

impl Window {
    pub(crate) fn new(db: Database, wake: watch::Receiver<i64>) -> Self {
        Self { db, wake, hole: None }
    }

    /// Waits until there is at least one event after `after`; at most `limit` of them, without a hole.
    pub(crate) async fn next(&mut self, after: i64, limit: i64) -> Result<Vec<Event>> {
        let mut retry = HOLE_RETRY;
        loop {
            self.wake.mark_unchanged();
            let (batch, blocked) = self.read(after, limit).await?;
            if !batch.is_empty() {
                return Ok(batch);
            }
            self.rest(blocked, &mut retry).await;
        }
    }

    /// From now on `rest` waits for what is published later.
    pub(crate) fn mark(&mut self) {
        self.wake.mark_unchanged();
    }

    /// Waits until it is worth looking again.
    pub(crate) async fn rest(&mut self, blocked: bool, retry: &mut Duration) {
        if blocked {
            tokio::time::sleep(*retry).await;
            *retry = (*retry * 2).min(Duration::from_millis(500));
            return;
        }
        // Another replica's commits do not wake this process, so PostgreSQL is also asked now and then.
        let poll = if self.db.engine() == Engine::Postgres { Duration::from_secs(1) } else { Duration::from_secs(30) };
        // An error means that the publisher is gone; the timeout keeps the loop calm until shutdown.
        if let Ok(Err(_)) = tokio::time::timeout(poll, self.wake.changed()).await {
            tokio::time::sleep(poll).await;
        }
    }

    /// What can be read now, and whether a hole stands in the way.
    pub(crate) async fn read(&mut self, after: i64, limit: i64) -> Result<(Vec<Event>, bool)> {
        let rows = self.db.query(sql::AFTER, args![after, limit]).await?;
        let mut out = Vec::with_capacity(rows.len());
        let mut expected = after + 1;
        let ordered = self.db.engine() == Engine::Sqlite;
        for row in &rows {
            let id: i64 = row.get(0)?;
            if !ordered && id != expected && !self.is_settled(id, row.get(24)?) {
                if self.hole.is_none_or(|h| id > h.upto) {
                    let upto = rows.last().map_or(Ok(id), |r| r.get(0))?;
                    // Asked after the rows were read: every transaction that could fill the hole has a lower number.
                    let horizon = self.db.one(sql::NUMBER_TX, args![]).await?.get(0)?;
                    self.hole = Some(Hole { upto, horizon, since: Instant::now() });
                }
                return Ok((out, true));
            }
            out.push(Event::read(row)?);
            expected = id + 1;
        }
        Ok((out, false))
    }

    /// True when what is missing below `id` can never appear any more.
    fn is_settled(&self, id: i64, oldest_running: i64) -> bool {
        let Some(hole) = self.hole.filter(|h| id <= h.upto) else { return false };
        if oldest_running >= hole.horizon {
            return true;
        }
        let overdue = hole.since.elapsed() > HOLE_LIMIT;
        if overdue {
            tracing::warn!(upto = hole.upto, "a transaction older than two minutes holds the event log; its events may be missed");
        }
        overdue
    }
}

/// A live reader without memory: streams use it. It starts after an id and moves on as it delivers.
pub struct Reader {
    window: Window,
    after: i64,
}

impl Reader {
    pub(crate) fn new(window: Window, after: i64) -> Self {
        Self { window, after }
    }
    /// Waits for the next events, at most `limit`, in id order.
    pub async fn next_batch(&mut self, limit: i64) -> Result<Vec<Event>> {
        let batch = self.window.next(self.after, limit).await?;
        self.after = batch.last().map_or(self.after, |e| e.id);
        Ok(batch)
    }
    /// The id of the last delivered event.
    pub const fn position(&self) -> i64 {
        self.after
    }
}
