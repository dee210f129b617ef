//! The instances of a rule: one, or one per thing a wildcard selector stands for, each with its own state and firing.

use std::collections::BTreeSet;

use argos_condition::{Condition, MetricRef, Metrics, Truth};

use crate::model::metric::{is_wild, label_name, with_instance};
use crate::model::rule::Compiled;
use crate::values::NameIndex;

/// What tells two firings of one rule apart, e.g. `mount` and `/home`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Label {
    pub(crate) name: String,
    pub(crate) value: String,
}

/// The identity of a firing: rule and label.
pub(crate) fn fingerprint(rule_id: &str, label: Option<&Label>) -> String {
    label.map_or_else(|| rule_id.to_owned(), |l| format!("{rule_id}|{}", l.value))
}

/// One instance with its own conditions.
#[derive(Clone, Debug)]
pub(crate) struct Instance {
    pub(crate) label: Option<Label>,
    condition: Condition,
    clear: Option<Condition>,
}

/// What one evaluation of an instance gave.
#[derive(Clone, Debug)]
pub(crate) struct Verdict {
    pub(crate) truth: Truth,
    pub(crate) clear: Option<Truth>,
    pub(crate) value: Option<f64>,
}

impl Instance {
    /// Every metric its conditions name.
    pub(crate) fn metrics(&self) -> impl Iterator<Item = &MetricRef> {
        self.condition.metrics().into_iter().chain(self.clear.iter().flat_map(|c| c.metrics()))
    }
    pub(crate) fn judge(&self, metrics: &(impl Metrics + ?Sized)) -> Verdict {
        Verdict {
            truth: self.condition.evaluate(metrics),
            clear: self.clear.as_ref().map(|c| c.evaluate(metrics)),
            value: self.condition.reading(metrics).filter(|v| v.is_finite()),
        }
    }
}

/// Every instance that exists now. A rule without a wildcard has exactly one.
pub(crate) fn instances(rule: &Compiled, index: &NameIndex) -> Vec<Instance> {
    if !rule.wild {
        return vec![Instance { label: None, condition: rule.condition.clone(), clear: rule.clear.clone() }];
    }
    let wild: Vec<&MetricRef> = rule.condition.metrics().into_iter().filter(|m| is_wild(m)).collect();
    let label = wild.first().map_or("instance", |m| label_name(m.root()));
    let names: Vec<String> = wild.iter().map(|m| m.name()).collect();
    let found: BTreeSet<String> =
        names.iter().flat_map(|n| index.instances_of(n)).filter_map(|(m, _)| m.selectors().next().map(str::to_owned)).collect();
    let bind =
        |condition: &Condition, value: &str| condition.clone().with_aliases(|m| if is_wild(m) { with_instance(m, value) } else { None });
    found
        .into_iter()
        .map(|value| Instance {
            condition: bind(&rule.condition, &value),
            clear: rule.clear.as_ref().map(|c| bind(c, &value)),
            label: Some(Label { name: label.to_owned(), value }),
        })
        .collect()
}

/// Metrics of the rule that nothing answers, as written in canonical spelling.
pub(crate) fn unknown_metrics(rule: &Compiled, index: &NameIndex, metrics: &(impl Metrics + ?Sized)) -> Vec<String> {
    let all = rule.condition.metrics().into_iter().chain(rule.clear.iter().flat_map(|c| c.metrics()));
    let unknown = all.filter(|m| {
        let known = if is_wild(m) {
            index.instances_of(&m.name()).next().is_some()
        } else {
            index.knows(m) || metrics.value(m).is_some() || metrics.text(m).is_some()
        };
        !known
    });
    let mut out: Vec<String> = unknown.map(ToString::to_string).collect();
    out.dedup();
    out
}

/// The text of a firing: `{value}` and `{label}` filled in.
pub(crate) fn message(template: &str, label: Option<&Label>, value: Option<f64>) -> String {
    let value = value.map_or_else(|| "?".to_owned(), number);
    template.replace("{value}", &value).replace("{label}", label.map_or("", |l| l.value.as_str()))
}

