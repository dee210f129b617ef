//! Lines of code with their depth, texts with their variables, and what could not be written.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::ExportOptions;
use super::elements::Elements;
use super::words::shout;
use crate::plan::{Action, Assertion, Plan, Step};
use crate::sets::title;

/// A text in parts: as it is, or the value of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Text(String),
    Variable(String),
}

/// The scope of steps that are in no frame.
const PAGE: &str = "page";

/// What becomes of a test when a step of it fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fails {
    /// It ends.
    AtOnce,
    /// It goes on, and fails at its end.
    AtTheEnd,
    Never,
}

/// What the failure of a step means; `soft` when a soft claim is not the tool's own affair.
pub(crate) fn fails(step: &Step, soft: bool) -> Fails {
    let soft = soft && step.assertion.as_ref().is_some_and(|assertion| assertion.soft);
    if step.optional {
        Fails::Never
    } else if step.continue_on_failure || soft {
        Fails::AtTheEnd
    } else {
        Fails::AtOnce
    }
}

/// Whether a test goes on after a failure and fails at its end.
pub(crate) fn collects(plan: &Plan, soft: bool) -> bool {
    plan.setup.iter().chain(&plan.steps).any(|step| fails(step, soft) == Fails::AtTheEnd)
}

/// A step of the teardown: its failure says nothing of the test and keeps none of the others from being done.
pub(crate) fn tidying(step: &Step) -> Step {
    Step { optional: true, ..step.clone() }
}

/// Code being written.
pub(crate) struct Writer<'a> {
    pub(crate) code: String,
    pub(crate) warnings: Vec<String>,
    pub(crate) options: &'a ExportOptions,
    pub(crate) depth: usize,
    /// Blanks of one depth.
    pub(crate) indent: usize,
    /// What begins a comment.
    pub(crate) comment: &'static str,
    /// What the file is called but for its ending, and so the test in it.
    pub(crate) stem: String,
    /// The page or frame steps happen in, as code.
    pub(crate) scope: String,
    /// Those around it, the outermost first.
    pub(crate) outer: Vec<String>,
    /// A name nothing else has, when one is needed.
    pub(crate) counter: usize,
    /// The page object, where one is wished for.
    pub(super) elements: Option<Elements>,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(options: &'a ExportOptions, stem: &str) -> Self {
        Self {
            code: String::new(),
            warnings: Vec::new(),
            options,
            depth: 0,
            indent: 2,
            comment: "//",
            stem: stem.to_owned(),
            scope: PAGE.to_owned(),
            outer: Vec::new(),
            counter: 0,
            elements: None,
        }
    }

    /// The rows that are run, each with the name of the test it makes; no two have the same one.
    pub(crate) fn rows(&self, test: &str) -> Vec<(String, &'a Map<String, Value>)> {
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        let mut called = |name: String| {
            let mut free = name.clone();
            while seen.contains_key(&free) {
                let n = seen.entry(name.clone()).or_insert(1);
                *n += 1;
                free = format!("{name} {n}");
            }
            seen.insert(free.clone(), 1);
            free
        };
        self.options.rows.iter().filter(|row| !row.skip).map(|row| (called(title(test, &row.name)), &row.values)).collect()
    }

    pub(crate) fn line(&mut self, text: &str) {
        if !text.is_empty() {
            self.code.push_str(&" ".repeat(self.depth * self.indent));
            self.code.push_str(text);
        }
        self.code.push('\n');
    }

    /// Lines that are the same in every export.
    pub(crate) fn block(&mut self, text: &str) {
        for line in text.trim_end().lines() {
            self.line(line);
        }
    }

    /// A comment on one line, whatever is in it.
    pub(crate) fn note(&mut self, text: &str) {
        if self.options.include_comments {
            let text = format!("{} {}", self.comment, harmless(&one_line(text)));
            self.line(&text);
        }
    }

    /// What the tool cannot do: said in the code and among the warnings.
    pub(crate) fn missing(&mut self, what: &str) {
        let what = one_line(what).trim().to_owned();
        // The mark people look for in code that waits for them.
        let text = format!("{} {}: {}", self.comment, concat!("TO", "DO"), harmless(&what));
        self.line(&text);
        self.warnings.push(what);
    }

    /// Goes into a frame: `scope` is its code.
    pub(crate) fn enter(&mut self, scope: String) {
        self.outer.push(std::mem::replace(&mut self.scope, scope));
    }

    /// Goes out of the innermost frame.
    pub(crate) fn leave(&mut self) {
        self.scope = self.outer.pop().unwrap_or_else(|| PAGE.to_owned());
    }

    /// Goes out of all frames; whether there was one.
    pub(crate) fn leave_all(&mut self) -> bool {
        self.outer.clear();
        std::mem::replace(&mut self.scope, PAGE.to_owned()) != PAGE
    }

    /// Writes a step that claims something by `claim`, when claims are written at all, and any other by `done`.
    pub(crate) fn claim_or(&mut self, step: &Step, claim: impl FnOnce(&mut Self, &Assertion), done: impl FnOnce(&mut Self, &Step)) {
        if step.action != Action::Assert {
            return done(self, step);
        }
        if let Some(said) = step.assertion.as_ref().filter(|_| self.options.include_assertions) {
            claim(self, &Assertion { frame: said.frame.clone().or_else(|| step.frame.clone()), ..said.clone() });
        }
    }

    /// Whether steps happen in a frame.
    pub(crate) fn is_inside(&self) -> bool {
        self.scope != PAGE
    }

    /// What `write` writes, when it is one line of which nothing is missing.
    pub(crate) fn as_line(&mut self, write: impl FnOnce(&mut Self)) -> Option<String> {
        let (code, depth, said) = (std::mem::take(&mut self.code), std::mem::take(&mut self.depth), self.warnings.len());
        write(self);
        self.depth = depth;
        let written = std::mem::replace(&mut self.code, code);
        let whole = self.warnings.len() == said;
        self.warnings.truncate(said);
        written.strip_suffix('\n').filter(|line| whole && !line.contains('\n')).map(str::to_owned)
    }

    pub(crate) fn name(&mut self, of: &str) -> String {
        self.counter += 1;
        format!("{of}{}", self.counter)
    }

    /// What is said of a step before its code.
    pub(crate) fn title(&mut self, step: &Step) {
        if step.description.is_some() || step.name.is_some() {
            self.note(&step.title());
        }
    }
}

