//! What an hour of this machine's real samples costs on disk, a point every five seconds.

use argos_kernel::Timestamp;
use argos_metrics::SeriesId;

use super::machine::{Recording, record};
use super::peers::{Prometheus, VictoriaMetrics};
use super::real;
use super::stage::{START_S, Stage, TICK_S};
use crate::{Outcome, report};

const TICKS: i64 = 720;

pub(super) async fn run() -> Outcome {
    let recording = record(TICKS);
    let points: usize = recording.values().map(Vec::len).sum();
    let stage = Stage::new().await?;
    store(&stage, &recording).await?;
    let (stored, chunk_bytes, _) = stage.metrics.sealed_totals().await?;
    if usize::try_from(stored) != Ok(points) {
        return Err(format!("{stored} points stored of {points}").into());
    }
    let each = |bytes: i64| real(bytes) / real(points);
    let rows = each(stage.table_bytes("metric_chunks").await?);
    report::figure("metrics.hour_series", real(recording.len()), "series");
    report::figure("metrics.hour_points", real(points), "points");
    report::figure("metrics.chunk_bytes", each(chunk_bytes), "bytes/point");
    report::figure("metrics.stored_bytes", rows, "bytes/point");
    report::figure("metrics.stored_bytes_with_rollups", each(stage.grown_bytes().await?), "bytes/point");
    let prometheus = Prometheus::import(&recording)?;
    report::against("metrics.stored_bytes", rows, "bytes/point", "prometheus", real(prometheus.bytes()?) / real(points));
    let victoria = VictoriaMetrics::import(&recording)?;
    report::against("metrics.stored_bytes", rows, "bytes/point", "victoria-metrics", real(victoria.bytes()?) / real(points));
    Ok(())
}

/// Tick by tick, as a collector would: append, flush, seal what is due, and at the end everything.
async fn store(stage: &Stage, recording: &Recording) -> Outcome {
    let mut cursors: Vec<(SeriesId, std::slice::Iter<'_, (i64, f64)>)> = Vec::new();
    for (name, points) in recording {
        cursors.push((stage.series(name, &[("host", "local")]).await?, points.iter()));
    }
    for tick in 0..TICKS {
        let t = START_S + tick * TICK_S;
        stage.clock.set(Timestamp::from_secs(t));
        let mut now = Vec::with_capacity(cursors.len());
        for (id, cursor) in &mut cursors {
            // A series may have begun late or missed a tick.
            if let Some((_, v)) = cursor.as_slice().first().filter(|(at, _)| *at == t) {
                now.push((*id, t * 1_000_000, *v));
                cursor.next();
            }
        }
        stage.metrics.append_all(&now);
        stage.metrics.flush().await?;
        stage.metrics.seal(false).await?;
    }
    stage.metrics.seal(true).await?;
    Ok(())
}
