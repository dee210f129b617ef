//! Claims in words, for the results of a test.

use argos_cdp::ElementState;
use serde_json::Value;

use crate::plan::{Assertion, Claim};
use crate::text::plain;

/// Longest actual value that is kept.
const ACTUAL_BYTES_MAX: usize = 2000;

/// What an element is, in the word of the claim.
pub(super) fn words(state: &ElementState, claim: Claim) -> String {
    let word = |flag: bool, yes: &str, no: &str| if flag { yes } else { no }.to_owned();
    match claim {
        Claim::Enabled | Claim::Disabled => word(state.enabled, "enabled", "disabled"),
        Claim::Checked | Claim::Unchecked => {
            state.checked.map_or_else(|| "not checkable".to_owned(), |checked| word(checked, "checked", "unchecked"))
        }
        Claim::Focused => word(state.focused, "focused", "not focused"),
        Claim::Editable => word(state.editable, "editable", "not editable"),
        _ => word(state.visible, "visible", "hidden"),
    }
}

/// As much of an actual value as is kept.
pub(super) fn cut(value: Value) -> Value {
    match value {
        Value::String(text) => crate::text::cut(text, ACTUAL_BYTES_MAX).into(),
        other if other.to_string().len() > ACTUAL_BYTES_MAX => crate::text::cut(other.to_string(), ACTUAL_BYTES_MAX).into(),
        other => other,
    }
}

/// Why a claim does not hold.
pub(super) fn sentence(assertion: &Assertion, actual: &Value, missing: Option<&str>) -> String {
    let not = if assertion.not { "not " } else { "" };
    let of = assertion.target.as_ref().map(|target| format!(" of {target}")).unwrap_or_default();
    let expected = assertion.expected.as_ref().map(|expected| format!(" {}", Value::from(plain(expected)))).unwrap_or_default();
    match missing {
        Some(why) => format!("{not}{}{of}{expected}: {why}", assertion.claim.name()),
        None => format!("{not}{}{of}{expected}: it is {actual}", assertion.claim.name()),
    }
}
