//! What a test claims of a page: kinds with their other names, and one claim with its target and what is expected.

use serde_json::{Map, Value, json};

use super::problem::Reader;

/// What is claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Claim {
    ElementVisible,
    ElementHidden,
    ElementExists,
    ElementNotExists,
    TextContains,
    TextEquals,
    TextMatches,
    UrlContains,
    UrlEquals,
    UrlMatches,
    TitleContains,
    TitleEquals,
    ValueEquals,
    Attribute,
    Css,
    ClassContains,
    Enabled,
    Disabled,
    Checked,
    Unchecked,
    Focused,
    Editable,
    Count,
    ScreenshotMatches,
    NoConsoleErrors,
    ResponseStatus,
    ResponseJson,
    Accessibility,
    Performance,
}

/// Claim, name, other names, needs a target, needs what is expected.
type Entry = (Claim, &'static str, &'static [&'static str], bool, bool);

const ENTRIES: [Entry; 29] = [
    (Claim::ElementVisible, "element_visible", &["visible", "is_visible"], true, false),
    (Claim::ElementHidden, "element_hidden", &["hidden", "not_visible"], true, false),
    (Claim::ElementExists, "element_exists", &["exists"], true, false),
    (Claim::ElementNotExists, "element_not_exists", &["not_exists"], true, false),
    (Claim::TextContains, "text_contains", &["contains", "contains_text"], false, true),
    (Claim::TextEquals, "text_equals", &["equals", "has_text"], true, true),
    (Claim::TextMatches, "text_matches", &[], false, true),
    (Claim::UrlContains, "url_contains", &[], false, true),
    (Claim::UrlEquals, "url_equals", &[], false, true),
    (Claim::UrlMatches, "url_matches", &[], false, true),
    (Claim::TitleContains, "title_contains", &[], false, true),
    (Claim::TitleEquals, "title_equals", &[], false, true),
    (Claim::ValueEquals, "value_equals", &[], true, true),
    (Claim::Attribute, "attribute", &["attribute_equals"], true, true),
    (Claim::Css, "css", &[], true, true),
    (Claim::ClassContains, "class_contains", &[], true, true),
    (Claim::Enabled, "enabled", &["is_enabled"], true, false),
    (Claim::Disabled, "disabled", &["is_disabled"], true, false),
    (Claim::Checked, "checked", &["is_checked"], true, false),
    (Claim::Unchecked, "unchecked", &[], true, false),
    (Claim::Focused, "focused", &[], true, false),
    (Claim::Editable, "editable", &[], true, false),
    (Claim::Count, "count", &["element_count"], true, true),
    (Claim::ScreenshotMatches, "screenshot_matches", &[], false, false),
    (Claim::NoConsoleErrors, "no_console_errors", &[], false, false),
    (Claim::ResponseStatus, "response_status", &[], false, true),
    (Claim::ResponseJson, "response_json", &[], false, true),
    (Claim::Accessibility, "accessibility", &[], false, false),
    (Claim::Performance, "performance", &[], false, true),
];

impl Claim {
    /// The claim of a name or one of its other names.
    pub fn named(name: &str) -> Option<Self> {
        ENTRIES.iter().find(|entry| entry.1 == name || entry.2.contains(&name)).map(|entry| entry.0)
    }

    /// Its own name.
    pub fn name(self) -> &'static str {
        self.entry().1
    }

    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        ENTRIES.iter().map(|entry| entry.0)
    }

    fn entry(self) -> &'static Entry {
        // Every claim stands in the table, which a test sees to.
        ENTRIES.iter().find(|entry| entry.0 == self).unwrap_or(&ENTRIES[0])
    }
}

/// One claim.
#[derive(Clone, Debug, PartialEq)]
pub struct Assertion {
    pub claim: Claim,
    pub target: Option<String>,
    pub expected: Option<Value>,
    /// Its failure is written down and the test goes on; it fails at the end.
    pub soft: bool,
    /// The opposite is claimed.
    pub not: bool,
    pub timeout_ms: Option<u64>,
    pub frame: Option<String>,
    pub options: Map<String, Value>,
    /// Fields this version does not know, kept as they came.
    pub extra: Map<String, Value>,
}

impl Assertion {
    /// A claim without more.
    pub fn new(claim: Claim, target: Option<&str>, expected: Option<&str>) -> Self {
        Self {
            claim,
            target: target.map(str::to_owned),
            expected: expected.map(Value::from),
            soft: false,
            not: false,
            timeout_ms: None,
            frame: None,
            options: Map::new(),
            extra: Map::new(),
        }
    }

