//! Where rules get present numbers from: the newest sample of this machine, by a trait that its sampler implements, and the
//! stored series. This part owns no metric and keeps no copy; it only finds the right name.

use std::collections::HashMap;
use std::time::Duration;

use argos_condition::{Comparison, Condition, Expr, MetricRef, Metrics, Value as Side, WindowFunction};
use argos_kernel::Timestamp;

use crate::model::instance::Instance;
use crate::model::metric::{build, canonical, worst_of};
use crate::model::series::Bound;
use crate::stored::{Ask, Question, Stored};

/// A value by name: words joined by dots without selector (`disks.percent`), and which of several (`/home`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MetricName {
    pub name: String,
    pub selector: Option<String>,
}

impl MetricName {
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), selector: None }
    }
    pub fn of(name: impl Into<String>, selector: impl Into<String>) -> Self {
        Self { name: name.into(), selector: Some(selector.into()) }
    }
    pub(crate) fn from_ref(metric: &MetricRef) -> Self {
        Self { name: metric.name(), selector: metric.selectors().next().map(str::to_owned) }
    }
}

/// The newest sample. `None` = not known: no such metric, no data, not numeric. Names are snake_case as in `/api/stats`;
/// instances are told apart by the selector (mount, service, agent, device).
pub trait LiveValues: Send + Sync + 'static {
    /// Everything that has a value or a text now, each instance once.
    fn names(&self) -> Vec<MetricName>;
    fn value(&self, name: &str, selector: Option<&str>) -> Option<f64>;
    fn text(&self, _name: &str, _selector: Option<&str>) -> Option<String> {
        None
    }
}

/// The names of one sample, found by their canonical spelling.
#[derive(Clone, Debug, Default)]
pub(crate) struct NameIndex {
    entries: Vec<(MetricRef, MetricName)>,
    by_text: HashMap<String, usize>,
    /// Entries with a selector, by their name without it: a rule over all of them does not look at the others.
    by_name: HashMap<String, Vec<usize>>,
}

impl NameIndex {
    pub(crate) fn new(names: Vec<MetricName>) -> Self {
        let mut index = Self::default();
        for name in names {
            let Some(metric) = build(&name.name, name.selector.as_deref()).map(|m| canonical(&m)) else { continue };
            let at = index.entries.len();
            index.by_text.insert(metric.to_string(), at);
            if metric.selectors().next().is_some() {
                index.by_name.entry(metric.name()).or_default().push(at);
            }
            index.entries.push((metric, name));
        }
        index
    }
    /// The sampler's own name; a canonical name it does not list (an index, say) is passed on as it is.
    pub(crate) fn resolve(&self, metric: &MetricRef) -> MetricName {
        let known = self.by_text.get(&metric.to_string()).and_then(|i| self.entries.get(*i));
        known.map_or_else(|| MetricName::from_ref(metric), |(_, name)| name.clone())
    }
    pub(crate) fn knows(&self, metric: &MetricRef) -> bool {
        self.by_text.contains_key(&metric.to_string())
    }
    /// Every instance of this canonical name without its selector.
    pub(crate) fn instances_of(&self, name: &str) -> impl Iterator<Item = &(MetricRef, MetricName)> {
        self.by_name.get(name).into_iter().flatten().filter_map(move |at| self.entries.get(*at))
    }
    /// Canonical names in alphabetical order.
    pub(crate) fn texts(&self) -> Vec<String> {
        let mut all: Vec<String> = self.entries.iter().map(|(m, _)| m.to_string()).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

/// How many events of a kind there were: within a time, or (`None`) in the current evaluation.
#[derive(Clone, Debug, Default)]
pub(crate) struct EventCounts(pub(crate) HashMap<(String, Option<Duration>), u64>);

/// One evaluation's view of the world.
pub(crate) struct Reading<'a> {
    pub(crate) values: Option<&'a dyn LiveValues>,
    pub(crate) index: &'a NameIndex,
    pub(crate) stored: Option<&'a Stored>,
    pub(crate) events: &'a EventCounts,
    pub(crate) now: Timestamp,
}

impl Reading<'_> {
    /// A value of the newest sample.
    pub(crate) fn sampled(&self, metric: &MetricRef) -> Option<f64> {
        self.ask(metric, LiveValues::value).or_else(|| {
            let of = worst_of(&metric.name()).filter(|_| metric.selectors().next().is_none())?;
            let all = self.index.instances_of(of).filter_map(|(_, name)| self.values?.value(&name.name, name.selector.as_deref()));
            all.reduce(f64::max)
        })
    }
    pub(crate) fn sampled_text(&self, metric: &MetricRef) -> Option<String> {
        self.ask(metric, LiveValues::text)
    }
    fn ask<T>(&self, metric: &MetricRef, ask: impl FnOnce(&dyn LiveValues, &str, Option<&str>) -> Option<T>) -> Option<T> {
        if metric.selectors().count() > 1 {
            return None;
        }
        let name = self.index.resolve(metric);
        ask(self.values?, &name.name, name.selector.as_deref())
    }
    /// What one instance of a rule sees of it.
    pub(crate) fn of<'a>(&'a self, instance: &'a Instance) -> Seen<'a> {
        Seen { reading: self, instance }
    }
}

