//! The bridge between this machine and the alert rules: live values by name for conditions, and the evaluation once per
//! tick. The rules themselves, and what they ask of stored series, live in the alerts crate.

use std::sync::Arc;

use argos_alerts::{LiveValues, MetricName};
use argos_kernel::Timestamp;
use argos_platform::Platform;

use crate::AlertLine;
use crate::machine::{Machine, Tick};

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
    let values: Arc<dyn LiveValues> = Arc::new(TickValues(Arc::clone(tick)));
    if let Err(error) = machine.platform.alerts.tick(&values, now).await {
        tracing::warn!(?error, "alert rules could not be evaluated");
    }
}

/// One tick as conditions see it.
struct TickValues(Arc<Tick>);

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

impl LiveValues for TickValues {
    fn names(&self) -> Vec<MetricName> {
        instances(self.0.values.keys().chain(self.0.texts.keys()))
    }
    fn value(&self, name: &str, selector: Option<&str>) -> Option<f64> {
        self.0.values.get(&full(name, selector)).copied()
    }
    fn text(&self, name: &str, selector: Option<&str>) -> Option<String> {
        self.0.texts.get(&full(name, selector)).cloned()
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
}
