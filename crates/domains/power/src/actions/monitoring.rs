//! Whether the cycles get anything at all (power spec D.7): several in a row in which every device failed are told once,
//! and so is the first that brings something again. What was told last stands in the record of events.

use std::sync::PoisonError;

use argos_events::{Filter, NewEvent, Pattern, Source};
use argos_kernel::Result;
use serde_json::json;

use crate::service::Power;
use crate::workers::pollers::Polled;

const FAILED: &str = "power.monitoring_failed";
const RECOVERED: &str = "power.monitoring_recovered";

/// Cycles in a row that failed, and whether that was told; `None` before the first cycle of this process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Monitoring {
    failures: i64,
    told: Option<bool>,
}

impl Power {
    /// Judges a cycle. One without any device says nothing.
    pub(crate) async fn judge_cycle(&self, polled: &[Polled]) -> Result<()> {
        if polled.is_empty() {
            return Ok(());
        }
        let mut now = *self.monitoring.lock().unwrap_or_else(PoisonError::into_inner);
        let told = match now.told {
            Some(told) => told,
            None => self.failure_stands().await?,
        };
        now.told = Some(told);
        let threshold = self.settings().i64("power.alert.failure_threshold")?;
        if polled.iter().all(|p| p.error.is_some()) {
            now.failures += 1;
            if now.failures >= threshold && !told {
                let last_error = polled.iter().rev().find_map(|p| p.error.clone()).unwrap_or_default();
                let text = format!("No device answered in {} cycles: {last_error}", now.failures);
                let data = json!({ "failure_count": now.failures, "last_error": last_error });
                self.platform.events.announce(NewEvent::new(Source::Power, FAILED, text).data(data)).await?;
                now.told = Some(true);
            }
        } else {
            if told {
                let data = json!({ "failure_count": now.failures });
                self.platform.events.announce(NewEvent::new(Source::Power, RECOVERED, "Devices answer again").data(data)).await?;
                now.told = Some(false);
            }
            now.failures = 0;
        }
        *self.monitoring.lock().unwrap_or_else(PoisonError::into_inner) = now;
        Ok(())
    }

    /// Whether the newest word about it is that it failed.
    async fn failure_stands(&self) -> Result<bool> {
        let mut newest = [0, 0];
        for (slot, kind) in newest.iter_mut().zip([FAILED, RECOVERED]) {
            let kinds = vec![Pattern::Exact(kind.to_owned())];
            let filter = Filter { sources: vec![Source::Power], kinds, ..Filter::default() };
            *slot = self.platform.events.list(&filter, None, 1).await?.first().map_or(0, |e| e.id);
        }
        Ok(newest[0] > newest[1])
    }
}
