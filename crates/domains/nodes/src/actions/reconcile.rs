//! What a node must hear when it is back: what to forget, what to let in, what to build. In this order, because a relay
//! that does not know a tunnel refuses its edges.

use std::sync::Arc;

use argos_kernel::Result;
use serde_json::json;

use super::commands::is_refusal;
use super::telling::Turn;
use crate::service::{Nodes, Session};
use crate::store::tunnels;

impl Nodes {
    /// Tells a node that just arrived; what fails is tried again by the worker.
    pub(crate) async fn reconcile(self: &Arc<Self>, session: &Session) {
        let told = async {
            self.deliver_tombstones(session).await?;
            self.reset_tunnels_of(&session.node_id, true).await?;
            self.config(session, true, self.command_limit()?).await.map(drop)
        };
        if let Err(error) = told.await {
            tracing::info!(%error, node = session.node_id, "a node was not told everything yet");
        }
    }

    /// Has tunnels removed that were removed here while the node was away. One that it refuses to remove holds no other
    /// up; only a link that failed ends it.
    pub(crate) async fn deliver_tombstones(&self, session: &Session) -> Result<()> {
        let db = &self.platform.store.state;
        for id in tunnels::buried(db, &session.node_id).await? {
            let turn = self.turns.take(&id).await;
            // One that was let live again while we waited is not taken back.
            if tunnels::buried(db, &session.node_id).await?.contains(&id) {
                self.deliver_tombstone(&turn, session, &id).await?;
            }
        }
        Ok(())
    }

    /// Has one tunnel removed, in its turn. A relay forgets whom it lets in and then ends what runs.
    pub(super) async fn deliver_tombstone(&self, _turn: &Turn, session: &Session, id: &str) -> Result<()> {
        let is_relay = session.device_type == "relay";
        let kinds: &[&str] = if is_relay { &["revoke_tunnel", "close_tunnel"] } else { &["delete_tunnel"] };
        for kind in kinds {
            match self.ask(session, &json!({ "type": kind, "tunnel_id": id }), self.command_limit()?).await {
                Ok(_) => {}
                // What a relay says no to is not there; older edges say so of a tunnel they do not have.
                Err(error) if is_refusal(&error) && (is_relay || error.message().contains("not found")) => {}
                Err(error) if is_refusal(&error) => {
                    tracing::warn!(%error, node = session.node_id, tunnel = id, "a node refused to remove a tunnel");
                    return Ok(());
                }
                Err(error) => return Err(error),
            }
        }
        let mut tx = self.platform.store.state.begin().await?;
        tunnels::unbury(&mut tx, id, &session.node_id).await?;
        // One that another process let live again meanwhile may have been told before it was taken back here.
        tunnels::again(&mut tx, id, self.now()).await?;
        Ok(tx.commit().await?)
    }
}
