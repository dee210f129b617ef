//! Reads a rule from the JSON object a client sends, whole or in part, and writes it back. Unknown members are kept;
//! members computed by us are ignored. Faults come back as the text of a 400.

use argos_kernel::Severity;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::model::action::keep_masked;
use crate::model::rule::{AlertRule, Autonomy, same_but_thresholds};

const TEXT_MAX: usize = 4_096;
const SECONDS_MAX: i64 = 30 * 86_400;
const MINUTES_MAX: f64 = 30.0 * 1440.0;
/// A rule with its unknown members, as JSON.
const EXTRA_BYTES_MAX: usize = 16 << 10;
/// Ours to say, never the client's.
const COMPUTED: &[&str] = &["id", "builtin", "origin", "unknown_metrics", "no_data", "state", "created_at", "updated_at", "firings"];
/// Names a route of ours would shadow (platform spec 3.6).
const RESERVED: &[&str] = &[
    "test",
    "preview",
    "summary",
    "stats",
    "count",
    "latest",
    "series",
    "create",
    "export",
    "import",
    "templates",
    "active",
    "me",
    "multi",
    "bulk-command",
    "command-history",
    "deploy",
    "discover",
    "test-connection",
];

/// The id a client chose.
pub(crate) fn check_id(id: &str) -> Result<(), String> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"_.:-".contains(&b);
    let valid = (1..=64).contains(&id.len()) && id.bytes().all(allowed) && !RESERVED.contains(&id);
    if valid { Ok(()) } else { Err("Invalid rule id".to_owned()) }
}

/// Applies the members of `input` to `rule` and checks the whole.
pub(crate) fn apply(rule: &mut AlertRule, input: &Map<String, Value>) -> Result<(), String> {
    let before = rule.clone();
    let message_was_default = rule.message == rule.condition;
    for (key, value) in input.iter().filter(|(k, _)| !COMPUTED.contains(&k.as_str())) {
        set(rule, key, value)?;
    }
    rule.condition = rule.condition.trim().to_owned();
    if rule.message.trim().is_empty() || (message_was_default && !input.contains_key("message")) {
        rule.message.clone_from(&rule.condition);
    }
    let compiled = rule.compile()?;
    if rule.depends_on.contains(&rule.id) {
        return Err("Invalid depends_on: a rule cannot depend on itself".to_owned());
    }
    if serde_json::to_string(&rule.extra).map_or(0, |t| t.len()) > EXTRA_BYTES_MAX {
        return Err("Rule is too large".to_owned());
    }
    if before.builtin {
        let old = before.compile()?;
        let allowed = AlertRule {
            enabled: rule.enabled,
            severity: rule.severity,
            channels: rule.channels.clone(),
            condition: rule.condition.clone(),
            clear_condition: rule.clear_condition.clone(),
            ..before
        };
        let same_clear = match (&old.clear, &compiled.clear) {
            (None, None) => true,
            (Some(a), Some(b)) => same_but_thresholds(a, b),
            _ => false,
        };
        if *rule != allowed || !same_but_thresholds(&old.condition, &compiled.condition) || !same_clear {
            return Err("Built-in rule: only enabled, severity, channels and thresholds can be changed".to_owned());
        }
    }
    Ok(())
}

fn set(rule: &mut AlertRule, key: &str, value: &Value) -> Result<(), String> {
    match key {
        "name" => rule.name = text(key, value)?,
        "condition" => rule.condition = text(key, value)?,
        "message" => rule.message = text(key, value)?,
        "group" => rule.group = text(key, value)?,
        "clear_condition" => rule.clear_condition = Some(text(key, value)?).filter(|t| !t.trim().is_empty()),
        "severity" => rule.severity = Severity::parse_lenient(&text(key, value)?),
        "for_s" | "for" => rule.for_s = int(key, value, 0, 0, SECONDS_MAX)?,
        "cooldown" | "cooldown_s" => rule.cooldown_s = int(key, value, 300, 0, SECONDS_MAX)?,
        "auto_approve_timeout" => rule.auto_approve_timeout = int(key, value, 15, 0, 10_080)?,
        "circuit_break_after" => rule.circuit_break_after = int(key, value, 5, 0, 1_000)?,
        "max_retries" => rule.max_retries = int(key, value, 3, 0, 100)?,
        "enabled" => rule.enabled = if value.is_null() { true } else { value.as_bool().ok_or_else(|| bad(key))? },
        "channels" => rule.channels = list(key, value)?,
        "escalation" => {
            rule.escalation = list(key, value)?;
            if rule.escalation.iter().any(|t| !(0.0..=MINUTES_MAX).contains(&t.delay_minutes)) {
                return Err("Invalid escalation".to_owned());
            }
        }
        "group_by" => rule.group_by = names(key, value)?,
        "depends_on" => rule.depends_on = names(key, value)?,
        "escalation_chain" => rule.escalation_chain = array(key, value)?,
        "scope" => rule.scope = array(key, value)?,
        "autonomy" => {
            let word = if value.is_null() { "execute".to_owned() } else { text(key, value)? };
            rule.autonomy = Autonomy::parse(&word).ok_or_else(|| bad(key))?;
        }
        "action" => {
            if !value.is_null() && !value.is_object() {
                return Err(bad(key));
            }
            let mut action = value.clone();
            keep_masked(&mut action, rule.action.as_ref());
            rule.action = Some(action).filter(|a| !a.is_null());
        }
        unknown => drop(rule.extra.insert(unknown.to_owned(), value.clone())),
    }
    Ok(())
}

