//! How many points a second one core takes in: into open heads, durably, and all the way into chunks and rollups.

use std::time::{Duration, Instant};

use argos_kernel::Timestamp;
use argos_metrics::SeriesId;

use super::stage::{START_S, Stage, TICK_S};
use crate::{Outcome, report};

const SERIES: usize = 1000;
/// As many ticks as a head takes before it is sealed.
const TICKS: i64 = 1440;
const ROUNDS: i64 = 3;

type Tick = Vec<(SeriesId, i64, f64)>;

async fn series(stage: &Stage) -> Outcome<Vec<SeriesId>> {
    let mut ids = Vec::with_capacity(SERIES);
    for i in 0..SERIES {
        ids.push(stage.series("bench", &[("series", &i.to_string())]).await?);
    }
    Ok(ids)
}

/// One tick of all series: a slow wave with one decimal, different for each.
fn tick(ids: &[SeriesId], n: i64) -> Tick {
    let t = (START_S + n * TICK_S) * 1_000_000;
    let value = |i: usize| {
        #[expect(clippy::cast_precision_loss, reason = "a small phase")]
        let phase = (n % 10_000 + i as i64 * 37) as f64 / 100.0;
        (500.0 + 400.0 * phase.sin()).round() / 10.0
    };
    ids.iter().enumerate().map(|(i, id)| (*id, t, value(i))).collect()
}

/// Into open heads, a tick of a thousand series at a time; sealing is left out of the time.
pub(super) async fn append() -> Outcome {
    let stage = Stage::new().await?;
    let ids = series(&stage).await?;
    let (mut best, mut kept) = (0.0_f64, 0);
    for round in 0..ROUNDS {
        let ticks: Vec<Tick> = (round * 700..(round + 1) * 700).map(|n| tick(&ids, n)).collect();
        stage.clock.set(Timestamp::from_secs(START_S + (round + 1) * 700 * TICK_S));
        let began = Instant::now();
        let now: usize = ticks.iter().map(|t| stage.metrics.append_all(t)).sum();
        best = best.max(super::real(now) / began.elapsed().as_secs_f64());
        kept += now;
        stage.metrics.flush().await?;
        stage.metrics.seal(true).await?;
    }
    check(stage.metrics.sealed_totals().await?.0, kept)?;
    report::figure("metrics.append", best, "points/s");
    Ok(())
}

/// Append and flush to the database file, ten ticks a flush; then the same with the sealing that goes with it.
pub(super) async fn durable() -> Outcome {
    let stage = Stage::new().await?;
    let ids = series(&stage).await?;
    let (mut flushing, mut sealing, mut kept) = (Duration::ZERO, Duration::ZERO, 0);
    for round in 0..TICKS / 10 {
        let ticks: Vec<Tick> = (round * 10..(round + 1) * 10).map(|n| tick(&ids, n)).collect();
        stage.clock.set(Timestamp::from_secs(START_S + (round + 1) * 10 * TICK_S));
        let began = Instant::now();
        kept += ticks.iter().map(|t| stage.metrics.append_all(t)).sum::<usize>();
        stage.metrics.flush().await?;
        flushing += began.elapsed();
    }
    let began = Instant::now();
    let sealed = stage.metrics.seal(false).await?;
    sealing += began.elapsed();
    if sealed != SERIES {
        return Err(format!("{sealed} heads of {SERIES} were sealed").into());
    }
    check(stage.metrics.sealed_totals().await?.0, kept)?;
    report::figure("metrics.durable", super::real(kept) / flushing.as_secs_f64(), "points/s");
    report::figure("metrics.durable_and_sealed", super::real(kept) / (flushing + sealing).as_secs_f64(), "points/s");
    Ok(())
}

fn check(stored: i64, kept: usize) -> Outcome {
    if usize::try_from(stored) == Ok(kept) && kept > 0 { Ok(()) } else { Err(format!("{stored} points stored of {kept}").into()) }
}
