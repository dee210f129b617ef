//! What programs asked for: a row `api_request` for every request with an API key that wanted a change or failed, also one
//! that its route's permission refuses. What is turned away before that (address, credential, CSRF, rate) has no row.
//!
//! Rows are written in batches, at most five seconds late; a crash may lose those. The queue is bounded, and what does
//! not fit leaves a row that says how many. It must never make a request wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use argos_kernel::{Actor, CredentialKind, Result, Severity, Shutdown, Tasks, Timestamp};
use argos_web::{Answered, Listener};
use serde_json::json;
use tokio::sync::{Mutex, mpsc};
use tokio::time::{Instant, timeout_at};

use crate::entry::{Category, Entry, Status};
use crate::log::Audit;

const QUEUE_MAX: usize = 10_000;
const BATCH_MAX: usize = 100;
const BATCH_AGE: Duration = Duration::from_secs(5);

/// The action of such a row; its views call it `api_request`.
pub const API_REQUEST: &str = "api.request";

struct Heard {
    at: Timestamp,
    request: Answered,
}

struct Shared {
    audit: Audit,
    sender: mpsc::Sender<Heard>,
    intake: Mutex<mpsc::Receiver<Heard>>,
    dropped: AtomicU64,
}

/// Hears of requests and writes them down. Clones share the queue.
#[derive(Clone)]
pub struct RequestLog(Arc<Shared>);

impl RequestLog {
    pub fn new(audit: Audit) -> Self {
        let (sender, intake) = mpsc::channel(QUEUE_MAX);
        Self(Arc::new(Shared { audit, sender, intake: Mutex::new(intake), dropped: AtomicU64::new(0) }))
    }

    /// Starts the writer. It writes what is queued, also after the stop signal.
    pub fn start(&self, tasks: &Tasks) {
        let log = self.clone();
        tasks.supervise("audit.requests", move |stop| {
            let log = log.clone();
            async move { log.run(&stop).await }
        });
    }

    async fn run(&self, stop: &Shutdown) -> Result<()> {
        let mut intake = self.0.intake.lock().await;
        loop {
            let first = tokio::select! {
                heard = intake.recv() => heard,
                () = stop.wait() => intake.try_recv().ok(),
            };
            let Some(first) = first else { return Ok(()) };
            let (mut batch, due) = (vec![first], Instant::now() + BATCH_AGE);
            while batch.len() < BATCH_MAX {
                let next = tokio::select! {
                    next = timeout_at(due, intake.recv()) => next.ok().flatten(),
                    () = stop.wait() => intake.try_recv().ok(),
                };
                match next {
                    Some(heard) => batch.push(heard),
                    None => break,
                }
            }
            self.write(batch).await;
        }
    }

    async fn write(&self, batch: Vec<Heard>) {
        let (count, lost) = (batch.len(), self.0.dropped.swap(0, Ordering::Relaxed));
        let mut rows = Vec::with_capacity(count + 1);
        if lost > 0 {
            rows.push((Actor::system(), gap(lost, self.0.audit.now())));
        }
        rows.extend(batch.into_iter().map(|heard| (heard.request.actor.clone(), entry(&heard))));
        if let Err(error) = self.0.audit.write_all(rows).await {
            tracing::error!(?error, count, "requests of programs were not written down");
            self.0.dropped.fetch_add(lost + count as u64, Ordering::Relaxed);
        }
    }
}

impl Listener for RequestLog {
    fn wants(&self, credential: CredentialKind, method: &str, status: u16) -> bool {
        credential == CredentialKind::ApiKey && (status >= 400 || !matches!(method, "GET" | "HEAD" | "OPTIONS"))
    }

    fn answered(&self, request: Answered) {
        if self.0.sender.try_send(Heard { at: self.0.audit.now(), request }).is_err() {
            self.0.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn entry(heard: &Heard) -> Entry {
    let r = &heard.request;
    let (status, severity) = match r.status {
        500.. => (Status::Failure, Severity::Error),
        400..500 => (Status::Failure, Severity::Warning),
        _ => (Status::Success, Severity::Info),
    };
    Entry::new(API_REQUEST, Category::Security)
        .alias("api_request")
        .target("route", r.operation)
        .describe(format!("{} {} answered {}", r.method, r.route, r.status))
        .after(json!({ "method": r.method, "route": r.route, "status": r.status }))
        .status(status)
        .severity(severity)
        .duration_ms(i64::try_from(r.took.as_millis()).unwrap_or(i64::MAX))
        .at(heard.at)
}

fn gap(lost: u64, at: Timestamp) -> Entry {
    Entry::new("audit.gap", Category::Security)
        .target("route", "api_request")
        .describe(format!("{lost} requests of programs are not in the log"))
        .after(json!({ "lost": lost }))
        .severity(Severity::Warning)
        .at(at)
}
