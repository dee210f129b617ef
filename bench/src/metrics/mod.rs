//! The time-series store: how fast points go in, what they cost on disk, how fast a month comes back; the last two beside
//! Prometheus and VictoriaMetrics on the same points.

mod machine;
mod month;
mod peers;
mod size;
mod stage;
mod throughput;

use crate::Outcome;

pub(crate) fn run() -> Outcome {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(async {
        throughput::append().await?;
        throughput::durable().await?;
        size::run().await?;
        month::run().await
    })
}

/// A number for a ratio or a sum.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn real(n: impl TryInto<u64>) -> f64 {
    n.try_into().unwrap_or(0) as f64
}
