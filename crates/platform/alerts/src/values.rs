//! Where rules get numbers from: traits implemented by whoever samples the host and by the metric store. This crate
//! owns no metric and keeps no copy; it only finds the right name.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use argos_condition::{Comparison, Condition, Expr, MetricRef, Metrics, Value as Side, WindowFunction};
use argos_kernel::{Result, Timestamp};
use argos_web::BoxFuture;

use crate::model::metric::{build, canonical, is_wild, worst_of};

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

/// What a condition will ask besides current values; announced before it asks.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    pub metric: MetricName,
    pub ask: Ask,
}

/// The kinds of question about the past or the future of a metric.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Ask {
    Window { function: WindowFunction, over: Duration },
    Forecast { ahead: Duration },
    Zscore,
    Absent { over: Duration },
    Anomaly,
}

/// The newest sample and functions over the recent past. `None` = not known: no such metric, no data, not numeric.
/// Names are snake_case as in `/api/stats`; instances are told apart by the selector (mount, service, agent, device).
pub trait LiveValues: Send + Sync + 'static {
    /// Everything that has a value or a text now, each instance once.
    fn names(&self) -> Vec<MetricName>;
    fn value(&self, name: &str, selector: Option<&str>) -> Option<f64>;
    fn text(&self, _name: &str, _selector: Option<&str>) -> Option<String> {
        None
    }
    fn window(&self, _function: WindowFunction, _name: &str, _selector: Option<&str>, _over: Duration) -> Option<f64> {
        None
    }
    /// The value expected after `ahead`, by the trend.
    fn forecast(&self, _name: &str, _selector: Option<&str>, _ahead: Duration) -> Option<f64> {
        None
    }
    /// Distance of the newest value from normal in standard deviations.
    fn zscore(&self, _name: &str, _selector: Option<&str>) -> Option<f64> {
        None
    }
    /// Whether no sample came within `over`; `None` when there is no such metric.
    fn absent(&self, _name: &str, _selector: Option<&str>, _over: Duration) -> Option<bool> {
        None
    }
    fn anomaly(&self, _name: &str, _selector: Option<&str>) -> Option<bool> {
        None
    }
    /// Called before an evaluation with everything it will ask, for stores that must read first.
    fn load<'a>(&'a self, _wanted: &'a [Wanted]) -> BoxFuture<'a, ()> {
        Box::pin(std::future::ready(()))
    }
}

/// Stored points, for previews.
pub trait History: Send + Sync + 'static {
    /// Points of one metric in `[from, to)`, ascending, about one per `step_s` seconds. An unknown metric has none.
    fn points<'a>(
        &'a self,
        name: &'a str,
        selector: Option<&'a str>,
        from: Timestamp,
        to: Timestamp,
        step_s: i64,
    ) -> BoxFuture<'a, Result<Vec<(Timestamp, f64)>>>;
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
    pub(crate) events: &'a EventCounts,
}

impl std::fmt::Display for Wanted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let metric = build(&self.metric.name, self.metric.selector.as_deref()).map_or_else(|| self.metric.name.clone(), |m| m.to_string());
        match self.ask {
            Ask::Window { function, over } => write!(f, "{}({metric}, {}s)", format!("{function:?}").to_lowercase(), over.as_secs()),
            Ask::Forecast { ahead } => write!(f, "forecast({metric}, {}s)", ahead.as_secs()),
            Ask::Zscore => write!(f, "zscore({metric})"),
            Ask::Absent { over } => write!(f, "absent({metric}, {}s)", over.as_secs()),
            Ask::Anomaly => write!(f, "anomaly({metric})"),
        }
    }
}

impl Reading<'_> {
    /// Whether a question about the past or the future has no answer now.
    pub(crate) fn is_open_question(&self, wanted: &Wanted) -> bool {
        let Some(values) = self.values else { return true };
        let (name, selector) = (wanted.metric.name.as_str(), wanted.metric.selector.as_deref());
        match wanted.ask {
            Ask::Window { function, over } => values.window(function, name, selector, over).is_none(),
            Ask::Forecast { ahead } => values.forecast(name, selector, ahead).is_none(),
            Ask::Zscore => values.zscore(name, selector).is_none(),
            Ask::Absent { over } => values.absent(name, selector, over).is_none(),
            Ask::Anomaly => values.anomaly(name, selector).is_none(),
        }
    }
    fn ask<T>(&self, metric: &MetricRef, ask: impl FnOnce(&dyn LiveValues, &str, Option<&str>) -> Option<T>) -> Option<T> {
        if metric.selectors().count() > 1 {
            return None;
        }
        let name = self.index.resolve(metric);
        ask(self.values?, &name.name, name.selector.as_deref())
    }
}

impl Metrics for Reading<'_> {
    fn value(&self, metric: &MetricRef) -> Option<f64> {
        self.ask(metric, LiveValues::value).or_else(|| {
            let of = worst_of(&metric.name()).filter(|_| metric.selectors().next().is_none())?;
            let all = self.index.instances_of(of).filter_map(|(_, name)| self.values?.value(&name.name, name.selector.as_deref()));
            all.reduce(f64::max)
        })
    }
    fn text(&self, metric: &MetricRef) -> Option<String> {
        self.ask(metric, LiveValues::text)
    }
    fn window(&self, function: WindowFunction, metric: &MetricRef, over: Duration) -> Option<f64> {
        self.ask(metric, |v, name, selector| v.window(function, name, selector, over))
    }
    fn forecast(&self, metric: &MetricRef, ahead: Duration) -> Option<f64> {
        self.ask(metric, |v, name, selector| v.forecast(name, selector, ahead))
    }
    fn zscore(&self, metric: &MetricRef) -> Option<f64> {
        self.ask(metric, LiveValues::zscore)
    }
    fn absent(&self, metric: &MetricRef, over: Duration) -> Option<bool> {
        self.ask(metric, |v, name, selector| v.absent(name, selector, over))
    }
    fn anomaly(&self, metric: &MetricRef) -> Option<bool> {
        self.ask(metric, LiveValues::anomaly)
    }
    fn event_count(&self, kind: &str, over: Option<Duration>) -> Option<u64> {
        Some(self.events.0.get(&(kind.to_owned(), over)).copied().unwrap_or(0))
    }
}

/// Each question once, in the order it was first asked.
pub(crate) fn unique(questions: Vec<Wanted>) -> Vec<Wanted> {
    let mut seen = HashSet::new();
    questions.into_iter().filter(|q| seen.insert(q.to_string())).collect()
}

/// What `condition` will ask besides current values, one entry per known instance of a wildcard. See [`unique`].
pub(crate) fn wanted(condition: &Condition, index: &NameIndex, out: &mut Vec<Wanted>) {
    walk(condition.expr(), &mut |metric, ask| {
        let names: Vec<MetricName> = if is_wild(metric) {
            index.instances_of(&metric.name()).map(|(_, name)| name.clone()).collect()
        } else {
            vec![index.resolve(metric)]
        };
        for metric in names {
            out.push(Wanted { metric, ask });
        }
    });
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
        Expr::Absent { metric, over } => see(metric, Ask::Absent { over: *over }),
        Expr::Anomaly(metric) => see(metric, Ask::Anomaly),
        Expr::Event { .. } => {}
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
