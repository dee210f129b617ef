//! Recording in a tab of a person's own browser: the recorder is put into each document of the tab, and what it noted is taken
//! from there twice a second. What the last document noted before it was left waits in its storage for the next of the same site.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use argos_identity::Project;
use argos_kernel::{AppError, ErrorKind, Result, Uid};
use argos_web::OpCx;
use argos_webtest::record::RECORDER;
use serde_json::{Map, Value, json};
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use super::bridge::Connected;
use super::wire::text_of;
use crate::actions::recordings::{Batch, NewRecording};
use crate::model::recording::Recording as Row;
use crate::service::Testing;

const EVERY: Duration = Duration::from_millis(500);
/// Looks in a row that came to nothing after which the tab counts as gone; one that loads cannot be looked into.
const LOST: u32 = 20;
const LIFE: Duration = Duration::from_secs(4 * 3_600);
/// Where the storage of a site keeps what its last document noted. All that is kept names the recording it is of: what another
/// one left, here or in the storage of the site, belongs to nobody.
const KEY: &str = "argos-bridge";

/// Gives what was noted; nothing where the recorder of this recording is not in the document.
fn take(of: Uid) -> String {
    format!("(globalThis.argosBridge?.of === '{of}' ? JSON.stringify(globalThis.argosBridge.events.splice(0)) : '')")
}

/// Puts the recorder into the document, in the place of one an earlier recording left, and gives what was noted.
fn begin(of: Uid) -> String {
    let take = take(of);
    format!(
        "(() => {{ {RECORDER}
  const key = '{KEY}', of = '{of}';
  if (globalThis.argosBridge?.of !== of) {{
    globalThis.argosBridge?.stop?.();
    let events = [];
    try {{ const kept = JSON.parse(sessionStorage.getItem(key)); if (kept?.of === of) events = kept.events; sessionStorage.removeItem(key); }} catch {{ events = []; }}
    const recorder = argosRecorder({{ emit: (more) => {{ if (events.length < 50000) events.push(...more); }} }});
    const leave = () => {{ try {{ sessionStorage.setItem(key, JSON.stringify({{ of, events: events.splice(0) }})); }} catch {{ /* too much, or no storage here */ }} }};
    addEventListener('pagehide', leave);
    globalThis.argosBridge = {{ of, events, stop() {{ recorder.stop(); removeEventListener('pagehide', leave); events.length = 0; }} }};
  }}
  return {take};
}})()"
    )
}

/// Takes the recorder of a recording that ended out of the document; what is done in the tab from now on is nobody's matter.
fn end(of: Uid) -> String {
    format!(
        "(() => {{
  if (globalThis.argosBridge?.of === '{of}') {{ globalThis.argosBridge.stop(); delete globalThis.argosBridge; }}
  try {{ if (JSON.parse(sessionStorage.getItem('{KEY}'))?.of === '{of}') sessionStorage.removeItem('{KEY}'); }} catch {{ /* no storage here */ }}
  return '';
}})()"
    )
}

/// A recording under way in a tab.
pub(super) struct Recording {
    pub(super) uid: Uid,
    pub(super) tab: i64,
    stop: CancellationToken,
}

impl Connected {
    /// The recording under way and its tab.
    pub(crate) fn records(&self) -> Option<(Uid, i64)> {
        self.recording.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|r| (r.uid, r.tab))
    }

    /// Ends the recording under way; what was noted last is taken in first.
    pub(crate) fn stop_recording(&self) -> Option<Uid> {
        let recording = self.recording.lock().unwrap_or_else(PoisonError::into_inner);
        recording.as_ref().map(|r| {
            r.stop.cancel();
            r.uid
        })
    }

    async fn evaluate(&self, tab: i64, script: &str) -> Result<String> {
        let params = json!({ "expression": script, "script": script }).as_object().cloned().unwrap_or_default();
        let said = self.ask("evaluate", Some(tab), params).await?;
        Ok(text_of(&said).unwrap_or_default().to_owned())
    }

    /// What was done in the tab since the last look.
    async fn noted(&self, tab: i64, of: Uid) -> Result<Vec<Value>> {
        let mut text = self.evaluate(tab, &take(of)).await?;
        if text.is_empty() {
            text = self.evaluate(tab, &begin(of)).await?;
        }
        if text.is_empty() {
            return Ok(Vec::new());
        }
        let unread = || AppError::new(ErrorKind::Upstream, "What the tab noted cannot be read").code("extension_unread");
        argos_cdp::json::parse(&text).map_err(|_| unread())
    }

    /// The tab the person looks at.
    async fn active_tab(&self) -> Result<i64> {
        let said = self.ask("getActiveTab", None, Map::new()).await?;
        let id = ["id", "tabId"].into_iter().find_map(|name| said.get(name)?.as_i64()).or_else(|| said.as_i64());
        id.ok_or_else(|| AppError::new(ErrorKind::Upstream, "The extension names no tab").code("extension_no_tab"))
    }
}

