//! Steps in pages that somebody else opened and keeps: they begin where the last ones ended, and leave everything as it is then.

use std::collections::BTreeMap;

use argos_cdp::{Browser, Context, Dialog, Page};
use serde_json::{Map, Value};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::stage::Stage;
use super::{Runner, perform_on};
use crate::options::RunOptions;
use crate::outcome::{Observer, Outcome};
use crate::plan::Plan;

/// What steps in pages that somebody keeps leave to the next ones: the tab and the frame they stand in, what they saved, with
/// the secrets in it, and which headers are sent. For the next steps in these pages and for nobody else.
#[derive(Clone)]
pub struct Guest {
    context: Context,
    /// The tabs that are known, the oldest first; some may be closed by now.
    tabs: Vec<Page>,
    current: Option<String>,
    pub(crate) saved: Map<String, Value>,
    frame: Option<String>,
    /// Where the tab stood: a frame of another document is not meant.
    address: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) dialogs: Vec<Dialog>,
    pub(crate) requests_before: f64,
}

impl std::fmt::Debug for Guest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // What was saved may be secret.
        f.debug_struct("Guest").field("current", &self.current).field("frame", &self.frame).finish_non_exhaustive()
    }
}

impl Guest {
    /// Begins in a page; the other pages of its context are its tabs.
    pub fn new(page: &Page) -> Self {
        Self {
            context: page.context(),
            tabs: vec![page.clone()],
            current: Some(page.target_id().to_owned()),
            saved: Map::new(),
            frame: None,
            address: String::new(),
            headers: page.context().extra_headers().clone(),
            dialogs: Vec::new(),
            requests_before: 0.0,
        }
    }

    /// The tab the next step happens in: where the last one ended, else the newest that is open. `None` when none is.
    pub fn page(&self) -> Option<Page> {
        let tabs = self.tabs();
        let current = tabs.iter().find(|tab| Some(tab.target_id()) == self.current.as_deref());
        current.or(tabs.last()).cloned()
    }

    /// The next steps happen in this tab; nothing when they would anyway.
    pub fn stand_in(&mut self, page: &Page) {
        if self.current.as_deref() != Some(page.target_id()) {
            self.current = Some(page.target_id().to_owned());
            self.frame = None;
        }
    }

    /// The open tabs, the oldest first: a step names them by their place.
    pub fn tabs(&self) -> Vec<Page> {
        let open = self.context.pages();
        let is_open = |tab: &&Page| open.iter().any(|page| page.target_id() == tab.target_id());
        let is_new = |page: &&Page| !self.tabs.iter().any(|tab| tab.target_id() == page.target_id());
        self.tabs.iter().filter(is_open).chain(open.iter().filter(is_new)).cloned().collect()
    }

    /// What steps saved so far, with the secrets in it.
    pub fn saved(&self) -> &Map<String, Value> {
        &self.saved
    }

    /// The frame steps begin in: the one a step went into, while its document is there.
    pub(crate) fn frame(&self) -> Option<String> {
        self.frame.clone().filter(|_| self.page().is_some_and(|page| page.url() == self.address))
    }

    pub(crate) fn context(&self) -> &Context {
        &self.context
    }

    /// What a run leaves.
    pub(crate) fn left(runner: &Runner<'_>) -> Self {
        let stage = runner.stage;
        let current = stage.page();
        Self {
            context: stage.context.clone(),
            tabs: stage.tabs(),
            saved: runner.variables.saved.clone(),
            frame: runner.frame.clone(),
            address: current.as_ref().map(Page::url).unwrap_or_default(),
            current: current.map(|page| page.target_id().to_owned()),
            headers: runner.headers.clone(),
            dialogs: stage.dialogs(),
            requests_before: runner.requests_before,
        }
    }
}

/// Does the plan where `guest` stands, in a context that has its size, its login, its guard and its directory of downloads
/// already: what `options` say of these goes for nothing. Nothing is closed at the end, also when the future is dropped. What the
/// outcome tells of console and requests is of these steps alone, what they saved is in it without its secrets; what the next
/// steps begin with is beside it.
pub async fn run_in(
    browser: &Browser,
    guest: &Guest,
    plan: &Plan,
    options: &RunOptions,
    observer: &dyn Observer,
    cancel: &CancellationToken,
) -> (Outcome, Guest) {
    let (stage, arrivals) = Stage::adopt(guest).await;
    Box::pin(perform_on(&stage, arrivals, Some(guest), (browser, plan, options), observer, cancel, Instant::now())).await
}
