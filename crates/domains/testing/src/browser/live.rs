//! Browsers that people drive: a session holds a browser of the pool, a page, and, when it records, a recording that
//! grows with what is done. It lives in this process only, ends when nobody used it for a while, and leaves its recording.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use argos_cdp::{CdpError, Context, LoadState, MouseButton, Page, Screencast};
use argos_kernel::{Shutdown, Timestamp, Uid};
use argos_webtest::record::{ConvertOptions, Live as Recorded, convert};
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};

use super::pool::Lease;
use super::proxy::Proxy;
use crate::actions::recordings::Batch;
use crate::model::live::{Button, MouseEvent, Touch};
use crate::model::recording::{EVENTS_MAX, Recording};
use crate::service::Testing;

/// What a page may take to load.
const GOTO: Duration = Duration::from_secs(30);
/// How often the time without use is looked at.
const LOOK: Duration = Duration::from_secs(1);
/// Messages of people that wait; more are dropped.
const TOUCHES_MAX: usize = 256;

/// What is shown of a session besides its picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Shown {
    pub(crate) url: String,
    pub(crate) title: String,
    /// What the recording became so far.
    pub(crate) steps: Vec<Value>,
    pub(crate) recording: bool,
    /// Why the last thing did not work.
    pub(crate) problem: Option<String>,
    pub(crate) closed: bool,
}

/// A browser somebody drives.
pub(crate) struct Session {
    pub(crate) uid: Uid,
    pub(crate) organization_id: i64,
    pub(crate) project_id: Option<i64>,
    pub(crate) view: (u32, u32),
    pub(crate) idle: Duration,
    pub(crate) recording: Option<Recording>,
    pub(crate) created_at: Timestamp,
    pub(crate) page: Page,
    pub(crate) touches: mpsc::Sender<Touch>,
    pub(crate) shown: watch::Receiver<Shown>,
    pub(crate) frames: watch::Receiver<Arc<[u8]>>,
    /// Milliseconds since the epoch.
    last_used: AtomicI64,
    pub(crate) actions: AtomicU64,
    stop: tokio_util::sync::CancellationToken,
}

impl Session {
    /// It is in use now.
    pub(crate) fn used(&self, now: Timestamp) {
        self.last_used.store(now.millis(), Ordering::Relaxed);
    }
    pub(crate) fn last_used(&self) -> Timestamp {
        Timestamp::from_micros(self.last_used.load(Ordering::Relaxed).saturating_mul(1_000))
    }
    /// Ends it; its task does the rest.
    pub(crate) fn end(&self) {
        self.stop.cancel();
    }
}

/// How long it is known that a session was there: closing it again is no error.
const ENDED_SECS: i64 = 60;

/// A session that is over.
#[derive(Clone, Debug)]
pub(crate) struct Ended {
    uid: Uid,
    pub(crate) organization_id: i64,
    pub(crate) project_id: Option<i64>,
    pub(crate) duration_ms: i64,
    at: Timestamp,
}

/// The sessions of this process, and those that ended a moment ago.
#[derive(Default)]
pub(crate) struct Sessions(Mutex<Vec<Arc<Session>>>, Mutex<Vec<Ended>>);

impl Sessions {
    fn forget(&self, session: &Session, now: Timestamp) {
        let mut ended = self.1.lock().unwrap_or_else(PoisonError::into_inner);
        ended.retain(|e| e.at.plus_secs(ENDED_SECS) > now);
        ended.push(Ended {
            uid: session.uid,
            organization_id: session.organization_id,
            project_id: session.project_id,
            duration_ms: now.millis().saturating_sub(session.created_at.millis()),
            at: now,
        });
        drop(ended);
        self.list().retain(|s| s.uid != session.uid);
    }
    /// A session that ended within the last minute.
    pub(crate) fn ended(&self, uid: Uid, now: Timestamp) -> Option<Ended> {
        let ended = self.1.lock().unwrap_or_else(PoisonError::into_inner);
        ended.iter().find(|e| e.uid == uid && e.at.plus_secs(ENDED_SECS) > now).cloned()
    }
    fn list(&self) -> std::sync::MutexGuard<'_, Vec<Arc<Session>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
    pub(crate) fn find(&self, uid: Uid) -> Option<Arc<Session>> {
        self.list().iter().find(|s| s.uid == uid).cloned()
    }
}

