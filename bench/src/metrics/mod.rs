//! The time-series store: how fast points go in, what they cost on disk, how fast a month comes back; the last two beside
//! Prometheus and VictoriaMetrics on the same points.

mod machine;
mod month;
mod peers;
mod size;
mod stage;
mod throughput;

use crate::Outcome;

/// One part, or all of them.
pub(crate) fn run(part: Option<&str>) -> Outcome {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let wanted = |name| part.is_none_or(|p| p == name);
    runtime.block_on(async {
        if wanted("throughput") {
            throughput::append().await?;
            throughput::durable().await?;
        }
        if wanted("size") {
            size::run().await?;
        }
        if wanted("month") {
            month::run().await?;
        }
        Ok(())
    })
}

/// A number for a ratio or a sum.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn real(n: impl TryInto<u64>) -> f64 {
    n.try_into().unwrap_or(0) as f64
}
