//! What the exporters read of steps that make requests or answer them, and of claims of the form `name=value`.

use serde_json::Value;

use crate::plan::Step;
use crate::text::plain;

/// What is sent, or answered.
pub(crate) fn body(step: &Step) -> Option<&Value> {
    step.options.get("json").or_else(|| step.options.get("body")).or(step.value.as_ref())
}

pub(crate) fn method(step: &Step) -> String {
    step.options.get("method").map_or_else(|| if body(step).is_some() { "POST" } else { "GET" }.to_owned(), plain)
}

/// The status of a made-up answer; `None` when the request is to fail.
pub(crate) fn status(step: &Step) -> Option<u64> {
    let aborts = step.options.get("abort").is_some_and(|value| value != &Value::Bool(false) && !value.is_null());
    (!aborts).then(|| step.options.get("status").and_then(Value::as_u64).unwrap_or(200))
}

/// Name and value of `name=value`.
pub(crate) fn named(expected: &str) -> (&str, &str) {
    let (name, value) = expected.split_once('=').unwrap_or((expected, ""));
    (name.trim(), value.trim())
}

/// The place of an option that `select` names as `index=…`.
pub(crate) fn index(step: &Step) -> Option<u32> {
    step.value.as_ref().map(plain)?.strip_prefix("index=")?.parse().ok()
}