/// What a session is made of.
pub(crate) struct Parts {
    pub(crate) lease: Lease,
    pub(crate) context: Context,
    pub(crate) page: Page,
    pub(crate) film: Screencast,
    pub(crate) recorded: Option<Recorded>,
    /// The way of its connections.
    pub(crate) proxy: Proxy,
}

/// Who a session belongs to and how it is kept.
pub(crate) struct Terms {
    pub(crate) organization_id: i64,
    pub(crate) project_id: Option<i64>,
    pub(crate) view: (u32, u32),
    pub(crate) idle: Duration,
    pub(crate) recording: Option<Recording>,
}

impl Testing {
    /// Begins a session and the task that keeps it.
    pub(crate) fn begin_session(self: &Arc<Self>, uid: Uid, terms: Terms, parts: Parts) -> Arc<Session> {
        let now = self.platform.clock.now();
        let (touches, touched) = mpsc::channel(TOUCHES_MAX);
        let (shown_to, shown) = watch::channel(Shown { recording: terms.recording.is_some(), ..Shown::default() });
        let (frames_to, frames) = watch::channel(Arc::from(Vec::new()));
        let session = Arc::new(Session {
            uid,
            organization_id: terms.organization_id,
            project_id: terms.project_id,
            view: terms.view,
            idle: terms.idle,
            recording: terms.recording,
            created_at: now,
            page: parts.page.clone(),
            touches,
            shown,
            frames,
            last_used: AtomicI64::new(now.millis()),
            actions: AtomicU64::new(0),
            stop: tokio_util::sync::CancellationToken::new(),
        });
        self.sessions.list().push(Arc::clone(&session));
        let keeper = Keeper {
            testing: Arc::clone(self),
            session: Arc::clone(&session),
            shown: shown_to,
            frames: frames_to,
            events: Vec::new(),
            fields: std::collections::BTreeSet::new(),
        };
        self.platform.tasks.once("browser-session", keeper.keep(parts, touched, self.platform.tasks.shutdown().clone()));
        session
    }
}

struct Keeper {
    testing: Arc<Testing>,
    session: Arc<Session>,
    shown: watch::Sender<Shown>,
    frames: watch::Sender<Arc<[u8]>>,
    /// Of the recording, for the steps that are shown beside the page.
    events: Vec<Value>,
    /// Nodes that hold a password.
    fields: std::collections::BTreeSet<i64>,
}

impl Keeper {
    async fn keep(mut self, parts: Parts, mut touched: mpsc::Receiver<Touch>, shutdown: Shutdown) {
        let Parts { lease, context, page, mut film, mut recorded, proxy: _proxy } = parts;
        let mut look = tokio::time::interval(LOOK);
        loop {
            tokio::select! {
                () = self.session.stop.cancelled() => break,
                () = shutdown.wait() => break,
                frame = film.next() => match frame {
                    Ok(Some(frame)) => drop(self.frames.send_replace(frame.image.into())),
                    _ => break,
                },
                events = next(&mut recorded) => match events {
                    Some(events) => self.record(events).await,
                    None => recorded = None,
                },
                touch = touched.recv() => match touch {
                    Some(touch) => self.touch(&page, touch, &mut recorded).await,
                    None => break,
                },
                _ = look.tick() => {
                    self.tell(&page).await;
                    let idle = i64::try_from(self.session.idle.as_secs()).unwrap_or(i64::MAX);
                    if page.is_closed() || page.is_crashed() || self.session.last_used().plus_secs(idle) < self.testing.platform.clock.now() {
                        break;
                    }
                }
            }
        }
        self.complete().await;
        self.testing.sessions.forget(&self.session, self.testing.platform.clock.now());
        self.shown.send_modify(|shown| (shown.closed, shown.recording) = (true, false));
        drop(film);
        // A browser that is gone has nothing left to close.
        drop(context.close().await);
        drop(lease);
    }

