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
    let Ok(tick) = machine.newest() else { return Ok(Reply::bytes(CONTENT_TYPE, "# no data\n")) };
    let mut out = Exposition::default();
    host(&mut out, &tick.value);
    out.family("argos_collector_pulse_seconds", "gauge", "Seconds since the last tick");
    out.sample("argos_collector_pulse_seconds", &[], tick.age().as_secs_f64());
    out.family("argos_alerts_firing", "gauge", "Built-in alerts that fire now");
    #[expect(clippy::cast_precision_loss, reason = "a handful of alerts")]
    out.sample("argos_alerts_firing", &[], tick.snapshot.alerts.len() as f64);
    self_metrics(&machine, &mut out);
    Ok(Reply::bytes(CONTENT_TYPE, out.finish()))
}

#[expect(clippy::cast_precision_loss, reason = "counters shown as floats, as the format does")]
fn self_metrics(machine: &Host, out: &mut Exposition) {
    let platform = &machine.platform;
    let m = platform.metrics.stats();
    for (name, kind, help, value) in [
        ("argos_uptime_seconds", "gauge", "Seconds since start", platform.uptime().as_secs_f64()),
        ("argos_metrics_series", "gauge", "Known time series", m.series as f64),
        ("argos_metrics_points_total", "counter", "Points accepted", m.appended as f64),
        ("argos_metrics_points_dropped_total", "counter", "Points refused or forgotten", m.dropped as f64),
        ("argos_store_statements_total", "counter", "Statements run on the state database", platform.store.state.stats().statements as f64),
        ("argos_store_errors_total", "counter", "Statements that failed", platform.store.state.stats().errors as f64),
    ] {
        out.family(name, kind, help);
        out.sample(name, &[], value);
    }
    out.family("argos_build_info", "gauge", "Always 1; the version is in the label");
    out.sample("argos_build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1.0);
    for family in platform.observed.families() {
        out.family(family.name, family.kind, family.help);
        for sample in &family.samples {
            let labels: Vec<(&str, &str)> = sample.labels.iter().map(|(k, v)| (*k, v.as_str())).collect();
            out.sample(&format!("{}{}", family.name, sample.suffix), &labels, sample.value);
        }
    }
    out.family("argos_task_restarts_total", "counter", "Restarts of supervised background tasks");
    for (task, status) in platform.tasks.status() {
        out.sample("argos_task_restarts_total", &[("task", &task)], status.restarts as f64);
    }
}
