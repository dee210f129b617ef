//! The audit row of an event's acknowledgement. The event log stands below the audit log, so it asks through a trait.

use argos_events::{AckAudit, Event};
use argos_kernel::{Actor, Result};
use argos_store::Tx;
use argos_web::BoxFuture;
use serde_json::json;

use crate::entry::{Category, Entry};
use crate::log::Audit;

impl AckAudit for Audit {
    fn record<'a>(&'a self, tx: &'a mut Tx, actor: &'a Actor, event: &'a Event, note: Option<&'a str>) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let entry = Entry::new("event.ack", Category::Action)
                .target("event", event.id)
                .describe(format!("acknowledged {}: {}", event.kind, event.message))
                .after(json!({ "note": note }));
            // Qualified: the trait's method has the same name.
            Audit::record(self, tx, actor, entry).await?;
            Ok(())
        })
    }
    fn record_many<'a>(&'a self, tx: &'a mut Tx, actor: &'a Actor, count: u64) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let entry = Entry::new("event.ack", Category::Action).describe(format!("acknowledged {count} events"));
            Audit::record(self, tx, actor, entry.after(json!({ "count": count }))).await?;
            Ok(())
        })
    }
}
