//! Which stored series a metric of a condition means (platform spec 5.2, 8.1), and how its numbers read. Pure.
//!
//! Without a selector a metric means each of its series, one alert for each. A selector picks by the value of any label
//! (`power_battery_percent[ups-1]`) or of named ones (`edge_requests[host=a.example, class=5xx]`); `*` is any value. A
//! counter reads as its increase per second; `delta` and `sum` say how much came together.

use std::collections::HashMap;
use std::time::Duration;

use argos_condition::{MetricRef, WindowFunction};
use argos_kernel::Timestamp;
use argos_metrics::{Join, Kind, Labels, ORGANIZATION, Point, SeriesId, SeriesInfo};

use crate::model::metric::{EACH, build};

/// How the numbers of a series are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// A level; not known any more when nothing came for a while.
    Level,
    /// A growing total.
    Counter,
    /// The result of something done now and then, true until the next.
    Result,
}

impl How {
    /// After so many seconds without a point a series is asked only by who names it.
    pub(crate) fn gone_s(self) -> i64 {
        if self == Self::Result { RESULT_GONE_S } else { GONE_S }
    }
}

/// Whether it says which series it means, and not just all of them.
pub(crate) fn is_named(metric: &MetricRef) -> bool {
    metric.selectors().any(|s| s != EACH && !s.ends_with("=*"))
}

/// One stored series.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) id: SeriesId,
    pub(crate) labels: Labels,
    /// Nothing came for so long that the thing is taken to be gone: only who names it still asks for it.
    is_retired: bool,
}

/// The series of one metric.
#[derive(Clone, Debug)]
pub(crate) struct MetricSeries {
    pub(crate) unit: String,
    pub(crate) source: String,
    pub(crate) how: How,
    pub(crate) entries: Vec<Entry>,
    /// What tells its series apart: labels with more than one value among them, and the first one in any case.
    telling: Vec<String>,
    /// The series that have a value in some label: ten thousand rules that each name one do not look through all.
    by_value: HashMap<String, Vec<usize>>,
}

/// What conditions can ask for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Catalogue(HashMap<String, MetricSeries>);

/// What a metric of a condition reads, for one instance of the rule.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Bound {
    /// As it is shown: `power_battery_percent[ups-1]`.
    pub(crate) name: String,
    pub(crate) ids: Vec<SeriesId>,
    pub(crate) how: How,
    /// How several become one.
    pub(crate) join: Join,
}

/// One thing a rule is judged for, and what each of its metrics reads there.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Subject {
    pub(crate) labels: Labels,
    /// For people.
    pub(crate) shown: String,
    pub(crate) series: Vec<(MetricRef, Bound)>,
}

/// Without a point for so long a thing is taken to be gone.
const GONE_S: i64 = 7 * 86_400;
/// And its last result for not true any more.
pub(crate) const RESULT_GONE_S: i64 = 90 * 86_400;
/// Instances of one rule.
const INSTANCES_MAX: usize = 20_000;

impl Catalogue {
    /// Of what belongs to the instance, and to the organization of the house: rules are the instance's.
    pub(crate) fn new(all: Vec<(SeriesId, SeriesInfo, Option<Timestamp>)>, house: Option<&str>, now: Timestamp) -> Self {
        let mut metrics: HashMap<String, MetricSeries> = HashMap::new();
        for (id, info, newest) in all {
            let Some(newest) = newest.filter(|_| info.organization().is_none_or(|own| Some(own) == house)) else { continue };
            let how = match info.kind() {
                Kind::Counter => How::Counter,
                Kind::Gauge if info.source == "quality" => How::Result,
                Kind::Gauge => How::Level,
            };
            let entry = Entry { id, labels: info.labels, is_retired: now.secs_since(newest) > how.gone_s() };
            let new = || MetricSeries {
                unit: info.unit,
                source: info.source,
                how,
                entries: Vec::new(),
                telling: Vec::new(),
                by_value: HashMap::new(),
            };
            metrics.entry(info.metric).or_insert_with(new).entries.push(entry);
        }
        metrics.values_mut().for_each(MetricSeries::index);
        Self(metrics)
    }

