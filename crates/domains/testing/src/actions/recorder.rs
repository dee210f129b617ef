//! What a run says while it goes on: numbered, kept for streams that connect late, and told to those that listen. The
//! run never waits for it. May be lost in a crash: the last tenth of a second.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use argos_kernel::Uid;
use serde_json::Value;
use tokio::sync::Notify;

use crate::service::Testing;
use crate::store::run_events::{self, RunEvent};

/// Events that wait to be written; more are dropped, and the stream shows the gap in its numbers.
const WAITING_MAX: usize = 10_000;

/// The record of one run.
pub(crate) struct Recorder {
    pub(crate) run: Uid,
    seq: AtomicI64,
    waiting: Mutex<Vec<RunEvent>>,
    wake: Notify,
    closed: AtomicBool,
}

impl Recorder {
    pub(crate) fn new(run: Uid) -> Arc<Self> {
        Self::after(run, 0)
    }

    /// Goes on after the number of the last thing that was said.
    pub(crate) fn after(run: Uid, seq: i64) -> Arc<Self> {
        Arc::new(Self { run, seq: AtomicI64::new(seq), waiting: Mutex::default(), wake: Notify::new(), closed: AtomicBool::new(false) })
    }

    /// Never waits.
    pub(crate) fn say(&self, name: &str, data: Value) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let seq = self.seq.fetch_add(1, Ordering::Relaxed) + 1;
        if waiting.len() < WAITING_MAX {
            waiting.push(RunEvent { seq, name: name.to_owned(), data });
        }
        drop(waiting);
        self.wake.notify_one();
    }

    /// Ends the writer once everything is written.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.wake.notify_one();
    }

    /// Writes what is said until the record is closed.
    pub(crate) async fn write(&self, testing: &Testing) {
        loop {
            let closed = self.closed.load(Ordering::Acquire);
            let events = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
            if let Some(last) = events.last().map(|e| e.seq) {
                let telemetry = &testing.platform.store.telemetry;
                if let Err(error) = run_events::insert(telemetry, self.run, &events, testing.platform.clock.now()).await {
                    tracing::warn!(?error, run = %self.run, "what a run said was not written");
                }
                testing.said(self.run, last);
            } else if closed {
                return;
            } else {
                self.wake.notified().await;
            }
        }
    }
}
