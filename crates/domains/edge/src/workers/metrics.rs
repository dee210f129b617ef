//! Every ten seconds: health of backends as time series (platform spec 8.1); and what was told of backends and certificates,
//! settled. Where several processes serve, each writes the series of what it sees.

use std::sync::Arc;
use std::time::Duration;

use argos_kernel::{Result, Shutdown, Timestamp};
use argos_metrics::{Kind, Labels, Sample, SeriesSpec};

use crate::actions::health::TargetHealth;
use crate::service::Edge;

pub(super) const TICK: Duration = Duration::from_secs(10);

pub(super) fn sample(metric: &str, unit: &'static str, kind: Kind, labels: &[(&str, &str)], value: f64) -> Sample {
    let labels: Labels = labels.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    Sample { spec: SeriesSpec { metric: metric.to_owned(), labels, unit, kind, source: "edge" }, value }
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

/// Writes the series of the backends this process asks.
pub(crate) async fn run(edge: Arc<Edge>, stop: Shutdown) -> Result<()> {
    // One process of all reads the logs of a Caddy.
    let has_peers = edge.has_peers() && edge.caddy.is_none();
    let replica = if has_peers { Some(edge.platform.settings.text("replica.id")?) } else { None };
    while stop.sleep(TICK).await {
        let now = edge.platform.clock.now().secs();
        let mut points: Vec<Sample> = edge.target_health().await?.iter().filter_map(up).collect();
        if let Some(replica) = &replica {
            points.iter_mut().for_each(|p| drop(p.spec.labels.insert("replica".to_owned(), replica.clone())));
        }
        if let Err(error) = edge.platform.metrics.record(Timestamp::from_secs(now - now.rem_euclid(10)), &points).await {
            tracing::warn!(?error, "points of the backends could not be registered");
        }
    }
    Ok(())
}

/// Tells of backends what could not be told when it was seen, takes back what was told of those that are well, and of
/// certificates that nobody wants any more.
pub(crate) async fn settle(edge: Arc<Edge>, stop: Shutdown) -> Result<()> {
    while stop.sleep(TICK).await {
        edge.settle_health().await?;
        edge.settle_certificates().await?;
    }
    Ok(())
}
