//! The way in: a bounded queue that never makes its caller wait, and a ring of the newest lines.
//!
//! It exists before the store does, so that the first lines of a start are not lost. When the queue is full the line
//! is dropped and counted; the writer reports the number as a line of its own.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use argos_kernel::{Clock, Timestamp};
use tokio::sync::mpsc::{self, error::TrySendError};

use crate::entry::LogEntry;

/// Lines waiting for the writer.
const QUEUE_LINES_MAX: usize = 10_000;
/// Newest lines kept in memory.
const RING_LINES_MAX: usize = 2_000;

/// Blanks secrets in a text by their value.
pub type RedactText = Arc<dyn for<'t> Fn(&'t str) -> Cow<'t, str> + Send + Sync>;

struct Shared {
    sender: mpsc::Sender<LogEntry>,
    ring: Mutex<VecDeque<Arc<LogEntry>>>,
    dropped: AtomicU64,
    accepted: AtomicU64,
    redact: OnceLock<RedactText>,
    clock: Arc<dyn Clock>,
}

/// A handle for everybody who logs. Clones share the queue.
#[derive(Clone)]
pub struct LogQueue(Arc<Shared>);

/// The other end, for the writer.
pub struct Intake(pub(crate) mpsc::Receiver<LogEntry>);

impl LogQueue {
    pub fn new(clock: Arc<dyn Clock>) -> (Self, Intake) {
        let (sender, receiver) = mpsc::channel(QUEUE_LINES_MAX);
        let shared = Shared {
            sender,
            ring: Mutex::new(VecDeque::with_capacity(RING_LINES_MAX)),
            dropped: AtomicU64::new(0),
            accepted: AtomicU64::new(0),
            redact: OnceLock::new(),
            clock,
        };
        (Self(Arc::new(shared)), Intake(receiver))
    }

    /// Sets the hook that blanks secrets by value, once the vault is open. Later calls change nothing.
    pub fn set_redactor(&self, redact: RedactText) {
        drop(self.0.redact.set(redact));
    }

    /// Queues a line; drops and counts it when the queue is full.
    pub fn push(&self, entry: LogEntry) {
        drop(self.offer(entry));
    }

    /// As `push`; gives the line back that found no room.
    pub fn offer(&self, mut entry: LogEntry) -> Option<LogEntry> {
        self.clean(&mut entry);
        {
            let mut ring = self.0.ring.lock().unwrap_or_else(PoisonError::into_inner);
            if ring.len() == RING_LINES_MAX {
                ring.pop_front();
            }
            ring.push_back(Arc::new(entry.clone()));
        }
        let refused = self.0.sender.try_send(entry).err().map(TrySendError::into_inner);
        let counter = if refused.is_none() { &self.0.accepted } else { &self.0.dropped };
        counter.fetch_add(1, Ordering::Relaxed);
        refused
    }

    /// Cuts texts to what is stored and blanks secrets.
    pub(crate) fn clean(&self, entry: &mut LogEntry) {
        entry.trim();
        if let Some(redact) = self.0.redact.get() {
            blank(redact, &mut entry.message);
            for text in [&mut entry.raw, &mut entry.path].into_iter().flatten() {
                blank(redact, text);
            }
        }
    }

    /// The newest lines in memory that `wanted` accepts, oldest first, at most `limit`. They carry no id.
    pub fn recent(&self, limit: usize, wanted: impl Fn(&LogEntry) -> bool) -> Vec<Arc<LogEntry>> {
        let ring = self.0.ring.lock().unwrap_or_else(PoisonError::into_inner);
        let mut lines: Vec<_> = ring.iter().rev().filter(|e| wanted(e)).take(limit).cloned().collect();
        lines.reverse();
        lines
    }

    /// Lines dropped and lines taken since start.
    pub fn counts(&self) -> (u64, u64) {
        (self.0.dropped.load(Ordering::Relaxed), self.0.accepted.load(Ordering::Relaxed))
    }
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }
    /// Lines waiting for the writer.
    pub fn depth(&self) -> usize {
        self.0.sender.max_capacity() - self.0.sender.capacity()
    }
}

fn blank(redact: &RedactText, text: &mut String) {
    if let Cow::Owned(clean) = redact(text) {
        *text = clean;
    }
}
