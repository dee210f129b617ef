//! The words of a decision, and what may be changed with it.

use argos_kernel::{AppError, Result};
use serde_json::{Map, Value};

/// What somebody says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    Approve,
    Deny,
    Defer,
}

impl Decision {
    pub(crate) fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "approved" | "approve" => Self::Approve,
            "denied" | "deny" | "rejected" | "reject" => Self::Deny,
            "deferred" | "defer" => Self::Defer,
            _ => return None,
        })
    }
    /// The normalised word.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Approve => "approved",
            Self::Deny => "denied",
            Self::Defer => "deferred",
        }
    }
}

/// The changes of a consent: an object whose members may all be changed.
pub(crate) fn changes(given: Option<Value>, modifiable: &[String]) -> Result<Option<Map<String, Value>>> {
    let bad = |text: String| AppError::bad_request(text).code("invalid_modifications").with("field", "modifications");
    let map = match given {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Object(map)) => map,
        Some(_) => return Err(bad("modifications must be an object".to_owned())),
    };
    if let Some(key) = map.keys().find(|k| !modifiable.contains(k)) {
        return Err(bad(format!("`{key}` may not be modified")));
    }
    Ok(Some(map).filter(|m| !m.is_empty()))
}

/// The payload with the changes and, for whoever does the work, the decision it rests on.
pub(crate) fn merged(payload: &Value, changes: Option<&Map<String, Value>>, decision: Value) -> Value {
    let mut out = payload.as_object().cloned().unwrap_or_default();
    for (key, value) in changes.into_iter().flatten() {
        out.insert(key.clone(), value.clone());
    }
    out.insert("approval".to_owned(), decision);
    Value::Object(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn decision_accepts_each_documented_spelling() {
        for (word, normal) in
            [("approved", "approved"), ("approve", "approved"), ("deny", "denied"), ("denied", "denied"), ("defer", "deferred")]
        {
            assert_eq!(Decision::parse(word).map(Decision::word), Some(normal));
        }
        assert_eq!(Decision::parse("maybe"), None);
    }

    #[test]
    fn changes_outside_the_allowed_members_are_refused() {
        let allowed = ["note".to_owned()];
        assert_eq!(changes(None, &allowed).unwrap(), None);
        assert_eq!(changes(Some(json!({})), &allowed).unwrap(), None);
        assert_eq!(changes(Some(json!({"note": 1})), &allowed).unwrap(), json!({"note": 1}).as_object().cloned());
        assert_eq!(changes(Some(json!({"command": "rm"})), &allowed).unwrap_err().message(), "`command` may not be modified");
        assert!(changes(Some(json!([1])), &allowed).is_err());
    }

    proptest! {
        #[test]
        fn merged_payload_changes_nothing_but_what_was_allowed(keys in proptest::collection::btree_set("[a-d]", 0..4), more in proptest::collection::btree_set("[a-f]", 0..4)) {
            let payload: Map<String, Value> = keys.iter().map(|k| (k.clone(), json!(1))).collect();
            let allowed: Vec<String> = keys.iter().cloned().collect();
            let given: Map<String, Value> = more.iter().map(|k| (k.clone(), json!(2))).collect();
            let subset = more.iter().all(|k| keys.contains(k));
            match changes(Some(Value::Object(given)), &allowed) {
                Ok(changed) => {
                    prop_assert!(subset);
                    let out = merged(&Value::Object(payload), changed.as_ref(), json!({}));
                    for key in &keys {
                        prop_assert_eq!(&out[key.as_str()], &json!(if more.contains(key) { 2 } else { 1 }));
                    }
                    prop_assert_eq!(out.as_object().unwrap().len(), keys.len() + 1);
                }
                Err(_) => prop_assert!(!subset),
            }
        }
    }
}
