//! The browser's side of a run: its context, its tabs in the order they came, the dialogs that were shown; and listening
//! to all pages at once. Knows no step.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use argos_cdp::{Browser, CdpError, Context, ContextOptions, Dialog, DialogPolicy, Page, PageEvent, PageEvents};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::{mpsc, watch};

use super::guest::Guest;
use crate::options::RunOptions;
use crate::outcome::{Observer, RunEvent};
use crate::variables::Redactor;

/// Pages that may wait to be listened to.
const ARRIVALS_MAX: usize = 64;
/// Tabs a test may have open; a page that opens more has them closed.
const TABS_MAX: usize = 20;
/// What a tab that was just opened may take to be ready.
const OPENING: Duration = Duration::from_secs(5);

/// What a page had said and asked before the run.
#[derive(Clone, Copy)]
pub(crate) struct Before {
    /// Milliseconds since the epoch.
    pub(crate) said_ms: f64,
    /// On the browser's clock.
    pub(crate) sent: f64,
}

impl Before {
    const NOTHING: Self = Self { said_ms: f64::NEG_INFINITY, sent: f64::NEG_INFINITY };

    fn of(page: &Page) -> Self {
        let said = page.console().into_iter().map(|line| line.at_ms).chain(page.script_errors().into_iter().map(|error| error.at_ms));
        Self { said_ms: said.fold(f64::NEG_INFINITY, f64::max), sent: page.last_request_sent().unwrap_or(f64::NEG_INFINITY) }
    }
}

#[derive(Default)]
struct Tabs {
    open: Vec<Page>,
    current: Option<String>,
    /// Closed ones too: their console and requests are evidence.
    all: Vec<Page>,
}

pub(crate) struct Stage {
    pub(crate) context: Context,
    tabs: Mutex<Tabs>,
    dialogs: Mutex<Vec<Dialog>>,
    arrivals: mpsc::Sender<(Page, PageEvents)>,
    changed: watch::Sender<u64>,
    /// Of the tabs that were there.
    before: HashMap<String, Before>,
}