impl Testing {
    /// Begins to record what is done in a tab; without one named in the tab the person looks at.
    pub(crate) async fn record_in_extension(
        self: &Arc<Self>,
        cx: &OpCx,
        connected: &Arc<Connected>,
        project: &Project,
        (new, tab): (NewRecording, Option<i64>),
    ) -> Result<Row> {
        let busy = || AppError::conflict("The extension records already").code("extension_records");
        if connected.records().is_some() {
            return Err(busy());
        }
        let tab = match tab {
            Some(tab) => tab,
            None => connected.active_tab().await?,
        };
        let row = self.begin_recording(project, new).await?;
        let stop = CancellationToken::new();
        let noted = connected.noted(tab, row.uid).await;
        let begun = noted.and_then(|first| {
            let mut recording = connected.recording.lock().unwrap_or_else(PoisonError::into_inner);
            if recording.is_some() {
                return Err(busy());
            }
            *recording = Some(Recording { uid: row.uid, tab, stop: stop.clone() });
            Ok(first)
        });
        let first = match begun {
            Ok(first) => first,
            Err(error) => {
                // Nothing will ever be recorded in it.
                let (connected, of) = (Arc::clone(connected), row.uid);
                let forget = async move { drop(connected.evaluate(tab, &end(of)).await) };
                self.platform.tasks.once("extension-recording-end", forget);
                self.delete_recording(cx, &row).await?;
                return Err(error);
            }
        };
        let (testing, connected, own) = (Arc::clone(self), Arc::clone(connected), row.clone());
        self.platform.tasks.once("extension-recording", async move { testing.keep_recording(&connected, &own, (tab, first), &stop).await });
        Ok(row)
    }

    async fn keep_recording(&self, connected: &Connected, row: &Row, (tab, first): (i64, Vec<Value>), stop: &CancellationToken) {
        let shutdown = self.platform.tasks.shutdown().clone();
        let mut look = tokio::time::interval(EVERY);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (began, mut lost) = (Instant::now(), 0);
        // Without the document as it was nothing later can be read.
        let mut open = first.is_empty() || self.append_events(row, batch(first, false)).await.is_ok();
        while open && lost < LOST && began.elapsed() < LIFE {
            open = tokio::select! {
                () = stop.cancelled() => false,
                () = shutdown.wait() => false,
                () = connected.over() => false,
                _ = look.tick() => true,
            };
            if connected.is_over() {
                break;
            }
            lost = match connected.noted(tab, row.uid).await {
                Ok(events) if events.is_empty() => 0,
                Ok(events) => match self.append_events(row, batch(events, false)).await {
                    Ok(_) => 0,
                    // It is full, completed or deleted.
                    Err(error) => {
                        tracing::debug!(?error, recording = %row.uid, "a recording in an extension takes nothing more");
                        break;
                    }
                },
                Err(error) => {
                    tracing::debug!(?error, recording = %row.uid, "a tab could not be looked into");
                    lost + 1
                }
            };
        }
        // One that is over already is complete.
        drop(self.append_events(row, batch(Vec::new(), true)).await);
        *connected.recording.lock().unwrap_or_else(PoisonError::into_inner) = None;
        // The next one may begin: this names the one that ended.
        drop(connected.evaluate(tab, &end(row.uid)).await);
    }
}

fn batch(events: Vec<Value>, last: bool) -> Batch {
    Batch { events, sequence: None, metadata: Map::new(), last }
}
