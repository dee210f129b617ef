//! The step model: a test as a document, read with every problem named and written back in one canonical form. Fields
//! nobody here knows are kept, so that a newer client loses nothing. Says what a test is; runs nothing.

mod action;
mod assertion;
mod problem;
mod step;

use serde_json::{Map, Value, json};

pub use action::Action;
pub use assertion::{Assertion, Claim};
pub use problem::{Place, Problem};
pub use step::{Condition, Execution, Step};

use problem::Reader;

use crate::options::Vision;

/// Most steps of one list.
pub const STEPS_MAX: usize = 500;
/// Longest text of one field.
const TEXT_BYTES_MAX: usize = 100_000;

/// How a test wants to be run; what is absent is the runner's default.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Config {
    /// For the whole test.
    pub timeout_ms: Option<u64>,
    pub retries: Option<u32>,
    pub viewport: Option<(u32, u32)>,
    pub browser: Option<String>,
    pub self_heal: Option<bool>,
    pub strict_selectors: Option<bool>,
    /// `execution_mode`: `standard`, `hybrid` or `vision`.
    pub vision: Option<Vision>,
    /// Fields this version does not know, kept as they came.
    pub extra: Map<String, Value>,
}

/// A test.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    pub name: String,
    pub steps: Vec<Step>,
    pub assertions: Vec<Assertion>,
    pub setup: Vec<Step>,
    pub teardown: Vec<Step>,
    pub variables: Map<String, Value>,
    pub config: Config,
}

impl Plan {
    /// Reads a test document, or says everything that is wrong with it.
    pub fn parse(doc: &Value) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut reader = Reader { problems: &mut problems, at: Vec::new() };
        let mut plan = Self::default();
        match doc.as_object() {
            None => reader.problem("", "dict_type", "Input should be an object"),
            Some(fields) => {
                let field = |name: &str| fields.get(name).cloned();
                plan.name = reader.text("name", field("name")).unwrap_or_default();
                plan.steps = steps("steps", fields.get("steps"), &mut reader);
                plan.setup = steps("setup", fields.get("setup"), &mut reader);
                plan.teardown = steps("teardown", fields.get("teardown"), &mut reader);
                plan.assertions = list("assertions", fields.get("assertions"), &mut reader, Assertion::parse);
                plan.variables = reader.map("variables", field("variables"));
                let config = reader.map("config", field("config"));
                plan.config = Config::read(config, &mut reader.inside(&["config".into()]));
            }
        }
        if problems.is_empty() { Ok(plan) } else { Err(problems) }
    }

    /// The document in its canonical form.
    pub fn to_json(&self) -> Value {
        let steps = |steps: &[Step]| steps.iter().map(Step::to_json).collect::<Vec<_>>();
        json!({
            "name": self.name,
            "steps": steps(&self.steps),
            "assertions": self.assertions.iter().map(Assertion::to_json).collect::<Vec<_>>(),
            "setup": steps(&self.setup),
            "teardown": steps(&self.teardown),
            "variables": self.variables,
            "config": self.config.to_json(),
        })
    }
}

fn steps(name: &str, doc: Option<&Value>, reader: &mut Reader<'_>) -> Vec<Step> {
    list(name, doc, reader, Step::parse)
}

fn list<T>(name: &str, doc: Option<&Value>, reader: &mut Reader<'_>, read: impl Fn(&Value, &mut Reader<'_>) -> Option<T>) -> Vec<T> {
    match doc {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(items)) if items.len() > STEPS_MAX => {
            reader.problem(name, "too_long", format!("List should have at most {STEPS_MAX} items"));
            Vec::new()
        }
        Some(Value::Array(items)) => items
            .iter()
            .enumerate()
            .filter_map(|(index, item)| {
                let mut reader = reader.inside(&[name.into(), index.into()]);
                if longest(item) > TEXT_BYTES_MAX {
                    reader.problem("", "too_long", format!("Text should have at most {TEXT_BYTES_MAX} bytes"));
                    return None;
                }
                read(item, &mut reader)
            })
            .collect(),
        Some(_) => {
            reader.problem(name, "list_type", "Input should be a list");
            Vec::new()
        }
    }
}

fn longest(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(longest).max().unwrap_or(0),
        Value::Object(fields) => fields.values().map(longest).max().unwrap_or(0),
        _ => 0,
    }
}

impl Config {
    fn read(mut fields: Map<String, Value>, reader: &mut Reader<'_>) -> Self {
        let mut config = Self { timeout_ms: reader.millis("timeout_ms", fields.shift_remove("timeout_ms")), ..Self::default() };
        config.retries = match fields.shift_remove("retries") {
            None | Some(Value::Null) => None,
            Some(value) => {
                let count = value.as_u64().and_then(|count| u32::try_from(count).ok()).filter(|count| *count <= 10);
                if count.is_none() {
                    reader.problem("retries", "int_type", "Input should be a number from 0 to 10");
                }
                count
            }
        };
        config.viewport = match fields.shift_remove("viewport") {
            None | Some(Value::Null) => None,
            Some(value) => {
                let size = crate::text::size(&value);
                if size.is_none() {
                    reader.problem("viewport", "value_error", "Input should be {\"width\":1280,\"height\":720}, each from 1 to 10000");
                }
                size
            }
        };
        config.browser = reader.text("browser", fields.shift_remove("browser"));
        config.self_heal = maybe_flag("self_heal", fields.shift_remove("self_heal"), reader);
        config.strict_selectors = maybe_flag("strict_selectors", fields.shift_remove("strict_selectors"), reader);
        config.vision = reader.text("execution_mode", fields.shift_remove("execution_mode")).and_then(|mode| {
            let vision = Vision::of_mode(&mode);
            if vision.is_none() {
                reader.problem("execution_mode", "enum", "Input should be standard, hybrid or vision");
            }
            vision
        });
        fields.retain(|_, value| !value.is_null());
        config.extra = fields;
        config
    }

    fn to_json(&self) -> Value {
        let mut fields = Map::new();
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                fields.insert(name.to_owned(), value);
            }
        };
        put("timeout_ms", self.timeout_ms.map(Value::from));
        put("retries", self.retries.map(Value::from));
        put("viewport", self.viewport.map(|(width, height)| json!({ "width": width, "height": height })));
        put("browser", self.browser.clone().map(Value::from));
        put("self_heal", self.self_heal.map(Value::from));
        put("strict_selectors", self.strict_selectors.map(Value::from));
        put("execution_mode", self.vision.map(|vision| vision.mode().into()));
        for (name, value) in &self.extra {
            put(name, Some(value.clone()));
        }
        fields.into()
    }
}

fn maybe_flag(name: &str, value: Option<Value>, reader: &mut Reader<'_>) -> Option<bool> {
    value.filter(|value| !value.is_null()).map(|value| reader.flag(name, Some(&value)))
}

#[cfg(test)]
mod tests;
