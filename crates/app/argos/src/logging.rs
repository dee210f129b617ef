//! The process's own log: JSON (or text) on standard error, and the stream `system` of the log store.

use std::sync::{Arc, OnceLock};

use argos_kernel::SystemClock;
use argos_logs::{Intake, LogLayer, LogQueue};
use argos_settings::boot::Boot;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Registry, reload};

static LEVEL: OnceLock<reload::Handle<EnvFilter, Registry>> = OnceLock::new();

fn filter(boot: &Boot) -> EnvFilter {
    let level = boot.text("log.level").unwrap_or_else(|| "info".to_owned());
    // Other people's crates speak up only when something is wrong.
    EnvFilter::new(format!("warn,argos={level}{}", CRATES.map(|c| format!(",argos_{c}={level}")).concat()))
}

const CRATES: [&str; 16] = [
    "kernel", "store", "web", "vault", "settings", "net", "events", "audit", "jobs", "identity", "metrics", "logs", "alerts", "notify",
    "platform", "host",
];

/// Installs the subscriber; call once, before anything logs.
pub(crate) fn start(boot: &Boot) -> (LogQueue, Intake) {
    let (queue, intake) = LogQueue::new(Arc::new(SystemClock));
    let (filter, handle) = reload::Layer::new(filter(boot));
    drop(LEVEL.set(handle));
    let registry = tracing_subscriber::registry().with(filter).with(LogLayer::new(queue.clone()));
    let outcome = if boot.text("log.format").as_deref() == Some("text") {
        registry.with(tracing_subscriber::fmt::layer().with_writer(std::io::stderr)).try_init()
    } else {
        registry.with(tracing_subscriber::fmt::layer().json().flatten_event(true).with_writer(std::io::stderr)).try_init()
    };
    // A second subscriber exists only in tests, where the first stays.
    drop(outcome);
    (queue, intake)
}

/// Takes the level of a configuration that was read again.
pub(crate) fn set_level(boot: &Boot) {
    if let Some(handle) = LEVEL.get()
        && let Err(error) = handle.reload(filter(boot))
    {
        tracing::error!(%error, "the log level was not changed");
    }
}
