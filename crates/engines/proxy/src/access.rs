//! A request's access record from its first byte to its last; written wherever it ends.

use std::rc::Rc;

use crate::report::{AccessRecord, Outcome};
use crate::worker::Worker;

/// Writes its record when it is dropped; one that is not complete by then was broken off.
pub(crate) struct Ticket {
    pub(crate) worker: Rc<Worker>,
    /// There until it is written.
    pub(crate) record: Option<AccessRecord>,
    pub(crate) complete: bool,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let Some(mut record) = self.record.take() else { return };
        record.duration = self.worker.moment.read().saturating_duration_since(record.started);
        if !self.complete {
            record.outcome = Outcome::Aborted;
        }
        self.worker.log(record);
    }
}
