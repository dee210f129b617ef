//! Going from tab to tab: which one the events are of, and which one the steps are in.

use super::{Reading, RecordedStep, Tab};
use crate::plan::{Action, Step};
use crate::record::tabs::TabTurn;

/// Tabs that are told apart; what is done in further ones is passed over.
const TABS_MAX: usize = 20;
/// The same with those that were closed again.
const TABS_EVER_MAX: usize = 500;

impl Reading {
    /// What follows is of this tab.
    pub(super) fn turn(&mut self, turn: TabTurn, at: f64) {
        let is_new = !self.met.contains(&turn.tab);
        self.deaf = is_new && (turn.closed || self.open.len() >= TABS_MAX || self.met.len() >= TABS_EVER_MAX);
        if self.deaf {
            return;
        }
        self.show(turn.tab);
        if self.met.insert(turn.tab) {
            self.tab.by_person = turn.by_person;
            // One that a person opened is in the test once a step opens it.
            self.open.extend(Some(turn.tab).filter(|_| !turn.by_person));
        }
        if turn.closed {
            self.closed(turn, at);
        }
    }

    pub(super) fn show(&mut self, tab: i64) {
        if tab != self.here {
            let other = self.others.remove(&tab).unwrap_or_default();
            let before = std::mem::replace(&mut self.tab, other);
            self.others.insert(std::mem::replace(&mut self.here, tab), before);
        }
    }

    fn closed(&mut self, turn: TabTurn, at: f64) {
        if turn.by_person && self.open.contains(&turn.tab) && self.open.len() > 1 {
            self.add(Step::new(Action::CloseTab, None, None), 1.0, at);
        }
        self.open.retain(|tab| *tab != turn.tab);
        if self.stands == Some(turn.tab) {
            // Where a test goes on whose tab was closed by a step; one that a page closes may take a moment.
            self.stands = self.open.last().copied().filter(|_| turn.by_person);
        }
        self.tab = Tab::default();
    }

    /// Goes into the tab the events are of, when the steps are in another.
    pub(super) fn enter(&mut self, at: f64) {
        let stood = self.stands.replace(self.here);
        if stood == Some(self.here) {
            return;
        }
        let is_first = !std::mem::replace(&mut self.tab.entered, true) && self.here != 0;
        let step = if is_first && self.tab.by_person {
            self.open.push(self.here);
            Step::new(Action::NewTab, self.tab.href.as_deref(), None)
        } else if is_first && stood.is_some() && self.open.last() == Some(&self.here) {
            Step::new(Action::SwitchTab, None, Some("new"))
        } else {
            let place = self.open.iter().position(|tab| *tab == self.here).unwrap_or_default();
            Step::new(Action::SwitchTab, None, Some(&place.to_string()))
        };
        self.converted.steps.push(RecordedStep { step, confidence: 1.0, timestamp: at });
    }
}
