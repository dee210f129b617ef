//! How an organization and each of its projects want healing done: defaults, limits, and how a project's fields lie over
//! the organization's. Pure.

use argos_kernel::FieldError;
use serde_json::{Map, Value, json};

/// What a field may hold.
enum Rule {
    Flag(bool),
    /// Default, least and most.
    Share(f64, f64, f64),
    Count(i64, i64, i64),
    /// Nothing, or least and most.
    MaybeCount(i64, i64),
    Strategies,
    Channels,
    MaybeNames,
}

const STRATEGIES: [&str; 5] = ["id", "data-testid", "role", "text", "css"];
const NAMES_MAX: usize = 50;
/// The member of a body that names what is given back.
const INHERIT: &str = "inherit";

const FIELDS: [(&str, Rule); 22] = [
    ("enabled", Rule::Flag(true)),
    ("auto_apply", Rule::Flag(false)),
    ("min_confidence_auto", Rule::Share(0.95, 0.5, 1.0)),
    ("min_confidence_suggest", Rule::Share(0.70, 0.3, 1.0)),
    ("heal_selectors", Rule::Flag(true)),
    ("max_selector_variations", Rule::Count(9, 1, 20)),
    ("preferred_selector_strategies", Rule::Strategies),
    ("heal_timeouts", Rule::Flag(true)),
    ("max_wait_time_ms", Rule::Count(30_000, 1_000, 120_000)),
    ("heal_text_content", Rule::Flag(true)),
    ("text_similarity_threshold", Rule::Share(0.85, 0.5, 1.0)),
    ("learn_from_success", Rule::Flag(true)),
    ("learn_from_manual_fixes", Rule::Flag(true)),
    ("share_patterns_across_projects", Rule::Flag(false)),
    ("notify_on_heal", Rule::Flag(true)),
    ("notify_on_suggestion", Rule::Flag(true)),
    ("notification_channels", Rule::Channels),
    ("require_approval", Rule::Flag(true)),
    ("auto_approve_after_hours", Rule::MaybeCount(1, 168)),
    ("approvers", Rule::MaybeNames),
    ("max_heals_per_hour", Rule::Count(50, 1, 1_000)),
    ("max_heals_per_test", Rule::Count(5, 1, 50)),
];

impl Rule {
    fn default(&self) -> Value {
        match self {
            Self::Flag(on) => json!(on),
            Self::Share(default, ..) => json!(default),
            Self::Count(default, ..) => json!(default),
            Self::MaybeCount(..) | Self::MaybeNames => Value::Null,
            Self::Strategies => json!(STRATEGIES),
            Self::Channels => json!({ "email": true, "slack": false }),
        }
    }

    fn may_be_null(&self) -> bool {
        matches!(self, Self::MaybeCount(..) | Self::MaybeNames)
    }

    /// What is wrong with a value, in words.
    fn fault(&self, value: &Value) -> Option<String> {
        let names = |all: &[Value], fits: &dyn Fn(&str) -> bool| all.len() <= NAMES_MAX && all.iter().all(|v| v.as_str().is_some_and(fits));
        let (fits, wanted) = match self {
            Self::Flag(_) => (value.is_boolean(), "must be a boolean".to_owned()),
            Self::Share(_, min, max) => {
                (value.as_f64().is_some_and(|n| (*min..=*max).contains(&n)), format!("must be a number from {min} to {max}"))
            }
            Self::Count(_, min, max) | Self::MaybeCount(min, max) => {
                (value.as_i64().is_some_and(|n| (*min..=*max).contains(&n)), format!("must be an integer from {min} to {max}"))
            }
            Self::Strategies => (
                value.as_array().is_some_and(|all| !all.is_empty() && names(all, &|word| STRATEGIES.contains(&word))),
                format!("must be a list of {}", STRATEGIES.join(", ")),
            ),
            Self::Channels => (
                value.as_object().is_some_and(|m| m.iter().all(|(k, v)| matches!(k.as_str(), "email" | "slack") && v.is_boolean())),
                "must be an object with the booleans email and slack".to_owned(),
            ),
            Self::MaybeNames => (
                value.as_array().is_some_and(|all| names(all, &|name| !name.is_empty() && name == name.trim() && name.len() <= 200)),
                format!("must be a list of at most {NAMES_MAX} user names without blanks around them"),
            ),
        };
        (!fits).then_some(wanted)
    }
}

/// The fields of a body that are known and set. Null leaves a field as it was, except for one that can be nothing: there
/// it takes the value away. `inherit` names fields that are given back: what lies below counts again. Every fault names its
/// field.
pub fn patch(stored: &Map<String, Value>, body: &Map<String, Value>) -> Result<Map<String, Value>, Vec<FieldError>> {
    let (mut new, mut faults) = (stored.clone(), Vec::new());
    match given_back(body.get(INHERIT)) {
        Some(names) => names.into_iter().for_each(|name| drop(new.remove(name))),
        None => faults.push(FieldError::new(INHERIT, format!("{INHERIT} must be a list of fields"))),
    }
    for (name, rule) in &FIELDS {
        match body.get(*name) {
            None => {}
            Some(Value::Null) if rule.may_be_null() => drop(new.insert((*name).to_owned(), Value::Null)),
            Some(Value::Null) => {}
            Some(value) => match rule.fault(value) {
                Some(why) => faults.push(FieldError::new(name, format!("{name} {why}"))),
                None => drop(new.insert((*name).to_owned(), value.clone())),
            },
        }
    }
    if faults.is_empty() { Ok(new) } else { Err(faults) }
}

/// The fields a value names; none when it names anything else.
fn given_back(value: Option<&Value>) -> Option<Vec<&str>> {
    let Some(value) = value.filter(|v| !v.is_null()) else { return Some(Vec::new()) };
    let known = |name: &str| FIELDS.iter().any(|(field, _)| *field == name);
    value.as_array()?.iter().map(|v| v.as_str().filter(|name| known(name))).collect()
}