    pub(crate) fn metrics(&self) -> impl Iterator<Item = (&str, &MetricSeries)> {
        self.0.iter().map(|(name, series)| (name.as_str(), series))
    }

    /// The metric and those of its series that are meant; nothing for a metric that was never stored.
    pub(crate) fn find(&self, metric: &MetricRef) -> Option<(&MetricSeries, Vec<&Entry>)> {
        let series = self.0.get(&metric.name())?;
        let selectors: Vec<&str> = metric.selectors().collect();
        let is_named = is_named(metric);
        let meant = |e: &&Entry| (is_named || !e.is_retired) && selectors.iter().all(|s| series.is_picked(s, &e.labels));
        let by_value = selectors.iter().filter(|s| !series.names_labels(s)).find_map(|s| series.by_value.get(*s));
        let found = match by_value {
            Some(places) => places.iter().filter_map(|at| series.entries.get(*at)).filter(meant).collect(),
            None => series.entries.iter().filter(meant).collect(),
        };
        Some((series, found))
    }

    /// Every series of a metric with these labels, as one.
    pub(crate) fn having(&self, name: &str, metric: &str, labels: &Labels, join: Join) -> Option<Bound> {
        let series = self.0.get(metric)?;
        let fits = |e: &&Entry| !e.is_retired && labels.iter().all(|(k, v)| e.labels.get(k) == Some(v));
        let ids: Vec<SeriesId> = series.entries.iter().filter(fits).map(|e| e.id).collect();
        (!ids.is_empty()).then(|| Bound { name: name.to_owned(), ids, how: series.how, join })
    }
}

/// `k=v, k=*` as pairs.
fn pairs(selector: &str) -> Option<Vec<(&str, &str)>> {
    selector.split(',').map(|part| part.split_once('=').map(|(k, v)| (k.trim(), v.trim()))).collect()
}

impl MetricSeries {
    fn index(&mut self) {
        let Some(first) = self.entries.first() else { return };
        let own = |k: &&String| *k != ORGANIZATION;
        let differs = |k: &&String| self.entries.iter().any(|e| e.labels.get(*k) != first.labels.get(*k));
        self.telling = first.labels.keys().filter(own).filter(differs).cloned().collect();
        if self.telling.is_empty() {
            self.telling.extend(first.labels.keys().find(own).cloned());
        }
        for (at, e) in self.entries.iter().enumerate() {
            for (_, value) in e.labels.iter().filter(|(k, _)| *k != ORGANIZATION) {
                let places = self.by_value.entry(value.clone()).or_default();
                if places.last() != Some(&at) {
                    places.push(at);
                }
            }
        }
    }

    /// Whether the selector consists of pairs with labels of this metric.
    fn names_labels(&self, selector: &str) -> bool {
        let is_label = |name: &str| self.entries.iter().any(|e| e.labels.contains_key(name));
        pairs(selector).is_some_and(|p| p.iter().all(|(k, _)| is_label(k)))
    }

    fn is_picked(&self, selector: &str, labels: &Labels) -> bool {
        if selector == EACH {
            return true;
        }
        match pairs(selector) {
            Some(pairs) if pairs.iter().all(|(k, _)| labels.contains_key(*k)) => {
                pairs.iter().all(|(k, v)| labels.get(*k).is_some_and(|own| *v == EACH || own == v))
            }
            _ => labels.iter().any(|(k, v)| k != ORGANIZATION && v == selector),
        }
    }

    /// The values that tell one series from the others.
    pub(crate) fn shown(&self, labels: &Labels) -> String {
        self.telling.iter().filter_map(|k| labels.get(k)).map(String::as_str).collect::<Vec<_>>().join(", ")
    }

    /// The selector that picks one series: the value that tells it apart, else pairs.
    pub(crate) fn selector(&self, labels: &Labels) -> Option<String> {
        let pairs: Vec<(&String, &String)> = self.telling.iter().filter_map(|k| Some((k, labels.get(k)?))).collect();
        match pairs.as_slice() {
            [] => None,
            [(_, value)] if self.by_value.get(*value).is_some_and(|places| places.len() == 1) => Some((*value).clone()),
            many => Some(many.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(",")),
        }
    }
}

