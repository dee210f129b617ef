//! Browsers that people drive: a session holds a browser of the pool, a page, and, when it records, a recording that
//! grows with what is done. It lives in this process only, ends when nobody used it for a while, and leaves its recording.

use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use argos_cdp::{Browser, Context, Image, Page, Screencast, Screenshot};
use argos_kernel::{AppError, Result, Timestamp, Uid};
use argos_webtest::record::Live as Recorded;
use argos_webtest::{Guest, Redactor};
use serde_json::{Value, json};
use tokio::sync::{MutexGuard, Notify, mpsc, watch};

use super::film::Film;
use super::guard::Reach;
use super::keeper::Keeper;
use super::pool::Lease;
use super::proxy::Proxy;
use crate::model::live::Touch;
use crate::model::recording::Recording;
use crate::service::Testing;

/// How long a session that ended can be closed once more.
const ENDED_KEPT_S: i64 = 60;
/// How the view of a live browser is pictured.
pub(crate) const LOOKS: Image = Image::Jpeg(70);
pub(crate) const PICTURE: Screenshot = Screenshot { image: LOOKS, full_page: false, clip: None, scale: None };
/// Messages of people that wait; more are dropped.
const TOUCHES_MAX: usize = 256;

/// What is shown of a session besides its picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Shown {
    pub(crate) url: String,
    pub(crate) title: String,
    /// The open tabs, the oldest first.
    pub(crate) tabs: Vec<ShownTab>,
    /// What the recording became so far.
    pub(crate) steps: Vec<Value>,
    pub(crate) recording: bool,
    /// Why the last thing did not work.
    pub(crate) problem: Option<String>,
    pub(crate) closed: bool,
}

/// A tab as its strip shows it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ShownTab {
    pub(crate) url: String,
    /// Empty until it was looked at.
    pub(crate) title: String,
    /// Its picture is the one that is shown.
    pub(crate) active: bool,
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
    pub(crate) browser: Browser,
    /// The tab that is shown and driven.
    page: Mutex<Page>,
    /// Another tab is shown.
    pub(crate) turned: Notify,
    /// Files of its own, gone with it.
    pub(crate) dir: PathBuf,
    /// Whom it may reach.
    pub(crate) reach: Reach,
    /// Its video is kept when it ends.
    pub(crate) films: bool,
    /// Where the steps stand, and what they saved; whoever does steps has it.
    guest: tokio::sync::Mutex<Guest>,
    pub(crate) touches: mpsc::Sender<Touch>,
    pub(crate) shown: watch::Receiver<Shown>,
    pub(crate) frames: watch::Receiver<Arc<[u8]>>,
    /// Milliseconds since the epoch.
    last_used: AtomicI64,
    pub(crate) actions: AtomicU64,
    /// Calls that do steps.
    driven: AtomicU64,
    pub(crate) stop: tokio_util::sync::CancellationToken,
}

/// The right to do something to the pages of a session, and where its steps stand.
pub(crate) struct Turn<'s> {
    guest: MutexGuard<'s, Guest>,
    driven: &'s AtomicU64,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.driven.fetch_sub(1, Ordering::AcqRel);
    }
}

impl std::ops::Deref for Turn<'_> {
    type Target = Guest;
    fn deref(&self) -> &Guest {
        &self.guest
    }
}

impl std::ops::DerefMut for Turn<'_> {
    fn deref_mut(&mut self) -> &mut Guest {
        &mut self.guest
    }
}