    async fn touch(&self, page: &Page, touch: Touch, recorded: &mut Option<Recorded>) {
        self.session.used(self.testing.platform.clock.now());
        if !matches!(touch, Touch::Mouse { event: MouseEvent::Move, .. }) {
            self.session.actions.fetch_add(1, Ordering::Relaxed);
        }
        if touch == Touch::Stop {
            *recorded = None;
            self.complete().await;
            self.shown.send_modify(|shown| shown.recording = false);
            return;
        }
        let problem = done(page, touch).await.err().map(|e| e.to_string());
        self.shown.send_if_modified(|shown| std::mem::replace(&mut shown.problem, problem.clone()) != problem);
    }

    /// Keeps what was recorded and shows the steps it comes to.
    async fn record(&mut self, mut events: Vec<Value>) {
        let Some(recording) = &self.session.recording else { return };
        argos_webtest::record::mask(&mut events, &mut self.fields);
        let batch = Batch { events: events.clone(), sequence: None, metadata: serde_json::Map::new(), last: false };
        if let Err(error) = self.testing.append_events(recording, batch).await {
            self.shown.send_modify(|shown| shown.problem = Some(error.message().to_owned()));
            return;
        }
        self.session.used(self.testing.platform.clock.now());
        if self.events.len() + events.len() <= usize::try_from(EVENTS_MAX).unwrap_or(0) {
            self.events.extend(events);
        }
        let all = self.events.clone();
        let options = ConvertOptions { include_waits: false, ..ConvertOptions::default() };
        // Large documents take a while, and the other tasks of the thread should not.
        let Ok(converted) = tokio::task::spawn_blocking(move || convert(&all, &options)).await else { return };
        let steps: Vec<Value> = converted.steps.iter().filter_map(|s| serde_json::to_value(s).ok()).collect();
        self.shown.send_if_modified(|shown| std::mem::replace(&mut shown.steps, steps.clone()) != steps);
    }

    async fn tell(&self, page: &Page) {
        let url = page.url();
        // A page that hangs tells nothing, and its picture goes on.
        let Ok(Ok(title)) = tokio::time::timeout(LOOK, page.title()).await else { return };
        self.shown.send_if_modified(|shown| {
            let changed = shown.url != url || shown.title != title;
            (shown.url, shown.title) = (url, title);
            changed
        });
    }

    async fn complete(&self) {
        let Some(recording) = &self.session.recording else { return };
        let batch = Batch { events: Vec::new(), sequence: None, metadata: serde_json::Map::new(), last: true };
        // It may be complete or deleted already.
        if let Err(error) = self.testing.append_events(recording, batch).await {
            tracing::debug!(?error, recording = %recording.uid, "a live recording was over already");
        }
    }
}

/// What was recorded next; waits for ever where nothing is.
async fn next(recorded: &mut Option<Recorded>) -> Option<Vec<Value>> {
    match recorded {
        Some(recorded) => recorded.next().await,
        None => std::future::pending().await,
    }
}

async fn done(page: &Page, touch: Touch) -> Result<(), CdpError> {
    let of = |button| match button {
        Button::Left => MouseButton::Left,
        Button::Middle => MouseButton::Middle,
        Button::Right => MouseButton::Right,
    };
    match touch {
        Touch::Mouse { event, x, y, button } => {
            page.mouse_move(x, y).await?;
            match event {
                MouseEvent::Move => Ok(()),
                MouseEvent::Down => page.mouse_down(of(button)).await,
                MouseEvent::Up => page.mouse_up(of(button)).await,
            }
        }
        Touch::Wheel { x, y, delta_x, delta_y } => {
            page.mouse_move(x, y).await?;
            page.wheel(delta_x, delta_y).await
        }
        Touch::Key { key } => page.press(&key).await,
        Touch::Text { text } => page.type_text(&text, Duration::ZERO).await,
        Touch::Goto { url } => page.goto(&url, LoadState::Commit, GOTO).await.map(drop),
        Touch::Back => page.go_back(LoadState::Commit, GOTO).await.map(drop),
        Touch::Reload => page.reload(LoadState::Commit, GOTO).await.map(drop),
        Touch::Stop => Ok(()),
    }
}

/// The state of a session as its socket tells it.
pub(crate) fn told(shown: &Shown) -> String {
    json!({ "type": "state", "url": shown.url, "title": shown.title, "steps": shown.steps, "recording": shown.recording,
            "problem": shown.problem, "closed": shown.closed })
    .to_string()
}