/// The subjects a rule is judged for, and which series each of its metrics means there: label sets that agree on the
/// labels they share belong together. What one metric has and the other does not stays unknown there.
pub(crate) fn subjects(refs: &[(&MetricRef, &MetricSeries, Vec<&Entry>)]) -> Vec<Subject> {
    let mut found: Vec<Subject> = Vec::new();
    for (n, (metric, series, entries)) in refs.iter().enumerate() {
        let bound = |e: &Entry| ((*metric).clone(), series.bound(&metric.name(), e));
        let alone = |e: &Entry| Subject { labels: e.labels.clone(), shown: series.shown(&e.labels), series: vec![bound(e)] };
        if n == 0 {
            found = entries.iter().map(|e| alone(e)).collect();
            continue;
        }
        // By the values of the labels that all of both have.
        let has = |labels: &Labels, k: &String| labels.contains_key(k);
        let shared: Vec<&String> = entries.first().map(|e| e.labels.keys().collect()).unwrap_or_default();
        let shared: Vec<String> = shared
            .into_iter()
            .filter(|k| entries.iter().all(|e| has(&e.labels, k)) && found.iter().all(|s| has(&s.labels, k)))
            .cloned()
            .collect();
        let key = |labels: &Labels| shared.iter().filter_map(|k| labels.get(k).cloned()).collect::<Vec<_>>();
        let mut places: HashMap<Vec<String>, Vec<usize>> = HashMap::new();
        for (at, e) in entries.iter().enumerate() {
            places.entry(key(&e.labels)).or_default().push(at);
        }
        let mut used = vec![false; entries.len()];
        let mut joined = Vec::new();
        for subject in found {
            let agrees = |e: &&Entry| e.labels.iter().all(|(k, v)| subject.labels.get(k).is_none_or(|own| own == v));
            let before = joined.len();
            for at in places.get(&key(&subject.labels)).into_iter().flatten().copied() {
                let Some(e) = entries.get(at).copied().filter(agrees) else { continue };
                if let Some(used) = used.get_mut(at) {
                    *used = true;
                }
                let mut whole = subject.clone();
                whole.labels.extend(e.labels.clone());
                if !e.labels.keys().all(|k| subject.labels.contains_key(k)) {
                    whole.shown = format!("{}, {}", subject.shown, series.shown(&e.labels));
                }
                whole.series.push(bound(e));
                joined.push(whole);
            }
            if joined.len() == before {
                joined.push(subject);
            }
            if joined.len() > INSTANCES_MAX {
                break;
            }
        }
        joined.extend(entries.iter().zip(used).filter(|(_, used)| !used).map(|(e, _)| alone(e)));
        found = joined;
    }
    found.truncate(INSTANCES_MAX);
    found
}

impl MetricSeries {
    fn bound(&self, name: &str, entry: &Entry) -> Bound {
        let shown = build(name, self.selector(&entry.labels).as_deref()).map_or_else(|| name.to_owned(), |m| m.to_string());
        Bound { name: shown, ids: vec![entry.id], how: self.how, join: Join::Max }
    }
}

/// A window over points in `(from, ...]`, ascending, with those of the minute before it. Times in microseconds.
pub(crate) fn over(points: &[Point], from: i64, how: How, function: WindowFunction) -> Option<f64> {
    if how == How::Counter {
        let rates = increments(points);
        let inside: Vec<&(i64, f64, f64)> = rates.iter().filter(|(t, ..)| *t > from).collect();
        return over_increments(inside.iter().map(|(_, came, seconds)| (*came, *seconds)), function);
    }
    let before = points.iter().rev().find(|p| p.t <= from);
    let inside = points.get(points.partition_point(|p| p.t <= from)..)?;
    let (first, last) = (inside.first()?, inside.last()?);
    let start = before.unwrap_or(first);
    let values = || inside.iter().map(|p| p.v);
    #[expect(clippy::cast_precision_loss, reason = "counts and seconds of at most weeks")]
    let (count, seconds) = (inside.len() as f64, last.t.saturating_sub(start.t) as f64 / 1e6);
    match function {
        WindowFunction::Avg => Some(values().sum::<f64>() / count),
        WindowFunction::Min => values().reduce(f64::min),
        WindowFunction::Max => values().reduce(f64::max),
        WindowFunction::Sum => Some(values().sum()),
        WindowFunction::Last => Some(last.v),
        WindowFunction::Count => Some(count),
        WindowFunction::Delta => (seconds > 0.0).then_some(last.v - start.v),
        WindowFunction::Rate => (seconds > 0.0).then(|| (last.v - start.v) / seconds),
    }
}

