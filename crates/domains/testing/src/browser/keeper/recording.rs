//! What a keeper does about the recording of its session: events into the store, steps out of them, and its end.

use std::time::Duration;

use argos_kernel::{AppError, ErrorKind};
use argos_webtest::record::{ConvertOptions, convert, interactions};
use serde_json::Value;
use tokio::time::{Instant, sleep, timeout};

use super::tabs::Streams;
use super::{DRAIN, Keeper, LOOK};
use crate::actions::recordings::Batch;
use crate::model::recording::{EVENTS_MAX, Recording};

/// Events are stored together with those that follow this soon.
const GATHER: Duration = Duration::from_millis(250);
/// At the end: events on their way come within this of each other.
const QUIET: Duration = Duration::from_millis(300);

impl Keeper {
    pub(super) fn gather(&mut self, mut events: Vec<Value>) {
        if self.full {
            return;
        }
        argos_webtest::record::mask(&mut events, &mut self.fields);
        self.fresh.append(&mut events);
        self.store_at.get_or_insert_with(|| Instant::now() + GATHER);
    }

    /// Keeps what was recorded since the last time.
    pub(super) async fn store(&mut self) {
        self.store_at = None;
        let events = std::mem::take(&mut self.fresh);
        let Some(recording) = self.session.recording.as_ref().filter(|_| !events.is_empty()) else { return };
        let batch = Batch { events: events.clone(), sequence: None, metadata: serde_json::Map::new(), last: false };
        let stored = self.testing.append_events(recording, batch).await.map(drop);
        let passes = stored.as_ref().is_err_and(passes);
        let was = std::mem::replace(&mut self.unstored, stored.as_ref().err().map(|error| error.message().to_owned()));
        if was != self.unstored {
            self.said(&Ok(()));
        }
        if stored.is_err() {
            // What could not be written now is written with what follows; what was refused never fits, nor what stands behind it.
            if passes && self.fresh.len() + events.len() <= usize::try_from(EVENTS_MAX).unwrap_or(0) {
                self.fresh.splice(0..0, events);
                self.store_at = Some(Instant::now() + LOOK);
            } else {
                self.full = true;
            }
            return;
        }
        // Only what a person did, or another page, makes another step.
        let arrived = |e: &Value| matches!(e.get("type").and_then(Value::as_i64), Some(4 | 5));
        self.stale |= interactions(&events, &mut self.last) > 0 || events.iter().any(arrived);
        if self.events.len() + events.len() <= usize::try_from(EVENTS_MAX).unwrap_or(0) {
            self.events.extend(events);
        }
    }

    /// Shows the steps the recording comes to.
    pub(super) async fn convert(&mut self) {
        if !std::mem::take(&mut self.stale) {
            return;
        }
        let events = std::mem::take(&mut self.events);
        let options = ConvertOptions { include_waits: false, ..ConvertOptions::default() };
        // Large documents take a while, and the other tasks of the thread should not.
        let work = move || (convert(&events, &options), events);
        let Ok((converted, events)) = tokio::task::spawn_blocking(work).await else { return };
        self.events = events;
        let steps: Vec<Value> = converted.steps.iter().filter_map(|s| serde_json::to_value(s).ok()).collect();
        self.shown.send_if_modified(|shown| std::mem::replace(&mut shown.steps, steps.clone()) != steps);
    }

    /// Takes what is still on its way and completes the recording.
    pub(super) async fn finish(&mut self, recorded: &mut Streams) {
        let Some(recording) = self.session.recording.clone().filter(|_| !self.settled) else { return };
        let mut last = std::mem::take(recorded);
        if !last.is_empty() {
            let drained = async {
                while let Ok((tab, events)) = timeout(QUIET, last.next()).await {
                    self.gather_of(tab, events);
                }
            };
            if timeout(DRAIN, drained).await.is_err() {
                tracing::debug!(recording = %recording.uid, "a page went on changing when its recording ended");
            }
        }
        self.store().await;
        self.settled = self.complete(&recording).await;
        self.shown.send_modify(|shown| shown.recording = false);
    }

    /// Completes the recording together with what could not be stored before; once more when the store is busy. False when it
    /// still is: the recording then stays one that is under way.
    async fn complete(&mut self, recording: &Recording) -> bool {
        let mut again = true;
        loop {
            let batch = Batch { events: self.fresh.clone(), sequence: None, metadata: serde_json::Map::new(), last: true };
            match self.testing.append_events(recording, batch).await {
                Ok(_) => {
                    self.fresh.clear();
                    return true;
                }
                Err(error) if again && passes(&error) => {
                    again = false;
                    sleep(LOOK).await;
                }
                Err(error) if passes(&error) => {
                    let events = self.fresh.len();
                    tracing::warn!(?error, recording = %recording.uid, events, "a live recording is not complete");
                    return false;
                }
                // What does not fit is told; what stands before it is complete.
                Err(error) if error.kind() == ErrorKind::TooLarge && !self.fresh.is_empty() => {
                    self.full = true;
                    self.unstored = Some(error.message().to_owned());
                    self.said(&Ok(()));
                    self.fresh.clear();
                }
                // It may be complete or deleted already.
                Err(error) => {
                    tracing::debug!(?error, recording = %recording.uid, "a live recording was over already");
                    return true;
                }
            }
        }
    }
}

/// Whether the store may take later what it did not take now.
fn passes(error: &AppError) -> bool {
    matches!(error.kind(), ErrorKind::Internal | ErrorKind::Unavailable)
}
