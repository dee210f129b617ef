//! The bridge between this machine and the alert rules: live values by name for conditions, stored points for
//! previews, and the evaluation once per tick. The rules themselves live in the alerts crate.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use argos_alerts::{Ask, History, LiveValues, MetricName, Wanted};
use argos_condition::WindowFunction;
use argos_kernel::{Result, Timestamp};
use argos_metrics::{Function, Labels, Metrics, documented};
use argos_platform::Platform;
use argos_web::BoxFuture;

use crate::AlertLine;
use crate::machine::{Machine, Tick};

/// History read for a z-score or an anomaly.
const NORMAL_S: i64 = 6 * 3600;
const BIN_US: i64 = 60 * 1_000_000;

/// The built-in alerts that fire now, for the snapshot.
pub(crate) async fn current(platform: &Platform) -> Vec<AlertLine> {
    match platform.alerts.stats_alerts().await {
        Ok(firing) => {
            firing.into_iter().map(|f| AlertLine { level: f.level.to_owned(), severity: f.severity.to_owned(), msg: f.msg }).collect()
        }
        Err(error) => {
            tracing::warn!(?error, "current alerts could not be read");
            Vec::new()
        }
    }
}

/// Judges every rule over this tick. A store that is away is logged; the next tick tries again.
pub(crate) async fn evaluate(machine: &Arc<Machine>, tick: &Arc<Tick>, now: Timestamp) {
    let values: Arc<dyn LiveValues> =
        Arc::new(TickValues { tick: Arc::clone(tick), metrics: machine.platform.metrics.clone(), now, answers: Mutex::default() });
    if let Err(error) = machine.platform.alerts.tick(&values, now).await {
        tracing::warn!(?error, "alert rules could not be evaluated");
    }
}

/// One tick as conditions see it.
struct TickValues {
    tick: Arc<Tick>,
    metrics: Metrics,
    now: Timestamp,
    answers: Mutex<HashMap<String, Option<f64>>>,
}

/// The stored series behind a name of the snapshot.
fn series(name: &str, selector: Option<&str>) -> Option<(&'static str, Labels)> {
    // The lists of the snapshot and the documented history names are the same measurements.
    let name = match name {
        "disks.percent" => "disk_percent",
        "diskIo.read_bps" | "disk_io.read_bps" => "disk_io_read_bps",
        "diskIo.write_bps" | "disk_io.write_bps" => "disk_io_write_bps",
        "memory.percent" => "mem_percent",
        "load" if selector == Some("0") => "load_1m",
        other => other,
    };
    let mut wanted = documented(name)?;
    if let (Some(tag), Some(value)) = (wanted.tag, selector) {
        wanted.labels.insert(tag.to_owned(), value.to_owned());
    }
    Some((wanted.metric, wanted.labels))
}

fn key(ask: Ask, name: &str, selector: Option<&str>) -> String {
    format!("{ask:?}|{name}|{}", selector.unwrap_or_default())
}

/// `disks[/].percent` as name and selector.
fn split(text: &str) -> MetricName {
    match text.split_once('[').and_then(|(head, rest)| rest.split_once(']').map(|(s, tail)| (head, s, tail))) {
        Some((head, selector, tail)) => MetricName::of(format!("{head}{tail}"), selector),
        None => MetricName::new(text),
    }
}

/// The name under which the snapshot's maps hold it.
fn full(name: &str, selector: Option<&str>) -> String {
    match (selector, name.split_once('.')) {
        (None, _) => name.to_owned(),
        (Some(s), Some((list, field))) => format!("{list}[{s}].{field}"),
        (Some(s), None) => format!("{name}[{s}]"),
    }
}

/// Each instance once: an item that has a name is not listed by its position as well.
fn instances<'a>(keys: impl Iterator<Item = &'a String>) -> Vec<MetricName> {
    let mut all: Vec<MetricName> = keys.map(|k| split(k)).collect();
    all.sort();
    all.dedup();
    let positional = |m: &MetricName| m.selector.as_ref().is_some_and(|s| s.bytes().all(|b| b.is_ascii_digit()));
    let named: std::collections::BTreeSet<String> =
        all.iter().filter(|m| m.selector.is_some() && !positional(m)).map(|m| m.name.clone()).collect();
    all.retain(|m| !(positional(m) && named.contains(&m.name)));
    all
}

impl TickValues {
    fn answer(&self, ask: Ask, name: &str, selector: Option<&str>) -> Option<f64> {
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.get(&key(ask, name, selector)).copied().flatten()
    }

    async fn read(&self, wanted: &Wanted) -> Option<f64> {
        let (metric, labels) = series(&wanted.metric.name, wanted.metric.selector.as_deref())?;
        let seconds = |d: Duration| i64::try_from(d.as_secs()).unwrap_or(i64::MAX);
        match wanted.ask {
            Ask::Window { function, over } => {
                let all = self.metrics.window(metric, &labels, seconds(over), translate(function), self.now).await;
                all.ok().flatten()
            }
            Ask::Absent { over } => {
                self.metrics.newest(metric, &labels).map(|(at, _)| f64::from(u8::from(self.now.secs_since(at) > seconds(over))))
            }
            Ask::Forecast { ahead } => {
                let points = self.bins(metric, &labels).await?;
                let line = argos_tschunk::trend(&points)?;
                Some(line.at(self.now.plus_secs(seconds(ahead)).micros()))
            }
            Ask::Zscore | Ask::Anomaly => {
                let points = self.bins(metric, &labels).await?;
                let values: Vec<f64> = points.iter().map(|p| p.v).collect();
                let (last, before) = values.split_last()?;
                let score = argos_tschunk::robust_score(before, *last, &argos_tschunk::RobustConfig::trailing(360))?;
                Some(if wanted.ask == Ask::Zscore { score.score } else { f64::from(u8::from(score.anomalous)) })
            }
        }
    }

