//! A write transaction that can only be committed together with its audit row: no mutation without audit.
//! Reads stay plain; dropping a mutation rolls everything back, which is also how "nothing changed" ends.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use argos_kernel::{Actor, BoxFuture, Clock, Result, Rng};
use argos_store::{Database, Tx};
use serde_json::Value;
use tokio::time::Instant;

use crate::entry::Entry;
use crate::log::Audit;

/// An open change by one actor. It derefs to [`Tx`]; only [`Mutation::commit`] and [`Mutation::commit_all`] end it well.
#[must_use = "a dropped mutation is rolled back"]
pub struct Mutation {
    tx: Tx,
    audit: Audit,
    actor: Actor,
    started: Instant,
    /// For whoever made the change, once it is written.
    offer: Option<String>,
}

impl Mutation {
    /// Begins with the built-in redaction by field name. [`Audit::begin`] adds the product's redactor.
    pub async fn begin(db: &Database, clock: Arc<dyn Clock>, rng: Arc<dyn Rng>, actor: &Actor) -> Result<Self> {
        Audit::new(db.clone(), clock, rng).begin(actor).await
    }

    pub(crate) fn of(tx: Tx, audit: Audit, actor: Actor) -> Self {
        Self { tx, audit, actor, started: Instant::now(), offer: None }
    }

    pub const fn tx(&mut self) -> &mut Tx {
        &mut self.tx
    }
    pub const fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Offers to take the change back, by the handler registered for `action`; the token is told once it is committed.
    /// `subject` names the changed row: whoever changes it later ends this offer until their own change is taken back.
    pub async fn offer_undo(&mut self, action: &'static str, subject: &str, payload: &Value) -> Result<()> {
        self.offer = self.audit.undos.offer(&mut self.tx, &self.actor, action, subject, payload).await?;
        Ok(())
    }

    /// Writes the audit row, then commits both.
    pub fn commit(self, entry: Entry) -> BoxFuture<'static, Result<()>> {
        self.commit_all(vec![entry])
    }

    /// Writes several audit rows, in order, then commits. At least one is demanded.
    pub fn commit_all(mut self, entries: Vec<Entry>) -> BoxFuture<'static, Result<()>> {
        Box::pin(async move {
            if entries.is_empty() {
                return Err(argos_kernel::AppError::internal("a mutation was committed without an audit entry"));
            }
            let took_ms = i64::try_from(self.started.elapsed().as_millis()).unwrap_or(i64::MAX);
            for mut entry in entries {
                entry.duration_ms.get_or_insert(took_ms);
                self.audit.record(&mut self.tx, &self.actor, entry).await?;
            }
            self.tx.commit().await?;
            if let Some(token) = self.offer {
                argos_web::tell_undo(token);
            }
            Ok(())
        })
    }
}

impl Deref for Mutation {
    type Target = Tx;
    fn deref(&self) -> &Tx {
        &self.tx
    }
}

impl DerefMut for Mutation {
    fn deref_mut(&mut self) -> &mut Tx {
        &mut self.tx
    }
}