fn bad(key: &str) -> String {
    format!("Invalid {key}")
}

fn text(key: &str, value: &Value) -> Result<String, String> {
    match value {
        Value::Null => Ok(String::new()),
        Value::String(t) if t.len() <= TEXT_MAX || key.ends_with("condition") => Ok(t.replace('\0', "")),
        _ => Err(bad(key)),
    }
}

fn int(key: &str, value: &Value, default: i64, min: i64, max: i64) -> Result<i64, String> {
    #[expect(clippy::cast_possible_truncation, reason = "only whole numbers in range pass")]
    let whole = |f: f64| (f.fract() == 0.0 && f.abs() < 1e15).then_some(f as i64);
    let number = match value {
        Value::Null => Some(default),
        Value::Number(n) => n.as_i64().or_else(|| n.as_f64().and_then(whole)),
        _ => None,
    };
    number.filter(|n| (min..=max).contains(n)).ok_or_else(|| bad(key))
}

fn list<T: DeserializeOwned>(key: &str, value: &Value) -> Result<Vec<T>, String> {
    if value.is_null() { Ok(Vec::new()) } else { serde_json::from_value(value.clone()).map_err(|_| bad(key)) }
}

/// Up to 20 words.
fn names(key: &str, value: &Value) -> Result<Vec<String>, String> {
    let all: Vec<String> = list(key, value)?;
    let good = all.len() <= 20 && all.iter().all(|n| (1..=128).contains(&n.len()));
    if good { Ok(all) } else { Err(bad(key)) }
}

fn array(key: &str, value: &Value) -> Result<Value, String> {
    match value {
        Value::Null => Ok(json!([])),
        Value::Array(_) => Ok(value.clone()),
        _ => Err(bad(key)),
    }
}

