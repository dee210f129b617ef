//! A request's access record from its first byte to its last; written wherever it ends.

use std::rc::Rc;
use std::time::Instant;

use crate::report::{AccessRecord, Outcome};
use crate::worker::Worker;

/// Records that go to the owner in one message.
pub(crate) const BATCH: usize = 256;

/// Writes its record when it is dropped; one that is not complete by then was broken off.
pub(crate) struct Ticket {
    pub(crate) worker: Rc<Worker>,
    pub(crate) record: AccessRecord,
    pub(crate) complete: bool,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.record.duration = Instant::now().saturating_duration_since(self.record.started);
        if !self.complete {
            self.record.outcome = Outcome::Aborted;
        }
        self.worker.log(self.record.clone());
    }
}