/// The world as one instance of a rule sees it: its own series, else the newest sample.
pub(crate) struct Seen<'a> {
    reading: &'a Reading<'a>,
    instance: &'a Instance,
}

impl Seen<'_> {
    fn stored<T>(&self, metric: &MetricRef, ask: impl FnOnce(&Stored, &Bound) -> Option<T>) -> Option<T> {
        ask(self.reading.stored?, self.instance.bound(metric)?)
    }
    fn answer(&self, metric: &MetricRef, question: Ask) -> Option<f64> {
        self.stored(metric, |s, b| s.answer(b, question))
    }
}

impl Metrics for Seen<'_> {
    fn value(&self, metric: &MetricRef) -> Option<f64> {
        let sampled = if self.instance.is_stored(metric) { None } else { self.reading.sampled(metric) };
        sampled.or_else(|| self.stored(metric, |s, b| s.value(b, self.reading.now)))
    }
    fn text(&self, metric: &MetricRef) -> Option<String> {
        self.reading.sampled_text(metric)
    }
    fn window(&self, function: WindowFunction, metric: &MetricRef, over: Duration) -> Option<f64> {
        self.answer(metric, Ask::Window { function, over })
    }
    fn forecast(&self, metric: &MetricRef, ahead: Duration) -> Option<f64> {
        self.answer(metric, Ask::Forecast { ahead })
    }
    fn zscore(&self, metric: &MetricRef) -> Option<f64> {
        self.answer(metric, Ask::Zscore)
    }
    fn absent(&self, metric: &MetricRef, over: Duration) -> Option<bool> {
        self.stored(metric, |s, b| s.absent(b, over, self.reading.now))
    }
    fn anomaly(&self, metric: &MetricRef) -> Option<bool> {
        self.answer(metric, Ask::Anomaly).map(|v| v != 0.0)
    }
    fn event_count(&self, kind: &str, over: Option<Duration>) -> Option<u64> {
        Some(self.reading.events.0.get(&(kind.to_owned(), over)).copied().unwrap_or(0))
    }
}

/// What the conditions of these instances will ask about the past.
pub(crate) fn questions(instances: &[Instance]) -> Vec<Question> {
    let mut out = Vec::new();
    for instance in instances {
        for condition in instance.conditions() {
            asked(condition, &mut |metric, ask| {
                out.extend(instance.bound(metric).into_iter().flat_map(|b| b.ids.iter().map(|id| (*id, b.how, ask))));
            });
        }
    }
    out
}

/// The questions about the past as they are written, with what they ask.
pub(crate) fn asked(condition: &Condition, see: &mut impl FnMut(&MetricRef, Ask)) {
    walk(condition.expr(), see);
}

/// As a question is written.
pub(crate) fn written(metric: &str, ask: Ask) -> String {
    match ask {
        Ask::Window { function, over } => format!("{function}({metric}, {}s)", over.as_secs()),
        Ask::Forecast { ahead } => format!("forecast({metric}, {}s)", ahead.as_secs()),
        Ask::Zscore => format!("zscore({metric})"),
        Ask::Anomaly => format!("anomaly({metric})"),
    }
}

fn walk(expr: &Expr, see: &mut impl FnMut(&MetricRef, Ask)) {
    match expr {
        Expr::Or(parts) | Expr::And(parts) => parts.iter().for_each(|p| walk(p, see)),
        Expr::Not(inner) => walk(inner, see),
        Expr::Compare(Comparison { value, .. }) => match value {
            Side::Metric(_) => {}
            Side::Window { function, metric, over } => see(metric, Ask::Window { function: *function, over: *over }),
            Side::Forecast { metric, ahead } => see(metric, Ask::Forecast { ahead: *ahead }),
            Side::Zscore(metric) => see(metric, Ask::Zscore),
        },
        Expr::Anomaly(metric) => see(metric, Ask::Anomaly),
        Expr::Absent { .. } | Expr::Event { .. } => {}
    }
}

/// The `(kind, time)` pairs a condition counts events for.
pub(crate) fn event_questions(expr: &Expr, out: &mut Vec<(String, Option<Duration>)>) {
    match expr {
        Expr::Or(parts) | Expr::And(parts) => parts.iter().for_each(|p| event_questions(p, out)),
        Expr::Not(inner) => event_questions(inner, out),
        Expr::Event { kind, over, .. } => {
            let question = (kind.clone(), *over);
            if !out.contains(&question) {
                out.push(question);
            }
        }
        _ => {}
    }
}