/// No line can be broken out of.
pub(crate) fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() || c == '\u{2028}' || c == '\u{2029}' { ' ' } else { c })
        .collect::<String>()
        .replace("*/", "* /")
}

/// Java reads `\u` in comments as well, and it may mean the end of the line.
fn harmless(comment: &str) -> String {
    comment.replace("\\u", "\\ u")
}

/// A text cut at its variables.
pub(crate) fn parts(text: &str) -> Vec<Part> {
    let mut found = Vec::new();
    for (before, name) in crate::sets::pieces(text) {
        if !before.is_empty() {
            found.push(Part::Text(before.to_owned()));
        }
        found.extend(name.map(|name| Part::Variable(name.to_owned())));
    }
    if found.is_empty() {
        found.push(Part::Text(String::new()));
    }
    found
}

/// Every variable a test names, those it sets among them.
pub(crate) fn variables(plan: &Plan) -> BTreeSet<String> {
    fn visit(value: &Value, names: &mut BTreeSet<String>) {
        match value {
            Value::String(text) => names.extend(parts(text).into_iter().filter_map(|part| match part {
                Part::Variable(name) => Some(name),
                Part::Text(_) => None,
            })),
            Value::Array(items) => items.iter().for_each(|item| visit(item, names)),
            Value::Object(fields) => fields.values().for_each(|field| visit(field, names)),
            _ => {}
        }
    }
    let mut names = BTreeSet::new();
    visit(&plan.to_json(), &mut names);
    names.extend(super::condition::fields(plan));
    names
}

/// What a variable is before the first step.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Start {
    Value(Value),
    Base,
    Timestamp,
    Date,
    Uuid,
    Email,
    Text,
    Number,
    /// Of the environment, by its name there.
    Environment(String),
    Fields(BTreeMap<String, Start>),
}

/// What every variable is before the first step; those that only a step sets are absent.
pub(crate) fn starts(plan: &Plan) -> BTreeMap<String, Start> {
    let set = set_by_steps(plan);
    let mut starts = BTreeMap::new();
    for name in variables(plan) {
        let mut names = name.split('.');
        let first = names.next().unwrap_or_default();
        let rest: Vec<&str> = names.collect();
        if first == "secrets" || first == "env" {
            starts.insert(name.clone(), Start::Environment(shout(&rest.join("."))));
        } else if let Some(value) = plan.variables.get(first) {
            starts.insert(first.to_owned(), Start::Value(value.clone()));
        } else if !set.contains(first) {
            let start = plan.variables.get(&name).map_or_else(|| outside(&name), |value| Start::Value(value.clone()));
            put(&mut starts, first, &rest, start);
        }
    }
    starts
}

fn put(starts: &mut BTreeMap<String, Start>, first: &str, rest: &[&str], start: Start) {
    let Some((next, rest)) = rest.split_first() else {
        // Fields of it that are known are more than the whole, of which nothing is.
        starts.entry(first.to_owned()).or_insert(start);
        return;
    };
    let entry = starts.entry(first.to_owned()).or_insert_with(|| Start::Fields(BTreeMap::new()));
    if !matches!(entry, Start::Fields(_)) {
        *entry = Start::Fields(BTreeMap::new());
    }
    if let Start::Fields(fields) = entry {
        put(fields, next, rest, start);
    }
}

/// What neither the plan nor a step gives.
fn outside(name: &str) -> Start {
    match name {
        "base_url" => Start::Base,
        "timestamp" => Start::Timestamp,
        "date" => Start::Date,
        "uuid" => Start::Uuid,
        "random_email" => Start::Email,
        "random_string" => Start::Text,
        "random_int" => Start::Number,
        _ => Start::Environment(shout(name)),
    }
}

/// Whether a step ends the stay in a frame.
pub(crate) fn leaves_frames(action: Action) -> bool {
    matches!(
        action,
        Action::Goto | Action::Reload | Action::GoBack | Action::GoForward | Action::NewTab | Action::SwitchTab | Action::CloseTab
    )
}

/// Variables some step sets.
pub(crate) fn set_by_steps(plan: &Plan) -> BTreeSet<String> {
    plan.setup.iter().chain(&plan.steps).chain(&plan.teardown).filter_map(|step| step.save_as.clone()).collect()
}
