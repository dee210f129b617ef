//! A durable consumer: a named cursor in `bus_cursors`. What was not acknowledged is delivered again, also after a
//! crash, so handling must be idempotent by event id. A stalled consumer never blocks a writer.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use argos_kernel::{Clock, Result};
use argos_store::{Database, Tx, args};

use crate::event::Event;
use crate::reader::Window;
use crate::store as sql;

/// Where a consumer that was never seen before begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartAt {
    /// With the first event that is still stored.
    Beginning,
    /// With the next event.
    Now,
}

/// `loop { let batch = c.next_batch(100).await?; ...; c.ack(batch.last().id).await?; }`
pub struct Consumer {
    db: Database,
    clock: Arc<dyn Clock>,
    name: String,
    window: Window,
    acked: Arc<AtomicI64>,
}

impl Consumer {
    pub(crate) fn new(db: Database, clock: Arc<dyn Clock>, name: String, window: Window, last_id: i64) -> Self {
        Self { db, clock, name, window, acked: Arc::new(AtomicI64::new(last_id)) }
    }

    /// Waits for events after the last acknowledged one, in id order. Calling it again without `ack` delivers the same again.
    pub async fn next_batch(&mut self, limit: i64) -> Result<Vec<Event>> {
        self.window.next(self.acked.load(Ordering::SeqCst), limit).await
    }

    /// Everything up to `id` is done.
    pub async fn ack(&self, id: i64) -> Result<()> {
        self.db.exec(sql::CURSOR_MOVE, args![id, self.clock.now(), self.name.as_str()]).await?;
        self.acked.fetch_max(id, Ordering::SeqCst);
        Ok(())
    }

    /// The same inside the transaction that holds the effects: they happen exactly once.
    pub async fn ack_in(&self, tx: &mut Tx, id: i64) -> Result<()> {
        tx.exec(sql::CURSOR_MOVE, args![id, self.clock.now(), self.name.as_str()]).await?;
        let acked = Arc::clone(&self.acked);
        tx.on_commit(move || {
            acked.fetch_max(id, Ordering::SeqCst);
        });
        Ok(())
    }

    pub fn position(&self) -> i64 {
        self.acked.load(Ordering::SeqCst)
    }
}
