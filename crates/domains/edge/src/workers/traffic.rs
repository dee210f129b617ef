//! Traffic of sites as time series (platform spec 8.1), of all processes together: the leading one adds up every ten seconds
//! what each of them stored. And the minutes that are old, made into hours.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use argos_kernel::{Result, Shutdown, Timestamp};
use argos_metrics::{Kind, Sample};

use super::metrics::{TICK, sample};
use crate::model::traffic::{Figures, OPEN_S};
use crate::service::Edge;
use crate::store::traffic::{self, Stored};

/// What was written so long ago has been seen: longer than a process keeps a part open and needs to store what it counted.
const SEEN_S: i64 = OPEN_S + 120;
const HOURLY: Duration = Duration::from_secs(3_600);

/// The totals of a site since this process began to lead.
#[expect(clippy::cast_precision_loss, reason = "counts shown as floats")]
fn totals(site: &str, total: &Figures) -> Vec<Sample> {
    let counter = |metric, unit, labels: &[(&str, &str)], n: u64| sample(metric, unit, Kind::Counter, labels, n as f64);
    let classes = ["2xx", "3xx", "4xx", "5xx"].into_iter().zip(total.classes);
    let mut out: Vec<Sample> =
        classes.map(|(class, n)| counter("edge_requests", "requests", &[("host", site), ("class", class)], n)).collect();
    out.push(counter("edge_bytes", "bytes", &[("host", site)], total.bytes));
    out.push(counter("edge_waf_hits", "hits", &[("host", site)], total.filtered));
    out
}

/// How long answers took lately. Without answers nothing is known.
#[expect(clippy::cast_precision_loss, reason = "counts and microseconds of ten seconds")]
fn durations(site: &str, recent: &Figures) -> Vec<Sample> {
    let answers = recent.times.count();
    if answers == 0 {
        return Vec::new();
    }
    let mean = recent.micros as f64 / answers as f64 / 1_000.0;
    let quantile = |share| recent.times.quantile_ms(share);
    let all = [("mean", Some(mean)), ("p50", quantile(0.5)), ("p95", quantile(0.95)), ("p99", quantile(0.99))];
    let one = |(q, ms): (&str, Option<f64>)| {
        let ms = (ms? * 10.0).round() / 10.0;
        Some(sample("edge_duration_ms", "ms", Kind::Gauge, &[("host", site), ("q", q)], ms))
    };
    all.into_iter().filter_map(one).collect()
}

/// What was seen of the parts of all processes, and what they grew by since.
#[derive(Default)]
struct Sum {
    seen: HashMap<String, (i64, Figures)>,
    totals: HashMap<i64, Figures>,
}

impl Sum {
    /// Takes in parts as they are now; what came since the last time, by site.
    fn take(&mut self, parts: Vec<Stored>, now_s: i64) -> HashMap<i64, Figures> {
        let mut recent: HashMap<i64, Figures> = HashMap::new();
        for Stored { part, key, figures } in parts {
            let before = self.seen.insert(part, (now_s, figures.clone())).map(|(_, before)| before).unwrap_or_default();
            let came = figures.since(&before);
            self.totals.entry(key.host_id).or_default().join_counts(&came);
            recent.entry(key.host_id).or_default().join_counts(&came);
        }
        self.seen.retain(|_, (at, _)| now_s - *at < 2 * SEEN_S);
        recent
    }
}

/// Writes the series of all sites.
pub(crate) async fn run(edge: Arc<Edge>, stop: Shutdown) -> Result<()> {
    let db = &edge.platform.store.telemetry;
    let parts = |now_s: i64| {
        // What an external Caddy wrote long ago and was read only now is no traffic of now. Our own lines say when a request
        // began, and it may have taken long.
        let from_s = if edge.caddy.is_some() { now_s - SEEN_S } else { 0 };
        traffic::changed(db, now_s - SEEN_S, from_s)
    };
    let mut sum = Sum::default();
    // What is there already was shown by whoever led before; what came between its last look and this one is in no series.
    let now = edge.platform.clock.now().secs();
    sum.take(parts(now).await?, now);
    sum.totals.clear();
    while stop.sleep(TICK).await {
        let now = edge.platform.clock.now().secs();
        let recent = sum.take(parts(now).await?, now);
        let mut points = Vec::new();
        for site in edge.list_hosts().await?.iter().map(|s| &s.host).filter(|h| h.enabled) {
            points.extend(totals(&site.domain, sum.totals.entry(site.id).or_default()));
            points.extend(recent.get(&site.id).map(|recent| durations(&site.domain, recent)).unwrap_or_default());
        }
        if let Err(error) = edge.platform.metrics.record(Timestamp::from_secs(now - now.rem_euclid(10)), &points).await {
            tracing::warn!(?error, "points of the edge could not be registered");
        }
    }
    Ok(())
}

/// Counts once what was stored before anybody counted, makes hours of old minutes, forgets what is over.
pub(crate) async fn keep(edge: Arc<Edge>, stop: Shutdown) -> Result<()> {
    edge.count_uncounted().await?;
    loop {
        edge.keep_traffic().await?;
        edge.forget_bursts().await?;
        if !stop.sleep(HOURLY).await {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::durations::Durations;
    use crate::model::traffic::Key;

    fn figures(requests: u64) -> Figures {
        Figures { classes: [requests, 0, 0, 0, 0], ..Figures::default() }
    }

    #[test]
    fn parts_of_all_processes_are_added_up_and_a_dead_one_takes_nothing_with_it() {
        let part = |part: &str, n| Stored {
            part: part.to_owned(),
            key: Key { at_s: 60, host_id: 1, domain: "a.test".to_owned() },
            figures: figures(n),
        };
        let mut sum = Sum::default();
        assert_eq!(sum.take(vec![part("one", 5), part("two", 3)], 100)[&1].requests(), 8);
        assert_eq!(sum.take(vec![part("one", 9), part("two", 3)], 110)[&1].requests(), 4);
        assert_eq!(sum.take(vec![part("two", 4)], 110 + SEEN_S)[&1].requests(), 1, "one died");
        assert_eq!(sum.totals[&1].requests(), 13);
        assert!(sum.take(Vec::new(), 110 + 4 * SEEN_S).is_empty() && sum.seen.is_empty());
    }

    #[test]
    fn site_has_the_documented_series_and_no_duration_without_an_answer() {
        let mut times = Durations::default();
        [10_000, 20_000, 30_000, 500_000].iter().for_each(|micros| times.add(*micros));
        let counted = Figures { classes: [3, 0, 0, 1, 0], bytes: 900, filtered: 2, micros: 560_000, times, ..Figures::default() };
        let all: Vec<Sample> = totals("a.example", &counted).into_iter().chain(durations("a.example", &counted)).collect();
        let find = |metric: &str, label: &str, value: &str| {
            all.iter().find(|s| s.spec.metric == metric && s.spec.labels[label] == value).map(|s| (s.value, s.spec.kind))
        };
        assert_eq!(find("edge_requests", "class", "5xx"), Some((1.0, Kind::Counter)));
        assert_eq!(find("edge_bytes", "host", "a.example"), Some((900.0, Kind::Counter)));
        assert_eq!(find("edge_waf_hits", "host", "a.example"), Some((2.0, Kind::Counter)));
        assert_eq!(find("edge_duration_ms", "q", "mean"), Some((140.0, Kind::Gauge)));
        assert!(find("edge_duration_ms", "q", "p99").is_some_and(|(ms, _)| (400.0..=600.0).contains(&ms)));
        assert!(durations("a.example", &Figures::default()).is_empty());
    }
}
