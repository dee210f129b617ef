//! What the engine tells its owner: access records and health changes, through bounded channels. A full channel drops
//! and counts; serving never waits for a reader.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use http::{HeaderValue, Method, StatusCode, Uri, Version};
use tokio::sync::mpsc;

use crate::batch::Batch;
use crate::health::Health;

/// A finished request.
#[derive(Clone, Debug)]
pub struct AccessRecord {
    /// When it began.
    pub started: Instant,
    /// How long it took until the last byte of the answer was handed over.
    pub duration: Duration,
    /// The owner's number of the host; `None` when no host serves the name.
    pub host_id: Option<u64>,
    /// The configured name of the host.
    pub host: Option<Arc<str>>,
    /// The rule that matched.
    pub rule_id: Option<u64>,
    /// The client, after trusted proxies.
    pub client: IpAddr,
    /// Method.
    pub method: Method,
    /// Path and query as they came.
    pub uri: Uri,
    /// HTTP version.
    pub version: Version,
    /// Whether it came over TLS.
    pub tls: bool,
    /// The answer.
    pub status: StatusCode,
    /// Bytes of the answer's body that were handed over.
    pub bytes: u64,
    /// The client's `User-Agent`.
    pub user_agent: Option<HeaderValue>,
    /// The backend that answered, as `host:port`.
    pub upstream: Option<Arc<str>>,
    /// Who answered, and why.
    pub outcome: Outcome,
}

/// Who answered a request, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The backend.
    Forwarded,
    /// A rule or a redirect of the host.
    Answered,
    /// The client's address is banned.
    Banned,
    /// The client's address is not admitted.
    NotAdmitted,
    /// Too many requests in the window.
    RateLimited,
    /// Too many requests at one time.
    Busy,
    /// A filter refused it.
    Filtered,
    /// Forward authentication refused it.
    NotAuthenticated,
    /// The request itself was not acceptable.
    BadRequest,
    /// No backend was fit, or none answered.
    UpstreamFailed,
    /// The exchange broke off before the answer was complete.
    Aborted,
}

/// A backend's health changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthChange {
    /// The owner's number of the pool.
    pub pool_id: u64,
    /// The owner's number of the backend.
    pub target_id: u64,
    /// `host:port`
    pub target: Arc<str>,
    /// Its state now.
    pub health: Health,
    /// What was seen last, in words.
    pub reason: String,
}

/// The state of a backend as the owner may show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetStatus {
    /// The owner's number of the pool.
    pub pool_id: u64,
    /// The owner's number of the backend.
    pub target_id: u64,
    /// State.
    pub health: Health,
    /// Requests in progress.
    pub in_flight: u32,
    /// Requests sent to it.
    pub requests: u64,
    /// Of these, failed.
    pub failures: u64,
    /// What the last probe saw; `None` when there was none.
    pub probe: Option<Probe>,
}

/// What a probe saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// How long ago it ended.
    pub age: Duration,
    /// The answer's status.
    pub status: Option<u16>,
    /// Why it was no good one.
    pub error: Option<String>,
}

/// The owner's ends of the channels.
#[derive(Debug)]
pub struct Reports {
    /// Batches of finished requests.
    pub access: mpsc::Receiver<Batch>,
    /// Health changes.
    pub health: mpsc::Receiver<HealthChange>,
    dropped: Arc<AtomicU64>,
}

impl Reports {
    /// How many access records and health changes a full channel dropped.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

/// The engine's ends.
#[derive(Clone, Debug)]
pub(crate) struct Reporter {
    access: mpsc::Sender<Batch>,
    health: mpsc::Sender<HealthChange>,
    dropped: Arc<AtomicU64>,
}

/// Batches of access records that may wait.
const BATCHES_MAX: usize = 256;
/// Health changes that may wait.
const CHANGES_MAX: usize = 1024;

pub(crate) fn channels() -> (Reporter, Reports) {
    let (access, access_out) = mpsc::channel(BATCHES_MAX);
    let (health, health_out) = mpsc::channel(CHANGES_MAX);
    let dropped = Arc::new(AtomicU64::new(0));
    (Reporter { access, health, dropped: Arc::clone(&dropped) }, Reports { access: access_out, health: health_out, dropped })
}

impl Reporter {
    pub(crate) fn access(&self, batch: Batch) {
        let records = batch.len();
        if self.access.try_send(batch).is_err() {
            self.dropped.fetch_add(u64::try_from(records).unwrap_or(0), Ordering::Relaxed);
        }
    }

    pub(crate) fn health(&self, change: HealthChange) {
        if self.health.try_send(change).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}
