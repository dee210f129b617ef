//! The time of a thread as it was read last. Reading the clock costs more than it looks, and one request would read it
//! eight times: where some hundred milliseconds do not matter, the last reading is good enough.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Instant;

/// The last reading. It is refreshed when a request begins and ends, and at every flush of the thread.
#[derive(Clone)]
pub(crate) struct Moment(Rc<Cell<Instant>>);

impl Moment {
    pub(crate) fn new() -> Self {
        Self(Rc::new(Cell::new(Instant::now())))
    }

    /// Reads the clock.
    pub(crate) fn read(&self) -> Instant {
        let now = Instant::now();
        self.0.set(now);
        now
    }

    /// What was read last.
    pub(crate) fn last(&self) -> Instant {
        self.0.get()
    }
}
