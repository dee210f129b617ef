//! What is wrong with a test document, and where. Collects; never stops at the first.

use serde::Serialize;
use serde_json::Value;

/// One segment of the way to a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Place {
    Key(String),
    Index(usize),
}

impl From<&str> for Place {
    fn from(key: &str) -> Self {
        Self::Key(key.to_owned())
    }
}

impl From<usize> for Place {
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    pub loc: Vec<Place>,
    pub msg: String,
    /// `missing`, `enum`, `string_type`, `int_type`, `bool_type`, `dict_type`, `list_type`, `too_long`, `value_error`.
    #[serde(rename = "type")]
    pub kind: &'static str,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let way: Vec<String> = self
            .loc
            .iter()
            .map(|place| match place {
                Place::Key(key) => key.clone(),
                Place::Index(index) => index.to_string(),
            })
            .collect();
        write!(f, "{}: {}", way.join("."), self.msg)
    }
}

/// Where the reader is, and what it found so far.
pub(crate) struct Reader<'a> {
    pub(crate) problems: &'a mut Vec<Problem>,
    pub(crate) at: Vec<Place>,
}

impl Reader<'_> {
    pub(crate) fn problem(&mut self, field: &str, kind: &'static str, msg: impl Into<String>) {
        let mut loc = self.at.clone();
        if !field.is_empty() {
            loc.push(field.into());
        }
        self.problems.push(Problem { loc, msg: msg.into(), kind });
    }

    /// The same reader one place further in.
    pub(crate) fn inside(&mut self, places: &[Place]) -> Reader<'_> {
        let mut at = self.at.clone();
        at.extend_from_slice(places);
        Reader { problems: self.problems, at }
    }

    pub(crate) fn text(&mut self, field: &str, value: Option<Value>) -> Option<String> {
        match value {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text),
            Some(Value::Number(number)) => Some(number.to_string()),
            Some(_) => {
                self.problem(field, "string_type", "Input should be a valid string");
                None
            }
        }
    }

    pub(crate) fn flag(&mut self, field: &str, value: Option<&Value>) -> bool {
        match value {
            None | Some(Value::Null) => false,
            Some(Value::Bool(flag)) => *flag,
            Some(_) => {
                self.problem(field, "bool_type", "Input should be true or false");
                false
            }
        }
    }

    /// Milliseconds between 0 and an hour.
    pub(crate) fn millis(&mut self, field: &str, value: Option<Value>) -> Option<u64> {
        match value {
            None | Some(Value::Null) => None,
            Some(value) => {
                let millis = value.as_u64().or_else(|| value.as_str().and_then(crate::text::millis)).filter(|ms| *ms <= 3_600_000);
                if millis.is_none() {
                    self.problem(field, "int_type", "Input should be milliseconds from 0 to 3600000");
                }
                millis
            }
        }
    }

    pub(crate) fn map(&mut self, field: &str, value: Option<Value>) -> serde_json::Map<String, Value> {
        match value {
            None | Some(Value::Null) => serde_json::Map::new(),
            Some(Value::Object(map)) => map,
            Some(_) => {
                self.problem(field, "dict_type", "Input should be an object");
                serde_json::Map::new()
            }
        }
    }
}
