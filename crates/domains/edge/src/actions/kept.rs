//! The served state on disk, for a start that finds a worse one in the tables. A disk may be full: what is served goes on,
//! the page says so, and it is tried again until it works.

use argos_events::{NewEvent, Source};
use argos_kernel::Severity;
use argos_store::StoreError;
use serde_json::json;

use crate::service::{Edge, Unkept};
use crate::store;
use crate::store::revision::State;

impl Edge {
    /// Keeps a state that is served.
    pub(crate) async fn keep(&self, served: &State) {
        let outcome = self.store_kept(served).await;
        let revision = served.revision;
        let before = self.standing().unkept;
        match outcome {
            Ok(()) => {
                self.standing_mut().unkept = None;
                if before.is_some() {
                    tracing::info!(revision, "the served state is kept again");
                    self.say(Severity::Info, None, "proxy: what is served is kept for the next start again".to_owned());
                }
            }
            Err(error) => {
                tracing::warn!(?error, revision, "the served state is not kept");
                let why = match error {
                    StoreError::Full | StoreError::ReadOnly => error.to_string(),
                    _ => "the database does not take it".to_owned(),
                };
                if before.is_none() {
                    self.say(Severity::Error, None, format!("proxy: what is served is not kept for the next start: {why}"));
                }
                let since = before.map_or_else(|| self.platform.clock.now(), |before| before.since);
                self.standing_mut().unkept = Some(Unkept { why, since, served: served.clone() });
            }
        }
        self.changed();
    }

    /// Keeps what is served, when it could not be kept before.
    pub(crate) async fn keep_again(&self) {
        let _turn = self.turn.lock().await;
        let Some(unkept) = self.standing().unkept else { return };
        self.keep(&unkept.served).await;
    }

    /// The newest state that was served, wherever it is kept.
    pub(crate) async fn last_good(&self) -> Result<Option<State>, StoreError> {
        match self.standing().unkept {
            Some(unkept) => Ok(Some(unkept.served)),
            None => store::revision::snapshot(&self.platform.store.state).await,
        }
    }

    /// One that is kept late is told of in the same transaction.
    async fn store_kept(&self, served: &State) -> Result<(), StoreError> {
        let now = self.platform.clock.now();
        let mut tx = self.platform.store.state.begin().await?;
        store::revision::keep(&mut tx, served).await?;
        if let Some(unkept) = self.standing().unkept {
            let late_s = now.secs() - unkept.since.secs();
            let text = "What is served is kept for the next start again".to_owned();
            let event =
                NewEvent::new(Source::Edge, "edge.state_kept", text).data(json!({ "revision": served.revision, "late_seconds": late_s }));
            self.platform.events.publish(&mut tx, event).await?;
        }
        tx.commit().await
    }
}