/// The documented object (ops-core B, "alert rule"), without what only the engine knows.
pub(crate) fn to_json(rule: &AlertRule) -> Map<String, Value> {
    let r = rule;
    let own = json!({
        "id": r.id, "name": r.name, "condition": r.condition, "clear_condition": r.clear_condition, "for_s": r.for_s,
        "severity": r.severity.ops_word(), "message": r.message, "channels": r.channels, "cooldown": r.cooldown_s, "action": r.action,
        "max_retries": r.max_retries, "group": r.group, "group_by": r.group_by, "depends_on": r.depends_on, "escalation": r.escalation, "escalation_chain": r.escalation_chain,
        "autonomy": r.autonomy, "auto_approve_timeout": r.auto_approve_timeout, "circuit_break_after": r.circuit_break_after,
        "scope": r.scope, "enabled": r.enabled, "builtin": r.builtin, "origin": r.origin,
    });
    let mut map = r.extra.clone();
    if let Value::Object(own) = own {
        map.extend(own);
    }
    map
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn made(input: &Value) -> Result<AlertRule, String> {
        let mut rule = AlertRule::new("r1", "");
        apply(&mut rule, input.as_object().unwrap()).map(|()| rule)
    }

    #[test]
    fn minimal_rule_gets_the_documented_defaults() {
        let rule = made(&json!({"condition": " cpuPercent > 90 ", "runbook": "https://x"})).unwrap();
        assert_eq!((rule.condition.as_str(), rule.message.as_str()), ("cpuPercent > 90", "cpuPercent > 90"));
        assert_eq!((rule.severity, rule.cooldown_s, rule.for_s, rule.max_retries), (Severity::Warning, 300, 0, 3));
        assert_eq!((rule.autonomy, rule.auto_approve_timeout, rule.circuit_break_after), (Autonomy::Execute, 15, 5));
        assert_eq!(to_json(&rule)["runbook"], "https://x");
        assert_eq!(to_json(&rule)["severity"], "warning");
    }

    #[test]
    fn faults_come_back_in_the_documented_words() {
        for (input, text) in [
            (json!({}), "Condition is required"),
            (json!({"condition": ""}), "Condition is required"),
            (json!({"condition": ">"}), "Invalid condition fragment: '>' — expected 'metric operator number' (e.g. cpuPercent > 90)"),
            (
                json!({"condition": "a > 1 AND b"}),
                "Invalid condition fragment: 'b' — expected 'metric operator number' (e.g. cpuPercent > 90)",
            ),
            (json!({"condition": "a > 1", "cooldown": "soon"}), "Invalid cooldown"),
            (json!({"condition": "a > 1", "for_s": -1}), "Invalid for_s"),
            (json!({"condition": "a > 1", "channels": {}}), "Invalid channels"),
            (json!({"condition": "a > 1", "autonomy": "wild"}), "Invalid autonomy"),
            (json!({"condition": "a > 1", "escalation": [{"delay_minutes": -5}]}), "Invalid escalation"),
        ] {
            assert_eq!(made(&input).unwrap_err(), text, "{input}");
        }
    }

    #[test]
    fn partial_change_keeps_the_rest_and_a_default_message_follows_the_condition() {
        let mut rule = made(&json!({"condition": "a > 1", "severity": "danger", "cooldown": 60})).unwrap();
        apply(&mut rule, json!({"condition": "a > 2"}).as_object().unwrap()).unwrap();
        assert_eq!((rule.message.as_str(), rule.severity, rule.cooldown_s), ("a > 2", Severity::Error, 60));
        apply(&mut rule, json!({"message": "Too much", "cooldown_s": 5.0}).as_object().unwrap()).unwrap();
        apply(&mut rule, json!({"condition": "a > 3"}).as_object().unwrap()).unwrap();
        assert_eq!((rule.message.as_str(), rule.cooldown_s), ("Too much", 5));
    }

    #[test]
    fn builtin_rules_change_only_in_enabled_severity_channels_and_thresholds() {
        let mut rule = AlertRule { builtin: true, message: "CPU".to_owned(), ..AlertRule::new("b", "cpu_percent > 90") };
        let whole = Value::Object(to_json(&rule));
        apply(&mut rule, whole.as_object().unwrap()).unwrap();
        apply(
            &mut rule,
            json!({"enabled": false, "severity": "critical", "channels": [3, "mail"], "condition": "cpuPercent > 95"}).as_object().unwrap(),
        )
        .unwrap();
        assert_eq!(rule.channels.len(), 2);
        for input in [json!({"message": "x"}), json!({"condition": "mem_percent > 1"}), json!({"cooldown": 1}), json!({"unknown": 1})] {
            let mut copy = rule.clone();
            assert!(apply(&mut copy, input.as_object().unwrap()).unwrap_err().starts_with("Built-in rule"), "{input}");
        }
    }

    #[test]
    fn ids_that_routes_would_shadow_are_refused() {
        assert!(check_id("cpu-high.1").is_ok());
        for id in ["", "test", "preview", "a b", "a/b", &"x".repeat(65)] {
            assert!(check_id(id).is_err(), "{id}");
        }
    }

    proptest! {
        #[test]
        fn any_members_are_taken_or_refused_and_a_taken_rule_reads_back_the_same(
            members in prop::collection::btree_map("(condition|severity|for_s|cooldown|channels|action|group|x[a-c])", json_value(), 0..6)
        ) {
            let mut input: Map<String, Value> = members.into_iter().collect();
            input.entry("condition").or_insert(json!("a > 1"));
            let mut rule = AlertRule::new("r", "");
            if apply(&mut rule, &input).is_ok() {
                let mut again = AlertRule::new("r", "");
                apply(&mut again, &to_json(&rule)).unwrap();
                prop_assert_eq!(again, rule);
            }
        }
    }

    fn json_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (-5_i64..500).prop_map(Value::from),
            "[a-z >0-9]{0,12}".prop_map(Value::from)
        ];
        leaf.prop_recursive(2, 8, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                prop::collection::btree_map("[a-c]{1,2}", inner, 0..3).prop_map(|m| Value::Object(m.into_iter().collect())),
            ]
        })
    }
}
