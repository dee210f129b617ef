//! Conditions of a notification rule (quality-platform E.1): all must hold. What an event does not carry is unknown, and
//! unknown is no match. Pure.

use argos_events::Event;
use argos_kernel::Severity;
use serde_json::{Map, Value};

use crate::model::envelope::shown_severity;

const CONDITIONS_MAX: usize = 20;

/// One demand on an event.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Condition {
    /// One of these.
    Severity(Vec<Severity>),
    Project(i64),
    /// At least one of these.
    Tags(Vec<String>),
    /// The schedule the event is about or of.
    Schedule(String),
    /// A number among the event's data.
    Threshold {
        path: String,
        operator: Operator,
        value: f64,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
}

impl Operator {
    const WORDS: [(&'static str, Self); 6] = [
        ("<", Self::Less),
        ("<=", Self::LessOrEqual),
        (">", Self::Greater),
        (">=", Self::GreaterOrEqual),
        ("==", Self::Equal),
        ("!=", Self::NotEqual),
    ];
    fn parse(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(w, _)| *w == word).map(|(_, o)| *o)
    }
    #[expect(clippy::float_cmp, reason = "== and != are what the person asked for")]
    fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
            Self::Greater => left > right,
            Self::GreaterOrEqual => left >= right,
            Self::Equal => left == right,
            Self::NotEqual => left != right,
        }
    }
}

/// An object or a list of objects; each member is a condition. The error names the member.
pub(crate) fn read(given: &Value) -> Result<Vec<Condition>, String> {
    let objects: Vec<&Map<String, Value>> = match given {
        Value::Null => Vec::new(),
        Value::Object(one) => vec![one],
        Value::Array(list) => {
            list.iter().map(|o| o.as_object().ok_or("conditions must be objects")).collect::<Result<_, _>>().map_err(str::to_owned)?
        }
        _ => return Err("conditions must be an object or a list of objects".to_owned()),
    };
    let all = objects.iter().flat_map(|o| o.iter()).map(|(key, value)| one(key, value)).collect::<Result<Vec<_>, _>>()?;
    if all.len() > CONDITIONS_MAX { Err(format!("at most {CONDITIONS_MAX} conditions")) } else { Ok(all) }
}

fn one(key: &str, value: &Value) -> Result<Condition, String> {
    let bad = |text: &str| format!("conditions.{key} {text}");
    let words = || {
        let one = value.as_str().map(|w| vec![w.to_owned()]);
        one.or_else(|| value.as_array()?.iter().map(|w| w.as_str().map(str::to_owned)).collect())
            .ok_or_else(|| bad("must be a list of words"))
    };
    match key {
        "severity" => {
            let parsed = words()?.iter().map(|w| w.parse()).collect::<Result<Vec<Severity>, ()>>();
            parsed.map(Condition::Severity).map_err(|()| bad("must be a list of severities"))
        }
        "project_id" => {
            let id = value.as_i64().or_else(|| value.as_str()?.parse().ok());
            id.map(Condition::Project).ok_or_else(|| bad("must be a number"))
        }
        "tags" => words().map(Condition::Tags),
        "schedule_id" => match value {
            Value::String(id) => Ok(Condition::Schedule(id.clone())),
            Value::Number(id) => Ok(Condition::Schedule(id.to_string())),
            _ => Err(bad("must be an id")),
        },
        "threshold" => {
            let text = |name: &str| value[name].as_str().filter(|t| !t.is_empty());
            let path = text("type").ok_or_else(|| bad("needs a type, the name of a number in the event"))?.to_owned();
            let operator = text("operator").and_then(Operator::parse).ok_or_else(|| bad("needs an operator: < <= > >= == !="))?;
            let value = value["value"].as_f64().ok_or_else(|| bad("needs a value"))?;
            Ok(Condition::Threshold { path, operator, value })
        }
        _ => Err(bad("is not known")),
    }
}

