//! The instances of a rule: one, or one for each thing it is about, each with its own state and firing. A wildcard stands
//! for what the newest sample lists; a metric of stored series stands for each of them.

use std::collections::BTreeSet;
use std::sync::Arc;

use argos_condition::{Condition, MetricRef, Metrics, Truth};
use argos_kernel::Timestamp;
use serde_json::{Map, Value};

use crate::model::metric::{DOCUMENTED, documented_series, is_wild, label_name, with_instance, worst_of};
use crate::model::rule::Compiled;
use crate::model::series::{Bound, Catalogue, Subject, subjects};
use crate::values::{NameIndex, Reading};

/// What tells two firings of one rule apart.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Place {
    /// The identity of a firing: rule and labels.
    pub(crate) fingerprint: String,
    /// An object: `mount` and `/home`.
    pub(crate) labels: Value,
    /// For people: `/home`. Nothing when the rule is about one thing only.
    pub(crate) shown: Option<String>,
}

/// One instance with its own conditions and series.
#[derive(Clone, Debug)]
pub(crate) struct Instance {
    pub(crate) place: Place,
    condition: Arc<Condition>,
    clear: Option<Arc<Condition>>,
    /// Whether a metric is answered by its series alone.
    series: Vec<(MetricRef, Bound, bool)>,
}

/// What one evaluation of an instance gave.
#[derive(Clone, Debug)]
pub(crate) struct Verdict {
    pub(crate) truth: Truth,
    pub(crate) clear: Option<Truth>,
    pub(crate) value: Option<f64>,
}

/// A metric of a rule that says nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Silent {
    pub(crate) metric: String,
    pub(crate) why: Why,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// Nothing here has ever had this name.
    NeverSeen,
    /// The name is known, but nothing it has fits the selector.
    NoSuchSubject,
    /// It is sampled and has no value, nor ever had one: a sensor that is not there.
    Empty,
    /// It was known, last at this time.
    Since(Timestamp),
}

impl Why {
    /// Whether nothing here measures it at all.
    pub(crate) fn is_unknown(self) -> bool {
        matches!(self, Self::NeverSeen | Self::NoSuchSubject)
    }
}

impl Place {
    /// One that is remembered and not judged any more.
    pub(crate) fn gone(fingerprint: String) -> Self {
        let value = fingerprint.split_once('|').map(|(_, v)| v.to_owned());
        let labels = value.iter().map(|v| ("instance".to_owned(), Value::from(v.as_str()))).collect::<Map<_, _>>();
        Self { labels: Value::Object(labels), shown: value, fingerprint }
    }
}

impl Instance {
    /// Every metric its conditions name.
    pub(crate) fn metrics(&self) -> impl Iterator<Item = &MetricRef> {
        self.conditions().flat_map(Condition::metrics)
    }
    pub(crate) fn conditions(&self) -> impl Iterator<Item = &Condition> {
        std::iter::once(&*self.condition).chain(self.clear.as_deref())
    }
    /// The series that a metric means here.
    pub(crate) fn bound(&self, metric: &MetricRef) -> Option<&Bound> {
        self.series.iter().find(|(m, ..)| m == metric).map(|(_, bound, _)| bound)
    }
    pub(crate) fn is_stored(&self, metric: &MetricRef) -> bool {
        self.series.iter().any(|(m, _, alone)| *alone && m == metric)
    }
    /// Whether a caller may hear of it; `may_see` = whether he belongs to an organization.
    pub(crate) fn is_seen(&self, may_see: &impl Fn(&str) -> bool) -> bool {
        self.place.labels.get(argos_metrics::ORGANIZATION).and_then(Value::as_str).is_none_or(may_see)
    }
    /// A metric as it is shown here: with the series it means.
    pub(crate) fn name_of(&self, metric: &MetricRef) -> String {
        self.bound(metric).map_or_else(|| metric.to_string(), |b| b.name.clone())
    }
    pub(crate) fn judge(&self, metrics: &(impl Metrics + ?Sized)) -> Verdict {
        Verdict {
            truth: self.condition.evaluate(metrics),
            clear: self.clear.as_ref().map(|c| c.evaluate(metrics)),
            value: self.condition.reading(metrics).filter(|v| v.is_finite()),
        }
    }
}

/// Whether the newest sample answers it, or would if there were one.
fn is_sampled(metric: &MetricRef, index: &NameIndex) -> bool {
    let name = metric.name();
    index.knows(metric) || DOCUMENTED.contains(&name.as_str()) || worst_of(&name).is_some() || index.instances_of(&name).next().is_some()
}

