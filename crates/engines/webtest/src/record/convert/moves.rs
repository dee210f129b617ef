//! What is moved by hand: what is scrolled, what is dragged, and files that are given to a page.

use serde_json::Value;

use super::{ConvertOptions, Reading, RecordedStep};
use crate::plan::{Action, Step};

/// A scroll that is worth a step.
const SCROLL_MIN: f64 = 100.0;
/// How sure a drag is whose end nothing but a distance tells.
const BY_DISTANCE: f64 = 0.6;

impl Reading {
    /// The page, or what scrolls within it.
    pub(super) fn scrolled_to(&mut self, id: i64, data: &Value, at: f64) {
        let of = (!self.tab.document.is_page(id)).then_some(id);
        if of.is_some() && self.tab.document.tag(id).is_empty() {
            return;
        }
        let y = data.get("y").and_then(Value::as_f64).unwrap_or_default();
        // A snapshot says how far what is in it was scrolled by then.
        let then = of.and_then(|id| self.tab.document.scrolled(id));
        let delta = y - self.tab.scrolled.get(&of).copied().or(then).unwrap_or_default();
        if delta.abs() < SCROLL_MIN || !delta.is_finite() {
            return;
        }
        let named = of.map(|id| self.target(id));
        if let Some(None) = named {
            return;
        }
        self.tab.scrolled.insert(of, y);
        let (selector, confidence) = named.flatten().map_or((None, 1.0), |(selector, confidence)| (Some(selector), confidence));
        self.add(Step::new(Action::Scroll, selector.as_deref(), Some(&format!("0,{}", delta.round()))), confidence, at);
    }

    /// From one element to another, or so far with the mouse.
    pub(super) fn dragged(&mut self, payload: &Value, at: f64, options: &ConvertOptions) {
        let number = |name: &str| payload.get(name).and_then(Value::as_f64).filter(|n| n.is_finite());
        let of = |name: &str| payload.get(name).and_then(Value::as_i64);
        let to = of("to").and_then(|id| self.target(id));
        let Some((from, confidence)) = of("id").and_then(|id| self.target(id)) else {
            if let Some((to, _)) = to {
                self.warn(format!("something was dropped on {to} from outside the page, which is not recorded: add an upload step"));
            }
            return;
        };
        let (value, sure) = match (to, number("x").zip(number("y"))) {
            (Some((to, sure)), _) => (to, sure),
            (None, Some((x, y))) => {
                self.warn(format!("{from} was dragged by {x},{y} pixels: see that it still ends where it should"));
                (format!("{x},{y}"), BY_DISTANCE)
            }
            (None, None) => return,
        };
        self.pause(at, options);
        self.converted.interactions += 1;
        self.add(Step::new(Action::Drag, Some(&from), Some(&value)), confidence.min(sure), at);
        (self.last_click, self.last_input, self.tab.written) = (Some(at), None, None);
    }

    /// Files somebody chose. A recording has their names, maybe behind a way no other machine has; the test needs the files.
    pub(super) fn chosen(&mut self, id: i64, text: &str, at: f64, options: &ConvertOptions) {
        let names: Vec<&str> =
            text.lines().filter_map(|line| line.rsplit(['\\', '/']).next()).map(str::trim).filter(|name| !name.is_empty()).collect();
        let Some((selector, confidence)) = self.target(id).filter(|_| !names.is_empty()) else { return };
        let is_masked = |name: &str| name.chars().all(|c| c == '*' || c == '•');
        let mut files = Vec::new();
        for name in names {
            files.push(match (is_masked(name), options.generalize) {
                (true, _) => "{{test_file}}".to_owned(),
                (false, true) => self.variable("test_file", id, name.to_owned()),
                (false, false) => name.to_owned(),
            });
        }
        self.warn(format!(
            "files were chosen in {selector}: put them among the project's files, under the names {} stands for",
            files.join(", ")
        ));
        let value = if files.len() == 1 { Value::from(files.remove(0)) } else { Value::from(files) };
        let step = Step { value: Some(value), ..Step::new(Action::Upload, Some(&selector), None) };
        let again = self.tab.written == Some(id);
        match self.converted.steps.last_mut().filter(|last| again && last.step.action == Action::Upload) {
            Some(last) => *last = RecordedStep { step, confidence, timestamp: at },
            None => {
                self.pause(at, options);
                self.converted.interactions += 1;
                self.add(step, confidence, at);
            }
        }
        self.quiet_since = Some(at);
        (self.tab.written, self.last_input, self.last_click) = (Some(id), Some(at), None);
    }
}
