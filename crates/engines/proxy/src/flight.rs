//! A request in progress at a backend: counted while it lasts, judged when it fails.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::health::Health;
use crate::limit::Slot;
use crate::pool::{Pool, Target};
use crate::report::HealthChange;
use crate::worker::Worker;

/// Lives as long as the exchange, over the whole body of the answer.
pub(crate) struct Flight {
    pub(crate) pool: Arc<Pool>,
    pub(crate) target: Arc<Target>,
    worker: Rc<Worker>,
    /// Places of the host and the rule.
    pub(crate) slots: [Option<Slot>; 2],
}

impl Flight {
    pub(crate) fn new(worker: &Rc<Worker>, pool: &Arc<Pool>, target: &Arc<Target>) -> Self {
        target.in_flight.fetch_add(1, Ordering::Relaxed);
        target.requests.fetch_add(1, Ordering::Relaxed);
        Self { pool: Arc::clone(pool), target: Arc::clone(target), worker: Rc::clone(worker), slots: [None, None] }
    }

    /// The backend failed this request.
    pub(crate) fn failed(&self, reason: &str) {
        self.target.failures.fetch_add(1, Ordering::Relaxed);
        let Some(check) = &self.pool.config.passive else { return };
        if self.target.condition.failed(check, self.worker.shared.now_ms()) {
            self.tell(Health::Unhealthy, format!("it {reason}"));
        }
    }

    /// The backend took longer than its host waits. A site's own short time is no verdict for the others that use the pool.
    pub(crate) fn late(&self, reason: &str, waited: Duration, usual: Duration) {
        if waited >= usual {
            return self.failed(reason);
        }
        self.target.failures.fetch_add(1, Ordering::Relaxed);
    }

    /// It could not be reached, perhaps only not within the time of its host.
    pub(crate) fn unreached(&self, reason: &str, is_late: bool, waited: Duration) {
        let usual = if is_late { self.pool.config.connect_timeout } else { Duration::ZERO };
        self.late(&format!("could not be reached: {reason}"), waited, usual);
    }

    /// The backend answered this request.
    pub(crate) fn answered(&self) {
        // What probes say against it weighs more than one answer.
        if self.target.condition.answered() && self.target.condition.health(self.worker.shared.now_ms()) != Health::Unhealthy {
            self.tell(Health::Healthy, "it answered a request".to_owned());
        }
    }

    fn tell(&self, health: Health, reason: String) {
        let (pool_id, target_id, target) = (self.pool.config.id, self.target.id, Arc::clone(&self.target.name));
        self.worker.shared.reporter.health(HealthChange { pool_id, target_id, target, health, reason });
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.target.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}
