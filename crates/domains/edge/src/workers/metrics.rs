//! Every ten seconds: traffic of sites as time series, the bucket that is over; and what was told of backends, settled.

use std::sync::Arc;
use std::time::Duration;

use argos_kernel::{Result, Shutdown, Timestamp};
use argos_metrics::{Kind, Labels, Sample, SeriesSpec};

use crate::model::traffic::{BUCKET_S, Tally};
use crate::service::Edge;

const TICK: Duration = Duration::from_secs(10);

#[expect(clippy::cast_precision_loss, reason = "counts of ten seconds")]
fn samples(site: &str, tally: &Tally) -> Vec<Sample> {
    let rate = |n: u64| n as f64 / BUCKET_S as f64;
    let sample = |metric: &str, unit, labels: &[(&str, &str)], value| {
        let mut all: Labels = labels.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        all.insert("site".to_owned(), site.to_owned());
        Sample { spec: SeriesSpec { metric: metric.to_owned(), labels: all, unit, kind: Kind::Gauge, source: "edge" }, value }
    };
    let mut out: Vec<Sample> = ["2xx", "3xx", "4xx", "5xx"]
        .iter()
        .zip(tally.classes)
        .map(|(class, n)| sample("edge_requests_per_second", "1/s", &[("class", class)], rate(n)))
        .collect();
    out.push(sample("edge_sent_bps", "B/s", &[], rate(tally.bytes)));
    if tally.requests > 0 {
        let mean_ms = tally.micros as f64 / tally.requests as f64 / 1_000.0;
        out.push(sample("edge_answer_ms", "ms", &[], (mean_ms * 10.0).round() / 10.0));
    }
    out
}

pub(crate) async fn run(edge: Arc<Edge>, stop: Shutdown) -> Result<()> {
    while stop.sleep(TICK).await {
        edge.settle_health().await?;
        let now = edge.platform.clock.now().secs();
        let at = now - now.rem_euclid(BUCKET_S) - BUCKET_S;
        let sites = edge.list_hosts().await?;
        let mut points = Vec::new();
        {
            let traffic = edge.traffic();
            let seen: std::collections::HashMap<i64, Tally> = traffic.bucket(at).collect();
            for site in sites.iter().filter(|s| s.host.enabled) {
                points.extend(samples(&site.host.domain, &seen.get(&site.host.id).copied().unwrap_or_default()));
            }
        }
        if let Err(error) = edge.platform.metrics.record(Timestamp::from_secs(at), &points).await {
            tracing::warn!(?error, "points of the edge could not be registered");
        }
    }
    Ok(())
}
