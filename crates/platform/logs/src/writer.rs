//! Stores queued lines in batches: at most 500, at most a second old, so that a crash loses less than two seconds.

use std::sync::PoisonError;
use std::time::Duration;

use argos_kernel::{Result, Severity, Shutdown};
use tokio::time::{Instant, timeout_at};

use crate::entry::{LogEntry, Source};
use crate::logs::Logs;
use crate::queue::Intake;

const BATCH_LINES_MAX: usize = 500;
const BATCH_AGE_MAX: Duration = Duration::from_secs(1);
/// How long the writer waits for a line before it tries whether lines are stored again.
const AGAIN: Duration = Duration::from_secs(10);
/// Attempts to store one batch before it is given up: a store that is away for minutes must not fill the memory.
const ATTEMPTS: u32 = 8;

pub(crate) async fn run(logs: Logs, stop: Shutdown) -> Result<()> {
    let mut intake = logs.0.intake.lock().await;
    let mut reported = 0;
    loop {
        let mut batch = Vec::with_capacity(BATCH_LINES_MAX);
        let first = tokio::select! {
            line = intake.0.recv() => line,
            () = stop.wait() => None,
            // Nobody may log anything for hours: whether the store takes lines again is found out by one that says so.
            () = tokio::time::sleep(AGAIN), if logs.trouble().is_some() => Some(gap(&logs)),
        };
        let Some(first) = first else { break };
        batch.push(first);
        let due = Instant::now() + BATCH_AGE_MAX;
        while batch.len() < BATCH_LINES_MAX {
            let line = tokio::select! {
                line = timeout_at(due, intake.0.recv()) => line,
                () = stop.wait() => break,
            };
            match line {
                Ok(Some(line)) => batch.push(line),
                Ok(None) | Err(_) => break,
            }
        }
        report_drops(&logs, &mut batch, &mut reported);
        store(&logs, &batch, &stop).await;
    }
    drain(&logs, &mut intake, &stop).await;
    Ok(())
}

/// The first line after some that were not stored.
fn gap(logs: &Logs) -> LogEntry {
    let text = "log lines could not be stored for a while; some of that time are missing";
    LogEntry::new(Source::System, logs.queue().now(), Severity::Warning, text)
}

/// Stores what is queued now.
pub(crate) async fn drain(logs: &Logs, intake: &mut Intake, stop: &Shutdown) {
    let mut rest = Vec::new();
    while let Ok(line) = intake.0.try_recv() {
        rest.push(line);
    }
    for part in rest.chunks(BATCH_LINES_MAX) {
        store(logs, part, stop).await;
    }
}

/// A gap is told, never silent.
fn report_drops(logs: &Logs, batch: &mut Vec<LogEntry>, reported: &mut u64) {
    let (dropped, _) = logs.queue().counts();
    if dropped > *reported {
        let text = format!("{} log lines were dropped because the queue was full", dropped - *reported);
        batch.push(LogEntry::new(Source::System, logs.queue().now(), Severity::Warning, text));
        *reported = dropped;
    }
}

impl Logs {
    /// Why lines are not stored now, in words; `None` while they are.
    pub fn trouble(&self) -> Option<String> {
        self.0.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note_trouble(&self, why: Option<&str>) {
        *self.0.trouble.lock().unwrap_or_else(PoisonError::into_inner) = why.map(str::to_owned);
    }
}

async fn store(logs: &Logs, batch: &[LogEntry], stop: &Shutdown) {
    let mut pause = Duration::from_millis(200);
    for attempt in 1..=ATTEMPTS {
        match logs.store(batch).await {
            Ok(()) => return logs.note_trouble(None),
            Err(error) => {
                logs.note_trouble(Some(error.message()));
                tracing::warn!(?error, attempt, lines = batch.len(), "log lines not stored");
            }
        }
        if !stop.sleep(pause).await && attempt > 1 {
            break;
        }
        pause = (pause * 2).min(Duration::from_secs(5));
    }
    logs.lose(batch);
    tracing::error!(lines = batch.len(), "log lines were lost: the store did not take them");
}
