//! The exporters as the rest of the domain sees them: which are on, what waits for them, how they fare.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use argos_kernel::{Result, Timestamp};
use tokio::sync::Notify;

use crate::model::export::{Exporter, Point};
use crate::service::Power;
use crate::store::export_queue;

/// How an exporter fares. Counts are those of this process.
#[derive(Clone, Debug, Default)]
pub(crate) struct ExporterHealth {
    /// How the last delivery went; `None` before the first.
    pub(crate) ok: Option<bool>,
    pub(crate) last_error: Option<String>,
    pub(crate) last_error_at: Option<Timestamp>,
    pub(crate) last_ok_at: Option<Timestamp>,
    pub(crate) sent: u64,
    pub(crate) errors: u64,
    pub(crate) dropped: u64,
}

/// Health of each exporter, and what wakes its worker.
#[derive(Default)]
pub(crate) struct Exporters {
    health: Mutex<BTreeMap<Exporter, ExporterHealth>>,
    kicks: [Notify; Exporter::ALL.len()],
}

impl Exporters {
    pub(crate) fn health(&self, exporter: Exporter) -> ExporterHealth {
        self.all().get(&exporter).cloned().unwrap_or_default()
    }
    fn all(&self) -> std::sync::MutexGuard<'_, BTreeMap<Exporter, ExporterHealth>> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }
    pub(crate) fn delivered(&self, exporter: Exporter, points: u64, now: Timestamp) {
        let mut all = self.all();
        let health = all.entry(exporter).or_default();
        health.ok = Some(true);
        health.last_ok_at = Some(now);
        health.sent += points;
    }
    pub(crate) fn failed(&self, exporter: Exporter, error: &str, now: Timestamp) {
        let mut all = self.all();
        let health = all.entry(exporter).or_default();
        health.ok = Some(false);
        health.last_error = Some(error.to_owned());
        health.last_error_at = Some(now);
        health.errors += 1;
    }
    pub(crate) fn dropped(&self, exporter: Exporter, points: u64) {
        self.all().entry(exporter).or_default().dropped += points;
    }
    pub(crate) fn kick(&self, exporter: Exporter) -> &Notify {
        let index = Exporter::ALL.iter().position(|e| *e == exporter).unwrap_or(0);
        self.kicks.get(index).unwrap_or(&self.kicks[0])
    }
}

impl Power {
    /// Whether the operator wants it.
    pub(crate) fn exports_to(&self, exporter: Exporter) -> Result<bool> {
        let s = self.settings();
        if !s.list("exporters.sources")?.iter().any(|source| source == "power") {
            return Ok(false);
        }
        let by_switch = exporter == Exporter::Influxdb && s.bool("power.influx.enabled")?;
        Ok(by_switch || s.list("power.enabled_exporters")?.iter().any(|e| e == exporter.as_str()))
    }

    /// Exporters that are on and `fit`.
    pub(crate) fn exporters_that(&self, fit: impl Fn(Exporter) -> bool) -> Result<Vec<Exporter>> {
        let mut on = Vec::new();
        for exporter in Exporter::ALL {
            if fit(exporter) && self.exports_to(exporter)? {
                on.push(exporter);
            }
        }
        Ok(on)
    }

    /// Puts a point into the queues; its exporters send it when they can.
    pub(crate) async fn enqueue(&self, exporters: &[Exporter], point: &Point, event_id: Option<i64>) -> Result<()> {
        if exporters.is_empty() {
            return Ok(());
        }
        export_queue::put(&self.platform.store.telemetry, exporters, point, event_id).await?;
        for exporter in exporters {
            self.exporters.kick(*exporter).notify_one();
        }
        Ok(())
    }
}
