//! What people do about a firing: acknowledge it, silence it.

use argos_audit::{Category, Entry};
use argos_events::Acknowledger;
use argos_kernel::{Actor, AppError, Result, Timestamp};
use argos_web::OpCx;
use serde_json::json;

use crate::Alerts;
use crate::model::attention::OpenFiring;
use crate::store::firings;

/// A week.
pub(crate) const SILENCE_MINUTES_MAX: i64 = 7 * 1440;

fn not_found() -> AppError {
    AppError::not_found("alert not found")
}

impl Alerts {
    /// Marks it as seen: no reminders and no escalation any more. Who did it first stays; the name is returned.
    pub(crate) async fn acknowledge(&self, cx: &OpCx, id: i64) -> Result<String> {
        let actor = cx.actor();
        let mut change = self.0.audit.begin(&actor).await?;
        let open = firings::open_by_id(&mut change, id).await?.ok_or_else(not_found)?;
        if let Some(by) = open.acknowledged_by {
            return Ok(by);
        }
        firings::ack(&mut change, id, &actor.name, self.0.clock.now()).await?;
        if let Some(event) = open.event_id {
            // The event may have been pruned; the firing counts.
            match self.0.events.ack(&mut change, event, Acknowledger::of(&cx.caller), None).await {
                Err(e) if e.kind() != argos_kernel::ErrorKind::NotFound => return Err(e),
                _ => {}
            }
        }
        let entry =
            Entry::new("alert.acknowledge", Category::Action).target("alert", id).describe(format!("Acknowledged: {}", open.message));
        change.commit(entry).await?;
        Ok(actor.name)
    }

    /// Keeps channels quiet about it for a while; 0 minutes ends the silence.
    pub(crate) async fn silence(&self, actor: &Actor, id: i64, minutes: i64) -> Result<Option<Timestamp>> {
        if !(0..=SILENCE_MINUTES_MAX).contains(&minutes) {
            return Err(AppError::bad_request(format!("minutes must be between 0 and {SILENCE_MINUTES_MAX}"))
                .code("invalid_field")
                .with("field", "minutes"));
        }
        let mut change = self.0.audit.begin(actor).await?;
        let open: OpenFiring = firings::open_by_id(&mut change, id).await?.ok_or_else(not_found)?;
        let until = (minutes > 0).then(|| self.0.clock.now().plus_secs(minutes * 60));
        firings::silence(&mut change, id, until, &actor.name).await?;
        let entry = Entry::new("alert.silence", Category::Action)
            .target("alert", id)
            .describe(format!("Silenced for {minutes} minutes: {}", open.message))
            .after(json!({ "minutes": minutes }));
        change.commit(entry).await?;
        Ok(until)
    }
}
