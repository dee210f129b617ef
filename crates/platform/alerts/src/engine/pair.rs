//! Firings opened and closed by pairs of events, without a written rule.

use argos_events::Event;
use argos_kernel::{Result, Uid};
use argos_store::Tx;
use serde_json::json;

use crate::Alerts;
use crate::model::pairs;
use crate::store::firings::{self, NewFiring};

impl Alerts {
    /// Opens or closes the firing of `event`, if it belongs to a pair. Doing it again changes nothing.
    pub(crate) async fn follow_pair(&self, tx: &mut Tx, event: &Event) -> Result<bool> {
        let Some((pair, opens)) = pairs::find(&event.kind) else { return Ok(false) };
        let subject = event.subject_id.as_deref().or(event.subject_name.as_deref()).unwrap_or("argos");
        let name = event.subject_name.as_deref().unwrap_or(subject);
        // A rule id holds no space, so the two never meet.
        let fingerprint = format!("event {}|{subject}", pair.opens);
        let open = firings::open_by_fingerprint(tx, &fingerprint).await?;
        match (opens, open) {
            (true, None) => {
                let rule_id = format!("{}:{name}", pair.rule_prefix);
                let labels = json!({ event.subject_type.as_deref().unwrap_or("subject"): name });
                let new = NewFiring {
                    uid: Uid::mint(&*self.0.clock, &*self.0.rng),
                    rule_id: &rule_id,
                    fingerprint: &fingerprint,
                    severity: pair.severity,
                    message: &event.message,
                    cause: Some(&event.kind),
                    value: None,
                    labels: &labels,
                    group: "",
                    source: pair.source_type.map(|t| (t, name)),
                    at: event.created_at,
                    notified: true,
                };
                self.open_firing(tx, new, &event.message, &[], None, false).await?;
                Ok(true)
            }
            (false, Some(open)) => {
                let announce = open.notified && !open.is_silenced(event.created_at);
                self.resolve(tx, &open, None, announce, event.created_at).await?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }
}
