//! The tabs of a live session: those pages and people open, which one is shown, and what is recorded in each.

use std::collections::HashSet;
use std::time::Duration;

use argos_cdp::{Context, Page};
use argos_kernel::BoxFuture;
use argos_webtest::record::{Live as Recorded, TabTurn, turn_to_tab};
use futures_util::future::select_all;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use serde_json::Value;
use tokio::time::Instant;

use super::{Acting, Keeper};
use crate::browser::live::ShownTab;
use crate::model::live::{TABS_MAX, Touch};

/// What a tab that was just opened may take to be ready.
const OPENING: Duration = Duration::from_secs(10);
/// A tab that opens this soon after a person did something is what they are looking for.
const OF_A_PERSON: Duration = Duration::from_secs(5);

struct Tab {
    /// In the recording.
    number: i64,
    page: Page,
    title: String,
    by_person: bool,
}

/// A tab that is ready.
pub(super) struct Opened {
    number: i64,
    page: Page,
    recorded: Option<Recorded>,
}

/// Tabs that get ready.
#[derive(Default)]
pub(super) struct Opening(FuturesUnordered<BoxFuture<'static, Option<Opened>>>);

impl Opening {
    /// The next tab that is ready; `None` while none opens.
    pub(super) async fn next(&mut self) -> Option<Opened> {
        self.0.next().await.flatten()
    }
}

#[derive(Default)]
pub(super) struct Tabs {
    /// The oldest first.
    list: Vec<Tab>,
    next: i64,
    /// A person asked for a tab that is not there yet.
    wanted: bool,
    /// Tabs a person closes.
    leaving: HashSet<String>,
    touched_at: Option<Instant>,
    /// The tab of the last event that was recorded.
    marked: i64,
}

impl Tabs {
    pub(super) fn begin(&mut self, page: &Page) {
        self.list.push(Tab { number: 0, page: page.clone(), title: String::new(), by_person: false });
        self.next = 1;
    }

    /// A person did something.
    pub(super) fn touched(&mut self) {
        self.touched_at = Some(Instant::now());
    }

    pub(super) fn entitle(&mut self, page: &Page, title: &str) {
        if let Some(tab) = self.list.iter_mut().find(|tab| tab.page.target_id() == page.target_id()) {
            title.clone_into(&mut tab.title);
        }
    }

    fn at(&self, place: usize) -> Option<Page> {
        self.list.get(place).map(|tab| tab.page.clone())
    }
}

/// What is recorded in the tabs of a session.
#[derive(Default)]
pub(super) struct Streams(Vec<(i64, Recorded)>);

impl Streams {
    pub(super) fn of(first: Option<Recorded>) -> Self {
        Self(first.into_iter().map(|recorded| (0, recorded)).collect())
    }

    pub(super) fn extend(&mut self, more: Option<(i64, Recorded)>) {
        self.0.extend(more);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What was recorded next, and in which tab; waits for ever where nothing is.
    pub(super) async fn next(&mut self) -> (i64, Vec<Value>) {
        while !self.0.is_empty() {
            let each = self.0.iter_mut().map(|(tab, recorded)| async move { (*tab, recorded.next().await) }.boxed());
            let ((tab, events), _, _) = select_all(each).await;
            match events {
                Some(events) => return (tab, events),
                // Its tab is gone.
                None => self.0.retain(|(number, _)| *number != tab),
            }
        }
        std::future::pending().await
    }
}

impl Keeper {
    /// Takes in the tabs that came, and forgets those that went.
    pub(super) fn tabs_changed(&mut self, context: &Context, shown: &Page, opening: &Opening) {
        let open = context.pages();
        let is_open = |tab: &Tab| open.iter().any(|page| page.target_id() == tab.page.target_id());
        let (there, gone): (Vec<Tab>, Vec<Tab>) = std::mem::take(&mut self.tabs.list).into_iter().partition(is_open);
        self.tabs.list = there;
        for tab in gone {
            let by_person = self.tabs.leaving.remove(tab.page.target_id());
            self.mark(TabTurn { tab: tab.number, by_person, closed: true });
        }
        for page in open {
            if self.tabs.list.iter().any(|tab| tab.page.target_id() == page.target_id()) || page.is_closed() {
                continue;
            }
            if self.tabs.list.len() >= TABS_MAX {
                opening.0.push(async move { page.close().await.err().and(None) }.boxed());
                continue;
            }
            let number = self.tabs.next;
            self.tabs.next += 1;
            let by_person = std::mem::take(&mut self.tabs.wanted);
            self.tabs.list.push(Tab { number, page: page.clone(), title: String::new(), by_person });
            let records = self.session.recording.is_some() && !self.settled;
            let ready = async move {
                page.wait_until_open(OPENING).await.ok()?;
                let recorded = if records { Recorded::begin_tab(&page, number).await.ok() } else { None };
                Some(Opened { number, page, recorded })
            };
            opening.0.push(ready.boxed());
        }
        self.show_tabs(shown);
    }

    /// A tab is ready: it is shown when a person caused it, and recorded from now on.
    pub(super) fn opened(&mut self, opened: Opened) -> Option<(i64, Recorded)> {
        let tab = self.tabs.list.iter().find(|tab| tab.number == opened.number)?;
        let is_fresh = self.tabs.touched_at.is_some_and(|at| at.elapsed() < OF_A_PERSON);
        // Steps stay where they are until one of them turns to another tab.
        if tab.by_person || is_fresh && !self.session.is_driven() {
            self.session.turn_to(opened.page);
        }
        Some(opened.number).zip(opened.recorded)
    }

    /// What a person does with the tabs.
    pub(super) fn arrange(&mut self, context: &Context, touch: &Touch) -> Acting {
        match touch {
            Touch::NewTab if self.tabs.list.len() < TABS_MAX => {
                self.tabs.wanted = true;
                let context = context.clone();
                Some(async move { context.new_page().await.map(drop) }.boxed())
            }
            Touch::Tab { index } => {
                let page = self.tabs.at(*index)?;
                self.session.turn_to(page.clone());
                Some(async move { page.bring_to_front().await }.boxed())
            }
            // The last one stays: without a tab there is no session.
            Touch::CloseTab { index } if self.tabs.list.len() > 1 => {
                let page = self.tabs.at(*index)?;
                self.tabs.leaving.insert(page.target_id().to_owned());
                Some(async move { page.close().await }.boxed())
            }
            _ => None,
        }
    }

    /// Shows which tabs there are.
    pub(super) fn show_tabs(&self, shown: &Page) {
        let tab = |tab: &Tab| ShownTab { url: tab.page.url(), title: tab.title.clone(), active: tab.page.target_id() == shown.target_id() };
        let tabs: Vec<ShownTab> = self.tabs.list.iter().map(tab).collect();
        self.shown.send_if_modified(|shown| std::mem::replace(&mut shown.tabs, tabs.clone()) != tabs);
    }

    /// Takes in what was recorded in a tab.
    pub(super) fn gather_of(&mut self, tab: i64, events: Vec<Value>) {
        if self.tabs.marked != tab {
            let by_person = self.tabs.list.iter().any(|known| known.number == tab && known.by_person);
            self.mark(TabTurn { tab, by_person, closed: false });
        }
        self.gather(events);
    }

    fn mark(&mut self, turn: TabTurn) {
        if self.session.recording.is_some() && !self.settled {
            self.tabs.marked = turn.tab;
            #[expect(clippy::cast_precision_loss, reason = "milliseconds of this century")]
            let at = self.testing.platform.clock.now().millis() as f64;
            self.gather(vec![turn_to_tab(turn, at)]);
        }
    }
}
