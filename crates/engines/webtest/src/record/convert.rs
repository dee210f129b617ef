//! The events of a recording in order, each turned into a step, joined with the one before, or passed over.

mod moves;
mod texts;
mod turns;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Value, json};

use super::document::Document;
use super::tabs::turn_of;
use crate::plan::{Action, Assertion, Claim, Step};
use crate::selector::quoted;
use crate::text::collapsed;

/// Between an input and the navigation it caused.
const SUBMIT_MS: f64 = 1000.0;
/// Between a click, or the key that sends a form, and the navigation it caused when nothing was done in between.
const CLICK_MS: f64 = 10_000.0;
/// Longest pause that is written.
const WAIT_MS_MAX: f64 = 5000.0;
/// Selectors below it are weak.
const WEAK: f64 = 0.6;

/// How a recording is converted.
#[derive(Clone, Debug)]
pub struct ConvertOptions {
    pub include_waits: bool,
    pub include_scrolls: bool,
    pub min_wait_ms: f64,
    /// Texts that are somebody's become variables.
    pub generalize: bool,
}

impl Default for ConvertOptions {
    fn default() -> Self {
        Self { include_waits: true, include_scrolls: false, min_wait_ms: 500.0, generalize: true }
    }
}

/// A step with where it came from.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedStep {
    pub step: Step,
    pub confidence: f64,
    /// Milliseconds since the epoch.
    pub timestamp: f64,
}

impl Serialize for RecordedStep {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut value = self.step.to_json();
        value["confidence"] = json!(self.confidence);
        value["timestamp"] = json!(self.timestamp);
        value.serialize(serializer)
    }
}

/// What a recording became.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Converted {
    pub steps: Vec<RecordedStep>,
    pub assertions: Vec<Assertion>,
    pub warnings: Vec<String>,
    /// What was written where a variable stands now; never a password.
    pub values: BTreeMap<String, String>,
    pub interactions: usize,
    /// From the first event to the last.
    pub duration_ms: f64,
}

/// What is known of one tab.
#[derive(Default)]
struct Tab {
    document: Document,
    href: Option<String>,
    /// The node the last step wrote into.
    written: Option<i64>,
    /// What was done led to another address than the first, and whose document is known.
    landed: Option<bool>,
    /// How far the page, by no number, and elements are scrolled.
    scrolled: BTreeMap<Option<i64>, f64>,
    /// A person opened it; else a page did.
    by_person: bool,
    /// Steps were done in it.
    entered: bool,
}

/// The events so far.
struct Reading {
    /// The one the events are of.
    tab: Tab,
    here: i64,
    others: BTreeMap<i64, Tab>,
    met: BTreeSet<i64>,
    /// The open ones that a test has too, the oldest first: steps name them by their place.
    open: Vec<i64>,
    /// The one the steps are in; unknown after a page closed it.
    stands: Option<i64>,
    /// The events are of a tab beyond the bound.
    deaf: bool,
    /// Time of the last input, until something else happened.
    last_input: Option<f64>,
    last_click: Option<f64>,
    last_heading: Option<String>,
    /// Time of the last step or change.
    quiet_since: Option<f64>,
    converted: Converted,
}

impl Default for Reading {
    fn default() -> Self {
        Self {
            tab: Tab::default(),
            here: 0,
            others: BTreeMap::new(),
            met: BTreeSet::from([0]),
            open: vec![0],
            stands: Some(0),
            deaf: false,
            last_input: None,
            last_click: None,
            last_heading: None,
            quiet_since: None,
            converted: Converted::default(),
        }
    }
}

/// Turns the events of a recording into steps.
pub fn convert(events: &[Value], options: &ConvertOptions) -> Converted {
    let mut reading = Reading::default();
    let times: Vec<f64> = events.iter().filter_map(|event| event.get("timestamp")?.as_f64()).collect();
    for event in events {
        let at = event.get("timestamp").and_then(Value::as_f64).unwrap_or_default();
        let data = event.get("data").unwrap_or(&Value::Null);
        let kind = event.get("type").and_then(Value::as_i64);
        if reading.deaf && kind != Some(5) {
            continue;
        }
        match kind {
            Some(2) => {
                reading.tab.document.snapshot(data.get("node").unwrap_or(&Value::Null));
                reading.tab.landed = reading.tab.landed.map(|_| true);
                let top = data.get("initialOffset").and_then(|offset| offset.get("top")).and_then(Value::as_f64);
                reading.tab.scrolled = BTreeMap::from([(None, top.unwrap_or_default())]);
            }
            Some(3) => reading.incremental(data, at, options),
            Some(4) => reading.arrived(data, at),
            Some(5) => reading.custom(data, at, options),
            _ => {}
        }
    }
    reading.converted.duration_ms = times.iter().copied().fold(f64::MIN, f64::max) - times.iter().copied().fold(f64::MAX, f64::min);
    if times.is_empty() {
        reading.converted.duration_ms = 0.0;
    }
    reading.finish()
}

