//! A new secret for a node. It persists the new one but goes on with the old in memory until it restarts, so both are
//! good until the new one is used.

use argos_kernel::{Actor, AppError, Result};
use serde_json::json;

use super::commands::is_refusal;
use super::nodes::{entry, not_found};
use crate::model::node::{Node, pending_place};
use crate::service::{Nodes, hold};
use crate::store::nodes;

impl Nodes {
    /// Sends a new secret; the rotation is complete when the node comes back with it.
    pub(crate) async fn rotate_secret(&self, actor: &Actor, node: &Node) -> Result<&'static str> {
        let session = self.connected(&node.id)?;
        let mut now = node.clone();
        now.process_started_at = hold(&session.told).process_started_at.or(node.process_started_at);
        if node.is_relay() && now.may_be_the_registering_process() {
            let text = "A relay can take a new secret only after it was restarted since its registration";
            return Err(AppError::conflict(text).code("rotation_deferred"));
        }
        let place = pending_place(&node.id);
        // A secret that is under way is sent again: the node may hold it already.
        let secret = match &node.pending_secret_enc {
            Some(sealed) => self.platform.vault.open_text(&place, sealed)?.into_inner(),
            None => argos_kernel::hex(&self.platform.rng.bytes::<32>()),
        };
        let sealed = self.platform.vault.seal(&place, secret.as_bytes())?;
        let mut m = self.platform.audit.begin(actor).await?;
        let stored = nodes::find_in(&mut m, &node.id).await?.ok_or_else(not_found)?;
        nodes::set_pending(&mut m, &node.id, Some(&sealed)).await?;
        m.commit(entry("node.rotate_secret", &stored)).await?;
        let action = json!({ "type": "rotate_secret", "new_secret": secret });
        match self.ask(&session, &action, self.command_limit()?).await {
            Ok(_) => Ok("pending"),
            Err(error) => {
                if is_refusal(&error) {
                    let mut m = self.platform.audit.begin(actor).await?;
                    nodes::set_pending(&mut m, &node.id, None).await?;
                    m.commit(entry("node.rotate_secret", &stored).status(argos_audit::Status::Failure)).await?;
                }
                Err(error)
            }
        }
    }
}
