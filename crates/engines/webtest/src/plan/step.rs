//! One step: its action and everything that says how.

use serde_json::{Map, Value, json};

use super::action::{Action, Needs};
use super::assertion::Assertion;
use super::problem::Reader;
use crate::options::Vision;

/// How a step is carried out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Execution {
    pub timeout_ms: Option<u64>,
    /// Further tries when the element was not there or not ready, each as long as the step's own time; an event that reached the
    /// page is never sent again. Without it there are three that look for a moment, the first two half a second apart.
    pub retries: Option<u32>,
    /// The element is looked for in a picture when everything else failed; `false` = though the run would.
    pub use_vision: Option<bool>,
    /// It is looked for there first.
    pub always_vision: Option<bool>,
    /// Never, whatever the run says.
    pub skip_vision: Option<bool>,
    /// Fields this version does not act upon, kept as they came.
    pub extra: Map<String, Value>,
}

/// When a step is done at all.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// A claim that holds now; nobody waits for it.
    Claim(Box<Assertion>),
    /// Of the variables: `plan == 'pro'`, `count >= 3`, `role in ['a','b']`, `flag`.
    Filter(String),
}

/// One step of a test.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    pub action: Action,
    pub target: Option<String>,
    pub value: Option<Value>,
    pub timeout_ms: Option<u64>,
    pub wait_after_ms: Option<u64>,
    pub name: Option<String>,
    pub description: Option<String>,
    pub continue_on_failure: bool,
    /// Its failure does not count.
    pub optional: bool,
    pub condition: Option<Condition>,
    pub save_as: Option<String>,
    pub frame: Option<String>,
    pub options: Map<String, Value>,
    pub execution: Execution,
    /// Only of `assert`.
    pub assertion: Option<Assertion>,
    /// Fields this version does not know, kept as they came.
    pub extra: Map<String, Value>,
}

impl Step {
    /// A step without more.
    pub fn new(action: Action, target: Option<&str>, value: Option<&str>) -> Self {
        Self {
            action,
            target: target.map(str::to_owned),
            value: value.map(Value::from),
            timeout_ms: None,
            wait_after_ms: None,
            name: None,
            description: None,
            continue_on_failure: false,
            optional: false,
            condition: None,
            save_as: None,
            frame: None,
            options: Map::new(),
            execution: Execution::default(),
            assertion: None,
            extra: Map::new(),
        }
    }

    /// A step that claims something.
    pub fn assert(assertion: Assertion) -> Self {
        Self { assertion: Some(assertion), ..Self::new(Action::Assert, None, None) }
    }

    pub(crate) fn parse(doc: &Value, reader: &mut Reader<'_>) -> Option<Self> {
        let mut fields = match doc {
            Value::String(text) if !text.trim().is_empty() => return Some(Self::new(Action::Instruction, None, Some(text))),
            Value::Object(fields) => fields.clone(),
            _ => {
                reader.problem("", "dict_type", "Input should be an object or an instruction");
                return None;
            }
        };
        let action = Self::action(&mut fields, reader)?;
        let mut step = Self::new(action, None, None);
        if action == Action::Assert {
            step.assertion = Assertion::read(&mut fields, reader);
        } else {
            step.read_target(&mut fields, reader);
        }
        let timeout = fields.shift_remove("timeout").or_else(|| fields.shift_remove("timeout_ms"));
        step.timeout_ms = reader.millis("timeout", timeout);
        step.wait_after_ms = reader.millis("wait_after", fields.shift_remove("wait_after"));
        step.name = reader.text("name", fields.shift_remove("name"));
        step.description = reader.text("description", fields.shift_remove("description"));
        step.continue_on_failure = reader.flag("continue_on_failure", fields.shift_remove("continue_on_failure").as_ref());
        step.optional = reader.flag("optional", fields.shift_remove("optional").as_ref());
        step.save_as = reader.text("save_as", fields.shift_remove("save_as"));
        step.frame = reader.text("frame", fields.shift_remove("frame"));
        step.options = reader.map("options", fields.shift_remove("options"));
        step.condition = fields.shift_remove("if").filter(|value| !value.is_null()).and_then(|value| Condition::parse(&value, reader));
        let execution = reader.map("execution", fields.shift_remove("execution"));
        step.execution = Execution::read(execution, reader);
        if let Some(name) = &step.save_as
            && !crate::text::is_name(name)
        {
            reader.problem("save_as", "value_error", "A variable has letters, digits and underscores");
        }
        fields.retain(|_, value| !value.is_null());
        step.extra = fields;
        step.complete(reader);
        step.complete_named(reader);
        Some(step)
    }

