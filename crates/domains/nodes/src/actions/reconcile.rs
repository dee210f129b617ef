//! What a node must hear when it is back: what to forget, what to let in, what to build. In this order, because a relay
//! that does not know a tunnel refuses its edges.

use std::sync::Arc;

use argos_kernel::Result;
use serde_json::json;

use super::commands::is_refusal;
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

    /// Has tunnels removed that were removed here while the node was away.
    pub(crate) async fn deliver_tombstones(&self, session: &Session) -> Result<()> {
        let db = &self.platform.store.state;
        for id in tunnels::buried(db, &session.node_id).await? {
            match self.ask(session, &json!({ "type": "delete_tunnel", "tunnel_id": id }), self.command_limit()?).await {
                Ok(_) => tunnels::unbury(db, &id, &session.node_id).await?,
                // Older edges say so of a tunnel they do not have.
                Err(error) if is_refusal(&error) && error.message().contains("not found") => {
                    tunnels::unbury(db, &id, &session.node_id).await?;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
