//! Every ten seconds: traffic of sites and health of backends as time series (platform spec 8.1); and what was told of
//! backends and certificates, settled. Where several processes serve, each writes the series of its own part.

use std::sync::Arc;
use std::time::Duration;

use argos_kernel::{Result, Shutdown, Timestamp};
use argos_metrics::{Kind, Labels, Sample, SeriesSpec};

use crate::actions::health::TargetHealth;
use crate::model::durations::Durations;
use crate::model::traffic::{BUCKET_S, Tally};
use crate::service::Edge;

const TICK: Duration = Duration::from_secs(10);

fn sample(metric: &str, unit: &'static str, kind: Kind, labels: &[(&str, &str)], value: f64) -> Sample {
    let labels: Labels = labels.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    Sample { spec: SeriesSpec { metric: metric.to_owned(), labels, unit, kind, source: "edge" }, value }
}

/// The totals of a site since the process began.
#[expect(clippy::cast_precision_loss, reason = "counts shown as floats")]
fn totals(site: &str, total: &Tally) -> Vec<Sample> {
    let counter = |metric, unit, labels: &[(&str, &str)], n: u64| sample(metric, unit, Kind::Counter, labels, n as f64);
    let classes = ["2xx", "3xx", "4xx", "5xx"].into_iter().zip(total.classes);
    let mut out: Vec<Sample> =
        classes.map(|(class, n)| counter("edge_requests", "requests", &[("host", site), ("class", class)], n)).collect();
    out.push(counter("edge_bytes", "bytes", &[("host", site)], total.bytes));
    out.push(counter("edge_waf_hits", "hits", &[("host", site)], total.filtered));
    out
}

/// How long the answers of a bucket took. Without answers nothing is known.
#[expect(clippy::cast_precision_loss, reason = "counts and microseconds of ten seconds")]
fn durations(site: &str, tally: &Tally, known: Option<&Durations>) -> Vec<Sample> {
    if tally.requests == 0 {
        return Vec::new();
    }
    let mean = tally.micros as f64 / tally.requests as f64 / 1_000.0;
    let quantile = |share| known.and_then(|d| d.quantile_ms(share));
    let all = [("mean", Some(mean)), ("p50", quantile(0.5)), ("p95", quantile(0.95)), ("p99", quantile(0.99))];
    let one = |(q, ms): (&str, Option<f64>)| {
        let ms = (ms? * 10.0).round() / 10.0;
        Some(sample("edge_duration_ms", "ms", Kind::Gauge, &[("host", site), ("q", q)], ms))
    };
    all.into_iter().filter_map(one).collect()
}

/// 1 = it answers, 0 = it does not; nothing while it is not known.
fn up(health: &TargetHealth) -> Option<Sample> {
    let up = match health.word() {
        "healthy" => 1.0,
        "unhealthy" => 0.0,
        _ => return None,
    };
    let target = format!("{}:{}", health.target.host, health.target.port);
    let pool = health.target.group_id.to_string();
    Some(sample("edge_target_up", "", Kind::Gauge, &[("target", &target), ("pool", &pool)], up))
}

/// Writes the series of what this process serves.
pub(crate) async fn run(edge: Arc<Edge>, stop: Shutdown) -> Result<()> {
    // One process of all reads the logs of a Caddy.
    let has_peers = edge.has_peers() && edge.caddy.is_none();
    let replica = if has_peers { Some(edge.platform.settings.text("replica.id")?) } else { None };
    while stop.sleep(TICK).await {
        let now = edge.platform.clock.now().secs();
        let at = now - now.rem_euclid(BUCKET_S);
        let sites = edge.list_hosts().await?;
        let mut points = Vec::new();
        {
            let traffic = edge.traffic();
            for site in sites.iter().map(|s| &s.host).filter(|h| h.enabled) {
                points.extend(totals(&site.domain, &traffic.total(site.id)));
                if let Some((tally, known)) = traffic.bucket(site.id, at - BUCKET_S) {
                    points.extend(durations(&site.domain, &tally, known));
                }
            }
        }
        points.extend(edge.target_health().await?.iter().filter_map(up));
        if let Some(replica) = &replica {
            points.iter_mut().for_each(|p| drop(p.spec.labels.insert("replica".to_owned(), replica.clone())));
        }
        if let Err(error) = edge.platform.metrics.record(Timestamp::from_secs(at), &points).await {
            tracing::warn!(?error, "points of the edge could not be registered");
        }
    }
    Ok(())
}

/// Takes back what was told of backends that are well, and of certificates that nobody wants any more.
pub(crate) async fn settle(edge: Arc<Edge>, stop: Shutdown) -> Result<()> {
    while stop.sleep(TICK).await {
        edge.settle_health().await?;
        edge.settle_certificates().await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn site_has_the_documented_series_and_no_duration_without_an_answer() {
        let mut known = Durations::default();
        [10_000, 20_000, 30_000, 500_000].iter().for_each(|micros| known.add(*micros));
        let tally = Tally { requests: 4, classes: [3, 0, 0, 1], bytes: 900, filtered: 2, micros: 560_000, ..Tally::default() };
        let all: Vec<Sample> = totals("a.example", &tally).into_iter().chain(durations("a.example", &tally, Some(&known))).collect();
        let find = |metric: &str, label: &str, value: &str| {
            all.iter().find(|s| s.spec.metric == metric && s.spec.labels[label] == value).map(|s| (s.value, s.spec.kind))
        };
        assert_eq!(find("edge_requests", "class", "5xx"), Some((1.0, Kind::Counter)));
        assert_eq!(find("edge_bytes", "host", "a.example"), Some((900.0, Kind::Counter)));
        assert_eq!(find("edge_waf_hits", "host", "a.example"), Some((2.0, Kind::Counter)));
        assert_eq!(find("edge_duration_ms", "q", "mean"), Some((140.0, Kind::Gauge)));
        assert!(find("edge_duration_ms", "q", "p99").is_some_and(|(ms, _)| (400.0..=600.0).contains(&ms)));
        assert!(durations("a.example", &Tally::default(), None).is_empty());
    }
}
