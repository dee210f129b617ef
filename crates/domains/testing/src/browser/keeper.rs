//! The task that keeps a live session: pictures out, what people do in, events into the recording. Nothing it waits for from
//! the page holds up the rest. What was done before the end is in the recording, up to the first part that it does not take: its
//! viewer is told why. One that the store did not take is not called complete.

mod recording;
mod tabs;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use argos_cdp::{CdpError, Context, Page, Screencast, ScreencastOptions};
use argos_kernel::{BoxFuture, Shutdown};
use serde_json::Value;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, sleep_until, timeout};

use super::film::turn;
use super::live::{LOOKS, PICTURE, Parts, Session, Shown};
use super::touching::done;
use crate::model::live::{MouseEvent, Touch};
use crate::service::Testing;
use tabs::{Opening, Streams, Tabs};

/// What a picture may take of a page that loads.
const FIRST: Duration = Duration::from_secs(30);
/// How often the time without use is looked at, and the steps are made anew at most.
const LOOK: Duration = Duration::from_secs(1);
/// At the end: what is on its way comes within this.
const DRAIN: Duration = Duration::from_secs(2);
/// However much it is used.
const LIFE_S: i64 = 4 * 3_600;

type Acting = Option<BoxFuture<'static, Result<(), CdpError>>>;
/// What was asked of the page; `None` from a page that hangs.
type Asked<T> = Option<BoxFuture<'static, Option<T>>>;

pub(super) struct Keeper {
    testing: Arc<Testing>,
    session: Arc<Session>,
    shown: watch::Sender<Shown>,
    frames: watch::Sender<Arc<[u8]>>,
    /// Of the recording, for the steps that are shown beside the page.
    events: Vec<Value>,
    /// Recorded and not stored yet.
    fresh: Vec<Value>,
    store_at: Option<Instant>,
    /// Why events are not stored.
    unstored: Option<String>,
    /// A part was not taken: what follows would stand behind a hole.
    full: bool,
    /// The recording is complete, or nothing more can be done for it.
    settled: bool,
    /// The steps are older than the events.
    stale: bool,
    /// Nodes that hold a password.
    fields: BTreeSet<i64>,
    /// The last field that was written in, for counting what was done.
    last: Option<i64>,
    tabs: Tabs,
}

impl Keeper {
    pub(super) fn new(testing: Arc<Testing>, session: Arc<Session>, shown: watch::Sender<Shown>, frames: watch::Sender<Arc<[u8]>>) -> Self {
        Self {
            testing,
            session,
            shown,
            frames,
            events: Vec::new(),
            fresh: Vec::new(),
            store_at: None,
            unstored: None,
            full: false,
            settled: false,
            stale: false,
            fields: BTreeSet::new(),
            last: None,
            tabs: Tabs::default(),
        }
    }

    pub(super) async fn keep(mut self, parts: Parts, mut touched: mpsc::Receiver<Touch>, shutdown: Shutdown) {
        let Parts { lease, context, mut page, mut cast, mut film, recorded, proxy: _proxy, dir, .. } = parts;
        let mut recorded = Streams::of(recorded);
        let (mut pages, mut opening) = (context.page_changes(), Opening::default());
        self.tabs.begin(&page);
        let mut look = tokio::time::interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut acting: Acting = None;
        let mut title: Asked<String> = None;
        let mut first: Asked<Vec<u8>> = None;
        loop {
            tokio::select! {
                () = self.session.stop.cancelled() => break,
                () = shutdown.wait() => break,
                frame = cast.next() => match frame {
                    Ok(Some(frame)) => {
                        drop(self.frames.send_replace(frame.image.into()));
                        if let Some(film) = &mut film {
                            film.changed();
                        }
                    }
                    // Its tab is gone; another one of the session may be there.
                    _ => match self.other_tab(&context, &page).await {
                        Some(other) => (page, cast) = other,
                        None => break,
                    },
                },
                // The sender lives as long as the context, which is ours.
                _ = pages.changed() => self.tabs_changed(&context, &page, &opening),
                Some(opened) = opening.next() => recorded.extend(self.opened(opened)),
                () = self.session.turned.notified() => {
                    // A tab that shows no picture is driven all the same.
                    if self.turned_to(&mut page, &mut cast).await {
                        self.show_tabs(&page);
                        (title, first) = (None, None);
                        if let Some(film) = &mut film {
                            film.turn_to(page.clone());
                        }
                    }
                }
                () = turn(&mut film) => {}
                (tab, events) = recorded.next() => self.gather_of(tab, events),
                () = due(self.store_at) => self.store().await,
                outcome = ended(&mut acting) => {
                    acting = None;
                    self.said(&outcome);
                }
                // One after the other; a page that hangs holds up only what is done to it.
                touch = touched.recv(), if acting.is_none() => match touch {
                    Some(Touch::Stop) => self.finish(&mut recorded).await,
                    Some(touch) => acting = self.acting(&context, &page, touch),
                    None => break,
                },
                picture = answer(&mut first) => {
                    first = None;
                    if let Some(picture) = picture.filter(|_| self.frames.borrow().is_empty()) {
                        drop(self.frames.send_replace(picture.into()));
                        if let Some(film) = &mut film {
                            film.changed();
                        }
                    }
                }
                answer = answer(&mut title) => {
                    title = None;
                    self.tell(&page, answer);
                }
                _ = look.tick() => {
                    let now = page.clone();
                    title.get_or_insert_with(|| Box::pin(async move { timeout(LOOK, now.title()).await.ok()?.ok() }));
                    // A page that paints nothing new sends no frame: whoever looks sees what it shows all the same.
                    if self.frames.borrow().is_empty() {
                        let now = page.clone();
                        first.get_or_insert_with(|| Box::pin(async move { now.screenshot(&PICTURE, FIRST).await.ok() }));
                    }
                    self.convert().await;
                    if page.is_crashed() || self.is_over() {
                        break;
                    }
                    if page.is_closed() {
                        let Some(other) = self.other_tab(&context, &page).await else { break };
                        (page, cast) = other;
                    }
                }
            }
        }
        if self.session.recording.is_some() {
            self.do_the_rest(&mut acting, &mut touched, &page).await;
        }
        self.finish(&mut recorded).await;
        let video = match film {
            Some(film) => self.testing.keep_video(&self.session, film).await,
            None => None,
        };
        self.testing.sessions.end(&self.session, video, self.testing.platform.clock.now());
        self.shown.send_modify(|shown| shown.closed = true);
        drop((acting, title, first));
        drop(cast);
        // A browser that is gone has nothing left to close.
        drop(context.close().await);
        drop(lease);
        // What is left is ours and nobody reads it any more.
        drop(tokio::fs::remove_dir_all(&dir).await);
    }