/// The pages that are to be listened to.
pub(crate) type Arrivals = mpsc::Receiver<(Page, PageEvents)>;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Stage {
    pub(crate) async fn open(browser: &Browser, options: &RunOptions) -> Result<(Self, Arrivals), CdpError> {
        let context = browser
            .new_context(ContextOptions {
                viewport: Some(options.viewport),
                user_agent: options.user_agent.clone(),
                locale: options.locale.clone(),
                timezone: options.timezone.clone(),
                color_scheme: options.color_scheme,
                reduced_motion: options.reduced_motion,
                geolocation: options.geolocation,
                permissions: options.permissions.clone(),
                extra_headers: options.headers.clone(),
                credentials: options.http_credentials.clone(),
                proxy: options.proxy.clone(),
                downloads_dir: options.out_dir.clone(),
                download_bytes_max: Some(options.download_bytes_max),
                dialogs: DialogPolicy::Dismiss,
                guard: options.guard.clone(),
                ignore_certificate_errors: options.ignore_certificate_errors,
                ..ContextOptions::default()
            })
            .await?;
        let (sender, receiver) = mpsc::channel(ARRIVALS_MAX);
        let stage = Self {
            context,
            tabs: Mutex::default(),
            dialogs: Mutex::default(),
            arrivals: sender,
            changed: watch::Sender::new(0),
            before: HashMap::new(),
        };
        let page = stage.context.new_page().await?;
        stage.add(&page, true);
        Ok((stage, receiver))
    }

    /// The tabs of a guest; they stay when the run is over. What they said and asked before is not of this run.
    pub(crate) async fn adopt(guest: &Guest) -> (Self, Arrivals) {
        let (sender, receiver) = mpsc::channel(ARRIVALS_MAX);
        let current = guest.page();
        let (tabs, context) = (guest.tabs(), guest.context().clone());
        let stage = Self {
            context,
            tabs: Mutex::default(),
            dialogs: Mutex::new(guest.dialogs.clone()),
            arrivals: sender,
            changed: watch::Sender::new(0),
            before: tabs.iter().map(|page| (page.target_id().to_owned(), Before::of(page))).collect(),
        };
        for tab in tabs {
            let is_current = current.as_ref().is_some_and(|page| page.target_id() == tab.target_id());
            // One that is opening just now; what is done there fails where it does not get ready.
            drop(tab.wait_until_open(OPENING).await);
            stage.add(&tab, is_current);
        }
        (stage, receiver)
    }

    /// Takes a page in as the last tab.
    pub(crate) fn add(&self, page: &Page, current: bool) {
        {
            let mut tabs = lock(&self.tabs);
            if !tabs.open.iter().any(|open| open.target_id() == page.target_id()) {
                tabs.open.push(page.clone());
                tabs.all.push(page.clone());
                let events = page.events();
                // A page beyond the bound is not listened to, but its record is still read at the end.
                drop(self.arrivals.try_send((page.clone(), events)));
            }
            if current {
                tabs.current = Some(page.target_id().to_owned());
            }
        }
        self.changed.send_modify(|revision| *revision += 1);
    }

    fn remove(&self, target_id: &str) {
        {
            let mut tabs = lock(&self.tabs);
            tabs.open.retain(|page| page.target_id() != target_id);
            if tabs.current.as_deref() == Some(target_id) {
                tabs.current = tabs.open.last().map(|page| page.target_id().to_owned());
            }
        }
        self.changed.send_modify(|revision| *revision += 1);
    }

    /// The tab steps happen in; `None` when the last one was closed.
    pub(crate) fn page(&self) -> Option<Page> {
        let tabs = lock(&self.tabs);
        tabs.open.iter().find(|page| Some(page.target_id()) == tabs.current.as_deref()).cloned()
    }

    /// The open ones, the oldest first.
    pub(crate) fn tabs(&self) -> Vec<Page> {
        lock(&self.tabs).open.clone()
    }

    /// What a page had said and asked before the run.
    pub(crate) fn before(&self, page: &Page) -> Before {
        self.before.get(page.target_id()).copied().unwrap_or(Before::NOTHING)
    }

    /// Every page there ever was.
    pub(crate) fn all_pages(&self) -> Vec<Page> {
        lock(&self.tabs).all.clone()
    }

    pub(crate) fn switch(&self, page: &Page) {
        lock(&self.tabs).current = Some(page.target_id().to_owned());
    }

    /// Closes a tab; the last of the others becomes the current one.
    pub(crate) async fn close_tab(&self, page: &Page) -> Result<(), CdpError> {
        page.close().await?;
        self.remove(page.target_id());
        Ok(())
    }

    /// Tells of each tab that comes or goes.
    pub(crate) fn tab_changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    pub(crate) fn dialogs(&self) -> Vec<Dialog> {
        lock(&self.dialogs).clone()
    }

    pub(crate) fn forget_dialogs(&self) {
        lock(&self.dialogs).clear();
    }

    /// Listens to every page until the run is over; never resolves.
    pub(crate) async fn listen(&self, mut arrivals: Arrivals, observer: &dyn Observer, redactor: &Redactor) {
        let mut pages = FuturesUnordered::new();
        loop {
            tokio::select! {
                arrived = arrivals.recv() => match arrived {
                    Some((page, events)) => pages.push(self.follow(page, events, observer, redactor)),
                    // The sender lives in what we borrow.
                    None => std::future::pending().await,
                },
                Some(()) = pages.next() => {}
            }
        }
    }

    async fn follow(&self, page: Page, mut events: PageEvents, observer: &dyn Observer, redactor: &Redactor) {
        while let Some(event) = events.next().await {
            match event {
                Ok(PageEvent::Console(line)) => observer.on(RunEvent::Console {
                    kind: line.kind,
                    text: redactor.clean(&line.text),
                    url: line.url.map(|url| redactor.clean(&url)),
                }),
                Ok(PageEvent::ScriptError(error)) => observer.on(RunEvent::Console {
                    kind: "exception".to_owned(),
                    text: redactor.clean(&error.message),
                    url: error.url.map(|url| redactor.clean(&url)),
                }),
                Ok(PageEvent::DialogOpened(dialog)) => {
                    if dialog.kind != "beforeunload" {
                        // An answer that was prepared holds for one dialog.
                        self.context.set_dialog_policy(DialogPolicy::Dismiss);
                    }
                    observer.on(RunEvent::Dialog {
                        kind: dialog.kind.clone(),
                        message: redactor.clean(&dialog.message),
                        accepted: dialog.accepted == Some(true),
                    });
                    lock(&self.dialogs).push(dialog);
                    self.changed.send_modify(|revision| *revision += 1);
                }
                Ok(PageEvent::Popup { target_id }) => match self.context.page(&target_id).await {
                    Ok(popup) if self.tabs().len() >= TABS_MAX => drop(popup.close().await),
                    Ok(popup) => self.add(&popup, false),
                    // It is gone again.
                    Err(_) => {}
                },
                Ok(PageEvent::Closed) => self.remove(page.target_id()),
                _ => {}
            }
        }
    }
}
