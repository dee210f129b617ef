//! Prometheus expositions: `/api/metrics/prometheus` (documented names) and `/metrics` (the same plus the process).

use argos_kernel::Result;
use argos_web::{Reply, Req, Routes};

use super::Host;
use crate::model::exposition::{Exposition, host};

const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

pub(crate) fn routes(machine: Host) -> Routes<Host> {
    Routes::new(machine).get("/api/metrics/prometheus", "host.get_exposition", "Prometheus text exposition of this machine.", exposition)
}

async fn exposition(machine: Host, _: Req) -> Result<Reply> {
    let mut out = Exposition::default();
    // Before the first tick the machine is unknown; the process itself is not.
    let mut text = "# no data\n".to_owned();
    if let Ok(tick) = machine.newest() {
        text.clear();
        host(&mut out, &tick.value);
        out.family("argos_collector_pulse_seconds", "gauge", "Seconds since the last tick");
        out.sample("argos_collector_pulse_seconds", &[], tick.age().as_secs_f64());
        out.family("argos_alerts_firing", "gauge", "Built-in alerts that fire now");
        #[expect(clippy::cast_precision_loss, reason = "a handful of alerts")]
        out.sample("argos_alerts_firing", &[], tick.snapshot.alerts.len() as f64);
    }
    Ok(Reply::bytes(CONTENT_TYPE, text + &out.finish() + &machine.platform.observed.exposition()))
}