    /// It says something of one element that has to be there.
    pub(crate) fn wants_one(&self) -> bool {
        let of_one = matches!(
            self.claim,
            Claim::ElementVisible
                | Claim::ElementExists
                | Claim::TextContains
                | Claim::TextEquals
                | Claim::TextMatches
                | Claim::ValueEquals
                | Claim::Attribute
                | Claim::Css
                | Claim::ClassContains
                | Claim::Enabled
                | Claim::Disabled
                | Claim::Checked
                | Claim::Unchecked
                | Claim::Focused
                | Claim::Editable
        );
        of_one && !self.not && self.target.is_some()
    }

    /// Takes the fields of a claim out of `fields`.
    pub(crate) fn read(fields: &mut Map<String, Value>, reader: &mut Reader<'_>) -> Option<Self> {
        let field = if fields.contains_key("assertion_type") { "assertion_type" } else { "type" };
        let name = match fields.remove(field) {
            Some(Value::String(name)) => name,
            Some(_) => {
                reader.problem(field, "string_type", "Input should be a valid string");
                return None;
            }
            None => {
                reader.problem("assertion_type", "missing", "Field required");
                return None;
            }
        };
        // `not_…` says the opposite of what follows, unless it is a name of its own.
        let (claim, negated) = match Claim::named(&name) {
            Some(claim) => (claim, false),
            None => match name.strip_prefix("not_").and_then(Claim::named) {
                Some(claim) => (claim, true),
                None => {
                    reader.problem(field, "enum", format!("Unknown assertion type: {name}"));
                    return None;
                }
            },
        };
        let target = ["target", "selector", "locator"].iter().find_map(|name| fields.shift_remove(*name)).filter(|value| !value.is_null());
        let expected = ["expected", "value", "text"].iter().find_map(|name| fields.shift_remove(*name)).filter(|value| !value.is_null());
        let timeout = fields.shift_remove("timeout").or_else(|| fields.shift_remove("timeout_ms"));
        let assertion = Self {
            claim,
            target: reader.text("target", target),
            expected,
            soft: reader.flag("soft", fields.shift_remove("soft").as_ref()),
            not: reader.flag("not", fields.shift_remove("not").as_ref()) != negated,
            timeout_ms: reader.millis("timeout", timeout),
            frame: reader.text("frame", fields.shift_remove("frame")),
            options: reader.map("options", fields.shift_remove("options")),
            extra: Map::new(),
        };
        let entry = claim.entry();
        if entry.3 && assertion.target.is_none() {
            reader.problem("target", "missing", "Field required");
        }
        if entry.4 && assertion.expected.is_none() {
            reader.problem("expected", "missing", "Field required");
        }
        Some(assertion)
    }

    /// Reads one that stands alone, not in a step.
    pub(crate) fn parse(doc: &Value, reader: &mut Reader<'_>) -> Option<Self> {
        let Value::Object(fields) = doc else {
            reader.problem("", "dict_type", "Input should be an object");
            return None;
        };
        let mut fields = fields.clone();
        let mut assertion = Self::read(&mut fields, reader)?;
        assertion.extra = fields;
        Some(assertion)
    }

    /// Writes its fields, the claim under `key`.
    pub(crate) fn write(&self, key: &str, fields: &mut Map<String, Value>) {
        fields.insert(key.to_owned(), self.claim.name().into());
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                fields.insert(name.to_owned(), value);
            }
        };
        put("target", self.target.clone().map(Value::from));
        put("expected", self.expected.clone());
        put("soft", self.soft.then_some(json!(true)));
        put("not", self.not.then_some(json!(true)));
        put("timeout", self.timeout_ms.map(Value::from));
        put("frame", self.frame.clone().map(Value::from));
        put("options", (!self.options.is_empty()).then(|| self.options.clone().into()));
        for (name, value) in &self.extra {
            put(name, Some(value.clone()));
        }
    }

    pub fn to_json(&self) -> Value {
        let mut fields = Map::new();
        self.write("type", &mut fields);
        fields.into()
    }
}

#[cfg(test)]
mod tests {
    use super::{Claim, ENTRIES};

    #[test]
    fn names_of_claims_lead_back_to_them() {
        for claim in Claim::all() {
            assert_eq!(Claim::named(claim.name()), Some(claim));
        }
        assert_eq!(Claim::named("contains"), Some(Claim::TextContains));
        assert_eq!(Claim::named("looks_nice"), None);
        assert_eq!(ENTRIES.len(), Claim::Performance as usize + 1, "a claim has no line in the table");
    }
}