    fn action(fields: &mut Map<String, Value>, reader: &mut Reader<'_>) -> Option<Action> {
        match fields.shift_remove("action") {
            Some(Value::String(name)) => {
                let action = Action::named(&name);
                if action.is_none() {
                    reader.problem("action", "enum", format!("Unknown action: {name}"));
                }
                action
            }
            Some(value) if !value.is_null() => {
                reader.problem("action", "string_type", "Input should be a valid string");
                None
            }
            _ => match fields.shift_remove("instruction") {
                Some(text @ Value::String(_)) => {
                    fields.insert("value".to_owned(), text);
                    Some(Action::Instruction)
                }
                _ => {
                    reader.problem("action", "missing", "Field required");
                    None
                }
            },
        }
    }

    fn read_target(&mut self, fields: &mut Map<String, Value>, reader: &mut Reader<'_>) {
        let mut names = vec!["target", "selector", "locator"];
        if self.action.takes_url() {
            names.push("url");
        }
        let target = names.iter().find_map(|name| fields.shift_remove(*name).filter(|value| !value.is_null()));
        self.target = reader.text("target", target).filter(|text| !text.is_empty());
        self.value = ["value", "text", "key"].iter().find_map(|name| fields.shift_remove(*name).filter(|value| !value.is_null()));
    }

    fn complete(&mut self, reader: &mut Reader<'_>) {
        let (target, value) = (self.target.is_some(), self.value.is_some());
        let (missing_target, missing_value) = match self.action.needs() {
            Needs::Nothing => (false, false),
            Needs::Target => (!target, false),
            Needs::Value => (false, !value),
            Needs::Both => (!target, !value),
            Needs::Either => (!target && !value, false),
        };
        if missing_target {
            reader.problem("target", "missing", "Field required");
        }
        if missing_value {
            reader.problem("value", "missing", "Field required");
        }
        if self.action == Action::SetVariable && self.save_as.is_none() {
            match self.target.take() {
                Some(name) if crate::text::is_name(&name) => self.save_as = Some(name),
                _ => reader.problem("save_as", "missing", "Field required"),
            }
        }
        if self.action == Action::Extract && self.save_as.is_none() {
            reader.problem("save_as", "missing", "Field required");
        }
    }

    /// The element it is about, and the frame that is in.
    pub(crate) fn element(&self) -> (Option<&str>, Option<&str>) {
        let of = self.assertion.as_ref();
        let target = self.target.as_deref().or_else(|| of.and_then(|claim| claim.target.as_deref()));
        (target, of.and_then(|claim| claim.frame.as_deref()).or(self.frame.as_deref()))
    }

    /// It cannot be done without its one element, so one that changed may be looked for: to act on it or to read it, or to propose
    /// it where it is claimed. What is to be gone, absent or counted is never looked for.
    pub(crate) fn wants_one(&self) -> bool {
        let value = self.value.as_ref().map(crate::text::plain).unwrap_or_default();
        match self.action {
            Action::Assert => self.assertion.as_ref().is_some_and(Assertion::wants_one),
            Action::Extract => self.target.is_some() && !matches!(value.as_str(), "count" | "texts" | "url"),
            Action::Wait | Action::WaitForSelector => {
                let state = self.options.get("state").filter(|state| !state.is_null()).map_or(value, crate::text::plain);
                self.target.is_some() && matches!(state.as_str(), "" | "visible" | "attached")
            }
            action => action.acts_on_element(),
        }
    }

    /// Cookies and headers are objects: one that was written as a text becomes one, and what can never be one is a problem here
    /// and not first in a run.
    fn complete_named(&mut self, reader: &mut Reader<'_>) {
        if !matches!(self.action, Action::SetCookie | Action::SetHeaders) {
            return;
        }
        if let Some(Value::String(text)) = &self.value
            && let Ok(object @ Value::Object(_)) = serde_json::from_str(text)
        {
            self.value = Some(object);
        }
        let named = |fields: &Map<String, Value>| fields.get("name").is_some_and(|name| !crate::text::plain(name).is_empty());
        let fits = match (self.action, &self.value) {
            // A variable may hold one.
            (_, Some(Value::String(text))) if crate::variables::is_alone(text) => true,
            (Action::SetHeaders, value) => value.as_ref().is_none_or(Value::is_object),
            (_, Some(Value::Object(cookie))) => named(cookie),
            (_, Some(_)) => self.target.is_some() || named(&self.options),
            (_, None) => named(&self.options),
        };
        if !fits {
            let what = if self.action == Action::SetHeaders { "names and values" } else { "a name and a value" };
            reader.problem("value", "value_error", format!("Input should be an object with {what}"));
        }
    }

