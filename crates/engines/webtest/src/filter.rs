//! The filter grammar of data sets and conditions: `f == 'v'`, `f != 'v'`, `f >= 3`, `f in ['a','b']`, bare `f` for
//! what counts as true. Numbers written as text are numbers when they are compared with one.

use serde_json::Value;

use crate::text::{holds, plain};

/// What a field is compared with.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Operand {
    Text(String),
    Number(f64),
    Truth(bool),
}

/// What is asked of a field.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Test {
    Truthy,
    Compare(&'static str, Operand),
    OneOf(Vec<Operand>),
}

/// A filter that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    field: String,
    test: Test,
}

impl Filter {
    /// Reads a filter; the error says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = |why: &str| format!("{text:?} cannot be read: {why}");
        let trimmed = text.trim();
        let end = trimmed.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).unwrap_or(trimmed.len());
        let (field, rest) = trimmed.split_at_checked(end).unwrap_or((trimmed, ""));
        if field.is_empty() {
            return Err(wrong("a field is missing"));
        }
        let rest = rest.trim();
        let test = if rest.is_empty() {
            Test::Truthy
        } else if let Some(list) = rest.strip_prefix("in").map(str::trim_start).filter(|list| list.starts_with('[')) {
            let inner = list.strip_prefix('[').and_then(|list| list.strip_suffix(']')).ok_or_else(|| wrong("a list ends with ]"))?;
            Test::OneOf(items(inner).ok_or_else(|| wrong("a list has values between commas"))?)
        } else {
            let operator = ["==", "!=", ">=", "<=", ">", "<"]
                .into_iter()
                .find(|operator| rest.starts_with(operator))
                .ok_or_else(|| wrong("the comparison is one of == != > < >= <= in"))?;
            let value = rest.get(operator.len()..).unwrap_or_default().trim();
            if value.is_empty() {
                return Err(wrong("a value is missing"));
            }
            Test::Compare(operator, operand(value).ok_or_else(|| wrong("a value is a number, true, false or a text in quotes"))?)
        };
        Ok(Self { field: field.to_owned(), test })
    }

    /// The name it looks at.
    pub fn field(&self) -> &str {
        &self.field
    }

    /// What is asked of it.
    pub(crate) fn test(&self) -> &Test {
        &self.test
    }

    /// Whether the value of its field passes.
    pub fn passes(&self, value: Option<&Value>) -> bool {
        let value = value.unwrap_or(&Value::Null);
        match &self.test {
            Test::Truthy => truthy(value),
            Test::OneOf(items) => items.iter().any(|item| equal(value, item)),
            Test::Compare("==", operand) => equal(value, operand),
            Test::Compare("!=", operand) => !equal(value, operand),
            Test::Compare(operator, operand) => match (number(value), operand) {
                (Some(left), Operand::Number(right)) => holds(left, operator, *right),
                _ => false,
            },
        }
    }
}

fn truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(flag) => *flag,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !matches!(text.trim().to_lowercase().as_str(), "" | "false" | "0" | "no" | "off" | "null"),
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
    }
}

fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())
}

fn equal(value: &Value, operand: &Operand) -> bool {
    match operand {
        Operand::Number(wanted) => number(value).is_some_and(|number| holds(number, "==", *wanted)),
        Operand::Truth(wanted) => match value {
            Value::Bool(flag) => flag == wanted,
            Value::String(text) => text.trim().eq_ignore_ascii_case(if *wanted { "true" } else { "false" }),
            _ => false,
        },
        Operand::Text(wanted) => plain(value) == *wanted,
    }
}

fn operand(text: &str) -> Option<Operand> {
    let text = text.trim();
    for quote in ['\'', '"'] {
        if let Some(inner) = text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
            return (!inner.contains(quote)).then(|| Operand::Text(inner.to_owned()));
        }
    }
    match text {
        "true" => Some(Operand::Truth(true)),
        "false" => Some(Operand::Truth(false)),
        _ => text.parse().ok().filter(|number: &f64| number.is_finite()).map(Operand::Number),
    }
}

/// Values between commas that stand outside quotes.
fn items(text: &str) -> Option<Vec<Operand>> {
    let mut parts = vec![String::new()];
    let mut quote = None;
    for c in text.chars() {
        match quote {
            Some(open) if c == open => quote = None,
            None if c == '\'' || c == '"' => quote = Some(c),
            None if c == ',' => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(part) = parts.last_mut() {
            part.push(c);
        }
    }
    parts.iter().map(|part| operand(part)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::Filter;

    #[test]
    fn filters_pass_what_they_say() {
        let row = json!({ "plan": "pro", "count": "12", "flag": true, "off": "false", "empty": "" });
        let cases = [
            ("plan == 'pro'", true),
            ("plan != 'pro'", false),
            ("count > 3", true),
            ("count <= 11", false),
            ("count == 12", true),
            ("plan in ['free','pro']", true),
            ("plan in ['a, b']", false),
            ("flag", true),
            ("off", false),
            ("empty", false),
            ("missing", false),
            ("missing == 'x'", false),
            ("missing != 'x'", true),
            ("flag == true", true),
            ("plan > 3", false),
        ];
        for (text, expected) in cases {
            let filter = Filter::parse(text).unwrap();
            assert_eq!(filter.passes(row.get(filter.field())), expected, "{text}");
        }
        for text in ["", "== 'x'", "a ==", "a like 'x'", "a in ['x'", "a == x", "a in [x]"] {
            assert!(Filter::parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in any::<String>(), value in any::<String>()) {
            if let Ok(filter) = Filter::parse(&text) {
                filter.passes(Some(&Value::from(value)));
                filter.passes(None);
            }
        }
    }
}
