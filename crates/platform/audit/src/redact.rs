//! Blanks secrets in before/after documents by field name; a hook adds what is known by value (every secret in use).
//! It must never let an unknown shape through unseen: it walks the whole document at any depth.

use std::sync::Arc;

use serde_json::Value;

/// What a blanked value shows.
pub const MASK: &str = "***";

/// Changes a document in place so that it holds no secret.
pub type Redact = Arc<dyn Fn(&mut Value) + Send + Sync>;

/// The built-in hook: by field name only.
pub(crate) fn by_name() -> Redact {
    Arc::new(redact_names)
}

/// True when a field of this name holds a secret. Counters, times and flags about secrets are not secrets.
pub fn is_secret_name(name: &str) -> bool {
    const WORDS: [&str; 11] =
        ["password", "passwd", "passphrase", "secret", "token", "credential", "authorization", "cookie", "apikey", "otp", "recovery_code"];
    const KEYS: [&str; 6] = ["api_key", "private_key", "access_key", "signing_key", "encryption_key", "master_key"];
    const ABOUT: [&str; 16] = [
        "_count",
        "_length",
        "_days",
        "_hours",
        "_minutes",
        "_seconds",
        "_at",
        "_id",
        "_set",
        "_configured",
        "_enabled",
        "_required",
        "_type",
        "_url",
        "_name",
        "_prefix",
    ];
    let mut lower = String::with_capacity(name.len() + 4);
    for (i, c) in name.chars().enumerate() {
        // camelCase reads like snake_case.
        if c.is_ascii_uppercase() && i > 0 {
            lower.push('_');
        }
        lower.push(if matches!(c, '-' | '.' | ' ') { '_' } else { c.to_ascii_lowercase() });
    }
    if ABOUT.iter().any(|end| lower.ends_with(end)) || lower.starts_with("has_") {
        return false;
    }
    WORDS.iter().any(|w| lower.contains(w))
        || KEYS.iter().any(|k| lower.contains(k))
        || matches!(lower.as_str(), "pass" | "pin" | "auth")
        || ["_pass", "_pin", "_auth"].iter().any(|end| lower.ends_with(end))
}

/// Blanks by field name, at any depth, and in `{key, old, new}` change lists by the name they carry.
pub fn redact_names(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(redact_names),
        Value::Object(map) => {
            let named = ["key", "name", "field"].iter().filter_map(|k| map.get(*k)).filter_map(Value::as_str).any(is_secret_name);
            for (name, inner) in map.iter_mut() {
                if is_secret_name(name) || (named && matches!(name.as_str(), "old" | "new" | "value" | "before" | "after")) {
                    blank(inner);
                } else {
                    redact_names(inner);
                }
            }
        }
        _ => {}
    }
}

/// Blanks every text and number below `value`; null, flags and empty texts say nothing and stay.
fn blank(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(blank),
        Value::Object(map) => map.values_mut().for_each(blank),
        Value::String(s) if s.is_empty() => {}
        Value::String(_) | Value::Number(_) => *value = Value::String(MASK.to_owned()),
        Value::Null | Value::Bool(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn secret_fields_are_blanked_at_any_depth_and_the_rest_stays() {
        let mut doc = json!({
            "username": "ada", "password": "hunter22", "smtp": {"host": "h", "smtpPassword": "x", "port": 25},
            "headers": {"Authorization": "Bearer abc"}, "keys": [{"api_key": "k", "name": "ci"}],
            "changes": [{"key": "oidc.client_secret", "old": "a", "new": "b"}, {"key": "http.listen", "old": "a", "new": "b"}],
            "credentials": {"user": "u", "empty": "", "on": true}, "token_count": 4, "password_min_length": 8, "has_password": true
        });
        redact_names(&mut doc);
        assert_eq!(
            doc,
            json!({
                "username": "ada", "password": "***", "smtp": {"host": "h", "smtpPassword": "***", "port": 25},
                "headers": {"Authorization": "***"}, "keys": [{"api_key": "***", "name": "ci"}],
                "changes": [{"key": "oidc.client_secret", "old": "***", "new": "***"}, {"key": "http.listen", "old": "a", "new": "b"}],
                "credentials": {"user": "***", "empty": "", "on": true}, "token_count": 4, "password_min_length": 8, "has_password": true
            })
        );
    }

    proptest! {
        #[test]
        fn a_secret_text_never_survives_under_a_secret_name(path in proptest::collection::vec("[a-z]{1,6}", 0..5), secret in "[A-Za-z0-9]{8,20}") {
            let mut doc = json!({ "client_secret": secret });
            for step in path {
                doc = json!({ step: [doc, 1, "x"] });
            }
            redact_names(&mut doc);
            let shown = doc.to_string();
            let shown_secret = format!("\"{secret}\"");
            prop_assert!(!shown.contains(&shown_secret));
        }
    }
}
