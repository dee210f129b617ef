//! Lines of code with their depth, texts with their variables, and what could not be written.

use std::collections::BTreeSet;

use serde_json::Value;

use super::ExportOptions;
use crate::plan::{Plan, Step};
use crate::text::plain;

/// A text in parts: as it is, or the value of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Text(String),
    Variable(String),
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
    /// The page or frame steps happen in, as code.
    pub(crate) scope: String,
    /// A name nothing else has, when one is needed.
    pub(crate) counter: usize,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(options: &'a ExportOptions) -> Self {
        Self {
            code: String::new(),
            warnings: Vec::new(),
            options,
            depth: 0,
            indent: 2,
            comment: "//",
            scope: "page".to_owned(),
            counter: 0,
        }
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
            let text = format!("{} {}", self.comment, one_line(text));
            self.line(&text);
        }
    }

    /// What the tool cannot do: said in the code and among the warnings.
    pub(crate) fn missing(&mut self, what: &str) {
        let what = one_line(what).trim().to_owned();
        // The mark people look for in code that waits for them.
        let text = format!("{} {}: {what}", self.comment, concat!("TO", "DO"));
        self.line(&text);
        self.warnings.push(what);
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

/// A text cut at its variables.
pub(crate) fn parts(text: &str) -> Vec<Part> {
    let mut found = Vec::new();
    let mut rest = text;
    let mut plain = String::new();
    while let Some((before, after)) = rest.split_once("{{") {
        plain.push_str(before);
        match after.split_once("}}") {
            Some((name, after)) if !name.trim().is_empty() && name.trim().chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.') => {
                if !plain.is_empty() {
                    found.push(Part::Text(std::mem::take(&mut plain)));
                }
                found.push(Part::Variable(name.trim().to_owned()));
                rest = after;
            }
            _ => {
                plain.push_str("{{");
                rest = after;
            }
        }
    }
    plain.push_str(rest);
    if !plain.is_empty() || found.is_empty() {
        found.push(Part::Text(plain));
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
    names
}

/// What a variable is before any step, as text; `None` for what the environment must give.
pub(crate) fn initial(plan: &Plan, name: &str) -> Option<String> {
    plan.variables.get(name).filter(|value| !value.is_object() && !value.is_array()).map(plain)
}

/// Variables some step sets.
pub(crate) fn set_by_steps(plan: &Plan) -> BTreeSet<String> {
    plan.setup.iter().chain(&plan.steps).chain(&plan.teardown).filter_map(|step| step.save_as.clone()).collect()
}
