//! What summaries are about: alerts and incidents as facts, and the state a model is told.

use argos_alerts::Brief;
use argos_kernel::{Result, Timestamp};
use argos_web::OpCx;

use crate::llm::Llm;
use crate::model::plain::Facts;

/// Alerts and incidents a model is told of.
const ALERTS_MAX: usize = 5;

pub(crate) fn facts(b: Brief) -> Facts {
    Facts {
        title: b.title,
        severity: b.severity.as_str().to_owned(),
        status: b.status,
        source: b.source,
        details: b.details,
        root_cause: b.root_cause,
        started: b.started_at.rfc3339(),
        ended: b.ended_at.map(Timestamp::rfc3339),
        steps: b.steps.into_iter().map(|(at, text)| (at.rfc3339(), text)).collect(),
    }
}

impl Llm {
    /// Lines about the present, only of what the caller may read.
    pub(crate) async fn state(&self, cx: &OpCx) -> Result<Vec<String>> {
        if !cx.has("alerts:read") {
            return Ok(Vec::new());
        }
        let open = self.0.alerts.firings_for(&cx.caller).await?;
        let line = |f: &argos_alerts::OpenFiring| {
            format!("alert {} ({}) since {}: {}", f.rule_id, f.severity.as_str(), f.started_at.rfc3339(), f.message)
        };
        Ok(open.iter().take(ALERTS_MAX).map(line).collect())
    }
}