impl Condition {
    pub(crate) fn holds(&self, event: &Event) -> bool {
        match self {
            Self::Severity(list) => list.contains(&shown_severity(event.severity)),
            Self::Project(id) => event.project_id == Some(*id),
            Self::Tags(wanted) => has_tag(event, wanted),
            Self::Schedule(id) => {
                let subject = event.subject_type.as_deref() == Some("schedule") && event.subject_id.as_deref() == Some(id);
                subject || at(event, "data.schedule_id").as_deref() == Some(id)
            }
            Self::Threshold { path, operator, value } => {
                let found = walk(&event.data, path).and_then(Value::as_f64);
                found.is_some_and(|found| operator.holds(found, *value))
            }
        }
    }
}

/// Whether the event carries one of these tags.
pub(crate) fn has_tag(event: &Event, wanted: &[String]) -> bool {
    let lists = [&event.data["tags"], &event.data["labels"]["tags"]];
    lists.iter().filter_map(|l| l.as_array()).flatten().filter_map(Value::as_str).any(|tag| wanted.iter().any(|w| w == tag))
}

fn walk<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(value, |v, part| v.get(part))
}

/// What stands at `kind`, `severity`, `subject_id`, `message` or `data.<path>`, as text.
pub(crate) fn at(event: &Event, path: &str) -> Option<String> {
    match path {
        "kind" => Some(event.kind.clone()),
        "severity" => Some(shown_severity(event.severity).as_str().to_owned()),
        "subject_type" => event.subject_type.clone(),
        "subject_id" => event.subject_id.clone(),
        "subject_name" => event.subject_name.clone(),
        "message" => Some(event.message.clone()),
        "actor" => event.actor.clone(),
        _ => match walk(&event.data, path.strip_prefix("data.")?)? {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        },
    }
}

/// Whether this is a path [`at`] knows.
pub(crate) fn is_path(path: &str) -> bool {
    let plain = ["kind", "severity", "subject_type", "subject_id", "subject_name", "message", "actor"];
    plain.contains(&path) || path.strip_prefix("data.").is_some_and(|rest| rest.split('.').all(|p| !p.is_empty()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::model::rule::tests::event;

    fn holds(conditions: &Value, event: &Event) -> bool {
        read(conditions).unwrap().iter().all(|c| c.holds(event))
    }

    #[test]
    fn conditions_hold_together_and_unknown_is_no_match() {
        let e = Event { project_id: Some(4), data: json!({"pass_rate": 75, "tags": ["nightly"], "schedule_id": 9}), ..event() };
        assert!(holds(&Value::Null, &e));
        assert!(holds(&json!({"threshold": {"type": "pass_rate", "operator": "<", "value": 80}}), &e));
        assert!(!holds(&json!({"threshold": {"type": "pass_rate", "operator": "<", "value": 75}}), &e));
        assert!(!holds(&json!({"threshold": {"type": "coverage", "operator": "<", "value": 80}}), &e));
        assert!(holds(&json!([{"project_id": 4}, {"tags": ["nightly", "smoke"]}, {"schedule_id": "9"}]), &e));
        assert!(!holds(&json!([{"project_id": 4}, {"tags": ["smoke"]}]), &e));
        assert!(!holds(&json!({"severity": ["critical"]}), &e));
        assert_eq!(at(&e, "data.schedule_id").as_deref(), Some("9"));
        assert_eq!(at(&e, "data.absent"), None);
    }

    #[test]
    fn bad_conditions_name_the_member() {
        for (given, text) in [
            (json!(3), "conditions must be an object or a list of objects"),
            (json!({"colour": "red"}), "conditions.colour is not known"),
            (json!({"severity": ["loud"]}), "conditions.severity must be a list of severities"),
            (json!({"threshold": {"type": "x", "operator": "~", "value": 1}}), "conditions.threshold needs an operator: < <= > >= == !="),
        ] {
            assert_eq!(read(&given).unwrap_err(), text);
        }
        assert!(is_path("data.host.name") && is_path("subject_id") && !is_path("data..x") && !is_path("host"));
    }

    proptest! {
        #[test]
        fn any_document_is_read_or_refused(key in "[a-z_]{0,12}", text in ".{0,12}", n in any::<f64>()) {
            for value in [json!(text), json!(n), json!([text]), json!({"type": text, "operator": "<", "value": n})] {
                if let Ok(list) = read(&json!({ key.clone(): value })) {
                    prop_assert!(list.iter().filter(|c| c.holds(&event())).count() <= list.len());
                }
            }
        }
    }
}