/// At most one decimal, and none when it is zero.
fn number(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::rule::AlertRule;
    use crate::values::{EventCounts, LiveValues, MetricName, Reading};

    struct Disks;
    impl LiveValues for Disks {
        fn names(&self) -> Vec<MetricName> {
            vec![MetricName::of("disks.percent", "/"), MetricName::of("disk_percent", "/home"), MetricName::new("cpuPercent")]
        }
        fn value(&self, name: &str, selector: Option<&str>) -> Option<f64> {
            match (name, selector) {
                ("disks.percent", Some("/")) => Some(95.0),
                ("disk_percent", Some("/home")) => Some(40.0),
                ("cpuPercent", None) => Some(12.34),
                _ => None,
            }
        }
    }

    fn verdicts(condition: &str) -> Vec<(Option<String>, Truth, Option<f64>)> {
        let index = NameIndex::new(Disks.names());
        let reading = Reading { values: Some(&Disks), index: &index, events: &EventCounts::default() };
        let rule = AlertRule::new("r", condition).compile().unwrap();
        let all = instances(&rule, &index).into_iter();
        all.map(|i| (i.label.clone().map(|l| l.value), i.judge(&reading))).map(|(l, v)| (l, v.truth, v.value)).collect()
    }

    #[test]
    fn wildcard_rule_is_judged_once_per_instance_whatever_the_sampler_calls_it() {
        let expected = [(Some("/".to_owned()), Truth::True, Some(95.0)), (Some("/home".to_owned()), Truth::False, Some(40.0))];
        assert_eq!(verdicts("disks[*].percent >= 90"), expected);
        let truths = |c: &str| verdicts(c).into_iter().map(|(l, t, _)| (l.unwrap_or_default(), t)).collect::<Vec<_>>();
        let both = [("/".to_owned(), Truth::True), ("/home".to_owned(), Truth::False)];
        assert_eq!(truths("disks[*].percent >= 90 AND cpu_percent > 10"), both);
        assert_eq!(verdicts("services[*].status == \"failed\""), []);
    }

    #[test]
    fn plain_names_aliases_and_the_worst_instance_answer() {
        assert_eq!(verdicts("cpu_percent > 10"), [(None, Truth::True, Some(12.34))]);
        assert_eq!(verdicts("disk_percent > 90"), [(None, Truth::True, Some(95.0))]);
        assert_eq!(verdicts("disk_percent[/home] > 90"), [(None, Truth::False, Some(40.0))]);
        assert_eq!(verdicts("nothing > 90"), [(None, Truth::Unknown, None)]);
    }

    #[test]
    fn metrics_nothing_answers_are_named() {
        let index = NameIndex::new(Disks.names());
        let reading = Reading { values: Some(&Disks), index: &index, events: &EventCounts::default() };
        let unknown = |c: &str| unknown_metrics(&AlertRule::new("r", c).compile().unwrap(), &index, &reading);
        assert_eq!(unknown("cpuPercent > 1 AND nonsense > 2"), ["nonsense"]);
        assert!(unknown("disks[*].percent > 1 OR disk_percent > 1").is_empty());
        assert_eq!(unknown("services[*].active < 1"), ["services[*].active"]);
    }

    #[test]
    fn messages_are_filled_with_value_and_label() {
        let label = Label { name: "mount".to_owned(), value: "/home".to_owned() };
        assert_eq!(message("Disk {label} at {value}%", Some(&label), Some(91.0)), "Disk /home at 91%");
        assert_eq!(message("CPU high: {value}%", None, Some(75.26)), "CPU high: 75.3%");
        assert_eq!(message("x {value}", None, None), "x ?");
        assert_eq!((fingerprint("r", None), fingerprint("r", Some(&label))), ("r".to_owned(), "r|/home".to_owned()));
    }
}