    async fn bins(&self, metric: &str, labels: &Labels) -> Option<Vec<argos_metrics::Point>> {
        let to = self.now.micros().saturating_add(1);
        let result = self.metrics.query(metric, labels, self.now.minus_secs(NORMAL_S).micros(), to, BIN_US, Function::Avg).await.ok()?;
        let first = result.series.first()?;
        let points = result.starts.iter().zip(&first.values).filter_map(|(t, v)| v.map(|v| argos_metrics::Point::new(*t, v)));
        Some(points.collect())
    }
}

fn translate(function: WindowFunction) -> Function {
    match function {
        WindowFunction::Avg => Function::Avg,
        WindowFunction::Min => Function::Min,
        WindowFunction::Max => Function::Max,
        WindowFunction::Sum => Function::Sum,
        WindowFunction::Last => Function::Last,
        WindowFunction::Rate => Function::Rate,
        WindowFunction::Delta => Function::Delta,
        WindowFunction::Count => Function::Count,
    }
}

impl LiveValues for TickValues {
    fn names(&self) -> Vec<MetricName> {
        instances(self.tick.values.keys().chain(self.tick.texts.keys()))
    }
    fn value(&self, name: &str, selector: Option<&str>) -> Option<f64> {
        self.tick.values.get(&full(name, selector)).copied()
    }
    fn text(&self, name: &str, selector: Option<&str>) -> Option<String> {
        self.tick.texts.get(&full(name, selector)).cloned()
    }
    fn window(&self, function: WindowFunction, name: &str, selector: Option<&str>, over: Duration) -> Option<f64> {
        self.answer(Ask::Window { function, over }, name, selector)
    }
    fn forecast(&self, name: &str, selector: Option<&str>, ahead: Duration) -> Option<f64> {
        self.answer(Ask::Forecast { ahead }, name, selector)
    }
    fn zscore(&self, name: &str, selector: Option<&str>) -> Option<f64> {
        self.answer(Ask::Zscore, name, selector)
    }
    fn absent(&self, name: &str, selector: Option<&str>, over: Duration) -> Option<bool> {
        self.answer(Ask::Absent { over }, name, selector).map(|v| v != 0.0)
    }
    fn anomaly(&self, name: &str, selector: Option<&str>) -> Option<bool> {
        self.answer(Ask::Anomaly, name, selector).map(|v| v != 0.0)
    }
    fn load<'a>(&'a self, wanted: &'a [Wanted]) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            for w in wanted {
                let value = self.read(w).await;
                let key = key(w.ask, &w.metric.name, w.metric.selector.as_deref());
                self.answers.lock().unwrap_or_else(PoisonError::into_inner).insert(key, value);
            }
        })
    }
}

/// Stored points of this machine, for rule previews.
pub(crate) struct StoredHistory(pub(crate) Metrics);

impl History for StoredHistory {
    fn points<'a>(
        &'a self,
        name: &'a str,
        selector: Option<&'a str>,
        from: Timestamp,
        to: Timestamp,
        step_s: i64,
    ) -> BoxFuture<'a, Result<Vec<(Timestamp, f64)>>> {
        Box::pin(async move {
            let Some((metric, labels)) = series(name, selector) else { return Ok(Vec::new()) };
            let step = step_s.max(1).saturating_mul(1_000_000);
            let Ok(result) = self.0.query(metric, &labels, from.micros(), to.micros(), step, Function::Avg).await else {
                return Ok(Vec::new());
            };
            let Some(first) = result.series.first() else { return Ok(Vec::new()) };
            let points = result.starts.iter().zip(&first.values).filter_map(|(t, v)| v.map(|v| (Timestamp::from_micros(*t), v)));
            Ok(points.collect())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_split_into_name_and_selector() {
        assert_eq!(split("disks[/data].percent"), MetricName::of("disks.percent", "/data"));
        assert_eq!(split("cpu_percent"), MetricName::new("cpu_percent"));
    }

    #[test]
    fn named_items_are_listed_once() {
        let keys = ["cpu_cores[0]", "cpu_percent", "disks[/].percent", "disks[0].percent"].map(str::to_owned);
        let names = instances(keys.iter());
        assert_eq!(names, [MetricName::of("cpu_cores", "0"), MetricName::new("cpu_percent"), MetricName::of("disks.percent", "/")]);
        assert_eq!(full("disks.percent", Some("/")), "disks[/].percent");
    }

    #[test]
    fn list_fields_lead_to_their_series() {
        let (metric, labels) = series("disks.percent", Some("/")).unwrap();
        assert_eq!((metric, labels["mount"].as_str()), ("host_disk_percent", "/"));
        assert!(series("hostname", None).is_none());
        assert_eq!(series("load", Some("0")).unwrap().0, "host_load1");
    }
}