fn metrics_of(rule: &Compiled) -> Vec<&MetricRef> {
    let mut all = rule.condition.metrics();
    for metric in rule.clear.iter().flat_map(|c| c.metrics()) {
        if !all.contains(&metric) {
            all.push(metric);
        }
    }
    all
}

/// Whether the instances stay the same while the catalogue does, whatever the next sample brings.
pub(crate) fn is_settled(rule: &Compiled, index: &NameIndex, catalogue: &Catalogue) -> bool {
    !rule.wild || metrics_of(rule).into_iter().filter(|m| is_wild(m)).all(|m| !is_sampled(m, index) && catalogue.find(m).is_some())
}

/// Every instance that exists now. A rule about nothing in particular has exactly one.
pub(crate) fn instances(rule: &Compiled, index: &NameIndex, catalogue: &Catalogue) -> Vec<Instance> {
    let metrics = metrics_of(rule);
    let stored: Vec<_> =
        metrics.iter().filter(|m| !is_sampled(m, index)).filter_map(|m| catalogue.find(m).map(|(s, e)| (*m, s, e))).collect();
    let is_stored = |m: &MetricRef| stored.iter().any(|(s, ..)| *s == m);
    let wild: Vec<&MetricRef> = metrics.iter().copied().filter(|m| is_wild(m) && !is_stored(m)).collect();
    let listed: Vec<Option<(&str, String)>> = if wild.is_empty() {
        vec![None]
    } else {
        let label = wild.first().map_or("instance", |m| label_name(m.root()));
        let names: Vec<String> = wild.iter().map(|m| m.name()).collect();
        let found: BTreeSet<String> =
            names.iter().flat_map(|n| index.instances_of(n)).filter_map(|(m, _)| m.selectors().next().map(str::to_owned)).collect();
        found.into_iter().map(|value| Some((label, value))).collect()
    };
    let mut found = subjects(&stored);
    if found.is_empty() {
        found.push(Subject { labels: argos_metrics::Labels::new(), shown: String::new(), series: Vec::new() });
    }
    let mut out = Vec::with_capacity(listed.len() * found.len());
    let (whole, whole_clear) = (Arc::new(rule.condition.clone()), rule.clear.clone().map(Arc::new));
    for one in &listed {
        let (condition, clear) = match one {
            None => (Arc::clone(&whole), whole_clear.clone()),
            Some((_, value)) => {
                let bind =
                    |c: &Condition| c.clone().with_aliases(|m| if is_wild(m) && !is_stored(m) { with_instance(m, value) } else { None });
                (Arc::new(bind(&rule.condition)), rule.clear.as_ref().map(|c| Arc::new(bind(c))))
            }
        };
        let named = condition.metrics().into_iter().chain(clear.iter().flat_map(|c| c.metrics()));
        let others: Vec<(MetricRef, Bound, bool)> = named
            .filter(|m| !is_stored(m))
            .filter_map(|m| {
                let d = documented_series(m)?;
                Some((m.clone(), catalogue.having(&m.to_string(), d.metric, &d.labels, d.join)?, false))
            })
            .collect();
        for subject in &found {
            let series = subject.series.iter().map(|(m, b)| (m.clone(), b.clone(), true)).chain(others.iter().cloned()).collect();
            let place = place(&rule.rule.id, one.as_ref().map(|(l, v)| (*l, v.as_str())), subject);
            out.push(Instance { place, condition: Arc::clone(&condition), clear: clear.clone(), series });
        }
    }
    out
}

fn place(rule: &str, listed: Option<(&str, &str)>, subject: &Subject) -> Place {
    let mut labels: Map<String, Value> = subject
        .labels
        .iter()
        .filter(|(k, v)| !(*k == "host" && *v == "local"))
        .map(|(k, v)| (k.clone(), Value::from(v.as_str())))
        .collect();
    // Windows and silences name power devices by the shorter word.
    if let Some(device) = labels.get("device_id").cloned() {
        labels.insert("device".to_owned(), device);
    }
    let pairs = subject.labels.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(",");
    let told = [listed.map(|(_, v)| v.to_owned()), (!pairs.is_empty()).then_some(pairs)];
    let told: Vec<String> = told.into_iter().flatten().collect();
    let fingerprint = std::iter::once(rule.to_owned()).chain(told).collect::<Vec<_>>().join("|");
    if let Some((label, value)) = listed {
        labels.insert(label.to_owned(), Value::from(value));
    }
    let shown: Vec<&str> =
        listed.map(|(_, v)| v).into_iter().chain((!subject.shown.is_empty()).then_some(subject.shown.as_str())).collect();
    Place { fingerprint, labels: Value::Object(labels), shown: (!shown.is_empty()).then(|| shown.join(", ")) }
}