/// What came and in how many seconds, at each reading of a counter. A smaller reading began again from zero.
fn increments(points: &[Point]) -> Vec<(i64, f64, f64)> {
    let pairs = points.iter().zip(points.iter().skip(1)).filter(|(a, b)| b.t > a.t);
    #[expect(clippy::cast_precision_loss, reason = "seconds")]
    let came = |(a, b): (&Point, &Point)| (b.t, if b.v >= a.v { b.v - a.v } else { b.v }, (b.t - a.t) as f64 / 1e6);
    pairs.map(came).collect()
}

fn over_increments(inside: impl Iterator<Item = (f64, f64)> + Clone, function: WindowFunction) -> Option<f64> {
    let (mut came, mut seconds, mut count) = (0.0, 0.0, 0.0);
    for (n, s) in inside.clone() {
        (came, seconds, count) = (came + n, seconds + s, count + 1.0);
    }
    let rates = inside.filter(|(_, s)| *s > 0.0).map(|(n, s)| n / s);
    match function {
        _ if seconds <= 0.0 => None,
        WindowFunction::Avg | WindowFunction::Rate => Some(came / seconds),
        WindowFunction::Sum | WindowFunction::Delta => Some(came),
        WindowFunction::Count => Some(count),
        WindowFunction::Min => rates.reduce(f64::min),
        WindowFunction::Max => rates.reduce(f64::max),
        WindowFunction::Last => rates.last(),
    }
}

/// A long window from values per `step` of the same function (of a counter its increases, for the smallest, largest and last
/// its rates); nothing of empty bins.
#[expect(clippy::cast_precision_loss, reason = "bins")]
pub(crate) fn over_bins(bins: &[(i64, f64)], step: Duration, how: How, function: WindowFunction) -> Option<f64> {
    let is_increase = matches!(function, WindowFunction::Avg | WindowFunction::Rate | WindowFunction::Sum | WindowFunction::Delta);
    if how == How::Counter && is_increase {
        return over_increments(bins.iter().map(|(_, came)| (*came, step.as_secs_f64())), function);
    }
    let values = || bins.iter().map(|(_, v)| *v);
    let (first, last) = (bins.first()?, bins.last()?);
    let seconds = last.0.saturating_sub(first.0) as f64 / 1e6;
    match function {
        WindowFunction::Avg => Some(values().sum::<f64>() / bins.len() as f64),
        WindowFunction::Min => values().reduce(f64::min),
        WindowFunction::Max => values().reduce(f64::max),
        WindowFunction::Sum | WindowFunction::Count => Some(values().sum()),
        WindowFunction::Last => Some(last.1),
        WindowFunction::Delta => Some(last.1 - first.1),
        WindowFunction::Rate => (seconds > 0.0).then(|| (last.1 - first.1) / seconds),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn count_of_a_counter_is_that_of_its_readings_in_short_and_long_windows() {
        let points: Vec<Point> = (0..=6).map(|n| Point::new(n * 10_000_000, 5.0)).collect();
        assert_eq!(over(&points, 0, How::Counter, WindowFunction::Count), Some(6.0));
        let bins = [(0, 6.0), (60_000_000, 6.0)];
        assert_eq!(over_bins(&bins, Duration::from_secs(60), How::Counter, WindowFunction::Count), Some(12.0));
        assert_eq!(over_bins(&bins, Duration::from_secs(60), How::Counter, WindowFunction::Sum), Some(12.0));
        assert_eq!(over_bins(&bins, Duration::from_secs(60), How::Counter, WindowFunction::Rate), Some(0.1));
        assert_eq!(over_bins(&bins, Duration::from_secs(60), How::Counter, WindowFunction::Last), Some(6.0), "bins hold rates");
    }
}