/// Everything that counts for a project.
#[derive(Clone, Debug, PartialEq)]
pub struct HealConfig(Map<String, Value>);

impl HealConfig {
    /// The project's fields over the organization's over the defaults.
    pub fn of(organization: &Map<String, Value>, project: &Map<String, Value>) -> Self {
        let value =
            |name: &str, rule: &Rule| project.get(name).or_else(|| organization.get(name)).cloned().unwrap_or_else(|| rule.default());
        Self(FIELDS.iter().map(|(name, rule)| ((*name).to_owned(), value(name, rule))).collect())
    }
    pub fn fields(&self) -> &Map<String, Value> {
        &self.0
    }
    pub fn flag(&self, name: &str) -> bool {
        self.0.get(name).and_then(Value::as_bool).unwrap_or(false)
    }
    pub fn share(&self, name: &str) -> f64 {
        self.0.get(name).and_then(Value::as_f64).unwrap_or(1.0)
    }
    pub fn count(&self, name: &str) -> Option<i64> {
        self.0.get(name).and_then(Value::as_i64)
    }
    /// The texts of a list, without blanks around them: some were kept with them.
    pub fn names(&self, name: &str) -> Vec<&str> {
        let list = self.0.get(name).and_then(Value::as_array);
        list.map(|l| l.iter().filter_map(Value::as_str).map(str::trim).collect()).unwrap_or_default()
    }
    /// Whether those who decide are written to by `email` or `slack`.
    pub fn tells_by(&self, way: &str) -> bool {
        let stored = self.0.get("notification_channels").and_then(|v| v.get(way)).and_then(Value::as_bool);
        // A way that was not named stands as by default.
        stored.unwrap_or(way == "email")
    }
    /// Whether a replacement may go into a test without a person.
    pub fn applies_by_itself(&self, confidence: f64) -> bool {
        self.flag("auto_apply") && !self.flag("require_approval") && confidence >= self.share("min_confidence_auto")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn map(value: &Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn project_lies_over_organization_field_by_field() {
        let organization =
            patch(&Map::new(), &map(&json!({ "auto_apply": true, "max_heals_per_test": 2, "auto_approve_after_hours": 24 }))).unwrap();
        let project =
            patch(&Map::new(), &map(&json!({ "max_heals_per_test": 7, "auto_approve_after_hours": null, "enabled": null }))).unwrap();
        let both = HealConfig::of(&organization, &project);
        assert_eq!((both.count("max_heals_per_test"), both.count("auto_approve_after_hours"), both.flag("enabled")), (Some(7), None, true));
        assert!(both.flag("auto_apply") && !both.applies_by_itself(1.0), "approval is required by default");
        let alone = HealConfig::of(&map(&json!({ "auto_apply": true, "require_approval": false })), &Map::new());
        let kept = HealConfig::of(&map(&json!({ "approvers": ["ann ", "bob"] })), &Map::new());
        assert_eq!(kept.names("approvers"), ["ann", "bob"], "what was kept with blanks locks nobody out");
        assert!(alone.applies_by_itself(0.95) && !alone.applies_by_itself(0.94));
    }

    #[test]
    fn every_fault_names_its_field() {
        let body = json!({ "enabled": 1, "min_confidence_auto": 0.4, "max_heals_per_hour": 0, "approvers": ["ann "], "preferred_selector_strategies": ["x"],
            "notification_channels": { "fax": true }, "auto_approve_after_hours": 169, "unknown": 1 });
        let faults = patch(&Map::new(), &map(&body)).unwrap_err();
        assert_eq!(faults.len(), 7, "{faults:?}");
        assert!(faults.iter().any(|f| f.loc.last().is_some_and(|l| l == "min_confidence_auto")), "{faults:?}");
    }

    #[test]
    fn field_that_is_given_back_follows_the_organization_again() {
        let organization = map(&json!({ "enabled": false, "max_heals_per_test": 2 }));
        let stored = map(&json!({ "enabled": true, "auto_approve_after_hours": null, "max_heals_per_test": 7 }));
        let given = patch(&stored, &map(&json!({ "inherit": ["enabled", "auto_approve_after_hours"], "max_heals_per_test": 9 }))).unwrap();
        assert_eq!(given, map(&json!({ "max_heals_per_test": 9 })));
        assert!(!HealConfig::of(&organization, &given).flag("enabled"));
        let again = patch(&stored, &map(&json!({ "inherit": ["enabled"], "enabled": false }))).unwrap();
        assert_eq!(again.get("enabled"), Some(&json!(false)), "what the same body says of it counts");
        for wrong in [json!(["enabled", "unknown"]), json!("enabled"), json!([1])] {
            let faults = patch(&stored, &map(&json!({ "inherit": wrong }))).unwrap_err();
            assert_eq!(faults[0].loc.last().map(String::as_str), Some("inherit"), "{faults:?}");
        }
    }

    proptest! {
        #[test]
        fn any_body_is_refused_or_within_limits(name in 0..FIELDS.len(), number in any::<f64>(), text in ".{0,12}") {
            let (name, _) = FIELDS[name];
            for value in [json!(number), json!(text), json!([text]), json!({ text.clone(): true })] {
                if let Ok(kept) = patch(&Map::new(), &Map::from_iter([(name.to_owned(), value)])) {
                    let config = HealConfig::of(&kept, &Map::new());
                    prop_assert!((0.3..=1.0).contains(&config.share("min_confidence_suggest")));
                    prop_assert!(config.count("max_heals_per_test").is_some_and(|n| (1..=50).contains(&n)));
                }
            }
        }
    }
}