    /// Begins what a person wants done, to the page or to the tabs.
    fn acting(&mut self, context: &Context, page: &Page, touch: Touch) -> Acting {
        self.counted(&touch);
        match touch {
            Touch::Tab { .. } | Touch::NewTab | Touch::CloseTab { .. } => self.arrange(context, &touch),
            touch => Some(Box::pin(done(page.clone(), touch))),
        }
    }

    /// What was still being done, and what waits to be done.
    async fn do_the_rest(&self, acting: &mut Acting, touched: &mut mpsc::Receiver<Touch>, page: &Page) {
        let rest = async {
            if acting.is_some() {
                self.said(&ended(acting).await);
            }
            while let Ok(touch) = touched.try_recv() {
                self.said(&done(page.clone(), touch).await);
            }
        };
        if timeout(DRAIN, rest).await.is_err() {
            tracing::debug!(session = %self.session.uid, "a live session ended while its page was busy");
        }
    }

    /// The newest tab that is still open, in the place of one that is gone.
    async fn other_tab(&self, context: &Context, gone: &Page) -> Option<(Page, Screencast)> {
        let other = context.pages().into_iter().rev().find(|page| page.target_id() != gone.target_id() && !page.is_closed())?;
        self.session.turn_to(other.clone());
        self.cast(other).await
    }

    /// Shows the tab that the session was turned to; whether that one is shown. One that is shown already is not begun anew: the
    /// end of what was begun before would end it.
    async fn turned_to(&self, page: &mut Page, cast: &mut Screencast) -> bool {
        let wanted = self.session.page();
        if wanted.target_id() != page.target_id() {
            let Some(other) = self.cast(wanted).await else { return false };
            (*page, *cast) = other;
        }
        true
    }

    /// Shows the pictures of a tab from now on.
    async fn cast(&self, page: Page) -> Option<(Page, Screencast)> {
        let (max_width, max_height) = self.session.view;
        let wanted = ScreencastOptions { image: LOOKS, max_width, max_height, every_nth: 1 };
        let cast = page.screencast(&wanted).await.ok()?;
        // A tab that paints nothing new is shown as well.
        drop(self.frames.send_replace(Arc::from(Vec::new())));
        Some((page, cast))
    }

    fn is_over(&self) -> bool {
        let now = self.testing.platform.clock.now();
        // Whoever does steps uses it.
        if self.session.is_driven() {
            self.session.used(now);
        }
        let idle = i64::try_from(self.session.idle.as_secs()).unwrap_or(i64::MAX);
        self.session.last_used().plus_secs(idle) < now || self.session.created_at.plus_secs(LIFE_S) < now
    }

    fn counted(&mut self, touch: &Touch) {
        self.session.used(self.testing.platform.clock.now());
        if !matches!(touch, Touch::Mouse { event: MouseEvent::Move, .. }) {
            self.tabs.touched();
            self.session.actions.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Shows why the last thing did not work, else why events are not stored.
    fn said(&self, outcome: &Result<(), CdpError>) {
        let problem = outcome.as_ref().err().map(ToString::to_string).or_else(|| self.unstored.clone());
        self.shown.send_if_modified(|shown| std::mem::replace(&mut shown.problem, problem.clone()) != problem);
    }

    /// Shows where the page is; one that hangs tells nothing, and its picture goes on.
    fn tell(&mut self, page: &Page, title: Option<String>) {
        let (url, Some(title)) = (page.url(), title) else { return };
        self.tabs.entitle(page, &title);
        self.show_tabs(page);
        self.shown.send_if_modified(|shown| {
            let changed = shown.url != url || shown.title != title;
            (shown.url, shown.title) = (url, title);
            changed
        });
    }
}

async fn due(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}

async fn ended(acting: &mut Acting) -> Result<(), CdpError> {
    match acting {
        Some(acting) => acting.await,
        None => std::future::pending().await,
    }
}

async fn answer<T>(asked: &mut Asked<T>) -> Option<T> {
    match asked {
        Some(asked) => asked.await,
        None => std::future::pending().await,
    }
}
