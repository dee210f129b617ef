//! A test as it is kept: what its people wrote, how important it is, where it came from. Pure.

use argos_kernel::{Timestamp, Uid};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Most steps a test may have, hooks included.
pub const STEPS_MAX: usize = 500;

/// How much a failure matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    Critical,
    High,
    #[default]
    Medium,
    Low,
}

/// Where a test came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    #[default]
    Manual,
    Discovered,
    Generated,
    Imported,
}

macro_rules! words {
    ($type:ident: $($variant:ident = $word:literal),+) => {
        impl $type {
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
            pub const WORDS: &'static str = concat!($($word, " "),+);
        }
    };
}
pub(crate) use words;

words!(Priority: Critical = "critical", High = "high", Medium = "medium", Low = "low");
words!(Source: Manual = "manual", Discovered = "discovered", Generated = "generated", Imported = "imported");

/// What a version of a test keeps: all its people wrote.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Document {
    pub name: String,
    pub description: Option<String>,
    /// `steps`, `assertions`, `setup`, `teardown`, `variables`, `config` in canonical form.
    pub definition: Map<String, Value>,
    pub tags: Vec<String>,
    pub priority: Priority,
    pub is_active: bool,
    pub source: Source,
}

impl Document {
    pub fn list(&self, member: &str) -> &[Value] {
        self.definition.get(member).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }
    pub fn object(&self, member: &str) -> Map<String, Value> {
        self.definition.get(member).and_then(Value::as_object).cloned().unwrap_or_default()
    }
    pub fn step_count(&self) -> i64 {
        i64::try_from(self.list("steps").len()).unwrap_or(i64::MAX)
    }
    /// The definition with its name: what is parsed into a plan.
    pub fn plan(&self) -> Value {
        let mut doc = self.definition.clone();
        doc.insert("name".to_owned(), Value::from(self.name.clone()));
        Value::Object(doc)
    }
}

/// A stored test.
#[derive(Clone, Debug, PartialEq)]
pub struct Test {
    pub id: i64,
    pub uid: Uid,
    pub organization_id: i64,
    pub project_id: i64,
    pub project_uid: Uid,
    pub document: Document,
    pub version: i64,
    pub created_by: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// What a list shows of a test.
#[derive(Clone, Debug, PartialEq)]
pub struct TestLine {
    pub uid: Uid,
    pub project_uid: Uid,
    pub name: String,
    pub description: Option<String>,
    pub tags: Vec<String>,
    pub priority: Priority,
    pub is_active: bool,
    pub source: Source,
    pub version: i64,
    pub step_count: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// A version as the list of versions shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Version {
    pub version: i64,
    /// What changed, in words.
    pub summary: String,
    pub created_by: String,
    pub created_at: Timestamp,
}

/// What changed between two versions, for the list of versions.
pub fn summary(before: &Document, after: &Document) -> String {
    let mut parts = Vec::new();
    let mut note = |changed: bool, what: &str| {
        if changed {
            parts.push(what.to_owned());
        }
    };
    note(before.name != after.name, "name");
    note(before.description != after.description, "description");
    for member in ["steps", "assertions", "setup", "teardown", "variables", "config"] {
        note(before.definition.get(member) != after.definition.get(member), member);
    }
    note(before.tags != after.tags, "tags");
    note(before.priority != after.priority, "priority");
    note(before.is_active != after.is_active, if after.is_active { "switched on" } else { "switched off" });
    note(before.source != after.source, "source");
    if parts.is_empty() { "saved unchanged".to_owned() } else { parts.join(", ") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn summary_names_each_part_that_changed() {
        let before = Document { name: "a".into(), is_active: true, ..Document::default() };
        let mut after = before.clone();
        assert_eq!(summary(&before, &after), "saved unchanged");
        after.definition.insert("steps".into(), json!([{ "action": "reload" }]));
        after.is_active = false;
        assert_eq!(summary(&before, &after), "steps, switched off");
    }

    #[test]
    fn words_read_and_print_alike() {
        for word in Priority::WORDS.split_whitespace() {
            assert_eq!(Priority::parse(word).unwrap().as_str(), word);
        }
        for word in Source::WORDS.split_whitespace() {
            assert_eq!(Source::parse(word).unwrap().as_str(), word);
        }
        assert_eq!(Priority::parse("urgent"), None);
    }
}
