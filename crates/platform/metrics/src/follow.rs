//! What other processes on the same store wrote and sealed, taken into this one's memory.
//!
//! Every writing transaction gives itself the number after the newest one it knows, and fails when another process was
//! first. So the rows a process has not taken in are exactly those after the last it knows, in the order of their commits.

use std::collections::HashMap;

use argos_kernel::Result;
use argos_store::{Engine, Stmt, StoreError, Value};
use argos_tschunk::Point;

use crate::engine::Metrics;
use crate::store::{points, series};
use crate::wal;

impl Metrics {
    /// Whether other processes may write to this store.
    pub(crate) fn is_shared(&self) -> bool {
        self.0.db.engine() == Engine::Postgres
    }

    /// Carries out the work of a transaction that gives itself the number `seq`. `false` when another process has it: then
    /// nothing was done.
    pub(crate) async fn numbered(&self, seq: i64, work: Vec<(Stmt, Vec<Value>)>) -> Result<bool, StoreError> {
        let Err(error) = self.0.db.batch(work).await else { return Ok(true) };
        let is_taken = self.is_shared() && points::mark(&self.0.db).await?.last >= seq;
        if is_taken { Ok(false) } else { Err(error) }
    }

    /// Takes in what other processes wrote and sealed; a running server does it every second.
    pub async fn hear(&self) -> Result<()> {
        let _turn = self.0.turn.lock().await;
        self.follow().await
    }

    /// Takes in what others wrote and sealed. The caller holds the turn.
    pub(crate) async fn follow(&self) -> Result<()> {
        let mark = points::mark(&self.0.db).await?;
        let known = self.heads().mark();
        if mark.last > known.last {
            let rows = points::wal_rows(&self.0.db, known.last, mark.last).await?;
            self.learn(&rows).await?;
            self.take_in(&rows, |_, _| true);
        }
        if mark.sealed > known.sealed {
            self.settle(known.sealed, mark.last).await?;
        }
        self.heads().heard(mark);
        Ok(())
    }

    /// The newest sealing, after what it took out of memory was forgotten here. A reader who finds it changed when it has
    /// read what memory and chunks hold has to read again.
    pub(crate) async fn settled(&self) -> Result<i64> {
        if !self.is_shared() {
            return Ok(0);
        }
        let sealed = points::mark(&self.0.db).await?.sealed;
        if sealed > self.heads().mark().sealed {
            self.hear().await?;
            return Ok(self.heads().mark().sealed);
        }
        Ok(sealed)
    }

    /// Makes room for the series that the rows are the first to name.
    async fn learn(&self, rows: &[(i64, Vec<u8>)]) -> Result<()> {
        let has_new = {
            let registry = self.registry();
            let mut named = rows.iter().filter_map(|(_, body)| wal::decode(body)).flatten();
            named.any(|p| registry.by_row(p.row).is_none())
        };
        if has_new {
            for found in series::list(&self.0.db).await? {
                self.register(found.info, found.last);
            }
        }
        Ok(())
    }

    /// Puts the points of the rows into the heads, those that are `wanted` by row number and stored id of the series.
    pub(crate) fn take_in(&self, rows: &[(i64, Vec<u8>)], wanted: impl Fn(i64, i64) -> bool) {
        let registry = self.registry();
        let mut heads = self.heads();
        for (seq, body) in rows {
            let Some(list) = wal::decode(body) else {
                tracing::error!(seq, "a write-ahead row of the metrics is damaged and was skipped");
                continue;
            };
            for p in list.iter().filter(|p| wanted(*seq, p.row)) {
                if let Some(id) = registry.by_row(p.row) {
                    heads.replay(id, Point::new(p.t, p.v), *seq);
                }
            }
        }
    }

    /// Forgets what others sealed after the sealing `after`; what came later than a series' sealing stays open. Rows up to
    /// `last` were taken in.
    async fn settle(&self, after: i64, last: i64) -> Result<()> {
        let found = series::sealed_since(&self.0.db, after).await?;
        let Some(lowest) = found.iter().map(|s| s.sealed_seq).min() else { return Ok(()) };
        let later = points::wal_rows(&self.0.db, lowest, last).await?;
        let mut sealed = HashMap::with_capacity(found.len());
        let mut settled = HashMap::with_capacity(found.len());
        for series in found {
            sealed.insert(series.info.row, series.sealed_seq);
            settled.insert(series.info.row, (self.register(series.info, series.last), series.last));
        }
        self.heads().settle(&settled);
        self.take_in(&later, |seq, row| sealed.get(&row).is_some_and(|done| seq > *done));
        Ok(())
    }
}
