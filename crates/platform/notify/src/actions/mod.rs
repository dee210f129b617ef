//! Use cases: load, decide, write, record, commit. Sending for a test or a retry happens before the transaction.

pub(crate) mod channels;
mod cry;
pub(crate) mod deliveries;
pub(crate) mod inspect;
pub(crate) mod letters;
pub(crate) mod messages;
pub(crate) mod own_channels;
pub(crate) mod portable;
mod portable_docs;
pub(crate) mod portable_owned;
pub(crate) mod preview;
pub(crate) mod rules;
pub(crate) mod set_channels;
pub(crate) mod tests;
mod undo;
pub(crate) mod wishes;

use argos_audit::{Category, Entry, Mutation};
use argos_events::{NewEvent, Source};
use argos_kernel::{Actor, AppError, Result};
use serde_json::json;

use crate::Notify;

fn bad(text: impl Into<String>) -> AppError {
    AppError::bad_request(text).code("invalid_field")
}

fn entry(action: &str, id: i64, text: String) -> Entry {
    let kind = action.split('.').next().unwrap_or_default();
    Entry::new(action, Category::Config).target(kind, id).describe(text)
}

/// Whose record it is: an organization reads its own.
trait Of: Sized {
    fn of(self, organization: Option<i64>) -> Self;
}

impl Of for Entry {
    fn of(self, organization: Option<i64>) -> Self {
        match organization {
            Some(id) => self.organization(id),
            None => self,
        }
    }
}

impl Notify {
    /// Tells the event log that an object of the configuration changed.
    async fn note_change(
        &self,
        change: &mut Mutation,
        actor: &Actor,
        (organization, object, id): (Option<i64>, &str, i64),
        name: &str,
        verb: &str,
    ) -> Result<()> {
        let mut event = NewEvent::new(Source::Platform, "config_change", format!("{} {name}: {verb}", object.replace('_', " ")))
            .subject(object, id, name)
            .data(json!({ "object": object, "id": id, "action": verb }))
            .actor(actor);
        event.organization_id = organization;
        self.events().publish(change, event).await?;
        Ok(())
    }
}