    pub fn to_json(&self) -> Value {
        let mut fields = Map::new();
        fields.insert("action".to_owned(), self.action.name().into());
        if let Some(assertion) = &self.assertion {
            assertion.write("assertion_type", &mut fields);
        }
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                fields.insert(name.to_owned(), value);
            }
        };
        put("target", self.target.clone().map(Value::from));
        put("value", self.value.clone());
        put("timeout", self.timeout_ms.map(Value::from));
        put("wait_after", self.wait_after_ms.map(Value::from));
        put("name", self.name.clone().map(Value::from));
        put("description", self.description.clone().map(Value::from));
        put("continue_on_failure", self.continue_on_failure.then_some(json!(true)));
        put("optional", self.optional.then_some(json!(true)));
        put("if", self.condition.as_ref().map(Condition::to_json));
        put("save_as", self.save_as.clone().map(Value::from));
        put("frame", self.frame.clone().map(Value::from));
        put("options", (!self.options.is_empty()).then(|| self.options.clone().into()));
        let execution = self.execution.to_json();
        put("execution", (!execution.is_empty()).then(|| execution.into()));
        for (name, value) in &self.extra {
            put(name, Some(value.clone()));
        }
        fields.into()
    }

    /// What a person calls it: its description, its name, or what it does.
    pub fn title(&self) -> String {
        if let Some(title) = self.description.as_ref().or(self.name.as_ref()) {
            return title.clone();
        }
        let of = self.target.as_deref().or_else(|| self.assertion.as_ref().and_then(|a| a.target.as_deref())).unwrap_or_default();
        format!("{} {of}", self.action).trim_end().to_owned()
    }
}

impl Condition {
    fn parse(doc: &Value, reader: &mut Reader<'_>) -> Option<Self> {
        match doc {
            Value::String(text) => match crate::filter::Filter::parse(text) {
                Ok(_) => Some(Self::Filter(text.clone())),
                Err(why) => {
                    reader.problem("if", "value_error", why);
                    None
                }
            },
            other => Assertion::parse(other, &mut reader.inside(&["if".into()])).map(|claim| Self::Claim(Box::new(claim))),
        }
    }

    fn to_json(&self) -> Value {
        match self {
            Self::Claim(claim) => claim.to_json(),
            Self::Filter(text) => text.clone().into(),
        }
    }
}

impl Execution {
    /// Whether the element is looked for in a picture, where the run says `usual`.
    pub(crate) fn vision(&self, usual: Vision) -> Vision {
        match (self.skip_vision, self.always_vision, self.use_vision) {
            (Some(true), ..) => Vision::Off,
            (_, Some(true), _) => Vision::Always,
            (.., Some(true)) => usual.max(Vision::Fallback),
            (.., Some(false)) => Vision::Off,
            (_, Some(false), None) => usual.min(Vision::Fallback),
            _ => usual,
        }
    }

    fn read(mut fields: Map<String, Value>, reader: &mut Reader<'_>) -> Self {
        let mut reader = reader.inside(&["execution".into()]);
        let timeout_ms = reader.millis("timeout_ms", fields.shift_remove("timeout_ms"));
        let retries = match fields.shift_remove("retries") {
            None | Some(Value::Null) => None,
            Some(value) => match value.as_u64().and_then(|count| u32::try_from(count).ok()).filter(|count| *count <= 10) {
                Some(count) => Some(count),
                None => {
                    reader.problem("retries", "int_type", "Input should be a number from 0 to 10");
                    None
                }
            },
        };
        let mut flag = |name: &str| super::maybe_flag(name, fields.shift_remove(name), &mut reader);
        let (use_vision, always_vision, skip_vision) = (flag("use_vision"), flag("always_vision"), flag("skip_vision"));
        fields.retain(|_, value| !value.is_null());
        Self { timeout_ms, retries, use_vision, always_vision, skip_vision, extra: fields }
    }

    fn to_json(&self) -> Map<String, Value> {
        let mut fields = Map::new();
        if let Some(timeout) = self.timeout_ms {
            fields.insert("timeout_ms".to_owned(), timeout.into());
        }
        if let Some(retries) = self.retries {
            fields.insert("retries".to_owned(), retries.into());
        }
        for (name, flag) in [("use_vision", self.use_vision), ("always_vision", self.always_vision), ("skip_vision", self.skip_vision)] {
            fields.extend(flag.map(|flag| (name.to_owned(), flag.into())));
        }
        fields.extend(self.extra.clone());
        fields
    }
}