impl Reading {
    fn add(&mut self, step: Step, confidence: f64, at: f64) {
        self.enter(at);
        self.quiet_since = Some(at);
        self.converted.steps.push(RecordedStep { step, confidence, timestamp: at });
    }

    /// A document: opened by its address, or by what was done before.
    fn arrived(&mut self, data: &Value, at: f64) {
        let Some(href) = data.get("href").and_then(Value::as_str).filter(|href| href.starts_with("http")) else { return };
        if self.tab.href.as_deref() == Some(href) {
            return;
        }
        let first = self.tab.href.is_none();
        self.tab.href = Some(href.to_owned());
        self.tab.landed = (!first).then_some(false);
        let path = crate::pattern::path(href).split(['?', '#']).next().unwrap_or("/").to_owned();
        let within = |then: Option<f64>, limit: f64| then.is_some_and(|then| at - then <= limit);
        if self.here != 0 && !self.tab.entered {
            // What a page opens comes by itself, and goes on by itself until somebody does something in it.
            if self.tab.by_person {
                self.enter(at);
            }
            return;
        }
        if first {
            self.add(Step::new(Action::Goto, Some(href), None), 1.0, at);
        } else if within(self.last_click, CLICK_MS) || self.stands != Some(self.here) && within(self.last_input, CLICK_MS) {
            // Also by what was done in another tab.
            self.add(Step::new(Action::WaitForUrl, None, Some(&path)), 1.0, at);
        } else if within(self.last_input, SUBMIT_MS) {
            // There are no events of keys: what was written was sent with Enter.
            let target = self
                .converted
                .steps
                .iter()
                .rev()
                .find(|recorded| recorded.step.action == Action::Fill)
                .and_then(|recorded| recorded.step.target.clone());
            self.add(Step::new(Action::PressKey, target.as_deref(), Some("Enter")), 0.8, at);
            self.add(Step::new(Action::WaitForUrl, None, Some(&path)), 1.0, at);
        } else {
            self.add(Step::new(Action::Goto, Some(href), None), 1.0, at);
        }
        (self.last_click, self.last_input, self.tab.written) = (None, None, None);
    }

    fn incremental(&mut self, data: &Value, at: f64, options: &ConvertOptions) {
        let id = data.get("id").and_then(Value::as_i64);
        match (data.get("source").and_then(Value::as_i64), id) {
            (Some(0), _) => {
                self.tab.document.mutate(data);
                self.tab.landed = self.tab.landed.map(|_| true);
            }
            (Some(2), Some(id)) => {
                let action = match data.get("type").and_then(Value::as_i64) {
                    Some(2) => Action::Click,
                    Some(3) => Action::RightClick,
                    Some(4) => Action::DoubleClick,
                    _ => return,
                };
                self.pause(at, options);
                self.pressed(action, id, at);
            }
            (Some(3), Some(id)) if options.include_scrolls => self.scrolled_to(id, data, at),
            (Some(5), Some(id)) => self.input(id, data, at, options),
            (Some(12), _) => self.warn("something was dragged, and where to is not in the recording: add a drag step".to_owned()),
            _ => {}
        }
    }

    /// What the recorder of Argos adds to the format: the key that sends a form, what was dragged, and that something was done
    /// where it cannot see.
    fn custom(&mut self, data: &Value, at: f64, options: &ConvertOptions) {
        let payload = data.get("payload").unwrap_or(&Value::Null);
        let (tag, id) = (data.get("tag").and_then(Value::as_str), payload.get("id").and_then(Value::as_i64).filter(|_| !self.deaf));
        if let (Some("argos.unseen"), Some((frame, _))) = (tag, id.and_then(|id| self.target(id))) {
            self.warn(format!("{frame} shows another site: what was done in it is not recorded"));
        }
        if tag == Some("argos.drag") && !self.deaf {
            return self.dragged(payload, at, options);
        }
        if let Some(turn) = turn_of(tag, payload) {
            return self.turn(turn, at);
        }
        let is_enter = tag == Some("argos.key") && payload.get("key").and_then(Value::as_str) == Some("Enter");
        let Some(id) = id.filter(|_| is_enter) else { return };
        let Some((selector, confidence)) = self.target(id) else { return };
        self.pause(at, options);
        self.converted.interactions += 1;
        self.add(Step::new(Action::PressKey, Some(&selector), Some("Enter")), confidence, at);
        (self.last_click, self.last_input, self.tab.written) = (Some(at), None, None);
    }

    /// The same thing is said once.
    fn warn(&mut self, warning: String) {
        if !self.converted.warnings.contains(&warning) {
            self.converted.warnings.push(warning);
        }
    }

    /// What nobody did for a while.
    fn pause(&mut self, at: f64, options: &ConvertOptions) {
        let Some(since) = self.quiet_since else { return };
        let quiet = at - since;
        if options.include_waits && quiet >= options.min_wait_ms && quiet.is_finite() {
            let millis = quiet.min(WAIT_MS_MAX).round();
            self.converted.steps.push(RecordedStep {
                step: Step::new(Action::Wait, None, Some(&format!("{millis}"))),
                confidence: 1.0,
                timestamp: since,
            });
        }
    }

