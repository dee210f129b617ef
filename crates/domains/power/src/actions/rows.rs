//! Rows of the record. One that cannot be written, because the store is locked or full, waits in memory and is written with
//! the next round; the poll it came from goes on as if nothing had happened. The end of the process loses what waits.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use argos_kernel::Result;

use crate::model::import::Imported;
use crate::service::Power;
use crate::store::snapshots;

/// More rows push the oldest out.
const WAITING_MAX: usize = 10_000;

/// How the last row was written (`None` before the first), and what waits.
#[derive(Debug, Default)]
pub(crate) struct Rows(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    last: Option<Result<(), String>>,
    waiting: VecDeque<Imported>,
}

impl Rows {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
    pub(crate) fn last(&self) -> Option<Result<(), String>> {
        self.state().last.clone()
    }
    pub(crate) fn waiting(&self) -> usize {
        self.state().waiting.len()
    }
    fn written(&self) {
        self.state().last = Some(Ok(()));
    }
    /// Keeps rows that could not be written, before those that came meanwhile.
    fn keep(&self, rows: Vec<Imported>, why: String) {
        let mut state = self.state();
        state.last = Some(Err(why));
        let newer = std::mem::replace(&mut state.waiting, rows.into());
        state.waiting.extend(newer);
        let surplus = state.waiting.len().saturating_sub(WAITING_MAX);
        state.waiting.drain(..surplus);
    }
    fn take(&self) -> Vec<Imported> {
        self.state().waiting.drain(..).collect()
    }
}

impl Power {
    /// Stores a row, or keeps it until it can be stored.
    pub(crate) async fn store_row(&self, row: Imported) {
        match snapshots::insert(&self.platform.store.telemetry, row.at, &row.device_id, row.kind, &row.values).await {
            Ok(_) => self.rows.written(),
            Err(error) => {
                tracing::warn!(%error, device = row.device_id, "a row could not be written and waits");
                let mut all = self.rows.take();
                all.push(row);
                self.rows.keep(all, error.to_string());
            }
        }
    }

    /// Writes what waits.
    pub(crate) async fn store_waiting_rows(&self) {
        let rows = self.rows.take();
        if rows.is_empty() {
            return;
        }
        match snapshots::insert_all(&self.platform.store.telemetry, &rows).await {
            Ok(_) => {
                tracing::info!(rows = rows.len(), "rows that waited were written");
                self.rows.written();
            }
            Err(error) => self.rows.keep(rows, error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use argos_kernel::Timestamp;

    use super::*;
    use crate::model::device::DeviceType;
    use crate::model::snapshot::Snapshot;

    fn row(second: i64) -> Imported {
        Imported { at: Timestamp::from_secs(second), device_id: "a".to_owned(), kind: DeviceType::Ups, values: Snapshot::default() }
    }

    #[test]
    fn rows_wait_in_their_order_and_the_oldest_go_first() {
        let rows = Rows::default();
        assert_eq!((rows.last(), rows.waiting()), (None, 0));
        rows.keep(vec![row(3)], "locked".to_owned());
        rows.keep(vec![row(1), row(2)], "locked".to_owned());
        assert_eq!((rows.last(), rows.waiting()), (Some(Err("locked".to_owned())), 3));
        assert_eq!(rows.take(), [row(1), row(2), row(3)]);
        rows.written();
        assert_eq!(rows.last(), Some(Ok(())));
        rows.keep((0..i64::try_from(WAITING_MAX).unwrap() + 5).map(row).collect(), String::new());
        assert_eq!((rows.waiting(), rows.take()[0].clone()), (WAITING_MAX, row(5)));
    }
}
