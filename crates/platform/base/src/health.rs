//! The one component registry (platform spec 17). Every part reports here; every health route reads here.
//! Unknown is never healthy, and a component that is not configured leaves every total.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use argos_kernel::{Clock, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ComponentStatus {
    Healthy,
    Degraded,
    Unhealthy,
    /// Never probed, or the probe could not tell.
    Unknown,
    /// Not configured.
    Disabled,
}

/// One component as it was last seen.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Component {
    pub name: String,
    pub status: ComponentStatus,
    /// Unix seconds of the last good report; null when there was none.
    pub last_ok: Option<i64>,
    /// Reports in a row that were not good.
    pub failures: u64,
    /// Duration of the last probe in milliseconds, when it has one.
    pub latency_ms: Option<f64>,
    pub detail: Option<String>,
}

/// What the server cannot work without.
const ESSENTIAL: [&str; 9] = ["database", "telemetry", "web", "vault", "scheduler", "jobs", "events", "tasks", "replica"];

/// How the polling of devices goes on, which the health page tells published clients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Polling {
    pub is_polling: bool,
    pub last_poll_at: Option<Timestamp>,
    /// `None` while paused.
    pub next_poll_at: Option<Timestamp>,
    /// The last poll is older than three intervals.
    pub late: bool,
}

type AskPolling = Arc<dyn Fn() -> Polling + Send + Sync>;

/// Clones share the registry.
#[derive(Clone)]
pub struct Health {
    clock: Arc<dyn Clock>,
    components: Arc<Mutex<BTreeMap<String, Component>>>,
    polling: Arc<OnceLock<AskPolling>>,
}

impl Health {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, components: Arc::default(), polling: Arc::default() }
    }

    /// Names who polls devices. The first one counts.
    pub fn share_polling(&self, ask: impl Fn() -> Polling + Send + Sync + 'static) {
        self.polling.get_or_init(|| Arc::new(ask));
    }

    /// `None` when nothing here polls.
    pub fn polling(&self) -> Option<Polling> {
        self.polling.get().map(|ask| ask())
    }

    /// Records what a probe or a worker saw.
    pub fn report(&self, name: &str, status: ComponentStatus, latency_ms: Option<f64>, detail: Option<String>) {
        let now: Timestamp = self.clock.now();
        let mut map = self.components.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = map.entry(name.to_owned()).or_insert_with(|| Component {
            name: name.to_owned(),
            status: ComponentStatus::Unknown,
            last_ok: None,
            failures: 0,
            latency_ms: None,
            detail: None,
        });
        let good = status == ComponentStatus::Healthy;
        entry.failures = if good || status == ComponentStatus::Disabled { 0 } else { entry.failures + 1 };
        entry.last_ok = if good { Some(now.secs()) } else { entry.last_ok };
        (entry.status, entry.latency_ms, entry.detail) = (status, latency_ms, detail);
    }

    /// All components by name.
    pub fn list(&self) -> Vec<Component> {
        self.components.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Whether the server itself does its work. A full disk, a stale backup or a channel that fails is told by its
    /// component; it does not make the server degraded.
    pub fn serves_well(&self) -> bool {
        let bad = |c: &Component| matches!(c.status, ComponentStatus::Degraded | ComponentStatus::Unhealthy);
        !self.list().iter().any(|c| ESSENTIAL.contains(&c.name.as_str()) && bad(c))
    }
}

#[cfg(test)]
mod tests {
    use argos_kernel::{ManualClock, Timestamp};

    use super::*;

    #[test]
    fn failures_count_up_and_a_good_report_resets_them() {
        let health = Health::new(Arc::new(ManualClock::at(Timestamp::from_secs(100))));
        health.report("database", ComponentStatus::Unhealthy, None, Some("gone".to_owned()));
        health.report("database", ComponentStatus::Degraded, Some(300.0), None);
        assert_eq!((health.list()[0].failures, health.list()[0].last_ok), (2, None));
        assert!(!health.serves_well());
        health.report("database", ComponentStatus::Healthy, Some(1.0), None);
        assert_eq!((health.list()[0].failures, health.list()[0].last_ok), (0, Some(100)));
        health.report("smtp", ComponentStatus::Disabled, None, None);
        health.report("disk", ComponentStatus::Unhealthy, None, Some("1 % free".to_owned()));
        assert!(health.serves_well());
    }
}