    fn target(&mut self, id: i64) -> Option<(String, f64)> {
        self.tab.document.selector(id).map(|found| (found.selector, found.confidence))
    }

    fn pressed(&mut self, action: Action, id: i64, at: f64) {
        let meant = self.tab.document.meant(id);
        self.converted.interactions += 1;
        // A box that is clicked tells so as an input as well; a field that is clicked is about to be written into.
        let tag = self.tab.document.tag(meant);
        let kind = self.tab.document.attribute(meant, "type").unwrap_or("text");
        let is_field =
            matches!(tag, "select" | "textarea" | "option") || tag == "input" && !matches!(kind, "button" | "submit" | "reset" | "image");
        if is_field || tag.is_empty() || tag == "html" || tag == "body" {
            return;
        }
        let Some((selector, confidence)) = self.target(meant) else { return };
        if action == Action::DoubleClick {
            // Its two clicks came before it.
            let same =
                |recorded: &RecordedStep| recorded.step.action == Action::Click && recorded.step.target.as_deref() == Some(&selector);
            for _ in 0..2 {
                if self.converted.steps.last().is_some_and(same) {
                    self.converted.steps.pop();
                }
            }
        }
        self.add(Step::new(action, Some(&selector), None), confidence, at);
        (self.last_click, self.last_input, self.tab.written) = (Some(at), None, None);
        let text = self.tab.document.text(id);
        if matches!(self.tab.document.tag(id), "h1" | "h2" | "h3") && !text.is_empty() {
            self.last_heading = Some(text);
        }
    }

    fn input(&mut self, id: i64, data: &Value, at: f64, options: &ConvertOptions) {
        let text = data.get("text").and_then(Value::as_str).unwrap_or_default().to_owned();
        let checked = data.get("isChecked").and_then(Value::as_bool).unwrap_or(false);
        let tag = self.tab.document.tag(id).to_owned();
        let kind = self.tab.document.attribute(id, "type").unwrap_or("text").to_lowercase();
        // Every text says isChecked: false; what the field is decides.
        let action = match (tag.as_str(), kind.as_str()) {
            ("select", _) => Action::Select,
            ("input", "checkbox") if !checked => Action::Uncheck,
            ("input", "checkbox") => Action::Check,
            // The others of its group tell that they are off.
            ("input", "radio") if !checked => return,
            ("input", "radio") => Action::Check,
            ("input", "file") => return self.chosen(id, &text, at, options),
            ("input", "hidden" | "submit" | "button" | "reset" | "image") => return,
            _ => Action::Fill,
        };
        let Some((selector, confidence)) = self.target(id) else { return };
        let takes_value = matches!(action, Action::Fill | Action::Select);
        let value = takes_value.then(|| if action == Action::Fill { self.general(id, &kind, text, options) } else { text });
        if action == Action::Fill
            && self.tab.written == Some(id)
            && let Some(last) = self.converted.steps.last_mut().filter(|last| last.step.action == Action::Fill)
        {
            last.step.value = value.map(Value::from);
            last.timestamp = at;
        } else {
            self.pause(at, options);
            self.converted.interactions += 1;
            self.add(Step::new(action, Some(&selector), value.as_deref()), confidence, at);
        }
        self.quiet_since = Some(at);
        (self.tab.written, self.last_input, self.last_click) = (Some(id), Some(at), None);
    }

    fn finish(mut self) -> Converted {
        if let Some(tab) = self.stands.or_else(|| self.open.last().copied()) {
            self.show(tab);
        }
        if let Some(href) = &self.tab.href
            && self.converted.interactions > 0
        {
            let path = crate::pattern::path(href).split(['?', '#']).next().unwrap_or("/").to_owned();
            self.converted.assertions.push(Assertion::new(Claim::UrlContains, None, Some(&path)));
        }
        let is_steady = |text: &String| {
            let written = self.converted.values.values().any(|value| text.contains(value.as_str()));
            !written && !text.contains(|c: char| c.is_ascii_digit())
        };
        let landing = self.tab.landed == Some(true) && self.converted.interactions > 0;
        let heading = self.last_heading.take().or_else(|| self.tab.document.heading().filter(is_steady).filter(|_| landing));
        if let Some(heading) = heading {
            let target = format!("role=heading[name={}]", quoted(&collapsed(&heading)));
            self.converted.assertions.push(Assertion::new(Claim::ElementVisible, Some(&target), None));
        }
        let converted = &mut self.converted;
        if converted.interactions < 2 {
            converted.warnings.push("the recording has fewer than 2 interactions".to_owned());
        }
        let named = converted.steps.iter().filter(|recorded| recorded.step.target.is_some() && recorded.step.action != Action::Goto);
        let (all, weak) = (named.clone().count(), named.filter(|recorded| recorded.confidence < WEAK).count());
        if weak * 10 > all * 3 {
            converted.warnings.push(format!("{weak} of {all} selectors are weak"));
        }
        self.converted
    }
}