impl Session {
    /// The right to do something to the page; 409 while somebody else does.
    pub(crate) fn turn(&self) -> Result<Turn<'_>> {
        let busy = |_| AppError::conflict("The session does other steps just now").code("session_busy");
        let guest = self.guest.try_lock().map_err(busy)?;
        self.driven.fetch_add(1, Ordering::AcqRel);
        Ok(Turn { guest, driven: &self.driven })
    }
    /// The tab that is shown and driven.
    pub(crate) fn page(&self) -> Page {
        self.page.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
    /// Shows another tab; nothing when it is shown already.
    pub(crate) fn turn_to(&self, page: Page) {
        let mut now = self.page.lock().unwrap_or_else(PoisonError::into_inner);
        if now.target_id() != page.target_id() {
            *now = page;
            self.turned.notify_one();
        }
    }
    /// Whether somebody does steps; it takes nobody's turn.
    pub(crate) fn is_driven(&self) -> bool {
        self.driven.load(Ordering::Acquire) > 0
    }
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

/// A session that is over, for those who close it once more.
#[derive(Clone)]
pub(crate) struct Ended {
    pub(crate) organization_id: i64,
    pub(crate) project_id: Option<i64>,
    pub(crate) duration_ms: i64,
    /// The artifact of its video.
    pub(crate) video: Option<String>,
    at: Timestamp,
}

#[derive(Default)]
struct Known {
    running: Vec<Arc<Session>>,
    ended: Vec<(Uid, Ended)>,
}

/// The sessions of this process.
#[derive(Default)]
pub(crate) struct Sessions(Mutex<Known>);

impl Sessions {
    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
    pub(crate) fn find(&self, uid: Uid) -> Option<Arc<Session>> {
        self.known().running.iter().find(|s| s.uid == uid).cloned()
    }
    /// One that ended within the last minute.
    pub(crate) fn ended(&self, uid: Uid, now: Timestamp) -> Option<Ended> {
        self.known().ended.iter().find(|(known, e)| *known == uid && e.at.plus_secs(ENDED_KEPT_S) >= now).map(|(_, e)| e.clone())
    }
    /// Forgets a session, but for a minute.
    pub(super) fn end(&self, session: &Session, video: Option<String>, now: Timestamp) {
        let mut known = self.known();
        known.running.retain(|s| s.uid != session.uid);
        known.ended.retain(|(_, e)| e.at.plus_secs(ENDED_KEPT_S) >= now);
        let duration_ms = now.millis().saturating_sub(session.created_at.millis());
        let (organization_id, project_id) = (session.organization_id, session.project_id);
        known.ended.push((session.uid, Ended { organization_id, project_id, duration_ms, video, at: now }));
    }
}

/// What a session is made of.
pub(crate) struct Parts {
    pub(crate) lease: Lease,
    pub(crate) context: Context,
    pub(crate) page: Page,
    pub(crate) cast: Screencast,
    pub(crate) film: Option<Film>,
    pub(crate) recorded: Option<Recorded>,
    /// The way of its connections.
    pub(crate) proxy: Proxy,
    pub(crate) reach: Reach,
    /// Its files lie there.
    pub(crate) dir: PathBuf,
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
            browser: parts.lease.browser().clone(),
            page: Mutex::new(parts.page.clone()),
            turned: Notify::new(),
            dir: parts.dir.clone(),
            reach: parts.reach.clone(),
            films: parts.film.is_some(),
            guest: tokio::sync::Mutex::new(Guest::new(&parts.page)),
            touches,
            shown,
            frames,
            last_used: AtomicI64::new(now.millis()),
            actions: AtomicU64::new(0),
            driven: AtomicU64::new(0),
            stop: tokio_util::sync::CancellationToken::new(),
        });
        self.sessions.known().running.push(Arc::clone(&session));
        let keeper = Keeper::new(Arc::clone(self), Arc::clone(&session), shown_to, frames_to);
        self.platform.tasks.once("browser-session", keeper.keep(parts, touched, self.platform.tasks.shutdown().clone()));
        session
    }
}

/// The state of a session as its socket tells it.
pub(crate) fn told(shown: &Shown, redactor: &Redactor) -> String {
    let (url, title) = (redactor.clean(&shown.url), redactor.clean(&shown.title));
    let problem = shown.problem.as_ref().map(|problem| redactor.clean(problem));
    let tab = |t: &ShownTab| json!({ "url": redactor.clean(&t.url), "title": redactor.clean(&t.title), "active": t.active });
    let tabs: Vec<Value> = shown.tabs.iter().map(tab).collect();
    let steps: Vec<Value> = shown.steps.iter().map(|step| redactor.clean_value(step)).collect();
    json!({ "type": "state", "url": url, "title": title, "tabs": tabs, "steps": steps, "recording": shown.recording,
            "problem": problem, "closed": shown.closed })
    .to_string()
}
