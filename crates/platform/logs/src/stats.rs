//! Figures over log lines: totals, percentiles, time buckets. Pure; an unknown figure is `None`.

use std::collections::{BTreeMap, HashMap};

use argos_kernel::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::entry::LogEntry;

/// Hosts and paths named in the statistics.
pub(crate) const TOP: usize = 5;
/// Different paths counted; beyond it only known ones are counted on, so that a scanner cannot fill the memory.
const LABELS_MAX: usize = 20_000;

/// Lines by class of status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Classes {
    #[serde(rename = "2xx")]
    pub(crate) c2: u64,
    #[serde(rename = "3xx")]
    pub(crate) c3: u64,
    #[serde(rename = "4xx")]
    pub(crate) c4: u64,
    #[serde(rename = "5xx")]
    pub(crate) c5: u64,
    /// Other statuses, and lines without one.
    pub(crate) other: u64,
}

impl Classes {
    fn add(&mut self, status: Option<i64>) {
        self.add_many(status.unwrap_or(0) / 100, 1);
    }

    /// `class`: the first digit of the status.
    pub(crate) fn add_many(&mut self, class: i64, lines: u64) {
        let class = match class {
            2 => &mut self.c2,
            3 => &mut self.c3,
            4 => &mut self.c4,
            5 => &mut self.c5,
            _ => &mut self.other,
        };
        *class += lines;
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Labelled {
    pub(crate) label: String,
    pub(crate) count: u64,
}

/// Totals of the lines seen (edge spec C11).
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub(crate) struct StatsView {
    pub(crate) total: u64,
    pub(crate) by_status_class: Classes,
    pub(crate) by_source: BTreeMap<&'static str, u64>,
    /// Lines of known countries, by their two letters; the others are of private addresses, or nobody knows.
    pub(crate) by_country: BTreeMap<String, u64>,
    /// `null` when no line has a duration.
    pub(crate) avg_duration_ms: Option<f64>,
    pub(crate) p95_duration_ms: Option<f64>,
    pub(crate) top_hosts: Vec<Labelled>,
    pub(crate) top_paths: Vec<Labelled>,
}

#[derive(Default)]
pub(crate) struct Stats {
    total: u64,
    classes: Classes,
    sources: BTreeMap<&'static str, u64>,
    countries: BTreeMap<String, u64>,
    durations: Vec<f64>,
    hosts: HashMap<String, u64>,
    paths: HashMap<String, u64>,
}

impl Stats {
    pub(crate) fn add(&mut self, e: LogEntry) {
        self.total += 1;
        self.classes.add(e.status);
        *self.sources.entry(e.source.as_str()).or_default() += 1;
        if let Some(code) = e.country_code {
            *self.countries.entry(code).or_default() += 1;
        }
        self.durations.extend(e.duration_ms);
        count(&mut self.hosts, e.host_domain);
        count(&mut self.paths, e.path);
    }

    pub(crate) fn finish(mut self) -> StatsView {
        self.durations.sort_unstable_by(f64::total_cmp);
        #[expect(clippy::cast_precision_loss, reason = "a count of lines")]
        let n = self.durations.len() as f64;
        StatsView {
            total: self.total,
            by_status_class: self.classes,
            by_source: self.sources,
            by_country: self.countries,
            avg_duration_ms: (n > 0.0).then(|| round(self.durations.iter().sum::<f64>() / n)),
            p95_duration_ms: place_of_p95(self.durations.len()).and_then(|i| self.durations.get(i)).copied().map(round),
            top_hosts: top(self.hosts),
            top_paths: top(self.paths),
        }
    }
}

/// Nearest rank: the smallest value with at least 95 % of the values at or below it.
pub(crate) fn place_of_p95(values: usize) -> Option<usize> {
    (values * 95).div_ceil(100).checked_sub(1)
}

/// To a hundredth.
pub(crate) fn round(x: f64) -> f64 {
    (x * 100.0).round() / 100.0
}

fn count(labels: &mut HashMap<String, u64>, label: Option<String>) {
    let Some(label) = label else { return };
    if let Some(n) = labels.get_mut(&label) {
        *n += 1;
    } else if labels.len() < LABELS_MAX {
        labels.insert(label, 1);
    }
}

fn top(labels: HashMap<String, u64>) -> Vec<Labelled> {
    let mut all: Vec<_> = labels.into_iter().map(|(label, count)| Labelled { label, count }).collect();
    all.sort_unstable_by(|a, b| b.count.cmp(&a.count).then_with(|| a.label.cmp(&b.label)));
    all.truncate(TOP);
    all
}

/// One non-empty bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct PointView {
    /// RFC 3339; the bucket's begin.
    pub(crate) timestamp: String,
    pub(crate) total: u64,
    pub(crate) class_2xx: u64,
    pub(crate) class_3xx: u64,
    pub(crate) class_4xx: u64,
    pub(crate) class_5xx: u64,
    pub(crate) other: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct SeriesView {
    pub(crate) bucket_seconds: i64,
    /// Ascending.
    pub(crate) points: Vec<PointView>,
}

pub(crate) struct Series {
    bucket_seconds: i64,
    buckets: BTreeMap<i64, Classes>,
}

impl Series {
    pub(crate) fn new(bucket_seconds: i64) -> Self {
        Self { bucket_seconds: bucket_seconds.max(1), buckets: BTreeMap::new() }
    }
    pub(crate) fn add(&mut self, at: Timestamp, status: Option<i64>) {
        self.add_many(at.secs().div_euclid(self.bucket_seconds), status.unwrap_or(0) / 100, 1);
    }

    /// `bucket`: the number of the bucket since 1970.
    pub(crate) fn add_many(&mut self, bucket: i64, class: i64, lines: u64) {
        self.buckets.entry(bucket * self.bucket_seconds).or_default().add_many(class, lines);
    }
    pub(crate) fn finish(self) -> SeriesView {
        let point = |(begin, c): (i64, Classes)| PointView {
            timestamp: Timestamp::from_secs(begin).rfc3339(),
            total: c.c2 + c.c3 + c.c4 + c.c5 + c.other,
            class_2xx: c.c2,
            class_3xx: c.c3,
            class_4xx: c.c4,
            class_5xx: c.c5,
            other: c.other,
        };
        SeriesView { bucket_seconds: self.bucket_seconds, points: self.buckets.into_iter().map(point).collect() }
    }
}

/// The documented bucket for a range: a minute up to an hour, five up to six hours, else an hour; a minute without range.
pub(crate) fn auto_bucket(from: Option<Timestamp>, to: Timestamp) -> i64 {
    match from.map(|f| to.secs_since(f)) {
        None => 60,
        Some(s) if s <= 3_600 => 60,
        Some(s) if s <= 6 * 3_600 => 300,
        Some(_) => 3_600,
    }
}

#[cfg(test)]
mod tests {
    use argos_kernel::Severity;

    use super::*;
    use crate::entry::Source;

    fn line(status: Option<i64>, ms: Option<f64>, path: &str) -> LogEntry {
        let mut e = LogEntry::new(Source::CaddyAccess, Timestamp::from_secs(1_750_000_030), Severity::Info, "m");
        (e.status, e.duration_ms, e.path) = (status, ms, Some(path.to_owned()));
        e
    }

    #[test]
    fn figures_without_input_are_unknown_not_zero() {
        let empty = Stats::default().finish();
        assert_eq!((empty.total, empty.avg_duration_ms, empty.p95_duration_ms), (0, None, None));
        let mut one = Stats::default();
        one.add(line(None, None, "/"));
        assert_eq!(one.finish().avg_duration_ms, None);
    }

    #[test]
    fn percentile_is_the_nearest_rank() {
        let mut stats = Stats::default();
        for i in 1..=100 {
            stats.add(line(Some(200 + i), Some(f64::from(i32::try_from(i).unwrap())), if i % 3 == 0 { "/a" } else { "/b" }));
        }
        let view = stats.finish();
        assert_eq!((view.avg_duration_ms, view.p95_duration_ms), (Some(50.5), Some(95.0)));
        assert_eq!(view.by_status_class, Classes { c2: 99, c3: 1, ..Classes::default() });
        assert_eq!(view.top_paths, [Labelled { label: "/b".into(), count: 67 }, Labelled { label: "/a".into(), count: 33 }]);
        let mut one = Stats::default();
        one.add(line(Some(500), Some(7.0), "/"));
        assert_eq!(one.finish().p95_duration_ms, Some(7.0));
    }

    #[test]
    fn buckets_are_aligned_and_only_filled_ones_show() {
        let mut series = Series::new(60);
        for (s, status) in [(1_750_000_019, 200), (1_750_000_020, 404), (1_750_000_079, 302), (1_750_000_400, 100)] {
            series.add(Timestamp::from_secs(s), Some(status));
        }
        let view = series.finish();
        let shown: Vec<_> = view.points.iter().map(|p| (p.timestamp.as_str(), p.total, p.class_4xx, p.other)).collect();
        assert_eq!(shown, [("2025-06-15T15:06:00Z", 1, 0, 0), ("2025-06-15T15:07:00Z", 2, 1, 0), ("2025-06-15T15:13:00Z", 1, 0, 1)]);
        let t = |s| Timestamp::from_secs(s);
        assert_eq!(
            [
                auto_bucket(None, t(9)),
                auto_bucket(Some(t(0)), t(3600)),
                auto_bucket(Some(t(0)), t(3601)),
                auto_bucket(Some(t(0)), t(21_601))
            ],
            [60, 60, 300, 3600]
        );
    }
}
