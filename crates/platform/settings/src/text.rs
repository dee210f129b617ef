//! Values as text and back: what the environment, the command line and the list view carry.

use serde_json::{Value, json};

use crate::{Kind, Spec};

/// Reads the text form of a value and judges it.
pub(crate) fn parse_text(spec: &Spec, text: &str) -> Result<Value, String> {
    let trimmed = text.trim();
    let value = match spec.kind {
        Kind::Bool => json!(boolean(trimmed).ok_or("must be true or false")?),
        Kind::VerifyTls => boolean(trimmed).map_or_else(|| json!(trimmed), |b| json!(b)),
        Kind::Int => json!(trimmed.parse::<i64>().map_err(|_| "must be a whole number")?),
        Kind::Num => json!(trimmed.parse::<f64>().map_err(|_| "must be a number")?),
        kind if kind.is_list() && trimmed.starts_with('[') && trimmed.ends_with(']') && !trimmed.starts_with("[:") => {
            serde_json::from_str(trimmed).map_err(|_| "must be a list")?
        }
        Kind::Cidrs => json!(trimmed.split([',', '\n', ' ']).collect::<Vec<_>>()),
        kind if kind.is_list() => json!(trimmed.split([',', '\n']).collect::<Vec<_>>()),
        kind if kind.is_structured() => serde_json::from_str(trimmed).map_err(|_| "must be JSON")?,
        _ => json!(text),
    };
    spec.rule.check(spec, value)
}

/// Reads a value from a configuration file or a JSON body: its own type, or its text form.
pub(crate) fn parse_json(spec: &Spec, value: Value) -> Result<Value, String> {
    match value {
        Value::String(text) => parse_text(spec, &text),
        other => spec.rule.check(spec, other),
    }
}

pub(crate) fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Some(true),
        "false" | "0" | "no" | "off" => Some(false),
        _ => None,
    }
}

/// The text form of a key's value: JSON for structures, else [`to_text`].
pub(crate) fn value_text(spec: &Spec, value: Option<&Value>) -> String {
    match value {
        Some(v) if spec.kind.is_structured() && !v.is_null() => v.to_string(),
        other => to_text(other),
    }
}

/// The text form of a value; nothing is the empty text.
pub(crate) fn to_text(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(items)) if items.iter().all(Value::is_string) => {
            items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(",")
        }
        // 10.0 and 10 are one number.
        Some(Value::Number(n)) => n.as_i64().map_or_else(|| n.as_f64().map_or_else(|| n.to_string(), |x| x.to_string()), |i| i.to_string()),
        Some(other) => other.to_string(),
    }
}

/// Whether two values of one key mean the same: numbers by value, and nothing like an empty text or list or a switch
/// that is off.
pub(crate) fn same(a: Option<&Value>, b: Option<&Value>) -> bool {
    let empty = |v: Option<&Value>| match v {
        None | Some(Value::Null | Value::Bool(false)) => true,
        Some(Value::String(text)) => text.is_empty(),
        Some(Value::Array(items)) => items.is_empty(),
        _ => false,
    };
    (empty(a) && empty(b)) || a == b || (a.is_some_and(Value::is_number) && to_text(a) == to_text(b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry;
    use proptest::prelude::*;

    fn parse(key: &str, text: &str) -> Result<Value, String> {
        parse_text(registry().find(key).unwrap(), text)
    }

    #[test]
    fn text_forms_become_typed_values() {
        assert_eq!(parse("jobs.max", " 7 "), Ok(json!(7)));
        assert_eq!(parse("terminal.enabled", "Yes"), Ok(json!(true)));
        assert_eq!(parse("terminal.enabled", "maybe"), Err("must be true or false".to_owned()));
        assert_eq!(parse("auth.ip_allowlist", "10.0.0.0/8, ::1"), Ok(json!(["10.0.0.0/8", "::1"])));
        assert_eq!(parse("auth.ip_allowlist", "[\"10.0.0.0/8\"]"), Ok(json!(["10.0.0.0/8"])));
        assert_eq!(parse("net.outbound_allow", "[::1]:80"), Ok(json!(["[::1]:80"])));
        assert_eq!(parse("social.providers", "{\"google\":{}}"), Ok(json!({"google": {}})));
        assert_eq!(parse("ops.proxmoxVerifySsl", "false"), Ok(json!(false)));
        assert_eq!(parse("ops.proxmoxVerifySsl", "/etc/ca.pem"), Ok(json!("/etc/ca.pem")));
        assert_eq!(parse("quality.cost_limit_per_run", "10"), Ok(json!(10.0)));
    }

    #[test]
    fn every_default_reads_back_from_its_text() {
        for spec in registry().specs().iter().filter(|s| s.default.is_some()) {
            if matches!(spec.key, "appsec.block_url" | "appsec.detect_url") {
                continue;
            }
            let text = value_text(spec, spec.default.as_ref());
            let read = parse_text(spec, &text);
            assert!(same(read.as_ref().ok(), spec.default.as_ref()), "{}: {text} -> {read:?}", spec.key);
        }
    }

    proptest! {
        #[test]
        fn any_text_parses_or_is_refused_without_a_panic(index in 0_usize..469, text in "\\PC{0,60}") {
            drop(parse_text(&registry().specs()[index], &text));
        }

        #[test]
        fn numbers_and_lists_survive_the_trip_through_text(n in 1_i64..=64, words in proptest::collection::vec("[a-z]{1,8}", 0..5)) {
            prop_assert_eq!(parse("jobs.max", &to_text(Some(&json!(n)))), Ok(json!(n)));
            let list = json!(words);
            prop_assert_eq!(parse("exporters.sources", &to_text(Some(&list))), Ok(list));
        }
    }
}