/// Metrics of the rule that say nothing now, in canonical spelling, with the reason.
pub(crate) fn silent(rule: &Compiled, catalogue: &Catalogue, reading: &Reading<'_>) -> Vec<Silent> {
    let why = |m: &MetricRef| {
        if is_wild(m) && reading.index.instances_of(&m.name()).next().is_some() {
            return None;
        }
        if reading.sampled(m).is_some() || reading.sampled_text(m).is_some() {
            return None;
        }
        // Before the first sample nobody knows better.
        if reading.values.is_none() && (reading.index.knows(m) || is_sampled(m, reading.index)) {
            return None;
        }
        let or_empty = |why| if reading.index.knows(m) { Why::Empty } else { why };
        let (how, ids) = match catalogue.find(m) {
            Some((series, entries)) => (series.how, entries.iter().map(|e| e.id).collect()),
            None => {
                let found = documented_series(m).and_then(|d| catalogue.having("", d.metric, &d.labels, d.join));
                let Some(found) = found else { return Some(or_empty(Why::NeverSeen)) };
                (found.how, found.ids)
            }
        };
        let bound = Bound { name: String::new(), ids, how, join: argos_metrics::Join::Max };
        match reading.stored.and_then(|s| s.newest_at(&bound)) {
            None => Some(or_empty(Why::NoSuchSubject)),
            Some(at) if reading.stored.is_some_and(|s| s.value(&bound, reading.now).is_none()) => Some(Why::Since(at)),
            Some(_) => None,
        }
    };
    metrics_of(rule).into_iter().filter_map(|m| why(m).map(|why| Silent { metric: m.to_string(), why })).collect()
}

/// The text of a firing: `{value}` and `{label}` filled in.
pub(crate) fn message(template: &str, place: &Place, value: Option<f64>) -> String {
    let value = value.map_or_else(|| "?".to_owned(), number);
    template.replace("{value}", &value).replace("{label}", place.shown.as_deref().unwrap_or_default())
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
            vec![
                MetricName::of("disks.percent", "/"),
                MetricName::of("disk_percent", "/home"),
                MetricName::new("cpuPercent"),
                MetricName::new("cpu_temp"),
            ]
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
        let events = EventCounts::default();
        let reading = Reading { values: Some(&Disks), index: &index, stored: None, events: &events, now: Timestamp::default() };
        let rule = AlertRule::new("r", condition).compile().unwrap();
        let all = instances(&rule, &index, &Catalogue::default()).into_iter();
        all.map(|i| (i.place.shown.clone(), i.judge(&reading.of(&i)))).map(|(l, v)| (l, v.truth, v.value)).collect()
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
        let events = EventCounts::default();
        let reading = Reading { values: Some(&Disks), index: &index, stored: None, events: &events, now: Timestamp::default() };
        let silent = |c: &str| silent(&AlertRule::new("r", c).compile().unwrap(), &Catalogue::default(), &reading);
        let unknown = |c: &str| silent(c).into_iter().map(|s| s.metric).collect::<Vec<_>>();
        assert_eq!(unknown("cpuPercent > 1 AND nonsense > 2"), ["nonsense"]);
        assert!(unknown("disks[*].percent > 1 OR disk_percent > 1").is_empty());
        assert_eq!(unknown("services[*].active < 1"), ["services[*].active"]);
        // A machine without the sensor: the name is sampled, its value never known.
        assert_eq!(silent("cpu_temp > 70").into_iter().map(|s| s.why).collect::<Vec<_>>(), [Why::Empty]);
    }

    #[test]
    fn messages_are_filled_with_value_and_label() {
        let subject = Subject { labels: argos_metrics::Labels::new(), shown: String::new(), series: Vec::new() };
        let home = place("r", Some(("mount", "/home")), &subject);
        assert_eq!(message("Disk {label} at {value}%", &home, Some(91.0)), "Disk /home at 91%");
        let whole = place("r", None, &subject);
        assert_eq!(message("CPU high: {value}%", &whole, Some(75.26)), "CPU high: 75.3%");
        assert_eq!(message("x {value}", &whole, None), "x ?");
        assert_eq!((whole.fingerprint.as_str(), home.fingerprint.as_str()), ("r", "r|/home"));
        assert_eq!((whole.labels, home.labels), (serde_json::json!({}), serde_json::json!({"mount": "/home"})));
    }
}
