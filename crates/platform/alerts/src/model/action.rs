//! Secrets inside the action of a rule: masked for callers who may not manage alerts, kept when the mask comes back.

use argos_audit::{MASK, redact_names};
use serde_json::Value;

/// The action as a reader without `alerts:manage` sees it.
pub(crate) fn masked(action: &Value) -> Value {
    let mut copy = action.clone();
    redact_names(&mut copy);
    copy
}

/// Replaces every mask in `new` by the value stored at the same place.
pub(crate) fn keep_masked(new: &mut Value, stored: Option<&Value>) {
    match (new, stored) {
        (Value::String(text), Some(old)) if text == MASK => {
            let old = old.clone();
            if let Value::String(old) = old {
                *text = old;
            }
        }
        (Value::Object(members), Some(Value::Object(old))) => members.iter_mut().for_each(|(k, v)| keep_masked(v, old.get(k))),
        (Value::Array(items), Some(Value::Array(old))) => items.iter_mut().enumerate().for_each(|(i, v)| keep_masked(v, old.get(i))),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn masked_action_sent_back_keeps_the_secret() {
        let stored = json!({"type": "webhook", "params": {"url": "http://x", "api_key": "s3cret", "headers": [{"token": "t"}]}});
        let mut seen = masked(&stored);
        assert_eq!(seen, json!({"type": "webhook", "params": {"url": "http://x", "api_key": "***", "headers": [{"token": "***"}]}}));
        seen["params"]["url"] = json!("http://y");
        keep_masked(&mut seen, Some(&stored));
        assert_eq!(seen, json!({"type": "webhook", "params": {"url": "http://y", "api_key": "s3cret", "headers": [{"token": "t"}]}}));
    }
}
